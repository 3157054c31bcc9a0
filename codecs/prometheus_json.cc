// An answer of /api/v1/query and /api/v1/query_range (the API's documentation, "Expression queries" and "Expression
// query result formats"; what Prometheus 2.42 and VictoriaMetrics 1.79 send):
//
//   answer    = { "status": "success", "data": data [, notes] }
//             | { "status": "error", "errorType": string, "error": string }
//   notes     = "warnings": [string], "infos": [string], "isPartial": bool; each may be missing
//   data      = { "resultType": "vector", "result": [element] } | { "resultType": "matrix", "result": [series] }
//             | { "resultType": "scalar", "result": point } | { "resultType": "string", "result": [time, string] }
//   element   = { "metric": { name: string }, "value": point | "histogram": native }
//   series    = { "metric": { name: string } [, "values": [point]] [, "histograms": [native]] }
//   point     = [time, "value"]
//   native    = [time, { "count": "value", "sum": "value" [, "buckets": [[bounds, "low", "high", "count"]]] }]
//
// Keys come in any order, others may stand beside them (`stats`, `trace`); of doubled ones the first counts. `time` is
// a number of seconds, a value is text: Go's shortest float, NaN, +Inf or -Inf. `bounds`: 0 (low,high], 1 [low,high),
// 2 (low,high), 3 [low,high].
//
// The careful way goes from one unit to the next: a member, an element of a vector, a point of a matrix. A unit that
// the input does not hold completely is read again when more is there; what is larger than a unit may be (`data`,
// `result`, `values`, what is passed over) is entered, and where the walk is in it is a state. So only the input is
// cut, never the reading of a unit, and nothing depends on where. The usual compact form of elements and points has a
// fast way (prometheus_json_fast.inc), which takes only what the careful one takes, with the same result.

#include "codecs/prometheus_json.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "codecs/prometheus_json_element.h"
#include "codecs/prometheus_json_fast.h"
#include "codecs/utf8.h"

namespace codecs {
namespace {

/// Arrays and objects that are open around …
constexpr std::uint8_t depth_of_member = 1;
constexpr std::uint8_t depth_of_data_member = 2;
constexpr std::uint8_t depth_of_element = 3;
constexpr std::uint8_t depth_of_element_member = 4;
constexpr std::uint8_t depth_of_point = 5;

/// Bits of QueryPlace::seen.
constexpr std::uint32_t seen_status = 1 << 0;
constexpr std::uint32_t seen_error_type = 1 << 1;
constexpr std::uint32_t seen_error = 1 << 2;
constexpr std::uint32_t seen_partial = 1 << 3;
constexpr std::uint32_t seen_warnings = 1 << 4;
constexpr std::uint32_t seen_infos = 1 << 5;
constexpr std::uint32_t seen_data = 1 << 6;
constexpr std::uint32_t seen_type = 1 << 7;
constexpr std::uint32_t seen_result = 1 << 8;
constexpr std::uint32_t seen_values = 1 << 9;
constexpr std::uint32_t seen_histograms = 1 << 10;
/// What was found where something else has to be, and which shapes `result` has shown.
constexpr std::uint32_t root_is_no_object = 1 << 16;
constexpr std::uint32_t data_is_no_object = 1 << 17;
constexpr std::uint32_t result_is_no_array = 1 << 18;
constexpr std::uint32_t result_is_single = 1 << 19;
constexpr std::uint32_t result_is_list = 1 << 20;
constexpr std::uint32_t result_has_values = 1 << 21;
constexpr std::uint32_t result_has_series = 1 << 22;
constexpr std::uint32_t single_is_pending = 1 << 23;

/// Of a body that is text: as much as an error cites.
constexpr std::size_t cited_bytes_max = 60;

using Type = QueryAnswer::Type;
using Status = QueryAnswer::Status;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// At most `query_text_bytes_max` bytes, cut between characters.
void assign_cut(std::string& out, std::string_view text) {
  const std::string_view start = text.substr(0, query_text_bytes_max);
  out = start.size() == text.size() ? text : start.substr(0, valid_utf8_prefix(start));
  if (start.size() != text.size()) out += "…";
}

Type type_of(std::string_view text) {
  if (text == "vector") return Type::vector;
  if (text == "matrix") return Type::matrix;
  if (text == "scalar") return Type::scalar;
  return text == "string" ? Type::string : Type::other;
}

}  // namespace

QueryDecoder::QueryDecoder(Cpu cpu) : fast_element_(fast_element_reader(cpu)) {}

void QueryDecoder::reset() {
  input_ = {};
  position_ = counted_ = line_start_ = input_start_ = 0;
  line_ = 1;
  last_ = false;
  place_ = before_ = {};
  answer_ = {};
}

void QueryDecoder::feed(std::string_view input, bool last) {
  input_start_ += position_;
  input_ = input;
  position_ = counted_ = 0;
  last_ = last;
}

Step QueryDecoder::next() {
  while (true) {
    if (place_.state == State::elements && take_fast_element()) return Step::record;
    if (place_.state == State::points && take_fast_point()) return Step::record;
    switch (advance()) {
      case Found::record:
        return Step::record;
      case Found::error:
        return Step::error;
      case Found::end:
        // The input may be gone when its lines are needed.
        if (!last_) count_lines(position_);
        return Step::end;
      default:
        break;
    }
  }
}

/// The element at the position, with the comma before it, where it has the usual form.
bool QueryDecoder::take_fast_element() {
  if (answer_.type != Type::vector) return false;
  const std::string_view window = input_.substr(position_, query_record_bytes_max);
  const std::size_t comma = place_.first ? 0 : 1;
  if (comma == 1 && !window.starts_with(',')) return false;
  const char* const end = window.data() + window.size();
  const std::size_t length = fast_element_(window.data() + comma, end, labels_, sample_);
  if (length == 0) return false;
  position_ += comma + length;
  place_.first = false;
  place_.seen |= result_has_values;
  ++answer_.series;
  ++answer_.samples;
  return true;
}

bool QueryDecoder::take_fast_point() {
  if (place_.in_histograms) return false;
  const std::string_view window = input_.substr(position_, query_record_bytes_max);
  const std::size_t comma = place_.first ? 0 : 1;
  if (comma == 1 && !window.starts_with(',')) return false;
  const char* const end = window.data() + window.size();
  const std::size_t length = read_fast_point(window.data() + comma, end, sample_);
  if (length == 0) return false;
  position_ += comma + length;
  place_.first = false;
  ++answer_.samples;
  return true;
}

/// One unit, the careful way.
QueryDecoder::Found QueryDecoder::advance() {
  while (position_ < input_.size() && is_blank(input_[position_])) ++position_;
  if (place_.state == State::over) {
    position_ = input_.size();
    return Found::end;
  }
  if (position_ == input_.size()) return at_end_of_input();
  scan_.begin(input_.substr(0, position_ + std::min(input_.size() - position_, query_record_bytes_max)), position_);
  before_ = place_;
  const Found found = step();
  if (found == Found::end) return found;
  if (!scan_.ok()) return trouble();
  position_ = scan_.at();
  return found;
}

QueryDecoder::Found QueryDecoder::step() {
  switch (place_.state) {
    case State::start:
      return step_start();
    case State::members:
      return step_member();
    case State::skip:
      return step_skip();
    case State::elements:
      return step_element();
    case State::series:
      return step_series();
    case State::points:
      return step_point();
    default:
      return fatal("something stands behind the answer", position_);
  }
}

QueryDecoder::Found QueryDecoder::at_end_of_input() {
  if (!last_) return Found::end;
  if (place_.state == State::start) return fatal("empty body", position_);
  if (place_.state != State::trailing) return fatal("truncated JSON", position_);
  place_.state = State::over;
  answer_.complete = true;
  const std::string_view problem = problem_at_end();
  if (problem.empty()) return Found::end;
  std::string_view text;
  if (answer_.status == Status::other) {
    text = answer_.status_text;
  } else if (answer_.type == Type::other) {
    text = answer_.type_text;
  }
  set_error(problem, position_, text);
  return Found::error;
}

/// What has to be there, or how it has to be, can be asked only now: keys come in any order.
std::string_view QueryDecoder::problem_at_end() const {
  const auto seen = [this](std::uint32_t bits) { return (place_.seen & bits) != 0; };
  if (seen(root_is_no_object)) return "the answer is no object";
  if (answer_.status == Status::missing) return "no 'status'";
  if (answer_.status == Status::error) return {};
  if (answer_.status == Status::other) return "unknown 'status'";
  if (!seen(seen_data)) return "no 'data'";
  if (seen(data_is_no_object)) return "'data' is no object";
  if (answer_.type == Type::missing) return "no 'resultType'";
  if (answer_.type == Type::other) return "unknown 'resultType'";
  if (!seen(seen_result)) return "no 'result'";
  if (seen(result_is_no_array)) return "'result' is no array";
  const bool single = answer_.type == Type::scalar || answer_.type == Type::string;
  const std::uint32_t other_shapes = single                         ? result_is_list
                                     : answer_.type == Type::vector ? result_is_single | result_has_series
                                                                    : result_is_single | result_has_values;
  return seen(other_shapes) ? "a 'result' of another type than 'resultType' says" : "";
}

QueryDecoder::Found QueryDecoder::trouble() {
  place_ = before_;
  if (scan_.trouble() == JsonScan::Trouble::broken) return fatal(scan_.reason(), scan_.where());
  if (input_.size() - position_ >= query_record_bytes_max) return fatal("a part of more than 1 MiB", position_);
  return last_ ? fatal("truncated JSON", input_.size()) : Found::end;
}

/// What follows cannot be read: the rest of the body is passed over.
QueryDecoder::Found QueryDecoder::fatal(std::string_view reason, std::size_t where) {
  set_error(reason, where, {});
  place_.state = State::over;
  scan_.rewind(position_);
  return Found::error;
}

/// After trouble with `item`. Where it has another shape than expected, the walk goes on behind it; whether it is JSON
/// is seen only by passing over it.
QueryDecoder::Found QueryDecoder::refuse(std::size_t item, std::uint8_t depth) {
  if (scan_.trouble() != JsonScan::Trouble::shape) return Found::trouble;
  const std::string_view reason = scan_.reason();
  const std::size_t where = scan_.where();
  scan_.rewind(item);
  if (!scan_.skip_value(depth)) return Found::trouble;
  set_error(reason, where, scan_.between(item, scan_.at()));
  return Found::error;
}

void QueryDecoder::set_error(std::string_view reason, std::size_t where, std::string_view text) {
  ++answer_.refused;
  count_lines(where);
  const std::size_t offset = input_start_ + where;
  error_ = {text, line_, offset - line_start_ + 1, offset, reason};
}

/// Up to `end` of the input. An error may lie before the place up to which lines are counted: within a unit.
void QueryDecoder::count_lines(std::size_t end) {
  while (counted_ < end) {
    const void* const found = std::memchr(input_.data() + counted_, '\n', end - counted_);
    if (found == nullptr) break;
    counted_ = static_cast<std::size_t>(static_cast<const char*>(found) - input_.data()) + 1;
    ++line_;
    line_start_ = input_start_ + counted_;
  }
  counted_ = std::max(counted_, end);
}

QueryDecoder::Found QueryDecoder::step_start() {
  const char c = scan_.peek();
  if (c == '[') {
    place_.seen |= root_is_no_object;
    return begin_skip(State::trailing);
  }
  if (c != '{') return describe_no_json();
  place_.state = State::members;
  scan_.open('{', {});
  return Found::nothing;
}

/// What a body that is no JSON looks like to the one who has to find out why.
QueryDecoder::Found QueryDecoder::describe_no_json() {
  const std::string_view rest = input_.substr(position_);
  if (rest.front() == '<') return fatal("HTML instead of JSON", position_);
  if (rest.size() == 1 && !last_) return Found::end;
  if (rest.starts_with("\x1f\x8b")) return fatal("gzip instead of JSON", position_);
  if (rest.front() == '\xef') return fatal("a byte order mark before the JSON", position_);
  const std::size_t line_end = rest.find_first_of("\r\n");
  if (line_end == std::string_view::npos && rest.size() < cited_bytes_max && !last_) return Found::end;
  const std::string_view line = rest.substr(0, std::min(line_end, cited_bytes_max));
  const bool printable = std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; });
  const Found found = fatal(printable ? "text instead of JSON" : "binary data instead of JSON", position_);
  if (printable) error_.text = line;
  return found;
}

/// A member of the document's object or of `data`: its value too, or its start where it is entered.
QueryDecoder::Found QueryDecoder::step_member() {
  std::string_view key;
  const bool first = std::exchange(place_.first, false);
  if (scan_.next_member(first, key)) return place_.in_data ? data_member(key) : root_member(key);
  if (!place_.in_data) place_.state = State::trailing;
  place_.in_data = false;
  return Found::nothing;
}

QueryDecoder::Found QueryDecoder::step_skip() {
  if (scan_.skip(place_.skip)) {
    place_.state = place_.after_skip;
  } else if (scan_.trouble() == JsonScan::Trouble::more && scan_.at() > position_) {
    scan_.rewind(scan_.at());  // as far as it got is done with
  }
  return Found::nothing;
}

QueryDecoder::Found QueryDecoder::begin_skip(State after) {
  const std::uint8_t depth = after == State::trailing ? 0 : place_.in_data ? depth_of_data_member : depth_of_member;
  place_.skip = {depth, depth};
  place_.after_skip = after;
  place_.state = State::skip;
  return Found::nothing;
}

/// True for the first of doubled keys.
bool QueryDecoder::once(std::uint32_t key) {
  const bool first = (place_.seen & key) == 0;
  place_.seen |= key;
  return first;
}

QueryDecoder::Found QueryDecoder::root_member(std::string_view key) {
  if (key == "data" && once(seen_data)) return enter_data();
  if (key == "status" && once(seen_status)) return read_status();
  if (key == "errorType" && once(seen_error_type)) return read_text(answer_.error_type);
  if (key == "error" && once(seen_error)) return read_text(answer_.error);
  if (key == "warnings" && once(seen_warnings)) return read_notes(answer_.warnings);
  if (key == "infos" && once(seen_infos)) return read_notes(answer_.infos);
  if (key == "isPartial" && once(seen_partial)) return read_partial();
  return begin_skip(State::members);
}

QueryDecoder::Found QueryDecoder::data_member(std::string_view key) {
  if (key == "resultType" && once(seen_type)) return read_type();
  if (key == "result" && once(seen_result)) return enter_result();
  return begin_skip(State::members);
}

QueryDecoder::Found QueryDecoder::enter_data() {
  if (scan_.peek() != '{') {
    place_.seen |= data_is_no_object;
    return begin_skip(State::members);
  }
  scan_.open('{', {});
  place_.in_data = place_.first = true;
  return Found::nothing;
}

/// A list is entered; a scalar or string is read at once. Where the type is not known yet, the first item tells.
QueryDecoder::Found QueryDecoder::enter_result() {
  if (answer_.type == Type::other) return begin_skip(State::members);
  if (scan_.peek() != '[') {
    place_.seen |= result_is_no_array;
    return begin_skip(State::members);
  }
  const std::size_t start = scan_.at();
  scan_.open('[', {});
  const char inner = scan_.peek();
  const bool list = answer_.type == Type::missing ? inner == '{' || inner == ']'
                                                  : answer_.type == Type::vector || answer_.type == Type::matrix;
  if (list || !scan_.ok()) {
    place_.state = State::elements;
    place_.first = true;
    place_.seen |= result_is_list;
    return Found::nothing;
  }
  scan_.rewind(start);
  return read_single(start);
}

QueryDecoder::Found QueryDecoder::read_single(std::size_t start) {
  sample_ = {};
  label_count_ = 0;
  const bool good = answer_.type == Type::scalar ? read_point(scan_, sample_) : read_text_point(scan_, sample_);
  if (!good) return refuse(start, depth_of_data_member);
  place_.seen |= result_is_single;
  if (answer_.type != Type::missing) return record();
  place_.seen |= single_is_pending;
  pending_text_ = sample_.value_text;
  return Found::nothing;
}

/// A scalar or string whose type was not known when it came.
QueryDecoder::Found QueryDecoder::release_pending() {
  if ((place_.seen & single_is_pending) == 0) return Found::nothing;
  if (answer_.type != Type::scalar && answer_.type != Type::string) return Found::nothing;
  sample_.value_text = pending_text_;
  if (answer_.type == Type::string) return record();
  const std::optional<double> value = sample_value(pending_text_);
  if (!value) {
    set_error("a value that is no number", position_, {});
    return Found::error;
  }
  sample_.value = *value;
  sample_.kind = QuerySample::Kind::number;
  return record();
}

/// The sample is complete. Labels were put down by whoever read them.
QueryDecoder::Found QueryDecoder::record() {
  sample_.labels = std::span(labels_).first(label_count_);
  ++answer_.samples;
  return Found::record;
}

QueryDecoder::Found QueryDecoder::read_status() {
  std::string_view text;
  if (scan_.peek() != '"') return begin_skip(State::members);
  if (!scan_.read_string(text, {})) return Found::trouble;
  answer_.status = text == "success" ? Status::success : text == "error" ? Status::error : Status::other;
  assign_cut(answer_.status_text, text);
  return Found::nothing;
}

QueryDecoder::Found QueryDecoder::read_type() {
  std::string_view text;
  if (scan_.peek() != '"') return begin_skip(State::members);
  if (!scan_.read_string(text, {})) return Found::trouble;
  answer_.type = type_of(text);
  assign_cut(answer_.type_text, text);
  return release_pending();
}

QueryDecoder::Found QueryDecoder::read_text(std::string& out) {
  std::string_view text;
  if (scan_.peek() != '"') return begin_skip(State::members);
  if (!scan_.read_string(text, {})) return Found::trouble;
  assign_cut(out, text);
  return Found::nothing;
}

QueryDecoder::Found QueryDecoder::read_partial() {
  const char c = scan_.peek();
  if (c != 't' && c != 'f') return begin_skip(State::members);
  scan_.read_bool(answer_.partial, {});
  return Found::nothing;
}

QueryDecoder::Found QueryDecoder::read_notes(std::vector<std::string>& notes) {
  if (scan_.peek() != '[') return begin_skip(State::members);
  notes.clear();  // of an attempt before, when not all of them were there
  std::size_t left_out = 0;
  scan_.open('[', {});
  for (bool first = true; scan_.next_item(first); first = false) {
    std::string_view text;
    if (scan_.peek() == '"' && notes.size() < query_notes_max) {
      if (!scan_.read_string(text, {})) break;
      assign_cut(notes.emplace_back(), text);
    } else {
      ++left_out;
      if (!scan_.skip_value(depth_of_data_member)) break;
    }
  }
  if (scan_.ok()) answer_.notes_left_out += left_out;
  return Found::nothing;
}

QueryDecoder::Found QueryDecoder::step_element() {
  if (!scan_.next_item(place_.first)) {
    place_.state = State::members;
    place_.first = false;
    return Found::nothing;
  }
  place_.first = false;
  const std::size_t item = scan_.at();
  if (!read_element()) return refuse(item, depth_of_element);
  ++answer_.series;
  return place_.state == State::points ? Found::nothing : record();
}

/// An element of a vector as a whole, or one of a matrix up to its first points. Which it is tells its first value
/// where the type is not known yet.
bool QueryDecoder::read_element() {
  const bool vector = answer_.type != Type::matrix;
  const bool matrix = answer_.type != Type::vector;
  bool has_metric = false;
  bool has_value = false;
  bool has_histogram = false;
  std::string_view key;
  sample_ = {};
  if (!scan_.open('{', "an element that is no object")) return false;
  for (bool first = true; scan_.next_member(first, key); first = false) {
    bool good = true;
    if (key == "metric" && !has_metric) {
      good = has_metric = read_labels(scan_, labels_, label_count_, sample_.labels_cut);
    } else if (key == "value" && vector && !has_value) {
      good = has_value = read_point(scan_, sample_);
    } else if (key == "histogram" && vector && !has_value && !has_histogram) {
      good = has_histogram = read_histogram_point(scan_, sample_, buckets_, depth_of_element_member);
    } else if ((key == "values" || key == "histograms") && matrix && !has_value && !has_histogram) {
      return (has_metric || find_metric()) && enter_points(key == "histograms");
    } else {
      good = scan_.skip_value(depth_of_element_member);
    }
    if (!good) return false;
  }
  if (!has_metric) return scan_.fail_shape("an element without 'metric'");
  if (!has_value && !has_histogram) {
    return scan_.fail_shape(vector ? "an element without 'value' or 'histogram'"
                                   : "an element without 'values' or 'histograms'");
  }
  place_.seen |= result_has_values;
  return scan_.ok();
}

/// `metric` stands behind the points: they cannot be handed over before it is known.
bool QueryDecoder::find_metric() {
  const std::size_t points = scan_.at();
  std::string_view key;
  if (!scan_.skip_value(depth_of_element_member)) return false;
  while (scan_.next_member(false, key)) {
    if (key != "metric") {
      if (!scan_.skip_value(depth_of_element_member)) return false;
      continue;
    }
    if (!read_labels(scan_, labels_, label_count_, sample_.labels_cut)) return false;
    scan_.rewind(points);
    return true;
  }
  return scan_.fail_shape("an element without 'metric'");
}

/// Into the first array of points of a series.
bool QueryDecoder::enter_points(bool histograms) {
  if (!scan_.open('[', "an element whose points are no array")) return false;
  keep_labels();
  sample_.labels = std::span(labels_).first(label_count_);
  place_.state = State::points;
  place_.in_histograms = histograms;
  place_.first = true;
  place_.seen &= ~(seen_values | seen_histograms);
  place_.seen |= result_has_series | (histograms ? seen_histograms : seen_values);
  return true;
}

/// Copies the labels: the input that they are views of goes before the series ends.
void QueryDecoder::keep_labels() {
  const auto labels = std::span(labels_).first(label_count_);
  series_text_.clear();
  for (const Label& label : labels) (series_text_ += label.name) += label.value;
  std::string_view rest = series_text_;
  for (Label& label : labels) {
    for (std::string_view* const text : {&label.name, &label.value}) {
      *text = rest.substr(0, text->size());
      rest.remove_prefix(text->size());
    }
  }
}

QueryDecoder::Found QueryDecoder::step_series() {
  std::string_view key;
  if (!scan_.next_member(false, key)) {
    place_.state = State::elements;
    return Found::nothing;
  }
  const bool histograms = key == "histograms";
  if ((histograms && once(seen_histograms)) || (key == "values" && once(seen_values))) {
    const std::size_t value = scan_.at();
    if (!scan_.open('[', "points that are no array")) return refuse(value, depth_of_element_member);
    place_.state = State::points;
    place_.in_histograms = histograms;
    place_.first = true;
    return Found::nothing;
  }
  scan_.skip_value(depth_of_element_member);
  return Found::nothing;
}

QueryDecoder::Found QueryDecoder::step_point() {
  if (!scan_.next_item(place_.first)) {
    place_.state = State::series;
    place_.first = false;
    return Found::nothing;
  }
  place_.first = false;
  const std::size_t item = scan_.at();
  const bool good = place_.in_histograms ? read_histogram_point(scan_, sample_, buckets_, depth_of_point)
                                         : read_point(scan_, sample_);
  return good ? record() : refuse(item, depth_of_point);
}

}  // namespace codecs
