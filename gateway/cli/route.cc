#include "gateway/cli/route.h"

#include <fmt/format.h>

#include <array>
#include <istream>
#include <optional>
#include <ostream>
#include <string>

#include "codecs/line_protocol.h"
#include "gateway/base/counted.h"
#include "gateway/base/printable.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/recording.h"
#include "gateway/config/units.h"
#include "gateway/router/router.h"
#include "gateway/router/rules/load_rules.h"
#include "gateway/router/rules/read_topology.h"

namespace gw::cli {
namespace {

constexpr Option known_options[] = {
    {"--rules", "FILE"}, {"--topology", "FILE"}, {"--interval", "DURATION"}, {"--explain", ""}, {"--help", ""}};

constexpr std::string_view help =
    "usage: cc-gateway route --rules FILE [--topology FILE] [--interval DURATION] [--explain] <LINES\n"
    "\n"
    "Takes lines of line protocol from standard input through the rules of FILE and prints what\n"
    "comes out. FILE is router.json of cc-metric-collector, cc-lib's message processor or the list\n"
    "'manipulate_messages', as JSON or, where its name ends in .toml, as TOML: also a configuration\n"
    "with the rules in [router].\n"
    "\n"
    "  --rules FILE          the rules\n"
    "  --topology FILE       cluster.json of cc-backend, for rules that ask for the hardware threads of a\n"
    "                        host, like getCpuListOfType('socket', 1)\n"
    "  --interval DURATION   what interval_timestamp and interval_aggregates count in; default: that\n"
    "                        of [router], else 60s.\n"
    "                        Aggregates are printed when the input ends, whatever the times of its\n"
    "                        lines; of more than a day of minutes, the oldest ones earlier\n"
    "  --explain             before each line, as comments, the rules that changed or dropped it, or\n"
    "                        that it was computed by: file:line:column of the rule, the line before (-)\n"
    "                        and after it (+)\n"
    "  --help                this text\n"
    "\n"
    "A line that cannot be read is told on standard error and left out. Rules that failed on a line\n"
    "leave it as it was and are told at the end; so are units that are left as they were, for they\n"
    "are none that we know, aggregates that were not made, and values that were left out of them.\n"
    "What is printed is what the rules make of a line. 'run' then writes it as the store takes it:\n"
    "only the field 'value', whole seconds, with cluster and type; no line without a host or a number.\n"
    "Exit codes: 0 done; 1 a line or a rule failed; 2 the rules are wrong.\n";

/// Comments of line protocol, before the line that they are about: what is printed can still be read as lines.
class Explanation final : public router::AggregateObserver {
 public:
  Explanation(const router::RuleSet& rules, std::string& text) : rules_(rules), text_(text) {}
  /// Of the times of the line that comes.
  void use(codecs::Precision precision) { precision_ = precision; }
  void saw(std::size_t rule, router::Effect effect, const router::Message& before, const router::Message& after,
           const std::string& problem) override {
    if (effect == router::Effect::changed && before == after) return;
    comment("# ", shown(rules_, rule));
    comment("#   - ", shown(before, precision_));
    if (effect == router::Effect::changed) comment("#   + ", shown(after, precision_));
    if (effect == router::Effect::dropped) comment("#   dropped", {});
    if (effect == router::Effect::failed) comment("#   failed: ", printable(problem));
    if (effect == router::Effect::left) comment("#   left: ", printable(problem));
  }
  void computed(const router::Computed& aggregate) override {
    precision_ = codecs::Precision::seconds;
    comment("# ", shown(rules_, aggregate.rule));
    comment("#   + ", shown(aggregate.message, precision_));
  }
  void became(std::string_view /*line*/) override {}

 private:
  void comment(std::string_view mark, std::string_view what) { text_.append(mark).append(what).push_back('\n'); }

  const router::RuleSet& rules_;
  std::string& text_;
  codecs::Precision precision_ = codecs::Precision::nanoseconds;
};

class LineRouter {
 public:
  LineRouter(const std::shared_ptr<const router::RuleSet>& rules, router::RouterOptions options, bool explains,
             const Clock& clock, std::ostream& out, std::ostream& err)
      : router_(rules, options),
        interpreter_(rules),
        explanation_(*rules, text_),
        explained_(rules->rules.size()),
        explains_(explains),
        clock_(clock),
        out_(out),
        err_(err) {}

  /// Answers whether all lines could be read and all rules evaluated.
  bool run(std::istream& in) {
    codecs::Chunks chunks(codecs::line_bytes_max);
    std::array<char, 64 << 10> piece;
    for (bool last = false; !last;) {
      in.read(piece.data(), piece.size());
      last = in.gcount() == 0;
      const auto size = static_cast<std::size_t>(in.gcount());
      decoder_.feed(chunks.add({piece.data(), size}, last), last);
      take_lines();
      chunks.used(decoder_.consumed());
      router_.end_intervals(now_ns(), text_, aggregate_observer());
      if (chunks.full()) {
        err_ << fmt::format("cc-gateway route: a line of more than {} bytes\n", codecs::line_bytes_max);
        return false;
      }
    }
    router_.end_all(now_ns(), text_, aggregate_observer());
    write();
    report_aggregates();
    report_rules();
    report_hosts();
    return good_;
  }

 private:
  std::int64_t now_ns() const {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().wall.time_since_epoch()).count();
  }

  void take_lines() {
    for (codecs::Step step; (step = decoder_.next()) != codecs::Step::end;) {
      if (step == codecs::Step::error) {
        const codecs::DecodeError& error = decoder_.error();
        err_ << fmt::format("{}:{}: {}\n", error.line, error.column, error.reason);
        good_ = false;
        continue;
      }
      if (explains_) explain();
      const router::Routed routed = router_.route(decoder_.line(), now_ns(), text_);
      if (routed.kind == router::Routed::Kind::not_representable) {
        err_ << fmt::format("{}:1: what the rules make of it is no line: {}\n", decoder_.line_number(), routed.problem);
        good_ = false;
      }
    }
    write();
  }

  router::AggregateObserver* aggregate_observer() { return explains_ ? &explanation_ : nullptr; }

  void explain() {
    auto decoded = codecs::to_message(decoder_.line(), codecs::Dialect::line_protocol_v2);
    if (!decoded) return;
    router::Message message{*std::move(decoded), {}};
    const auto& time = decoder_.line().timestamp;
    explanation_.use(time ? codecs::precision_of(*time) : codecs::Precision::nanoseconds);
    interpreter_.run(message, now_ns(), explained_, &explanation_);
  }

  void write() {
    out_ << text_;
    text_.clear();
  }

  void report_aggregates() {
    const router::AggregatorCounts& counts = router_.aggregator().counts();
    for (const std::string& sentence : sentences(counts)) err_ << "cc-gateway route: " << sentence << '\n';
    good_ = good_ && counts.late + counts.left_out == 0;
  }

  void report_rules() {
    const router::RuleSet& rules = router_.rules();
    for (std::size_t i = 0; i < rules.rules.size(); ++i) {
      const router::RuleCounts& counts = router_.rule_counts()[i];
      const router::Rule& rule = rules.rules[i];
      if (counts.failed > 0) {
        report(rule, fmt::format("failed on {}: {}", counted(counts.failed, "message"), counts.problem));
        good_ = false;
      }
      if (counts.units_left > 0)
        report(rule, fmt::format("left the unit of {} as it was: {}", counted(counts.units_left, "message"),
                                 counts.unit_left));
      for (const std::string& sentence : sentences(counts)) report(rule, sentence);
    }
  }

  void report_hosts() {
    const router::PlanCounts& counts = router_.plan().counts();
    if (counts.elsewhere == 0) return;
    err_ << printable(fmt::format(
                "cc-gateway route: {} series of hosts that the topology does not have, like '{}': functions "
                "that ask for their hardware threads give nil",
                counts.elsewhere, counts.elsewhere_host))
         << '\n';
  }

  void report(const router::Rule& rule, std::string_view what) {
    err_ << printable(
                fmt::format("{}:{}:{}: '{}' {}", router_.rules().file, rule.at.line, rule.at.column, rule.text, what))
         << '\n';
  }

  router::Router router_;
  router::Interpreter interpreter_;
  Explanation explanation_;
  std::vector<router::RuleCounts> explained_;
  bool explains_;
  const Clock& clock_;
  std::ostream& out_;
  std::ostream& err_;
  codecs::LineDecoder decoder_{{.lenient = true}};
  std::string text_;
  bool good_ = true;
};

int wrong(std::ostream& err, std::string_view text) {
  err << "cc-gateway route: " << text << '\n';
  return usage;
}

}  // namespace

int route(Arguments arguments, const Clock& clock, std::istream& in, std::ostream& out, std::ostream& err) {
  const auto parsed = Options::parse(arguments, known_options);
  if (!parsed) return wrong(err, parsed.error());
  if (parsed->has("--help")) {
    out << help;
    return done;
  }
  const auto file = parsed->value("--rules");
  if (!file) return wrong(err, "--rules FILE is missing");
  std::optional<Seconds> interval;
  if (const auto text = parsed->value("--interval")) {
    interval = config::parse_interval(*text);
    if (!interval)
      return wrong(err, fmt::format("--interval must be {}, not '{}'", config::interval_wanted, printable(*text)));
  }
  rules::LoadedTopology topology;
  if (const auto name = parsed->value("--topology")) {
    topology = rules::load_topology(std::string(*name), config::Pipes::awaited);
    err << topology.report();
    if (topology.topology == nullptr) return usage;
  }
  const rules::LoadedRules loaded = rules::load_rules(*file, interval, topology.topology, config::Pipes::awaited);
  err << loaded.report();
  if (loaded.rules == nullptr) return usage;
  LineRouter router(loaded.rules, recording_options(loaded.interval), parsed->has("--explain"), clock, out, err);
  return router.run(in) ? done : failed;
}

}  // namespace gw::cli
