// Whole lines; the grammar stands at the head of line_reader.cc.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "codecs/line_parts.h"
#include "codecs/line_protocol.h"
#include "codecs/number.h"
#include "codecs/utf8.h"
#include "codecs/word.h"

namespace codecs {
namespace {

/// The bytes that a string may not hold to be copied as it is.
constexpr auto odd_in_string = [](std::uint64_t word) {
  return any_less(word, ' ') | any_delete_or_high(word) | any_equal(word, '"') | any_equal(word, '\\');
};

/// Writes one line. Every member answers why it cannot, or nothing.
class LineWriter {
 public:
  /// `to` has room for line_bound(point).
  LineWriter(char* to, Dialect dialect) : at_(to), dialect_(dialect) {}

  std::string_view write(const Point& point);
  const char* end() const { return at_; }

 private:
  bool influxdb_1() const { return dialect_ == Dialect::influxdb_1; }
  void put(char c) { *at_++ = c; }

  std::string_view write_tags(std::span<const Tag> tags);
  std::string_view write_fields(std::span<const Field> fields);
  std::string_view write_name(std::string_view name, std::string_view escapes, std::string_view missing);
  std::string_view write_value(const FieldValue& value);
  std::string_view write_string(std::string_view text);
  void write_odd_string(std::string_view text);
  std::string_view write_timestamp(std::int64_t timestamp);

  char* at_;
  Dialect dialect_;
  std::size_t field_key_bytes_ = 0;  ///< of the longest one, with its escapes
};

std::string_view LineWriter::write(const Point& point) {
  const char* const start = at_;
  if (point.measurement.starts_with('#')) return "a measurement that begins with '#' would be a comment";
  if (const auto trouble = write_name(point.measurement, measurement_escapes, "no measurement"); !trouble.empty())
    return trouble;
  if (const auto trouble = write_tags(point.tags); !trouble.empty()) return trouble;
  const auto key_bytes = static_cast<std::size_t>(at_ - start);
  if (point.fields.empty()) return "no fields";
  put(' ');
  if (const auto trouble = write_fields(point.fields); !trouble.empty()) return trouble;
  if (influxdb_1() && key_bytes + influxdb_1_key_separator_bytes + field_key_bytes_ > influxdb_1_key_bytes_max)
    return "measurement and tags are too long for InfluxDB 1.x";
  if (point.timestamp) {
    put(' ');
    if (const auto trouble = write_timestamp(*point.timestamp); !trouble.empty()) return trouble;
  }
  put('\n');
  return static_cast<std::size_t>(at_ - start) > line_bytes_max ? "line too long" : std::string_view();
}

std::string_view LineWriter::write_tags(std::span<const Tag> tags) {
  if (tags.size() > tags_max) return "too many tags";
  std::uint64_t last_key = 0;
  for (const Tag& tag : tags) {
    if (influxdb_1() && tag.key == "time") return "InfluxDB 1.x takes no tag named 'time'";
    // In sorted tags no key is compared with all before it.
    const std::uint64_t this_key = sort_key<Behind::unreadable>(tag.key);
    if (this_key > last_key)
      last_key = this_key;
    else if (std::ranges::count(tags, tag.key, &Tag::key) > 1)
      return "duplicate tag key";
    put(',');
    if (const auto trouble = write_name(tag.key, name_escapes, "no tag key"); !trouble.empty()) return trouble;
    put('=');
    if (const auto trouble = write_name(tag.value, name_escapes, "empty tag value"); !trouble.empty()) return trouble;
  }
  return {};
}

/// Each backslash and what stands behind it are a pair to InfluxDB 1.x: one left over, or one before a quote, would
/// change what is read.
bool carries_key(std::string_view key) {
  std::size_t backslashes = 0;
  for (const char c : key) {
    const bool escaped = name_escapes.find(c) != std::string_view::npos;
    if ((c == '"' && backslashes > 0) || (escaped && backslashes % 2 != 0)) return false;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return true;
}

std::string_view LineWriter::write_fields(std::span<const Field> fields) {
  if (fields.size() > fields_max) return "too many fields";
  for (const Field& field : fields) {
    if (influxdb_1() && field.key == "time") return "InfluxDB 1.x takes no field named 'time'";
    if (influxdb_1() && !carries_key(field.key))
      return "InfluxDB 1.x cannot hold a backslash at that place of a field key";
    const char* const key = at_;
    if (const auto trouble = write_name(field.key, name_escapes, "no field key"); !trouble.empty()) return trouble;
    field_key_bytes_ = std::max(field_key_bytes_, static_cast<std::size_t>(at_ - key));
    put('=');
    if (const auto trouble = write_value(field.value); !trouble.empty()) return trouble;
    put(',');
  }
  --at_;
  return {};
}

std::string_view LineWriter::write_name(std::string_view name, std::string_view escapes, std::string_view missing) {
  if (name.empty()) return missing;
  if (copy_plain(at_, name, odd_in_name)) {
    at_ += name.size();
    return {};
  }
  const std::string_view problem = name_problem(name);
  if (problem.empty()) at_ = copy_escaped(at_, name, escapes);
  return problem;
}

std::string_view LineWriter::write_value(const FieldValue& value) {
  if (const auto* const text = std::get_if<StringValue>(&value)) return write_string(text->text);
  if (const auto* const number = std::get_if<double>(&value); number != nullptr && !std::isfinite(*number))
    return "a number is not finite";
  if (influxdb_1() && std::holds_alternative<std::uint64_t>(value)) return "InfluxDB 1.x has no unsigned integers";
  at_ = write_plain_value(at_, value);
  return {};
}

std::string_view LineWriter::write_string(std::string_view text) {
  put('"');
  if (copy_plain(at_, text, odd_in_string)) {
    at_ += text.size();
  } else {
    if (valid_utf8_prefix(text) != text.size()) return "a string is no UTF-8";
    write_odd_string(text);
  }
  put('"');
  return {};
}

void LineWriter::write_odd_string(std::string_view text) {
  for (const char c : text) {
    // A raw newline is fine in both dialects, but in line-protocol v2 there is a form that keeps the line in one.
    const std::size_t kind = std::string_view("\"\\\n\r\t").substr(0, influxdb_1() ? 2 : 5).find(c);
    if (kind == std::string_view::npos) {
      put(c);
    } else {
      put('\\');
      put("\"\\nrt"[kind]);
    }
  }
}

std::string_view LineWriter::write_timestamp(std::int64_t timestamp) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max() - 1;
  if (influxdb_1() && (timestamp < -last || timestamp > last)) return "timestamp out of range";
  at_ = std::to_chars(at_, at_ + number_chars_max, timestamp).ptr;
  return {};
}

/// Every byte of a text with an escape, every number at its longest.
std::size_t line_bound(const Point& point) {
  std::size_t bound = 2 * point.measurement.size() + 2 * number_chars_max + word_bytes;
  for (const Tag& tag : point.tags) bound += 2 * (tag.key.size() + tag.value.size()) + 2;
  for (const Field& field : point.fields) {
    const auto* const text = std::get_if<StringValue>(&field.value);
    bound += 2 * field.key.size() + 2 + number_chars_max + (text == nullptr ? 0 : 2 * text->text.size());
  }
  return bound;
}

FieldValue view_of(const Message::Value& value) {
  return std::visit(
      [](const auto& content) -> FieldValue {
        if constexpr (std::is_same_v<decltype(content), const std::string&>)
          return StringValue{content};
        else
          return content;
      },
      value);
}

}  // namespace

std::expected<void, std::string_view> append_line(std::string& out, const Point& point, Dialect dialect) {
  const std::size_t start = out.size();
  std::string_view trouble;
  out.resize_and_overwrite(start + line_bound(point), [&](char* text, std::size_t) {
    LineWriter writer(text + start, dialect);
    trouble = writer.write(point);
    return trouble.empty() ? static_cast<std::size_t>(writer.end() - text) : start;
  });
  if (!trouble.empty()) return std::unexpected(trouble);
  return {};
}

std::expected<void, std::string_view> append_message(std::string& out, const Message& message, Dialect dialect,
                                                     Precision precision) {
  std::vector<Tag> tags;
  tags.reserve(message.tags.size());
  for (const Message::Tag& tag : message.tags) tags.push_back({tag.key, tag.value});
  std::vector<Field> fields;
  fields.reserve(message.fields.size());
  for (const Message::Field& field : message.fields) fields.push_back({field.key, view_of(field.value)});
  Point point{message.name, tags, fields, std::nullopt};
  if (message.time_ns) point.timestamp = from_nanoseconds(*message.time_ns, precision);
  return append_line(out, point, dialect);
}

}  // namespace codecs
