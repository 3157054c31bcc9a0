#pragma once
// Lines in, routed lines out, by one set of rules.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/router/aggregate.h"
#include "gateway/router/interpreter.h"
#include "gateway/router/plan.h"
#include "gateway/router/rule_set.h"

namespace gw::router {

struct RouterOptions {
  PlanOptions plan;
  AggregatorOptions aggregates;
};

/// What became of the aggregates of intervals that have ended.
struct Made {
  std::size_t appended = 0;
  std::size_t dropped = 0;            ///< by a rule
  std::size_t not_representable = 0;  ///< no line can carry it; counted as a failure of the aggregate's rule

  Made& operator+=(const Made& other);
  std::size_t total() const { return appended + dropped + not_representable; }
};

/// Is told of each aggregate: that it was computed, what each rule did to it, and what became of it.
struct AggregateObserver : Interpreter::Observer {
  virtual void computed(const Computed& aggregate) = 0;
  /// `line` as it was appended, with its '\n'; empty where a rule dropped it or no line can carry it.
  virtual void became(std::string_view line) = 0;
};

/// Not thread-safe: each worker has one. Aggregates see the lines of their own router only.
class Router {
 public:
  explicit Router(std::shared_ptr<const RuleSet> rules, RouterOptions options = {});

  /// Appends what the rules make of `line`, with its '\n', to `out`, or nothing. `now_ns` stands for the time of a line
  /// without one. The line was decoded as line-protocol v2.
  Routed route(const codecs::Line& line, std::int64_t now_ns, std::string& out);
  /// The clock of the aggregates' intervals is so much behind the time that `route` is told.
  void set_intervals_behind(std::int64_t behind_ns) { aggregator_.set_behind(behind_ns); }
  /// Appends the aggregates of the intervals that have ended at `now_ns`, after the rules.
  Made end_intervals(std::int64_t now_ns, std::string& out, AggregateObserver* observer = nullptr);
  /// The same for all intervals: nothing more will come.
  Made end_all(std::int64_t now_ns, std::string& out, AggregateObserver* observer = nullptr);

  const RuleSet& rules() const { return *rules_; }
  const std::vector<RuleCounts>& rule_counts() const { return counts_; }
  const Plan& plan() const { return plan_; }
  const Aggregator& aggregator() const { return aggregator_; }

 private:
  Made append(std::vector<Computed> aggregates, std::int64_t now_ns, std::string& out, AggregateObserver* observer);

  std::shared_ptr<const RuleSet> rules_;
  std::vector<RuleCounts> counts_;
  Aggregator aggregator_;
  Plan plan_;
  Interpreter interpreter_;
};

}  // namespace gw::router
