#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/config/problem.h"

namespace gw::config {

/// The configuration needs 5 levels.
inline constexpr std::size_t toml_levels_max = 64;

/// toml++ calls itself for each level of `source`, and bounds only brackets: a key like a.a.a… of some 100,000 levels
/// ends the program. Where a value or a header has more than `levels_max`, the first place that does. `source` need not
/// be TOML.
std::optional<Problem> depth_problem(std::string_view source, std::size_t levels_max = toml_levels_max);

}  // namespace gw::config
