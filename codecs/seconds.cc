#include "codecs/seconds.h"

#include <algorithm>

namespace codecs {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The exponent behind 'e'; far beyond any length of a text it stays where it is.
std::int64_t exponent_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::int64_t exponent = 0;
  for (const char c : text) {
    if (is_digit(c)) exponent = std::min<std::int64_t>(exponent * 10 + (c - '0'), std::int64_t{1} << 40);
  }
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<std::int64_t> milliseconds_of_seconds(std::string_view seconds) {
  const bool negative = seconds.starts_with('-');
  const std::size_t end = std::min(seconds.find_first_of("eE"), seconds.size());
  const std::string_view mantissa = seconds.substr(negative ? 1 : 0, end - (negative ? 1 : 0));
  const auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));

  // How many digits stand before the point when the number is written as milliseconds.
  std::int64_t whole = point + 3;
  if (end < seconds.size()) whole += exponent_of(seconds.substr(end + 1));

  std::int64_t milliseconds = 0;
  std::int64_t digits = 0;  // seen so far
  for (const char c : mantissa) {
    if (!is_digit(c)) continue;
    const int digit = c - '0';
    if (digits == whole && digit >= 5) ++milliseconds;
    if (digits < whole) milliseconds = milliseconds * 10 + digit;
    if (milliseconds > milliseconds_max) return std::nullopt;
    ++digits;
  }
  for (; digits < whole && milliseconds != 0; ++digits) {
    milliseconds *= 10;
    if (milliseconds > milliseconds_max) return std::nullopt;
  }
  return negative ? -milliseconds : milliseconds;
}

}  // namespace codecs
