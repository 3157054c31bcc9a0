#pragma once
// Limits that hold at more than one stage.

namespace gw {

/// Two samples of 1.7e308 overflow the store's sums, and its answer becomes invalid JSON for every host asked with it.
inline constexpr double value_magnitude_max = 1e300;

}  // namespace gw
