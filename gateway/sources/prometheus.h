#pragma once
#include <memory>

#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/sources/source.h"

namespace gw {

/// Polls /api/v1/query: all queries of the source at once, with `time` = the tick. A failing query hurts only itself.
Result<std::unique_ptr<Source>> make_prometheus_source(const config::Source& settings, SourceContext context);

}  // namespace gw
