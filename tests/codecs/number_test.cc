#include "codecs/number.h"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

using namespace codecs;

namespace {

std::uint64_t bits_of(double value) { return std::bit_cast<std::uint64_t>(value); }

std::string written(double value) {
  std::array<char, number_chars_max> text;
  return std::string(text.data(), write_float(text.data(), value));
}

std::string shortest(double value) {
  std::array<char, number_chars_max> text;
  return std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

/// Numbers as they are measured and as they are not.
double random_number(std::mt19937_64& random) {
  const auto pick = [&random](std::uint64_t below) { return random() % below; };
  switch (pick(6)) {
    case 0:
      return std::bit_cast<double>(random());
    case 1:
      return static_cast<double>(pick(1'000'000'000'000)) / std::pow(10, static_cast<double>(pick(10)));
    case 2:
      return static_cast<double>(pick(2'000'000));
    case 3:
      return std::nextafter(static_cast<double>(pick(100'000)) / 1000, pick(2) == 0 ? 0 : 1e9);
    case 4:
      return -static_cast<double>(pick(1'000'000)) / 1e6;
    default:
      return static_cast<double>(pick(100)) * std::pow(10, static_cast<double>(pick(20)) - 5);
  }
}

}  // namespace

TEST_CASE("a float is written in its shortest form and reads back the same") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1'000'000; ++i) {
    const double value = random_number(random);
    if (!std::isfinite(value)) continue;
    const std::string text = written(value);
    if (text != shortest(value)) CHECK(text == shortest(value));
    const std::expected<double, NumberProblem> back = parse_float(text);
    REQUIRE(back);
    REQUIRE(bits_of(*back) == bits_of(value));
  }
}

TEST_CASE("digits of any shape read as std::from_chars reads them") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2'000'000; ++i) {
    std::string text = random() % 4 == 0 ? "-" : "";
    const std::size_t size = random() % 26;
    const std::size_t point = random() % 2 == 0 ? 1 : random() % 30;
    for (std::size_t at = 0; at < size; ++at) text += at == point ? '.' : static_cast<char>('0' + random() % 10);
    if (random() % 2 == 0) {
      text += random() % 2 == 0 ? "e+" : "e-";
      for (std::size_t digits = 1 + random() % 2 + random() % 8 / 7; digits > 0; --digits)
        text += static_cast<char>('0' + random() % (digits == 3 ? 2 : digits == 2 ? 4 : 10));
    }
    if (random() % 8 == 0) text.insert(random() % (text.size() + 1), 1, "e.-/:x \xb0"[random() % 8]);
    double want = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), want);
    const bool good = error == std::errc() && end == text.data() + text.size();
    const std::expected<double, NumberProblem> got = parse_float(text);
    if (got.has_value() != good || (good && bits_of(*got) != bits_of(want))) {
      CAPTURE(text);
      CHECK(got.has_value() == good);
      CHECK(got.value_or(0) == want);
    }
  }
}

TEST_CASE("what is too small is zero and what is too large is told, however long its exponent") {
  const auto check = [](std::string_view text, std::expected<double, NumberProblem> want) {
    CAPTURE(text);
    CHECK((parse_float(text) == want));
  };
  const std::unexpected too_large(NumberProblem::out_of_range);
  check("1e400", too_large);
  check("12345e9223372036854775807", too_large);
  check("12345e9223372036854775806", too_large);
  check("1e99999999999999999999999", too_large);
  check("0.0000001e-9223372036854775807", 0.0);
  check(".0000001e-9223372036854775808", 0.0);
  check("-1e-400", -0.0);
  check("1e-99999999999999999999999", 0.0);
  check("0." + std::string(400, '0') + "1e500", 1e99);
}

TEST_CASE("integers of any length read as std::from_chars reads them") {
  std::mt19937_64 random(3);
  const auto check = [](const std::string& text, auto got, auto want) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), want);
    const bool whole = end == text.data() + text.size();
    CAPTURE(text);
    if (error == std::errc() && whole) {
      if (got != want) CHECK(got == want);
    } else {
      const bool range = error == std::errc::result_out_of_range && whole;
      REQUIRE(!got.has_value());
      REQUIRE(got.error() == (range ? NumberProblem::out_of_range : NumberProblem::malformed));
    }
  };
  for (int i = 0; i < 300'000; ++i) {
    std::string text = random() % 3 == 0 ? "-" : "";
    for (std::size_t size = random() % 22; size > 0; --size) text += static_cast<char>('0' + random() % 10);
    if (random() % 8 == 0) text.insert(random() % (text.size() + 1), 1, "e.-/:x+\xb0"[random() % 8]);
    check(text, parse_int64(text), std::int64_t{0});
    check(text, parse_uint64(text), std::uint64_t{0});
  }
  CHECK(parse_int64("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  CHECK(parse_uint64("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
}
