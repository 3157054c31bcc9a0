// The parts of a line, each on its own; the grammar stands at the head of line_reader.cc.

#include <algorithm>
#include <array>

#include "codecs/line_parts.h"
#include "codecs/line_protocol.h"
#include "codecs/number.h"
#include "codecs/utf8.h"

namespace codecs {
namespace {

void append_name(std::string& out, std::string_view text, std::string_view escapes) {
  const std::size_t start = out.size();
  out.resize_and_overwrite(start + 2 * text.size() + word_bytes, [&](char* all, std::size_t) {
    char* const to = all + start;
    const char* const end = copy_plain(to, text, odd_in_name) ? to + text.size() : copy_escaped(to, text, escapes);
    return static_cast<std::size_t>(end - all);
  });
}

}  // namespace

std::string_view name_problem(std::string_view name) {
  if (name.back() == '\\') return "a name ends with a backslash";
  if (valid_utf8_prefix(name) != name.size()) return "a name is no UTF-8";
  const bool controls = std::ranges::any_of(name, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
  return controls ? "a name holds a control character" : std::string_view();
}

char* copy_escaped(char* to, std::string_view text, std::string_view escapes) {
  for (const char c : text) {
    if (escapes.find(c) != std::string_view::npos) *to++ = '\\';
    *to++ = c;
  }
  return to;
}

bool representable(std::string_view text) { return !text.empty() && name_problem(text).empty(); }

bool representable_measurement(std::string_view text) { return representable(text) && text.front() != '#'; }

void append_measurement(std::string& out, std::string_view text) { append_name(out, text, measurement_escapes); }

void append_tag_text(std::string& out, std::string_view text) { append_name(out, text, name_escapes); }

void append_float(std::string& out, double value) {
  std::array<char, number_chars_max> text;
  out.append(text.data(), write_float(text.data(), value));
}

void append_field_value(std::string& out, const FieldValue& value) {
  if (const auto* const text = std::get_if<StringValue>(&value)) {
    out += '"';
    out += text->text;
    out += '"';
    return;
  }
  std::array<char, number_chars_max + 1> text;
  out.append(text.data(), write_plain_value(text.data(), value));
}

}  // namespace codecs
