#include "gateway/config/units.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string_view>

using namespace std::chrono_literals;

TEST_CASE("durations are read and written") {
  const auto check = [](std::string_view text, gw::Milliseconds want, std::string_view again) {
    CAPTURE(text);
    CHECK(gw::config::parse_duration(text) == want);
    CHECK(gw::config::duration_text(want) == again);
  };
  check("60s", 60s, "1m");
  check("500ms", 500ms, "500ms");
  check("2m", 2min, "2m");
  check("1h", 1h, "1h");
  check("1m30s", 90s, "1m30s");
  check("1h1ms", 1h + 1ms, "1h1ms");
  check("1h2m3s4ms", 1h + 2min + 3s + 4ms, "1h2m3s4ms");
  check("0s", 0s, "0s");
  check("007s", 7s, "7s");
  check("8784h", 8784h, "8784h");
}

TEST_CASE("what is no duration is refused") {
  for (const std::string_view text : {"",
                                      "s",
                                      "60",
                                      "1.5s",
                                      "-1s",
                                      "+1s",
                                      "1 s",
                                      " 1s",
                                      "1s ",
                                      "1S",
                                      "1d",
                                      "1s1s",
                                      "1s1m",
                                      "1ms1s",
                                      "1m30",
                                      "1mm",
                                      "8785h",
                                      "8784h1ms",
                                      "999999999999h",
                                      "9999999999999s",
                                      "18446744073709551617ms"}) {
    CAPTURE(text);
    CHECK(gw::config::parse_duration(text) == std::nullopt);
  }
}

TEST_CASE("sizes are read and written") {
  const auto check = [](std::string_view text, std::size_t want, std::string_view again) {
    CAPTURE(text);
    CHECK(gw::config::parse_size(text) == want);
    CHECK(gw::config::size_text(want) == again);
  };
  check("0B", 0, "0B");
  check("1B", 1, "1B");
  check("512KiB", 512 << 10, "512KiB");
  check("64MiB", 64 << 20, "64MiB");
  check("1GiB", 1 << 30, "1GiB");
  check("1024GiB", std::size_t{1} << 40, "1024GiB");
  check("1KB", 1'000, "1000B");
  check("1MB", 1'000'000, "1000000B");
  check("1GB", 1'000'000'000, "1000000000B");
  check("1536KiB", 1536 << 10, "1536KiB");
}

TEST_CASE("what is no size is refused") {
  for (const std::string_view text : {"", "1", "B", "KiB", "1 KiB", "1.5MiB", "-1B", "1kib", "1K", "1TiB", "1025GiB",
                                      "999999999999GiB", "9999999999999B", "1KiB "}) {
    CAPTURE(text);
    CHECK(gw::config::parse_size(text) == std::nullopt);
  }
}
