// Any bytes: the same records in all variants and however the body is cut, and cells that read back when written again.

#include <cstdint>

#include "codecs/csv.h"
#include "tests/fuzz/pieces.h"

using namespace codecs;

namespace {

std::string show(const CsvDecoder& decoder, Step step) {
  std::string out;
  if (step == Step::error) return std::to_string(decoder.error().offset) + std::string(decoder.error().reason) + "\n";
  FUZZ_REQUIRE(!decoder.cells().empty() && decoder.cells().size() <= csv_cells_max);
  for (const std::string_view cell : decoder.cells()) {
    const DecodeError refused = decoder.refuse(cell, "x");
    FUZZ_REQUIRE(refused.line > 0 && refused.column > 0);
    out += std::to_string(cell.size()) + ":" + std::string(cell);
  }
  return out + "\n";
}

/// All good records with every cell in quotes.
std::string write_again(const CsvDecoder& decoder, Step step) {
  if (step == Step::error) return {};
  std::string out;
  for (const std::string_view cell : decoder.cells()) {
    out += out.empty() ? "\"" : ",\"";
    for (const char c : cell) out.append(c == '"' ? 2 : 1, c);
    out += '"';
  }
  return out + "\n";
}

std::string only_good(const CsvDecoder& decoder, Step step) { return step == Step::error ? "" : show(decoder, step); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  CsvDecoder portable(Cpu::portable);
  CsvDecoder best;
  const std::string whole = walk(portable, body, size, show);
  FUZZ_REQUIRE(walk(best, body, size, show) == whole);
  FUZZ_REQUIRE(walk(best, body, 1 + data[0] % 80U, show) == whole);

  best.reset();
  best.feed(body, true);
  for (Step step = best.next(); step != Step::end; step = best.next()) {
    if (step == Step::error && !body.starts_with("\xef\xbb\xbf")) check_place(best.error(), body);
  }

  const std::string good = walk(portable, body, size, only_good);
  const std::string again = walk(portable, body, size, write_again);
  FUZZ_REQUIRE(walk(best, again, again.size() + 1, show) == good);
  return 0;
}
