#pragma once
// Private to gateway/bus: what cnats' callbacks tell.

#include <nats/nats.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"

namespace gw {

/// What a connection tells of the server at its other end.
struct NatsPeer {
  std::string url;  ///< without credentials
  std::size_t payload_bytes_max = 0;
};
NatsPeer peer_of(natsConnection* connection);

/// The state of the bus' connection, kept by callbacks: they come on a thread of the library, so they only record, and
/// log once per change. One watch serves all connections of a bus, one after another; callbacks of an earlier
/// connection (cnats delivers them even after its end) are told by their generation and ignored. Thread-safe.
class NatsWatch {
 public:
  /// A connection is about to be made; returns its generation.
  std::uint64_t begin();
  /// It came up while it was made (cnats calls back only for later changes).
  void opened(std::uint64_t generation, const NatsPeer& peer);
  /// It could not be made.
  void failed(std::uint64_t generation, std::string_view reason);
  /// The bus ends: nothing is recorded or logged any more.
  void end();

  // Callbacks.
  void reconnected(std::uint64_t generation, const NatsPeer& peer);
  void disconnected(std::uint64_t generation, std::string_view reason);
  void closed(std::uint64_t generation, std::string_view reason);
  void lame_duck(std::uint64_t generation, const NatsPeer& peer);
  void error(std::uint64_t generation, natsStatus status, std::string_view text);
  /// A message came that its full inbox did not take; `lost` of them by now.
  void lost(std::string_view subject, std::uint64_t lost);

  bool up() const { return up_.load(); }
  /// The library has given the connection up, or it was never made.
  bool closed() const { return closed_.load(); }
  /// Of the last connection, less what headers need; 0 before the first one.
  std::size_t payload_bytes_max() const { return payload_bytes_max_.load(); }
  std::optional<SteadyTime> up_since() const;
  /// Why it is down.
  std::string reason() const;

  /// By subject: each is asked for anew with every connection.
  std::size_t refused_subscriptions() const;
  /// How many publishes the server has refused for lack of permission.
  std::uint64_t refused_publishes() const;
  /// The subject of the last one, where there were more than `seen`; waits for one.
  std::optional<std::string> refused_publish(std::uint64_t seen, Milliseconds wait) const;

 private:
  void set_up(const NatsPeer& peer);
  void set_down(std::string_view reason);
  void refused(std::string_view text);
  void say(std::string line);

  std::atomic<bool> up_{false};
  std::atomic<bool> closed_{true};
  std::set<std::string> refused_subscriptions_;
  std::atomic<std::size_t> payload_bytes_max_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable refused_one_;
  std::uint64_t generation_ = 0;
  bool called_back_ = false;
  std::optional<SteadyTime> up_since_;
  std::string reason_ = "not tried yet";
  std::string said_;
  std::uint64_t refused_publishes_ = 0;
  std::string refused_subject_;
  std::set<std::string> refused_said_;
  std::optional<SteadyTime> lost_said_;
};

/// Sets the callbacks of a connection to be. The library owns what it needs for them until its last callback; where no
/// connection comes of `options`, call `forget_callbacks` with the returned handle.
struct NatsCallbacks;
NatsCallbacks* set_callbacks(natsOptions* options, std::shared_ptr<NatsWatch> watch, std::uint64_t generation);
void forget_callbacks(NatsCallbacks* callbacks);

/// `url` without user and password.
std::string without_credentials(std::string_view url);
/// What cnats says of the last error of this thread, without its file and line.
std::string last_error_text(natsStatus status);

}  // namespace gw
