#pragma once
// What is asked of the lines of a series one by one, and what follows from each answer, as a tree:
//
//   tree = "emit" end | "drop" rule end | "plain"
//        | "branch" condition tree tree | "compare" operator number tree tree | "scale" unit tree tree
//        | "time" interval tree | "left" rule tree
//
// Trees are never changed, and none is there twice: most series are asked the same, and share theirs. What differs from
// series to series, the text that is written, stands in the ends (see series_memo.h), which a tree knows by number.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <unordered_map>

#include "gateway/router/expression/node.h"
#include "gateway/router/step.h"

namespace gw::router {

/// A series of which more is to be asked takes the plain way: asking is most of what that costs then.
inline constexpr std::size_t turns_max = 64;

enum class PlanNodeKind : std::uint8_t {
  emit,
  drop,
  plain,    ///< takes the plain way each time
  branch,   ///< asks `condition`
  compare,  ///< asks how the value stands to `number`, as most conditions on it do: there is nothing to evaluate
  scale,    ///< changes the value by another prefix
  time,     ///< sets the time to the start of its interval
  left,     ///< notes that a rule left the unit as it was
};

struct PlanNode {
  static constexpr std::uint32_t no_end = std::numeric_limits<std::uint32_t>::max();
  PlanNodeKind kind = PlanNodeKind::plain;
  PrefixChange change;                                    ///< of scale
  expression::Operator op = expression::Operator::equal;  ///< of compare: this, or another one that compares
  std::uint32_t rule = 0;                                 ///< of drop, branch, scale and left
  std::uint32_t end = no_end;  ///< of emit, and of drop where the value is kept: which one of the series
  const expression::Node* condition = nullptr;  ///< of branch
  std::int64_t interval_ns = 0;                 ///< of time
  double number = 0;                            ///< of compare
  const PlanNode* next = nullptr;  ///< of branch and compare: where that holds; of scale: where the result is a number
  const PlanNode* otherwise = nullptr;  ///< where it does not, or cannot be evaluated; where it is none
  friend bool operator==(const PlanNode&, const PlanNode&) = default;
};

/// The answer of a node of kind compare.
bool holds(const PlanNode& comparison, double value);

/// What a line was asked on its way, and its answer.
struct Turn {
  PlanNode asked;  ///< without what follows
  bool holds = true;
};

/// Owns trees and conditions. Not thread-safe.
class PlanTrees {
 public:
  /// `tree`, null where there is none yet, and the way of a line from its root to `end`. It takes the place of `tree`,
  /// which the caller had from here and gives back so: what nobody else needs of it is freed. Valid until it is grown
  /// itself, or `clear`.
  const PlanNode* grown(const PlanNode* tree, std::span<const Turn> way, const PlanNode& end);
  /// What asks the same as `condition`: one for all. Valid until `clear`.
  const expression::Node* shared(expression::NodePtr condition);
  void clear();

  std::size_t bytes() const;

 private:
  struct Hash {
    std::size_t operator()(const PlanNode& node) const;
  };
  const PlanNode* with(const PlanNode* tree, std::span<const Turn> way, const PlanNode& end);
  void hold(const PlanNode* node);
  void release(const PlanNode* node);

  std::unordered_map<PlanNode, std::uint32_t, Hash> nodes_;  ///< and by how many nodes and series each is held
  std::map<std::string, expression::NodePtr> conditions_;    ///< by what they ask
  std::size_t condition_bytes_ = 0;
};

}  // namespace gw::router
