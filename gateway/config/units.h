#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"

namespace gw::config {

/// "60s", "500ms", "1m30s". Nothing where `text` is no duration, or one of more than a year.
std::optional<Milliseconds> parse_duration(std::string_view text);
/// The same back: 1m30s.
std::string duration_text(Milliseconds duration);

/// What rules count in; nothing where `text` is not `interval_wanted`.
std::optional<Seconds> parse_interval(std::string_view text);
inline constexpr std::string_view interval_wanted = R"(whole seconds from 1s to 24h, like "60s" or "1m30s")";
inline constexpr Seconds interval_min{1};
inline constexpr Seconds interval_max = std::chrono::hours(24);

/// "64MiB", "1GB", "512B". Nothing where `text` is no size, or one of more than 1 TiB.
std::optional<std::size_t> parse_size(std::string_view text);
/// In the largest binary unit that leaves no fraction: 512KiB.
std::string size_text(std::size_t bytes);

}  // namespace gw::config
