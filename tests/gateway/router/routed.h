#pragma once
// Lines through rules, as text.

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "codecs/line_protocol.h"
#include "gateway/router/router.h"
#include "gateway/router/rules/load_rules.h"

/// The rules of `text`, which is JSON with nothing wrong in it.
inline std::shared_ptr<const gw::router::RuleSet> rules_of(std::string_view text) {
  const gw::rules::LoadedRules loaded = gw::rules::read_rules_text(std::string(text), "rules.json", gw::Seconds(60));
  CAPTURE(text);
  CHECK_MESSAGE(loaded.problems.empty(), loaded.report());
  REQUIRE(loaded.rules != nullptr);
  return loaded.rules;
}

/// What is wrong with the rules of `text`, without the lines of the source: "3:4: text\n".
inline std::string problems_of(std::string_view text) {
  const gw::rules::LoadedRules loaded = gw::rules::read_rules_text(std::string(text), "rules.json", gw::Seconds(60));
  std::string problems;
  for (const gw::config::Problem& problem : loaded.problems) {
    const bool warning = problem.severity == gw::config::Problem::Severity::warning;
    problems += std::to_string(problem.where.line) + ":" + std::to_string(problem.where.column) + ": " +
                (warning ? "warning: " : "") + problem.text + "\n";
  }
  return problems;
}

/// What comes out for `lines`, and behind that what is computed from them when they have ended.
inline std::string routed(gw::router::Router& router, std::string_view lines,
                          std::int64_t now_ns = 1'700'000'000'000'000'000) {
  codecs::LineDecoder decoder({.lenient = true});
  decoder.reset(lines);
  std::string out;
  for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
    CHECK(step == codecs::Step::record);
    router.route(decoder.line(), now_ns, out);
  }
  return out;
}

/// Of all rules of `router`.
inline std::uint64_t sum_of(const gw::router::Router& router, std::uint64_t gw::router::RuleCounts::* count) {
  std::uint64_t sum = 0;
  for (const gw::router::RuleCounts& counts : router.rule_counts()) sum += counts.*count;
  return sum;
}

inline std::string routed(std::string_view rules, std::string_view lines) {
  gw::router::Router router(rules_of(rules));
  std::string out = routed(router, lines);
  router.end_all(0, out);
  return out;
}
