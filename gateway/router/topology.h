#pragma once
// How the hardware threads of hosts belong together, as ClusterCockpit's cluster.json says it, and the functions of
// rules that ask for it. cc-metric-collector asks of the node that it runs on; here it is the host of the message, or
// the host that an aggregate is computed for.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/message.h"
#include "gateway/router/expression/environment.h"
#include "gateway/router/expression/node.h"
#include "gateway/router/expression/value.h"

namespace gw::router {

enum class HostPart : std::uint8_t { node, socket, memory_domain, die, core, hwthread };
inline constexpr std::size_t host_part_count = 6;

/// The hardware threads of each part of a host, by the number of the part: its place in the file, but of a hardware
/// thread its own number.
struct HostTopology {
  using Threads = std::map<std::int64_t, expression::List>;  ///< integers
  std::array<Threads, host_part_count> parts;

  const Threads& of(HostPart part) const { return parts[static_cast<std::size_t>(part)]; }
  Threads& of(HostPart part) { return parts[static_cast<std::size_t>(part)]; }
};

/// Immutable once it is read; any thread may ask.
struct Topology {
  std::vector<HostTopology> kinds;                        ///< one each subcluster that has one
  std::map<std::string, std::size_t, std::less<>> hosts;  ///< of `kinds`
  std::optional<std::size_t> others;                      ///< of hosts that are not listed

  /// Null where nothing is known of the host.
  const HostTopology* find(std::string_view host) const;
};

/// The value of the tag `hostname_tag`, else of `hostname`, else of `host`; empty where there is none.
std::string_view host_of(const codecs::Message& message, std::string_view hostname_tag);

/// Slots of these functions, above those of any environment.
inline constexpr int topology_slots = 1000;
/// What an environment says of the function `name`; nothing where it is none of these.
std::optional<expression::Known> find_topology_function(std::string_view name);
/// Whether any part of `tree`, which was checked, calls one of these.
bool asks_for_topology(const expression::Node& tree);
/// Why it never has one for these arguments; empty where it may have. `texts` are those that are written down as texts,
/// empty for all others.
std::string why_no_value(std::string_view function, std::span<const std::string_view> texts);
/// Its value; nil where the host has no such part, or is null. Lists are `host`'s.
expression::Value call_topology_function(int slot, const HostTopology* host,
                                         std::span<const expression::Value> arguments);

}  // namespace gw::router
