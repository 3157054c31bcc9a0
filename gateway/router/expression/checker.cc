// Types are known of literals, of operators and functions, and of what the environment says of its names; what comes
// out of a map is known when it is there. Refused is what no data could make right, as expr-lang's checker does.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/base/suggest.h"
#include "gateway/router/expression/expression.h"
#include "gateway/router/expression/functions.h"
#include "gateway/router/expression/parser.h"

namespace gw::expression {
namespace {

using T = Type::Kind;

class Checker {
 public:
  explicit Checker(const Environment& environment) : environment_(environment) {}

  Checked<Type> run(Node& tree) {
    const Type type = check(tree);
    if (problem_) return std::unexpected(*std::move(problem_));
    return type;
  }

 private:
  struct Variable {
    std::string name;
    Type type;
  };

  Type fail(const Node& node, std::string text) {
    if (!problem_) problem_ = Problem{node.at, std::move(text)};
    return {};
  }
  Type check(Node& node) {
    node.type = type_of(node);
    return node.type;
  }
  Type type_of(Node& node);
  Type check_list(Node& node);
  Type check_name(Node& node);
  Type check_member(Node& node);
  Type check_slice(Node& node);
  Type check_unary(Node& node);
  Type check_binary(Node& node);
  Type check_operands(Node& node, Type left, Type right);
  Type check_in(const Node& node, Type left, Type right);
  Type check_pattern(Node& node);
  void compile(Node& node, const Node& written, const std::string& pattern);
  Type check_conditional(Node& node);
  Type check_call(Node& node);
  Type check_method(Node& node);
  Type check_function(Node& node);
  Type check_known(Node& node, const Known& known);
  Type check_let(Node& node);
  Type mismatch(const Node& node, std::string_view sign, Type left, Type right) {
    return fail(node, fmt::format("'{}' does not fit between {} and {}", sign, type_name(left), type_name(right)));
  }

  const Environment& environment_;
  std::vector<Variable> variables_;
  std::optional<Problem> problem_;
};

/// Of an order, or of a text within another.
std::string_view sign_of(Operator op) {
  switch (op) {
    case Operator::less:
      return "<";
    case Operator::greater:
      return ">";
    case Operator::less_equal:
      return "<=";
    case Operator::greater_equal:
      return ">=";
    case Operator::contains:
      return "contains";
    case Operator::starts_with:
      return "startsWith";
    default:
      return "endsWith";
  }
}

/// What both may be.
Type common(Type a, Type b) {
  if (a == b) return a;
  if (a.is(T::nil)) return T::any;
  return a.kind == b.kind ? Type(a.kind) : Type(T::any);
}

Type Checker::type_of(Node& node) {
  if (problem_) return {};
  switch (node.kind) {
    case Node::Kind::nil:
      return T::nil;
    case Node::Kind::boolean:
      return T::boolean;
    case Node::Kind::integer:
      return T::integer;
    case Node::Kind::real:
      return T::real;
    case Node::Kind::text:
      return T::text;
    case Node::Kind::list:
      return check_list(node);
    case Node::Kind::map:
      for (const NodePtr& part : node.parts) check(*part);
      return T::map;
    case Node::Kind::name:
      return check_name(node);
    case Node::Kind::member:
    case Node::Kind::maybe_member:
      return check_member(node);
    case Node::Kind::chain: {
      check(*node.parts[0]);
      return T::any;
    }
    case Node::Kind::slice:
      return check_slice(node);
    case Node::Kind::nothing:
      return T::nil;
    case Node::Kind::unary:
      return check_unary(node);
    case Node::Kind::binary:
      return check_binary(node);
    case Node::Kind::conditional:
      return check_conditional(node);
    case Node::Kind::call:
      return check_call(node);
    case Node::Kind::method:
      return check_method(node);
    case Node::Kind::item:
      return node.text == "index" ? Type(T::integer) : Type();
    case Node::Kind::let:
      return check_let(node);
    case Node::Kind::sequence: {
      Type type;
      for (const NodePtr& part : node.parts) type = check(*part);
      return type;
    }
  }
  return {};
}

Type Checker::check_list(Node& node) {
  std::optional<Type> item;
  for (const NodePtr& part : node.parts) {
    const Type type = check(*part);
    item = item ? common(*item, type) : type;
  }
  return {T::list, item.value_or(Type()).kind};
}

Type Checker::check_name(Node& node) {
  for (std::size_t i = variables_.size(); i-- > 0;) {
    if (variables_[i].name != node.text) continue;
    node.slot = -2 - static_cast<int>(i);  // below those of the environment
    return variables_[i].type;
  }
  const std::optional<Known> known = environment_.find_name(node.text);
  if (!known) {
    if (const std::string_view why = environment_.why_no_name(node.text); !why.empty())
      return fail(node, fmt::format("'{}' {}", node.text, why));
    const std::string_view meant = nearest(node.text, environment_.names());
    return fail(node, meant.empty() ? fmt::format("unknown name '{}'", node.text)
                                    : fmt::format("unknown name '{}', did you mean '{}'", node.text, meant));
  }
  if (known->constant) {
    write_down(*known->constant, node);
    return node.type;
  }
  node.slot = known->slot;
  node.reads = known->reads;
  return known->type;
}

Type Checker::check_member(Node& node) {
  const Type of = check(*node.parts[0]);
  const Type key = check(*node.parts[1]);
  if (problem_) return {};
  if (of.is(T::any)) return {};
  if (of.is(T::map)) {
    if (!key.may_be(T::text)) return fail(node, fmt::format("the key of a map is a text, not {}", type_name(key)));
    return {};
  }
  if (of.is(T::list)) {
    if (!key.may_be(T::integer))
      return fail(node, fmt::format("the index of a list is an integer, not {}", type_name(key)));
    return of.item;
  }
  if (of.is(T::message))
    return fail(node, "a message has methods like metric.Name(), no parts: its name is 'name', its tags are 'tag'");
  return fail(node, fmt::format("{} has no parts", type_name(of)));
}

Type Checker::check_slice(Node& node) {
  const Type of = check(*node.parts[0]);
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    if (node.parts[i]->kind == Node::Kind::nothing) continue;
    const Type bound = check(*node.parts[i]);
    if (!bound.may_be(T::integer))
      return fail(*node.parts[i], fmt::format("a bound is an integer, not {}", type_name(bound)));
  }
  if (of.is(T::text) || of.is(T::list) || of.is(T::any)) return of;
  return fail(node, fmt::format("{} has no parts", type_name(of)));
}

Type Checker::check_unary(Node& node) {
  const Type of = check(*node.parts[0]);
  if (problem_) return {};
  if (node.op == Operator::logical_not)
    return of.may_be(T::boolean) ? Type(T::boolean)
                                 : fail(node, fmt::format("'not' needs true or false, not {}", type_name(of)));
  return of.may_be_number() ? of : fail(node, fmt::format("a sign needs a number, not {}", type_name(of)));
}

Type Checker::check_binary(Node& node) {
  const Type left = check(*node.parts[0]);
  const Type right = check(*node.parts[1]);
  if (problem_) return {};
  return check_operands(node, left, right);
}

Type Checker::check_operands(Node& node, Type left, Type right) {
  const bool numbers = left.may_be_number() && right.may_be_number();
  const bool texts = left.may_be(T::text) && right.may_be(T::text);
  const auto arithmetic = [&](std::string_view sign, Type result) {
    return numbers ? result : mismatch(node, sign, left, right);
  };
  const bool known = !left.is(T::any) && !right.is(T::any);
  const bool real = left.is(T::real) || right.is(T::real);
  const Type number = !known ? Type() : real ? Type(T::real) : Type(T::integer);
  switch (node.op) {
    case Operator::logical_or:
    case Operator::logical_and:
      if (left.may_be(T::boolean) && right.may_be(T::boolean)) return T::boolean;
      return mismatch(node, node.op == Operator::logical_or ? "or" : "and", left, right);
    case Operator::equal:
    case Operator::not_equal:
      if (numbers || left.may_be(right.kind) || right.may_be(left.kind) || left.is(T::nil) || right.is(T::nil))
        return T::boolean;
      return mismatch(node, node.op == Operator::equal ? "==" : "!=", left, right);
    case Operator::less:
    case Operator::greater:
    case Operator::less_equal:
    case Operator::greater_equal:
      return numbers || texts ? Type(T::boolean) : mismatch(node, sign_of(node.op), left, right);
    case Operator::in:
      return check_in(node, left, right);
    case Operator::matches:
      return texts ? check_pattern(node) : mismatch(node, "matches", left, right);
    case Operator::contains:
    case Operator::starts_with:
    case Operator::ends_with:
      return texts ? Type(T::boolean) : mismatch(node, sign_of(node.op), left, right);
    case Operator::range:
      if (left.may_be(T::integer) && right.may_be(T::integer)) return {T::list, T::integer};
      return mismatch(node, "..", left, right);
    case Operator::add:
      if (known && texts) return T::text;
      return numbers || texts ? number : mismatch(node, "+", left, right);
    case Operator::subtract:
      return arithmetic("-", number);
    case Operator::multiply:
      return arithmetic("*", number);
    case Operator::divide:
      return arithmetic("/", T::real);
    case Operator::power:
      return arithmetic("**", T::real);
    case Operator::modulo: {
      if (!left.may_be(T::integer) || !right.may_be(T::integer)) return mismatch(node, "%", left, right);
      const Node& divisor = *node.parts[1];
      if (divisor.kind == Node::Kind::integer && divisor.integer == 0) return fail(node, "a division by zero");
      return T::integer;
    }
    case Operator::coalesce:
      return left.is(T::nil) ? right : common(left, right);
    default:
      return {};
  }
}

Type Checker::check_in(const Node& node, Type left, Type right) {
  if (right.is(T::any) || right.is(T::nil)) return T::boolean;
  if (right.is(T::map)) return left.may_be(T::text) ? Type(T::boolean) : mismatch(node, "in", left, right);
  if (right.is(T::text)) return fail(node, "'in' looks into a list or a map: for a text within a text take 'contains'");
  if (!right.is(T::list)) return mismatch(node, "in", left, right);
  const Type item(right.item);
  const bool fits =
      left.may_be(item.kind) || item.is(T::any) || item.is(T::nil) || (left.may_be_number() && item.may_be_number());
  return fits || left.is(T::nil) ? Type(T::boolean) : mismatch(node, "in", left, right);
}

/// A pattern that is written down must be one.
Type Checker::check_pattern(Node& node) {
  const Node& pattern = *node.parts[1];
  if (pattern.kind == Node::Kind::text) compile(node, pattern, without_percent_classes(pattern.text));
  return T::boolean;
}

void Checker::compile(Node& node, const Node& written, const std::string& pattern) {
  std::expected<Pattern, std::string> compiled = compile_pattern(pattern);
  if (compiled) {
    node.pattern = *std::move(compiled);
  } else {
    fail(written, std::move(compiled).error());
  }
}

Type Checker::check_conditional(Node& node) {
  const Type condition = check(*node.parts[0]);
  if (!condition.may_be(T::boolean))
    return fail(node, fmt::format("a condition is true or false, not {}", type_name(condition)));
  Type type = check(*node.parts[1]);
  if (node.parts.size() < 3) return common(condition, type);
  return common(type, check(*node.parts[2]));
}

Type Checker::check_call(Node& node) {
  std::vector<Type> types;
  types.reserve(node.parts.size());
  for (const NodePtr& part : node.parts) types.push_back(check(*part));
  if (problem_) return {};
  const Function& function = *node.function;
  if (function.closure >= 0 && !types[0].may_be(T::list))
    return fail(node, fmt::format("'{}' goes over a list, not over {}", function.name, type_name(types[0])));
  if (function.name == "match" && node.parts[0]->kind == Node::Kind::text)
    compile(node, *node.parts[0], without_percent(node.parts[0]->text));
  return function.result;
}

Type Checker::check_method(Node& node) {
  Node& of = *node.parts[0];
  const Type type = check(of);
  for (std::size_t i = 1; i < node.parts.size(); ++i) check(*node.parts[i]);
  if (problem_) return {};
  if (of.kind == Node::Kind::nothing) return check_function(node);
  if (std::string how = how_it_stands(node.text); !how.empty()) return fail(node, std::move(how));
  if (type.is(T::any) && of.kind == Node::Kind::name) {
    const std::string_view meant = nearest(of.text, environment_.names());
    return fail(of, meant.empty() ? fmt::format("unknown name '{}'", of.text)
                                  : fmt::format("unknown name '{}', did you mean '{}'", of.text, meant));
  }
  if (!type.is(T::message)) return fail(node, fmt::format("{} has no method '{}'", type_name(type), node.text));
  const std::optional<Known> known = environment_.find_method(node.text);
  if (known) return check_known(node, *known);
  const std::string_view meant = nearest(node.text, environment_.methods());
  return fail(node, meant.empty() ? fmt::format("there is no method '{}'", node.text)
                                  : fmt::format("there is no method '{}', did you mean '{}'", node.text, meant));
}

Type Checker::check_function(Node& node) {
  if (const std::optional<Known> known = environment_.find_function(node.text)) {
    const Type type = check_known(node, *known);
    std::vector<std::string_view> texts;
    texts.reserve(node.parts.size());
    for (std::size_t i = 1; i < node.parts.size(); ++i)
      texts.push_back(node.parts[i]->kind == Node::Kind::text ? node.parts[i]->text : std::string_view());
    std::string why = problem_ ? std::string() : environment_.why_no_value(node.text, texts);
    return why.empty() ? type : fail(texts.empty() ? node : *node.parts[1], std::move(why));
  }
  if (const std::string_view why = environment_.why_no_function(node.text); !why.empty())
    return fail(node, fmt::format("'{}' {}", node.text, why));
  const std::string_view meant = nearest(node.text, function_names());
  return fail(node, meant.empty() ? fmt::format("there is no function '{}'", node.text)
                                  : fmt::format("there is no function '{}', did you mean '{}'", node.text, meant));
}

Type Checker::check_known(Node& node, const Known& known) {
  const std::size_t given = node.parts.size() - 1;
  if (given > known.arguments || given + known.optional < known.arguments)
    return fail(node, fmt::format("'{}' needs {}{} argument{}, not {}", node.text,
                                  known.optional == 0 ? "" : fmt::format("{} to ", known.arguments - known.optional),
                                  known.arguments, known.arguments == 1 ? "" : "s", given));
  node.slot = known.slot;
  node.reads = known.reads;
  return known.type;
}

Type Checker::check_let(Node& node) {
  const Type type = check(*node.parts[0]);
  const std::optional<Known> known = environment_.find_name(node.text);
  const bool taken = std::ranges::find(variables_, node.text, &Variable::name) != variables_.end() ||
                     find_function(node.text) != nullptr || (known && known->own);
  if (taken) return fail(node, fmt::format("'{}' has a meaning already", node.text));
  variables_.push_back({node.text, type});
  const Type result = check(*node.parts[1]);
  variables_.pop_back();
  return result;
}

}  // namespace

std::string_view type_name(Type type) {
  switch (type.kind) {
    case T::any:
      return "anything";
    case T::nil:
      return "nil";
    case T::boolean:
      return "true or false";
    case T::integer:
      return "integer";
    case T::real:
      return "float";
    case T::text:
      return "text";
    case T::list:
      return "list";
    case T::map:
      return "map";
    case T::message:
      return "message";
  }
  return {};
}

Checked<Type> check(Node& tree, const Environment& environment) { return Checker(environment).run(tree); }

}  // namespace gw::expression
