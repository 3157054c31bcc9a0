// Two dialects of one grammar, in Go's EBNF notation:
//
//   lines       = line { [ "\r" ] "\n" line } [ "\r" ] .
//   line        = { " " } [ point | comment ] .
//   comment     = "#" { not(control) | "\t" } .
//   point       = measurement { "," tag } blanks field { "," field } [ blanks timestamp ] { " " } .
//   blanks      = " " { " " } .
//   measurement = name, which does not start with "#"; "=" needs no escape in it .
//   tag         = name "=" name .
//   field       = name "=" value .
//   name        = name_char { name_char } .
//   name_char   = not(control | " " | "," | "=" | "\") | "\," | "\ " | "\=" | "\" .
//   value       = bool | string | int | uint | float .
//   bool        = "t" | "T" | "true" | "True" | "TRUE" | "f" | "F" | "false" | "False" | "FALSE" .
//   string      = `"` { not(`"` | `\`) | `\` any } `"` .     escapes \" \\ \n \r \t; any other \ stands for itself
//   int         = [ "-" ] digits "i" .
//   uint        = digits "u" .
//   float       = [ "-" ] ( digits [ "." [ digits ] ] | "." digits ) [ ( "e" | "E" ) [ "+" | "-" ] digits ] .
//   timestamp   = [ "-" ] digits .
//   control     = U+0000 … U+001F | U+007F .
//
// A backslash in a name escapes what its row lists and stands for itself before anything else, so "\\," is a backslash
// and a comma. Beyond the grammar, numbers are in range and no tag key stands twice.
//
// line_protocol_v2: this grammar (github.com/influxdata/line-protocol, branch v2, line-protocol.ebnf of 2022), and
// names and strings are UTF-8.
//
// influxdb_1 (github.com/influxdata/influxdb, models/points.go, and what version 1.6.7 answers) differs:
//   - only "\n" ends a line; a carriage return is a byte like others, so it spoils a number;
//   - names and comments hold any byte but "\n", strings any byte, UTF-8 or not;
//   - blanks are " " followed by any of " ", "\t" and NUL; those may begin a line too;
//   - a tag value may begin with "=";
//   - strings have the escapes \" and \\ only;
//   - there is no uint;
//   - a backslash in a field key and the byte behind it belong together, so "\\\\," ends one; `\"` is an escape in it;
//   it
//     does not end with a backslash;
//   - a tag named "time" is refused; a field of that name is left out, and refused where it is the only one;
//   - measurement, tags and a field key have 65,535 bytes at most, four for a separator included;
//   - a timestamp is within +-(2^63 - 2).
// Not followed, because nothing writes it on purpose and InfluxDB mangles it: "\" before a newline in a name or a
// comment, quotes in a comment that hide its end, and text between a string's closing quote and the next "," or " ".

#include "codecs/line_reader.h"

#include <algorithm>
#include <array>
#include <limits>

#include "codecs/number.h"
#include "codecs/utf8.h"

namespace codecs {

struct LineBytes {
  std::array<std::uint8_t, 256> classes{};
};

namespace {

enum ByteClass : std::uint8_t {
  ends_measurement = 1,
  ends_name = 2,
  ends_value = 4,
  control = 8,  // refused in names
};

constexpr LineBytes make_line_bytes(bool line_protocol_v2) {
  LineBytes bytes;
  const auto add = [&bytes](std::size_t c, std::uint8_t classes) { bytes.classes[c] |= classes; };
  if (line_protocol_v2) {
    for (std::size_t c = 0; c < 0x20; ++c) add(c, ends_measurement | ends_name | control);
    add(0x7f, ends_measurement | ends_name | control);
    add('\r', ends_value);
  }
  add('\n', ends_measurement | ends_name | ends_value | control);
  for (const char c : {' ', ','}) add(static_cast<std::size_t>(c), ends_measurement | ends_name | ends_value);
  add('=', ends_name);
  return bytes;
}
constexpr LineBytes bytes_of_v2 = make_line_bytes(true);
constexpr LineBytes bytes_of_influxdb_1 = make_line_bytes(false);

bool is(const LineBytes& bytes, char c, std::uint8_t classes) {
  return (bytes.classes[static_cast<std::uint8_t>(c)] & classes) != 0;
}

template <class Number>
std::string_view set(FieldValue& value, const std::expected<Number, NumberProblem>& number, std::string_view malformed,
                     std::string_view out_of_range) {
  if (!number) return number.error() == NumberProblem::malformed ? malformed : out_of_range;
  value = *number;
  return {};
}

std::string_view read_bool(std::string_view text, FieldValue& value) {
  for (const std::string_view word : {"t", "T", "true", "True", "TRUE"}) {
    if (text == word) {
      value = true;
      return {};
    }
  }
  for (const std::string_view word : {"f", "F", "false", "False", "FALSE"}) {
    if (text == word) {
      value = false;
      return {};
    }
  }
  return "invalid boolean";
}

}  // namespace

std::string_view read_plain_value(std::string_view text, Dialect dialect, FieldValue& value) {
  const char first = text.front();
  if (first == 't' || first == 'T' || first == 'f' || first == 'F') return read_bool(text, value);
  if (first != '-' && first != '.' && (first < '0' || first > '9')) {
    return "field value is neither number, boolean nor string in quotes";
  }
  const std::string_view digits = text.substr(0, text.size() - 1);
  if (text.back() == 'i') return set(value, parse_int64(digits), "invalid integer", "integer out of range");
  if (text.back() == 'u') {
    if (dialect == Dialect::influxdb_1) return "InfluxDB 1.x has no unsigned integers";
    return set(value, parse_uint64(digits), "invalid unsigned integer", "unsigned integer out of range");
  }
  return set(value, parse_float(text), "invalid number", "number out of range");
}

std::string_view read_timestamp(std::string_view text, Dialect dialect, std::int64_t& timestamp) {
  const std::expected<std::int64_t, NumberProblem> number = parse_int64(text);
  if (!number) {
    return number.error() == NumberProblem::malformed ? "invalid timestamp" : "timestamp out of range";
  }
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max() - 1;
  if (dialect == Dialect::influxdb_1 && (*number < -last || *number > last)) return "timestamp out of range";
  timestamp = *number;
  return {};
}

LineReader::LineReader(const LineOptions& options, std::string_view input, std::size_t position, std::vector<Tag>& tags,
                       std::vector<Field>& fields)
    : options_(options),
      bytes_(options.dialect == Dialect::influxdb_1 ? bytes_of_influxdb_1 : bytes_of_v2),
      input_(input),
      position_(position),
      tags_(tags),
      fields_(fields) {}

bool LineReader::read(Line& line) {
  const std::size_t start = position_;
  if (!read_tags(line)) return false;
  const std::size_t key_bytes = position_ - start;
  skip_blanks();
  if (at_line_end()) return fail_here("no fields");
  if (!read_fields() || !read_timestamp(line)) return false;
  return !influxdb_1() || check_influxdb_1(start, key_bytes);
}

bool LineReader::at_line_end() const {
  if (at_end() || at('\n')) return true;
  if (influxdb_1()) return false;
  return at('\r') && (position_ + 1 == input_.size() || input_[position_ + 1] == '\n');
}

/// Where there is a blank; nowhere else do others than ' ' count.
void LineReader::skip_blanks() {
  while (at(' ') || (influxdb_1() && (at('\t') || at('\0')))) ++position_;
}

bool LineReader::fail(std::string_view reason, std::size_t where) {
  reason_ = reason;
  where_ = where;
  return false;
}

bool LineReader::fail_here(std::string_view reason) {
  const bool odd_byte = !at_line_end() && is(bytes_, input_[position_], control);
  return fail(odd_byte ? "control character" : reason, position_);
}

bool LineReader::check_utf8(std::string_view text, std::size_t start) {
  if (influxdb_1()) return true;
  const std::size_t valid = valid_utf8_prefix(text);
  return valid == text.size() || fail("invalid UTF-8", start + valid);
}

/// Takes what stands before the first unescaped byte of class `ends`; `missing` is the error where that is nothing.
bool LineReader::take_name(std::uint8_t ends, std::string_view missing, std::string_view& name) {
  const std::size_t start = position_;
  std::uint8_t bits = 0;
  for (; !at_end() && !is(bytes_, input_[position_], ends); ++position_) {
    const char c = input_[position_];
    bits |= static_cast<std::uint8_t>(c);
    if (c != '\\' || position_ + 1 == input_.size()) continue;
    const char next = input_[position_ + 1];
    if (is(bytes_, next, ends) && !is(bytes_, next, control)) ++position_;
  }
  name = input_.substr(start, position_ - start);
  if (name.empty()) return fail_here(missing);
  return bits < 0x80 || check_utf8(name, start);
}

/// A field key of InfluxDB 1.x.
bool LineReader::take_key_of_pairs(std::string_view& key) {
  const std::size_t start = position_;
  while (!at_end() && !is(bytes_, input_[position_], ends_name)) {
    const bool pair = at('\\') && position_ + 1 < input_.size() && input_[position_ + 1] != '\n';
    position_ += pair ? 2 : 1;
  }
  key = input_.substr(start, position_ - start);
  if (key.empty()) return fail_here("no field key");
  return !at('=') || !key.ends_with('\\') || fail("InfluxDB 1.x takes no field key that ends with a backslash", start);
}

bool LineReader::read_tags(Line& line) {
  if (!take_name(ends_measurement, "no measurement", line.measurement)) return false;
  while (at(',')) {
    ++position_;
    if (options_.lenient && at(' ') && tags_.empty()) {
      ++leniencies_.commas_without_tag;
      break;
    }
    if (!read_tag()) return false;
  }
  if (at('=')) return fail_here("'=' in a tag value");
  return at(' ') || fail_here("no fields");
}

bool LineReader::read_tag() {
  const std::size_t start = position_;
  Tag tag;
  if (!take_name(ends_name, "no tag key", tag.key)) return false;
  if (!at('=')) return fail_here("tag without '='");
  ++position_;
  if (options_.lenient && (at(',') || at(' '))) {
    ++leniencies_.empty_tag_values;
    return true;
  }
  if (influxdb_1() && at('=')) {
    const std::size_t value = position_++;
    std::string_view rest;
    if (!at(',') && !at(' ') && !take_name(ends_name, "empty tag value", rest)) return false;
    tag.value = input_.substr(value, position_ - value);
  } else if (!take_name(ends_name, "empty tag value", tag.value)) {
    return false;
  }
  return keep_tag(tag, start);
}

bool LineReader::keep_tag(const Tag& tag, std::size_t start) {
  // Escapes have one spelling only, so keys are equal where their raw texts are.
  if (std::ranges::find(tags_, tag.key, &Tag::key) != tags_.end()) return fail("duplicate tag key", start);
  if (influxdb_1() && tag.key == "time") return fail("InfluxDB 1.x takes no tag named 'time'", start);
  if (tags_.size() == tags_max) return fail("too many tags", start);
  tags_.push_back(tag);
  return true;
}

bool LineReader::read_fields() {
  for (;; ++position_) {
    const std::size_t start = position_;
    Field field;
    if (!(influxdb_1() ? take_key_of_pairs(field.key) : take_name(ends_name, "no field key", field.key))) return false;
    if (!at('=')) return fail_here("field without '='");
    ++position_;
    if (!read_value(field.value) || !keep_field(field, start)) return false;
    if (!at(',')) break;
  }
  return at(' ') || at_line_end() || fail_here("unexpected text after a field");
}

bool LineReader::keep_field(const Field& field, std::size_t start) {
  if (influxdb_1() && field.key == "time") {
    ++leniencies_.time_fields;
    return true;
  }
  if (fields_.size() == fields_max) return fail("too many fields", start);
  fields_.push_back(field);
  return true;
}

bool LineReader::read_value(FieldValue& value) {
  if (at('"')) return read_string(value);
  const std::size_t start = position_;
  const std::string_view text = take_value_text();
  if (text.empty()) return fail_here("no field value");
  const std::string_view problem = codecs::read_plain_value(text, options_.dialect, value);
  return problem.empty() || fail(problem, start);
}

bool LineReader::read_string(FieldValue& value) {
  const std::size_t quote = position_;
  const std::size_t start = quote + 1;
  std::size_t end = start;
  for (;;) {
    while (end < input_.size() && input_[end] != '"' && input_[end] != '\\') ++end;
    // The rest of the body is not the string's: the walk goes on after the line that holds the quote.
    if (end >= input_.size()) {
      open_quote_ = true;
      return fail("unclosed quote", quote);
    }
    if (input_[end] == '"') break;
    end += 2;
  }
  const std::string_view text = input_.substr(start, end - start);
  position_ = end + 1;
  newlines_ += static_cast<std::size_t>(std::ranges::count(text, '\n'));
  if (!check_utf8(text, start)) return false;
  value = StringValue{text};
  return true;
}

std::string_view LineReader::take_value_text() {
  const std::size_t start = position_;
  while (!at_end() && !is(bytes_, input_[position_], ends_value)) ++position_;
  return input_.substr(start, position_ - start);
}

bool LineReader::read_timestamp(Line& line) {
  line.timestamp.reset();
  if (at(' ')) skip_blanks();
  if (at_line_end()) return true;
  const std::size_t start = position_;
  const std::string_view text = take_value_text();
  if (text.empty()) return fail_here("invalid timestamp");
  std::int64_t timestamp = 0;
  const std::string_view problem = codecs::read_timestamp(text, options_.dialect, timestamp);
  if (!problem.empty()) return fail(problem, start);
  line.timestamp = timestamp;
  while (at(' ')) ++position_;
  return at_line_end() || fail_here("unexpected text after the timestamp");
}

bool LineReader::check_influxdb_1(std::size_t start, std::size_t key_bytes) {
  if (fields_.empty()) return fail("InfluxDB 1.x takes no field named 'time'", start);
  const auto too_long = [key_bytes](const Field& field) {
    return key_bytes + influxdb_1_key_separator_bytes + field.key.size() > influxdb_1_key_bytes_max;
  };
  return std::ranges::none_of(fields_, too_long) || fail("measurement and tags are too long for InfluxDB 1.x", start);
}

}  // namespace codecs
