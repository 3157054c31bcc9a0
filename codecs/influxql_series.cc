// The series and rows of an answer; the grammar is at the head of influxql_json.cc.

#include "codecs/influxql_json.h"
#include "codecs/rfc3339.h"

namespace codecs {
namespace {

/// Where `part` of `whole` has the problem.
JsonProblem at_part(JsonProblem problem, std::string_view whole, std::string_view part) {
  problem.where += static_cast<std::size_t>(part.data() - whole.data());
  return problem;
}

JsonProblem read_text(std::string_view raw, std::string& texts, std::string_view& text, std::string_view reason) {
  JsonValue value;
  if (raw.front() != '"') return {reason};
  if (const JsonProblem problem = read_json_value(raw, texts, value)) return problem;
  text = std::get<std::string_view>(value);
  return {};
}

}  // namespace

InfluxqlDecoder::Outcome InfluxqlDecoder::next_series() {
  const Next next = walk_.next_item();
  if (next != Next::found) return leave(next, Place::result);
  if (walk_.peek() == '{') {
    announced_ = series_partial_ = false;
    for (Kept* const part : {&name_part_, &tags_part_, &columns_part_}) part->raw.clear();
    name_ = {};
    tags_.clear();
    columns_.clear();
    return enter(Place::series);
  }
  std::string_view raw;
  const Next value = walk_.take_value(raw);
  return value == Next::found ? refuse(raw, {"series is no object"}) : leave(value, place_);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::series_member() {
  std::string_view key;
  const Next next = walk_.next_member(key);
  if (next == Next::closed) return announced_ ? end_series() : announce_series(Place::series);
  if (next != Next::found) return leave(next, place_);
  if (key == "\"name\"") return take_part(name_part_, &InfluxqlDecoder::read_name);
  if (key == "\"tags\"") return take_part(tags_part_, &InfluxqlDecoder::read_tags);
  if (key == "\"columns\"") return take_part(columns_part_, &InfluxqlDecoder::read_columns);
  if (key == "\"partial\"") return take_flag(series_partial_);
  if (key != "\"values\"" || walk_.peek() != '[') return skip_value();
  return announced_ ? enter(Place::rows) : announce_series(Place::rows);
}

/// Hands out what is known of the series before its first row, or at its end where it has none.
InfluxqlDecoder::Outcome InfluxqlDecoder::announce_series(Place inner) {
  announced_ = true;
  const bool goes_on =
      cut_ && cut_statement_ == statement_ && cut_name_ == name_part_.raw && cut_tags_ == tags_part_.raw;
  cut_ = false;
  record_ = {.kind = InfluxqlRecord::Kind::series,
             .statement = statement_,
             .name = name_,
             .tags = tags_,
             .columns = columns_,
             .continues = goes_on};
  if (inner == Place::rows) enter(Place::rows);
  return Outcome::record;
}

InfluxqlDecoder::Outcome InfluxqlDecoder::end_series() {
  walk_.commit();
  place_ = Place::series_list;
  cut_ = series_partial_;
  if (cut_) {
    cut_statement_ = statement_;
    cut_name_ = name_part_.raw;
    cut_tags_ = tags_part_.raw;
  }
  return Outcome::go_on;
}

InfluxqlDecoder::Outcome InfluxqlDecoder::take_part(Kept& kept, JsonProblem (InfluxqlDecoder::*read)()) {
  std::string_view raw;
  const Next next = walk_.take_value(raw);
  if (next != Next::found) return leave(next, place_);
  kept.raw = raw;
  kept.texts.clear();
  kept.texts.reserve(raw.size());
  if (const JsonProblem problem = (this->*read)()) return refuse(raw, problem);
  return leave(next, place_);
}

JsonProblem InfluxqlDecoder::read_name() {
  return read_text(name_part_.raw, name_part_.texts, name_, "a series' name is no text");
}

JsonProblem InfluxqlDecoder::read_tags() {
  const std::string_view raw = tags_part_.raw;
  tags_.clear();
  if (raw == "null") return {};
  if (raw.front() != '{') return {"tags are no object"};
  JsonItems members(raw);
  std::string_view key;
  std::string_view value;
  while (members.next(key, value)) {
    if (tags_.size() == influxql_tags_max) return at_part({"too many tags"}, raw, key);
    InfluxqlTag tag;
    if (const JsonProblem problem = read_text(key, tags_part_.texts, tag.key, {})) return at_part(problem, raw, key);
    if (const JsonProblem problem = read_text(value, tags_part_.texts, tag.value, "a tag's value is no text")) {
      return at_part(problem, raw, value);
    }
    tags_.push_back(tag);
  }
  return members.problem();
}

JsonProblem InfluxqlDecoder::read_columns() {
  const std::string_view raw = columns_part_.raw;
  columns_.clear();
  if (raw == "null") return {};
  if (raw.front() != '[') return {"columns are no array"};
  JsonItems items(raw);
  std::string_view item;
  while (items.next(item)) {
    if (columns_.size() == influxql_columns_max) return at_part({"too many columns"}, raw, item);
    std::string_view column;
    if (const JsonProblem problem = read_text(item, columns_part_.texts, column, "a column's name is no text")) {
      return at_part(problem, raw, item);
    }
    columns_.push_back(column);
  }
  return items.problem();
}

InfluxqlDecoder::Outcome InfluxqlDecoder::next_row() {
  const Next next = walk_.next_item();
  if (next != Next::found) return leave(next, Place::series);
  std::string_view raw;
  const Next value = walk_.take_value(raw);
  if (value != Next::found) return leave(value, place_);
  record_ = {
      .kind = InfluxqlRecord::Kind::row, .statement = statement_, .name = name_, .tags = tags_, .columns = columns_};
  if (const JsonProblem problem = read_row(raw)) return refuse(raw, problem);
  record_.values = values_;
  walk_.commit();
  return Outcome::record;
}

JsonProblem InfluxqlDecoder::read_row(std::string_view raw) {
  if (raw.front() != '[') return {"row is no array"};
  values_.clear();
  texts_.clear();
  texts_.reserve(raw.size());
  JsonItems items(raw);
  std::string_view item;
  while (items.next(item)) {
    if (values_.size() == columns_.size()) return at_part({"more values than columns"}, raw, item);
    if (const JsonProblem problem = read_json_value(item, texts_, values_.emplace_back())) {
      return at_part(problem, raw, item);
    }
    if (values_.size() > 1 || columns_.front() != "time") continue;
    if (const std::string_view reason = read_time(); !reason.empty()) return at_part({reason}, raw, item);
  }
  if (items.problem()) return items.problem();
  if (values_.size() < columns_.size()) return {"fewer values than columns", raw.size() - 1};
  return {};
}

/// Answers why the row's time is refused, or nothing.
std::string_view InfluxqlDecoder::read_time() {
  const JsonValue& value = values_.front();
  if (std::holds_alternative<std::monostate>(value)) return {};
  if (const auto* const text = std::get_if<std::string_view>(&value)) {
    const auto time = parse_rfc3339(*text);
    if (!time) return time.error() == TimeProblem::out_of_range ? "time out of range" : "invalid time";
    record_.time_ns = *time;
    return {};
  }
  const auto* const number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) return "invalid time";
  record_.time_ns = to_nanoseconds(*number, precision_.value_or(precision_of(*number)));
  return record_.time_ns ? std::string_view() : "time out of range";
}

}  // namespace codecs
