// Rules, a blank line, lines: any rules are read or refused with a place in them; lines are routed the same with and
// without a memory for series, also when it overflows, those of a recording and those that come by the clock.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/router/router.h"
#include "gateway/router/rules/load_rules.h"
#include "gateway/router/rules/read_topology.h"
#include "tests/fuzz/require.h"

using namespace gw;
using namespace gw::router;

namespace {

constexpr std::int64_t second = 1'000'000'000;
/// Each host is the same, so that rules that ask for its hardware threads have answers.
constexpr const char* cluster =
    R"({"subClusters": [{"nodes": "*", "topology": {"node": [0, 1, 2, 3], "socket": [[0, 1], [2, 3]],
        "memoryDomain": [[0, 1], [2, 3]], "die": [[0, 1, 2, 3]], "core": [[0, 2], [1, 3]]}}]})";
constexpr std::size_t lines_max = 64;  // more of them take time and find nothing

RouterOptions options_of(std::size_t series_max, bool is_recording) {
  return {.plan = {.series_max = series_max},
          .aggregates = {
              .grace_ns = 10 * second, .series_max = 8, .is_recording = is_recording, .recorded_intervals_max = 2}};
}

std::string route_all(const std::shared_ptr<const RuleSet>& rules, std::string_view body, RouterOptions options) {
  Router router(rules, options);
  codecs::LineDecoder decoder({.lenient = true});
  std::string out;
  std::int64_t now_ns = 1'700'000'000 * second;
  // Twice: what was learnt is used.
  for (int round = 0; round < 2; ++round) {
    decoder.reset(body);
    std::size_t lines = 0;
    for (codecs::Step step; (step = decoder.next()) != codecs::Step::end && lines < lines_max; ++lines) {
      if (step == codecs::Step::error) continue;
      now_ns += 7 * second;
      const Routed routed = router.route(decoder.line(), now_ns, out);
      out += std::to_string(static_cast<int>(routed.kind)) + " " + std::to_string(routed.rule) + "\n";
      router.end_intervals(now_ns, out);
    }
  }
  router.end_all(now_ns, out);
  for (const RuleCounts& counts : router.rule_counts())
    out += std::to_string(counts.dropped) + " " + std::to_string(counts.failed) + " " +
           std::to_string(counts.units_left) + counts.unit_left + " " + std::to_string(counts.incomplete) +
           counts.lacking + " " + std::to_string(counts.partial) + "\n";
  const AggregatorCounts& left = router.aggregator().counts();
  for (const std::uint64_t count : {left.late, left.before, left.early, left.left_out})
    out += std::to_string(count) + " ";
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find("\n\n"), input.size());
  const bool toml = input.starts_with('#');
  static const auto topology = rules::read_topology_text(cluster, "cluster.json").topology;
  FUZZ_REQUIRE(topology != nullptr);
  const rules::LoadedRules loaded = rules::read_rules_text(std::string(input.substr(0, end)),
                                                           toml ? "rules.toml" : "rules.json", Seconds(60), topology);
  const auto lines = static_cast<std::size_t>(std::ranges::count(loaded.source, '\n')) + 1;
  for (const config::Problem& problem : loaded.problems)
    FUZZ_REQUIRE(!problem.text.empty() && problem.where.line <= lines);
  FUZZ_REQUIRE(loaded.problems.empty() == loaded.report().empty());
  if (loaded.rules == nullptr) {
    FUZZ_REQUIRE(!loaded.problems.empty());
    return 0;
  }
  const std::string_view body = input.substr(std::min(end + 2, size));
  for (const bool is_recording : {false, true}) {
    const std::string plain = route_all(loaded.rules, body, options_of(0, is_recording));
    for (const std::size_t series_max : {std::size_t{1000}, std::size_t{2}})
      FUZZ_REQUIRE(route_all(loaded.rules, body, options_of(series_max, is_recording)) == plain);
  }
  return 0;
}
