// An answer of /api/v3/query_sql or query_influxql (InfluxDB 3 Core's documentation, "Use the InfluxDB v3 HTTP query
// API"; its bodies are written by Rust's arrow-json); JSON by RFC 8259 (see json_scan.cc):
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
    walk_.start();
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
    walk_.start();
    walk_.peek();
    const bool complete = walk_.at_end() && place_ != Place::array;
    if (!walk_.last() || complete) return Step::end;
    walk_.give_up_truncated();
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
      if (walk_.at_end() || !walk_.sees_line(walk_.consumed())) return Outcome::incomplete;
      walk_.give_up("text behind the array");
      return give_up(Place::done);
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
  if (first != '[' && first != '{') {
    if (!walk_.sees_line(walk_.consumed())) return Outcome::incomplete;
    walk_.give_up_foreign();
    return give_up(Place::done);
  }
  place_ = first == '[' ? Place::array : Place::lines;
  if (first == '[') walk_.enter();
  walk_.commit();
  return Outcome::go_on;
}

Influxdb3Decoder::Outcome Influxdb3Decoder::next_in_array() {
  const JsonWalk::Next next = walk_.next_item();
  if (next == JsonWalk::Next::found) return take_row();
  if (next != JsonWalk::Next::closed) return settle(next, 0);
  walk_.commit();
  place_ = Place::after_array;
  return Outcome::go_on;
}

Influxdb3Decoder::Outcome Influxdb3Decoder::next_line() {
  const char first = walk_.peek();
  walk_.commit();
  if (walk_.at_end()) return Outcome::incomplete;
  if (first == '{') return take_row();
  if (!walk_.sees_line(walk_.consumed())) return Outcome::incomplete;
  walk_.give_up_foreign();
  return give_up(Place::lost_line);
}

Influxdb3Decoder::Outcome Influxdb3Decoder::give_up(Place place) {
  place_ = place;
  return Outcome::error;
}

Influxdb3Decoder::Outcome Influxdb3Decoder::take_row() {
  walk_.peek();
  const std::size_t row = walk_.scan().at();
  if (!read_row()) return settle(walk_.found(), row);
  if (first_ && place_ == Place::lines) failure_ = find_failure();
  first_ = false;
  if (failure_) walk_.refuse(row, "the server refused the request", row);
  walk_.commit();
  return failure_ ? Outcome::error : Outcome::record;
}

/// Tells of a row, the one at `row`, that could not be read, or waits for the rest of it.
Influxdb3Decoder::Outcome Influxdb3Decoder::settle(JsonWalk::Next next, std::size_t row) {
  if (next == JsonWalk::Next::shape) next = walk_.refuse(row);
  if (next == JsonWalk::Next::incomplete) return Outcome::incomplete;
  first_ = false;
  if (next == JsonWalk::Next::broken) {
    walk_.give_up();
    return give_up(place_ == Place::array ? Place::done : Place::lost_line);
  }
  walk_.commit();
  return Outcome::error;
}

bool Influxdb3Decoder::read_row() {
  JsonScan& scan = walk_.scan();
  row_ = {};
  fields_.clear();
  if (!scan.open('{', "row is no object")) return false;
  std::string_view key;
  for (bool first = true; scan.next_member(first, key); first = false) {
    if (!read_member(key)) return false;
  }
  row_.fields = fields_;
  return scan.ok();
}

bool Influxdb3Decoder::read_member(std::string_view key) {
  JsonScan& scan = walk_.scan();
  Influxdb3Field field{.name = key, .value = {}};
  if (!read_json_value(scan, 1, field.value)) return false;
  if (std::holds_alternative<std::monostate>(field.value)) return true;
  const auto* const text = std::get_if<std::string_view>(&field.value);
  if (key == "time" && text != nullptr) return read_time(*text);
  if (key == "iox::measurement" && text != nullptr) {
    row_.measurement = *text;
    return true;
  }
  if (fields_.size() == influxdb3_columns_max) return scan.fail_shape("too many columns");
  fields_.push_back(field);
  return true;
}

bool Influxdb3Decoder::read_time(std::string_view text) {
  const auto time = parse_rfc3339(text, Zoneless::utc);
  if (!time) {
    const bool range = time.error() == TimeProblem::out_of_range;
    return walk_.scan().fail_content(range ? "time out of range" : "invalid time");
  }
  row_.time_ns = *time;
  return true;
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
