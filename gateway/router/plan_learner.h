#pragma once
// What a plan learns from: a message on the plain way through all rules, and what of that may differ from line to line
// of its series.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/router/expression/expression.h"
#include "gateway/router/plan_tree.h"
#include "gateway/router/rule_set.h"
#include "gateway/router/step.h"

namespace gw::router {

/// What is to be counted of rules for a line when it is routed: which, and why.
struct RuleNotes {
  std::vector<std::pair<std::size_t, std::string>> failed;  ///< a rule may be in it several times
  std::vector<std::pair<std::size_t, std::string>> left;    ///< units
  void clear() {
    failed.clear();
    left.clear();
  }
};

/// What the rules made of a message.
struct Lesson {
  std::vector<Turn> way;  ///< what it was asked of its value and time, and what changed them
  RuleNotes notes;
  std::optional<std::size_t> dropper;   ///< the rule
  std::vector<std::size_t> aggregates;  ///< that the value is one of
};

/// Not thread-safe.
class PlanLearner {
 public:
  /// Conditions of ways are those of `rules` or owned by `trees`; both must outlive it.
  PlanLearner(const RuleSet& rules, PlanTrees& trees)
      : rules_(rules), trees_(trees), stepper_(rules.topology.get(), rules.hostname_tag) {}

  /// Takes `message`, whose only field is `value`, a number, through all rules. False where a tree cannot follow it;
  /// then it is changed in part, and of the lesson the way is good until there.
  bool walk(Message& message, std::int64_t now_ns);
  const Lesson& lesson() const { return lesson_; }

 private:
  std::optional<bool> ask(const expression::Expression* condition, std::size_t rule);
  bool compare(const expression::Node& tree, double value);
  Effect act(const Step& step);

  const RuleSet& rules_;
  PlanTrees& trees_;
  Stepper stepper_;
  Lesson lesson_;
  std::size_t unscaled_ = 0;  ///< the turns since the value was changed the last time begin here
};

}  // namespace gw::router
