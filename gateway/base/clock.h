#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace gw {

using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// One moment on both clocks: `wall` for what is written, `steady` for how long to wait.
struct Instant {
  WallTime wall;
  SteadyTime steady;
};

/// Time comes in as an argument, so that a test can be at any time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

/// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

std::int64_t unix_seconds(WallTime time);
/// 2026-11-22T21:15:37Z
std::string iso_time(WallTime time);

}  // namespace gw
