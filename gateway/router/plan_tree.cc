#include "gateway/router/plan_tree.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <bit>
#include <iterator>
#include <utility>

#include "gateway/router/expression/functions.h"

namespace gw::router {

using expression::Node;
using expression::NodePtr;
using expression::Operator;

namespace {

/// What a container takes for an item beside the item.
constexpr std::size_t item_bytes = 4 * sizeof(void*);
/// About what a regular expression takes.
constexpr std::size_t pattern_bytes = std::size_t{16} << 10;

/// Text that two conditions have in common only where they ask the same.
void append_question(std::string& out, const Node& tree) {
  fmt::format_to(std::back_inserter(out), "{} {} {} {:a} {} {} {}:", std::to_underlying(tree.kind),
                 std::to_underlying(tree.op), tree.integer, tree.real, tree.slot,
                 tree.function == nullptr ? std::string_view() : tree.function->name, tree.text.size());
  out += tree.text;
  for (const NodePtr& part : tree.parts) append_question(out += '(', *part);
  out += ')';
}

PlanNode without_answers(PlanNode node) {
  node.next = nullptr;
  node.otherwise = nullptr;
  return node;
}

std::size_t bytes_of(const Node& tree) {
  std::size_t bytes = sizeof(Node) + tree.text.capacity() + tree.parts.capacity() * sizeof(NodePtr);
  if (tree.pattern.use_count() == 1) bytes += pattern_bytes;  // else it is that of a rule
  for (const NodePtr& part : tree.parts) bytes += bytes_of(*part);
  return bytes;
}

}  // namespace

bool holds(const PlanNode& comparison, double value) {
  switch (comparison.op) {
    case Operator::equal:
      return value == comparison.number;
    case Operator::not_equal:
      return value != comparison.number;
    case Operator::less:
      return value < comparison.number;
    case Operator::greater:
      return value > comparison.number;
    case Operator::less_equal:
      return value <= comparison.number;
    default:
      return value >= comparison.number;
  }
}

std::size_t PlanTrees::Hash::operator()(const PlanNode& node) const {
  const std::array<std::uint64_t, 7> content = {
      std::uint64_t{node.rule} << 32 | node.end,
      std::uint64_t{std::to_underlying(node.kind)} << 24 | std::uint64_t{std::to_underlying(node.op)} << 16 |
          std::uint64_t{std::to_underlying(node.change.from)} << 8 | std::to_underlying(node.change.to),
      std::bit_cast<std::uint64_t>(node.condition),
      static_cast<std::uint64_t>(node.interval_ns),
      std::bit_cast<std::uint64_t>(node.number),
      std::bit_cast<std::uint64_t>(node.next),
      std::bit_cast<std::uint64_t>(node.otherwise)};
  return XXH3_64bits(content.data(), sizeof content);
}

const PlanNode* PlanTrees::grown(const PlanNode* tree, std::span<const Turn> way, const PlanNode& end) {
  const PlanNode* const made = with(tree, way, end);
  hold(made);
  release(tree);
  return made;
}

const PlanNode* PlanTrees::with(const PlanNode* tree, std::span<const Turn> way, const PlanNode& end) {
  PlanNode node = end;
  if (!way.empty()) {
    const auto& [asked, holds] = way.front();
    node = tree != nullptr && without_answers(*tree) == asked ? *tree : asked;
    const PlanNode*& side = holds ? node.next : node.otherwise;
    side = with(side, way.subspan(1), end);
  }
  const auto [found, is_new] = nodes_.try_emplace(node, 0);
  if (is_new) {
    hold(node.next);
    hold(node.otherwise);
  }
  return &found->first;
}

void PlanTrees::hold(const PlanNode* node) {
  if (node != nullptr) ++nodes_.find(*node)->second;
}

void PlanTrees::release(const PlanNode* node) {
  if (node == nullptr) return;
  const auto found = nodes_.find(*node);
  if (--found->second > 0) return;
  const PlanNode gone = found->first;
  nodes_.erase(found);
  release(gone.next);
  release(gone.otherwise);
}

const Node* PlanTrees::shared(NodePtr condition) {
  std::string question;
  append_question(question, *condition);
  const auto [found, is_new] = conditions_.try_emplace(std::move(question), std::move(condition));
  if (is_new) condition_bytes_ += item_bytes + sizeof *found + found->first.capacity() + bytes_of(*found->second);
  return found->second.get();
}

void PlanTrees::clear() {
  nodes_ = {};
  conditions_.clear();
  condition_bytes_ = 0;
}

std::size_t PlanTrees::bytes() const {
  return nodes_.size() * (sizeof(PlanNode) + sizeof(std::uint64_t) + item_bytes) +
         nodes_.bucket_count() * sizeof(void*) + condition_bytes_;
}

}  // namespace gw::router
