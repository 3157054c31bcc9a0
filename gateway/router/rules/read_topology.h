#pragma once
#include <memory>
#include <string>

#include "gateway/router/rules/load_rules.h"
#include "gateway/router/topology.h"

namespace gw::rules {

/// Of all subclusters together; cc-backend's largest sites have some 10,000.
inline constexpr std::size_t hosts_max = 100'000;

struct LoadedTopology : LoadedFile {
  std::shared_ptr<const router::Topology> topology;  ///< null where a problem is an error
};

/// cluster.json of cc-backend: subClusters[].nodes, as "f[0101-0188,0201],login1", and subClusters[].topology. A
/// subcluster with nodes "*" or none takes the hosts that are in no other.
LoadedTopology load_topology(const std::string& file, config::Pipes pipes = config::Pipes::refused);
/// The same for `source`, the text of `file`.
LoadedTopology read_topology_text(std::string source, std::string file);

}  // namespace gw::rules
