// What has not one of the two usual forms of digits.h goes to std::from_chars, which is fast_float.

#include "codecs/number.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <system_error>

#include "codecs/digits.h"

namespace codecs {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <class Integer>
std::expected<Integer, NumberProblem> parse_any_integer(std::string_view text) {
  Integer value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) {
    return std::unexpected(NumberProblem::malformed);
  }
  if (error != std::errc{}) return std::unexpected(NumberProblem::out_of_range);
  return value;
}

/// std::from_chars says result_out_of_range for 1e999 and for 1e-999; only the place of the first digit that is not
/// zero tells them apart. `number` has been found well-formed.
bool is_tiny(std::string_view number) {
  const std::size_t end = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, end);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  std::int64_t exponent = 0;
  if (end < number.size()) {
    const std::string_view text = number.substr(end + 1);
    const bool negative = text.front() == '-';
    const std::string_view digits = text.substr(negative || text.front() == '+' ? 1 : 0);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc{}) return negative;
    // Far beyond any text that could make up for it; the sum below must not overflow.
    exponent = std::min(exponent, std::int64_t{1} << 40);
    if (negative) exponent = -exponent;
  }
  return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + exponent < 0;
}

std::expected<double, NumberProblem> parse_any_float(std::string_view text) {
  const bool negative = text.starts_with('-');
  // std::from_chars would take "inf" and "nan" too.
  const std::string_view magnitude = text.substr(negative ? 1 : 0);
  if (magnitude.empty() || (!is_digit(magnitude.front()) && magnitude.front() != '.')) {
    return std::unexpected(NumberProblem::malformed);
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
    return std::unexpected(NumberProblem::malformed);
  }
  if (error == std::errc::result_out_of_range) {
    if (!is_tiny(magnitude)) return std::unexpected(NumberProblem::out_of_range);
    return negative ? -0.0 : 0.0;
  }
  return value;
}

}  // namespace

/// Where the digits are no double. Both numbers are moved up to their highest bit, so the quotient has 63 or 64 bits:
/// it is rounded once, by the conversion, for which the lowest bit tells of a remainder.
double divide_long(Decimal decimal) {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t power = powers_of_ten[decimal.decimals];
  const int up = std::countl_zero(decimal.digits);
  const int power_up = std::countl_zero(power);
  const Wide numerator = static_cast<Wide>(decimal.digits << up) << 63;
  const std::uint64_t denominator = power << power_up;
  const auto quotient = static_cast<std::uint64_t>(numerator / denominator);
  const bool remainder = static_cast<Wide>(quotient) * denominator != numerator;
  const auto exponent = static_cast<std::uint64_t>(1023 + power_up - up - 63);  // always a normal double's
  return static_cast<double>(quotient | (remainder ? 1 : 0)) * std::bit_cast<double>(exponent << 52);
}

std::expected<double, NumberProblem> parse_float(std::string_view text) {
  double value = 0;
  if (read_plain_float<Behind::unreadable>(text, value)) return value;
  if (read_scientific_float<Behind::unreadable>(text, value)) return value;
  return parse_any_float(text);
}

std::expected<std::int64_t, NumberProblem> parse_int64(std::string_view text) {
  std::int64_t value = 0;
  if (read_plain_integer<Behind::unreadable>(text, value)) return value;
  return parse_any_integer<std::int64_t>(text);
}

std::expected<std::uint64_t, NumberProblem> parse_uint64(std::string_view text) {
  std::uint64_t value = 0;
  const bool plain = !text.empty() && text.size() <= uint64_digits;
  if (plain && append_digits<Behind::unreadable>(text.data(), text.size(), value)) return value;
  return parse_any_integer<std::uint64_t>(text);
}

}  // namespace codecs
