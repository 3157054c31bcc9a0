#include "gateway/http/client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <unordered_map>

namespace gw::http {
namespace {

struct CurlGlobal {
  CurlGlobal() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~CurlGlobal() { curl_global_cleanup(); }
};

struct EasyDelete {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDelete {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One request in flight: curl holds pointers to its parts, so it never moves.
struct Transfer {
  std::uint64_t id = 0;
  Request request;
  Response response;
  std::unique_ptr<CURL, EasyDelete> easy;
  std::unique_ptr<curl_slist, ListDelete> headers;
  std::array<char, CURL_ERROR_SIZE> error{};
  bool too_large = false;
};

std::size_t take_body(char* data, std::size_t, std::size_t size, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  if (transfer.response.body.size() + size > transfer.request.response_bytes_max) {
    transfer.too_large = true;
    return 0;  // ends the transfer with CURLE_WRITE_ERROR
  }
  transfer.response.body.append(data, size);
  return size;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

bool header_is(std::string_view line, std::string_view name, std::string& out) {
  if (line.size() <= name.size() || line[name.size()] != ':') return false;
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  if (!std::equal(name.begin(), name.end(), line.begin(), [&](char a, char b) { return same(b, a); })) return false;
  out = trimmed(line.substr(name.size() + 1));
  return true;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* user) {
  Transfer& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size);
  // A status line starts the headers anew: an interim answer or a proxy's CONNECT came before.
  if (line.starts_with("HTTP/")) transfer.response = Response{};
  Response& response = transfer.response;
  header_is(line, "content-type", response.content_type) || header_is(line, "location", response.location) ||
      header_is(line, "retry-after", response.retry_after) || header_is(line, "date", response.date);
  return size;
}

Failure::Kind kind_of(CURLcode code, bool too_large) {
  if (too_large) return Failure::Kind::too_large;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Failure::Kind::resolve;
    case CURLE_COULDNT_CONNECT:
      return Failure::Kind::connect;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::Kind::timeout;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:
      return Failure::Kind::truncated;  // with our callback content, only a broken encoding
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return Failure::Kind::tls;
    default:
      return Failure::Kind::other;
  }
}

// curl's text names the milliseconds that it waited: without them the same trouble has the same text each time, and is
// logged once.
std::string without_duration(std::string_view text) {
  const std::size_t begin = text.find(" after ");
  const std::size_t end = begin == std::string_view::npos ? begin : text.find(" ms", begin);
  if (end == std::string_view::npos) return std::string(text);
  return fmt::format("{}{}", text.substr(0, begin), text.substr(end + 3));
}

Failure failure_of(const Transfer& transfer, CURLcode code) {
  const Failure::Kind kind = kind_of(code, transfer.too_large);
  if (kind == Failure::Kind::too_large)
    return {kind, fmt::format("the answer is larger than {} bytes", transfer.request.response_bytes_max)};
  if (kind == Failure::Kind::timeout)
    return {kind, fmt::format("no complete answer within {} ms", transfer.request.timeout.count())};
  if (code == CURLE_WRITE_ERROR) return {kind, "the body does not keep to its Content-Encoding"};
  return {kind, without_duration(transfer.error.front() != '\0' ? transfer.error.data() : curl_easy_strerror(code))};
}

class Client final : public Transport {
 public:
  explicit Client(int connections_per_host) : multi_(curl_multi_init()) {
    if (multi_ == nullptr) throw std::runtime_error("libcurl: out of memory");
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(connections_per_host));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_per_host) * 4);
  }
  ~Client() override {
    for (auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_, easy);
    transfers_.clear();
    curl_multi_cleanup(multi_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::uint64_t start(Request request) override {
    auto transfer = std::make_unique<Transfer>();
    transfer->id = ++last_id_;
    transfer->request = std::move(request);
    configure(*transfer);
    CURL* easy = transfer->easy.get();
    curl_multi_add_handle(multi_, easy);
    transfers_.emplace(easy, std::move(transfer));
    return last_id_;
  }

  void poll(Milliseconds wait, std::vector<Completed>& completed) override {
    const std::size_t before = completed.size();
    for (const std::uint64_t id : cancelled_)
      completed.push_back({id, std::unexpected(Failure{Failure::Kind::cancelled, "cancelled"})});
    cancelled_.clear();
    int running = 0;
    curl_multi_perform(multi_, &running);
    collect(completed);
    if (completed.size() != before) return;
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
    curl_multi_perform(multi_, &running);
    collect(completed);
  }

  void cancel_all() override {
    for (auto& [easy, transfer] : transfers_) {
      curl_multi_remove_handle(multi_, easy);
      cancelled_.push_back(transfer->id);
    }
    transfers_.clear();
  }

  void wake() override { curl_multi_wakeup(multi_); }

 private:
  static void configure(Transfer& transfer) {
    const Request& request = transfer.request;
    transfer.easy.reset(curl_easy_init());
    if (!transfer.easy) throw std::runtime_error("libcurl: out of memory");
    CURL* easy = transfer.easy.get();
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");  // whatever this libcurl can decode
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "cc-gateway");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    if (request.method != "GET") {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());  // not copied: the Transfer keeps it
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    configure_headers(transfer);
    configure_login(easy, request);
    configure_tls(easy, request.tls);
  }

  static void configure_headers(Transfer& transfer) {
    curl_slist* list = nullptr;
    // Without this a body over 1 MiB waits a second for "100 Continue" from servers that never send it.
    list = curl_slist_append(list, "Expect:");
    for (const std::string& header : transfer.request.headers) list = curl_slist_append(list, header.c_str());
    transfer.headers.reset(list);
    curl_easy_setopt(transfer.easy.get(), CURLOPT_HTTPHEADER, list);
  }

  static void configure_login(CURL* easy, const Request& request) {
    if (request.user.empty()) return;
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
  }

  static void configure_tls(CURL* easy, const Tls& tls) {
    if (!tls.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
    if (!tls.cert_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert_file.c_str());
    if (!tls.key_file.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  }

  void collect(std::vector<Completed>& completed) {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      auto node = transfers_.extract(easy);
      curl_multi_remove_handle(multi_, easy);
      Transfer& transfer = *node.mapped();
      if (code != CURLE_OK) {
        completed.push_back({transfer.id, std::unexpected(failure_of(transfer, code))});
        continue;
      }
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      transfer.response.status = static_cast<int>(status);
      completed.push_back({transfer.id, std::move(transfer.response)});
    }
  }

  CURLM* multi_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::vector<std::uint64_t> cancelled_;
};

struct UrlDelete {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

bool has_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  const bool there = curl_url_get(url, part, &text, 0) == CURLUE_OK && text != nullptr && *text != '\0';
  curl_free(text);
  return there;
}

}  // namespace

std::unique_ptr<Transport> make_client(int connections_per_host) {
  static const CurlGlobal global;
  return std::make_unique<Client>(connections_per_host);
}

std::optional<WallTime> time_of(const std::string& date) {
  const std::time_t seconds = curl_getdate(date.c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::from_time_t(seconds));
}

std::string url_encode(std::string_view text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
  std::string out;
  out.reserve(text.size() * 3);
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string url_problem(std::string_view url) {
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return "holds a blank or control character";
  if (!url.starts_with("http://") && !url.starts_with("https://")) return "must start with http:// or https://";
  const std::unique_ptr<CURLU, UrlDelete> parsed(curl_url());
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, std::string(url).c_str(), 0);
  if (code != CURLUE_OK) return fmt::format("is no URL ({})", curl_url_strerror(code));
  if (has_part(parsed.get(), CURLUPART_USER) || has_part(parsed.get(), CURLUPART_PASSWORD))
    return "holds a user or password: use the keys for them, a URL is logged";
  if (!has_part(parsed.get(), CURLUPART_HOST)) return "names no host";
  return "";
}

std::string join_url(std::string_view url, std::string_view path) {
  while (url.ends_with('/')) url.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return fmt::format("{}/{}", url, path);
}

}  // namespace gw::http
