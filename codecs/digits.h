#pragma once
// Decimal digits, eight at a time in one word: D. Lemire, "Number Parsing at a Gigabyte per Second" (2021),
// section 2.1. For the decoders' inner loops; codecs/number.h reads numbers of any shape.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codecs/word.h"

namespace codecs {

/// Digits that every 64-bit number can have, with a sign or without.
inline constexpr std::size_t int64_digits = 18;
inline constexpr std::size_t uint64_digits = 19;

inline constexpr std::array<std::uint64_t, uint64_digits + 1> powers_of_ten = [] {
  std::array<std::uint64_t, uint64_digits + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

/// A word with bit 7 set in each byte that is no digit.
constexpr std::uint64_t not_digits(std::uint64_t bytes) {
  const std::uint64_t low = repeated('\x7f');
  const std::uint64_t value = bytes ^ repeated('0');  // 0 to 9 in digits, more in all others
  return (((value & low) + repeated('\x76')) | value) & ~low;
}

/// The number that eight digits write.
constexpr std::uint64_t number_of(std::uint64_t digits) {
  digits ^= repeated('0');
  digits = digits * 10 + (digits >> 8);  // pairs, in every other byte
  constexpr std::uint64_t mask = 0x000000ff000000ff;
  return (((digits & mask) * (100 + (1'000'000ULL << 32))) + (((digits >> 16) & mask) * (1 + (10'000ULL << 32)))) >> 32;
}

/// Appends the first `size` digits of a word, 1 to 8, to `value`; false where one of them is none.
[[gnu::always_inline]] inline bool append_word(std::uint64_t word, std::size_t size, std::uint64_t& value) {
  // Moved to the end of the word, with zeros before them.
  const std::size_t free_bits = 8 * (word_bytes - size);
  const std::uint64_t digits = word << free_bits | (repeated('0') & ~(~std::uint64_t{0} << free_bits));
  if (not_digits(digits) != 0) return false;
  value = value * powers_of_ten[size] + number_of(digits);
  return true;
}

/// Appends `size` digits to `value`; false where one of them is none. The caller has seen that it does not overflow.
template <Behind behind>
[[gnu::always_inline]] inline bool append_digits(const char* from, std::size_t size, std::uint64_t& value) {
  for (; size > word_bytes; size -= word_bytes, from += word_bytes) {
    const std::uint64_t digits = load_word(from);
    if (not_digits(digits) != 0) return false;
    value = value * powers_of_ten[word_bytes] + number_of(digits);
  }
  if (size == 0) return true;
  return append_word(behind == Behind::readable ? load_word(from) : load_short_word(from, size), size, value);
}

/// Reads an integer of up to 18 digits; false where `text` is anything else.
template <Behind behind>
[[gnu::always_inline]] inline bool read_plain_integer(std::string_view text, std::int64_t& value) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  std::uint64_t magnitude = 0;
  if (text.empty() || text.size() > int64_digits) return false;
  if (!append_digits<behind>(text.data(), text.size(), magnitude)) return false;
  value = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  return true;
}

/// digits / 10^decimals
struct Decimal {
  std::uint64_t digits = 0;
  std::size_t decimals = 0;
};

/// Reads up to 19 digits with at most one point among them, which is among the first nine bytes; false where `text` is
/// anything else.
template <Behind behind>
[[gnu::always_inline]] inline bool read_decimal(std::string_view text, Decimal& decimal) {
  const char* const bytes = text.data();
  const std::size_t size = text.size();
  if (size == 0 || size > uint64_digits + 1) return false;
  const bool whole_word = behind == Behind::readable || size >= word_bytes;
  const std::uint64_t head = whole_word ? load_word(bytes) : load_short_word(bytes, size);
  const std::size_t point = static_cast<std::size_t>(std::countr_zero(not_digits(head))) / 8;

  decimal = {};
  if (point >= size || (point == word_bytes && bytes[point] != '.'))
    return size <= uint64_digits && append_digits<behind>(bytes, size, decimal.digits);
  if (bytes[point] != '.' || size == 1) return false;
  decimal.decimals = size - point - 1;
  if (behind == Behind::readable && size <= word_bytes) {
    // What stands behind the point moves up to what stands before it.
    const std::uint64_t before = ~(~std::uint64_t{0} << (8 * point));
    const std::uint64_t joined = (head & before) | (head >> 8 & ~before);
    return append_word(joined, size - 1, decimal.digits);
  }
  return append_digits<behind>(bytes, point, decimal.digits) &&
         append_digits<behind>(bytes + point + 1, decimal.decimals, decimal.digits);
}

/// Beyond that an integer is not always a double.
inline constexpr std::uint64_t exact_double_max = std::uint64_t{1} << 53;
/// 10^0 to 10^19, all of which are doubles.
inline constexpr std::array<double, uint64_digits + 1> double_powers_of_ten = [] {
  std::array<double, uint64_digits + 1> powers{};
  for (std::size_t i = 0; i < powers.size(); ++i) powers[i] = static_cast<double>(powers_of_ten[i]);
  return powers;
}();

/// The decimal as a double, rounded once, where its digits are no double. Up to 19 decimals.
double divide_long(Decimal decimal);

/// Up to 19 decimals.
inline double divided(Decimal decimal) {
  // One division of two doubles that are exact is rounded once.
  if (decimal.digits > exact_double_max) return divide_long(decimal);
  return static_cast<double>(decimal.digits) / double_powers_of_ten[decimal.decimals];
}

/// Reads what `read_decimal` reads, with a '-' before it where it is negative.
template <Behind behind>
[[gnu::always_inline]] inline bool read_plain_float(std::string_view text, double& value) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  Decimal decimal;
  if (!read_decimal<behind>(text, decimal)) return false;
  const double magnitude = divided(decimal);
  value = negative ? -magnitude : magnitude;
  return true;
}

/// Reads what C's %e and Go's 'g' write: 1.234567e+06, with exactly two digits behind the exponent's sign; false where
/// `text` is anything else, or no single step from integers that are doubles.
template <Behind behind>
[[gnu::always_inline]] inline bool read_scientific_float(std::string_view text, double& value) {
  constexpr std::size_t tail = 4;
  if (text.size() <= tail) return false;
  const char* const exponent = text.data() + text.size() - tail;
  if (exponent[0] != 'e') return false;
  const auto tens = static_cast<unsigned>(exponent[2] - '0');
  const auto ones = static_cast<unsigned>(exponent[3] - '0');
  if ((exponent[1] != '+' && exponent[1] != '-') || tens > 9 || ones > 9) return false;
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  text.remove_suffix(tail);
  Decimal decimal;
  if (!read_decimal<behind>(text, decimal)) return false;

  const int power = static_cast<int>(10 * tens + ones);
  const int up = (exponent[1] == '-' ? -power : power) - static_cast<int>(decimal.decimals);
  constexpr int most = static_cast<int>(uint64_digits);
  if (up < -most || up > most || (up > 0 && decimal.digits > exact_double_max)) return false;
  const double magnitude = up > 0
                               ? static_cast<double>(decimal.digits) * double_powers_of_ten[static_cast<unsigned>(up)]
                               : divided({decimal.digits, static_cast<unsigned>(-up)});
  value = negative ? -magnitude : magnitude;
  return true;
}

}  // namespace codecs
