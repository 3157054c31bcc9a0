#include "gateway/router/plan_learner.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "gateway/router/expression/specialise.h"
#include "gateway/router/message.h"

namespace gw::router {

using expression::Node;
using expression::NodePtr;
using expression::Operator;

namespace {

constexpr std::string_view value_key = "value";
/// A condition of more comparisons is one question: it would take up the way.
constexpr std::size_t comparisons_max = 4;

/// Whether a step that changed the message gave it a field, which the tree cannot follow. None takes one away: there is
/// `value` alone, which stays.
bool touches_fields(const Step& step) {
  return (step.kind == Step::Kind::set || step.kind == Step::Kind::move) && step.to == Part::fields;
}

/// Whether what `part` gives is the same for all lines of a series that have a plan: these are metrics, and have the
/// field `value` only.
bool is_known(const MessageView& series, const Node& part) {
  constexpr std::array<std::string_view, 6> types = {"messagetype", "msgtype", "IsMetric",
                                                     "IsEvent",     "IsLog",   "IsControl"};
  if (part.reads == expression::Reads::perhaps && part.text != value_key) return true;
  return series_tells(series, part) || std::ranges::find(types, part.text) != types.end();
}

/// The value of a line that has a plan, which is a number; not a tag of that name, which is known.
bool is_value(const Node& part) {
  if (part.kind == Node::Kind::name) return part.text == value_key || part.text == "field_value";
  const auto is = [](const Node& node, Node::Kind kind, std::string_view text) {
    return node.kind == kind && node.text == text;
  };
  const Node& of = *part.parts[0];
  return (is(of, Node::Kind::name, "field") || is(of, Node::Kind::name, "fields")) &&
         is(*part.parts[1], Node::Kind::text, value_key);
}

/// What `tree` asks, where it compares the value with a number.
std::optional<PlanNode> comparison_of(const Node& tree) {
  if (tree.kind != Node::Kind::binary || tree.op < Operator::equal || tree.op > Operator::greater_equal)
    return std::nullopt;
  const bool is_first = number_written(*tree.parts[0]).has_value();
  const Node& part = *tree.parts[is_first ? 1 : 0];
  const auto number = number_written(*tree.parts[is_first ? 0 : 1]);
  const bool may_be_value = part.kind == Node::Kind::name || part.kind == Node::Kind::member;
  if (!number || !may_be_value || !is_value(part)) return std::nullopt;
  const double without_minus_zero = *number + 0.0;  // what is equal must hash alike
  return PlanNode{
      .kind = PlanNodeKind::compare, .op = is_first ? mirrored(tree.op) : tree.op, .number = without_minus_zero};
}

/// How many comparisons of the value `tree` is, joined by and, or and not; 0 where there is something else in it.
std::size_t comparisons_of_value(const Node& tree) {
  if (tree.kind == Node::Kind::unary && tree.op == Operator::logical_not) return comparisons_of_value(*tree.parts[0]);
  if (!is_and_or(tree)) return comparison_of(tree) ? 1 : 0;
  const std::size_t left = comparisons_of_value(*tree.parts[0]);
  const std::size_t right = comparisons_of_value(*tree.parts[1]);
  return left == 0 || right == 0 ? 0 : left + right;
}

/// A part that could not be replaced by its value: a list of all tags, say.
bool reads_known(const MessageView& series, const Node& tree) {
  const bool asks = tree.kind == Node::Kind::name || tree.kind == Node::Kind::method;
  if (asks && is_known(series, tree)) return true;
  return std::ranges::any_of(tree.parts, [&series](const NodePtr& part) { return reads_known(series, *part); });
}

}  // namespace

bool PlanLearner::walk(Message& message, std::int64_t now_ns) {
  stepper_.begin(message, now_ns);
  lesson_.way.clear();
  unscaled_ = 0;
  lesson_.notes.clear();
  lesson_.dropper.reset();
  lesson_.aggregates.clear();
  for (const Step& step : rules_.steps) {
    const std::optional<bool> holds = ask(step.condition.get(), step.rule);
    if (!holds) return false;
    if (!*holds) continue;
    const Effect effect = act(step);
    if (effect == Effect::changed && touches_fields(step)) return false;
    if (effect != Effect::dropped) continue;
    lesson_.dropper = stepper_.rule();
    break;
  }
  for (std::size_t i = 0; i < rules_.aggregates.size(); ++i) {
    const Aggregate& aggregate = rules_.aggregates[i];
    const std::optional<bool> holds = ask(aggregate.condition.get(), aggregate.rule);
    if (!holds) return false;
    if (*holds) lesson_.aggregates.push_back(i);
  }
  return true;
}

/// Whether `condition` holds. Where lines of the series differ in that it is a turn of the way; nothing where a tree
/// cannot follow it.
std::optional<bool> PlanLearner::ask(const expression::Expression* condition, std::size_t rule) {
  if (condition == nullptr) return true;
  const auto [holds, told_by_line] = stepper_.ask(*condition);
  if (holds && !told_by_line) return holds;
  const MessageView& series = stepper_.view();
  const Node* left = &condition->tree();
  NodePtr special;
  if (reads_known(series, *left)) {
    const auto is_known_here = [&series](const Node& part) { return is_known(series, part); };
    special = expression::specialise(*left, MessageVariables(series), is_known_here, is_value);
    if (special->kind == Node::Kind::boolean) return special->integer != 0;
    if (reads_known(series, *special)) return std::nullopt;
    left = special.get();
  }
  if (lesson_.way.size() >= turns_max) return std::nullopt;
  const std::size_t comparisons = comparisons_of_value(*left);
  if (comparisons > 0 && comparisons <= comparisons_max) return compare(*left, series.fields[0].second.as_real());
  if (special != nullptr) left = trees_.shared(std::move(special));
  lesson_.way.push_back(
      {.asked = {.kind = PlanNodeKind::branch, .rule = static_cast<std::uint32_t>(rule), .condition = left},
       .holds = holds.value_or(false)});
  if (!holds) lesson_.notes.failed.emplace_back(rule, stepper_.problem());
  return holds.value_or(false);
}

/// The answer of `tree`, which consists of comparisons; each that is needed for it is a turn of the way, but not twice.
bool PlanLearner::compare(const Node& tree, double value) {
  if (tree.kind == Node::Kind::unary) return !compare(*tree.parts[0], value);
  if (is_and_or(tree)) {
    const bool left = compare(*tree.parts[0], value);
    return left == (tree.op == Operator::logical_or) ? left : compare(*tree.parts[1], value);
  }
  const PlanNode asked = comparison_of(tree).value();
  std::vector<Turn>& way = lesson_.way;
  const auto since = way.begin() + static_cast<std::ptrdiff_t>(unscaled_);
  const auto known = std::ranges::find(since, way.end(), asked, &Turn::asked);
  if (known != way.end()) return known->holds;
  way.push_back({.asked = asked, .holds = router::holds(asked, value)});
  return way.back().holds;
}

/// The step; in the way what of it differs from line to line.
Effect PlanLearner::act(const Step& step) {
  const Effect effect = stepper_.act(step);
  const auto rule = static_cast<std::uint32_t>(stepper_.rule());
  if (effect == Effect::failed) lesson_.notes.failed.emplace_back(rule, stepper_.problem());
  if (effect == Effect::left) {
    lesson_.notes.left.emplace_back(rule, stepper_.problem());
    lesson_.way.push_back({.asked = {.kind = PlanNodeKind::left, .rule = rule}});
  }
  if (step.kind == Step::Kind::interval_time)
    lesson_.way.push_back({.asked = {.kind = PlanNodeKind::time, .interval_ns = step.interval_ns}});
  if (const auto& change = stepper_.prefix_change(); change && change->from != change->to) {
    lesson_.way.push_back(
        {.asked = {.kind = PlanNodeKind::scale, .change = *change, .rule = rule}, .holds = effect == Effect::changed});
    unscaled_ = lesson_.way.size();
  }
  return effect;
}

}  // namespace gw::router
