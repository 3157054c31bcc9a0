#include "gateway/cli/recording.h"

#include <chrono>

#include "gateway/config/units.h"

namespace gw::cli {
namespace {

/// As [router] has them.
constexpr Seconds interval_min{1};
constexpr Seconds interval_max = std::chrono::hours(24);

}  // namespace

std::optional<Seconds> parse_interval(std::string_view text) {
  const auto duration = config::parse_duration(text);
  if (!duration || *duration < interval_min || *duration > interval_max || *duration % Seconds(1) != Milliseconds(0))
    return std::nullopt;
  return std::chrono::duration_cast<Seconds>(*duration);
}

router::RouterOptions recording_options(Seconds interval) {
  router::RouterOptions options;
  options.aggregates.is_recording = true;
  options.aggregates.interval_ns = std::chrono::nanoseconds(interval).count();
  return options;
}

}  // namespace gw::cli
