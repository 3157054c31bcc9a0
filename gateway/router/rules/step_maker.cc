#include "gateway/router/rules/step_maker.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "codecs/line_protocol.h"
#include "gateway/router/aggregate.h"
#include "gateway/router/message.h"
#include "gateway/router/rules/condition_check.h"
#include "gateway/router/unit.h"

namespace gw::rules {

using router::Part;
using router::Step;

namespace {

/// Of all that rules give, only a prefix may be empty.
std::string_view shown(const Node& text) { return text.text.empty() ? "no prefix" : std::string_view(text.text); }

/// What `name` at the start of `text` mostly comes from, where names go on behind a '-': "mem-free".
std::string hint_for_minus(std::string_view text, std::string_view name) {
  const auto in_name = [](char c) { return c == '-' || c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, in_name) - text.begin());
  const bool goes_on = end > name.size() + 1 && text[name.size()] == '-' && !text.substr(end).starts_with('(');
  if (!goes_on) return {};
  return fmt::format("; '-' is minus: if '{}' is the name of one metric, rename it by a rule to one without '-'",
                     text.substr(0, end));
}

}  // namespace

Origin origin_of(std::string_view name, const Node& text) {
  return {text.where, fmt::format("{}: {}", name, text.kind == Node::Kind::text ? shown(text) : text.key)};
}

bool RuleEnvironment::add(const Node& value) {
  const auto known = base_.find_name(value.key);
  if (known && known->own) return false;
  return constants_.emplace(value.key, value).second;
}

std::optional<expression::Known> RuleEnvironment::find_name(std::string_view name) const {
  const auto found = constants_.find(name);
  if (found == constants_.end()) return base_.find_name(name);
  const Node& value = found->second;
  expression::Known known;
  switch (value.kind) {
    case Node::Kind::boolean:
      known.constant = expression::Value::of(value.boolean);
      break;
    case Node::Kind::integer:
      known.constant = expression::Value::of(value.integer);
      break;
    case Node::Kind::real:
      known.constant = expression::Value::of(value.real);
      break;
    default:
      known.constant = expression::Value::of(std::string_view(value.text));
      break;
  }
  return known;
}

std::optional<expression::Known> RuleEnvironment::find_method(std::string_view name) const {
  return base_.find_method(name);
}

std::optional<expression::Known> RuleEnvironment::find_function(std::string_view name) const {
  return has_topology_ ? router::find_topology_function(name) : std::nullopt;
}

std::string_view RuleEnvironment::why_no_function(std::string_view name) const {
  if (!router::find_topology_function(name)) return {};
  return "asks how the hardware threads of a host belong together: give cluster.json of cc-backend as 'topology' in "
         "[router], or as --topology";
}

std::string_view RuleEnvironment::why_no_name(std::string_view name) const { return base_.why_no_name(name); }

std::string RuleEnvironment::why_no_value(std::string_view function, std::span<const std::string_view> texts) const {
  return router::why_no_value(function, texts);
}

std::span<const std::string_view> RuleEnvironment::names() const { return base_.names(); }

std::span<const std::string_view> RuleEnvironment::methods() const { return base_.methods(); }

StepMaker::StepMaker(const Document& document, std::vector<config::Problem>& problems, router::RuleSet& rules,
                     bool has_topology)
    : places_(document.source),
      problems_(problems),
      rules_(rules),
      conditions_(router::message_environment(), has_topology),
      functions_(router::aggregate_environment(), has_topology) {}

void StepMaker::add_constant(const Node& value) {
  const bool is_plain = value.kind == Node::Kind::text || value.kind == Node::Kind::integer ||
                        value.kind == Node::Kind::real || value.kind == Node::Kind::boolean;
  if (!is_plain) {
    error(value.where, "a constant is a text, a number, true or false");
  } else if (!conditions_.add(value)) {
    error(value.key_where, fmt::format("{} has a meaning already", config::in_quotes(value.key)));
  }
}

void StepMaker::error(config::Position where, std::string text) {
  problems_.push_back({config::Problem::Severity::error, where, std::move(text)});
}

void StepMaker::warn(config::Position where, std::string text) {
  problems_.push_back({config::Problem::Severity::warning, where, std::move(text)});
}

Condition StepMaker::compile(std::string_view text, const Node& node, bool in_key,
                             const expression::Environment& environment, expression::Type::Kind wanted) {
  auto compiled = expression::Expression::compile(text, environment, wanted);
  if (compiled) return std::make_shared<const expression::Expression>(*std::move(compiled));
  const std::size_t at = compiled.error().at;
  error(in_key ? place_in_key(places_, node, at) : place_in(places_, node, at), compiled.error().text);
  return nullptr;
}

Condition StepMaker::condition(const Node& text) {
  if (text.text == "*") return nullptr;
  return compile(text.text, text, false, conditions_, expression::Type::Kind::boolean);
}

Condition StepMaker::condition_in_key(const Node& member) {
  if (member.key == "*") return nullptr;
  return compile(member.key, member, true, conditions_, expression::Type::Kind::boolean);
}

Condition StepMaker::condition_of(RuleReader& object) {
  const Node* const text = object.text("if");
  return text == nullptr ? nullptr : condition(*text);
}

Condition StepMaker::function(const Node& text) {
  Condition made = compile(text.text, text, false, functions_, expression::Type::Kind::any);
  if (made == nullptr) return nullptr;
  const expression::Node& tree = made->tree();
  constexpr std::string_view instead = "take its sum, min, max, avg, median or len";
  if (const expression::Node* const list = metric_as_number(tree); list != nullptr)
    error(place_in(places_, text, list->at),
          fmt::format("'{}' is a list, the values of a metric: {}{}", list->text, instead,
                      hint_for_minus(std::string_view(text.text).substr(list->at), list->text)));
  else if (made->type().is(expression::Type::Kind::list))
    error(place_in(places_, text, tree.at), fmt::format("an aggregate is a number, and this is a list: {}", instead));
  else if (!made->type().may_be_number())
    error(place_in(places_, text, tree.at),
          fmt::format("an aggregate is a number, and this is {}", type_name(made->type())));
  return made;
}

std::size_t StepMaker::add_rule(Origin origin) {
  rules_.rules.push_back({origin.where, std::move(origin.text)});
  return rules_.rules.size() - 1;
}

Step StepMaker::step(Step::Kind kind, Origin origin, Condition condition) {
  Step step;
  step.kind = kind;
  step.condition = std::move(condition);
  step.rule = add_rule(std::move(origin));
  return step;
}

Step StepMaker::step_by_name(Step::Kind kind, std::string_view key, const std::vector<const Node*>& rows,
                             Condition condition) {
  const bool is_table = kind == Step::Kind::rename_by || kind == Step::Kind::prefix_by;
  Step step;
  step.kind = kind;
  step.condition = std::move(condition);
  step.rule = rules_.rules.size();
  for (const Node* const row : rows) {
    const Origin origin = is_table ? Origin{row->key_where, fmt::format("{}: {} -> {}", key, row->key, shown(*row))}
                                   : origin_of(key, *row);
    router::Named named{is_table ? row->text : std::string(), add_rule(origin)};
    const bool is_new = step.names.emplace(is_table ? row->key : row->text, std::move(named)).second;
    if (!is_new) warn(origin.where, fmt::format("{} stands in this list already", config::in_quotes(row->text)));
  }
  return step;
}

bool StepMaker::check_key(Part part, std::string_view key, config::Position where) {
  if (part == Part::meta) {
    if (key.empty()) error(where, "the key of a meta value cannot be empty");
    return !key.empty();
  }
  if (codecs::representable(key)) return true;
  error(where, fmt::format("{} cannot be the key of a {}: it is empty or holds what line protocol cannot carry",
                           config::in_quotes(key), part == Part::fields ? "field" : "tag"));
  return false;
}

bool StepMaker::check_value(Part part, std::string_view value, config::Position where) {
  if (part != Part::tags || codecs::representable(value)) return true;
  error(where, fmt::format("{} cannot be the value of a tag: it is empty or holds what line protocol cannot carry",
                           config::in_quotes(value)));
  return false;
}

bool StepMaker::check_name(const Node& name) {
  if (codecs::representable_measurement(name.text)) return true;
  error(name.where,
        fmt::format("{} cannot be the name of a metric: it is empty or holds what line protocol cannot carry",
                    config::in_quotes(name.text)));
  return false;
}

bool StepMaker::check_prefix(const Node& prefix) {
  if (router::parse_prefix(prefix.text)) return true;
  error(prefix.where,
        fmt::format("unknown prefix {}: there are K, M, G, T, P, E, Z, Y, m, u, n, Ki, Mi, Gi, Ti, Pi, Ei, "
                    "Zi, Yi and \"\" for none",
                    config::in_quotes(prefix.text)));
  return false;
}

Steps read_drop_names(RuleReader& object, std::string_view key, StepMaker& maker, const Condition& condition) {
  const std::vector<const Node*> names = object.texts(key);
  if (names.empty()) return {};
  return {maker.step_by_name(Step::Kind::drop_name, key, names, condition)};
}

namespace {

std::string no_such_type(std::string_view text, std::span<const std::string_view> types) {
  const std::string meant = config::did_you_mean(text, types);
  return fmt::format("unknown type of message {}{}", config::in_quotes(text),
                     meant.empty() ? ": there are " + config::list_of(types) : meant);
}

}  // namespace

Steps read_drop_types(RuleReader& object, std::string_view key, StepMaker& maker, const Condition& condition) {
  constexpr std::array<std::string_view, 4> types = {"metric", "event", "log", "control"};
  const std::vector<const Node*> names = object.texts(key);
  if (names.empty()) return {};
  for (const Node* const name : names) {
    if (std::ranges::find(types, name->text) == types.end()) maker.error(name->where, no_such_type(name->text, types));
  }
  return {maker.step_by_name(Step::Kind::drop_type, key, names, condition)};
}

Steps read_drops(RuleReader& object, std::string_view key, StepMaker& maker) {
  Steps steps;
  for (const Node* const text : object.texts(key))
    steps.push_back(maker.step(Step::Kind::drop, origin_of(key, *text), maker.condition(*text)));
  return steps;
}

Steps read_giving(RuleReader& object, std::string_view key, GivingKind kind, StepMaker& maker,
                  const Condition& condition) {
  const Node* const text = object.text(key);
  if (text == nullptr || !(maker.*kind.check)(*text)) return {};
  Step step = maker.step(kind.kind, origin_of(key, *text), condition);
  step.value = text->text;
  return {std::move(step)};
}

Steps read_giving_by_name(RuleReader& object, std::string_view key, GivingKind kind, StepMaker& maker,
                          const Condition& condition) {
  std::vector<const Node*> entries = object.entries(key);
  std::erase_if(entries, [&](const Node* entry) { return !(maker.*kind.check)(*entry); });
  if (entries.empty()) return {};
  return {maker.step_by_name(kind.kind_by_name, key, entries, condition)};
}

Steps read_giving_by_condition(RuleReader& object, std::string_view key, GivingKind kind, StepMaker& maker) {
  Steps steps;
  for (const Node* const entry : object.entries(key)) {
    if (!(maker.*kind.check)(*entry)) continue;
    Step step = maker.step(kind.kind, {entry->key_where, fmt::format("{}: {} -> {}", key, entry->key, shown(*entry))},
                           maker.condition_in_key(*entry));
    step.value = entry->text;
    steps.push_back(std::move(step));
  }
  return steps;
}

Steps read_normalize(RuleReader& object, std::string_view key, StepMaker& maker, const Condition& condition) {
  bool wanted = false;
  object.boolean(key, wanted);
  if (!wanted) return {};
  return {maker.step(Step::Kind::normalize, {object.find(key)->where, std::string(key)}, condition)};
}

namespace {

bool check_keyed(StepMaker& maker, const Step& step, const KeyAndValue& text) {
  const bool sets = step.kind == Step::Kind::set;
  if (!sets && step.from == Part::fields && router::is_protected_field(step.key)) {
    maker.error(text.key_where,
                fmt::format("the field {} makes the message what it is: to be rid of both, drop the message",
                            config::in_quotes(step.key)));
    return false;
  }
  if (!maker.check_key(sets ? step.to : step.from, step.key, text.key_where)) return false;
  if (sets) return maker.check_value(step.to, step.value, text.value_where);
  return step.kind == Step::Kind::erase || maker.check_key(step.to, step.value, text.value_where);
}

}  // namespace

std::optional<Step> keyed_step(StepMaker& maker, std::string_view name, config::Position where, KeyedKind kind,
                               const KeyAndValue& text, Condition condition) {
  std::string shown = fmt::format("{}: {}", name, text.key);
  if (kind.kind != Step::Kind::erase)
    shown += fmt::format(" {} {}", kind.kind == Step::Kind::set ? "=" : "->", text.value);
  Step step = maker.step(kind.kind, {where, std::move(shown)}, std::move(condition));
  step.from = kind.from;
  step.to = kind.to;
  step.key = text.key;
  if (kind.kind != Step::Kind::erase) step.value = text.value;
  return check_keyed(maker, step, text) ? std::optional(std::move(step)) : std::nullopt;
}

Steps read_keyed(RuleReader& object, std::string_view key, KeyedKind kind, StepMaker& maker) {
  Steps steps;
  for (RuleReader& rule : object.objects(key)) {
    const Node* const tag = rule.text("key");
    const Node* const value = rule.text("value");  // of erasing it says nothing
    Condition condition = maker.condition_of(rule);
    rule.finish();
    const bool lacks_value = value == nullptr && kind.kind != Step::Kind::erase;
    if (tag == nullptr) rule.missing("key", R"("cluster")");
    if (lacks_value) rule.missing("value", R"("fritz")");
    if (tag == nullptr || lacks_value) continue;
    const KeyAndValue text = {tag->text, tag->where, value == nullptr ? std::string_view() : value->text,
                              value == nullptr ? tag->where : value->where};
    if (auto step = keyed_step(maker, key, rule.where(), kind, text, std::move(condition)))
      steps.push_back(*std::move(step));
  }
  return steps;
}

}  // namespace gw::rules
