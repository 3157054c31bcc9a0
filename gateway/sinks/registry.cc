#include "gateway/sinks/registry.h"

#include <array>

#include "gateway/sinks/cc_metric_store.h"
#include "gateway/sinks/file.h"

namespace gw {
namespace {

constexpr std::array types = {
    SinkType{"cc_metric_store", make_cc_metric_store},
    SinkType{"file", make_file},
    SinkType{"stdout", make_stdout},
};

}  // namespace

std::span<const SinkType> sink_types() { return types; }

}  // namespace gw
