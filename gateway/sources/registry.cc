#include "gateway/sources/registry.h"

#include "gateway/sources/prometheus.h"

namespace gw {

std::span<const SourceType> source_types() {
  static constexpr SourceType types[] = {
      {"prometheus", make_prometheus_source},
  };
  return types;
}

}  // namespace gw
