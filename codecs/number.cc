// Eight digits at a time in one word, as in D. Lemire, "Number Parsing at a Gigabyte per Second" (2021), section 2.1
// and fast_float. What is not plain, a few digits with at most one point among them, goes to std::from_chars, which is
// fast_float too.

#include "codecs/number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <system_error>

#include "codecs/word.h"

namespace codecs {
namespace {

constexpr std::uint64_t zeros = repeated('0');

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A word with bit 7 set in each byte that is no digit.
std::uint64_t not_digits(std::uint64_t bytes) {
  constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7f;
  const std::uint64_t value = bytes ^ zeros;  // 0 to 9 in digits, more in all others
  return (((value & low) + 0x7676767676767676) | value) & ~low;
}

/// The number that eight digits write.
std::uint64_t number_of(std::uint64_t digits) {
  digits ^= zeros;
  digits = digits * 10 + (digits >> 8);  // pairs, in every other byte
  constexpr std::uint64_t mask = 0x000000ff000000ff;
  return (((digits & mask) * (100 + (1'000'000ULL << 32))) + (((digits >> 16) & mask) * (1 + (10'000ULL << 32)))) >> 32;
}

/// The word of `size` <= 8 digits moved to its end, with zeros before them.
std::uint64_t with_leading_zeros(std::uint64_t bytes, std::size_t size) {
  if (size == 0) return zeros;
  return bytes << (8 * (8 - size)) | (size == 8 ? 0 : zeros >> (8 * size));
}

/// Appends `size` digits to `value`; false where one of them is none. The caller has seen that it does not overflow.
bool append_digits(const char* from, std::size_t size, std::uint64_t& value) {
  constexpr std::array<std::uint64_t, 9> powers = {1,       10,        100,        1'000,      10'000,
                                                   100'000, 1'000'000, 10'000'000, 100'000'000};
  for (; size > 8; size -= 8, from += 8) {
    const std::uint64_t digits = load_word(from);
    if (not_digits(digits) != 0) return false;
    value = value * powers[8] + number_of(digits);
  }
  const std::uint64_t digits = with_leading_zeros(load_short_word(from, size), size);
  if (not_digits(digits) != 0) return false;
  value = value * powers[size] + number_of(digits);
  return true;
}

/// Digits that any 64-bit number can have.
constexpr std::size_t safe_digits = 18;

template <class Integer>
std::expected<Integer, NumberProblem> parse_long_integer(std::string_view text) {
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

/// The powers of ten that a double holds exactly; digits beyond them do not fit in a word anyway.
constexpr std::array<double, safe_digits + 1> exact_powers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                                              1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

/// Digits with at most one point, which stands within the first eight bytes where there are more: the value is one
/// division of two exact doubles, so it is rounded once. False where `text` is anything else.
bool parse_plain_float(std::string_view text, double& value) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  if (text.empty() || text.size() > safe_digits + 1) return false;
  const std::size_t head = std::min<std::size_t>(text.size(), 8);
  // Above the text stands nothing, which is no digit either.
  const auto point = static_cast<std::size_t>(std::countr_zero(not_digits(load_short_word(text.data(), head)))) / 8;

  std::uint64_t digits = 0;
  std::size_t decimals = 0;
  if (!append_digits(text.data(), std::min(point, text.size()), digits)) return false;
  if (point < text.size()) {
    decimals = text.size() - point - 1;
    if (text[point] != '.' || text.size() == 1) return false;
    if (!append_digits(text.data() + point + 1, decimals, digits)) return false;
  }
  if (digits > std::uint64_t{1} << 53) return false;
  const double magnitude = static_cast<double>(digits) / exact_powers[decimals];
  value = negative ? -magnitude : magnitude;
  return true;
}

}  // namespace

std::expected<double, NumberProblem> parse_float(std::string_view text) {
  double value = 0;
  if (parse_plain_float(text, value)) return value;
  return parse_any_float(text);
}

std::expected<std::int64_t, NumberProblem> parse_int64(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  std::uint64_t magnitude = 0;
  if (digits.empty() || digits.size() > safe_digits) return parse_long_integer<std::int64_t>(text);
  if (!append_digits(digits.data(), digits.size(), magnitude)) return std::unexpected(NumberProblem::malformed);
  const auto value = static_cast<std::int64_t>(magnitude);
  return negative ? -value : value;
}

std::expected<std::uint64_t, NumberProblem> parse_uint64(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.size() > safe_digits) return parse_long_integer<std::uint64_t>(text);
  if (!append_digits(text.data(), text.size(), value)) return std::unexpected(NumberProblem::malformed);
  return value;
}

}  // namespace codecs
