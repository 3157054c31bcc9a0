#pragma once
// What commands have in common that take lines through rules which are not of now: `route` and `test`.

#include <string>
#include <vector>

#include "codecs/timestamp.h"
#include "gateway/base/clock.h"
#include "gateway/router/router.h"

namespace gw::cli {

/// No clock ends an interval.
router::RouterOptions recording_options(Seconds interval);

/// `message` as a line, and behind it what no line carries; on one line of a terminal, whatever stands in it.
std::string shown(const router::Message& message, codecs::Precision precision);
/// file:line:column: text
std::string shown(const router::RuleSet& rules, std::size_t rule);

/// Values that were left out of aggregates: a sentence for each reason.
std::vector<std::string> sentences(const router::AggregatorCounts& counts);
/// Aggregates of one rule that were not made, the same.
std::vector<std::string> sentences(const router::RuleCounts& counts);

}  // namespace gw::cli
