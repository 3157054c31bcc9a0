#pragma once
// Routes lines fast: lines of one series repeat for ever, and most rules decide the same for each of them.
//
// A plan is a small tree for each series: at its root stands what is to be done first that can only be decided line by
// line, and below it what follows from each answer.
//
//   tree   = "emit" head | "drop" | "branch" condition tree tree | "scale" unit tree | "time" tree | "plain"
//
// It grows where lines go: the first line of a series takes the plain way through all rules (interpreter.h), and what
// depended on its value or time is written down. `condition` is what is left of the condition of a rule or, below
// these, of an aggregate when all that is known of the series has been put in. A line that needs the plain way every
// time ("plain") gets it: only lines with `value` and no other field have a plan, and rules that touch fields have
// none.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/router/aggregate.h"
#include "gateway/router/interpreter.h"
#include "gateway/router/pieces.h"
#include "gateway/router/rule_set.h"
#include "gateway/router/series_memo.h"
#include "gateway/router/step.h"

namespace gw::router {

struct PlanEnd;

enum class PlanNodeKind : std::uint8_t { emit, drop, branch, scale, time, plain };

struct PlanOptions {
  /// Series that are remembered; of none, every line takes the plain way. With one more, all are forgotten and learnt
  /// anew: counted in `PlanCounts::resets`.
  std::size_t series_max = 1'000'000;
};

struct PlanCounts {
  std::uint64_t plain = 0;   ///< lines that took the plain way
  std::uint64_t resets = 0;  ///< times when all series were forgotten
};

/// What became of a line.
struct Routed {
  enum class Kind : std::uint8_t {
    written,
    dropped,           ///< by `rule`
    not_representable  ///< no line can carry what the rules made of it: `problem` says why
  };
  Kind kind = Kind::written;
  std::size_t rule = 0;
  std::string_view problem;
};

/// Not thread-safe: each worker has one.
class Plan {
 public:
  /// `counts` are the rules', one each. Values that aggregates are computed from go to `aggregator`.
  Plan(std::shared_ptr<const RuleSet> rules, std::vector<RuleCounts>& counts, Aggregator& aggregator,
       PlanOptions options);
  ~Plan();
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  /// Appends what the rules make of `line`, with its '\n', to `out`, or nothing. `now_ns` stands for the time of a line
  /// without one. The line was decoded as line-protocol v2.
  Routed route(const codecs::Line& line, std::int64_t now_ns, std::string& out);

  const PlanCounts& counts() const { return counts_; }
  std::size_t series() const { return memo_.size(); }
  /// Of the memory for series.
  std::size_t bytes() const;

 private:
  struct Values;

  Routed plain(const codecs::Line& line, std::int64_t now_ns, std::string& out);
  Routed write(const Message& message, const codecs::Message& before, const codecs::Line& line, std::string& out);
  Routed learn(std::string_view key, const codecs::Line& line, std::int64_t now_ns, std::string& out);
  Routed run(PlanNode* node, const codecs::Line& line, std::int64_t now_ns, std::string& out);
  Routed grow(PlanNode*& root, const codecs::Line& line, std::int64_t now_ns, std::string& out);
  std::optional<bool> grow_condition(const expression::Expression* condition, std::size_t rule, PlanNode**& at);
  std::optional<std::vector<std::size_t>> grow_aggregates(PlanNode**& at);
  Routed give_up(PlanNode*& at, const codecs::Line& line, std::int64_t now_ns, std::string& out);
  static void append_rest(std::string& out, const codecs::Line& line, const Values& values);
  void commit_failures();
  void commit(const PlanNode& end);
  bool fail_again(std::size_t rule);
  std::optional<bool> decide(const PlanNode& node, const Values& values);
  PlanNode& node_at(PlanNode*& at, PlanNodeKind kind);
  bool set_head(PlanNode& end, const Message& message);
  Routed drop(std::size_t rule);
  void keep(const PlanNode& node, const std::optional<codecs::FieldValue>& value, std::int64_t time_ns,
            std::int64_t now_ns);
  const expression::Node* shared(expression::NodePtr condition);
  void forget();

  std::shared_ptr<const RuleSet> rules_;
  std::vector<RuleCounts>& rule_counts_;
  Aggregator& aggregator_;
  Interpreter interpreter_;
  Stepper stepper_;
  SeriesMemo memo_;
  Pieces node_pieces_;
  std::size_t nodes_ = 0;
  std::size_t nodes_max_;
  /// What branches ask, by what it says: most series ask the same, and then it is in the processor's cache.
  std::unordered_map<std::string, expression::NodePtr> conditions_;
  std::deque<PlanEnd> ends_;
  MessageView runtime_;  ///< what conditions of the tree can see
  expression::Arena arena_;
  std::vector<std::pair<std::size_t, std::string>> failed_;  ///< rules and why, by the line that is being routed
  PlanCounts counts_;
};

}  // namespace gw::router
