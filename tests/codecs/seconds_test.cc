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
  row("9000000000000", 9'000'000'000'000'000);
  row("9e12", 9'000'000'000'000'000);
}

TEST_CASE("seconds whose milliseconds a double does not hold are none") {
  for (const std::string_view seconds : {"9000000000000.001", "9000000000000.0005", "-9000000000001", "1e13",
                                         "1e999999999999999999999", "99999999999999999999999999"}) {
    CAPTURE(seconds);
    CHECK_FALSE(milliseconds_of_seconds(seconds));
  }
}
