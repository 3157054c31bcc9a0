#pragma once
#include <algorithm>
#include <optional>

#include "gateway/base/clock.h"

namespace gw {

/// Wall-clock-aligned ticks: multiples of `interval` since the epoch, each polled `delay` after it happened. The tick
/// that is current at the start is due at once, so that a new gateway shows data without waiting for an interval; its
/// time stamp is the same that any other replica gives it.
class TickSchedule {
 public:
  TickSchedule(Seconds interval, Milliseconds delay) : interval_(interval), delay_(delay) {}

  /// The tick that became due since the last call, if any. After a pause only the newest one.
  std::optional<WallTime> due(Instant now) {
    const WallTime tick = current(now);
    // A clock that was set back by more than an interval starts a new count instead of waiting for the old time.
    const bool is_new = !last_ || tick > *last_ || tick < *last_ - interval_;
    if (!is_new) return std::nullopt;
    last_ = tick;
    return tick;
  }

  /// When to ask again. A wall clock that jumps is noticed within a second.
  SteadyTime next(Instant now) const {
    const auto wait = current(now) + interval_ + delay_ - now.wall;
    return now.steady + std::min<std::chrono::nanoseconds>(wait, std::chrono::seconds(1));
  }

 private:
  WallTime current(Instant now) const {
    const auto since_epoch = (now.wall - delay_).time_since_epoch();
    return WallTime(since_epoch - since_epoch % interval_);
  }

  Seconds interval_;
  Milliseconds delay_;
  std::optional<WallTime> last_;
};

}  // namespace gw
