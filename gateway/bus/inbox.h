#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "gateway/bus/bus.h"

namespace gw {

/// What a subscription has received and nobody has taken yet. Thread-safe. It outlives the connection that fills it, so
/// what has arrived is not lost with a connection.
class Inbox {
 public:
  /// cnats' own bounds of a subscription: a full one costs at most 64 MiB, and small messages are bounded by count.
  struct Limits {
    std::size_t messages = 65'536;
    std::size_t bytes = 64 << 20;
  };
  explicit Inbox(Limits limits) : limits_(limits) {}

  /// False where it is full or closed: the message is lost and counted.
  bool push(Received delivery);
  /// The oldest message, or nothing after `wait`; nothing at once where it is closed and empty.
  std::optional<Received> next(Milliseconds wait);
  /// Nothing more comes. What is here stays to be read.
  void close();

  std::uint64_t lost() const;
  std::uint64_t pending() const;

 private:
  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Received> waiting_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
  bool closed_ = false;
};

}  // namespace gw
