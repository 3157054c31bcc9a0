#include "gateway/router/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <new>
#include <type_traits>
#include <utility>

#include "codecs/timestamp.h"
#include "gateway/router/expression/functions.h"
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
/// Trees are small; what grows beyond this for each series that may be remembered is an attack or a strange rule set.
constexpr std::size_t nodes_per_series = 8;
/// The tree of a series that takes few conditions, and the first line of its head.
constexpr std::size_t nodes_fetched = 4;

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
std::string_view rest_of(const codecs::Line& line) { return {line.fields[0].key.begin(), line.text.end()}; }

/// What the tree cannot follow.
bool touches_fields(const Step& step) {
  switch (step.kind) {
    case Step::Kind::set:
      return step.to == Part::fields;
    case Step::Kind::erase:
      return step.from == Part::fields;
    case Step::Kind::move:
      return step.from == Part::fields || step.to == Part::fields;
    default:
      return false;
  }
}

/// Whether what `part` gives is the same for all lines of a series that have a plan: these are metrics, and have the
/// field `value` only.
bool is_known(const MessageView& series, const Node& part) {
  constexpr std::array<std::string_view, 6> types = {"messagetype", "msgtype", "IsMetric",
                                                     "IsEvent",     "IsLog",   "IsControl"};
  if (part.reads == expression::Reads::perhaps && part.text != value_key) return true;
  return series_tells(series, part) || std::ranges::find(types, part.text) != types.end();
}

/// A part that could not be replaced by its value: a list of all tags, say.
bool reads_known(const MessageView& series, const Node& tree) {
  const bool asks = tree.kind == Node::Kind::name || tree.kind == Node::Kind::method;
  if (asks && is_known(series, tree)) return true;
  return std::ranges::any_of(tree.parts, [&series](const NodePtr& part) { return reads_known(series, *part); });
}

/// What is left of a condition for the lines of a series.
NodePtr rest_of(const expression::Expression& condition, const MessageView& series) {
  return expression::specialise(condition.tree(), MessageVariables(series),
                                [&series](const Node& part) { return is_known(series, part); });
}

/// Text that two conditions share only if they ask the same.
void append_fingerprint(std::string& out, const Node& tree) {
  fmt::format_to(std::back_inserter(out), "{} {} {} {:a} {} {}:", static_cast<int>(tree.kind),
                 static_cast<int>(tree.op), tree.integer, tree.real, tree.slot, tree.text.size());
  out += tree.text;
  if (tree.function != nullptr) out += tree.function->name;
  out += '(';
  for (const NodePtr& part : tree.parts) append_fingerprint(out, *part);
  out += ')';
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

}  // namespace

/// What else the end of a way comes to, where it does.
struct PlanEnd {
  std::shared_ptr<const AggregateSource> source;  ///< what the value is kept for
  std::vector<std::size_t> units_left;            ///< rules that left the unit as it was
};

/// One line of the processor's cache; those of a series lie behind each other, as far as they came from one line.
struct alignas(64) PlanNode {
  using enum PlanNodeKind;
  PlanNodeKind kind = plain;
  PrefixChange change;  ///< of scale
  std::uint32_t rule = 0;
  const expression::Node* condition = nullptr;  ///< of branch
  const char* head = nullptr;                   ///< of emit
  std::size_t head_size = 0;
  std::int64_t interval_ns = 0;   ///< of time
  const PlanEnd* end = nullptr;   ///< of emit and drop; null where there is nothing in it
  PlanNode* next = nullptr;       ///< of branch: where the condition holds; of scale: where the result is a number
  PlanNode* otherwise = nullptr;  ///< where it does not, or cannot be evaluated; where it is none
};
static_assert(sizeof(PlanNode) == 64);
static_assert(std::is_trivially_destructible_v<PlanNode>);

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
      memo_(options.series_max),
      nodes_max_(options.series_max * nodes_per_series) {
  runtime_.fields.emplace_back(value_key, Value());
}

Plan::~Plan() = default;

Routed Plan::route(const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  if (nodes_max_ == 0 || !has_plan(line)) return plain(line, now_ns, out);
  const std::string_view key = series_key(line);
  SeriesRecord* const record = memo_.find(key);
  if (record == nullptr) return learn(key, line, now_ns, out);
  switch (record->action) {
    case SeriesRecord::Action::emit:
      if (record->rule != SeriesRecord::no_rule) ++rule_counts_[record->rule].units_left;
      out.append(record->text()).append(rest_of(line)).push_back('\n');
      return {};
    case SeriesRecord::Action::drop:
      ++rule_counts_[record->rule].dropped;
      return {.kind = Routed::Kind::dropped, .rule = record->rule, .problem = {}};
    default:
      return run(record->program, line, now_ns, out);
  }
}

Routed Plan::plain(const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  ++counts_.plain;
  auto decoded = codecs::to_message(line, Dialect::line_protocol_v2);
  if (!decoded) return {.kind = Routed::Kind::not_representable, .rule = 0, .problem = decoded.error()};
  Message message{*decoded, {}};
  const auto rule = interpreter_.run(message, now_ns, rule_counts_);
  if (!rules_->aggregates.empty()) {
    const auto source = aggregator_.source(message, interpreter_.aggregates(rule_counts_));
    const auto value = number_in(message);
    if (source != nullptr && value) aggregator_.add(source, *value, message.time_ns.value_or(now_ns), now_ns);
  }
  if (rule) return {.kind = Routed::Kind::dropped, .rule = *rule, .problem = {}};
  return write(message, *decoded, line, out);
}

/// What no rule has touched is written as it stood.
Routed Plan::write(const Message& message, const codecs::Message& before, const codecs::Line& line, std::string& out) {
  const std::size_t start = out.size();
  if (message.fields == before.fields && message.time_ns == before.time_ns) {
    if (append_head(out, message)) {
      out.append(rest_of(line)).push_back('\n');
      return {};
    }
    out.resize(start);
  }
  const auto precision = line.timestamp ? codecs::precision_of(*line.timestamp) : codecs::Precision::nanoseconds;
  const auto written = codecs::append_message(out, message, Dialect::line_protocol_v2, precision);
  if (!written) return {.kind = Routed::Kind::not_representable, .rule = 0, .problem = written.error()};
  return {};
}

Routed Plan::learn(std::string_view key, const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  PlanNode* root = nullptr;
  const Pieces::Mark before = node_pieces_.mark();
  const Routed routed = grow(root, line, now_ns, out);
  if (root == nullptr) return routed;
  SeriesRecord content;
  std::string_view text;
  const PlanEnd nothing;
  const PlanEnd& end = root->end == nullptr ? nothing : *root->end;
  if (root->kind == PlanNodeKind::emit && end.source == nullptr && end.units_left.size() <= 1) {
    content.action = SeriesRecord::Action::emit;
    if (!end.units_left.empty()) content.rule = static_cast<std::uint32_t>(end.units_left.front());
    text = {root->head, root->head_size};
  } else if (root->kind == PlanNodeKind::drop && root->end == nullptr) {
    content.action = SeriesRecord::Action::drop;
    content.rule = root->rule;
  } else {
    content.program = root;
  }
  const bool remembered = memo_.add(key, content, text) != nullptr;
  if (content.program == nullptr) {  // its only one: the record says it all
    if (root->end != nullptr) ends_.pop_back();
    node_pieces_.back_to(before);
    --nodes_;
  }
  if (!remembered || nodes_ > nodes_max_) forget();
  return routed;
}

void Plan::forget() {
  memo_.clear();
  node_pieces_.clear();
  nodes_ = 0;
  conditions_.clear();
  ends_.clear();
  ++counts_.resets;
}

std::size_t Plan::bytes() const { return memo_.bytes() + node_pieces_.bytes(); }

/// The node that stands there, or a new one.
PlanNode& Plan::node_at(PlanNode*& at, PlanNodeKind kind) {
  if (at == nullptr) {
    at = new (node_pieces_.room(sizeof(PlanNode), alignof(PlanNode))) PlanNode;
    at->kind = kind;
    ++nodes_;
  }
  return *at;
}

Routed Plan::drop(std::size_t rule) {
  ++rule_counts_[rule].dropped;
  return {.kind = Routed::Kind::dropped, .rule = rule, .problem = {}};
}

/// The plain way through the rules, on which the tree grows where it has not been yet.
Routed Plan::grow(PlanNode*& root, const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  auto decoded = codecs::to_message(line, Dialect::line_protocol_v2);
  if (!decoded) return {.kind = Routed::Kind::not_representable, .rule = 0, .problem = decoded.error()};
  Message message{*decoded, {}};
  stepper_.begin(message, now_ns);
  failed_.clear();
  PlanNode** at = &root;
  std::optional<std::size_t> dropper;
  std::vector<std::pair<std::size_t, std::string>> left;
  for (const Step& step : rules_->steps) {
    const std::optional<bool> holds = grow_condition(step.condition.get(), step.rule, at);
    if (!holds) return give_up(*at, line, now_ns, out);
    if (!*holds) continue;
    if (touches_fields(step)) return give_up(*at, line, now_ns, out);
    const Effect effect = stepper_.act(step);
    const std::size_t rule = stepper_.rule();
    if (effect == Effect::failed) failed_.emplace_back(rule, stepper_.problem());
    if (effect == Effect::left) left.emplace_back(rule, stepper_.problem());
    if (effect == Effect::dropped) {
      dropper = rule;
      break;
    }
    if (step.kind == Step::Kind::interval_time) {
      PlanNode& time = node_at(*at, PlanNodeKind::time);
      time.interval_ns = step.interval_ns;
      at = &time.next;
    }
    if (const auto& change = stepper_.prefix_change(); change && change->from != change->to) {
      PlanNode& scale = node_at(*at, PlanNodeKind::scale);
      scale.rule = static_cast<std::uint32_t>(rule);
      scale.change = *change;
      at = effect == Effect::changed ? &scale.next : &scale.otherwise;
    }
  }
  auto aggregates = grow_aggregates(at);
  if (!aggregates) return give_up(*at, line, now_ns, out);
  PlanNode& end = node_at(*at, dropper ? PlanNodeKind::drop : PlanNodeKind::emit);
  if (!dropper && !set_head(end, message)) {
    end.kind = PlanNodeKind::plain;
    return plain(line, now_ns, out);
  }
  end.rule = static_cast<std::uint32_t>(dropper.value_or(0));
  PlanEnd more = {.source = aggregator_.source(message, *std::move(aggregates)), .units_left = {}};
  for (const auto& [rule, why] : left) {
    more.units_left.push_back(rule);
    rule_counts_[rule].leave_unit(why);
  }
  if (more.source != nullptr || !more.units_left.empty()) end.end = &ends_.emplace_back(std::move(more));
  commit_failures();
  keep(end, number_in(message), message.time_ns.value_or(now_ns), now_ns);
  return dropper ? drop(*dropper) : write(message, *decoded, line, out);
}

/// False where that is no line, or too long a one to be remembered.
bool Plan::set_head(PlanNode& end, const Message& message) {
  std::string head;
  if (!append_head(head, message) || head.size() > Pieces::piece_bytes) return false;
  char* const at = node_pieces_.room(head.size(), 1);
  std::ranges::copy(head, at);
  end.head = at;
  end.head_size = head.size();
  return true;
}

/// The same, made once.
const Node* Plan::shared(NodePtr condition) {
  std::string key;
  append_fingerprint(key, *condition);
  return conditions_.try_emplace(std::move(key), std::move(condition)).first->second.get();
}

/// The aggregates that the value is one of, with a branch of the tree for each that is to be asked line by line;
/// nothing where a tree cannot follow it.
std::optional<std::vector<std::size_t>> Plan::grow_aggregates(PlanNode**& at) {
  std::vector<std::size_t> holding;
  for (std::size_t i = 0; i < rules_->aggregates.size(); ++i) {
    const Aggregate& aggregate = rules_->aggregates[i];
    const std::optional<bool> holds = grow_condition(aggregate.condition.get(), aggregate.rule, at);
    if (!holds) return std::nullopt;
    if (*holds) holding.push_back(i);
  }
  return holding;
}

void Plan::keep(const PlanNode& node, const std::optional<codecs::FieldValue>& value, std::int64_t time_ns,
                std::int64_t now_ns) {
  if (node.end != nullptr && node.end->source != nullptr && value)
    aggregator_.add(node.end->source, *value, time_ns, now_ns);
}

/// Whether `condition` holds, and where that is to be asked line by line a branch of the tree; nothing where a tree
/// cannot follow it.
std::optional<bool> Plan::grow_condition(const expression::Expression* condition, std::size_t rule, PlanNode**& at) {
  if (condition == nullptr) return true;
  const MessageView& series = stepper_.view();
  const auto [holds, told_by_line] = stepper_.ask(*condition);
  if (holds && !told_by_line) return holds;
  NodePtr rest = rest_of(*condition, series);
  if (rest->kind == Node::Kind::boolean) return rest->integer != 0;
  if (reads_known(series, *rest)) return std::nullopt;
  PlanNode& branch = node_at(*at, PlanNodeKind::branch);
  branch.rule = static_cast<std::uint32_t>(rule);
  if (branch.condition == nullptr) branch.condition = shared(std::move(rest));
  if (!holds) failed_.emplace_back(rule, stepper_.problem());
  at = holds.value_or(false) ? &branch.next : &branch.otherwise;
  return holds.value_or(false);
}

/// Lines that get here take the plain way each time.
Routed Plan::give_up(PlanNode*& at, const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  node_at(at, PlanNodeKind::plain);
  return plain(line, now_ns, out);
}

/// What the line has come to.
void Plan::commit(const PlanNode& end) {
  commit_failures();
  if (end.end == nullptr) return;
  for (const std::size_t rule : end.end->units_left) ++rule_counts_[rule].units_left;
}

void Plan::commit_failures() {
  for (auto at = failed_.begin(); at != failed_.end(); ++at) {
    const auto is_same = [at](const auto& other) { return other.first == at->first; };
    if (std::none_of(failed_.begin(), at, is_same)) rule_counts_[at->first].fail(at->second);
  }
}

/// Notes that `rule` fails on this line. False where it is its first failure, which the plain way is to tell the reason
/// of.
bool Plan::fail_again(std::size_t rule) {
  if (rule_counts_[rule].failed == 0) return false;
  failed_.emplace_back(rule, std::string());
  return true;
}

std::optional<bool> Plan::decide(const PlanNode& node, const Values& values) {
  runtime_.fields[0].second = value_of(values.value);
  runtime_.timestamp_s = codecs::from_nanoseconds(values.time_ns, codecs::Precision::seconds);
  arena_.clear();
  const auto holds = expression::decide(*node.condition, MessageVariables(runtime_), arena_);
  return holds ? std::optional(*holds) : std::nullopt;
}

Routed Plan::run(PlanNode* root, const codecs::Line& line, std::int64_t now_ns, std::string& out) {
  Values values;
  values.value = line.fields[0].value;
  values.time_ns = now_ns;
  if (line.timestamp) {
    const auto time = codecs::to_nanoseconds(*line.timestamp, codecs::precision_of(*line.timestamp));
    if (!time) return plain(line, now_ns, out);
    values.time_ns = *time;
  }
  values.line_time_ns = values.time_ns;
  failed_.clear();
  // Where it is likely to go on, all at once: each by itself would be waited for.
  for (std::size_t ahead = 1; ahead <= nodes_fetched; ++ahead) __builtin_prefetch(root + ahead);
  for (PlanNode* node = root; node != nullptr;) {
    switch (node->kind) {
      case PlanNodeKind::emit:
        commit(*node);
        keep(*node, values.value, values.time_ns, now_ns);
        out.append(node->head, node->head_size);
        append_rest(out, line, values);
        return {};
      case PlanNodeKind::drop:
        commit(*node);
        keep(*node, values.value, values.time_ns, now_ns);
        return drop(node->rule);
      case PlanNodeKind::plain:
        return plain(line, now_ns, out);
      case PlanNodeKind::time:
        values.time_ns = interval_start(values.time_ns, node->interval_ns);
        values.timed = true;
        node = node->next;
        break;
      case PlanNodeKind::scale: {
        const codecs::FieldValue scaled = convert(values.value, node->change.from, node->change.to);
        const bool fits = is_finite(scaled);
        if (fits) values.value = scaled;
        if (!fits && !fail_again(node->rule)) return plain(line, now_ns, out);
        node = fits ? node->next : node->otherwise;
        break;
      }
      case PlanNodeKind::branch: {
        const std::optional<bool> holds = decide(*node, values);
        if (!holds && !fail_again(node->rule)) return plain(line, now_ns, out);
        node = holds.value_or(false) ? node->next : node->otherwise;
        break;
      }
    }
  }
  if (nodes_ < nodes_max_) return grow(root, line, now_ns, out);
  forget();
  return plain(line, now_ns, out);
}

/// Fields and time; as they stand where no rule has touched them.
void Plan::append_rest(std::string& out, const codecs::Line& line, const Values& values) {
  const bool same_time = line.timestamp ? values.time_ns == values.line_time_ns : !values.timed;
  if (same_time && values.value == line.fields[0].value) {
    out.append(rest_of(line)).push_back('\n');
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
