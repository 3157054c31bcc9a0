#pragma once
// The rules of a router as one value: what a file of rules is read to, and what routes by it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/problem.h"
#include "gateway/router/expression/expression.h"
#include "gateway/router/step.h"
#include "gateway/router/topology.h"

namespace gw::router {

/// One thing that somebody wrote down: what errors, counters and explanations name.
struct Rule {
  config::Position at;
  std::string text;  ///< as people recognise it: `drop_metrics_if: match('temp_core_%d+', name)`
};

/// What a rule did to the messages of one router.
struct RuleCounts {
  std::uint64_t dropped = 0;
  std::uint64_t failed = 0;
  std::string problem;           ///< of the first failure
  std::uint64_t units_left = 0;  ///< messages whose unit it should have changed, but did not: none, or none we know
  std::string unit_left;         ///< why the first of these was left
  std::uint64_t made = 0;        ///< aggregates
  std::uint64_t incomplete = 0;  ///< aggregates that were not made: the host had no value of a metric that they name
  std::string lacking;           ///< the first of these metrics
  std::uint64_t partial = 0;     ///< aggregates that were not made: values of them were left out

  void fail(std::string_view why) {
    if (failed++ == 0) problem = why;
  }
  void leave_unit(std::string_view why) {
    if (units_left++ == 0) unit_left = why;
  }
  void lack(std::string_view metric) {
    if (incomplete++ == 0) lacking = metric;
  }
};

/// What a tag or meta value of an aggregate says that is to be as the first message has it.
inline constexpr std::string_view copied = "<copy>";

/// A metric that is computed from others at the end of each interval.
struct Aggregate {
  std::string name;
  /// Which messages it is computed from. Null: all.
  std::shared_ptr<const expression::Expression> condition;
  std::shared_ptr<const expression::Expression> function;
  std::vector<codecs::Message::Tag> tags;  ///< a value may be `copied`
  std::vector<codecs::Message::Tag> meta;  ///< the same
  std::size_t rule = 0;
};

/// Immutable once it is read; any thread may route by it.
struct RuleSet {
  std::string file;
  std::vector<Rule> rules;
  std::vector<Step> steps;
  std::vector<Aggregate> aggregates;
  std::string hostname_tag = "hostname";
  std::size_t cache_intervals = 0;
  std::shared_ptr<const Topology> topology;  ///< null where no rule asks for it
};

}  // namespace gw::router
