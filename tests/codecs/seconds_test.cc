#include "codecs/seconds.h"

#include <doctest/doctest.h>

#include <string>

using namespace codecs;

TEST_CASE("decimal seconds are milliseconds, rounded half away from zero") {
  const auto row = [](std::string_view seconds, std::int64_t want) {
    CAPTURE(seconds);
    CHECK(milliseconds_of_seconds(seconds) == want);
    CHECK(milliseconds_of_seconds("-" + std::string(seconds)) == -want);
  };
  row("0", 0);
  row("1", 1000);
  row("1700000000.123", 1'700'000'000'123);
  row("1.0005", 1001);
  row("1.00049999999999999999999", 1000);
  // A double holds 0.0004999999999999999…
  row("0.0005", 1);
  row("1.7e9", 1'700'000'000'000);
  row("17E+8", 1'700'000'000'000);
  row("1700000000123e-3", 1'700'000'000'123);
  row("5e-4", 1);
  row("4e-4", 0);
  row("9e-5", 0);
  row("0e999999999999999999999", 0);
  row("1e-999999999999999999999", 0);
  row("9223372036.854", milliseconds_max);
  row("9223372036.8544", milliseconds_max);
  row("9223372036854e-3", milliseconds_max);
}

TEST_CASE("seconds whose nanoseconds 64 bits do not hold are none") {
  for (const std::string_view seconds : {"9223372036.855", "9223372036.8545", "-9223372036.855", "1e10",
                                         "1e999999999999999999999", "99999999999999999999999999"}) {
    CAPTURE(seconds);
    CHECK_FALSE(milliseconds_of_seconds(seconds));
  }
}
