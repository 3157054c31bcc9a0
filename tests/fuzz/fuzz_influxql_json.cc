// Any bytes: bounded records, the same however the body is cut; what was read is the same when it is written and read
// again; no row of what is no JSON at all (by nlohmann/json).

#include <cstdint>
#include <nlohmann/json.hpp>

#include "codecs/influxql_json.h"
#include "tests/codecs/influxql_show.h"
#include "tests/fuzz/pieces.h"

using namespace codecs;

namespace {

std::string show(const InfluxqlDecoder& decoder, Step step) {
  if (step == Step::record) {
    const InfluxqlRecord& record = decoder.record();
    FUZZ_REQUIRE(record.columns.size() <= influxql_columns_max && record.tags.size() <= influxql_tags_max);
    FUZZ_REQUIRE(record.kind != InfluxqlRecord::Kind::row || record.values.size() == record.columns.size());
    FUZZ_REQUIRE(record.statement >= 0 && record.statement <= influxql_statements_max + static_cast<int>(1e6));
  }
  const std::string shown = show_influxql(decoder, step);
  return step == Step::error ? show_json_error_text(decoder.error()) + shown : shown;
}

/// The answer as a server would write it, one document a result.
std::string write_again(std::string_view body) {
  InfluxqlDecoder decoder(Precision::nanoseconds);
  InfluxqlWriter writer(true);
  decoder.reset();
  decoder.feed(body, true);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::record || decoder.failure() != nullptr) writer.take(decoder, step);
  }
  return writer.finish();
}

/// True where the whole body is one JSON value, so that we should find nothing wrong with its form. (nlohmann/json
/// takes a NUL for the end.)
bool is_json(std::string_view body) {
  return body.find('\0') == std::string_view::npos && nlohmann::json::accept(body.begin(), body.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  static InfluxqlDecoder decoder;
  const std::string whole = walk(decoder, body, size, show);
  FUZZ_REQUIRE(walk(decoder, body, 1 + data[0] % 80U, show) == whole);

  decoder.reset();
  decoder.feed(body, true);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step != Step::error) continue;
    check_place(decoder.error(), body);
    const std::string_view reason = decoder.error().reason;
    const bool of_form = reason.ends_with(" expected") || reason == "truncated JSON" || reason == "invalid UTF-8" ||
                         reason == "unknown escape in a string" || reason == "half of a surrogate pair" ||
                         reason == "control character in a string";
    FUZZ_REQUIRE(!of_form || !is_json(body));
  }

  const std::string once = write_again(body);
  FUZZ_REQUIRE(write_again(once) == once);
  return 0;
}
