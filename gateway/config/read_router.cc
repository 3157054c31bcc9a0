#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "gateway/config/tables.h"
#include "gateway/config/units.h"
#include "gateway/router/rules/load_rules.h"
#include "gateway/router/rules/read_rules.h"
#include "gateway/router/rules/read_topology.h"
#include "subjects/subject.h"

namespace gw::config {
namespace {

constexpr std::size_t patterns_max = 64;
constexpr std::size_t series_max = 100'000'000;
constexpr Seconds hour{3600};

void read_subscribe(TableReader& table, std::vector<std::string>& subscribe) {
  const auto patterns = table.texts("subscribe");
  if (!patterns) return;
  Reading& reading = table.reading();
  subscribe.clear();
  if (patterns->size() > patterns_max)  // each is compared with those before it
    return reading.error(table.where("subscribe"),
                         fmt::format("'subscribe' names more than {} subjects", patterns_max));
  for (const Text& pattern : *patterns) {
    const std::string_view problem = subjects::pattern_problem(pattern.value);
    if (!problem.empty()) {
      reading.error(pattern.where,
                    fmt::format("{} is no subject to subscribe to: it {}", in_quotes(pattern.shown), problem));
    } else {
      const Text* const first = std::find_if(
          patterns->data(), &pattern, [&](const Text& other) { return subjects::overlap(other.value, pattern.value); });
      if (first != &pattern) {
        const bool same = first->value == pattern.value;
        const std::string why =
            same ? "stands twice in 'subscribe'" : fmt::format("overlaps {} in 'subscribe'", in_quotes(first->shown));
        reading.error(pattern.where, fmt::format("{} {}: lines would come twice", in_quotes(pattern.shown), why));
      }
    }
    subscribe.push_back(pattern.value);
  }
}

/// Null where none is given. Where it is wrong, that is told, and rules may ask for it all the same.
std::shared_ptr<const router::Topology> read_topology(TableReader& table) {
  Reading& reading = table.reading();
  const std::size_t problems_before = reading.problems.size();
  const std::filesystem::path file = table.file("topology", false);
  auto anything = std::make_shared<const router::Topology>();
  if (reading.problems.size() > problems_before) return anything;
  if (file.empty()) return nullptr;
  const rules::LoadedTopology loaded = rules::load_topology(file.string());
  for (const Problem& problem : loaded.problems)
    reading.problems.push_back({problem.severity, table.where("topology"),
                                line_of(file.string(), {Problem::Severity::error, problem.where, problem.text})});
  return loaded.topology == nullptr ? anything : loaded.topology;
}

/// Rules stand in a file, or in [router] itself: then each key that is not ours is a rule's.
rules::LoadedRules read_rules(TableReader& table, Seconds interval) {
  Reading& reading = table.reading();
  const std::size_t problems_before = reading.problems.size();
  std::shared_ptr<const router::Topology> topology = read_topology(table);
  const std::filesystem::path file = table.file("rules", false);
  if (file.empty()) {
    rules::Parsed parsed = rules::from_toml(table.raw(), reading.source, reading.file, "router", table.known());
    return rules::read_rules_parsed(std::move(parsed), std::string(reading.source), reading.file, interval,
                                    std::move(topology));
  }
  table.finish([](std::string_view key) {
    return rules::is_rule_key(key)
               ? fmt::format("{} stands here, and rules in the file that 'rules' names: not in both", in_quotes(key))
               : std::string();
  });
  if (reading.problems.size() > problems_before) return {};
  return rules::load_rules(file.string(), interval, std::move(topology));
}

}  // namespace

Router read_router(TableReader& table, const std::string& metrics, rules::LoadedRules& rules) {
  Router router;
  if (!metrics.empty()) router.subscribe = {metrics};
  read_subscribe(table, router.subscribe);
  if (const auto queue = table.text("queue")) {
    router.queue = queue->value;
    check_token(table.reading(), queue->where, "queue", queue->value, queue->shown);
  }
  table.seconds("future_max", Seconds{0}, 24 * hour, router.future_max);
  table.seconds("interval", interval_min, interval_max, router.interval);
  table.seconds("grace", Seconds{0}, hour, router.grace);
  table.count("max_series", 1, series_max, router.max_series);
  rules = read_rules(table, router.interval);
  if (rules.rules != nullptr && !rules.rules->rules.empty()) router.rules = rules.rules;
  return router;
}

}  // namespace gw::config
