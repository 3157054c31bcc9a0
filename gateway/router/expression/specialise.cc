#include "gateway/router/expression/specialise.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/router/expression/expression.h"
#include "gateway/router/expression/functions.h"

namespace gw::expression {
namespace {

using Kind = Node::Kind;

/// What one specialisation may do in all. A rule that needs more is decided by each message.
constexpr std::size_t steps_max = 20'000;
constexpr std::size_t no_let = std::numeric_limits<std::size_t>::max();

bool is_literal(const Node& node) {
  return node.kind == Kind::nil || node.kind == Kind::boolean || node.kind == Kind::integer ||
         node.kind == Kind::real || node.kind == Kind::text;
}
bool is_truth(const Node& node, bool truth) { return node.kind == Kind::boolean && (node.integer != 0) == truth; }

/// Whether it gives true or false, or has a problem. `and` and `or` may give nil though they are of that type, and so
/// may `??`, `?:` and `let`.
bool gives_truth(const Node& node) {
  if (is_and_or(node)) return gives_truth(*node.parts[1]);
  if (node.kind == Kind::binary) return node.op >= Operator::equal && node.op <= Operator::ends_with;
  return node.kind == Kind::boolean || (node.kind == Kind::unary && node.op == Operator::logical_not);
}

class Specialiser {
 public:
  Specialiser(const Variables& known, const IsKnown& is_known, const IsNumber& is_number, std::size_t& steps_left)
      : variables_(known), is_known_(is_known), is_number_(is_number), steps_left_(steps_left) {}

  NodePtr run(const Node& tree) { return of(tree).node; }

 private:
  /// A part of the new tree.
  struct Part {
    NodePtr node;
    bool known = true;                ///< it names nothing unknown
    bool good = true;                 ///< no part of it was found to have a problem
    std::size_t lowest_let = no_let;  ///< the outermost variable of the expression's own that it names
    bool item = false;                ///< it names the item of a closure around it
  };
  /// A variable of the expression's own, in what follows it.
  struct Variable {
    const Node* literal = nullptr;
    bool known = false;
    bool good = false;
  };

  Part of(const Node& node);
  Part with_parts(const Node& node);
  Part name(const Node& node);
  Part lazy(const Node& node);
  Part conditional(const Node& node);
  Part spine(const Node& node);
  Part let(const Node& node);
  Part sequence(const Node& node);
  Part call(const Node& node);
  bool is_sure(const Node& node) const;
  bool is_sure_number(const Node& node) const;
  static void add(Part& to, Part part);
  Part folded(Part part);
  Pattern compiled(const std::string& pattern);

  const Variables& variables_;
  const IsKnown& is_known_;
  const IsNumber& is_number_;
  Arena arena_;
  std::vector<Variable> lets_;
  std::size_t& steps_left_;
};

void Specialiser::add(Part& to, Part part) {
  to.known = to.known && part.known;
  to.good = to.good && part.good;
  to.lowest_let = std::min(to.lowest_let, part.lowest_let);
  to.item = to.item || part.item;
  to.node->parts.push_back(std::move(part.node));
}

/// Its value in its place, where it can have one already.
Specialiser::Part Specialiser::folded(Part part) {
  const bool whole = part.lowest_let >= lets_.size() && !part.item;
  const bool made = part.node->kind == Kind::list || part.node->kind == Kind::map;
  if (!part.known || !part.good || !whole || made || steps_left_ == 0) return part;
  arena_.clear();
  const Checked<Value> value = evaluate_part(*part.node, variables_, arena_, lets_.size(), steps_left_);
  part.good = value.has_value();
  if (!value) return part;
  auto literal = std::make_unique<Node>();
  literal->at = part.node->at;
  return write_down(*value, *literal) ? Part{.node = std::move(literal)} : std::move(part);
}

/// Null where it is none, or where there are no steps left for it.
Pattern Specialiser::compiled(const std::string& pattern) {
  if (steps_left_ < compile_steps) return nullptr;
  steps_left_ -= compile_steps;
  return compile_pattern(pattern).value_or(nullptr);
}

Specialiser::Part Specialiser::of(const Node& node) {
  if (steps_left_ > 0) --steps_left_;
  switch (node.kind) {
    case Kind::name:
      return name(node);
    case Kind::binary:
      return is_lazy(node) ? lazy(node) : folded(with_parts(node));
    case Kind::conditional:
      return conditional(node);
    case Kind::chain: {
      Part part{.node = copy_without_parts(node)};
      add(part, spine(*node.parts[0]));
      return folded(std::move(part));
    }
    case Kind::call:
      return call(node);
    case Kind::method: {
      Part part = with_parts(node);
      part.known = part.known && is_known_(node);
      return folded(std::move(part));
    }
    case Kind::item:
      return {.node = copy_without_parts(node), .item = true};
    case Kind::let:
      return let(node);
    case Kind::sequence:
      return sequence(node);
    case Kind::nothing:
      return {.node = copy_without_parts(node)};
    default:
      return is_literal(node) ? Part{.node = copy_without_parts(node)} : folded(with_parts(node));
  }
}

Specialiser::Part Specialiser::with_parts(const Node& node) {
  Part made{.node = copy_without_parts(node)};
  for (const NodePtr& part : node.parts) add(made, of(*part));
  Node& copy = *made.node;
  const bool tests = copy.kind == Kind::binary && copy.op == Operator::matches;
  if (tests && !copy.pattern && copy.parts[1]->kind == Kind::text)
    copy.pattern = compiled(without_percent_classes(copy.parts[1]->text));
  return made;
}

Specialiser::Part Specialiser::name(const Node& node) {
  Part part{.node = copy_without_parts(node)};
  if (node.slot <= -2) {
    const auto index = static_cast<std::size_t>(-2 - node.slot);
    const Variable& variable = lets_[index];
    if (variable.literal != nullptr) {
      part.node = copy_without_parts(*variable.literal);
      part.node->at = node.at;
      return part;
    }
    part.known = variable.known;
    part.good = variable.good;
    part.lowest_let = index;
    return part;
  }
  part.known = node.reads == Reads::nothing || is_known_(node);
  if (!part.known && node.reads == Reads::perhaps) part.node->reads = Reads::message;
  return folded(std::move(part));
}

Specialiser::Part Specialiser::lazy(const Node& node) {
  Part left = of(*node.parts[0]);
  const bool is_or = node.op == Operator::logical_or;
  const bool is_first = node.op == Operator::coalesce ? is_literal(*left.node) && left.node->kind != Kind::nil
                                                      : is_truth(*left.node, is_or);
  if (is_first) return left;
  Part right = of(*node.parts[1]);
  if (node.op == Operator::coalesce) {
    if (left.node->kind == Kind::nil) return right;
  } else {
    if (is_truth(*left.node, !is_or) && right.node->type.is(Type::Kind::boolean)) return right;
    if (is_truth(*right.node, !is_or) && gives_truth(*left.node)) return left;
    if (is_truth(*right.node, is_or) && is_sure(*left.node)) return right;
  }
  Part part{.node = copy_without_parts(node)};
  add(part, std::move(left));
  add(part, std::move(right));
  return folded(std::move(part));
}

/// Whether it is true or false for each message, and nothing can be wrong with it.
bool Specialiser::is_sure(const Node& node) const {
  const auto sure = [this](const NodePtr& part) { return is_sure(*part); };
  const auto number = [this](const NodePtr& part) { return is_sure_number(*part); };
  if (node.kind == Kind::boolean) return true;
  if (node.kind == Kind::unary) return node.op == Operator::logical_not && sure(node.parts[0]);
  if (node.kind != Kind::binary) return false;
  if (is_and_or(node)) return std::ranges::all_of(node.parts, sure);
  return node.op >= Operator::equal && node.op <= Operator::greater_equal && std::ranges::all_of(node.parts, number);
}

bool Specialiser::is_sure_number(const Node& node) const {
  if (node.kind == Kind::integer || node.kind == Kind::real) return true;
  const bool is_own = node.kind == Kind::name && node.slot < 0;
  if (is_own || (node.kind != Kind::name && node.kind != Kind::member)) return false;
  const bool says_type = node.kind == Kind::name && !node.type.is(Type::Kind::any) && node.type.may_be_number();
  return says_type || (is_number_ && is_number_(node));
}

Specialiser::Part Specialiser::conditional(const Node& node) {
  Part condition = of(*node.parts[0]);
  const bool alone = node.parts.size() < 3;
  if (is_truth(*condition.node, true)) return alone ? std::move(condition) : of(*node.parts[1]);
  if (is_truth(*condition.node, false)) return of(*node.parts[alone ? 1 : 2]);
  Part part{.node = copy_without_parts(node)};
  add(part, std::move(condition));
  for (std::size_t i = 1; i < node.parts.size(); ++i) add(part, of(*node.parts[i]));
  return folded(std::move(part));
}

/// Within a chain a nil ends all of it, so that no part of its spine has a value alone.
Specialiser::Part Specialiser::spine(const Node& node) {
  if (node.kind != Kind::member && node.kind != Kind::maybe_member) return of(node);
  Part part{.node = copy_without_parts(node)};
  add(part, spine(*node.parts[0]));
  add(part, of(*node.parts[1]));
  return part;
}

Specialiser::Part Specialiser::let(const Node& node) {
  Part value = of(*node.parts[0]);
  lets_.push_back(
      {.literal = is_literal(*value.node) ? value.node.get() : nullptr, .known = value.known, .good = value.good});
  Part body = of(*node.parts[1]);
  lets_.pop_back();
  if (body.lowest_let >= lets_.size()) body.lowest_let = no_let;
  // What has a value already can have no problem any more.
  if (is_literal(*body.node) && is_literal(*value.node)) return body;
  Part part{.node = copy_without_parts(node)};
  add(part, std::move(value));
  add(part, std::move(body));
  return folded(std::move(part));
}

Specialiser::Part Specialiser::sequence(const Node& node) {
  Part part{.node = copy_without_parts(node)};
  for (const NodePtr& one : node.parts) {
    Part next = of(*one);
    if (one != node.parts.back() && is_literal(*next.node)) continue;
    if (one == node.parts.back() && part.node->parts.empty()) return next;
    add(part, std::move(next));
  }
  return folded(std::move(part));
}

Specialiser::Part Specialiser::call(const Node& node) {
  Part part{.node = copy_without_parts(node)};
  for (std::size_t i = 0; i < node.parts.size(); ++i) {
    Part argument = of(*node.parts[i]);
    if (static_cast<int>(i) == node.function->closure) argument.item = false;
    add(part, std::move(argument));
  }
  Node& copy = *part.node;
  if (copy.function->name == "match" && !copy.pattern && copy.parts[0]->kind == Kind::text)
    copy.pattern = compiled(without_percent(copy.parts[0]->text));
  return folded(std::move(part));
}

}  // namespace

NodePtr specialise(const Node& tree, const Variables& known, const IsKnown& is_known, const IsNumber& is_number) {
  std::size_t steps_left = steps_max;
  return specialise(tree, known, is_known, is_number, steps_left);
}

NodePtr specialise(const Node& tree, const Variables& known, const IsKnown& is_known, const IsNumber& is_number,
                   std::size_t& steps_left) {
  return Specialiser(known, is_known, is_number, steps_left).run(tree);
}

}  // namespace gw::expression
