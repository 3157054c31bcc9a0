// The walk over a body; what a line is stands in line_reader.cc.

#include "codecs/line_protocol.h"

#include <algorithm>

#include "codecs/line_reader.h"

namespace codecs {
namespace {

/// What may stand in a comment of line-protocol v2: in InfluxDB 1.x, anything.
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

/// What a line may begin with.
std::string_view blanks(Dialect dialect) {
  return dialect == Dialect::influxdb_1 ? std::string_view(" \t\0", 3) : std::string_view(" ");
}

}  // namespace

LineDecoder::LineDecoder(LineOptions options, Cpu cpu) : options_(options), plain_lines_(cpu) {}

void LineDecoder::reset() {
  feed({}, true);
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
  plain_lines_.forget();
}

Step LineDecoder::next() {
  std::size_t newline = 0;
  if (!plain_lines_.read(input_, position_, options_.dialect, record_, newline)) return next_with_care();
  record_number_ = number_++;
  position_ = newline + 1;
  return Step::record;
}

/// Passes blank lines and comments over; false where no point is left in the input. A comment with a control character
/// is a point that `next_with_care` refuses.
bool LineDecoder::skip_to_point(std::size_t& point) {
  const bool v2 = options_.dialect == Dialect::line_protocol_v2;
  for (;;) {
    point = std::min(input_.find_first_not_of(blanks(options_.dialect), position_), input_.size());
    std::size_t end = point;
    if (end < input_.size() && input_[end] == '#') {
      while (end < input_.size() && (v2 ? !is_control(input_[end]) : input_[end] != '\n')) ++end;
    }
    if (v2 && end < input_.size() && input_[end] == '\r') ++end;
    if (end == input_.size()) {
      if (last_) position_ = end;
      return false;
    }
    if (input_[end] != '\n') return true;
    position_ = end + 1;
    ++number_;
  }
}

std::string_view LineDecoder::without_line_end(std::string_view line) const {
  if (options_.dialect == Dialect::line_protocol_v2 && line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// A line is over at the first '\n' behind `look_from`, and not known to be over where there is none yet.
Step LineDecoder::refuse(std::string_view reason, std::size_t where, std::size_t look_from) {
  const std::size_t end = std::min(input_.find('\n', look_from), input_.size());
  if (end == input_.size() && !last_) return Step::end;
  const std::string_view before = input_.substr(position_, where - position_);
  const std::size_t newline = before.rfind('\n');

  error_.text = without_line_end(input_.substr(position_, end - position_));
  error_.line = number_ + static_cast<std::size_t>(std::ranges::count(before, '\n'));
  error_.column = (newline == std::string_view::npos ? before.size() : before.size() - newline - 1) + 1;
  error_.offset = offset_ + where;
  error_.reason = reason;

  record_number_ = number_;
  number_ += static_cast<std::size_t>(std::ranges::count(error_.text, '\n')) + 1;
  position_ = std::min(end + 1, input_.size());
  return Step::error;
}

Step LineDecoder::next_with_care() {
  std::size_t point = 0;
  if (!skip_to_point(point)) return Step::end;
  if (input_[point] == '#') {
    const auto* const bad = std::find_if(input_.begin() + point, input_.end(), is_control);
    const auto where = static_cast<std::size_t>(bad - input_.begin());
    return refuse("control character", where, where);
  }

  tags_.clear();
  fields_.clear();
  const std::string_view window = input_.substr(0, position_ + line_bytes_max);
  const bool cut = window.size() < input_.size();
  LineReader reader(options_, window, point, tags_, fields_);
  const bool good = reader.read(record_);
  // Where the window ends within the line, more of it could give another answer.
  const bool within = reader.open_quote() || without_line_end(window.substr(reader.position())).empty();
  if (cut && within) return refuse("line too long", position_, reader.position());
  if (!last_ && within) return Step::end;
  if (!good) return refuse(reader.reason(), reader.where(), reader.position());

  const std::size_t end = std::min(input_.find('\n', reader.position()), input_.size());
  if (end == input_.size() && !last_) return Step::end;
  record_.text = without_line_end(input_.substr(position_, end - position_));
  record_.tags = tags_;
  record_.fields = fields_;
  leniencies_.commas_without_tag += reader.leniencies().commas_without_tag;
  leniencies_.empty_tag_values += reader.leniencies().empty_tag_values;
  leniencies_.time_fields += reader.leniencies().time_fields;
  record_number_ = number_;
  number_ += reader.newlines() + 1;
  position_ = std::min(end + 1, input_.size());
  return Step::record;
}

}  // namespace codecs
