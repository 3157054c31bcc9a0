#include "codecs/number.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

namespace codecs {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

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
    if (negative) exponent = -exponent;
  }
  return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + exponent < 0;
}

}  // namespace

std::expected<double, NumberProblem> parse_float(std::string_view text) {
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

}  // namespace codecs
