// Any bytes: bounded rows, the same however the body is cut; an array that is JSON (by nlohmann/json) gives its rows.

#include <cstdint>
#include <nlohmann/json.hpp>

#include "codecs/influxdb3_json.h"
#include "tests/codecs/influxql_show.h"
#include "tests/fuzz/pieces.h"

using namespace codecs;
using nlohmann::json;

namespace {

std::string show(const Influxdb3Decoder& decoder, Step step) {
  if (step == Step::error)
    return show_json_error_text(decoder.error()) + std::string(decoder.failure().value_or("")) + "\n";
  const Influxdb3Row& row = decoder.row();
  FUZZ_REQUIRE(row.fields.size() <= influxdb3_columns_max);
  std::string out(row.measurement.value_or("-"));
  if (row.time_ns) out += " @" + std::to_string(*row.time_ns);
  for (const Influxdb3Field& field : row.fields) {
    FUZZ_REQUIRE(!std::holds_alternative<std::monostate>(field.value));
    out += "\n " + std::string(field.name) + "=" + std::visit(ShowJson(), field.value);
  }
  return out + "\n";
}

bool same(const JsonValue& ours, const json& theirs) {
  if (const auto* const value = std::get_if<bool>(&ours)) return theirs == *value;
  if (const auto* const value = std::get_if<std::int64_t>(&ours)) return theirs == *value;
  if (const auto* const value = std::get_if<std::uint64_t>(&ours)) return theirs == *value;
  if (const auto* const value = std::get_if<double>(&ours)) return theirs.get<double>() == *value;
  if (const auto* const value = std::get_if<std::string_view>(&ours)) return theirs == *value;
  return json::parse(std::get<JsonRaw>(ours).text, nullptr, false) == theirs;
}

/// The last field of a name is the one that nlohmann/json keeps.
void check_row(const Influxdb3Row& row, const json& object) {
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    bool last = true;
    for (std::size_t k = i + 1; k < row.fields.size(); ++k) last = last && row.fields[k].name != row.fields[i].name;
    const auto found = object.find(row.fields[i].name);
    FUZZ_REQUIRE(found != object.end());
    // A later null of the same name is missing with us.
    FUZZ_REQUIRE(!last || found->is_null() || row.fields[i].name == "time" ||
                 row.fields[i].name == "iox::measurement" || same(row.fields[i].value, *found));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  static Influxdb3Decoder decoder;
  const std::string whole = walk(decoder, body, size, show);
  FUZZ_REQUIRE(walk(decoder, body, 1 + data[0] % 80U, show) == whole);

  if (body.find('\0') != std::string_view::npos) return 0;  // the end, says nlohmann/json
  const json theirs = json::parse(body.begin(), body.end(), nullptr, false);
  decoder.reset();
  decoder.feed(body, true);
  std::size_t items = 0;
  bool good = true;
  for (Step step = decoder.next(); step != Step::end; step = decoder.next(), ++items) {
    if (step == Step::error) {
      check_place(decoder.error(), body);
      good = false;
    } else if (theirs.is_array()) {
      FUZZ_REQUIRE(items < theirs.size() && theirs[items].is_object());
      check_row(decoder.row(), theirs[items]);
    }
  }
  if (theirs.is_array() && good) FUZZ_REQUIRE(items == theirs.size());
  return 0;
}
