#pragma once
// One evaluation of an expression; of this folder alone. evaluator.cc has the operators, walks.cc the functions that go
// over a list with a closure.

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/router/expression/expression.h"

namespace gw::expression {

/// What one expression may do in all: nested walks over lists would else take for ever.
inline constexpr std::size_t steps_max = 1'000'000;

/// For one evaluation. `variables` and `arena` must outlive it.
class Evaluator {
 public:
  Evaluator(const Variables& variables, Arena& arena) : outside_(variables), arena_(arena) {}
  Evaluator(const Variables& variables, Arena& arena, std::size_t lets, std::size_t steps)
      : outside_(variables), arena_(arena), variables_(lets), steps_left_(steps) {}

  /// The value of the whole tree, or where and why there is none.
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
  Value remainder(const Node& node, std::int64_t left, std::int64_t right);
  Value range(const Node& node, Value left, Value right);
  Value conditional(const Node& node);
  Value call(const Node& node);
  Value call_with(const Node& node, std::span<const Value> values);
  std::span<const Value> arguments(std::span<const NodePtr> parts, std::span<Value> into);
  Value method(const Node& node);

  // walks.cc: functions with a closure
  Value walk(const Node& node);
  Value keep_items(const Node& node, const List& list);
  Value find_item(const Node& node, const List& list);
  Value total(const Node& node, const List& list);
  Value reduce(const Node& node, const List& list);
  Value sort_by(const Node& node, const List& list);
  Value closure(const Node& node, const Value& value, std::size_t index, Value acc = {});
  bool truth(const Node& node, const Value& value, std::size_t index);

  Value item(const Node& node);
  Value let(const Node& node);
  Value kept(const Node& node, List list);
  Value kept(const Node& node, std::string text);
  Value no_operands(const Node& node, std::string_view sign, const Value& left, const Value& right,
                    std::string_view why = {}) {
    if (why.empty() && (left.is_nil() || right.is_nil())) why = ": nil is what is not there";
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

}  // namespace gw::expression
