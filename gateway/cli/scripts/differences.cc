#include "gateway/cli/scripts/differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace gw::cli {
namespace {

using Kind = PythonBlock::Kind;

/// A block of the documented script. Its text belongs to ClusterCockpit: only what tells it is kept here.
struct Documented {
  std::string_view name;
  std::uint64_t fingerprint;
  std::string_view instead;  ///< the settings that say it here
};

constexpr std::uint64_t start_fingerprint = 0xf4e61f2e2a704cb3;  // if __name__ == "__main__": main()

constexpr Documented prom2ccms[] = {
    {"query_prometheus", 0x6147467085a37de5, "url, timeout, user, bearer_token, headers"},
    {"instance_to_hostname", 0x47bafe2e49e6b28e, "strip_port, hostname_regex, strip_suffix"},
    {"build_line_protocol", 0xe08c951d7eee6973, "type, type_id, labels, tags, and the rules of [router]"},
    {"push_to_ccms", 0x9681c08357f36b2a, "[[sink]]"},
    {"main", 0xa28d0353f1760490, "hostname, scale, and the rules of [router]"},
};

constexpr Documented influx2ccms[] = {
    {"query_influxdb", 0x4dd123b630b03593, ""},
    {"push_to_ccms", 0x9681c08357f36b2a, ""},
    {"main", 0xd3d01900eea87fb8, ""},
};

std::string lost(std::string_view what, std::string_view instead) {
  return fmt::format("{}: its rules are not in what is written{}{}", what, instead.empty() ? "" : "; see ", instead);
}

std::optional<Difference> difference_of(const PythonBlock& block, std::span<const Documented> documented) {
  const bool function = block.kind == Kind::function;
  if (function || block.kind == Kind::assignment) {
    const auto known = std::ranges::find(documented, block.name, &Documented::name);
    const std::string name = config::in_quotes(block.name);
    if (known == documented.end()) {
      if (!function) return std::nullopt;
      return Difference{name, block.where, lost(name + " is not in the documented script", "")};
    }
    // What is assigned to the name of a function takes its place.
    if (block.fingerprint == known->fingerprint) return std::nullopt;
    return Difference{name, block.where, lost(name + " is not as documented", known->instead)};
  }
  const bool logs = block.name == "logging" || block.name == "log";
  if (block.kind == Kind::import || logs || block.fingerprint == start_fingerprint) return std::nullopt;
  return Difference{"a statement", block.where, lost("this statement is not in the documented script", "")};
}

}  // namespace

std::vector<Difference> differences(std::span<const PythonBlock> blocks, DocumentedScript from) {
  const std::span<const Documented> documented =
      from == DocumentedScript::prometheus ? std::span<const Documented>(prom2ccms) : influx2ccms;
  std::vector<Difference> found;
  for (const PythonBlock& block : blocks) {
    if (auto difference = difference_of(block, documented)) found.push_back(std::move(*difference));
  }
  for (const Documented& function : documented) {
    if (std::ranges::find(blocks, function.name, &PythonBlock::name) != blocks.end()) continue;
    const std::string name = config::in_quotes(function.name);
    found.push_back({name, {}, lost(fmt::format("there is no {} in it", name), function.instead)});
  }
  return found;
}

}  // namespace gw::cli
