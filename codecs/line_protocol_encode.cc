// The writing half; the grammar stands at the head of line_reader.cc.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "codecs/line_protocol.h"
#include "codecs/utf8.h"

namespace codecs {
namespace {

/// Appends `text` with a backslash before each byte that `special` picks.
template <class Special>
void append_escaped(std::string& out, std::string_view text, Special special) {
  const char* start = text.data();
  const char* const end = start + text.size();
  while (start != end) {
    const char* const stop = std::find_if(start, end, special);
    out.append(start, stop);
    if (stop == end) break;
    out += '\\';
    out += *stop;
    start = stop + 1;
  }
}

/// Long enough for every double and 64-bit integer in its shortest form.
using NumberText = std::array<char, 32>;

template <class Number>
void append_number(std::string& out, Number value) {
  NumberText text;
  const std::to_chars_result result = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), result.ptr);
}

struct AppendFieldValue {
  std::string& out;

  void operator()(double value) const { append_float(out, value); }
  void operator()(std::int64_t value) const {
    append_number(out, value);
    out += 'i';
  }
  void operator()(std::uint64_t value) const {
    append_number(out, value);
    out += 'u';
  }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(StringValue value) const {
    out += '"';
    out += value.text;
    out += '"';
  }
};

}  // namespace

bool representable(std::string_view text) {
  if (text.empty() || text.back() == '\\') return false;
  const bool controls = std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  return !controls && valid_utf8_prefix(text) == text.size();
}

bool representable_measurement(std::string_view text) { return representable(text) && text.front() != '#'; }

void append_measurement(std::string& out, std::string_view text) {
  append_escaped(out, text, [](char c) { return c == ' ' || c == ','; });
}

void append_tag_text(std::string& out, std::string_view text) {
  append_escaped(out, text, [](char c) { return c == ' ' || c == ',' || c == '='; });
}

void append_float(std::string& out, double value) { append_number(out, value); }

void append_field_value(std::string& out, const FieldValue& value) { std::visit(AppendFieldValue{out}, value); }

void append_string_value(std::string& out, std::string_view text) {
  constexpr std::string_view special = "\"\\\n\r\t";
  constexpr std::string_view letters = "\"\\nrt";
  out += '"';
  std::size_t start = 0;
  for (std::size_t at; (at = text.find_first_of(special, start)) != std::string_view::npos; start = at + 1) {
    out.append(text, start, at - start);
    out += '\\';
    out += letters[special.find(text[at])];
  }
  out.append(text, start);
  out += '"';
}

namespace {

/// Why `text` cannot stand where it should; nothing where it can.
std::string_view trouble_with(std::string_view text, std::string_view empty) {
  if (text.empty()) return empty;
  return representable(text) ? std::string_view()
                             : "a name holds a control character, is no UTF-8 or ends with a backslash";
}

struct AppendPlainValue {
  std::string& out;
  Dialect dialect;

  std::string_view operator()(double value) const {
    if (!std::isfinite(value)) return "a number is not finite";
    append_float(out, value);
    return {};
  }
  std::string_view operator()(std::uint64_t value) const {
    if (dialect == Dialect::influxdb_1) return "InfluxDB 1.x has no unsigned integers";
    append_field_value(out, value);
    return {};
  }
  std::string_view operator()(StringValue value) const {
    if (valid_utf8_prefix(value.text) != value.text.size()) return "a string is no UTF-8";
    append_string_value(out, value.text);
    return {};
  }
  std::string_view operator()(std::int64_t value) const { return as_it_is(value); }
  std::string_view operator()(bool value) const { return as_it_is(value); }

 private:
  std::string_view as_it_is(const FieldValue& value) const {
    append_field_value(out, value);
    return {};
  }
};

std::string_view append_parts(std::string& out, const Point& point, Dialect dialect) {
  if (const auto trouble = trouble_with(point.measurement, "no measurement"); !trouble.empty()) return trouble;
  if (point.measurement.front() == '#') return "a measurement that begins with '#' would be a comment";
  append_measurement(out, point.measurement);
  for (const Tag& tag : point.tags) {
    if (const auto trouble = trouble_with(tag.key, "no tag key"); !trouble.empty()) return trouble;
    if (tag.value.empty()) continue;
    if (const auto trouble = trouble_with(tag.value, {}); !trouble.empty()) return trouble;
    out += ',';
    append_tag_text(out, tag.key);
    out += '=';
    append_tag_text(out, tag.value);
  }
  if (point.fields.empty()) return "no fields";
  char mark = ' ';
  for (const Field& field : point.fields) {
    if (const auto trouble = trouble_with(field.key, "no field key"); !trouble.empty()) return trouble;
    out += mark;
    append_tag_text(out, field.key);
    out += '=';
    if (const auto trouble = std::visit(AppendPlainValue{out, dialect}, field.value); !trouble.empty()) return trouble;
    mark = ',';
  }
  if (point.timestamp) {
    out += ' ';
    append_number(out, *point.timestamp);
  }
  out += '\n';
  return {};
}

struct ViewOfValue {
  template <class Value>
  FieldValue operator()(Value value) const {
    return value;
  }
  FieldValue operator()(const std::string& value) const { return StringValue{value}; }
};

}  // namespace

std::expected<void, std::string_view> append_line(std::string& out, const Point& point, Dialect dialect) {
  const std::size_t start = out.size();
  const std::string_view trouble = append_parts(out, point, dialect);
  if (trouble.empty()) return {};
  out.resize(start);
  return std::unexpected(trouble);
}

std::expected<void, std::string_view> append_message(std::string& out, const Message& message, Dialect dialect,
                                                     Precision precision) {
  std::vector<Tag> tags;
  tags.reserve(message.tags.size());
  for (const Message::Tag& tag : message.tags) tags.push_back({tag.key, tag.value});
  std::vector<Field> fields;
  fields.reserve(message.fields.size());
  for (const Message::Field& field : message.fields)
    fields.push_back({field.key, std::visit(ViewOfValue{}, field.value)});
  Point point{message.name, tags, fields, std::nullopt};
  if (message.time_ns) point.timestamp = from_nanoseconds(*message.time_ns, precision);
  return append_line(out, point, dialect);
}

}  // namespace codecs
