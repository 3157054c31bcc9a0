#include "gateway/cli/message_json.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace gw::cli {
namespace {

using Json = nlohmann::ordered_json;
using codecs::Message;

Json json_of_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return value;
}

struct JsonOfValue {
  Json operator()(double value) const { return {{"float", json_of_float(value)}}; }
  Json operator()(std::int64_t value) const { return {{"int", value}}; }
  Json operator()(std::uint64_t value) const { return {{"uint", value}}; }
  Json operator()(bool value) const { return {{"bool", value}}; }
  Json operator()(const std::string& value) const { return {{"string", value}}; }
};

std::optional<double> float_of(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (json == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (json == "+Inf") return std::numeric_limits<double>::infinity();
  if (json == "-Inf") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

/// An integer of `json` where it is one and fits.
template <class Integer>
std::optional<Integer> integer_of(const Json& json) {
  if (json.is_number_unsigned()) {
    const auto value = json.get<std::uint64_t>();
    if (std::in_range<Integer>(value)) return static_cast<Integer>(value);
  } else if (json.is_number_integer()) {
    const auto value = json.get<std::int64_t>();
    if (std::in_range<Integer>(value)) return static_cast<Integer>(value);
  }
  return std::nullopt;
}

using Problem = std::string;  // empty: none

Problem read_value(const Json& json, Message::Value& value) {
  std::string shape = R"(must be an object of one type, for example {"float":1.5})";
  if (!json.is_object() || json.size() != 1) return shape;
  const std::string& type = json.begin().key();
  const Json& content = json.begin().value();
  const auto set = [&](const auto& found, std::string_view what) {
    if (!found) return fmt::format("must be {}, not {}", what, dump(content));
    value = *found;
    return Problem();
  };
  if (type == "float") return set(float_of(content), R"(a number, "NaN", "+Inf" or "-Inf")");
  if (type == "int") return set(integer_of<std::int64_t>(content), "an integer of 64 bits");
  if (type == "uint") return set(integer_of<std::uint64_t>(content), "an unsigned integer of 64 bits");
  if (type == "bool")
    return set(content.is_boolean() ? std::optional(content.get<bool>()) : std::nullopt, "true or false");
  if (type == "string")
    return set(content.is_string() ? std::optional(content.get<std::string>()) : std::nullopt, "a text");
  return fmt::format("has the unknown type '{}': float, int, uint, string or bool", type);
}

Problem read_tags(const Json& json, Message& message) {
  if (!json.is_object()) return "'tags' must be an object of texts";
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) return fmt::format("tag '{}' must be a text, not {}", key, dump(value));
    message.tags.push_back({key, value.get<std::string>()});
  }
  return {};
}

Problem read_fields(const Json& json, Message& message) {
  if (!json.is_object()) return "'fields' must be an object";
  for (const auto& [key, value] : json.items()) {
    Message::Field field{key, 0.0};
    if (const Problem problem = read_value(value, field.value); !problem.empty())
      return fmt::format("field '{}' {}", key, problem);
    message.fields.push_back(std::move(field));
  }
  return {};
}

Problem read_time(const Json& json, Message& message) {
  if (json.is_null()) return {};
  message.time_ns = integer_of<std::int64_t>(json);
  return message.time_ns ? "" : fmt::format("'time' must be an integer in nanoseconds or null, not {}", dump(json));
}

Problem read_message(const Json& json, Message& message) {
  if (!json.is_object()) return "not an object";
  for (const auto& [key, value] : json.items()) {
    Problem problem;
    if (key == "name") {
      if (!value.is_string()) return fmt::format("'name' must be a text, not {}", dump(value));
      message.name = value.get<std::string>();
    } else if (key == "tags") {
      problem = read_tags(value, message);
    } else if (key == "fields") {
      problem = read_fields(value, message);
    } else if (key == "time") {
      problem = read_time(value, message);
    } else {
      problem = fmt::format("unknown key '{}': name, tags, fields and time are known", key);
    }
    if (!problem.empty()) return problem;
  }
  return json.contains("name") ? "" : "no 'name'";
}

}  // namespace

Json to_json(const Message& message) {
  Json tags = Json::object();
  for (const Message::Tag& tag : message.tags) tags[tag.key] = tag.value;
  Json fields = Json::object();
  for (const Message::Field& field : message.fields) fields[field.key] = std::visit(JsonOfValue{}, field.value);
  Json json = {{"name", message.name}, {"tags", std::move(tags)}, {"fields", std::move(fields)}};
  json["time"] = message.time_ns ? Json(*message.time_ns) : Json(nullptr);
  return json;
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::expected<Message, std::string> message_of_json(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (json.is_discarded()) return std::unexpected("not JSON");
  Message message;
  if (Problem problem = read_message(json, message); !problem.empty()) return std::unexpected(std::move(problem));
  return message;
}

}  // namespace gw::cli
