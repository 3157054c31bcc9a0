#include "gateway/router/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "codecs/timestamp.h"
#include "gateway/router/expression/expression.h"
#include "gateway/router/message.h"
#include "gateway/router/step.h"
#include "gateway/router/topology.h"
#include "gateway/router/unit.h"

namespace gw::router {

using codecs::Dialect;
using expression::Value;

namespace {

constexpr std::string_view value_key = "value";
/// Ways through the tree of a series that are learnt. Further ones are plain.
constexpr std::size_t ways_max = 64;
/// What ends a way that is left for the plain one.
constexpr PlanNode to_plain = {.kind = PlanNodeKind::plain};

/// A line that has `value`, a number, and no other field.
bool has_plan(const codecs::Line& line) {
  return line.fields.size() == 1 && line.fields[0].key == value_key && is_number(line.fields[0].value);
}

/// Measurement and tags, as they stand.
std::string_view series_key(const codecs::Line& line) {
  const std::string_view last = line.tags.empty() ? line.measurement : line.tags.back().value;
  return {line.measurement.begin(), last.end()};
}

/// Fields and time, as they stand.
std::string_view fields_and_time(const codecs::Line& line) { return {line.fields[0].key.begin(), line.text.end()}; }

/// What stands before the fields, with the blank; false where that is no line.
bool append_head(std::string& out, const Message& message) {
  if (!codecs::representable_measurement(message.name)) return false;
  for (const auto& tag : message.tags) {
    if (!codecs::representable(tag.key) || !codecs::representable(tag.value)) return false;
  }
  codecs::append_measurement(out, message.name);
  for (const auto& tag : message.tags) {
    out += ',';
    codecs::append_tag_text(out, tag.key);
    out += '=';
    codecs::append_tag_text(out, tag.value);
  }
  out += ' ';
  return true;
}

void append_head(std::string& out, std::string_view key, const Head& head) {
  out.append(key.substr(0, head.kept)).append(head.text);
}

/// What of `head` is not as it stands in `key` already.
Head head_after(std::string_view key, std::string_view head) {
  const auto kept = static_cast<std::uint32_t>(std::ranges::mismatch(key, head).in1 - key.begin());
  return {.kept = kept, .text = head.substr(kept)};
}

bool is_end(const PlanNode& node) { return node.kind <= PlanNodeKind::plain; }

}  // namespace

/// What of a line of a series is not always the same.
struct Plan::Values {
  codecs::FieldValue value;
  std::int64_t time_ns = 0;       ///< now where the line has none
  std::int64_t line_time_ns = 0;  ///< the same, whatever rules do
  bool timed = false;             ///< by a rule
};

Plan::Plan(std::shared_ptr<const RuleSet> rules, std::vector<RuleCounts>& counts, Aggregator& aggregator,
           PlanOptions options)
    : rules_(std::move(rules)),
      rule_counts_(counts),
      aggregator_(aggregator),
      options_(options),
      interpreter_(rules_),
      learner_(*rules_, memory_.trees()) {
  runtime_.fields.emplace_back(value_key, Value());
}

Routed Plan::route(const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  if (options_.series_max == 0 || !has_plan(line)) return plain(line, now_ns, out);
  const std::string_view key = series_key(line);
  if (key.size() > SeriesMemo::text_bytes_max) return plain(line, now_ns, out);
  SeriesRecord* const record = memory_.find(key);
  if (record == nullptr) return learn(nullptr, key, line, now_ns, out);
  switch (record->action) {
    case SeriesRecord::Action::emit:
      append_head(out, key, record->head());
      out.append(fields_and_time(line)).push_back('\n');
      return {};
    case SeriesRecord::Action::drop:
      return drop(record->rule);
    case SeriesRecord::Action::plain:
      return plain(line, now_ns, out);
    case SeriesRecord::Action::program:
      return run(*record, key, line, now_ns, out);
  }
  return {};
}

Routed Plan::plain(const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  ++counts_.plain;
  auto decoded = codecs::to_message(line, Dialect::line_protocol_v2);
  if (!decoded) return {.kind = Routed::Kind::not_representable, .rule = 0, .problem = decoded.error()};
  Message message{*decoded, {}};
  const auto rule = interpreter_.run(message, now_ns, rule_counts_);
  if (const auto value = rules_->aggregates.empty() ? std::nullopt : number_in(message)) {
    const auto source = aggregator_.source(*decoded, message, interpreter_.aggregates(rule_counts_));
    keep(source, *value, message.time_ns.value_or(now_ns), now_ns);
  }
  if (rule) return {.kind = Routed::Kind::dropped, .rule = *rule, .problem = {}};
  return write(message, *decoded, line, out);
}

/// The plain way through the rules, and what was asked on it is remembered. `record` is null where the series is new.
Routed Plan::learn(SeriesRecord* record, std::string_view key, const codecs::Line& line, std::int64_t now_ns,
                   std::string& out) {
  if (bytes() > PlanOptions::bytes_start + options_.series_max * options_.bytes_per_series) {
    ++counts_.unlearnt;
    return plain(line, now_ns, out);
  }
  auto decoded = codecs::to_message(line, Dialect::line_protocol_v2);
  if (!decoded) return {.kind = Routed::Kind::not_representable, .rule = 0, .problem = decoded.error()};
  if (record == nullptr && memory_.size() == options_.series_max) {
    memory_.forget();
    ++counts_.resets;
  }
  Message message{*decoded, {}};
  const bool is_followed = learner_.walk(message, now_ns);
  if (record == nullptr) note_host(message, *decoded);
  const Lesson& lesson = learner_.lesson();
  std::string head;
  const bool has_end = lesson.dropper || (append_head(head, message) && head.size() <= SeriesMemo::text_bytes_max);
  if (!is_followed || !has_end) {
    memory_.remember(record, key, lesson.way, {.kind = PlanNodeKind::plain});
    return plain(line, now_ns, out);
  }
  count(lesson.notes);
  const auto source = aggregator_.source(*decoded, message, lesson.aggregates);
  if (const auto value = number_in(message)) keep(source, *value, message.time_ns.value_or(now_ns), now_ns);
  if (lesson.dropper) {
    const auto rule = static_cast<std::uint32_t>(*lesson.dropper);
    memory_.remember(record, key, lesson.way, {.kind = PlanNodeKind::drop, .rule = rule, .source = source});
    return drop(rule);
  }
  memory_.remember(record, key, lesson.way,
                   {.kind = PlanNodeKind::emit, .head = head_after(key, head), .source = source});
  return write(message, *decoded, line, out);
}

/// Names of hosts are often spelt otherwise in the file, and conditions that hold nothing then give no other sign.
/// Rules may have mended the name behind those that ask.
void Plan::note_host(const Message& message, const codecs::Message& before) {
  if (rules_->topology == nullptr) return;
  const std::string_view host = host_of(before, rules_->hostname_tag);
  const bool is_known = rules_->topology->find(host) != nullptr ||
                        rules_->topology->find(host_of(message, rules_->hostname_tag)) != nullptr;
  if (host.empty() || is_known) return;
  if (counts_.elsewhere++ == 0) counts_.elsewhere_host = host;
}

/// What no rule has touched is written as it stood.
Routed Plan::write(const Message& message, const codecs::Message& before, const codecs::Line& line, std::string& out) {
  const std::size_t start = out.size();
  if (message.fields == before.fields && message.time_ns == before.time_ns) {
    if (append_head(out, message)) {
      out.append(fields_and_time(line)).push_back('\n');
      return {};
    }
    out.resize(start);
  }
  const auto precision = line.timestamp ? codecs::precision_of(*line.timestamp) : codecs::Precision::nanoseconds;
  const auto written = codecs::append_message(out, message, Dialect::line_protocol_v2, precision);
  if (!written) return {.kind = Routed::Kind::not_representable, .rule = 0, .problem = written.error()};
  return {};
}

Routed Plan::drop(std::size_t rule) {
  ++rule_counts_[rule].dropped;
  return {.kind = Routed::Kind::dropped, .rule = rule, .problem = {}};
}

void Plan::keep(const std::shared_ptr<const AggregateSource>& source, const codecs::FieldValue& value,
                std::int64_t time_ns, std::int64_t now_ns) {
  if (source != nullptr) aggregator_.add(source, value, time_ns, now_ns);
}

void Plan::count(const RuleNotes& notes) {
  for (auto at = notes.failed.begin(); at != notes.failed.end(); ++at) {
    const auto is_same_rule = [at](const auto& other) { return other.first == at->first; };
    if (std::none_of(notes.failed.begin(), at, is_same_rule)) rule_counts_[at->first].fail(at->second);
  }
  for (const auto& [rule, why] : notes.left) rule_counts_[rule].leave_unit(why);
}

/// Notes that `rule` fails on this line. False where it is its first failure, which the plain way is to tell the reason
/// of.
bool Plan::fail_again(std::size_t rule) {
  if (rule_counts_[rule].failed == 0) return false;
  notes_.failed.emplace_back(rule, std::string());
  return true;
}

/// What conditions ask now.
void Plan::show(const Values& values) {
  runtime_.fields[0].second = value_of(values.value);
  runtime_.timestamp_s = codecs::from_nanoseconds(values.time_ns, codecs::Precision::seconds);
}

/// Through the tree of the series, and what its end says.
Routed Plan::run(SeriesRecord& record, std::string_view key, const codecs::Line& line, std::int64_t now_ns,
                 std::string& out) {
  Values values;
  values.value = line.fields[0].value;
  values.time_ns = now_ns;
  if (line.timestamp) {
    const auto time = codecs::to_nanoseconds(*line.timestamp, codecs::precision_of(*line.timestamp));
    if (!time) return plain(line, now_ns, out);
    values.time_ns = *time;
  }
  values.line_time_ns = values.time_ns;
  show(values);
  notes_.clear();
  const PlanNode* node = record.program;
  while (node != nullptr && !is_end(*node)) node = follow(*node, values);
  if (node == nullptr && record.ways < ways_max) return learn(&record, key, line, now_ns, out);
  if (node == nullptr || node->kind == PlanNodeKind::plain) return plain(line, now_ns, out);
  count(notes_);
  if (node->kind == PlanNodeKind::drop) {
    if (node->end != PlanNode::no_end) keep(*record.end(node->end).source, values.value, values.time_ns, now_ns);
    return drop(node->rule);
  }
  const SeriesEnd& end = record.end(node->end);
  if (end.source != nullptr) keep(*end.source, values.value, values.time_ns, now_ns);
  append_head(out, key, end.head());
  append_rest(out, line, values);
  return {};
}

/// What comes after `node`, which is no end; null where no line has gone on there yet.
const PlanNode* Plan::follow(const PlanNode& node, Values& values) {
  switch (node.kind) {
    case PlanNodeKind::compare:
      return holds(node, runtime_.fields[0].second.as_real()) ? node.next : node.otherwise;
    case PlanNodeKind::branch:
      return branch(node);
    case PlanNodeKind::scale:
      return scale(node, values);
    case PlanNodeKind::time:
      values.time_ns = interval_start(values.time_ns, node.interval_ns);
      values.timed = true;
      show(values);
      return node.next;
    case PlanNodeKind::left:
      notes_.left.emplace_back(node.rule, std::string());
      return node.next;
    default:
      return &to_plain;
  }
}

const PlanNode* Plan::branch(const PlanNode& node) {
  arena_.clear();
  const auto holds = expression::decide(*node.condition, MessageVariables(runtime_), arena_);
  if (!holds && !fail_again(node.rule)) return &to_plain;
  return holds.value_or(false) ? node.next : node.otherwise;
}

const PlanNode* Plan::scale(const PlanNode& node, Values& values) {
  const codecs::FieldValue scaled = convert(values.value, node.change.from, node.change.to);
  if (!is_finite(scaled)) return fail_again(node.rule) ? node.otherwise : &to_plain;
  values.value = scaled;
  show(values);
  return node.next;
}

/// Fields and time; as they stand where no rule has touched them.
void Plan::append_rest(std::string& out, const codecs::Line& line, const Values& values) {
  const bool same_time = line.timestamp ? values.time_ns == values.line_time_ns : !values.timed;
  if (same_time && values.value == line.fields[0].value) {
    out.append(fields_and_time(line)).push_back('\n');
    return;
  }
  out.append(value_key).push_back('=');
  codecs::append_field_value(out, values.value);
  if (line.timestamp || values.timed) {
    const auto precision = line.timestamp ? codecs::precision_of(*line.timestamp) : codecs::Precision::nanoseconds;
    out.push_back(' ');
    fmt::format_to(std::back_inserter(out), "{}", codecs::from_nanoseconds(values.time_ns, precision));
  }
  out.push_back('\n');
}

}  // namespace gw::router
