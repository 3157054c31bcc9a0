#pragma once
// The message bus as the pipeline sees it: core NATS today; the contract (frames are acknowledged) is JetStream's.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace gw {

/// Encoded lines on their way to one subject. `lines` lines, each with its '\n'.
struct Frame {
  std::string subject;
  std::string payload;
  std::uint32_t lines = 0;
  std::uint64_t sequence = 0;  ///< of this producer since its start; (producer, boot, sequence) is unique for ever
  std::size_t source = 0;      ///< index of the source whose account the lines are on
};

/// What a subscription hands over. Acknowledged by `token` once every sink is done with it.
struct Received {
  std::string subject;
  std::string payload;
  std::uint64_t token = 0;
};

/// One queue-group subscription. One thread calls `next` and `acknowledge`.
class Subscription {
 public:
  virtual ~Subscription() = default;
  /// The next message, or nothing after `wait`; nothing at once where nothing can come any more (stop_receiving, or the
  /// bus has ended) and all has been read. Survives reconnects and rebuilds of the connection.
  virtual std::optional<Received> next(Milliseconds wait) = 0;
  /// The message is done with (core NATS: nothing to tell the server).
  virtual void acknowledge(std::uint64_t token) = 0;
  /// Messages lost because nobody called `next` in time. Any thread.
  virtual std::uint64_t lost() const = 0;
  /// Messages that wait here for `next`. Any thread.
  virtual std::uint64_t pending() const = 0;
};

/// A connection to the bus. `publish` and `flush` are called by one thread; `subscribe` before the threads start; the
/// rest from any thread.
class Bus {
 public:
  virtual ~Bus() = default;
  /// Hands the frame to the client library. unavailable: not connected, offer it again. rejected: too large for the
  /// server (split it) or a bad subject.
  virtual Result<void> publish(const Frame& frame) = 0;
  /// Everything published since the last flush has reached the server. unavailable: that is not known of any of it,
  /// offer all of it again; also where the connection was lost and came back in between, and where the server refused
  /// the subject for lack of permission. May take 2 s longer than `timeout` where the server has stopped reading.
  virtual Result<void> flush(Milliseconds timeout) = 0;
  /// `queue` empty: a plain subscription (a tap).
  virtual Result<std::unique_ptr<Subscription>> subscribe(std::string_view subject, std::string_view queue) = 0;
  virtual bool connected() const = 0;
  /// Subscriptions that the server has refused for lack of permission: they hear nothing, however long they wait.
  virtual std::size_t refused_subscriptions() const = 0;
  /// Largest payload that the server takes, less what headers need. 0 until the first connection.
  virtual std::size_t payload_bytes_max() const = 0;
  /// Since when the connection stands; after a reconnect the peers' subscriptions need a moment to come back.
  virtual std::optional<SteadyTime> connected_since() const = 0;
  /// Unsubscribes; what has been received stays to be read by `next`.
  virtual void stop_receiving() = 0;
  /// Builds the connection where there is none yet, or where the library has given it up (two refused logins in a row);
  /// backs off by itself. Called about once a second, by one thread. May take 2 s a URL.
  virtual void maintain(Instant now) = 0;
};

}  // namespace gw
