#include "gateway/router/expression/node.h"

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

}  // namespace gw::expression
