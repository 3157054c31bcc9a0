#pragma once
// Routes lines fast: lines of one series repeat for ever, and most rules decide the same for each of them.
//
// A plan is a small tree for each series (plan_tree.h): at its root stands what is to be asked first that can only be
// decided line by line, and below it what follows from each answer.
//
// It grows where lines go: the first line of a series takes the plain way through all rules, and what depended on its
// value or time is written down, with its answer (plan_learner.h). What is asked then is what is left of the condition
// of a rule or, behind these, of an aggregate when all that is known of the series has been put in. A line that needs
// the plain way every time gets it: only lines with `value` and no other field have a plan, and rules that give them
// one have none.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/router/aggregate.h"
#include "gateway/router/interpreter.h"
#include "gateway/router/plan_learner.h"
#include "gateway/router/plan_memory.h"
#include "gateway/router/rule_set.h"

namespace gw::router {

struct PlanOptions {
  /// Series that are remembered; of none, every line takes the plain way. With one more, all are forgotten and learnt
  /// anew: counted in `PlanCounts::resets`.
  std::size_t series_max = 1'000'000;
  /// What may be taken for each of `series_max`, on average, beside bytes_start. Where that is taken, lines of new
  /// series, and of known ones that differ from those before, take the plain way: counted in `PlanCounts::unlearnt`.
  std::size_t bytes_per_series = 2048;
  static constexpr std::size_t bytes_start = std::size_t{4} << 20;
};

struct PlanCounts {
  std::uint64_t plain = 0;      ///< lines that took the plain way
  std::uint64_t unlearnt = 0;   ///< of these: lines that there was no memory left for to learn from
  std::uint64_t resets = 0;     ///< times when all series were forgotten: there were too many
  std::uint64_t elsewhere = 0;  ///< series learnt of hosts that the topology does not have, where rules ask for it
  std::string elsewhere_host;   ///< the first of these
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
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  /// Appends what the rules make of `line`, with its '\n', to `out`, or nothing. `now_ns` stands for the time of a line
  /// without one. The line was decoded as line-protocol v2.
  Routed route(const codecs::Line& line, std::int64_t now_ns, std::string& out);

  const PlanCounts& counts() const { return counts_; }
  std::size_t series() const { return memory_.size(); }
  /// Of all that is remembered.
  std::size_t bytes() const { return memory_.bytes(); }

 private:
  struct Values;

  Routed plain(const codecs::Line& line, std::int64_t now_ns, std::string& out);
  Routed learn(SeriesRecord* record, std::string_view key, const codecs::Line& line, std::int64_t now_ns,
               std::string& out);
  Routed write(const Message& message, const codecs::Message& before, const codecs::Line& line, std::string& out);

  Routed run(SeriesRecord& record, std::string_view key, const codecs::Line& line, std::int64_t now_ns,
             std::string& out);
  void note_host(const Message& message, const codecs::Message& before);
  const PlanNode* follow(const PlanNode& node, Values& values);
  const PlanNode* scale(const PlanNode& node, Values& values);
  const PlanNode* branch(const PlanNode& node);
  bool fail_again(std::size_t rule);
  void show(const Values& values);
  static void append_rest(std::string& out, const codecs::Line& line, const Values& values);

  Routed drop(std::size_t rule);
  void count(const RuleNotes& notes);
  void keep(const std::shared_ptr<const AggregateSource>& source, const codecs::FieldValue& value, std::int64_t time_ns,
            std::int64_t now_ns);

  std::shared_ptr<const RuleSet> rules_;
  std::vector<RuleCounts>& rule_counts_;
  Aggregator& aggregator_;
  PlanOptions options_;
  Interpreter interpreter_;
  PlanMemory memory_;
  PlanLearner learner_;
  MessageView runtime_;  ///< what conditions of the trees can see
  expression::Arena arena_;
  RuleNotes notes_;  ///< of the line that goes through a tree
  PlanCounts counts_;
};

}  // namespace gw::router
