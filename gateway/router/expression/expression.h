#pragma once
// Expressions of the router: text that was checked once and is evaluated often.
//
//   Checked<Expression> expression = Expression::compile("name == 'cpu_load'", environment, Type::Kind::boolean);
//   Checked<Value> value = expression->evaluate(variables, arena);

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/router/expression/environment.h"
#include "gateway/router/expression/lexer.h"
#include "gateway/router/expression/node.h"
#include "gateway/router/expression/type.h"
#include "gateway/router/expression/value.h"

namespace gw::expression {

/// Immutable; any thread may evaluate it.
class Expression {
 public:
  /// Parses and checks. Where `wanted` is not `any`, it gives such a value, or one whose kind only the data tells.
  static Checked<Expression> compile(std::string_view source, const Environment& environment,
                                     Type::Kind wanted = Type::Kind::any);

  /// `variables` are of the environment it was compiled for. What the value views is the arena's, the variables' or
  /// this expression's. Where there is no value, the place and the reason.
  Checked<Value> evaluate(const Variables& variables, Arena& arena) const;
  /// For conditions.
  Checked<bool> decide(const Variables& variables, Arena& arena) const;

  const std::string& source() const { return source_; }
  const Node& tree() const { return *tree_; }
  Type type() const { return type_; }

 private:
  Expression(std::string source, NodePtr tree, Type type)
      : source_(std::move(source)), tree_(std::move(tree)), type_(type) {}

  std::string source_;
  NodePtr tree_;
  Type type_;
};

/// Sets names to their slots and refuses what can never have a value. `tree` was parsed; its type where it is good.
Checked<Type> check(Node& tree, const Environment& environment);

Checked<Value> evaluate(const Node& tree, const Variables& variables, Arena& arena);
/// The answer of a condition: nil is false; a problem too where it gives something else.
Checked<bool> decide(const Node& condition, const Variables& variables, Arena& arena);
/// Of a part that names none of the `lets` variables of the tree around it. It takes from `steps_left` what it needs; a
/// problem where that is not enough.
Checked<Value> evaluate_part(const Node& part, const Variables& variables, Arena& arena, std::size_t lets,
                             std::size_t& steps_left);

}  // namespace gw::expression
