#pragma once
// What commands have in common that take lines through rules which are not of now: `route` and `test`.

#include <optional>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/router/router.h"

namespace gw::cli {

inline constexpr std::string_view interval_wanted = R"(whole seconds from 1s to 24h, like "60s" or "1m30s")";
/// What rules count in; nothing where `text` is not `interval_wanted`.
std::optional<Seconds> parse_interval(std::string_view text);

/// No clock ends an interval.
router::RouterOptions recording_options(Seconds interval);

}  // namespace gw::cli
