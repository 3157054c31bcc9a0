// The series and rows of an answer; the grammar is at the head of influxql_json.cc.

#include "codecs/influxql_json.h"
#include "codecs/rfc3339.h"

namespace codecs {

InfluxqlDecoder::Outcome InfluxqlDecoder::next_series() {
  const Next next = walk_.next_item();
  if (next != Next::found) return leave(next, Place::result);
  const char first = walk_.peek();
  if (first != '{') return told(walk_.refuse(walk_.scan().at(), "series is no object", walk_.scan().at()));
  announced_ = refused_ = series_partial_ = false;
  for (Kept* const part : {&name_part_, &tags_part_, &columns_part_}) part->raw.clear();
  name_ = {};
  tags_.clear();
  columns_.clear();
  return enter(Place::series);
}

InfluxqlDecoder::Outcome InfluxqlDecoder::series_member() {
  std::string_view key;
  const Next next = walk_.next_member(key);
  const bool told = announced_ || refused_;
  if (next == Next::closed) return told ? end_series() : announce_series(Place::series);
  if (next != Next::found) return leave(next, place_);
  if (key == "name") return take_part(name_part_, &InfluxqlDecoder::read_name);
  if (key == "tags") return take_part(tags_part_, &InfluxqlDecoder::read_tags);
  if (key == "columns") return take_part(columns_part_, &InfluxqlDecoder::read_columns);
  if (key == "partial") return take_flag(series_partial_);
  if (key != "values") return skip_value();
  if (walk_.peek() != '[') return skip_null("'values' is no array");
  return told ? enter(Place::rows) : announce_series(Place::rows);
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

InfluxqlDecoder::Outcome InfluxqlDecoder::take_part(Kept& kept, bool (InfluxqlDecoder::*read)()) {
  JsonScan& scan = walk_.scan();
  const std::size_t value = scan.at();
  if (!scan.skip_value(0) || !kept.raw.empty()) return leave(walk_.found(), place_);
  kept.raw = scan.between(value, scan.at());
  kept.scan.begin(kept.raw, 0);
  if (kept.raw == "null") return leave(Next::found, place_);
  if (announced_) return told(walk_.refuse(value, "the series' rows stand before its name, tags or columns", value));
  if ((this->*read)()) return leave(Next::found, place_);
  refused_ = true;
  return told(walk_.refuse(value, kept.scan.reason(), value + kept.scan.where()));
}

bool InfluxqlDecoder::read_name() { return name_part_.scan.read_string(name_, "a series' name is no text"); }

bool InfluxqlDecoder::read_tags() {
  JsonScan& scan = tags_part_.scan;
  tags_.clear();
  if (!scan.open('{', "tags are no object")) return false;
  Tag tag;
  for (bool first = true; scan.next_member(first, tag.key); first = false) {
    if (!scan.read_string(tag.value, "a tag's value is no text")) return false;
    if (tags_.size() == influxql_tags_max) return scan.fail_content("too many tags");
    tags_.push_back(tag);
  }
  return scan.ok();
}

bool InfluxqlDecoder::read_columns() {
  JsonScan& scan = columns_part_.scan;
  columns_.clear();
  if (!scan.open('[', "columns are no array")) return false;
  std::string_view column;
  for (bool first = true; scan.next_item(first); first = false) {
    if (!scan.read_string(column, "a column's name is no text")) return false;
    if (columns_.size() == influxql_columns_max) return scan.fail_content("too many columns");
    columns_.push_back(column);
  }
  return scan.ok();
}

InfluxqlDecoder::Outcome InfluxqlDecoder::next_row() {
  const Next next = walk_.next_item();
  if (next != Next::found) return leave(next, Place::series);
  if (refused_) return skip_value();
  walk_.peek();
  const std::size_t row = walk_.scan().at();
  record_ = {
      .kind = InfluxqlRecord::Kind::row, .statement = statement_, .name = name_, .tags = tags_, .columns = columns_};
  if (!read_row()) return refuse(walk_.found(), row);
  record_.values = values_;
  walk_.commit();
  return Outcome::record;
}

bool InfluxqlDecoder::read_row() {
  JsonScan& scan = walk_.scan();
  values_.clear();
  if (!scan.open('[', "row is no array")) return false;
  for (bool first = true; scan.next_item(first); first = false) {
    if (values_.size() == columns_.size())
      return scan.fail_shape(columns_.empty() ? "a row before the columns" : "more values than columns");
    if (first && columns_.front() == "time") {
      if (!read_time()) return false;
    } else if (!read_json_value(scan, 1, values_.emplace_back())) {
      return false;
    }
  }
  if (!scan.ok()) return false;
  return values_.size() == columns_.size() || scan.fail_shape("fewer values than columns");
}

bool InfluxqlDecoder::read_time() {
  JsonScan& scan = walk_.scan();
  scan.peek();
  const std::size_t start = scan.at();
  const auto fail = [&](std::string_view reason) {
    scan.rewind(start);
    return scan.fail_shape(reason);
  };
  JsonValue& value = values_.emplace_back();
  if (!read_json_value(scan, 1, value)) return false;
  if (std::holds_alternative<std::monostate>(value)) return true;
  if (const auto* const text = std::get_if<std::string_view>(&value)) {
    const auto time = parse_rfc3339(*text);
    if (!time) return fail(time.error() == TimeProblem::out_of_range ? "time out of range" : "invalid time");
    record_.time_ns = *time;
    return true;
  }
  const auto* const number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) return fail("invalid time");
  record_.time_ns = to_nanoseconds(*number, precision_.value_or(precision_of(*number)));
  return record_.time_ns.has_value() || fail("time out of range");
}

}  // namespace codecs
