#include "codecs/json_walk.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "codecs/number.h"
#include "codecs/utf8.h"

namespace codecs {
namespace {

using Kind = JsonSpan::Kind;

/// Bytes behind the place of an error that are shown with it.
constexpr std::size_t error_text_max = 256;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

JsonSpan find_string_end(std::string_view text, std::size_t quote) {
  for (std::size_t at = quote + 1; at < text.size(); ++at) {
    if (text[at] == '"') return {.end = at + 1};
    if (is_control(text[at])) return {Kind::bad, at, "control character in a string"};
    if (text[at] == '\\') ++at;
  }
  return {.kind = Kind::incomplete};
}

/// A number or a word: up to the next byte that can stand behind it.
JsonSpan find_word_end(std::string_view text, std::size_t at, bool last) {
  const std::size_t end = std::min(text.find_first_of(",]} \t\r\n[{\":", at), text.size());
  if (end == at) return {Kind::bad, at, "unexpected character"};
  if (end == text.size() && !last) return {.kind = Kind::incomplete};
  return {.end = end};
}

JsonSpan find_container_end(std::string_view text, std::size_t at) {
  std::array<char, json_depth_max> closing{};
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      const JsonSpan string = find_string_end(text, at);
      if (string.kind != Kind::complete) return string;
      at = string.end - 1;
    } else if (c == '[' || c == '{') {
      if (depth == json_depth_max) return {Kind::bad, at, "nested deeper than 32 levels"};
      closing[depth++] = c == '[' ? ']' : '}';
    } else if (c == ']' || c == '}') {
      if (closing[depth - 1] != c) return {Kind::bad, at, "wrong bracket"};
      if (--depth == 0) return {.end = at + 1};
    }
  }
  return {.kind = Kind::incomplete};
}

/// Passes over -?(0|[1-9]digits)(.digits)?([eE][+-]?digits)?; `integer` where it has neither fraction nor exponent.
bool is_number(std::string_view text, bool& integer) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > start;
  };
  const std::size_t start = at;
  if (!digits() || (text[start] == '0' && at > start + 1)) return false;
  integer = at == text.size();
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

template <class Integer>
bool read_integer(std::string_view text, JsonValue& value) {
  Integer number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc{}) return false;
  value = number;
  return true;
}

JsonProblem read_word(std::string_view raw, JsonValue& value) {
  if (raw == "null") {
    value = std::monostate();
    return {};
  }
  if (raw == "true" || raw == "false") {
    value = raw == "true";
    return {};
  }
  bool integer = false;
  if (!is_number(raw, integer)) return {"neither a number nor true, false or null"};
  if (integer && raw != "-0") {
    if (read_integer<std::int64_t>(raw, value)) return {};
    if (raw.front() != '-' && read_integer<std::uint64_t>(raw, value)) return {};
  }
  const auto number = parse_float(raw);
  if (!number) return {"number out of range"};
  value = *number;
  return {};
}

/// Four hexadecimal digits; negative where they are none.
int read_hex(std::string_view text, std::size_t at) {
  int value = 0;
  if (at + 4 > text.size()) return -1;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 4, value, 16);
  return error == std::errc{} && end == text.data() + at + 4 && text[at] != '-' ? value : -1;
}

void append_utf8(std::string& out, unsigned code) {
  const auto add = [&out](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

/// Reads the \u at `at`, and the one behind it where the two are one character; `at` is then behind them.
bool append_unicode_escape(std::string& out, std::string_view text, std::size_t& at) {
  int code = read_hex(text, at + 2);
  at += 6;
  if (code < 0 || (code >= 0xDC00 && code <= 0xDFFF)) return false;
  if (code >= 0xD800 && code <= 0xDBFF) {
    if (!text.substr(at).starts_with("\\u")) return false;
    const int low = read_hex(text, at + 2);
    if (low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    at += 6;
  }
  append_utf8(out, static_cast<unsigned>(code));
  return true;
}

/// Appends what stands between the quotes; `text` is that.
JsonProblem append_unescaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t backslash = std::min(text.find('\\', at), text.size());
    out.append(text, at, backslash - at);
    at = backslash;
    if (at == text.size()) break;
    constexpr std::string_view escapes = "\"\\/bfnrt";
    const std::size_t kind = escapes.find(text[at + 1]);
    if (kind != std::string_view::npos) {
      out += "\"\\/\b\f\n\r\t"[kind];
      at += 2;
    } else if (const std::size_t start = at; text[at + 1] != 'u' || !append_unicode_escape(out, text, at)) {
      return {"invalid escape in a string", start + 1};
    }
  }
  return {};
}

}  // namespace

JsonSpan find_json_end(std::string_view text, std::size_t at, bool last) {
  const std::string_view searched = text.substr(0, at + json_value_bytes_max);
  if (at >= searched.size()) return {.kind = Kind::incomplete};
  const char c = searched[at];
  const JsonSpan span = c == '"'               ? find_string_end(searched, at)
                        : c == '[' || c == '{' ? find_container_end(searched, at)
                                               : find_word_end(searched, at, last);
  if (span.kind != Kind::incomplete || searched.size() < at + json_value_bytes_max) return span;
  return {Kind::bad, at, "value longer than 1 MiB"};
}

JsonProblem read_json_value(std::string_view raw, std::string& texts, JsonValue& value) {
  if (raw.front() == '[' || raw.front() == '{') {
    value = JsonRaw{raw};
    return {};
  }
  if (raw.front() != '"') return read_word(raw, value);
  std::string_view text = raw.substr(1, raw.size() - 2);
  const std::size_t valid = valid_utf8_prefix(text);
  if (valid < text.size()) return {"invalid UTF-8", valid + 1};
  if (text.find('\\') != std::string_view::npos) {
    const std::size_t start = texts.size();
    if (const JsonProblem problem = append_unescaped(texts, text)) return problem;
    text = std::string_view(texts).substr(start);
  }
  value = text;
  return {};
}

bool JsonItems::fail(std::string_view reason) {
  problem_ = {reason, at_};
  return false;
}

/// False at the closing bracket and where something is wrong.
bool JsonItems::to_next(char closing) {
  at_ = skip_blanks(raw_, at_);
  if (raw_[at_] == closing) return false;
  if (!first_) {
    if (raw_[at_] != ',') return fail("no ',' between values");
    at_ = skip_blanks(raw_, at_ + 1);
  }
  first_ = false;
  return true;
}

bool JsonItems::take(std::string_view& value) {
  const JsonSpan span = find_json_end(raw_, at_, true);
  if (span.kind != Kind::complete) {
    problem_ = {span.kind == Kind::bad ? span.reason : "unexpected end", span.kind == Kind::bad ? span.end : at_};
    return false;
  }
  value = raw_.substr(at_, span.end - at_);
  at_ = span.end;
  return true;
}

bool JsonItems::next(std::string_view& value) { return to_next(']') && take(value); }

bool JsonItems::next(std::string_view& key, std::string_view& value) {
  if (!to_next('}')) return false;
  if (raw_[at_] != '"') return fail("no name in quotes");
  if (!take(key)) return false;
  at_ = skip_blanks(raw_, at_);
  if (raw_[at_] != ':') return fail("no ':' behind a name");
  at_ = skip_blanks(raw_, at_ + 1);
  return take(value);
}

void JsonWalk::reset() {
  offset_ = 0;
  begin_ = at_ = 0;
  line_ = column_ = 1;
  first_at_begin_ = first_ = true;
}

void JsonWalk::feed(std::string_view input, bool last) {
  offset_ += begin_;
  input_ = input;
  last_ = last;
  begin_ = at_ = 0;
}

char JsonWalk::peek() {
  at_ = skip_blanks(input_, at_);
  return at_ < input_.size() ? input_[at_] : '\0';
}

JsonWalk::Next JsonWalk::bad(std::string_view reason) {
  if (at_ == input_.size()) return Next::incomplete;
  where_ = at_;
  reason_ = reason;
  return Next::bad;
}

JsonWalk::Next JsonWalk::next_item() {
  if (peek() == ']') {
    ++at_;
    first_ = false;
    return Next::closed;
  }
  if (!first_) {
    if (peek() != ',') return bad("no ',' between values");
    ++at_;
  }
  first_ = false;
  return peek() == '\0' ? bad("unexpected character") : Next::found;
}

JsonWalk::Next JsonWalk::next_member(std::string_view& key) {
  if (peek() == '}') {
    ++at_;
    first_ = false;
    return Next::closed;
  }
  if (!first_) {
    if (peek() != ',') return bad("no ',' between values");
    ++at_;
  }
  first_ = false;
  if (peek() != '"') return bad("no name in quotes");
  if (const Next found = take_value(key); found != Next::found) return found;
  if (peek() != ':') return bad("no ':' behind a name");
  ++at_;
  return peek() == '\0' ? bad("unexpected character") : Next::found;
}

JsonWalk::Next JsonWalk::take_value(std::string_view& raw) {
  peek();
  const JsonSpan span = find_json_end(input_, at_, last_);
  if (span.kind == Kind::incomplete) return Next::incomplete;
  if (span.kind == Kind::bad) {
    where_ = span.end;
    reason_ = span.reason;
    return Next::bad;
  }
  raw = input_.substr(at_, span.end - at_);
  at_ = span.end;
  return Next::found;
}

void JsonWalk::enter() {
  peek();
  ++at_;
  first_ = true;
}

void JsonWalk::commit() {
  const std::string_view done = input_.substr(begin_, at_ - begin_);
  const std::size_t newline = done.rfind('\n');
  line_ += static_cast<std::size_t>(std::ranges::count(done, '\n'));
  column_ = newline == std::string_view::npos ? column_ + done.size() : done.size() - newline;
  begin_ = at_;
  first_at_begin_ = first_;
}

void JsonWalk::start_over() {
  at_ = begin_;
  first_ = first_at_begin_;
}

void JsonWalk::pass_over_error() {
  // Its line may be a document of its own, behind one that was cut.
  const bool at_line_start = where_ > begin_ && input_[where_ - 1] == '\n';
  at_ = at_line_start ? where_ - 1 : where_;
  commit();
}

bool JsonWalk::find_next_document() {
  const std::size_t newline = input_.find("\n{", begin_);
  at_ = newline != std::string_view::npos  ? newline + 1
        : input_.ends_with('\n') && !last_ ? input_.size() - 1
                                           : input_.size();
  at_ = std::max(at_, begin_);
  commit();
  first_ = first_at_begin_ = true;
  return newline != std::string_view::npos;
}

void JsonWalk::skip_all() {
  at_ = input_.size();
  commit();
}

DecodeError JsonWalk::error_at(std::size_t where, std::string_view reason) const {
  const std::string_view before = input_.substr(begin_, where - begin_);
  const std::string_view after = input_.substr(where, error_text_max);
  const std::size_t newline = before.rfind('\n');
  return {.text = input_.substr(begin_, before.size() + std::min(after.find_first_of("\r\n"), after.size())),
          .line = line_ + static_cast<std::size_t>(std::ranges::count(before, '\n')),
          .column = newline == std::string_view::npos ? column_ + before.size() : before.size() - newline,
          .offset = offset_ + where,
          .reason = reason};
}

DecodeError JsonWalk::error_in(std::string_view part, const JsonProblem& problem) const {
  DecodeError error = error_at(static_cast<std::size_t>(part.data() - input_.data()) + problem.where, problem.reason);
  error.text = part;
  return error;
}

DecodeError JsonWalk::unexpected(std::string_view reason) {
  where_ = at_;
  return error_at(at_, reason);
}

DecodeError JsonWalk::foreign() {
  const std::string_view body = input_.substr(at_);
  if (body.starts_with('<')) return unexpected("HTML instead of JSON");
  // The second byte of its mark may still be to come.
  if (body.starts_with('\x1f')) return unexpected("gzip instead of JSON");
  return unexpected("text instead of JSON");
}

}  // namespace codecs
