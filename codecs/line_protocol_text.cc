// Plain text from raw text, and messages from lines; the grammar stands at the head of line_reader.cc.

#include <algorithm>

#include "codecs/line_protocol.h"

namespace codecs {
namespace {

std::string_view without_backslashes(std::string_view raw, std::string_view before, std::string& scratch) {
  std::size_t backslash = raw.find('\\');
  if (backslash == std::string_view::npos) return raw;
  scratch.clear();
  std::size_t start = 0;
  for (; backslash != std::string_view::npos; backslash = raw.find('\\', backslash + 1)) {
    if (backslash + 1 == raw.size() || before.find(raw[backslash + 1]) == std::string_view::npos) continue;
    scratch.append(raw, start, backslash - start);
    start = backslash + 1;
    ++backslash;  // what is escaped escapes nothing
  }
  scratch.append(raw, start);
  return scratch;
}

struct PlainValue {
  Dialect dialect;

  template <class Value>
  Message::Value operator()(Value value) const {
    return value;
  }
  Message::Value operator()(StringValue value) const {
    std::string scratch;
    return std::string(unescaped_string(value.text, scratch, dialect));
  }
};

}  // namespace

std::string_view unescaped(std::string_view raw, std::string& scratch) {
  return without_backslashes(raw, ", =", scratch);
}

std::string_view unescaped_field_key(std::string_view raw, std::string& scratch, Dialect dialect) {
  return without_backslashes(raw, dialect == Dialect::influxdb_1 ? ", =\"" : ", =", scratch);
}

std::string_view unescaped_measurement(std::string_view raw, std::string& scratch) {
  return without_backslashes(raw, ", ", scratch);
}

std::string_view unescaped_string(std::string_view raw, std::string& scratch, Dialect dialect) {
  if (dialect == Dialect::influxdb_1) return without_backslashes(raw, "\"\\", scratch);
  std::size_t backslash = raw.find('\\');
  if (backslash == std::string_view::npos) return raw;
  scratch.assign(raw, 0, backslash);
  for (std::size_t at = backslash; at < raw.size();) {
    const std::size_t kind =
        at + 1 < raw.size() ? std::string_view("\"\\nrt").find(raw[at + 1]) : std::string_view::npos;
    const bool escape = kind != std::string_view::npos;
    scratch += escape ? "\"\\\n\r\t"[kind] : '\\';
    at += escape ? 2 : 1;
    backslash = std::min(raw.find('\\', at), raw.size());
    scratch.append(raw, at, backslash - at);
    at = backslash;
  }
  return scratch;
}

std::expected<Message, std::string_view> to_message(const Line& line, Dialect dialect,
                                                    std::optional<Precision> precision) {
  std::string scratch;
  Message message;
  message.name = unescaped_measurement(line.measurement, scratch);
  message.tags.reserve(line.tags.size());
  for (const Tag& tag : line.tags) {
    Message::Tag& added = message.tags.emplace_back();
    added.key = unescaped(tag.key, scratch);
    added.value = unescaped(tag.value, scratch);
  }
  message.fields.reserve(line.fields.size());
  for (const Field& field : line.fields) {
    Message::Field& added = message.fields.emplace_back();
    added.key = unescaped_field_key(field.key, scratch, dialect);
    added.value = std::visit(PlainValue{dialect}, field.value);
  }
  if (!line.timestamp) return message;
  message.time_ns = to_nanoseconds(*line.timestamp, precision.value_or(precision_of(*line.timestamp)));
  if (!message.time_ns) return std::unexpected("timestamp out of range");
  return message;
}

}  // namespace codecs
