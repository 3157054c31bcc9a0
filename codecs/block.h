#pragma once
// 64 bytes at a time: a comparison of all of them with one byte gives a word with one bit a byte, bit 0 first.
//
// A hot loop is written once, as a file without include guard that uses `Block`, and included twice:
//
//   namespace codecs::portable { using Block = PortableBlock;
//   #include "codecs/x_scan.inc"
//   }
//   CODECS_AVX2_BEGIN
//   namespace codecs::avx2 { using Block = Avx2Block;
//   #include "codecs/x_scan.inc"
//   }
//   CODECS_AVX2_END
//
// The region, not a compiler flag of the file, lets those functions alone use AVX2: with the flag an inline function of
// the standard library could be compiled with AVX2 here and be used by everybody. Include every header before it.

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define CODECS_HAS_AVX2 1
#if defined(__clang__)
#define CODECS_AVX2_BEGIN \
  _Pragma("clang attribute push(__attribute__((target(\"avx2,bmi,bmi2,popcnt,pclmul\"))), apply_to = function)")
#define CODECS_AVX2_END _Pragma("clang attribute pop")
#else
#define CODECS_AVX2_BEGIN _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,bmi,bmi2,popcnt,pclmul\")")
#define CODECS_AVX2_END _Pragma("GCC pop_options")
#endif
#else
#define CODECS_HAS_AVX2 0
#endif

namespace codecs {

inline constexpr std::size_t block_bytes = 64;

class PortableBlock {
 public:
  /// Reads 64 bytes.
  static PortableBlock load(const char* bytes) {
    PortableBlock block;
    std::memcpy(block.words_, bytes, block_bytes);
    return block;
  }
  /// Bytes that equal `byte`.
  std::uint64_t equal(char byte) const {
    const std::uint64_t pattern = repeated(byte);
    return gather([pattern](std::uint64_t word) { return same(word, pattern); });
  }
  /// Bytes below 0x20.
  std::uint64_t control() const {
    return gather([](std::uint64_t word) { return ~(((word & ~high_bits) + low_bits * 0x60) | word) & high_bits; });
  }
  /// Bytes that are `low` or less, `high` or more (without sign), or one of `others`: one question costs less than
  /// many.
  template <class... Bytes>
  std::uint64_t outside(char low, char high, Bytes... others) const {
    return gather([=](std::uint64_t word) {
      return not_above(word, repeated(low)) | not_above(repeated(high), word) | (same(word, repeated(others)) | ...);
    });
  }
  /// Bytes of 0x80 and above.
  std::uint64_t high() const {
    return gather([](std::uint64_t word) { return word & high_bits; });
  }
  /// Letters and digits of ASCII, and '_'.
  std::uint64_t name() const {
    return gather([](std::uint64_t word) {
      const std::uint64_t low = word & ~high_bits;
      const auto within = [](std::uint64_t bytes, unsigned first, unsigned last) {
        return (bytes + low_bits * (0x80 - first)) & ~(bytes + low_bits * (0x7f - last));
      };
      const std::uint64_t lower_case = low | low_bits * 0x20;
      const std::uint64_t found = within(lower_case, 'a', 'z') | within(low, '0', '9') | within(low, '_', '_');
      return found & ~word & high_bits;
    });
  }
  /// Bit n is the parity of bits 0 to n: ones from each odd bit to before the next one.
  static std::uint64_t prefix_xor(std::uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
  }
  /// No byte is below 0x20, a backslash, or 0x80 and above: in a JSON string each stands for itself, but for quotes.
  bool is_plain_text() const {
    std::uint64_t odd = 0;
    for (const std::uint64_t word : words_) {
      // High bits where a byte is below 0x20, is a backslash (exact: what is high itself counts anyway), or is high.
      const std::uint64_t difference = word ^ low_bits * static_cast<std::uint8_t>('\\');
      odd |= ~((word & ~high_bits) + low_bits * 0x60) | ~((difference & ~high_bits) + ~high_bits) | word;
    }
    return (odd & high_bits) == 0;
  }

 private:
  static constexpr std::uint64_t low_bits = 0x0101010101010101;
  static constexpr std::uint64_t high_bits = 0x8080808080808080;

  static constexpr std::uint64_t repeated(char byte) { return low_bits * static_cast<std::uint8_t>(byte); }
  /// The high bit of each byte that is the same in both: no carry goes from one byte into the next.
  static std::uint64_t same(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t difference = a ^ b;
    return ~(((difference & ~high_bits) + ~high_bits) | difference) & high_bits;
  }
  /// The high bit of each byte of `a` that is at most the one of `b`, without a carry from one byte into the next.
  static std::uint64_t not_above(std::uint64_t a, std::uint64_t b) {
    const std::uint64_t low_seven = (b | high_bits) - (a & ~high_bits);  // high bit: not above in the low seven bits
    return ((~a & b) | (~(a ^ b) & low_seven)) & high_bits;
  }

  template <class Compare>
  std::uint64_t gather(Compare compare) const {
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) {
      // Brings the high bit of byte n to bit 56 + n.
      const std::uint64_t byte = (compare(words_[i]) * 0x0002040810204081) >> 56;
      bits |= byte << (8 * i);
    }
    return bits;
  }

  std::uint64_t words_[8];  // little endian: bit 0 is the first byte
};
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the order of bits within a block");

#if CODECS_HAS_AVX2
CODECS_AVX2_BEGIN
class Avx2Block {
 public:
  static Avx2Block load(const char* bytes) {
    Avx2Block block;
    block.low_ = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
    block.high_ = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32));
    return block;
  }
  std::uint64_t equal(char byte) const {
    const __m256i pattern = _mm256_set1_epi8(byte);
    return join(_mm256_cmpeq_epi8(low_, pattern), _mm256_cmpeq_epi8(high_, pattern));
  }
  std::uint64_t control() const {
    const __m256i last = _mm256_set1_epi8(0x1f);
    return join(_mm256_cmpeq_epi8(_mm256_max_epu8(low_, last), last),
                _mm256_cmpeq_epi8(_mm256_max_epu8(high_, last), last));
  }
  template <class... Bytes>
  std::uint64_t outside(char low, char high, Bytes... others) const {
    return join(outside_of(low_, low, high, others...), outside_of(high_, low, high, others...));
  }
  std::uint64_t high() const { return join(low_, high_); }
  std::uint64_t name() const { return ~join(no_name(low_), no_name(high_)); }
  static std::uint64_t prefix_xor(std::uint64_t bits) {
    const __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<std::int64_t>(bits)), _mm_set1_epi8(-1), 0);
    return static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
  }
  bool is_plain_text() const { return _mm256_movemask_epi8(_mm256_or_si256(odd_text(low_), odd_text(high_))) == 0; }

 private:
  /// Bytes that no set of the two tables has in common: one table by the low four bits, one by the high four. Set 1
  /// is the digits, 2 and 4 the letters by rows of the ASCII table, 8 is '_'.
  static __m256i no_name(__m256i bytes) {
    const __m256i by_low = _mm256_setr_epi8(5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 2, 2, 2, 2, 10,  //
                                            5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 2, 2, 2, 2, 10);
    const __m256i by_high = _mm256_setr_epi8(0, 0, 0, 1, 2, 12, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                             0, 0, 0, 1, 2, 12, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i high_half = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(15));
    const __m256i sets = _mm256_and_si256(_mm256_shuffle_epi8(by_low, bytes), _mm256_shuffle_epi8(by_high, high_half));
    return _mm256_cmpeq_epi8(sets, _mm256_setzero_si256());
  }
  /// As signed numbers, bytes of 0x80 and above are below 0x20 too.
  static __m256i odd_text(__m256i bytes) {
    return _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes),
                           _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\')));
  }
  template <class... Bytes>
  static __m256i outside_of(__m256i bytes, char low, char high, Bytes... others) {
    __m256i found = _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, _mm256_set1_epi8(low)), _mm256_set1_epi8(low));
    found = _mm256_or_si256(found,
                            _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(high)), _mm256_set1_epi8(high)));
    ((found = _mm256_or_si256(found, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(others)))), ...);
    return found;
  }
  static std::uint64_t join(__m256i low, __m256i high) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
  }

  __m256i low_;
  __m256i high_;
};
CODECS_AVX2_END
#endif

}  // namespace codecs
