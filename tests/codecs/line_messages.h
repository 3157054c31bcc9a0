#pragma once
// Messages from chance, for properties and fuzzers, and what must hold of each.

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "codecs/line_protocol.h"
#include "codecs/message.h"

namespace line_messages {

/// Texts of all kinds: mostly what lines can carry, sometimes what they cannot. `choose(n)` picks from 0 to n - 1.
template <class Choose>
std::string make_text(Choose& choose, std::size_t size_max) {
  static constexpr std::string_view pieces[] = {"cpu", "_load", "host", "-id", "0",   "7", "f0201", "a",
                                                "b",   "time",  "type", ".",   "/",   ":", "\"",    "#",
                                                ",",   " ",     "=",    "\\",  "\\n", "µ", "€",     "😀"};
  static constexpr std::string_view odd_pieces[] = {"\n", "\r", "\t", "\x01", "\x7f", "\xff", "\xc3", "\xed\xa0\x80"};
  std::string text;
  for (std::size_t count = 1 + choose(size_max); count > 0; --count) {
    text += choose(200) == 0 ? odd_pieces[choose(std::size(odd_pieces))] : pieces[choose(std::size(pieces))];
  }
  return choose(300) == 0 ? std::string() : text;
}

template <class Choose>
std::uint64_t make_bits(Choose& choose) {
  std::uint64_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = bits << 8 | choose(256);
  return bits;
}

template <class Choose>
codecs::Message::Value make_value(Choose& choose) {
  switch (choose(8)) {
    case 0:
      return std::bit_cast<double>(make_bits(choose));
    case 1:
      return static_cast<std::int64_t>(make_bits(choose) >> choose(64));
    case 2:
      return static_cast<std::int64_t>(make_bits(choose));
    case 3:
      return choose(8) == 0 ? codecs::Message::Value(make_bits(choose)) : codecs::Message::Value(7.0);
    case 4:
      return choose(2) == 0;
    case 5:
      return choose(4) == 0 ? std::string() : make_text(choose, 12);
    default:
      return static_cast<double>(choose(100'000)) / (choose(2) == 0 ? 1000 : 7);
  }
}

template <class Choose>
codecs::Message make_message(Choose& choose) {
  codecs::Message message;
  message.name = make_text(choose, 3);
  for (std::size_t count = choose(8); count > 0; --count) {
    message.tags.push_back({make_text(choose, 3), make_text(choose, 4)});
  }
  for (std::size_t count = 1 + choose(3); count > 0; --count) {
    message.fields.push_back({make_text(choose, 2), make_value(choose)});
  }
  if (choose(100) == 0) message.fields.clear();
  if (choose(4) != 0) message.time_ns = static_cast<std::int64_t>(make_bits(choose)) >> choose(64);
  return message;
}

/// Why no line of the dialect can carry `message`, said in another way than the writer does; true where one can.
/// Writes a field key as InfluxDB 1.x's own tools do and reads it as models/points.go does: the scan takes a backslash
/// and what follows together, the reading of keys drops it before what may be escaped.
inline bool influxdb_1_reads_back(const std::string& key) {
  std::string raw;
  for (const char c : key) {
    if (c == ',' || c == ' ' || c == '=') raw += '\\';
    raw += c;
  }
  for (std::size_t i = 0; i < raw.size(); i += raw[i] == '\\' ? std::size_t{2} : std::size_t{1}) {
    if (raw[i] == ',' || raw[i] == ' ' || raw[i] == '=') return false;
  }
  std::string read;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const bool escape = raw[i] == '\\' && i + 1 < raw.size() && std::string_view(", =\"").contains(raw[i + 1]);
    read += raw[escape ? ++i : i];
  }
  return read == key;
}

inline bool can_be_written(const codecs::Message& message, codecs::Dialect dialect) {
  const bool influxdb_1 = dialect == codecs::Dialect::influxdb_1;
  if (!codecs::representable_measurement(message.name) || message.fields.empty()) return false;
  for (const codecs::Message::Tag& tag : message.tags) {
    if (!codecs::representable(tag.key) || !codecs::representable(tag.value)) return false;
    if (influxdb_1 && tag.key == "time") return false;
    for (const codecs::Message::Tag& other : message.tags) {
      if (&other != &tag && other.key == tag.key) return false;
    }
  }
  for (const codecs::Message::Field& field : message.fields) {
    if (!codecs::representable(field.key) || (influxdb_1 && field.key == "time")) return false;
    if (influxdb_1 && !influxdb_1_reads_back(field.key)) return false;
    if (influxdb_1 && std::holds_alternative<std::uint64_t>(field.value)) return false;
    const auto* const number = std::get_if<double>(&field.value);
    if (number != nullptr && !std::isfinite(*number)) return false;
    const auto* const text = std::get_if<std::string>(&field.value);
    // As a name it would be one but for these.
    if (text != nullptr) {
      std::string name = "x";
      for (const char c : *text) name += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
      if (!codecs::representable(name + "x")) return false;
    }
  }
  const std::int64_t time = message.time_ns.value_or(0);
  return !influxdb_1 || (time >= -9223372036854775806 && time <= 9223372036854775806);
}

}  // namespace line_messages
