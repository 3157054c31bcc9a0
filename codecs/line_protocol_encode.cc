// The parts of a line, each on its own; the grammar stands at the head of line_reader.cc.

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>

#include "codecs/line_protocol.h"
#include "codecs/number.h"
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

template <std::integral Integer>
void append_integer(std::string& out, Integer value) {
  std::array<char, number_chars_max> text;
  const std::to_chars_result result = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), result.ptr);
}

struct AppendFieldValue {
  std::string& out;

  void operator()(double value) const { append_float(out, value); }
  void operator()(std::int64_t value) const {
    append_integer(out, value);
    out += 'i';
  }
  void operator()(std::uint64_t value) const {
    append_integer(out, value);
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

void append_float(std::string& out, double value) {
  std::array<char, number_chars_max> text;
  out.append(text.data(), write_float(text.data(), value));
}

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

}  // namespace codecs
