// A row of an InfluxQL answer as a message: the name is the series', its tags are the tags, each column but `time` is a
// field. JSON does not tell an integer from a float without fraction: both are int.

#include "codecs/influxql_json.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/cli/formats/format.h"
#include "gateway/cli/formats/json_value.h"

namespace gw::cli {
namespace {

using codecs::InfluxqlRecord;

codecs::Message to_message(const InfluxqlRecord& row) {
  codecs::Message message;
  message.name = row.name.empty() ? "row" : row.name;
  message.time_ns = row.time_ns;
  for (const codecs::Tag& tag : row.tags) {
    message.tags.push_back({std::string(tag.key), std::string(tag.value)});
  }
  const std::size_t first = row.columns.front() == "time" ? 1 : 0;
  for (std::size_t i = first; i < row.columns.size(); ++i) {
    if (auto value = field_value(row.values[i])) {
      message.fields.push_back({std::string(row.columns[i]), std::move(*value)});
    }
  }
  return message;
}

class Mapper {
 public:
  explicit Mapper(Findings& findings) : findings_(findings) {}

  void take(const InfluxqlRecord& record) {
    switch (record.kind) {
      case InfluxqlRecord::Kind::series:
        break;
      case InfluxqlRecord::Kind::row:
        take_row(record);
        break;
      case InfluxqlRecord::Kind::message:
        findings_.note(fmt::format("statement {}: {}: {}", record.statement, record.level, record.text));
        break;
      case InfluxqlRecord::Kind::end:
        // More of it may follow: the last part of a statement counts.
        if (record.statement != statement_) note_cut();
        cut_ = record.partial || record.series_partial;
        statement_ = record.statement;
        break;
    }
  }

  void finish() {
    if (rows_without_value_ > 0) findings_.note(fmt::format("rows without a value: {}", rows_without_value_));
    note_cut();
  }

 private:
  void note_cut() {
    if (cut_) findings_.note(fmt::format("statement {}: the server has more rows than it sent", statement_));
    cut_ = false;
  }

  void take_row(const InfluxqlRecord& record) {
    const codecs::Message message = record.columns.empty() ? codecs::Message() : to_message(record);
    if (message.fields.empty())
      ++rows_without_value_;
    else
      findings_.message(message);
  }

  Findings& findings_;
  bool cut_ = false;            ///< the last result is
  std::int64_t statement_ = 0;  ///< its number
  std::size_t rows_without_value_ = 0;
};

}  // namespace

void decode_influxql_json(std::string_view body, const FormatOptions& options, Findings& findings) {
  codecs::InfluxqlDecoder decoder(options.precision);
  Mapper mapper(findings);
  decoder.reset();
  decoder.feed(body, true);
  for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
    if (step == codecs::Step::record) {
      mapper.take(decoder.record());
      continue;
    }
    const codecs::DecodeError& error = decoder.error();
    std::string reason(error.reason);
    if (const codecs::InfluxqlFailure* const failure = decoder.failure()) {
      if (failure->statement) reason += fmt::format(" {}", *failure->statement);
      reason += fmt::format(": {}", failure->text);
    }
    findings.problem(error.line, error.column, reason);
  }
  mapper.finish();
}

}  // namespace gw::cli
