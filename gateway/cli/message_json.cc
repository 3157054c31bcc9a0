#include "gateway/cli/message_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/config/problem.h"

namespace gw::cli {
namespace {

using Json = nlohmann::ordered_json;
using codecs::Message;

/// Keys of one message to read. The JSON library looks for each among those before it; no format takes as many.
constexpr std::size_t keys_max = 8192;

/// Objects and lists within each other: what is written of a problem goes down into them. A message has three.
constexpr int levels_max = 64;

/// More keys than that are looked up in a table, not one by one.
constexpr std::size_t few_keys = 16;

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// DEL and U+0080 to U+009F stand for themselves in JSON, but steer terminals.
void append_without_controls(std::string& out, std::string_view json) {
  for (std::size_t i = 0; i < json.size(); ++i) {
    const bool c1 = json[i] == '\xc2' && i + 1 < json.size() && static_cast<unsigned char>(json[i + 1]) < 0xa0;
    if (!c1 && json[i] != '\x7f') {
      out += json[i];
      continue;
    }
    if (c1) ++i;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(json[i]));
  }
}

void append_text(std::string& out, std::string_view text) {
  const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
  if (!std::ranges::all_of(text, plain)) {
    append_without_controls(out, dump(text));
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

struct AppendValue {
  std::string& out;

  void operator()(double value) const {
    out += R"({"float":)";
    if (std::isnan(value)) {
      out += R"("NaN")";
    } else if (std::isinf(value)) {
      out += value > 0 ? R"("+Inf")" : R"("-Inf")";
    } else {
      out += dump(value);
    }
    out += '}';
  }
  void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(out), R"({{"int":{}}})", value); }
  void operator()(std::uint64_t value) const { fmt::format_to(std::back_inserter(out), R"({{"uint":{}}})", value); }
  void operator()(bool value) const { out += value ? R"({"bool":true})" : R"({"bool":false})"; }
  void operator()(const std::string& value) const {
    out += R"({"string":)";
    append_text(out, value);
    out += '}';
  }
};

/// Of items with the same key the last one, at the place of the first.
template <class Item>
std::vector<const Item*> without_doubles(const std::vector<Item>& items) {
  std::vector<const Item*> kept;
  kept.reserve(items.size());
  std::unordered_map<std::string_view, std::size_t> places;
  for (const Item& item : items) {
    std::size_t place = kept.size();
    if (items.size() > few_keys) {
      place = places.try_emplace(item.key, place).first->second;
    } else {
      const auto found = std::ranges::find_if(kept, [&](const Item* other) { return other->key == item.key; });
      place = static_cast<std::size_t>(found - kept.begin());
    }
    if (place < kept.size())
      kept[place] = &item;
    else
      kept.push_back(&item);
  }
  return kept;
}

template <class Item, class AppendContent>
void append_object(std::string& out, const std::vector<Item>& items, AppendContent append_content) {
  char before = '{';
  for (const Item* const item : without_doubles(items)) {
    out += std::exchange(before, ',');
    append_text(out, item->key);
    out += ':';
    append_content(item->value);
  }
  if (before == '{') out += before;
  out += '}';
}

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

/// Of a message that was read.
std::size_t keys_of(const Json& message) {
  std::size_t keys = message.size();
  if (message.contains("tags")) keys += message["tags"].size();
  if (message.contains("fields")) keys += 2 * message["fields"].size();
  return keys;
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

void append_json(std::string& out, const Message& message, std::optional<std::string_view> subject) {
  out += '{';
  if (subject) {
    out += R"("subject":)";
    append_text(out, *subject);
    out += ',';
  }
  out += R"("name":)";
  append_text(out, message.name);
  out += R"(,"tags":)";
  append_object(out, message.tags, [&](const std::string& value) { append_text(out, value); });
  out += R"(,"fields":)";
  append_object(out, message.fields, [&](const Message::Value& value) { std::visit(AppendValue{out}, value); });
  out += R"(,"time":)";
  out += message.time_ns ? fmt::to_string(*message.time_ns) : "null";
  out += '}';
}

std::expected<Message, std::string> message_of_json(std::string_view line) {
  std::size_t keys = 0;
  bool too_deep = false;
  const auto within_bounds = [&](int level, Json::parse_event_t event, const Json&) {
    const bool starts = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    too_deep = too_deep || (starts && level >= levels_max);
    return !too_deep && (event != Json::parse_event_t::key || ++keys <= keys_max);
  };
  try {
    const Json json = Json::parse(line, within_bounds);
    if (too_deep) return std::unexpected(fmt::format("more than {} levels within each other", levels_max));
    if (keys > keys_max) return std::unexpected(fmt::format("more than {} keys", keys_max));
    Message message;
    if (Problem problem = read_message(json, message); !problem.empty()) return std::unexpected(std::move(problem));
    if (keys != keys_of(json)) return std::unexpected("a key stands twice");
    return message;
  } catch (const Json::exception& exception) {
    return std::unexpected(std::string(config::json_error_text(exception.what())));
  }
}

}  // namespace gw::cli
