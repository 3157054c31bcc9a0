#include "gateway/pipeline/routing.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/base/counted.h"
#include "gateway/base/log.h"
#include "gateway/base/printable.h"

namespace gw {
namespace {

/// For how long the time of intervals stands still at most. The router takes values that are 16 ahead of it.
constexpr std::int64_t still_intervals_max = 15;

std::int64_t nanoseconds(WallTime time) { return time.time_since_epoch().count(); }

/// The start of the first interval that begins at `time_ns` or later.
std::int64_t next_start(std::int64_t time_ns, std::int64_t interval_ns) {
  return router::interval_start(time_ns + interval_ns - 1, interval_ns);
}

router::RouterOptions options_of(const config::Router& settings, std::int64_t begin_ns) {
  router::RouterOptions options;
  options.plan.series_max = settings.max_series;
  options.aggregates = {.interval_ns = std::chrono::nanoseconds(settings.interval).count(),
                        .grace_ns = std::chrono::nanoseconds(settings.grace).count(),
                        .series_max = settings.max_series,
                        .begin_ns = begin_ns};
  return options;
}

std::string place_of(const router::RuleSet& rules, const router::Rule& rule) {
  return fmt::format("{}:{}:{}", rules.file, rule.at.line, rule.at.column);
}

void add_count(std::uint64_t n, std::string_view what, std::vector<std::string>& lines) {
  if (n > 0) lines.push_back(fmt::format("{}: {}", what, n));
}

void log_lines(std::string_view state, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) log::info("router rules={} report={}", state, log::value(line));
}

}  // namespace

/// One set of rules and what came of it.
struct Routing::Rules {
  Rules(const config::Router& all_settings, std::int64_t begin)
      : settings(all_settings),
        router(settings.rules, options_of(settings, begin)),
        interval_ns(std::chrono::nanoseconds(settings.interval).count()),
        grace_ns(std::chrono::nanoseconds(settings.grace).count()),
        begin_ns(begin),
        told(settings.rules->rules.size()) {}

  bool has_aggregates() const { return !router.rules().aggregates.empty(); }
  bool is_aggregate(std::size_t rule) const {
    const auto& aggregates = router.rules().aggregates;
    return std::ranges::find(aggregates, rule, &router::Aggregate::rule) != aggregates.end();
  }
  /// When nothing will come of it any more.
  std::int64_t last_ns() const { return end_ns > INT64_MAX - grace_ns ? INT64_MAX : end_ns + grace_ns; }
  /// Logs what goes wrong for the first time.
  void tell_problems();

  /// What they did to messages, and to aggregates: lines for people.
  void add_message_lines(std::vector<std::string>& lines) const;
  void add_aggregate_lines(std::vector<std::string>& lines) const;

  config::Router settings;
  router::Router router;
  std::int64_t interval_ns;
  std::int64_t grace_ns;
  std::int64_t begin_ns;            ///< its aggregates are of intervals that begin here or later,
  std::int64_t end_ns = INT64_MAX;  ///< and before
  bool follows = false;             ///< on rules that compute what begins before
  std::vector<bool> told;           ///< of each rule, that it failed
  bool told_host = false;           ///< that the topology does not have one

 private:
  void tell_host();
  void add_rule_line(std::size_t rule, std::vector<std::string>& lines) const;
};

void Routing::Rules::tell_problems() {
  const router::RuleSet& rules = router.rules();
  for (std::size_t i = 0; i < told.size(); ++i) {
    const router::RuleCounts& counts = router.rule_counts()[i];
    if (counts.failed == 0 || told[i]) continue;
    told[i] = true;
    log::warn("router rule={} text={} state=failed reason={} hint=\"{}; told once, counted\"",
              log::value(place_of(rules, rules.rules[i])), log::value(rules.rules[i].text), log::value(counts.problem),
              is_aggregate(i) ? "a value on which its condition fails is left out, a function that fails makes none"
                              : "the message stays as it was");
  }
  tell_host();
}

void Routing::Rules::tell_host() {
  const std::string& host = router.plan().counts().elsewhere_host;
  if (host.empty() || std::exchange(told_host, true)) return;
  log::warn(
      "router host={} state=\"not in the topology\" hint=\"functions of rules that ask for its hardware threads "
      "give nil; told once, series of such hosts are counted\"",
      log::value(host));
}

void Routing::Rules::add_rule_line(std::size_t rule, std::vector<std::string>& lines) const {
  const router::RuleSet& rules = router.rules();
  const router::RuleCounts& counts = router.rule_counts()[rule];
  std::vector<std::string> parts;
  if (is_aggregate(rule)) parts.push_back(fmt::format("{} made", counts.made));
  if (counts.dropped > 0) parts.push_back(fmt::format("{} dropped", counts.dropped));
  if (counts.failed > 0) parts.push_back(fmt::format("{} failed ({})", counts.failed, counts.problem));
  if (counts.units_left > 0)
    parts.push_back(fmt::format("{} left as they were ({})", counted(counts.units_left, "unit"), counts.unit_left));
  if (counts.incomplete > 0)
    parts.push_back(
        fmt::format("{} not made (no value of '{}')", counted(counts.incomplete, "aggregate"), counts.lacking));
  if (counts.partial > 0)
    parts.push_back(
        fmt::format("{} not made (values of series beyond max_series)", counted(counts.partial, "aggregate")));
  if (parts.empty()) return;
  const router::Rule& written = rules.rules[rule];
  lines.push_back(
      printable(fmt::format("rule {} {}: {}", place_of(rules, written), written.text, fmt::join(parts, ", "))));
}

void Routing::Rules::add_message_lines(std::vector<std::string>& lines) const {
  for (std::size_t i = 0; i < told.size(); ++i)
    if (!is_aggregate(i)) add_rule_line(i, lines);
  add_count(router.plan().counts().unlearnt,
            "lines decided rule by rule, what is remembered of series takes 2 KiB x max_series", lines);
  if (const router::PlanCounts& counts = router.plan().counts(); counts.elsewhere > 0)
    add_count(
        counts.elsewhere,
        printable(fmt::format("series of hosts that the topology does not have, like '{}'", counts.elsewhere_host)),
        lines);
  add_count(router.plan().counts().resets, "times that all series were forgotten, there are more than max_series",
            lines);
}

void Routing::Rules::add_aggregate_lines(std::vector<std::string>& lines) const {
  for (std::size_t i = 0; i < told.size(); ++i)
    if (is_aggregate(i)) add_rule_line(i, lines);
  const router::AggregatorCounts& left = router.aggregator().counts();
  if (!follows) add_count(left.before, "values for aggregates of an interval that began before the rules", lines);
  add_count(left.late, "values too late for aggregates, their interval had ended", lines);
  add_count(left.early, "values too far in the future for aggregates", lines);
  add_count(left.left_out, "values left out of aggregates, of series beyond max_series", lines);
}

Routing::Routing(const config::Router& settings, std::optional<WallTime> since) : whole_(!since) {
  make(settings, since ? std::optional(nanoseconds(*since)) : std::nullopt);
}

void Routing::make(const config::Router& settings, std::optional<std::int64_t> since_ns) {
  rules_ = nullptr;
  if (settings.rules == nullptr) return;
  const std::int64_t interval_ns = std::chrono::nanoseconds(settings.interval).count();
  rules_ = std::make_shared<Rules>(settings, since_ns ? next_start(*since_ns, interval_ns) : INT64_MIN);
}

void Routing::replace(const config::Router& settings) {
  const std::lock_guard lock(mutex_);
  next_ = settings;
}

bool Routing::begin(WallTime now) {
  std::optional<config::Router> next;
  {
    const std::lock_guard lock(mutex_);
    next = std::exchange(next_, std::nullopt);
  }
  const std::int64_t before_ns = std::exchange(now_ns_, nanoseconds(now));
  if (next) swap(*next, now_ns_);
  if (any_rules() != nullptr && now_ns_ < before_ns - any_rules()->interval_ns) begin_anew(before_ns - now_ns_);
  if (any_rules() == nullptr) {
    intervals_ns_ = INT64_MIN;  // the clock may be set back until there are rules again
    return false;
  }
  advance_intervals(now_ns_ - still_intervals_max * any_rules()->interval_ns);
  return true;
}

const Routing::Rules* Routing::any_rules() const {
  if (rules_ != nullptr) return rules_.get();
  return ending_.empty() ? nullptr : ending_.back().get();
}

void Routing::catch_up() { advance_intervals(now_ns_); }

void Routing::advance_intervals(std::int64_t to_ns) {
  intervals_ns_ = std::max(intervals_ns_, to_ns);
  for (const auto& rules : ending_) rules->router.set_intervals_behind(now_ns_ - intervals_ns_);
  if (rules_ != nullptr) rules_->router.set_intervals_behind(now_ns_ - intervals_ns_);
}

/// By a clock that was set back, all that comes would be late for its interval until it has caught up.
void Routing::begin_anew(std::int64_t back_ns) {
  const bool has_aggregates = rules_ != nullptr && rules_->has_aggregates();
  intervals_ns_ = INT64_MIN;
  if (ending_.empty() && !has_aggregates) return;
  log::warn("router clock=\"set back by {} s\" hint=\"aggregates begin anew, those of open intervals are lost\"",
            back_ns / 1'000'000'000);
  for (const auto& rules : ending_) tell_ended(*rules);
  ending_.clear();
  if (!has_aggregates) return;
  const config::Router settings = rules_->settings;
  tell_replaced(*rules_);
  make(settings, now_ns_);
}

void Routing::tell_replaced(const Rules& rules) {
  std::vector<std::string> lines;
  rules.add_message_lines(lines);
  rules.add_aggregate_lines(lines);
  log_lines("replaced", lines);
}

void Routing::swap(const config::Router& settings, std::int64_t now_ns) {
  std::int64_t since_ns = now_ns;
  bool follows = false;
  if (rules_ != nullptr) rules_->tell_problems();
  if (rules_ != nullptr && rules_->has_aggregates()) {
    rules_->end_ns = since_ns = next_start(now_ns, rules_->interval_ns);
    follows = rules_->begin_ns < rules_->end_ns;
  }
  if (follows) {
    std::vector<std::string> lines;
    rules_->add_message_lines(lines);  // what it does to messages from now on does not count
    log_lines("replaced", lines);
    ending_.push_back(rules_);
  } else if (rules_ != nullptr) {
    tell_replaced(*rules_);
  }
  make(settings, since_ns);
  replaced_ = WallTime(std::chrono::nanoseconds(now_ns));
  if (rules_ != nullptr) rules_->follows = follows;
  log::info("router rules={} count={}", settings.rules == nullptr ? "none" : log::value(settings.rules->file),
            settings.rules == nullptr ? 0 : settings.rules->rules.size());
}

router::Routed Routing::route(const codecs::Line& line) {
  const std::size_t start = text_.size();
  for (const auto& rules : ending_) {
    rules->router.route(line, now_ns_, text_);
    text_.resize(start);
  }
  if (rules_ != nullptr) return rules_->router.route(line, now_ns_, text_);
  text_.append(line.text).push_back('\n');
  return {};
}

router::Made Routing::end_intervals() {
  router::Made made;
  for (const auto& rules : ending_) {
    made += rules->router.end_intervals(std::min(intervals_ns_, rules->last_ns()), text_);
    rules->tell_problems();
  }
  std::erase_if(ending_, [this](const auto& rules) {
    const bool ended = intervals_ns_ >= rules->last_ns();
    if (ended) tell_ended(*rules);
    return ended;
  });
  if (rules_ == nullptr) return made;
  made += rules_->router.end_intervals(intervals_ns_, text_);
  rules_->tell_problems();
  return made;
}

router::Made Routing::end(WallTime now) {
  const std::int64_t now_ns = nanoseconds(now);
  router::Made made;
  for (const auto& rules : ending_) {
    made += rules->router.end_intervals(std::min(now_ns, rules->end_ns) + rules->grace_ns, text_);
    rules->tell_problems();
    tell_ended(*rules);
  }
  ending_.clear();
  if (rules_ == nullptr) return made;
  made +=
      whole_ ? rules_->router.end_all(now_ns, text_) : rules_->router.end_intervals(now_ns + rules_->grace_ns, text_);
  rules_->tell_problems();
  return made;
}

void Routing::tell_ended(const Rules& rules) {
  std::vector<std::string> lines;
  rules.add_aggregate_lines(lines);
  log_lines("ended", lines);
}

std::string Routing::report() const {
  std::vector<std::string> lines;
  if (rules_ != nullptr) {
    rules_->add_message_lines(lines);
    rules_->add_aggregate_lines(lines);
  }
  if (lines.empty()) return {};
  std::string text;
  if (replaced_)
    text = fmt::format("    by the rules since {:%FT%TZ}; what those before did stands in the log:\n",
                       std::chrono::floor<std::chrono::seconds>(*replaced_));
  for (const std::string& line : lines) text += "    " + line + '\n';
  return text;
}

}  // namespace gw
