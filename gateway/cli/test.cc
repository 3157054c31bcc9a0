#include "gateway/cli/test.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/base/printable.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/recording.h"
#include "gateway/cli/rule_cases.h"
#include "gateway/router/router.h"

namespace gw::cli {
namespace {

constexpr Option known_options[] = {{"--help", ""}};

constexpr std::string_view help =
    R"x(usage: cc-gateway test FILE...

Takes lines through rules and compares what comes out with what must. A FILE is TOML:

  rules = "router.json"     # beside this file, or a configuration with [router]; or a table [rules]
                            # with the rules themselves
  topology = "cluster.json" # of cc-backend, for rules that ask for the hardware threads of a host
  interval = "60s"          # what interval_timestamp and interval_aggregates count in; default: that
                            # of [router], else 60s
  [[case]]
  name = "temperatures of cores are dropped"
  in = """
  temp_core_1,hostname=n1,type=core,type-id=1 value=40 1700000000
  cpu_load,hostname=n1,type=node value=1 1700000000
  """
  out = "cpu_load,hostname=n1,type=node value=1 1700000000"

Each case begins with rules that have seen nothing; aggregates are computed when its lines
end. The order of lines counts, the order of tags does not; 1, 1.0 and 1i are the same number.
Blank lines and comments (#) are passed over. For rules that look at the time, a line without one
is of the latest time in its case.

A failed case is shown with what is missing (-), what came instead (+), the rules that changed,
dropped or computed a line, and how many aggregates were not made.

  --help   this text

Exit codes: 0 all passed; 2 a file or its rules are wrong; 3 a case failed.
)x";

/// A line that came out, and the rules that made it so.
struct Came {
  CaseLine line;
  std::vector<std::string> by;
};

/// What became of the lines of a case.
struct Outcome {
  std::vector<Came> came;
  std::vector<Came> lost;          ///< lines that went in, and aggregates
  std::vector<std::string> notes;  ///< rules that failed, and why; what aggregates lack
};

/// Notes the rules that changed or dropped a line, or computed it.
class Witness final : public router::AggregateObserver {
 public:
  /// An aggregate, and the line that it became; empty where it became none.
  struct Aggregate {
    std::string computed;
    std::string line;
    std::vector<std::string> by;
  };

  explicit Witness(const router::RuleSet& rules) : rules_(rules) {}
  std::vector<std::string> take() { return std::exchange(by_, {}); }
  std::vector<Aggregate> take_aggregates() { return std::exchange(aggregates_, {}); }
  void saw(std::size_t rule, router::Effect effect, const router::Message& before, const router::Message& after,
           const std::string& /*problem*/) override {
    const bool acted = effect == router::Effect::dropped || (effect == router::Effect::changed && before != after);
    if (acted) by_.push_back(shown(rules_, rule));
  }
  void computed(const router::Computed& aggregate) override {
    aggregates_.push_back({shown(aggregate.message, codecs::Precision::seconds), {}, {}});
    by_ = {shown(rules_, aggregate.rule)};
  }
  void became(std::string_view line) override {
    aggregates_.back().line = line;
    aggregates_.back().by = take();
  }

 private:
  const router::RuleSet& rules_;
  std::vector<std::string> by_;
  std::vector<Aggregate> aggregates_;
};

/// One case on its way through rules that have seen nothing.
class CaseRun {
 public:
  CaseRun(const std::shared_ptr<const router::RuleSet>& rules, Seconds interval)
      : rules_(rules), router_(rules, recording_options(interval)), interpreter_(rules), witness_(*rules) {}

  Outcome run(const RuleCase& rule_case) {
    for (const CaseLine& line : case_lines(rule_case.in)) now_ns_ = std::max(now_ns_, line.message.time_ns.value_or(0));
    codecs::LineDecoder decoder({.lenient = true});
    decoder.reset(rule_case.in);
    while (decoder.next() == codecs::Step::record) take(decoder.line());
    std::string text;
    router_.end_all(now_ns_, text, &witness_);
    for (Witness::Aggregate& aggregate : witness_.take_aggregates()) take(aggregate);
    note_failures();
    return std::move(outcome_);
  }

 private:
  void take(const codecs::Line& line) {
    std::string text;
    const router::Routed routed = router_.route(line, now_ns_, text);
    auto message = codecs::to_message(line, codecs::Dialect::line_protocol_v2);
    if (!message) return;  // the file was read: it can be
    router::Message traced{*message, {}};
    interpreter_.run(traced, now_ns_, traced_, &witness_);
    std::vector<std::string> by = witness_.take();
    if (routed.kind == router::Routed::Kind::not_representable)
      by.push_back(fmt::format("what the rules make of it is no line: {}", routed.problem));
    std::vector<CaseLine> came = case_lines(text);
    if (came.empty()) {
      outcome_.lost.push_back({{std::string(line.text), *std::move(message)}, std::move(by)});
    } else {
      outcome_.came.push_back({std::move(came.front()), std::move(by)});
    }
  }

  void take(Witness::Aggregate& aggregate) {
    std::vector<CaseLine> came = case_lines(aggregate.line);
    if (came.empty()) {
      outcome_.lost.push_back({{std::move(aggregate.computed), {}}, std::move(aggregate.by)});
    } else {
      outcome_.came.push_back({std::move(came.front()), std::move(aggregate.by)});
    }
  }

  void note_failures() {
    for (std::size_t i = 0; i < rules_->rules.size(); ++i) {
      const router::RuleCounts& counts = router_.rule_counts()[i];
      if (counts.failed > 0) outcome_.notes.push_back(fmt::format("{}: failed: {}", shown(*rules_, i), counts.problem));
      for (const std::string& sentence : sentences(counts))
        outcome_.notes.push_back(fmt::format("{}: {}", shown(*rules_, i), sentence));
    }
    std::ranges::move(sentences(router_.aggregator().counts()), std::back_inserter(outcome_.notes));
  }

  std::shared_ptr<const router::RuleSet> rules_;
  router::Router router_;
  router::Interpreter interpreter_;
  Witness witness_;
  std::vector<router::RuleCounts> traced_ = std::vector<router::RuleCounts>(rules_->rules.size());
  std::int64_t now_ns_ = 0;
  Outcome outcome_;
};

/// A line of a difference: in both, missing, or too many.
struct Difference {
  enum class Kind { both, missing, surplus };
  Kind kind;
  std::size_t at;  ///< of what was expected; of a surplus, of what came
};

/// Products of lengths up to this are compared line by line, each with each; that needs as many bytes, four times.
constexpr std::size_t compared_max = std::size_t{4} << 20;

/// The shortest way from one to the other.
std::vector<Difference> differences(const std::vector<CaseLine>& expected, const std::vector<Came>& came) {
  std::size_t same = 0;  // at the beginning
  const std::size_t least = std::min(expected.size(), came.size());
  const auto alike = [&](std::size_t e, std::size_t c) {
    return say_the_same(expected[e].message, came[c].line.message);
  };
  while (same < least && alike(same, same)) ++same;
  std::vector<Difference> all;
  all.reserve(std::max(expected.size(), came.size()));
  for (std::size_t i = 0; i < same; ++i) all.push_back({Difference::Kind::both, i});
  const std::size_t rows = expected.size() - same;
  const std::size_t columns = came.size() - same;
  const bool compares = rows == 0 || columns <= compared_max / rows;
  // common[e][c]: how many lines are in both from there on.
  const std::size_t width = columns + 1;
  std::vector<std::uint32_t> common(compares ? (rows + 1) * width : 0);
  for (std::size_t e = compares ? rows : 0; e-- > 0;) {
    for (std::size_t c = columns; c-- > 0;) {
      common[e * width + c] = alike(same + e, same + c)
                                  ? common[(e + 1) * width + c + 1] + 1
                                  : std::max(common[(e + 1) * width + c], common[e * width + c + 1]);
    }
  }
  std::size_t e = 0;
  std::size_t c = 0;
  while (e < rows || c < columns) {
    if (compares && e < rows && c < columns && alike(same + e, same + c)) {
      all.push_back({Difference::Kind::both, same + e});
      ++e;
      ++c;
    } else if (c == columns || (e < rows && (!compares || common[(e + 1) * width + c] >= common[e * width + c + 1]))) {
      all.push_back({Difference::Kind::missing, same + e++});
    } else {
      all.push_back({Difference::Kind::surplus, same + c++});
    }
  }
  return all;
}

void print_rules(std::ostream& out, const std::vector<std::string>& rules) {
  for (const std::string& rule : rules) out << fmt::format("        {}\n", printable(rule));
}

/// Answers whether the case passed.
bool run_case(const CaseFile& file, const RuleCase& rule_case, std::ostream& out) {
  const Outcome outcome = CaseRun(file.rules, file.interval).run(rule_case);
  const std::vector<Difference> all = differences(rule_case.out, outcome.came);
  const bool passed = std::ranges::all_of(all, [](const Difference& d) { return d.kind == Difference::Kind::both; });
  if (passed) return true;
  out << fmt::format("{}:{}:{}: failed: {}\n", file.file, rule_case.where.line, rule_case.where.column,
                     printable(rule_case.name));
  for (const Difference& difference : all) {
    const bool surplus = difference.kind == Difference::Kind::surplus;
    const CaseLine& line = surplus ? outcome.came[difference.at].line : rule_case.out[difference.at];
    out << fmt::format("    {} {}\n",
                       surplus                                        ? '+'
                       : difference.kind == Difference::Kind::missing ? '-'
                                                                      : ' ',
                       printable(line.text));
    if (surplus) print_rules(out, outcome.came[difference.at].by);
  }
  for (const Came& lost : outcome.lost) {
    out << fmt::format("    dropped: {}\n", printable(lost.line.text));
    print_rules(out, lost.by);
  }
  for (const std::string& note : outcome.notes) out << fmt::format("    {}\n", printable(note));
  return false;
}

}  // namespace

int test(Arguments arguments, std::ostream& out, std::ostream& err) {
  std::vector<std::string> files;
  const auto parsed = Options::parse(arguments, known_options, &files);
  if (!parsed) {
    err << "cc-gateway test: " << parsed.error() << '\n';
    return usage;
  }
  if (parsed->has("--help")) {
    out << help;
    return done;
  }
  if (files.empty()) {
    err << "cc-gateway test: FILE is missing, for example router_test.toml; 'cc-gateway test --help' shows one\n";
    return usage;
  }
  std::size_t passed = 0;
  std::size_t missed = 0;
  bool wrong = false;
  for (const std::string& name : files) {
    const CaseFile file = read_cases(name);
    err << file.report;
    wrong = wrong || file.rules == nullptr;
    if (file.rules == nullptr) continue;
    for (const RuleCase& rule_case : file.cases) ++(run_case(file, rule_case, out) ? passed : missed);
  }
  out << fmt::format("{} passed, {} failed\n", passed, missed);
  if (wrong) return usage;
  return missed == 0 ? done : found;
}

}  // namespace gw::cli
