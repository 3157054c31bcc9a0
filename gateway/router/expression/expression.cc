#include "gateway/router/expression/expression.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/router/expression/parser.h"

namespace gw::expression {

Checked<Expression> Expression::compile(std::string_view source, const Environment& environment, Type::Kind wanted) {
  Checked<NodePtr> tree = parse(source);
  if (!tree) return std::unexpected(std::move(tree).error());
  const Checked<Type> type = check(**tree, environment);
  if (!type) return std::unexpected(type.error());
  if (wanted != Type::Kind::any && !type->may_be(wanted)) {
    return std::unexpected(
        Problem{(*tree)->at, fmt::format("this gives {}, but {} is needed", type_name(*type), type_name(wanted))});
  }
  return Expression(std::string(source), *std::move(tree), *type);
}

Checked<Value> Expression::evaluate(const Variables& variables, Arena& arena) const {
  return expression::evaluate(*tree_, variables, arena);
}

Checked<bool> Expression::decide(const Variables& variables, Arena& arena) const {
  return expression::decide(*tree_, variables, arena);
}

}  // namespace gw::expression
