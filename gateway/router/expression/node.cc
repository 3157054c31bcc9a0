#include "gateway/router/expression/node.h"

#include <cmath>
#include <functional>

#include "gateway/router/expression/value.h"

namespace gw::expression {

NodePtr copy_without_parts(const Node& node) {
  auto copy = std::make_unique<Node>();
  copy->kind = node.kind;
  copy->op = node.op;
  copy->at = node.at;
  copy->integer = node.integer;
  copy->real = node.real;
  copy->text = node.text;
  copy->function = node.function;
  copy->slot = node.slot;
  copy->type = node.type;
  copy->reads = node.reads;
  copy->pattern = node.pattern;
  return copy;
}

bool write_down(const Value& value, Node& node) {
  switch (value.kind) {
    case Value::Kind::nil:
      node.kind = Node::Kind::nil;
      node.type = Type::Kind::nil;
      return true;
    case Value::Kind::boolean:
      node.kind = Node::Kind::boolean;
      node.integer = value.boolean ? 1 : 0;
      node.type = Type::Kind::boolean;
      return true;
    case Value::Kind::integer:
      node.kind = Node::Kind::integer;
      node.integer = value.integer;
      node.type = Type::Kind::integer;
      return true;
    case Value::Kind::real:
      node.kind = Node::Kind::real;
      node.real = value.real;
      node.type = Type::Kind::real;
      return true;
    case Value::Kind::text:
      node.kind = Node::Kind::text;
      node.text = value.text;
      node.type = Type::Kind::text;
      return true;
    default:
      return false;
  }
}

Operator mirrored(Operator op) {
  switch (op) {
    case Operator::less:
      return Operator::greater;
    case Operator::greater:
      return Operator::less;
    case Operator::less_equal:
      return Operator::greater_equal;
    case Operator::greater_equal:
      return Operator::less_equal;
    default:
      return op;
  }
}

bool is_and_or(const Node& node) {
  return node.kind == Node::Kind::binary && (node.op == Operator::logical_and || node.op == Operator::logical_or);
}

bool is_lazy(const Node& node) {
  return is_and_or(node) || (node.kind == Node::Kind::binary && node.op == Operator::coalesce);
}

std::optional<double> number_written(const Node& node) {
  constexpr std::int64_t bound = std::int64_t{1} << 53;
  const bool is_negative = node.kind == Node::Kind::unary && node.op == Operator::negate;
  if (is_negative) return number_written(*node.parts[0]).transform(std::negate());
  if (node.kind == Node::Kind::real && !std::isnan(node.real)) return node.real;
  if (node.kind != Node::Kind::integer || node.integer <= -bound || node.integer >= bound) return std::nullopt;
  return static_cast<double>(node.integer);
}

}  // namespace gw::expression
