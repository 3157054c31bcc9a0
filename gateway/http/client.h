#pragma once
// HTTP requests, many at once, over connections that are kept. The only file beside it that knows libcurl is client.cc.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace gw::http {

/// TLS of one peer. Empty = the system's defaults.
struct Tls {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool verify = true;
  friend bool operator==(const Tls&, const Tls&) = default;
};

struct Request {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"; values hold no line end
  std::string body;                  ///< sent where the method is not GET
  std::string user;                  ///< basic auth where not empty
  std::string password;
  Tls tls;
  Milliseconds timeout{10'000};
  std::size_t response_bytes_max = 64 << 20;  ///< of the decompressed body
};

struct Response {
  int status = 0;
  std::string content_type;
  std::string location;     ///< of a redirect: redirects are reported, not followed
  std::string retry_after;  ///< as the peer wrote it
  std::string body;         ///< decompressed
  std::string date;         ///< what its clock showed, as it wrote it
};

/// The request got no complete answer.
struct Failure {
  enum class Kind { resolve, connect, tls, timeout, too_large, truncated, cancelled, other };
  Kind kind = Kind::other;
  std::string text;  ///< for people, without secrets
};

using Answer = std::expected<Response, Failure>;
struct Completed {
  std::uint64_t id = 0;
  Answer answer;
};

/// What a caller needs of HTTP; a test answers in its place. One thread drives it.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Starts a request; its answer comes by `poll` under the returned id.
  virtual std::uint64_t start(Request request) = 0;
  /// Waits up to `wait` for something to happen, and appends what completed.
  virtual void poll(Milliseconds wait, std::vector<Completed>& completed) = 0;
  /// Ends all requests in flight; they complete as `cancelled` at the next poll.
  virtual void cancel_all() = 0;
  /// Ends a `poll` that waits. From any thread.
  virtual void wake() = 0;
};

/// libcurl's multi interface. `connections_per_host` bounds the connections to one peer; what is over it waits.
std::unique_ptr<Transport> make_client(int connections_per_host);

/// What a peer wrote as Date (RFC 9110, section 5.6.7), in whole seconds; nothing where that is no time.
std::optional<WallTime> time_of(const std::string& date);
/// `text` as a part of a query string.
std::string url_encode(std::string_view text);
/// Why `url` is no http(s) URL with a host, or nothing. A URL with user:password@ is refused: it would be logged.
std::string url_problem(std::string_view url);
/// `url` joined with a path: no doubled slash.
std::string join_url(std::string_view url, std::string_view path);

}  // namespace gw::http
