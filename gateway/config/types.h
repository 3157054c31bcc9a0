#pragma once
// The names that `type` may have. sources/registry.h and sinks/registry.h hold what stands behind them.

#include <array>
#include <string_view>

namespace gw::config {

inline constexpr std::array<std::string_view, 1> source_types{"prometheus"};
inline constexpr std::array<std::string_view, 3> sink_types{"cc_metric_store", "file", "stdout"};

/// The levels of ClusterCockpit's topology: tag `type` of every message.
inline constexpr std::array<std::string_view, 8> metric_types{"node", "socket", "die",      "memoryDomain",
                                                              "llc",  "core",   "hwthread", "accelerator"};

}  // namespace gw::config
