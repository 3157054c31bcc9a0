// Generated pages: what was written is what is read.

#include <doctest/doctest.h>

#include <bit>
#include <cmath>

#include "tests/codecs/chunked.h"
#include "tests/codecs/exposition_generate.h"

using namespace codecs;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t samples_wanted = 20'000;
#else
constexpr std::size_t samples_wanted = 1'000'000;
#endif

void check_generated(Exposition format) {
  PageGenerator generator(format, 4);
  ExpositionDecoder best(format);
  ExpositionDecoder portable(format, Cpu::portable);
  std::size_t samples = 0;
  for (std::size_t round = 0; samples < samples_wanted / 2; ++round) {
    const std::string page = generator.page(1 + round % 100);
    samples += generator.samples();
    CAPTURE(page);
    const std::string shown = show_page(best, page);
    REQUIRE(shown == generator.want());
    REQUIRE(best.valid());
    if (round % 2 == 0) REQUIRE(show_page(portable, page) == shown);
    if (round % 8 == 0) REQUIRE(walk_in_pieces(best, page, 1 + round % 1000, show_step) == shown);
  }
}

}  // namespace

TEST_CASE("generated pages of text 0.0.4 are read as they were written") { check_generated(Exposition::text_0_0_4); }
TEST_CASE("generated pages of OpenMetrics are read as they were written") {
  check_generated(Exposition::openmetrics_1_0);
}
