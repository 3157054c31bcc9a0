#pragma once
// cc-metric-store's config.json (or cc-backend's): which metrics the store takes, and at what frequency.

#include <filesystem>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/config/load.h"

namespace gw::config {

/// What `config` would lose silently in a store that is configured by `sink.store_config`: a query's metric that it
/// does not know, under the name that rules give it, is an error (it would be skipped with 200); where more than the
/// name decides, a warning, as are names that rules and aggregates give and the store does not know, and an interval
/// that differs from its frequency. invalid: the file cannot be read or is no configuration of cc-metric-store.
Result<std::vector<Problem>> check_against_store(const Config& config, const Sink& sink);

}  // namespace gw::config
