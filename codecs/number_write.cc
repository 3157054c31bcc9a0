#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "codecs/number.h"

namespace codecs {
namespace {

constexpr std::array<char, 200> make_pairs() {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}
constexpr std::array<char, 200> pairs = make_pairs();

/// Measurements mostly have few decimals. Where `magnitude` is the double nearest to a number of at most six decimals
/// and 15 digits, that number is its shortest form: no two of so few digits share a double. Null where it is not, or
/// where an exponent would be shorter.
char* write_few_decimals(char* to, double magnitude) {
  if (!(magnitude >= 1e-3 && magnitude < 1e9)) return nullptr;
  constexpr double half = 0.5;  // rounded, and where that goes wrong the next line finds it
  const auto millionths = static_cast<std::uint64_t>(magnitude * 1e6 + half);
  if (static_cast<double>(millionths) / 1e6 != magnitude) return nullptr;
  const auto whole = static_cast<std::uint32_t>(millionths / 1'000'000);
  const auto fraction = static_cast<std::uint32_t>(millionths % 1'000'000);
  if (fraction == 0 && whole % 100'000 == 0) return nullptr;  // 1e+05
  to = std::to_chars(to, to + number_chars_max, whole).ptr;
  if (fraction == 0) return to;
  *to = '.';
  std::memcpy(to + 1, &pairs[std::size_t{2} * (fraction / 10'000)], 2);
  std::memcpy(to + 3, &pairs[std::size_t{2} * (fraction / 100 % 100)], 2);
  std::memcpy(to + 5, &pairs[std::size_t{2} * (fraction % 100)], 2);
  to += 7;
  while (to[-1] == '0') --to;
  return to;
}

}  // namespace

char* write_float(char* to, double value) {
  if (std::signbit(value)) {
    *to++ = '-';
    value = -value;
  }
  if (value == 0) {
    *to++ = '0';
    return to;
  }
  if (char* const end = write_few_decimals(to, value)) return end;
  return std::to_chars(to, to + number_chars_max - 1, value).ptr;
}

}  // namespace codecs
