// An answer of /api/v3/query_sql or query_influxql (InfluxDB 3 Core's documentation, "Use the InfluxDB v3 HTTP query
// API"; its bodies are written by Rust's arrow-json); JSON by RFC 8259 (see json_walk.h):
//
//   answer  = array | lines | failure .
//   array   = "[" [ row { "," row } ] "]" .                 format=json
//   lines   = { row newline } .                             format=jsonl
//   row     = { column: value … } .                         a column that is null is left out
//   failure = { "error": text [ , "data": value ] } .       the whole body
//
// `time` is text, RFC 3339 without a zone, which is UTC. A row of JSON lines that has only a text column `error`, and
// it is the first, cannot be told from a failure, and is taken for one.

#include "codecs/influxdb3_json.h"

#include "codecs/rfc3339.h"

namespace codecs {

void Influxdb3Decoder::reset() {
  walk_.reset();
  place_ = Place::start;
  first_ = true;
}

void Influxdb3Decoder::feed(std::string_view input, bool last) { walk_.feed(input, last); }

Step Influxdb3Decoder::next() {
  failure_.reset();
  for (;;) {
    walk_.start_over();
    switch (step()) {
      case Outcome::go_on:
        continue;
      case Outcome::record:
        return Step::record;
      case Outcome::error:
        return Step::error;
      case Outcome::incomplete:
        break;
    }
    walk_.start_over();
    walk_.peek();
    const bool complete = walk_.at_end() && place_ != Place::array;
    if (!walk_.last() || complete) return Step::end;
    error_ = walk_.truncated();
    place_ = Place::done;
    return Step::error;
  }
}

Influxdb3Decoder::Outcome Influxdb3Decoder::step() {
  switch (place_) {
    case Place::start:
      return begin();
    case Place::array:
      return next_in_array();
    case Place::lines:
      return next_line();
    case Place::after_array:
      walk_.peek();
      walk_.commit();
      if (walk_.at_end()) return Outcome::incomplete;
      return give_up(walk_.unexpected("text behind the array"), Place::done);
    case Place::lost_line:
      if (!walk_.find_next_document()) return Outcome::incomplete;
      place_ = Place::lines;
      return Outcome::go_on;
    case Place::done:
      break;
  }
  walk_.skip_all();
  return Outcome::incomplete;
}

Influxdb3Decoder::Outcome Influxdb3Decoder::begin() {
  const char first = walk_.peek();
  walk_.commit();
  if (walk_.at_end()) return Outcome::incomplete;
  if (first != '[' && first != '{') return give_up(walk_.foreign(), Place::done);
  place_ = first == '[' ? Place::array : Place::lines;
  if (first == '[') walk_.enter();
  walk_.commit();
  return Outcome::go_on;
}

Influxdb3Decoder::Outcome Influxdb3Decoder::next_in_array() {
  switch (walk_.next_item()) {
    case JsonWalk::Next::found:
      return take_row();
    case JsonWalk::Next::incomplete:
      return Outcome::incomplete;
    case JsonWalk::Next::bad:
      return give_up(walk_.error(), Place::done);
    case JsonWalk::Next::closed:
      break;
  }
  walk_.commit();
  place_ = Place::after_array;
  return Outcome::go_on;
}

Influxdb3Decoder::Outcome Influxdb3Decoder::next_line() {
  const char first = walk_.peek();
  walk_.commit();
  if (walk_.at_end()) return Outcome::incomplete;
  return first == '{' ? take_row() : give_up(walk_.foreign(), Place::lost_line);
}

Influxdb3Decoder::Outcome Influxdb3Decoder::give_up(const DecodeError& error, Place place) {
  error_ = error;
  place_ = place;
  walk_.pass_over_error();
  return Outcome::error;
}

Influxdb3Decoder::Outcome Influxdb3Decoder::take_row() {
  std::string_view raw;
  const JsonWalk::Next next = walk_.take_value(raw);
  if (next == JsonWalk::Next::incomplete) return Outcome::incomplete;
  if (next == JsonWalk::Next::bad) {
    return give_up(walk_.error(), place_ == Place::array ? Place::done : Place::lost_line);
  }
  JsonProblem problem = read_row(raw);
  if (!problem && first_ && place_ == Place::lines) {
    failure_ = find_failure();
    if (failure_) problem = {"the server refused the request"};
  }
  first_ = false;
  if (problem) error_ = walk_.error_in(raw, problem);
  walk_.commit();
  return problem ? Outcome::error : Outcome::record;
}

JsonProblem Influxdb3Decoder::read_row(std::string_view raw) {
  if (raw.front() != '{') return {"row is no object"};
  row_ = {};
  fields_.clear();
  texts_.clear();
  texts_.reserve(raw.size());
  JsonItems members(raw);
  std::string_view key;
  std::string_view value;
  while (members.next(key, value)) {
    if (JsonProblem problem = read_member(key, value)) {
      problem.where += static_cast<std::size_t>(value.data() - raw.data());
      return problem;
    }
  }
  row_.fields = fields_;
  return members.problem();
}

JsonProblem Influxdb3Decoder::read_member(std::string_view key, std::string_view raw) {
  Influxdb3Field field;
  if (const JsonProblem problem = read_json_value(raw, texts_, field.value)) return problem;
  if (std::holds_alternative<std::monostate>(field.value)) return {};
  const auto* const text = std::get_if<std::string_view>(&field.value);
  if (key == "\"iox::measurement\"" && text != nullptr) {
    row_.measurement = *text;
    return {};
  }
  if (key == "\"time\"" && text != nullptr) {
    const auto time = parse_rfc3339(*text, Zoneless::utc);
    if (!time) return {time.error() == TimeProblem::out_of_range ? "time out of range" : "invalid time"};
    row_.time_ns = *time;
    return {};
  }
  if (fields_.size() == influxdb3_columns_max) return {"too many columns"};
  JsonValue name;
  if (read_json_value(key, texts_, name)) return {"invalid column name"};
  field.name = std::get<std::string_view>(name);
  fields_.push_back(field);
  return {};
}

std::optional<std::string_view> Influxdb3Decoder::find_failure() const {
  if (row_.measurement || row_.time_ns) return std::nullopt;
  std::optional<std::string_view> text;
  for (const Influxdb3Field& field : fields_) {
    const auto* const value = std::get_if<std::string_view>(&field.value);
    if (field.name == "error" && value != nullptr) {
      text = *value;
    } else if (field.name != "data") {
      return std::nullopt;
    }
  }
  return text;
}

}  // namespace codecs
