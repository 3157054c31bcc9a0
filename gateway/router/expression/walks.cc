// Functions that go over a list with a closure: all, filter, map, reduce, …

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "gateway/router/expression/evaluator.h"
#include "gateway/router/expression/functions.h"

namespace gw::expression {

using Kind = Value::Kind;

Value Evaluator::closure(const Node& node, const Value& value, std::size_t index, Value acc) {
  items_.push_back({value, static_cast<std::int64_t>(index), acc});
  const Value result = of(node);
  items_.pop_back();
  return result;
}

bool Evaluator::truth(const Node& node, const Value& value, std::size_t index) {
  const Value result = closure(node, value, index);
  if (problem_) return false;
  if (!result.is(Kind::boolean))
    fail(node, fmt::format("this gives {}, but true or false is needed", kind_name(result.kind)));
  return result.is(Kind::boolean) && result.boolean;
}

Value Evaluator::walk(const Node& node) {
  const Value over = of(*node.parts[0]);
  if (problem_) return {};
  const Function& function = *node.function;
  if (over.is(Kind::list)) step(node, over.list->size());
  if (problem_) return {};
  if (!over.is(Kind::list))
    return fail(node, fmt::format("'{}' goes over a list, not over {}", function.name, kind_name(over.kind)));
  switch (function.walk) {
    case Walk::filter:
    case Walk::map:
      return keep_items(node, *over.list);
    case Walk::sum:
      return total(node, *over.list);
    case Walk::reduce:
      return reduce(node, *over.list);
    case Walk::sort_by:
      return sort_by(node, *over.list);
    case Walk::find:
    case Walk::find_index:
    case Walk::find_last:
    case Walk::find_last_index:
      return find_item(node, *over.list);
    default:
      break;
  }
  std::int64_t holds = 0;
  const auto size = static_cast<std::int64_t>(over.list->size());
  for (std::size_t i = 0; i < over.list->size() && !problem_; ++i) {
    const Value& value = (*over.list)[i];
    const bool alone = node.parts.size() < 2;
    // count(values) of an aggregate is how many there are; expr-lang knows only lists of true and false here.
    const bool counts = alone && function.walk == Walk::count && value.is_number();
    if (alone && !counts && !value.is(Kind::boolean))
      return fail(node, "the items must be true or false where there is no closure");
    const bool good = counts || (alone ? value.boolean : truth(*node.parts[1], value, i));
    holds += good ? 1 : 0;
    if (function.walk == Walk::all && !good) return Value::of(false);
    if (function.walk == Walk::any && good) return Value::of(true);
    if (function.walk == Walk::no_one && good) return Value::of(false);
  }
  switch (function.walk) {
    case Walk::all:
      return Value::of(holds == size);
    case Walk::no_one:
      return Value::of(holds == 0);
    case Walk::any:
      return Value::of(holds > 0);
    case Walk::one:
      return Value::of(holds == 1);
    default:
      return Value::of(holds);
  }
}

Value Evaluator::keep_items(const Node& node, const List& list) {
  List out;
  for (std::size_t i = 0; i < list.size() && !problem_; ++i) {
    if (node.function->walk == Walk::map) {
      out.push_back(closure(*node.parts[1], list[i], i));
    } else if (truth(*node.parts[1], list[i], i)) {
      out.push_back(list[i]);
    }
  }
  return problem_ ? Value{} : kept(node, std::move(out));
}

Value Evaluator::find_item(const Node& node, const List& list) {
  const Walk walk = node.function->walk;
  const bool backwards = walk == Walk::find_last || walk == Walk::find_last_index;
  for (std::size_t step = 0; step < list.size() && !problem_; ++step) {
    const std::size_t i = backwards ? list.size() - 1 - step : step;
    if (!truth(*node.parts[1], list[i], i)) continue;
    const bool place = walk == Walk::find_index || walk == Walk::find_last_index;
    return place ? Value::of(static_cast<std::int64_t>(i)) : list[i];
  }
  return {};
}

Value Evaluator::total(const Node& node, const List& list) {
  Value all = Value::of(std::int64_t{0});
  for (std::size_t i = 0; i < list.size() && !problem_; ++i) {
    const Value value = node.parts.size() < 2 ? list[i] : closure(*node.parts[1], list[i], i);
    if (problem_) break;
    if (!value.is_number()) return fail(node, fmt::format("{} is no number", kind_name(value.kind)));
    all = sum(all, value);
  }
  return all;
}

Value Evaluator::reduce(const Node& node, const List& list) {
  const bool given = node.parts.size() > 2;
  if (!given && list.empty()) return fail(node, "'reduce' of an empty list needs a value to start from");
  Value acc = given ? of(*node.parts[2]) : list[0];
  for (std::size_t i = given ? 0 : 1; i < list.size() && !problem_; ++i) acc = closure(*node.parts[1], list[i], i, acc);
  return acc;
}

Value Evaluator::sort_by(const Node& node, const List& list) {
  List keys;
  for (std::size_t i = 0; i < list.size() && !problem_; ++i) keys.push_back(closure(*node.parts[1], list[i], i));
  const Value order = node.parts.size() > 2 ? of(*node.parts[2]) : Value::of(std::string_view("asc"));
  for (const Value& key : keys) look_at(node, key);
  if (problem_) return {};
  if (!order.is(Kind::text) || (order.text != "asc" && order.text != "desc"))
    return fail(node, "the order must be 'asc' or 'desc'");
  const auto places = order_of(keys, order.text == "desc");
  if (!places) return fail(node, "only numbers, or only texts, can be sorted");
  List out;
  for (const std::size_t i : *places) out.push_back(list[i]);
  return kept(node, std::move(out));
}

}  // namespace gw::expression
