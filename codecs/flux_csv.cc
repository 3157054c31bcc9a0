// Annotated CSV, as github.com/influxdata/flux (csv/result.go) writes it and InfluxDB's documentation describes it
// ("Annotated CSV"). Each record is one of CSV (see csv.cc), its first cell is the annotation column:
//
//   answer     = { table | blank } [ failure ] .
//   table      = { annotation } header { row } .          annotations come in any order, or not at all
//   annotation = "#datatype" | "#group" | "#default" | "#…", one cell a column .
//   header     = "", name { "," name } .
//   row        = "", cell { "," cell } .
//   blank      = an empty line .
//   failure    = { annotation } "",error,reference newline "",message,code .
//
// A table ends where annotations begin, after a blank line, and where its number in the column `table` changes. A row
// after a blank line belongs to the same columns where there were annotations, else it is a header. An empty cell is
// the column's default, or null: an empty string cannot be told apart. Where there is no #datatype, all are strings.
// The failure may follow directly on rows of another table.

#include "codecs/flux_csv.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>
#include <utility>

#include "codecs/number.h"
#include "codecs/rfc3339.h"

namespace codecs {
namespace {

FluxType type_of(std::string_view name) {
  constexpr std::pair<std::string_view, FluxType> types[] = {
      {"string", FluxType::string},
      {"long", FluxType::integer},
      {"unsignedLong", FluxType::unsigned_integer},
      {"double", FluxType::real},
      {"boolean", FluxType::boolean},
      {"dateTime", FluxType::time},
      {"dateTime:RFC3339", FluxType::time},
      {"dateTime:RFC3339Nano", FluxType::time},
      {"duration", FluxType::duration},
      {"base64Binary", FluxType::binary},
  };
  const auto* const row = std::ranges::find(types, name, &std::pair<std::string_view, FluxType>::first);
  return row == std::end(types) ? FluxType::string : row->second;
}

/// All answer why `text` is refused, or nothing.
template <class Integer>
std::string_view read_integer(std::string_view text, FluxValue& value, std::string_view malformed,
                              std::string_view out_of_range) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value.emplace<Integer>());
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return malformed;
  return error == std::errc{} ? std::string_view() : out_of_range;
}

std::string_view read_real(std::string_view text, FluxValue& value) {
  if (const auto number = parse_float(text)) {
    value = *number;
    return {};
  } else if (number.error() == NumberProblem::out_of_range) {
    return "double out of range";
  }
  using Limits = std::numeric_limits<double>;
  if (text == "NaN") {
    value = Limits::quiet_NaN();
  } else if (text == "+Inf" || text == "Inf") {
    value = Limits::infinity();
  } else if (text == "-Inf") {
    value = -Limits::infinity();
  } else {
    return "invalid double";
  }
  return {};
}

std::string_view read_time(std::string_view text, FluxValue& value) {
  const auto time = parse_rfc3339(text);
  if (!time) return time.error() == TimeProblem::out_of_range ? "time out of range" : "invalid time";
  value = FluxTime{*time};
  return {};
}

/// Without #datatype it is a string.
std::optional<std::int64_t> table_number(const FluxValue& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) return *number;
  FluxValue number;
  if (const auto* const text = std::get_if<std::string_view>(&value)) {
    if (read_integer<std::int64_t>(*text, number, "malformed", "out of range").empty())
      return std::get<std::int64_t>(number);
  }
  if (const auto* const big = std::get_if<std::uint64_t>(&value); big != nullptr && std::in_range<std::int64_t>(*big))
    return static_cast<std::int64_t>(*big);
  return std::nullopt;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(' ') == std::string_view::npos; }

bool announces_failure(std::span<const std::string_view> cells) {
  return cells.size() == 3 && cells[1] == "error" && cells[2] == "reference";
}

/// What a record that should name columns is instead; empty where one cannot tell.
std::string_view foreign(std::string_view text) {
  if (text.starts_with('{') || text.starts_with('[')) return "JSON instead of CSV";
  if (text.starts_with('<')) return "HTML instead of CSV";
  if (text.starts_with("\x1f\x8b")) return "gzip instead of CSV";
  return {};
}

}  // namespace

void FluxDecoder::Cells::assign(std::span<const std::string_view> cells) {
  text_.clear();
  ends_.clear();
  for (const std::string_view cell : cells.subspan(1)) {
    text_ += cell;
    ends_.push_back(text_.size());
  }
}

std::string_view FluxDecoder::Cells::operator[](std::size_t index) const {
  if (index >= ends_.size()) return {};
  const std::size_t start = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(start, ends_[index] - start);
}

bool FluxDecoder::Cells::equal(std::span<const std::string_view> cells) const {
  if (cells.size() != size() + 1) return false;
  for (std::size_t i = 0; i < size(); ++i) {
    if (cells[i + 1] != (*this)[i]) return false;
  }
  return true;
}

void FluxDecoder::reset() {
  csv_.reset();
  expect_ = Expect::header;
  starts_table_ = true;
  annotated_ = in_annotations_ = after_blank_ = failed_ = false;
}

void FluxDecoder::feed(std::string_view input, bool last) {
  csv_.feed(input, last);
  last_ = last;
  for (Seen& seen : seen_) seen.text = {};  // it may point into the input before
}

Step FluxDecoder::refuse(std::string_view cell, std::string_view reason) {
  error_ = csv_.refuse(cell, reason);
  return Step::error;
}

Step FluxDecoder::next() {
  failed_ = false;
  for (;;) {
    const Step csv = csv_.next();
    if (csv == Step::end && last_ && expect_ == Expect::failure) {
      expect_ = Expect::more_failures;
      return tell_wordless_failure(failure_header_);
    }
    if (csv == Step::end) return Step::end;
    if (csv == Step::error) {
      error_ = csv_.error();
      // Nobody knows what it was: a row behind it is not to be taken for the header.
      if (expect_ == Expect::header && !error_.text.starts_with('#')) {
        expect_ = Expect::skipped_rows;
        if (const std::string_view other = foreign(error_.text); !other.empty()) error_.reason = other;
      }
      return Step::error;
    }
    const Step step = read_record();
    if (step != Step::end) return step;
  }
}

/// Step::end where the record is neither a row nor wrong.
Step FluxDecoder::read_record() {
  const std::span<const std::string_view> cells = csv_.cells();
  if (csv_.text().empty()) return read_blank();
  if (cells.front().starts_with('#')) return read_annotation();
  const bool repeated = std::exchange(after_blank_, false) && expect_ == Expect::rows && names_.equal(cells);
  if (repeated) return Step::end;
  if (expect_ == Expect::header || announces_failure(cells)) return read_header();
  if (expect_ == Expect::rows) return read_row();
  if (expect_ == Expect::skipped_rows) return Step::end;
  return read_failure();
}

Step FluxDecoder::read_blank() {
  const bool wordless = expect_ == Expect::failure;
  after_blank_ = starts_table_ = true;
  if (expect_ != Expect::rows || !annotated_) expect_ = Expect::header;
  return wordless ? tell_wordless_failure(failure_header_) : Step::end;
}

Step FluxDecoder::read_annotation() {
  const bool wordless = expect_ == Expect::failure;
  if (!std::exchange(in_annotations_, true)) {
    types_.clear();
    groups_.clear();
    defaults_.clear();
    expect_ = Expect::header;
  }
  const std::span<const std::string_view> cells = csv_.cells();
  if (cells.front() == "#datatype") types_.assign(cells);
  if (cells.front() == "#group") groups_.assign(cells);
  if (cells.front() == "#default") defaults_.assign(cells);
  return wordless ? tell_wordless_failure(failure_header_) : Step::end;
}

Step FluxDecoder::read_header() {
  const std::span<const std::string_view> cells = csv_.cells();
  const bool wordless = expect_ == Expect::failure;
  annotated_ = std::exchange(in_annotations_, false);
  if (announces_failure(cells)) {
    expect_ = Expect::failure;
    const DecodeError before = std::exchange(failure_header_, csv_.refuse(cells.front(), "the query failed"));
    failure_header_.text = {};  // it ends with this record
    return wordless ? tell_wordless_failure(before) : Step::end;
  }
  expect_ = Expect::skipped_rows;
  if (const std::string_view other = foreign(csv_.text()); !other.empty()) return refuse(cells.front(), other);
  if (!is_blank(cells.front())) return refuse(cells.front(), "no header: its first column is not empty");
  if (cells.size() == 1) return refuse(cells.front(), "no columns");
  expect_ = Expect::rows;
  names_.assign(cells);
  make_columns();
  for (const Cells* annotation : {&types_, &groups_, &defaults_}) {
    if (annotated_ && annotation->size() != 0 && annotation->size() != names_.size()) {
      return refuse(cells.front(), "annotations and header differ in their number of columns");
    }
  }
  return Step::end;
}

void FluxDecoder::make_columns() {
  columns_.resize(names_.size());
  default_values_.assign(names_.size(), Default{});
  values_.resize(names_.size());
  seen_.assign(names_.size(), Seen{});
  result_column_ = table_column_ = names_.size();
  for (std::size_t i = 0; i < names_.size(); ++i) {
    FluxColumn& column = columns_[i];
    column = {.name = names_[i], .type_name = {}, .type = FluxType::string, .group = false, .default_text = {}};
    // Of two columns of the same name the first is the server's, the other one the query's.
    if (column.name == "result" && result_column_ == names_.size()) result_column_ = i;
    if (column.name == "table" && table_column_ == names_.size()) table_column_ = i;
    if (!annotated_) continue;
    column.type_name = types_[i];
    column.type = type_of(types_[i]);
    column.group = groups_[i] == "true";
    column.default_text = defaults_[i];
    default_values_[i] = read_default(column);
  }
  starts_table_ = true;
}

FluxDecoder::Default FluxDecoder::read_default(const FluxColumn& column) {
  Default read;
  Seen seen;
  read.problem = column.default_text.size() > flux_default_bytes_max
                     ? "default longer than 64 KiB"
                     : read_value(column.type, column.default_text, seen, read.value);
  return read;
}

Step FluxDecoder::read_failure() {
  const std::span<const std::string_view> cells = csv_.cells();
  failed_ = true;
  failure_.message = cells.size() > 1 ? cells[1] : std::string_view();
  failure_.reference = cells.size() > 2 ? cells[2] : std::string_view();
  expect_ = Expect::more_failures;
  return refuse(cells.front(), "the query failed");
}

/// An error table without a row.
Step FluxDecoder::tell_wordless_failure(const DecodeError& header) {
  error_ = header;
  failed_ = true;
  failure_ = {};
  return Step::error;
}

Step FluxDecoder::read_row() {
  const std::span<const std::string_view> cells = csv_.cells();
  if (cells.size() > columns_.size() + 1) return refuse(cells[columns_.size() + 1], "more cells than columns");
  if (cells.size() < columns_.size() + 1) return refuse(cells.back(), "fewer cells than columns");
  if (!is_blank(cells.front())) return refuse(cells.front(), "text in the annotation column");
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view cell = cells[i + 1];
    std::string_view problem;
    if (cell.empty()) {
      values_[i] = default_values_[i].value;
      problem = default_values_[i].problem;
    } else {
      problem = read_value(columns_[i].type, cell, seen_[i], values_[i]);
    }
    if (!problem.empty()) return refuse(cell, problem);
  }
  note_table();
  return Step::record;
}

std::string_view FluxDecoder::read_value(FluxType type, std::string_view text, Seen& seen, FluxValue& value) {
  if (text.empty()) {
    value = std::monostate();
    return {};
  }
  switch (type) {
    case FluxType::string:
    case FluxType::duration:
    case FluxType::binary:
      value = text;
      return {};
    case FluxType::real:
      return read_real(text, value);
    case FluxType::boolean:
      value = text == "true";
      return text == "true" || text == "false" ? std::string_view() : "invalid boolean";
    default:
      break;
  }
  if (text == seen.text) {
    value = seen.value;
    return {};
  }
  const std::string_view problem =
      type == FluxType::time ? read_time(text, value)
      : type == FluxType::integer
          ? read_integer<std::int64_t>(text, value, "invalid long", "long out of range")
          : read_integer<std::uint64_t>(text, value, "invalid unsignedLong", "unsignedLong out of range");
  if (problem.empty()) seen = {text, value};
  return problem;
}

void FluxDecoder::note_table() {
  std::string_view result;
  std::optional<std::int64_t> table;
  if (result_column_ < columns_.size()) {
    if (const auto* const text = std::get_if<std::string_view>(&values_[result_column_])) result = *text;
  }
  if (table_column_ < columns_.size()) table = table_number(values_[table_column_]);
  row_.starts_table = starts_table_ || result != result_ || table != table_;
  starts_table_ = false;
  if (row_.starts_table) {
    result_ = result;
    table_ = table;
  }
  row_.columns = columns_;
  row_.values = values_;
  row_.result = result_;
  row_.table = table_;
}

}  // namespace codecs
