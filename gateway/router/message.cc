#include "gateway/router/message.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "gateway/router/topology.h"

namespace gw::router {

using expression::Known;
using expression::Map;
using expression::Reads;
using expression::Type;
using expression::Value;

namespace {

using T = Type::Kind;

enum Slot : int { name, type, timestamp, tags, meta, fields, message, tag_key, meta_key, field_key, anything };

struct Name {
  std::string_view name;
  Slot slot;
  Type type;
  Reads reads;
};
constexpr Name known_names[] = {
    {"name", name, T::text, Reads::series},
    {"messagetype", type, T::text, Reads::message},
    {"msgtype", type, T::text, Reads::message},
    {"timestamp", timestamp, T::integer, Reads::message},
    {"tags", tags, T::map, Reads::series},
    {"tag", tags, T::map, Reads::series},
    {"meta", meta, T::map, Reads::series},
    {"fields", fields, T::map, Reads::message},
    {"field", fields, T::map, Reads::message},
    {"msg", message, T::message, Reads::nothing},
    {"message", message, T::message, Reads::nothing},
    {"metric", message, T::message, Reads::nothing},
};

struct Prefix {
  std::string_view prefix;
  Slot slot;
  Reads reads;
};
constexpr Prefix prefixes[] = {
    {"tag_", tag_key, Reads::series}, {"meta_", meta_key, Reads::series}, {"field_", field_key, Reads::message}};

/// Those of Go's ccMessage that need no type of Go.
struct Method {
  std::string_view name;
  Type type;
  std::uint8_t arguments;
  Reads reads;
};
enum MethodSlot : int {
  m_name,
  m_has_tag,
  m_has_meta,
  m_has_field,
  m_get_tag,
  m_get_meta,
  m_get_field,
  m_tags,
  m_meta,
  m_fields,
  m_is_metric,
  m_is_event,
  m_is_log,
  m_is_control,
};
constexpr Method known_methods[] = {
    {"Name", T::text, 0, Reads::series},         {"HasTag", T::boolean, 1, Reads::series},
    {"HasMeta", T::boolean, 1, Reads::series},   {"HasField", T::boolean, 1, Reads::message},
    {"GetTag", T::any, 1, Reads::series},        {"GetMeta", T::any, 1, Reads::series},
    {"GetField", T::any, 1, Reads::message},     {"Tags", T::map, 0, Reads::series},
    {"Meta", T::map, 0, Reads::series},          {"Fields", T::map, 0, Reads::message},
    {"IsMetric", T::boolean, 0, Reads::message}, {"IsEvent", T::boolean, 0, Reads::message},
    {"IsLog", T::boolean, 0, Reads::message},    {"IsControl", T::boolean, 0, Reads::message},
};

template <class Row, std::size_t size>
constexpr auto names_of(const Row (&rows)[size]) {
  std::array<std::string_view, size> out;
  std::ranges::transform(rows, out.begin(), &Row::name);
  return out;
}
constexpr auto name_list = names_of(known_names);
constexpr auto method_list = names_of(known_methods);

class MessageEnvironment final : public expression::Environment {
 public:
  std::optional<Known> find_name(std::string_view word) const override {
    const auto* const found = std::ranges::find(known_names, word, &Name::name);
    if (found != std::end(known_names)) return Known{.slot = found->slot, .type = found->type, .reads = found->reads};
    for (const Prefix& row : prefixes) {
      if (word.starts_with(row.prefix) && word.size() > row.prefix.size())
        return Known{.slot = row.slot, .type = {}, .reads = row.reads};
    }
    return word.starts_with('$')
               ? std::nullopt
               : std::optional(Known{.slot = anything, .type = {}, .own = false, .reads = Reads::perhaps});
  }
  std::optional<Known> find_method(std::string_view word) const override {
    const auto* const found = std::ranges::find(known_methods, word, &Method::name);
    if (found == std::end(known_methods)) return std::nullopt;
    return Known{.slot = static_cast<int>(found - std::begin(known_methods)),
                 .type = found->type,
                 .arguments = found->arguments,
                 .reads = found->reads};
  }
  std::span<const std::string_view> names() const override { return name_list; }
  std::span<const std::string_view> methods() const override { return method_list; }
};

Value value_of(const Map& map, std::string_view key) {
  const Value* const found = expression::find(map, key);
  return found != nullptr ? *found : Value{};
}

/// As Go's methods give it: empty where there is none.
Value text_in(const Map& map, std::string_view key) {
  const Value* const found = expression::find(map, key);
  return found != nullptr ? *found : Value::of(std::string_view());
}

bool has_text(const MessageView& message, std::string_view field) {
  return value_of(message.fields, field).is(Value::Kind::text);
}

bool is_metric(const MessageView& message) {
  const Value* const value = expression::find(message.fields, "value");
  return value != nullptr && !value->is(Value::Kind::text);
}

bool is_control(const MessageView& message) {
  const Value method = value_of(message.tags, "method");
  return has_text(message, "control") && method.is(Value::Kind::text) && (method.text == "GET" || method.text == "PUT");
}

}  // namespace

const expression::Environment& message_environment() {
  static const MessageEnvironment environment;
  return environment;
}

std::string_view message_type(const MessageView& view) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kinds = {
      {{"value", "metric"}, {"event", "event"}, {"log", "log"}, {"control", "control"}}};
  for (const auto& [field, kind] : kinds) {
    if (expression::find(view.fields, field) != nullptr) return kind;
  }
  return "unknown";
}

Value MessageVariables::get(int slot, std::string_view word) const {
  switch (static_cast<Slot>(slot)) {
    case name:
      return Value::of(message_.name);
    case type:
      return Value::of(message_type(message_));
    case timestamp:
      return Value::of(message_.timestamp_s);
    case tags:
      return Value::of(&message_.tags);
    case meta:
      return Value::of(&message_.meta);
    case fields:
      return Value::of(&message_.fields);
    case message:
      return Value::message();
    case tag_key:
      return value_of(message_.tags, word.substr(prefixes[0].prefix.size()));
    case meta_key:
      return value_of(message_.meta, word.substr(prefixes[1].prefix.size()));
    case field_key:
      return value_of(message_.fields, word.substr(prefixes[2].prefix.size()));
    case anything:
      break;
  }
  for (const Map* const map : {&message_.tags, &message_.meta, &message_.fields}) {
    if (const Value* const found = expression::find(*map, word); found != nullptr) return *found;
  }
  return {};
}

Value SeriesVariables::get(int slot, std::string_view word) const {
  const bool is_value = word == "value" || word == "field_value";
  switch (static_cast<Slot>(slot)) {
    case timestamp:
    case fields:
      told_line_ = true;
      break;
    case field_key:
      told_line_ = told_line_ || is_value;
      break;
    case anything:
      told_line_ = told_line_ || (is_value && expression::find(message_.tags, word) == nullptr &&
                                  expression::find(message_.meta, word) == nullptr);
      break;
    default:
      break;
  }
  return variables_.get(slot, word);
}

Value SeriesVariables::call(int slot, std::span<const Value> arguments) const {
  told_line_ = told_line_ || slot == m_get_field || slot == m_fields;
  return variables_.call(slot, arguments);
}

bool series_tells(const MessageView& series, const expression::Node& part) {
  if (part.reads != Reads::perhaps) return part.reads < Reads::perhaps;
  return expression::find(series.tags, part.text) != nullptr || expression::find(series.meta, part.text) != nullptr;
}

Value MessageVariables::call(int slot, std::span<const Value> arguments) const {
  if (slot >= topology_slots) return call_topology_function(slot, message_.host, arguments);
  const std::string_view key =
      !arguments.empty() && arguments[0].is(Value::Kind::text) ? arguments[0].text : std::string_view();
  const auto has = [key](const Map& map) { return Value::of(expression::find(map, key) != nullptr); };
  switch (static_cast<MethodSlot>(slot)) {
    case m_name:
      return Value::of(message_.name);
    case m_has_tag:
      return has(message_.tags);
    case m_has_meta:
      return has(message_.meta);
    case m_has_field:
      return has(message_.fields);
    case m_get_tag:
      return text_in(message_.tags, key);
    case m_get_meta:
      return text_in(message_.meta, key);
    case m_get_field:
      return value_of(message_.fields, key);
    case m_tags:
      return Value::of(&message_.tags);
    case m_meta:
      return Value::of(&message_.meta);
    case m_fields:
      return Value::of(&message_.fields);
    case m_is_metric:
      return Value::of(is_metric(message_));
    case m_is_event:
      return Value::of(has_text(message_, "event"));
    case m_is_log:
      return Value::of(has_text(message_, "log"));
    case m_is_control:
      return Value::of(is_control(message_));
  }
  return {};
}

}  // namespace gw::router
