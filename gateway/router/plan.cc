#include "gateway/router/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "codecs/timestamp.h"
#include "gateway/router/expression/specialise.h"
#include "gateway/router/message.h"
#include "gateway/router/unit.h"

namespace gw::router {

using codecs::Dialect;
using expression::Node;
using expression::NodePtr;
using expression::Value;

namespace {

constexpr std::string_view value_key = "value";
/// A series of which more is to be asked takes the plain way: asking is most of what that costs then.
constexpr std::size_t turns_max = 16;
/// Ways through the tree of a series that are learnt. Further ones are plain.
constexpr std::size_t ways_max = 32;

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

/// Whether a step that changed the message gave it a field, which the tree cannot follow. None takes one away: there is
/// `value` alone, which stays.
bool touches_fields(const Step& step) {
  return (step.kind == Step::Kind::set || step.kind == Step::Kind::move) && step.to == Part::fields;
}

/// Whether what `part` gives is the same for all lines of a series that have a plan: these are metrics, and have the
/// field `value` only.
bool is_known(const MessageView& series, const Node& part) {
  constexpr std::array<std::string_view, 6> types = {"messagetype", "msgtype", "IsMetric",
                                                     "IsEvent",     "IsLog",   "IsControl"};
  if (part.reads == expression::Reads::perhaps && part.text != value_key) return true;
  return series_tells(series, part) || std::ranges::find(types, part.text) != types.end();
}

/// The value of a line that has a plan, which is a number; not a tag of that name, which is known.
bool is_value(const Node& part) {
  if (part.kind == Node::Kind::name) return part.text == value_key || part.text == "field_value";
  const auto is = [](const Node& node, Node::Kind kind, std::string_view text) {
    return node.kind == kind && node.text == text;
  };
  const Node& of = *part.parts[0];
  return (is(of, Node::Kind::name, "field") || is(of, Node::Kind::name, "fields")) &&
         is(*part.parts[1], Node::Kind::text, value_key);
}

/// A part that could not be replaced by its value: a list of all tags, say.
bool reads_known(const MessageView& series, const Node& tree) {
  const bool asks = tree.kind == Node::Kind::name || tree.kind == Node::Kind::method;
  if (asks && is_known(series, tree)) return true;
  return std::ranges::any_of(tree.parts, [&series](const NodePtr& part) { return reads_known(series, *part); });
}

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

bool is_same(const AggregateSource& a, const AggregateSource& b) {
  return a.aggregates == b.aggregates && a.key == b.key && a.tags == b.tags && a.meta == b.meta;
}

std::size_t bytes_of(const AggregateSource& source) {
  std::size_t bytes = sizeof source + source.key.capacity() + source.host.cluster.capacity() + source.host.name.capacity() + source.name.capacity() +
                      source.aggregates.capacity() * sizeof(std::size_t);
  for (const auto* const tags : {&source.tags, &source.meta}) {
    for (const auto& tag : *tags) bytes += sizeof tag + tag.key.capacity() + tag.value.capacity();
  }
  return bytes;
}

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
      interpreter_(rules_),
      stepper_(rules_->topology.get(), rules_->hostname_tag),
      options_(options) {
  runtime_.fields.emplace_back(value_key, Value());
}

Routed Plan::route(const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  if (options_.series_max == 0 || !has_plan(line)) return plain(line, now_ns, out);
  const std::string_view key = series_key(line);
  if (key.size() > SeriesMemo::text_bytes_max) return plain(line, now_ns, out);
  SeriesRecord* const record = memo_.find(key);
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

/// The plain way through the rules, and what was asked on it is remembered. `record` is null where the series is new.
Routed Plan::learn(SeriesRecord* record, std::string_view key, const codecs::Line& line, std::int64_t now_ns,
                   std::string& out) {
  if (bytes() > PlanOptions::bytes_start + options_.series_max * options_.bytes_per_series) {
    ++counts_.unlearnt;
    return plain(line, now_ns, out);
  }
  auto decoded = codecs::to_message(line, Dialect::line_protocol_v2);
  if (!decoded) return {.kind = Routed::Kind::not_representable, .rule = 0, .problem = decoded.error()};
  if (record == nullptr && memo_.size() == options_.series_max) forget();
  Message message{*decoded, {}};
  std::optional<Outcome> outcome = walk(message, now_ns);
  std::string head;
  const bool is_followed =
      outcome && (outcome->dropper || (append_head(head, message) && head.size() <= SeriesMemo::text_bytes_max));
  if (!is_followed) {
    remember(record, key, {.kind = PlanNodeKind::plain}, {}, nullptr);
    return plain(line, now_ns, out);
  }
  commit();
  const auto source = aggregator_.source(*decoded, message, std::move(outcome->aggregates));
  keep(source, number_in(message).value(), message.time_ns.value_or(now_ns), now_ns);
  if (outcome->dropper) {
    const auto rule = static_cast<std::uint32_t>(*outcome->dropper);
    remember(record, key, {.kind = PlanNodeKind::drop, .rule = rule}, {}, source);
    return drop(rule);
  }
  remember(record, key, {.kind = PlanNodeKind::emit}, head_after(key, head), source);
  return write(message, *decoded, line, out);
}

/// All steps in turn; in `way_` what the line was asked on them. Nothing where a tree cannot follow it.
std::optional<Plan::Outcome> Plan::walk(Message& message, std::int64_t now_ns) {
  stepper_.begin(message, now_ns);
  way_.clear();
  failed_.clear();
  left_.clear();
  Outcome outcome;
  for (const Step& step : rules_->steps) {
    const std::optional<bool> holds = ask(step.condition.get(), step.rule);
    if (!holds) return std::nullopt;
    if (!*holds) continue;
    const Effect effect = act(step);
    if (effect == Effect::changed && touches_fields(step)) return std::nullopt;
    if (effect != Effect::dropped) continue;
    outcome.dropper = stepper_.rule();
    break;
  }
  for (std::size_t i = 0; i < rules_->aggregates.size(); ++i) {
    const Aggregate& aggregate = rules_->aggregates[i];
    const std::optional<bool> holds = ask(aggregate.condition.get(), aggregate.rule);
    if (!holds) return std::nullopt;
    if (*holds) outcome.aggregates.push_back(i);
  }
  return outcome;
}

/// Whether `condition` holds. Where lines of the series differ in that it is a turn of the way; nothing where a tree
/// cannot follow it.
std::optional<bool> Plan::ask(const expression::Expression* condition, std::size_t rule) {
  if (condition == nullptr) return true;
  const auto [holds, told_by_line] = stepper_.ask(*condition);
  if (holds && !told_by_line) return holds;
  const MessageView& series = stepper_.view();
  const Node* left = &condition->tree();
  NodePtr special;
  if (reads_known(series, *left)) {
    const auto is_known_here = [&series](const Node& part) { return is_known(series, part); };
    special = expression::specialise(*left, MessageVariables(series), is_known_here, is_value);
    if (special->kind == Node::Kind::boolean) return special->integer != 0;
    if (reads_known(series, *special)) return std::nullopt;
  }
  if (way_.size() >= turns_max) return std::nullopt;
  if (special != nullptr) left = trees_.shared(std::move(special));
  way_.push_back({.asked = {.kind = PlanNodeKind::branch, .rule = static_cast<std::uint32_t>(rule), .condition = left},
                  .holds = holds.value_or(false)});
  if (!holds) failed_.emplace_back(rule, stepper_.problem());
  return holds.value_or(false);
}

/// The step; in `way_` what of it differs from line to line.
Effect Plan::act(const Step& step) {
  const Effect effect = stepper_.act(step);
  const auto rule = static_cast<std::uint32_t>(stepper_.rule());
  if (effect == Effect::failed) failed_.emplace_back(rule, stepper_.problem());
  if (effect == Effect::left) {
    left_.emplace_back(rule, stepper_.problem());
    way_.push_back({.asked = {.kind = PlanNodeKind::left, .rule = rule}});
  }
  if (step.kind == Step::Kind::interval_time)
    way_.push_back({.asked = {.kind = PlanNodeKind::time, .interval_ns = step.interval_ns}});
  if (const auto& change = stepper_.prefix_change(); change && change->from != change->to) {
    way_.push_back(
        {.asked = {.kind = PlanNodeKind::scale, .change = *change, .rule = rule}, .holds = effect == Effect::changed});
  }
  return effect;
}

/// That lines which go as in `way_` come to `end`.
void Plan::remember(SeriesRecord* record, std::string_view key, PlanNode end, const Head& head,
                    const std::shared_ptr<const AggregateSource>& source) {
  using Action = SeriesRecord::Action;
  const bool is_plain = end.kind == PlanNodeKind::plain;
  if (way_.size() >= turns_max) {
    (record == nullptr ? memo_.add(key, {}, {}) : *record).action = Action::plain;
    return;
  }
  if (record == nullptr && way_.empty() && source == nullptr) {
    const Action action = is_plain ? Action::plain : end.kind == PlanNodeKind::drop ? Action::drop : Action::emit;
    memo_.add(key, {.rule = end.rule, .action = action}, head);
    return;
  }
  if (record == nullptr) record = &memo_.add(key, {}, {});
  if (end.kind == PlanNodeKind::emit || source != nullptr) end.end = end_of(*record, head, source);
  record->program = trees_.grown(record->program, way_, end);
  ++record->ways;
}

/// The number of the end that says this; a new one where there is none.
std::uint32_t Plan::end_of(SeriesRecord& record, const Head& head,
                           const std::shared_ptr<const AggregateSource>& source) {
  std::uint32_t number = 0;
  for (const SeriesEnd* end = record.ends; end != nullptr; end = end->next, ++number) {
    const bool keeps_same = source == nullptr || end->source == nullptr ? source == nullptr && end->source == nullptr
                                                                        : is_same(*source, **end->source);
    if (keeps_same && end->head() == head) return number;
  }
  SeriesEnd& end = memo_.add_end(record, head);
  if (source != nullptr) {
    end.source = &sources_.emplace_back(source);
    source_bytes_ += sizeof source + bytes_of(*source);
  }
  return number;
}

void Plan::forget() {
  memo_.clear();
  trees_.clear();
  sources_ = {};
  source_bytes_ = 0;
  ++counts_.resets;
}

std::size_t Plan::bytes() const { return memo_.bytes() + trees_.bytes() + source_bytes_; }

Routed Plan::drop(std::size_t rule) {
  ++rule_counts_[rule].dropped;
  return {.kind = Routed::Kind::dropped, .rule = rule, .problem = {}};
}

void Plan::keep(const std::shared_ptr<const AggregateSource>& source, const codecs::FieldValue& value,
                std::int64_t time_ns, std::int64_t now_ns) {
  if (source != nullptr) aggregator_.add(source, value, time_ns, now_ns);
}

/// What the line has come to.
void Plan::commit() {
  for (auto at = failed_.begin(); at != failed_.end(); ++at) {
    const auto is_same_rule = [at](const auto& other) { return other.first == at->first; };
    if (std::none_of(failed_.begin(), at, is_same_rule)) rule_counts_[at->first].fail(at->second);
  }
  for (const auto& [rule, why] : left_) rule_counts_[rule].leave_unit(why);
}

/// Notes that `rule` fails on this line. False where it is its first failure, which the plain way is to tell the reason
/// of.
bool Plan::fail_again(std::size_t rule) {
  if (rule_counts_[rule].failed == 0) return false;
  failed_.emplace_back(rule, std::string());
  return true;
}

/// What conditions ask now.
void Plan::show(const Values& values) {
  runtime_.fields[0].second = value_of(values.value);
  runtime_.timestamp_s = codecs::from_nanoseconds(values.time_ns, codecs::Precision::seconds);
}

std::optional<bool> Plan::decide(const expression::Node& condition) {
  arena_.clear();
  const auto holds = expression::decide(condition, MessageVariables(runtime_), arena_);
  return holds ? std::optional(*holds) : std::nullopt;
}

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
  failed_.clear();
  left_.clear();
  for (const PlanNode* node = record.program; node != nullptr;) {
    switch (node->kind) {
      case PlanNodeKind::emit: {
        const SeriesEnd& end = record.end(node->end);
        commit();
        if (end.source != nullptr) keep(*end.source, values.value, values.time_ns, now_ns);
        append_head(out, key, end.head());
        append_rest(out, line, values);
        return {};
      }
      case PlanNodeKind::drop:
        commit();
        if (node->end != PlanNode::no_end) keep(*record.end(node->end).source, values.value, values.time_ns, now_ns);
        return drop(node->rule);
      case PlanNodeKind::plain:
        return plain(line, now_ns, out);
      case PlanNodeKind::left:
        left_.emplace_back(node->rule, std::string());
        node = node->next;
        break;
      case PlanNodeKind::time:
        values.time_ns = interval_start(values.time_ns, node->interval_ns);
        values.timed = true;
        show(values);
        node = node->next;
        break;
      case PlanNodeKind::scale: {
        const codecs::FieldValue scaled = convert(values.value, node->change.from, node->change.to);
        const bool fits = is_finite(scaled);
        if (fits) values.value = scaled;
        show(values);
        if (!fits && !fail_again(node->rule)) return plain(line, now_ns, out);
        node = fits ? node->next : node->otherwise;
        break;
      }
      case PlanNodeKind::branch: {
        const std::optional<bool> holds = decide(*node->condition);
        if (!holds && !fail_again(node->rule)) return plain(line, now_ns, out);
        node = holds.value_or(false) ? node->next : node->otherwise;
        break;
      }
    }
  }
  return record.ways < ways_max ? learn(&record, key, line, now_ns, out) : plain(line, now_ns, out);
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
