#include "gateway/router/interpreter.h"

#include <algorithm>

namespace gw::router {

std::optional<std::size_t> Interpreter::run(Message& message, std::int64_t now_ns, std::vector<RuleCounts>& counts,
                                            Observer* observer) {
  stepper_.begin(message, now_ns);
  failed_.clear();
  Message before;
  for (const Step& step : rules_->steps) {
    if (observer != nullptr) before = message;
    const Effect effect = stepper_.apply(step);
    const std::size_t rule = stepper_.rule();
    if (effect == Effect::failed && std::ranges::find(failed_, rule) == failed_.end()) {
      failed_.push_back(rule);
      counts[rule].fail(stepper_.problem());
    }
    if (effect == Effect::left) counts[rule].leave_unit(stepper_.problem());
    if (observer != nullptr && effect != Effect::none) observer->saw(rule, effect, before, message, stepper_.problem());
    if (effect != Effect::dropped) continue;
    ++counts[rule].dropped;
    return rule;
  }
  return std::nullopt;
}

std::vector<std::size_t> Interpreter::aggregates(std::vector<RuleCounts>& counts) {
  std::vector<std::size_t> holding;
  for (std::size_t i = 0; i < rules_->aggregates.size(); ++i) {
    const Aggregate& aggregate = rules_->aggregates[i];
    const std::optional<bool> holds = stepper_.holds(aggregate.condition.get());
    if (!holds) counts[aggregate.rule].fail(stepper_.problem());
    if (holds.value_or(false)) holding.push_back(i);
  }
  return holding;
}

}  // namespace gw::router
