// Any bytes: bounded rows whose values fit their columns, the same in all variants and however the body is cut.

#include <cstdint>

#include "codecs/flux_csv.h"
#include "tests/codecs/flux_show.h"
#include "tests/fuzz/pieces.h"

using namespace codecs;

namespace {

bool fits(FluxType type, const FluxValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return true;
  switch (type) {
    case FluxType::integer:
      return std::holds_alternative<std::int64_t>(value);
    case FluxType::unsigned_integer:
      return std::holds_alternative<std::uint64_t>(value);
    case FluxType::real:
      return std::holds_alternative<double>(value);
    case FluxType::boolean:
      return std::holds_alternative<bool>(value);
    case FluxType::time:
      return std::holds_alternative<FluxTime>(value);
    default:
      return !std::get<std::string_view>(value).empty();
  }
}

std::string show(const FluxDecoder& decoder, Step step) {
  if (step == Step::record) {
    const FluxRow& row = decoder.row();
    FUZZ_REQUIRE(!row.columns.empty() && row.columns.size() < csv_cells_max);
    FUZZ_REQUIRE(row.columns.size() == row.values.size());
    for (std::size_t i = 0; i < row.columns.size(); ++i) FUZZ_REQUIRE(fits(row.columns[i].type, row.values[i]));
  }
  return show_flux(decoder, step);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  static FluxDecoder reused(Cpu::portable);
  FluxDecoder best;
  const std::string whole = walk(reused, body, size, show);
  FUZZ_REQUIRE(walk(best, body, size, show) == whole);
  FUZZ_REQUIRE(walk(best, body, 1 + data[0] % 80U, show) == whole);
  return 0;
}
