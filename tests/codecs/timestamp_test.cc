#include "codecs/timestamp.h"

#include <doctest/doctest.h>

#include <limits>

using namespace codecs;

TEST_CASE("the precision of a timestamp shows in its magnitude") {
  const auto check = [](std::int64_t timestamp, Precision precision, std::int64_t seconds) {
    CAPTURE(timestamp);
    CHECK(precision_of(timestamp) == precision);
    CHECK(to_seconds(timestamp, precision) == seconds);
  };
  check(0, Precision::seconds, 0);
  check(1'700'000'000, Precision::seconds, 1'700'000'000);
  check(-1, Precision::seconds, -1);
  check(4'999'999'999, Precision::seconds, 4'999'999'999);
  check(5'000'000'000, Precision::milliseconds, 5'000'000);
  check(-5'000'000'000, Precision::milliseconds, -5'000'000);
  check(1'700'000'000'999, Precision::milliseconds, 1'700'000'000);
  check(5'000'000'000'000, Precision::microseconds, 5'000'000);
  check(1'700'000'000'999'999, Precision::microseconds, 1'700'000'000);
  check(5'000'000'000'000'000, Precision::nanoseconds, 5'000'000);
  check(1'700'000'000'999'999'999, Precision::nanoseconds, 1'700'000'000);
  check(-1'700'000'000'000'000'001, Precision::nanoseconds, -1'700'000'001);
  check(std::numeric_limits<std::int64_t>::min(), Precision::nanoseconds, -9'223'372'037);
  check(std::numeric_limits<std::int64_t>::max(), Precision::nanoseconds, 9'223'372'036);
}

TEST_CASE("a time is converted exactly or not at all") {
  CHECK(to_nanoseconds(1'700'000'000, Precision::seconds) == 1'700'000'000'000'000'000);
  CHECK(to_nanoseconds(-1, Precision::milliseconds) == -1'000'000);
  CHECK(to_nanoseconds(7, Precision::microseconds) == 7'000);
  CHECK(to_nanoseconds(7, Precision::nanoseconds) == 7);
  CHECK(to_nanoseconds(9'223'372'036, Precision::seconds) == 9'223'372'036'000'000'000);
  CHECK(to_nanoseconds(9'223'372'037, Precision::seconds) == std::nullopt);
  CHECK(to_nanoseconds(-9'223'372'037, Precision::seconds) == std::nullopt);
  CHECK(from_nanoseconds(1'999'999'999, Precision::seconds) == 1);
  CHECK(from_nanoseconds(-1, Precision::seconds) == -1);
  CHECK(from_nanoseconds(-1, Precision::nanoseconds) == -1);
  CHECK(from_nanoseconds(1'999'999, Precision::milliseconds) == 1);
}
