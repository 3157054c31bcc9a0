// A walk over the tree. What a value is, is seen when it is there; the checker has refused only what no data can make
// right.

#include "gateway/router/expression/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gateway/base/printable.h"
#include "gateway/router/expression/expression.h"
#include "gateway/router/expression/functions.h"

namespace gw::expression {
namespace {

using Kind = Value::Kind;

/// Lists within lists: bounds our stack where all of a value is looked at.
constexpr int values_depth_max = 64;
/// Bytes of a text that a problem shows.
constexpr std::size_t excerpt = 40;
/// Calls with no more arguments do not allocate.
constexpr std::size_t arguments_inline = 4;

/// Steps to look at a text: much of it is looked at in one.
std::size_t steps_of(std::string_view text) { return text.size() / 64; }
/// Steps to look for a text in another one, at worst.
std::size_t steps_of(std::string_view text, std::string_view part) {
  return (steps_of(text) + 1) * (steps_of(part) + 1) - 1;
}

}  // namespace

Value Evaluator::of(const Node& node) {
  if (problem_) return {};
  if (!step(node, 1)) return {};
  switch (node.kind) {
    case Node::Kind::nil:
    case Node::Kind::nothing:
      return {};
    case Node::Kind::boolean:
      return Value::of(node.integer != 0);
    case Node::Kind::integer:
      return Value::of(node.integer);
    case Node::Kind::real:
      return Value::of(node.real);
    case Node::Kind::text:
      return Value::of(std::string_view(node.text));
    case Node::Kind::list:
      return list(node);
    case Node::Kind::map:
      return map(node);
    case Node::Kind::name:
      return name(node);
    case Node::Kind::member:
    case Node::Kind::maybe_member:
      return member(node);
    case Node::Kind::chain: {
      const Value value = of(*node.parts[0]);
      broken_chain_ = false;
      return value;
    }
    case Node::Kind::slice:
      return slice(node);
    case Node::Kind::unary:
      return unary(node);
    case Node::Kind::binary:
      return binary(node);
    case Node::Kind::conditional:
      return conditional(node);
    case Node::Kind::call:
      return call(node);
    case Node::Kind::method:
      return method(node);
    case Node::Kind::item:
      return item(node);
    case Node::Kind::let:
      return let(node);
    case Node::Kind::sequence: {
      Value value;
      for (const NodePtr& part : node.parts) value = of(*part);
      return value;
    }
  }
  return {};
}

bool Evaluator::look_at(const Node& node, const Value& value, int depth) {
  if (depth > values_depth_max) {
    fail(node, "lists within lists go too deep");
    return false;
  }
  switch (value.kind) {
    case Kind::text:
      return step(node, steps_of(value.text));
    case Kind::list:
      return step(node, value.list->size()) &&
             std::ranges::all_of(*value.list, [&](const Value& item) { return look_at(node, item, depth + 1); });
    case Kind::map:
      return step(node, value.map->size()) && std::ranges::all_of(*value.map, [&](const Map::value_type& entry) {
               return look_at(node, entry.second, depth + 1);
             });
    default:
      return true;
  }
}

Value Evaluator::kept(const Node& node, List list) {
  if (!arena_.spend(list.size() * sizeof(Value))) return fail(node, "the expression makes too long a list");
  return Value::of(arena_.keep(std::move(list)));
}

Value Evaluator::kept(const Node& node, std::string text) {
  if (!arena_.spend(text.size())) return fail(node, "the expression makes too much text");
  return Value::of(arena_.keep(std::move(text)));
}

Value Evaluator::list(const Node& node) {
  List items;
  items.reserve(node.parts.size());
  for (const NodePtr& part : node.parts) items.push_back(of(*part));
  return kept(node, std::move(items));
}

Value Evaluator::map(const Node& node) {
  Map made;
  for (std::size_t i = 0; i + 1 < node.parts.size(); i += 2) {
    const Value key = of(*node.parts[i]);
    const Value value = of(*node.parts[i + 1]);
    if (problem_ || !look_at(node, key) || !step(node, made.size() / 16)) return {};
    const Value word = key.is(Kind::text) ? key : kept(node, text_of(key));
    if (problem_) return {};
    if (find(made, word.text) == nullptr) made.emplace_back(word.text, value);
  }
  if (!arena_.spend(made.size() * sizeof(Map::value_type))) return fail(node, "the expression makes too large a map");
  return Value::of(arena_.keep(std::move(made)));
}

Value Evaluator::name(const Node& node) {
  if (node.slot <= -2) return variables_[static_cast<std::size_t>(-2 - node.slot)];
  return outside_.get(node.slot, node.text);
}

Value Evaluator::member(const Node& node) {
  const Value base = of(*node.parts[0]);
  if (problem_ || broken_chain_) return {};
  if (node.kind == Node::Kind::maybe_member && base.is_nil()) {
    broken_chain_ = true;
    return {};
  }
  return member_of(node, base, of(*node.parts[1]));
}

Value Evaluator::member_of(const Node& node, Value base, Value key) {
  if (problem_) return {};
  if (base.is(Kind::map)) {
    if (!step(node, base.map->size() / 16)) return {};
    const Value* const found = key.is(Kind::text) ? find(*base.map, key.text) : nullptr;
    return found != nullptr ? *found : Value{};
  }
  if (!base.is(Kind::list)) return fail(node, fmt::format("{} has no parts", kind_name(base.kind)));
  if (!key.is(Kind::integer))
    return fail(node, fmt::format("the index of a list is an integer, not {}", kind_name(key.kind)));
  const auto size = static_cast<std::int64_t>(base.list->size());
  const std::int64_t at = key.integer < 0 ? key.integer + size : key.integer;
  if (at < 0 || at >= size) return fail(node, fmt::format("there is no item {} in a list of {}", key.integer, size));
  return (*base.list)[static_cast<std::size_t>(at)];
}

Value Evaluator::slice(const Node& node) {
  const Value base = of(*node.parts[0]);
  const Value from = of(*node.parts[1]);
  const Value to = of(*node.parts[2]);
  if (problem_) return {};
  if (!base.is(Kind::text) && !base.is(Kind::list))
    return fail(node, fmt::format("{} has no parts", kind_name(base.kind)));
  const auto size = static_cast<std::int64_t>(base.is(Kind::text) ? base.text.size() : base.list->size());
  const auto bound = [size](const Value& value, std::int64_t otherwise) {
    const std::int64_t at = value.is(Kind::integer) ? value.integer : otherwise;
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const bool good = (from.is_nil() || from.is(Kind::integer)) && (to.is_nil() || to.is(Kind::integer));
  if (!good) return fail(node, "a bound is an integer");
  const auto end = static_cast<std::size_t>(bound(to, size));
  const auto start = std::min(static_cast<std::size_t>(bound(from, 0)), end);
  if (base.is(Kind::text)) return Value::of(base.text.substr(start, end - start));
  const auto begin = base.list->begin();
  return kept(node, List(begin + static_cast<std::ptrdiff_t>(start), begin + static_cast<std::ptrdiff_t>(end)));
}

Value Evaluator::unary(const Node& node) {
  const Value value = of(*node.parts[0]);
  if (problem_) return {};
  if (node.op == Operator::logical_not) {
    if (value.is(Kind::boolean)) return Value::of(!value.boolean);
    return fail(node, fmt::format("'not' needs true or false, not {}", kind_name(value.kind)));
  }
  if (!value.is_number()) return fail(node, fmt::format("a sign needs a number, not {}", kind_name(value.kind)));
  if (node.op == Operator::plus) return value;
  if (value.is(Kind::real)) return Value::of(-value.real);
  return difference(Value::of(std::int64_t{0}), value);
}

Value Evaluator::binary(const Node& node) {
  if (is_lazy(node)) return lazy(node);
  const Value left = of(*node.parts[0]);
  if (node.op == Operator::in && node.parts[1]->kind == Node::Kind::list) return in_written(node, left);
  const Value right = of(*node.parts[1]);
  return problem_ ? Value{} : operation(node, left, right);
}

/// What is right is asked for only where what is left has not decided.
Value Evaluator::lazy(const Node& node) {
  const Value left = of(*node.parts[0]);
  if (problem_) return {};
  if (node.op == Operator::coalesce) return left.is_nil() ? of(*node.parts[1]) : left;
  const bool is_or = node.op == Operator::logical_or;
  if (left.is(Kind::boolean) && left.boolean == is_or) return left;
  const Value right = of(*node.parts[1]);
  if (problem_) return {};
  // What is nil does not hold, and may stand at the end as it may stand alone.
  if (left.is(Kind::boolean) && (right.is(Kind::boolean) || right.is_nil())) return right;
  return no_operands(node, is_or ? "or" : "and", left, right);
}

Value Evaluator::operation(const Node& node, Value left, Value right) {
  switch (node.op) {
    case Operator::equal:
      return Value::of(same(node, left, right));
    case Operator::not_equal:
      return Value::of(!same(node, left, right));
    case Operator::less:
    case Operator::greater:
    case Operator::less_equal:
    case Operator::greater_equal:
      return order(node, left, right);
    case Operator::in:
      return in(node, left, right);
    case Operator::matches:
    case Operator::contains:
    case Operator::starts_with:
    case Operator::ends_with:
      return text_test(node, left, right);
    case Operator::range:
      return range(node, left, right);
    default:
      return arithmetic(node, left, right);
  }
}

bool Evaluator::same(const Node& node, Value left, Value right) {
  if (left.is(Kind::text) && right.is(Kind::text)) {
    step(node, steps_of(left.text.substr(0, right.text.size())));
  } else if (left.is(Kind::list) || left.is(Kind::map)) {
    if (!look_at(node, left) || !look_at(node, right)) return false;
  } else {
    as_numbers(left, right);
  }
  return equal(left, right);
}

Value Evaluator::order(const Node& node, Value left, Value right) {
  const auto compare = [&node](const auto& a, const auto& b) {
    switch (node.op) {
      case Operator::less:
        return a < b;
      case Operator::greater:
        return a > b;
      case Operator::less_equal:
        return a <= b;
      default:
        return a >= b;
    }
  };
  if (left.is(Kind::integer) && right.is(Kind::integer)) return Value::of(compare(left.integer, right.integer));
  if (left.is_number() && right.is_number()) return Value::of(compare(left.as_real(), right.as_real()));
  if (left.is(Kind::text) && right.is(Kind::text)) {
    step(node, steps_of(left.text));
    return Value::of(compare(left.text, right.text));
  }
  if (as_numbers(left, right)) return order(node, left, right);
  constexpr std::string_view signs[] = {"<", ">", "<=", ">="};
  std::string why;
  if ((left.is(Kind::text) && right.is_number()) || (left.is_number() && right.is(Kind::text)))
    why = fmt::format(": '{}' is no number", start_of((left.is(Kind::text) ? left : right).text, excerpt));
  return no_operands(node, signs[static_cast<std::size_t>(node.op) - static_cast<std::size_t>(Operator::less)], left,
                     right, why);
}

Value Evaluator::in(const Node& node, Value left, Value right) {
  if (right.is_nil()) return Value::of(false);
  if (right.is(Kind::map)) {
    step(node, right.map->size() / 16);
    return Value::of(left.is(Kind::text) && find(*right.map, left.text) != nullptr);
  }
  if (!right.is(Kind::list)) return no_operands(node, "in", left, right);
  step(node, right.list->size());
  for (const Value& item : *right.list) {
    if (problem_) return {};
    if (same(node, left, item)) return Value::of(true);
  }
  return Value::of(false);
}

/// A list that is written down need not be made.
Value Evaluator::in_written(const Node& node, Value left) {
  bool found = false;
  for (const NodePtr& part : node.parts[1]->parts) {
    const Value item = of(*part);
    if (problem_) return {};
    found = found || same(node, left, item);
  }
  return Value::of(found);
}

Value Evaluator::text_test(const Node& node, Value left, Value right) {
  if (left.is_nil() || right.is_nil()) return Value::of(false);
  const bool texts = left.is(Kind::text) && right.is(Kind::text);
  if (texts && !step(node, steps_of(left.text, right.text))) return {};
  switch (node.op) {
    case Operator::contains:
      return texts ? Value::of(left.text.contains(right.text)) : no_operands(node, "contains", left, right);
    case Operator::starts_with:
      return texts ? Value::of(left.text.starts_with(right.text)) : no_operands(node, "startsWith", left, right);
    case Operator::ends_with:
      return texts ? Value::of(left.text.ends_with(right.text)) : no_operands(node, "endsWith", left, right);
    default:
      break;
  }
  if (!texts) return no_operands(node, "matches", left, right);
  return matches(node, right.text, left.text);
}

Value Evaluator::matches(const Node& node, std::string_view pattern, std::string_view text) {
  if (node.pattern) {
    step(node, search_steps(*node.pattern, text));
    return problem_ ? Value{} : Value::of(has_match(*node.pattern, text));
  }
  if (!step(node, compile_steps)) return {};
  auto compiled = compile_pattern(without_percent_classes(pattern));
  if (!compiled) return fail(node, std::move(compiled).error());
  return step(node, search_steps(**compiled, text)) ? Value::of(has_match(**compiled, text)) : Value{};
}

Value Evaluator::range(const Node& node, Value left, Value right) {
  if (!left.is(Kind::integer) || !right.is(Kind::integer)) return no_operands(node, "..", left, right);
  List items;
  if (left.integer > right.integer) return kept(node, std::move(items));
  const auto last = static_cast<std::uint64_t>(right.integer) - static_cast<std::uint64_t>(left.integer);
  if (last >= Arena::bytes_max / sizeof(Value)) return fail(node, "the expression makes too long a list");
  items.reserve(last + 1);
  for (std::uint64_t i = 0; i <= last; ++i) items.push_back(Value::of(left.integer + static_cast<std::int64_t>(i)));
  return kept(node, std::move(items));
}

Value Evaluator::remainder(const Node& node, std::int64_t left, std::int64_t right) {
  if (right == 0) return fail(node, "a division by zero");
  return Value::of(right == -1 ? 0 : left % right);  // of the least integer, -1 would trap
}

Value Evaluator::arithmetic(const Node& node, Value left, Value right) {
  if (node.op == Operator::add && left.is(Kind::text) && right.is(Kind::text)) {
    if (left.text.size() + right.text.size() > Arena::bytes_max)
      return fail(node, "the expression makes too much text");
    return kept(node, std::string(left.text).append(right.text));
  }
  constexpr std::string_view signs[] = {"+", "-", "*", "/", "%", "**"};
  const std::string_view sign = signs[static_cast<std::size_t>(node.op) - static_cast<std::size_t>(Operator::add)];
  const bool whole = left.is(Kind::integer) && right.is(Kind::integer);
  if (!left.is_number() || !right.is_number() || (node.op == Operator::modulo && !whole)) {
    const bool one_is_text = left.is(Kind::text) != right.is(Kind::text);
    return no_operands(node, sign, left, right, one_is_text ? ": int() or float() makes a number of a text" : "");
  }
  switch (node.op) {
    case Operator::add:
      return sum(left, right);
    case Operator::subtract:
      return difference(left, right);
    case Operator::multiply:
      return product(left, right);
    case Operator::divide:
      return Value::of(left.as_real() / right.as_real());
    case Operator::modulo:
      return remainder(node, left.integer, right.integer);
    default:
      return Value::of(std::pow(left.as_real(), right.as_real()));
  }
}

Value Evaluator::conditional(const Node& node) {
  const Value condition = of(*node.parts[0]);
  if (problem_) return {};
  if (!condition.is(Kind::boolean))
    return fail(node, fmt::format("a condition is true or false, not {}", kind_name(condition.kind)));
  const bool holds = condition.boolean;
  if (node.parts.size() < 3) return holds ? Value::of(true) : of(*node.parts[1]);
  return of(*node.parts[holds ? 1 : 2]);
}

Value Evaluator::call(const Node& node) {
  const Function& function = *node.function;
  if (function.walk != Walk::none) return walk(node);
  if (node.parts.size() <= arguments_inline) {
    std::array<Value, arguments_inline> few;
    return call_with(node, arguments(node.parts, few));
  }
  std::vector<Value> many(node.parts.size());
  return call_with(node, arguments(node.parts, many));
}

std::span<const Value> Evaluator::arguments(std::span<const NodePtr> parts, std::span<Value> into) {
  std::ranges::transform(parts, into.begin(), [this](const NodePtr& part) { return of(*part); });
  return into.first(parts.size());
}

Value Evaluator::call_with(const Node& node, std::span<const Value> values) {
  for (const Value& value : values) {
    if (!look_at(node, value)) return {};
  }
  if (values.size() > 1 && values[0].is(Kind::text) && values[1].is(Kind::text) &&
      !step(node, steps_of(values[0].text, values[1].text)))
    return {};
  Call call{.arguments = values, .arena = arena_, .pattern = node.pattern.get(), .steps = 0, .problem = {}};
  const Value value = node.function->call(call);
  if (!call.problem.empty()) return fail(node, fmt::format("{}: {}", node.function->name, call.problem));
  return step(node, call.steps) ? value : Value{};
}

Value Evaluator::method(const Node& node) {
  std::array<Value, arguments_inline> few;  // no method has more
  const std::span<const Value> values = arguments(std::span(node.parts).subspan(1), few);
  return problem_ ? Value{} : outside_.call(node.slot, values);
}

Value Evaluator::let(const Node& node) {
  variables_.push_back(of(*node.parts[0]));
  const Value value = of(*node.parts[1]);
  variables_.pop_back();
  return value;
}

Value Evaluator::item(const Node& node) {
  const Item& now = items_.back();
  if (node.text == "index") return Value::of(now.index);
  return node.text == "acc" ? now.acc : now.value;
}

Checked<bool> decide(const Node& condition, const Variables& variables, Arena& arena) {
  const Checked<Value> value = evaluate(condition, variables, arena);
  if (!value) return std::unexpected(value.error());
  if (value->is(Kind::boolean)) return value->boolean;
  if (value->is_nil()) return false;  // as expr-lang has it: a bare `tag.x`, where there is none
  return std::unexpected(
      Problem{condition.at, fmt::format("this gives {}, but true or false is needed", kind_name(value->kind))});
}

Checked<Value> evaluate(const Node& tree, const Variables& variables, Arena& arena) {
  return Evaluator(variables, arena).run(tree);
}

Checked<Value> evaluate_part(const Node& part, const Variables& variables, Arena& arena, std::size_t lets,
                             std::size_t& steps_left) {
  Evaluator evaluator(variables, arena, lets, steps_left);
  Checked<Value> value = evaluator.run(part);
  steps_left = evaluator.steps_left();
  return value;
}

}  // namespace gw::expression
