// A walk over the tree. What a value is, is seen when it is there; the checker has refused only what no data can make
// right.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gateway/router/expression/expression.h"
#include "gateway/router/expression/functions.h"

namespace gw::expression {
namespace {

using Kind = Value::Kind;

/// What one expression may do in all: nested walks over lists would else take for ever.
constexpr std::size_t steps_max = 1'000'000;
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

class Evaluator {
 public:
  Evaluator(const Variables& variables, Arena& arena) : outside_(variables), arena_(arena) {}
  Evaluator(const Variables& variables, Arena& arena, std::size_t lets, std::size_t steps)
      : outside_(variables), arena_(arena), variables_(lets), steps_left_(steps) {}

  Checked<Value> run(const Node& tree) {
    const Value value = of(tree);
    look_at(tree, value);
    if (problem_) return std::unexpected(*std::move(problem_));
    return value;
  }

  std::size_t steps_left() const { return steps_left_; }

 private:
  /// Where a closure is.
  struct Item {
    Value value;
    std::int64_t index = 0;
    Value acc;
  };

  Value fail(const Node& node, std::string text) {
    if (!problem_) problem_ = Problem{node.at, std::move(text)};
    return {};
  }
  /// Counts steps. False where they are too many.
  bool step(const Node& node, std::size_t count) {
    if (problem_) return false;
    if (count <= steps_left_) {
      steps_left_ -= count;
      return true;
    }
    steps_left_ = 0;
    fail(node, "the expression takes too many steps");
    return false;
  }
  /// Counts what it takes to look at all of `value`, and bounds the depth of it. False where that is too much.
  bool look_at(const Node& node, const Value& value, int depth = 0);
  Value of(const Node& node);
  Value list(const Node& node);
  Value map(const Node& node);
  Value name(const Node& node);
  Value member(const Node& node);
  Value member_of(const Node& node, Value base, Value key);
  Value slice(const Node& node);
  Value unary(const Node& node);
  Value binary(const Node& node);
  Value lazy(const Node& node);
  Value operation(const Node& node, Value left, Value right);
  Value in(const Node& node, Value left, Value right);
  Value in_written(const Node& node, Value left);
  bool same(const Node& node, Value left, Value right);
  Value matches(const Node& node, std::string_view pattern, std::string_view text);
  Value text_test(const Node& node, Value left, Value right);
  Value order(const Node& node, Value left, Value right);
  Value arithmetic(const Node& node, Value left, Value right);
  Value integers(const Node& node, std::uint64_t left, std::uint64_t right);
  Value range(const Node& node, Value left, Value right);
  Value conditional(const Node& node);
  Value call(const Node& node);
  Value call_with(const Node& node, std::span<const Value> values);
  std::span<const Value> arguments(std::span<const NodePtr> parts, std::span<Value> into);
  Value method(const Node& node);
  Value walk(const Node& node);
  Value keep_items(const Node& node, const List& list);
  Value find_item(const Node& node, const List& list);
  Value total(const Node& node, const List& list);
  Value reduce(const Node& node, const List& list);
  Value sort_by(const Node& node, const List& list);
  Value closure(const Node& node, const Value& value, std::size_t index, Value acc = {});
  bool truth(const Node& node, const Value& value, std::size_t index);
  bool truth(const Node& node, std::string_view what);
  Value item(const Node& node);
  Value let(const Node& node);
  Value kept(const Node& node, List list);
  Value kept(const Node& node, std::string text);
  Value no_operands(const Node& node, std::string_view sign, const Value& left, const Value& right,
                    std::string_view why = {}) {
    return fail(node, fmt::format("'{}' does not fit between {} and {}{}", sign, kind_name(left.kind),
                                  kind_name(right.kind), why));
  }

  const Variables& outside_;
  Arena& arena_;
  std::vector<Value> variables_;
  std::vector<Item> items_;
  bool broken_chain_ = false;  ///< a `?.` has met nil: the rest of its chain is nil
  std::size_t steps_left_ = steps_max;
  std::optional<Problem> problem_;
};

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
  return Value::of(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(value.integer)));
}

Value Evaluator::binary(const Node& node) {
  const bool is_lazy =
      node.op == Operator::logical_and || node.op == Operator::logical_or || node.op == Operator::coalesce;
  if (is_lazy) return lazy(node);
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
    why = fmt::format(": '{}' is no number", (left.is(Kind::text) ? left : right).text.substr(0, excerpt));
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

/// Integers wrap around, as Go's do.
Value Evaluator::integers(const Node& node, std::uint64_t left, std::uint64_t right) {
  switch (node.op) {
    case Operator::add:
      return Value::of(static_cast<std::int64_t>(left + right));
    case Operator::subtract:
      return Value::of(static_cast<std::int64_t>(left - right));
    case Operator::multiply:
      return Value::of(static_cast<std::int64_t>(left * right));
    default:
      break;
  }
  const auto divisor = static_cast<std::int64_t>(right);
  if (divisor == 0) return fail(node, "a division by zero");
  return Value::of(divisor == -1 ? std::int64_t{0} : static_cast<std::int64_t>(left) % divisor);
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
    case Operator::divide:
      return Value::of(left.as_real() / right.as_real());
    case Operator::power:
      return Value::of(std::pow(left.as_real(), right.as_real()));
    default:
      break;
  }
  if (whole) return integers(node, static_cast<std::uint64_t>(left.integer), static_cast<std::uint64_t>(right.integer));
  const double a = left.as_real();
  const double b = right.as_real();
  return Value::of(node.op == Operator::add ? a + b : node.op == Operator::subtract ? a - b : a * b);
}

bool Evaluator::truth(const Node& node, std::string_view what) {
  const Value value = of(node);
  if (problem_) return false;
  if (!value.is(Kind::boolean)) fail(node, fmt::format("{} is true or false, not {}", what, kind_name(value.kind)));
  return value.is(Kind::boolean) && value.boolean;
}

Value Evaluator::conditional(const Node& node) {
  const bool holds = truth(*node.parts[0], "a condition");
  if (problem_) return {};
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

// ---- functions with a closure

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
  Value sum = Value::of(std::int64_t{0});
  for (std::size_t i = 0; i < list.size() && !problem_; ++i) {
    const Value value = node.parts.size() < 2 ? list[i] : closure(*node.parts[1], list[i], i);
    if (problem_) break;
    if (!value.is_number()) return fail(node, fmt::format("{} is no number", kind_name(value.kind)));
    if (sum.is(Kind::integer) && value.is(Kind::integer)) {
      sum.integer = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum.integer) +
                                              static_cast<std::uint64_t>(value.integer));
    } else {
      sum = Value::of(sum.as_real() + value.as_real());
    }
  }
  return sum;
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

}  // namespace

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
