#pragma once
// The plain way through the rules: every step for every message. What is routed otherwise must give the same.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/router/rule_set.h"
#include "gateway/router/step.h"

namespace gw::router {

class Interpreter {
 public:
  explicit Interpreter(std::shared_ptr<const RuleSet> rules)
      : rules_(std::move(rules)), stepper_(rules_->topology.get(), rules_->hostname_tag) {}

  /// Is told of each rule that changed or dropped the message, left its unit, or failed, with the message before and
  /// after it.
  struct Observer {
    virtual ~Observer() = default;
    virtual void saw(std::size_t rule, Effect effect, const Message& before, const Message& after,
                     const std::string& problem) = 0;
  };

  /// Takes `message` through the steps; the number of the rule that dropped it, where one did. `now_ns` stands for the
  /// time of a message without one.
  std::optional<std::size_t> run(Message& message, std::int64_t now_ns, std::vector<RuleCounts>& counts,
                                 Observer* observer = nullptr);
  /// The aggregates whose conditions hold for the message as it is after `run`.
  std::vector<std::size_t> aggregates(std::vector<RuleCounts>& counts);

 private:
  std::shared_ptr<const RuleSet> rules_;
  Stepper stepper_;
  std::vector<std::size_t> failed_;  ///< rules, by the message: one that is asked twice has failed once
};

}  // namespace gw::router
