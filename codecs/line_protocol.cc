// The dialect "line-protocol v2": the grammar of github.com/influxdata/line-protocol (branch v2, line-protocol.ebnf of
// 2022), which ClusterCockpit's components use. Go's EBNF notation.
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
// and a comma. Names and strings are UTF-8. Beyond the grammar, numbers are in range and no tag key stands twice.

#include "codecs/line_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <system_error>

#include "codecs/number.h"
#include "codecs/utf8.h"

namespace codecs {
namespace {

enum ByteClass : std::uint8_t {
  ends_measurement = 1,
  ends_name = 2,
  ends_value = 4,
  ends_comment = 8,
  control = 16,
  ends_string_run = 32,  // a quote or a backslash
};

constexpr std::array<std::uint8_t, 256> make_byte_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c < 0x20; ++c) classes[c] = ends_measurement | ends_name | ends_comment | control;
  classes[0x7f] = classes[0];
  classes['\t'] = static_cast<std::uint8_t>(classes['\t'] & ~ends_comment);
  classes[' '] = classes[','] = ends_measurement | ends_name | ends_value;
  classes['='] = ends_name;
  classes['"'] = classes['\\'] = ends_string_run;
  classes['\r'] |= ends_value;
  classes['\n'] |= ends_value;
  return classes;
}
constexpr std::array<std::uint8_t, 256> byte_classes = make_byte_classes();

bool is(char c, std::uint8_t classes) { return (byte_classes[static_cast<std::uint8_t>(c)] & classes) != 0; }

/// Reads one point. Every member answers false at the first error, which then stands in `reason` and `where`.
class PointReader {
 public:
  PointReader(const LineOptions& options, std::string_view input, std::size_t position, std::vector<Tag>& tags,
              std::vector<Field>& fields)
      : options_(options), input_(input), position_(position), tags_(tags), fields_(fields) {}

  bool read(Line& line) { return read_tags(line) && read_fields() && read_timestamp(line); }

  std::size_t position() const { return position_; }  ///< of the line's end; after an error: where to look for it
  std::size_t newlines() const { return newlines_; }  ///< passed so far, inside strings
  bool open_quote() const { return open_quote_; }     ///< the input ended within a string
  const Leniencies& leniencies() const { return leniencies_; }
  std::size_t where() const { return where_; }
  std::string_view reason() const { return reason_; }

 private:
  bool at_end() const { return position_ == input_.size(); }
  bool at(char c) const { return !at_end() && input_[position_] == c; }
  bool at_line_end() const {
    if (at_end() || at('\n')) return true;
    return at('\r') && (position_ + 1 == input_.size() || input_[position_ + 1] == '\n');
  }
  void skip_blanks() {
    while (at(' ')) ++position_;
  }

  bool fail(std::string_view reason, std::size_t where) {
    reason_ = reason;
    where_ = where;
    return false;
  }
  bool fail_here(std::string_view reason) {
    const bool odd_byte = !at_line_end() && is(input_[position_], control);
    return fail(odd_byte ? "control character" : reason, position_);
  }

  bool check_utf8(std::string_view text, std::size_t start) {
    const std::size_t valid = valid_utf8_prefix(text);
    return valid == text.size() || fail("invalid UTF-8", start + valid);
  }

  bool read_tags(Line& line);
  bool read_tag();
  bool read_fields();
  bool read_value(FieldValue& value);
  bool read_string(FieldValue& value);
  bool read_bool(FieldValue& value);
  bool read_number(FieldValue& value);
  bool read_timestamp(Line& line);
  bool take_name(std::uint8_t ends, std::string_view missing, std::string_view& name);
  std::string_view take_value_text();
  template <std::integral Integer>
  bool read_integer(std::size_t start, std::string_view digits, std::string_view malformed,
                    std::string_view out_of_range, Integer& value);

  const LineOptions& options_;
  std::string_view input_;
  std::size_t position_;
  std::vector<Tag>& tags_;
  std::vector<Field>& fields_;
  std::size_t newlines_ = 0;
  bool open_quote_ = false;
  Leniencies leniencies_;
  std::size_t where_ = 0;
  std::string_view reason_;
};

/// Takes what stands before the first unescaped byte of class `ends`; `missing` is the error where that is nothing.
bool PointReader::take_name(std::uint8_t ends, std::string_view missing, std::string_view& name) {
  const std::size_t start = position_;
  std::uint8_t bits = 0;
  for (; !at_end() && !is(input_[position_], ends); ++position_) {
    const char c = input_[position_];
    bits |= static_cast<std::uint8_t>(c);
    if (c != '\\' || position_ + 1 == input_.size()) continue;
    const char next = input_[position_ + 1];
    if (is(next, ends) && !is(next, control)) ++position_;
  }
  name = input_.substr(start, position_ - start);
  if (name.empty()) return fail_here(missing);
  return bits < 0x80 || check_utf8(name, start);
}

bool PointReader::read_tags(Line& line) {
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
  if (!at(' ')) return fail_here("no fields");
  skip_blanks();
  return !at_line_end() || fail_here("no fields");
}

bool PointReader::read_tag() {
  const std::size_t start = position_;
  Tag tag;
  if (!take_name(ends_name, "no tag key", tag.key)) return false;
  if (!at('=')) return fail_here("tag without '='");
  ++position_;
  if (options_.lenient && (at(',') || at(' '))) {
    ++leniencies_.empty_tag_values;
    return true;
  }
  if (!take_name(ends_name, "empty tag value", tag.value)) return false;
  // Escapes have one spelling only, so keys are equal where their raw texts are.
  if (std::ranges::find(tags_, tag.key, &Tag::key) != tags_.end()) return fail("duplicate tag key", start);
  if (tags_.size() == tags_max) return fail("too many tags", start);
  tags_.push_back(tag);
  return true;
}

bool PointReader::read_fields() {
  for (;; ++position_) {
    const std::size_t start = position_;
    Field field;
    if (!take_name(ends_name, "no field key", field.key)) return false;
    if (!at('=')) return fail_here("field without '='");
    ++position_;
    if (!read_value(field.value)) return false;
    if (fields_.size() == fields_max) return fail("too many fields", start);
    fields_.push_back(field);
    if (!at(',')) break;
  }
  return at(' ') || at_line_end() || fail_here("unexpected text after a field");
}

bool PointReader::read_value(FieldValue& value) {
  if (at_end() || is(input_[position_], ends_value)) return fail_here("no field value");
  switch (input_[position_]) {
    case '"':
      return read_string(value);
    case 't':
    case 'T':
    case 'f':
    case 'F':
      return read_bool(value);
    case '-':
    case '.':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return read_number(value);
    default:
      return fail_here("field value is neither number, boolean nor string in quotes");
  }
}

bool PointReader::read_string(FieldValue& value) {
  const std::size_t quote = position_;
  const std::size_t start = quote + 1;
  std::size_t end = start;
  for (;;) {
    while (end < input_.size() && !is(input_[end], ends_string_run)) ++end;
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

std::string_view PointReader::take_value_text() {
  const std::size_t start = position_;
  while (!at_end() && !is(input_[position_], ends_value)) ++position_;
  return input_.substr(start, position_ - start);
}

bool PointReader::read_bool(FieldValue& value) {
  const std::size_t start = position_;
  const std::string_view text = take_value_text();
  for (const std::string_view word : {"t", "T", "true", "True", "TRUE"}) {
    if (text == word) {
      value = true;
      return true;
    }
  }
  for (const std::string_view word : {"f", "F", "false", "False", "FALSE"}) {
    if (text == word) {
      value = false;
      return true;
    }
  }
  return fail("invalid boolean", start);
}

template <std::integral Integer>
bool PointReader::read_integer(std::size_t start, std::string_view digits, std::string_view malformed,
                               std::string_view out_of_range, Integer& value) {
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (stop != digits.data() + digits.size() || error == std::errc::invalid_argument) return fail(malformed, start);
  return error == std::errc{} || fail(out_of_range, start);
}

bool PointReader::read_number(FieldValue& value) {
  const std::size_t start = position_;
  const std::string_view text = take_value_text();
  const std::string_view digits = text.substr(0, text.size() - 1);
  if (text.back() == 'i') {
    return read_integer(start, digits, "invalid integer", "integer out of range", value.emplace<std::int64_t>());
  }
  if (text.back() == 'u') {
    return read_integer(start, digits, "invalid unsigned integer", "unsigned integer out of range",
                        value.emplace<std::uint64_t>());
  }
  const std::expected<double, NumberProblem> number = parse_float(text);
  if (!number) {
    const bool range = number.error() == NumberProblem::out_of_range;
    return fail(range ? "number out of range" : "invalid number", start);
  }
  value = *number;
  return true;
}

bool PointReader::read_timestamp(Line& line) {
  skip_blanks();
  if (at_line_end()) return true;
  const std::size_t start = position_;
  const std::string_view text = take_value_text();
  if (text.empty()) return fail_here("invalid timestamp");
  std::int64_t timestamp = 0;
  if (!read_integer(start, text, "invalid timestamp", "timestamp out of range", timestamp)) return false;
  line.timestamp = timestamp;
  skip_blanks();
  return at_line_end() || fail_here("unexpected text after the timestamp");
}

std::string_view without_carriage_return(std::string_view text) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace

LineDecoder::LineDecoder(LineOptions options, [[maybe_unused]] Cpu cpu) : options_(options) {}

void LineDecoder::reset() {
  input_ = {};
  position_ = 0;
  offset_ = 0;
  number_ = 1;
  leniencies_ = {};
}

void LineDecoder::reset(std::string_view body) {
  reset();
  feed(body, true);
}

void LineDecoder::feed(std::string_view input, bool last) {
  offset_ += position_;
  position_ = 0;
  input_ = input;
  last_ = last;
}

/// Passes blank lines and comments over; false where no point is left in the input. A comment with a control character
/// is a point that `next` refuses.
bool LineDecoder::skip_to_point(std::size_t& point) {
  for (;;) {
    point = std::min(input_.find_first_not_of(' ', position_), input_.size());
    std::size_t end = point;
    if (end < input_.size() && input_[end] == '#') {
      while (end < input_.size() && !is(input_[end], ends_comment)) ++end;
    }
    if (end < input_.size() && input_[end] == '\r') ++end;
    if (end == input_.size()) {
      if (last_) position_ = end;
      return false;
    }
    if (input_[end] != '\n') return true;
    position_ = end + 1;
    ++number_;
  }
}

/// A line is over at the first '\n' behind `look_from`, and not known to be over where there is none yet.
Step LineDecoder::refuse(std::string_view reason, std::size_t where, std::size_t look_from) {
  const std::size_t end = std::min(input_.find('\n', look_from), input_.size());
  if (end == input_.size() && !last_) return Step::end;
  const std::string_view before = input_.substr(position_, where - position_);
  const std::size_t newline = before.rfind('\n');

  error_.text = without_carriage_return(input_.substr(position_, end - position_));
  error_.line = number_ + static_cast<std::size_t>(std::ranges::count(before, '\n'));
  error_.column = (newline == std::string_view::npos ? before.size() : before.size() - newline - 1) + 1;
  error_.offset = offset_ + where;
  error_.reason = reason;

  number_ += static_cast<std::size_t>(std::ranges::count(error_.text, '\n')) + 1;
  position_ = std::min(end + 1, input_.size());
  return Step::error;
}

Step LineDecoder::next() {
  std::size_t point = 0;
  if (!skip_to_point(point)) return Step::end;
  if (input_[point] == '#') {
    const auto* const bad =
        std::find_if(input_.begin() + point, input_.end(), [](char c) { return is(c, ends_comment); });
    const auto where = static_cast<std::size_t>(bad - input_.begin());
    return refuse("control character", where, where);
  }

  tags_.clear();
  fields_.clear();
  record_.timestamp.reset();
  const std::string_view window = input_.substr(0, position_ + line_bytes_max);
  const bool cut = window.size() < input_.size();
  PointReader reader(options_, window, point, tags_, fields_);
  const bool good = reader.read(record_);
  // There an answer could be another one with more input.
  const bool at_window_end = reader.open_quote() || without_carriage_return(window.substr(reader.position())).empty();
  if (cut && at_window_end) return refuse("line too long", position_, reader.position());
  if (!last_ && at_window_end) return Step::end;
  if (!good) return refuse(reader.reason(), reader.where(), reader.position());

  const std::size_t end = std::min(input_.find('\n', reader.position()), input_.size());
  if (end == input_.size() && !last_) return Step::end;
  record_.text = without_carriage_return(input_.substr(position_, end - position_));
  record_.tags = tags_;
  record_.fields = fields_;
  leniencies_.commas_without_tag += reader.leniencies().commas_without_tag;
  leniencies_.empty_tag_values += reader.leniencies().empty_tag_values;
  record_number_ = number_;
  number_ += reader.newlines() + 1;
  position_ = std::min(end + 1, input_.size());
  return Step::record;
}

}  // namespace codecs
