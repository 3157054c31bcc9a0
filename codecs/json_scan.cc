// JSON as RFC 8259 has it:
//
//   value  = object | array | string | number | "true" | "false" | "null"
//   object = "{" [ member *( "," member ) ] "}"      member = string ":" value
//   array  = "[" [ value *( "," value ) ] "]"
//   string = '"' *( any but '"', "\" and U+0000 … U+001F | "\" one of "\/bfnrt | "\u" 4HEX ) '"'
//   number = [ "-" ] ( "0" | 1-9 *DIGIT ) [ "." 1*DIGIT ] [ ( "e" | "E" ) [ "+" | "-" ] 1*DIGIT ]
//
// with blanks (space, tab, CR, LF) around every token, and no byte order mark.
//
// Beyond the grammar: strings are UTF-8, and "\u" names half of a surrogate pair only where the other half follows. A
// lone one has no form in UTF-8 (RFC 8259, 8.2).

#include "codecs/json_scan.h"

#include <algorithm>
#include <array>

#include "codecs/utf8.h"

namespace codecs {
namespace {

constexpr std::array<bool, 256> make_ends_run() {
  std::array<bool, 256> ends{};
  for (std::size_t c = 0; c < 0x20; ++c) ends[c] = true;
  ends['"'] = ends['\\'] = true;
  return ends;
}
/// Bytes at which a run of plain text in a string ends.
constexpr std::array<bool, 256> ends_run = make_ends_run();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_high_half(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_half(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/// The value of a hexadecimal digit; 16 where it is none.
std::uint32_t hex_digit(char c) {
  if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : 16;
}

/// Four hexadecimal digits, which have been found well-formed.
std::uint32_t hex_unit(const char* digits) {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) unit = unit << 4 | hex_digit(digits[i]);
  return unit;
}

/// What stands for `escape` in "\escape"; NUL where that is no escape. `u` is not for here.
char simple_escape(char escape) {
  switch (escape) {
    case '"':
    case '\\':
    case '/':
      return escape;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return '\0';
  }
}

/// Answers where the next byte belongs.
char* write_utf8(char* out, std::uint32_t point) {
  const auto add = [&out](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
    return out;
  }
  if (point < 0x800) {
    add(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      add(0xE0 | point >> 12);
    } else {
      add(0xF0 | point >> 18);
      add(0x80 | (point >> 12 & 0x3F));
    }
    add(0x80 | (point >> 6 & 0x3F));
  }
  add(0x80 | (point & 0x3F));
  return out;
}

constexpr std::string_view no_hex = "\\u without four hexadecimal digits";
constexpr std::string_view half_pair = "half of a surrogate pair";

}  // namespace

void JsonScan::begin(std::string_view part, std::size_t at) {
  part_ = part;
  begin_ = at;
  rewind(at);
}

void JsonScan::rewind(std::size_t at) {
  at_ = at;
  trouble_ = Trouble::none;
}

bool JsonScan::fail(Trouble trouble, std::string_view reason, std::size_t where) {
  if (ok()) {
    trouble_ = trouble;
    reason_ = reason;
    where_ = where;
  }
  return false;
}

char JsonScan::peek() {
  while (at_ < part_.size() && is_blank(part_[at_])) ++at_;
  if (at_ < part_.size()) return part_[at_];
  fail_more();
  return '\0';
}

bool JsonScan::open(char bracket, std::string_view reason) {
  if (peek() != bracket) return fail_shape(reason);
  ++at_;
  return true;
}

bool JsonScan::next_member(bool first, std::string_view& key) {
  const char c = peek();
  if (c == '}') {
    ++at_;
    return false;
  }
  if (!first) {
    if (c != ',') return fail_broken("',' or '}' expected");
    ++at_;
  }
  bool escaped = false;
  if (!scan_key(key, escaped)) return false;
  if (escaped) key = unescape(key);
  return true;
}

bool JsonScan::next_item(bool first) {
  const char c = peek();
  if (c == ']') {
    ++at_;
    return false;
  }
  if (!first) {
    if (c != ',') return fail_broken("',' or ']' expected");
    ++at_;
    peek();
  }
  return ok();
}

bool JsonScan::read_string(std::string_view& text, std::string_view reason) {
  if (peek() != '"') return fail_shape(reason);
  last_ = at_;
  bool escaped = false;
  if (!scan_string(text, escaped)) return false;
  if (escaped) text = unescape(text);
  return true;
}

bool JsonScan::read_number(std::string_view& text, std::string_view reason) {
  const char c = peek();
  if (c != '-' && !is_digit(c)) return fail_shape(reason);
  last_ = at_;
  return scan_number(text);
}

bool JsonScan::read_bool(bool& value, std::string_view reason) {
  const char c = peek();
  if (c != 't' && c != 'f') return fail_shape(reason);
  value = c == 't';
  return scan_simple(c);
}

bool JsonScan::skip_value(std::uint8_t depth) {
  JsonSkip all{depth, depth};
  return skip(all);
}

bool JsonScan::skip(JsonSkip& skip) {
  using Want = JsonSkip::Want;
  while (skip.want != Want::comma || skip.depth != skip.base) {
    const char c = peek();
    if (!ok()) return false;
    const bool in_object = (skip.objects >> skip.depth & 1) != 0;
    if (skip.want == Want::first || skip.want == Want::comma) {
      if (c == (in_object ? '}' : ']')) {
        ++at_;
        --skip.depth;
        skip.want = Want::comma;
        continue;
      }
      if (skip.want == Want::comma) {
        if (c != ',') return fail_broken(in_object ? "',' or '}' expected" : "',' or ']' expected");
        ++at_;
      }
      skip.want = in_object ? Want::key : Want::value;
    } else if (skip.want == Want::key) {
      std::string_view raw;
      bool escaped = false;
      if (!scan_key(raw, escaped)) return false;
      skip.want = Want::value;
    } else if (c == '{' || c == '[') {
      if (skip.depth == json_depth_max) return fail_broken("nested deeper than 32 levels");
      ++at_;
      ++skip.depth;
      const std::uint64_t bit = std::uint64_t{1} << skip.depth;
      skip.objects = c == '{' ? skip.objects | bit : skip.objects & ~bit;
      skip.want = Want::first;
    } else {
      if (!scan_simple(c)) return false;
      skip.want = Want::comma;
    }
  }
  return true;
}

/// A key and its colon. Stays where it is unless both are there.
bool JsonScan::scan_key(std::string_view& raw, bool& escaped) {
  if (peek() != '"') return fail_broken("a key in quotes expected");
  const std::size_t start = at_;
  if (!scan_string(raw, escaped)) return false;
  if (peek() == ':') {
    ++at_;
    return true;
  }
  fail_broken("':' expected");
  at_ = start;
  return false;
}

/// A whole string, from its opening quote on; `raw` is what stands between the quotes.
bool JsonScan::scan_string(std::string_view& raw, bool& escaped) {
  const std::size_t start = at_ + 1;
  std::uint8_t bits = 0;
  for (std::size_t at = start; at < part_.size();) {
    const auto c = static_cast<std::uint8_t>(part_[at]);
    bits |= c;
    if (!ends_run[c]) {
      ++at;
    } else if (c == '"') {
      raw = between(start, at);
      const std::size_t valid = bits < 0x80 ? raw.size() : valid_utf8_prefix(raw);
      if (valid != raw.size()) return fail(Trouble::broken, "invalid UTF-8", start + valid);
      at_ = at + 1;
      return true;
    } else if (c == '\\') {
      escaped = true;
      if (!scan_escape(at)) return false;
    } else {
      return fail(Trouble::broken, "control character in a string", at);
    }
  }
  return fail_more();
}

/// Goes from a backslash to behind what it starts.
bool JsonScan::scan_escape(std::size_t& at) {
  if (at + 1 == part_.size()) return fail_more();
  if (part_[at + 1] != 'u') {
    if (simple_escape(part_[at + 1]) == '\0') return fail(Trouble::broken, "unknown escape in a string", at);
    at += 2;
    return true;
  }
  std::uint32_t unit = 0;
  if (!scan_hex(at + 2, unit)) return false;
  if (is_low_half(unit)) return fail(Trouble::broken, half_pair, at);
  if (is_high_half(unit)) {
    for (std::size_t i = 0; i < 2; ++i) {
      if (at + 6 + i == part_.size()) return fail_more();
      if (part_[at + 6 + i] != "\\u"[i]) return fail(Trouble::broken, half_pair, at);
    }
    if (!scan_hex(at + 8, unit)) return false;
    if (!is_low_half(unit)) return fail(Trouble::broken, half_pair, at);
    at += 6;
  }
  at += 6;
  return true;
}

bool JsonScan::scan_hex(std::size_t at, std::uint32_t& unit) {
  for (std::size_t i = at; i < at + 4; ++i) {
    if (i == part_.size()) return fail_more();
    if (hex_digit(part_[i]) == 16) return fail(Trouble::broken, no_hex, i);
  }
  unit = hex_unit(part_.data() + at);
  return true;
}

bool JsonScan::scan_number(std::string_view& text) {
  std::size_t at = at_;
  const auto is_at = [&](char c) { return at < part_.size() && part_[at] == c; };
  if (is_at('-')) ++at;
  if (is_at('0')) {
    ++at;
  } else if (!scan_digits(at)) {
    return false;
  }
  if (is_at('.') && !scan_digits(++at)) return false;
  if (is_at('e') || is_at('E')) {
    ++at;
    if (is_at('+') || is_at('-')) ++at;
    if (!scan_digits(at)) return false;
  }
  if (at == part_.size()) return fail_more();  // it may go on
  text = between(at_, at);
  at_ = at;
  return true;
}

/// One digit or more.
bool JsonScan::scan_digits(std::size_t& at) {
  const std::size_t start = at;
  while (at < part_.size() && is_digit(part_[at])) ++at;
  if (at != start) return true;
  return at == part_.size() ? fail_more() : fail(Trouble::broken, "a digit expected", at);
}

bool JsonScan::scan_word(std::string_view word) {
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (at_ + i == part_.size()) return fail_more();
    if (part_[at_ + i] != word[i]) return fail_broken("a value expected");
  }
  at_ += word.size();
  return true;
}

/// A value that is neither array nor object.
bool JsonScan::scan_simple(char first) {
  std::string_view text;
  bool escaped = false;
  switch (first) {
    case '"':
      return scan_string(text, escaped);
    case 't':
      return scan_word("true");
    case 'f':
      return scan_word("false");
    case 'n':
      return scan_word("null");
    default:
      if (first == '-' || is_digit(first)) return scan_number(text);
      return fail_broken("a value expected");
  }
}

/// `raw` has been found well-formed. No text gets longer without its escapes.
std::string_view JsonScan::unescape(std::string_view raw) {
  if (text_.size() < part_.size() - begin_) text_.resize(part_.size() - begin_);  // once a `begin`
  char* const start = text_.data() + (static_cast<std::size_t>(raw.data() - part_.data()) - begin_);
  char* out = start;
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t run = std::min(raw.find('\\', at), raw.size());
    out = std::copy_n(raw.data() + at, run - at, out);
    at = run + 2;
    if (run == raw.size()) break;
    if (raw[run + 1] != 'u') {
      *out++ = simple_escape(raw[run + 1]);
      continue;
    }
    std::uint32_t point = hex_unit(raw.data() + at);
    at += 4;
    if (is_high_half(point)) {
      point = 0x10000 + ((point - 0xD800) << 10 | (hex_unit(raw.data() + at + 2) - 0xDC00));
      at += 6;
    }
    out = write_utf8(out, point);
  }
  return {start, out};
}

}  // namespace codecs
