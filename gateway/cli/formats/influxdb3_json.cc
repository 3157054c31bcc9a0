// A row of an answer of InfluxDB 3 as a message: the name is the column iox::measurement, which only InfluxQL gives,
// else "row"; the time is the column `time`. Nothing on the wire tells tags from fields: all other columns are fields.

#include "codecs/influxdb3_json.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/cli/formats/format.h"
#include "gateway/cli/formats/json_value.h"

namespace gw::cli {

void decode_influxdb3_json(std::string_view body, const FormatOptions&, Findings& findings) {
  codecs::Influxdb3Decoder decoder;
  std::size_t rows_without_value = 0;
  decoder.reset();
  decoder.feed(body, true);
  for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
    if (step == codecs::Step::error) {
      const codecs::DecodeError& error = decoder.error();
      const auto failure = decoder.failure();
      findings.problem(error.line, error.column,
                       failure ? fmt::format("{}: {}", error.reason, *failure) : std::string(error.reason));
      continue;
    }
    const codecs::Influxdb3Row& row = decoder.row();
    codecs::Message message;
    message.name = row.measurement.value_or("row");
    message.time_ns = row.time_ns;
    for (const codecs::Influxdb3Field& field : row.fields) {
      if (auto value = field_value(field.value)) {
        message.fields.push_back({std::string(field.name), std::move(*value)});
      }
    }
    if (message.fields.empty())
      ++rows_without_value;
    else
      findings.message(message);
  }
  if (rows_without_value > 0) findings.note(fmt::format("rows without a value: {}", rows_without_value));
}

}  // namespace gw::cli
