#include "gateway/router/step.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "codecs/timestamp.h"
#include "gateway/base/printable.h"
#include "gateway/router/expression/functions.h"
#include "gateway/router/topology.h"

namespace gw::router {

using expression::Value;
using Tag = codecs::Message::Tag;
using Tags = std::vector<Tag>;
using Field = codecs::Message::Field;

namespace {

constexpr std::array<std::string_view, 4> protected_fields = {"value", "event", "log", "control"};

void set(Tags& tags, std::string_view key, std::string value) {
  const auto found = std::ranges::find(tags, key, &Tag::key);
  if (found != tags.end()) {
    found->value = std::move(value);
  } else {
    tags.push_back({std::string(key), std::move(value)});
  }
}

bool erase(Tags& tags, std::string_view key) {
  return std::erase_if(tags, [key](const Tag& tag) { return tag.key == key; }) > 0;
}

void set_field(std::vector<Field>& fields, std::string_view key, codecs::Message::Value value) {
  const auto found = std::ranges::find(fields, key, &Field::key);
  if (found != fields.end()) {
    found->value = std::move(value);
  } else {
    fields.push_back({std::string(key), std::move(value)});
  }
}

codecs::FieldValue view_of(const codecs::Message::Value& value) {
  return std::visit(
      [](const auto& held) -> codecs::FieldValue {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>)
          return codecs::StringValue{held};
        else
          return held;
      },
      value);
}

/// Of a number.
codecs::Message::Value number_of(const codecs::FieldValue& value) {
  if (const auto* const real = std::get_if<double>(&value)) return *real;
  if (const auto* const integer = std::get_if<std::int64_t>(&value)) return *integer;
  return std::get<std::uint64_t>(value);
}

/// What has a unit is measured; its condition may ask for what only that has.
bool is_of_metrics(Step::Kind kind) {
  return kind == Step::Kind::normalize || kind == Step::Kind::prefix || kind == Step::Kind::prefix_by;
}

/// Whether the field `value` is there and no text.
bool is_metric(const codecs::Message& message) {
  const auto found = std::ranges::find(message.fields, "value", &Field::key);
  return found != message.fields.end() && !std::holds_alternative<std::string>(found->value);
}

std::string text_of(const codecs::Message::Value& value) {
  if (const auto* const natural = std::get_if<std::uint64_t>(&value)) return std::to_string(*natural);
  return expression::text_of(value_of(view_of(value)));
}

std::string unknown_unit(std::string_view text) {
  constexpr std::size_t shown_max = 40;
  return fmt::format("'{}' is no unit of ClusterCockpit", start_of(text, shown_max));
}

}  // namespace

bool is_number(const codecs::FieldValue& value) {
  return !std::holds_alternative<bool>(value) && !std::holds_alternative<codecs::StringValue>(value);
}

std::optional<codecs::FieldValue> number_in(const codecs::Message& message) {
  const auto found = std::ranges::find(message.fields, "value", &Field::key);
  if (found == message.fields.end()) return std::nullopt;
  const codecs::FieldValue value = view_of(found->value);
  return is_number(value) ? std::optional(value) : std::nullopt;
}

Value value_of(const codecs::FieldValue& value) {
  if (const auto* const real = std::get_if<double>(&value)) return Value::of(*real);
  if (const auto* const integer = std::get_if<std::int64_t>(&value)) return Value::of(*integer);
  if (const auto* const natural = std::get_if<std::uint64_t>(&value)) {
    if (std::in_range<std::int64_t>(*natural)) return Value::of(static_cast<std::int64_t>(*natural));
    return Value::of(static_cast<double>(*natural));
  }
  if (const auto* const truth = std::get_if<bool>(&value)) return Value::of(*truth);
  return Value::of(std::get<codecs::StringValue>(value).text);
}

bool is_finite(const codecs::FieldValue& value) {
  const auto* const real = std::get_if<double>(&value);
  return real == nullptr || std::isfinite(*real);
}

std::int64_t interval_start(std::int64_t time_ns, std::int64_t interval_ns) {
  const std::int64_t into = time_ns % interval_ns;
  const std::int64_t back = into < 0 ? into + interval_ns : into;
  return time_ns < INT64_MIN + back ? INT64_MIN : time_ns - back;
}

bool is_protected_field(std::string_view key) {
  return std::ranges::find(protected_fields, key) != protected_fields.end();
}

void Stepper::begin(Message& message, std::int64_t now_ns) {
  message_ = &message;
  now_ns_ = now_ns;
  view_is_stale_ = true;
}

const MessageView& Stepper::view() {
  if (!std::exchange(view_is_stale_, false)) return view_;
  view_.name = message_->name;
  view_.tags.clear();
  view_.meta.clear();
  view_.fields.clear();
  for (const Tag& tag : message_->tags) view_.tags.emplace_back(tag.key, Value::of(std::string_view(tag.value)));
  for (const Tag& tag : message_->meta) view_.meta.emplace_back(tag.key, Value::of(std::string_view(tag.value)));
  for (const Field& field : message_->fields) view_.fields.emplace_back(field.key, value_of(view_of(field.value)));
  if (topology_ != nullptr) view_.host = topology_->find(host_of(*message_, hostname_tag_));
  view_.timestamp_s = codecs::from_nanoseconds(message_->time_ns.value_or(now_ns_), codecs::Precision::seconds);
  return view_;
}

Effect Stepper::fail(std::string problem) {
  problem_ = std::move(problem);
  return Effect::failed;
}

Effect Stepper::leave(std::string why) {
  problem_ = std::move(why);
  return Effect::left;
}

std::optional<bool> Stepper::holds(const expression::Expression* condition) {
  if (condition == nullptr) return true;
  return decide(*condition, MessageVariables(view()));
}

Stepper::Answer Stepper::ask(const expression::Expression& condition) {
  const SeriesVariables variables(view());
  const std::optional<bool> holds = decide(condition, variables);
  return {.holds = holds, .told_by_line = variables.told_line()};
}

std::optional<bool> Stepper::decide(const expression::Expression& condition, const expression::Variables& variables) {
  arena_.clear();
  const auto holds = condition.decide(variables, arena_);
  if (holds) return *holds;
  problem_ = holds.error().text;
  return std::nullopt;
}

Effect Stepper::apply(const Step& step) {
  rule_ = step.rule;
  if (is_of_metrics(step.kind) && !is_metric(*message_)) return Effect::none;
  const std::optional<bool> holds_here = holds(step.condition.get());
  if (!holds_here) return Effect::failed;
  if (!*holds_here) return Effect::none;
  return act(step);
}

Effect Stepper::act(const Step& step) {
  rule_ = step.rule;
  prefix_change_.reset();
  const Effect effect = act_on(step);
  if (effect == Effect::changed) view_is_stale_ = true;
  return effect;
}

const Named* Stepper::look_up(const Step& step, std::string_view name) {
  const auto found = step.names.find(name);
  if (found == step.names.end()) return nullptr;
  rule_ = found->second.rule;
  return &found->second;
}

Effect Stepper::act_on(const Step& step) {
  using enum Step::Kind;
  Message& message = *message_;
  switch (step.kind) {
    case drop:
      return Effect::dropped;
    case drop_type:
      return look_up(step, message_type(view())) != nullptr ? Effect::dropped : Effect::none;
    case drop_name:
      return look_up(step, message.name) != nullptr ? Effect::dropped : Effect::none;
    case set:
      if (step.to == Part::fields) {
        set_field(message.fields, step.key, step.value);
      } else {
        router::set(step.to == Part::tags ? message.tags : message.meta, step.key, step.value);
      }
      return Effect::changed;
    case erase: {
      const bool found = step.from == Part::fields
                             ? std::erase_if(message.fields, [&](const Field& f) { return f.key == step.key; }) > 0
                             : router::erase(step.from == Part::tags ? message.tags : message.meta, step.key);
      return found ? Effect::changed : Effect::none;
    }
    case move:
      return this->move(step);
    case rename:
      return this->rename(step.value);
    case rename_by: {
      const Named* const found = look_up(step, message.name);
      return found == nullptr ? Effect::none : this->rename(found->value);
    }
    case normalize:
      return this->normalize();
    case prefix:
      return change_prefix(step.value);
    case prefix_by: {
      const Named* const found = look_up(step, message.name);
      return found == nullptr ? Effect::none : change_prefix(found->value);
    }
    case interval_time:
      message.time_ns = interval_start(message.time_ns.value_or(now_ns_), step.interval_ns);
      return Effect::changed;
  }
  return Effect::none;
}

Effect Stepper::move(const Step& step) {
  Message& message = *message_;
  std::string text;
  if (step.from == Part::fields) {
    const auto found = std::ranges::find(message.fields, step.key, &Field::key);
    if (found == message.fields.end()) return Effect::none;
    text = text_of(found->value);
    message.fields.erase(found);
  } else {
    Tags& from = step.from == Part::tags ? message.tags : message.meta;
    const auto found = std::ranges::find(from, step.key, &Tag::key);
    if (found == from.end()) return Effect::none;
    text = std::move(found->value);
    from.erase(found);
  }
  if (step.to == Part::fields) {
    set_field(message.fields, step.value, std::move(text));
  } else {
    set(step.to == Part::tags ? message.tags : message.meta, step.value, std::move(text));
  }
  return Effect::changed;
}

Effect Stepper::rename(std::string_view name) {
  set(message_->meta, "oldname", std::exchange(message_->name, std::string(name)));
  return Effect::changed;
}

/// Where the unit stands: in meta, else in the tags.
std::string* Stepper::unit() {
  for (Tags* const part : {&message_->meta, &message_->tags}) {
    const auto found = std::ranges::find(*part, "unit", &Tag::key);
    if (found != part->end()) return &found->value;
  }
  return nullptr;
}

Effect Stepper::normalize() {
  std::string* const text = unit();
  if (text == nullptr) return Effect::none;
  const auto known = parse_unit(*text);
  if (!known) return leave(unknown_unit(*text));
  std::string normal = short_text(*known);
  if (*text == normal) return Effect::none;
  *text = std::move(normal);
  return Effect::changed;
}

/// Unit and value change together, or not at all.
Effect Stepper::change_prefix(std::string_view text) {
  const auto prefix = parse_prefix(text);
  const auto field = std::ranges::find(message_->fields, "value", &Field::key);
  if (!prefix || field == message_->fields.end()) return Effect::none;
  const codecs::FieldValue old = view_of(field->value);
  if (!is_number(old)) return Effect::none;
  std::string* const unit_text = unit();
  if (unit_text == nullptr) return leave("the metric has no unit");
  const auto from = parse_unit(*unit_text);
  if (!from) return leave(unknown_unit(*unit_text));
  const auto to = with_prefix(*from, *prefix);
  if (!to) return leave(fmt::format("'{}' with the prefix '{}' would say another unit", *unit_text, text));
  prefix_change_ = {from->prefix, to->prefix};
  const codecs::FieldValue value = convert(old, from->prefix, to->prefix);
  if (!is_finite(value)) return fail(fmt::format("the value is too large with the prefix '{}'", text));
  field->value = number_of(value);
  *unit_text = short_text(*to);
  return Effect::changed;
}

}  // namespace gw::router
