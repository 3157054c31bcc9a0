#include "gateway/base/clock.h"

#include <fmt/chrono.h>

namespace gw {

Instant SystemClock::now() const {
  return {std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now()),
          std::chrono::steady_clock::now()};
}

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string iso_time(WallTime time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(unix_seconds(time))); }

}  // namespace gw
