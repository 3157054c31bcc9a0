#include "codecs/exposition_value.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>

#include "codecs/ascii.h"
#include "codecs/timestamp.h"

namespace codecs {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits with an optional point among them, taken apart. `exponent` counts from the last digit of `significand`.
struct Decimal {
  std::uint64_t significand = 0;
  std::int64_t exponent = 0;
  bool rounded_down = false;  ///< there were more digits than fit, and not all of the rest are zero
};

/// Takes `digits [. digits]`, at least one digit; answers the characters used, 0 where there is no digit.
std::size_t take_digits(std::string_view text, Decimal& decimal) {
  constexpr std::uint64_t full = std::numeric_limits<std::uint64_t>::max() / 10 - 1;
  std::size_t at = 0;
  bool any = false;
  bool point = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !point) {
      point = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    any = true;
    const auto digit = static_cast<std::uint64_t>(text[at] - '0');
    if (decimal.significand < full) {
      decimal.significand = decimal.significand * 10 + digit;
      decimal.exponent -= point ? 1 : 0;
    } else {
      decimal.rounded_down |= digit != 0;
      decimal.exponent += point ? 0 : 1;
    }
  }
  return any ? at : 0;
}

/// Takes `e [sign] digits` to the end of `text`. An exponent beyond all use counts as 1,000,000.
bool take_exponent(std::string_view text, Decimal& decimal) {
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return false;
  std::int64_t exponent = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), 1'000'000);
  }
  decimal.exponent += negative ? -exponent : exponent;
  return true;
}

/// The decimal in billionths, rounded down; nothing where that does not fit.
std::optional<std::int64_t> billionths(Decimal decimal, bool negative) {
  std::int64_t scale = decimal.exponent + 9;
  std::uint64_t number = decimal.significand;
  bool rest = decimal.rounded_down;
  for (; scale < 0 && number != 0; ++scale) {
    rest |= number % 10 != 0;
    number /= 10;
  }
  for (; scale > 0 && number != 0; --scale) {
    if (__builtin_mul_overflow(number, std::uint64_t{10}, &number)) return std::nullopt;
  }
  if (negative && rest && __builtin_add_overflow(number, std::uint64_t{1}, &number)) return std::nullopt;
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  if (number > largest + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - number : number);
}

}  // namespace

std::expected<double, NumberProblem> parse_sample_value(std::string_view text) {
  if (text.empty()) return std::unexpected(NumberProblem::malformed);
  if (is_digit(text.front())) return parse_float(text);
  if (same_word(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool negative = text.front() == '-';
  const std::string_view magnitude = text.substr(negative || text.front() == '+' ? 1 : 0);
  if (same_word(magnitude, "inf") || same_word(magnitude, "infinity")) {
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  if (magnitude.starts_with('-')) return std::unexpected(NumberProblem::malformed);
  return parse_float(negative ? text : magnitude);
}

std::optional<SampleTime> parse_milliseconds(std::string_view text) {
  // std::from_chars takes no '+'; behind one it must not take a '-' either.
  const bool plus = text.starts_with('+');
  const std::string_view number = text.substr(plus ? 1 : 0);
  std::int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), milliseconds);
  if (error != std::errc{} || end != number.data() + number.size() || (plus && number.front() == '-')) {
    return std::nullopt;
  }
  return SampleTime{text, to_nanoseconds(milliseconds, Precision::milliseconds)};
}

std::optional<SampleTime> parse_seconds(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view number = text.substr(negative || text.starts_with('+') ? 1 : 0);
  Decimal decimal;
  const std::size_t digits = take_digits(number, decimal);
  if (digits == 0 || !take_exponent(number.substr(digits), decimal)) return std::nullopt;
  return SampleTime{text, billionths(decimal, negative)};
}

}  // namespace codecs
