#include "codecs/rfc3339.h"

#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>

using namespace codecs;

namespace {

std::string show(std::string_view text, Zoneless zoneless = Zoneless::refused) {
  const auto time = parse_rfc3339(text, zoneless);
  if (time) return std::to_string(*time);
  return time.error() == TimeProblem::malformed ? "malformed" : "out of range";
}

}  // namespace

TEST_CASE("times are read to the nanosecond") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(show(in) == want);
  };
  check("1970-01-01T00:00:00Z", "0");
  check("1970-01-01t00:00:01z", "1000000000");
  check("1969-12-31T23:59:59.999999999Z", "-1");
  check("2023-11-14T22:13:20.123456789Z", "1700000000123456789");
  check("2023-11-14T22:13:20.1Z", "1700000000100000000");
  check("2023-11-14T22:13:20.000000001Z", "1700000000000000001");
  check("2024-02-29T00:00:00Z", "1709164800000000000");
  check("2023-11-14T23:13:20+01:00", "1700000000000000000");
  check("2023-11-14T16:43:20.5-05:30", "1700000000500000000");
  check("2023-11-14T22:13:20-00:00", "1700000000000000000");
}

TEST_CASE("the first and the last nanosecond of 64 bits are read, those beyond are out of range") {
  CHECK(show("1677-09-21T00:12:43.145224192Z") == std::to_string(std::numeric_limits<std::int64_t>::min()));
  CHECK(show("1677-09-21T00:12:43.145224191Z") == "out of range");
  CHECK(show("1677-09-21T00:12:43Z") == "out of range");
  CHECK(show("2262-04-11T23:47:16.854775807Z") == std::to_string(std::numeric_limits<std::int64_t>::max()));
  CHECK(show("2262-04-11T23:47:16.854775808Z") == "out of range");
  CHECK(show("0001-01-01T00:00:00Z") == "out of range");
  CHECK(show("0000-01-01T00:00:00+23:59") == "out of range");
  CHECK(show("9999-12-31T23:59:59-23:59") == "out of range");
}

TEST_CASE("a time without zone is UTC only where that is asked for") {
  CHECK(show("2065-01-07T17:28:51", Zoneless::utc) == "2998574931000000000");
  CHECK(show("2065-01-07T17:28:51.25", Zoneless::utc) == "2998574931250000000");
  CHECK(show("2065-01-07T17:28:51Z", Zoneless::utc) == "2998574931000000000");
  CHECK(show("2065-01-07T17:28:51") == "malformed");
}

TEST_CASE("what is no time is refused") {
  for (const std::string_view text : {"",
                                      "Z",
                                      "2023-11-14",
                                      "2023-11-14 22:13:20Z",
                                      "2023-11-14T22:13Z",
                                      "2023-11-14T22:13:20.Z",
                                      "2023-11-14T22:13:20.1234567890Z",
                                      "2023-11-14T22:13:20,5Z",
                                      "2023-11-14T22:13:20Zx",
                                      "2023-11-14T22:13:20 Z",
                                      "2023-02-29T00:00:00Z",
                                      "2023-13-01T00:00:00Z",
                                      "2023-00-01T00:00:00Z",
                                      "2023-11-00T00:00:00Z",
                                      "2023-11-31T00:00:00Z",
                                      "2023-11-14T24:00:00Z",
                                      "2023-11-14T22:60:00Z",
                                      "2023-11-14T23:59:60Z",
                                      "2023-11-14T22:13:20+0100",
                                      "2023-11-14T22:13:20+01",
                                      "2023-11-14T22:13:20+24:00",
                                      "2023-11-14T22:13:20+01:60",
                                      "2023-11-14T22:13:20*01:00",
                                      "-023-11-14T22:13:20Z",
                                      "2023x11-14T22:13:20Z",
                                      "2023-11-14T22:13:2:Z",
                                      "2023-11-14T22:13:20+0a:00",
                                      "2023-1a-14T22:13:20Z"}) {
    CAPTURE(text);
    CHECK(show(text) == "malformed");
  }
}

TEST_CASE("what is written is read back") {
  std::mt19937_64 random(1);
  std::string text;
  std::size_t wrong = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    auto time = static_cast<std::int64_t>(random());
    if (i % 3 == 0) time = time / 1'000'000'000 * 1'000'000'000;
    text.clear();
    append_rfc3339(text, time);
    wrong += parse_rfc3339(text) != time;
  }
  CHECK(wrong == 0);
  for (const std::int64_t edge : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    text.clear();
    append_rfc3339(text, edge);
    CHECK(show(text) == std::to_string(edge));
  }
  text.clear();
  append_rfc3339(text, 1'700'000'000'120'000'000);
  CHECK(text == "2023-11-14T22:13:20.12Z");
}
