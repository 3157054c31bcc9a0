#pragma once
// Eight bytes of text in one word, the first byte lowest.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace codecs {

inline constexpr std::size_t word_bytes = 8;
static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");

inline std::uint64_t load_word(const char* from) {
  std::uint64_t word = 0;
  std::memcpy(&word, from, word_bytes);
  return word;
}

/// The `size` <= 8 bytes at `from` and zeros above; reads no byte beyond them.
inline std::uint64_t load_short_word(const char* from, std::size_t size) {
  if (size == word_bytes) return load_word(from);
  if (size >= 4) {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::memcpy(&low, from, 4);
    std::memcpy(&high, from + size - 4, 4);
    return low | static_cast<std::uint64_t>(high) << (8 * (size - 4));
  }
  if (size == 0) return 0;
  const auto byte = [from](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(from[i])} << (8 * i); };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

/// Whether bytes behind a text may be read (and are then ignored): at least eight from each of its places on.
enum class Behind { unreadable, readable };

/// The first eight bytes of `text` as a number that sorts like them; what is missing counts as zero. Texts of which it
/// is the same may differ. Where bytes behind it may be read, `text` is not empty.
template <Behind behind>
std::uint64_t sort_key(std::string_view text) {
  const char* const bytes = text.data();
  const std::size_t size = std::min(text.size(), word_bytes);
  if (behind == Behind::unreadable) return __builtin_bswap64(load_short_word(bytes, size));
  return __builtin_bswap64(load_word(bytes)) & ~std::uint64_t{0} << (8 * (word_bytes - size));
}

/// The same byte eight times.
constexpr std::uint64_t repeated(char byte) { return 0x0101010101010101U * static_cast<std::uint8_t>(byte); }

/// Words of which some byte is `byte`, or less than `byte` (which is at most 0x80), have a high bit set in the answer
/// below or at the first such byte; others have none. Of any_equal the lowest one is that of the first such byte.
constexpr std::uint64_t any_equal(std::uint64_t word, char byte) {
  const std::uint64_t difference = word ^ repeated(byte);
  return (difference - repeated('\x01')) & ~difference & repeated('\x80');
}
constexpr std::uint64_t any_less(std::uint64_t word, char byte) {
  return (word - repeated(byte)) & ~word & repeated('\x80');
}
/// The same for bytes that are no printable ASCII for their high end: 0x7f and above.
constexpr std::uint64_t any_delete_or_high(std::uint64_t word) {
  return ((word + repeated('\x01')) | word) & repeated('\x80');
}

}  // namespace codecs
