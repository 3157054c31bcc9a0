#include "codecs/prometheus_json_fast.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "codecs/block.h"
#include "codecs/prometheus_json_element.h"

namespace codecs {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Of `text` at `at`, without the NUL; the caller knows that so many bytes are there.
template <std::size_t size>
bool stands_at(const char* at, const char (&text)[size]) {
  return std::memcmp(at, text, size - 1) == 0;
}

std::uint64_t load_word(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");

/// The high bit of every byte of `word` that equals `byte`; bits above the lowest of them may be wrong.
std::uint64_t find_in_word(std::uint64_t word, char byte) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  const std::uint64_t difference = word ^ ones * static_cast<std::uint8_t>(byte);
  return (difference - ones) & ~difference & ones << 7;
}

/// Eight digits as their number (see number.cc); false where one is none.
bool read_eight_digits(const char* at, std::uint64_t& number) {
  std::uint64_t digits = load_word(at) ^ 0x3030303030303030;
  if (((digits + 0x7676767676767676) & 0x8080808080808080) != 0 || (digits & 0x8080808080808080) != 0) return false;
  digits = digits * 10 + (digits >> 8);  // pairs, in every other byte
  constexpr std::uint64_t mask = 0x000000ff000000ff;
  number = ((digits & mask) * (100 + (1'000'000ULL << 32)) + ((digits >> 16) & mask) * (1 + (10'000ULL << 32))) >> 32;
  return true;
}

/// Seconds with 8 to 12 digits and up to three decimals, as milliseconds; answers where they end, null where they have
/// another form. Needs 18 bytes.
const char* read_time(const char* at, std::int64_t& time_ms) {
  std::uint64_t time = 0;
  if (*at == '0' || !read_eight_digits(at, time)) return nullptr;
  const char* const end = at + 13;
  for (at += 8; is_digit(*at) && at != end; ++at) time = time * 10 + static_cast<std::uint64_t>(*at - '0');
  if (at == end) return nullptr;
  int decimals = 0;
  if (*at == '.') {
    for (++at; decimals < 3 && is_digit(*at); ++at, ++decimals)
      time = time * 10 + static_cast<std::uint64_t>(*at - '0');
    if (decimals == 0 || is_digit(*at)) return nullptr;
  }
  for (; decimals < 3; ++decimals) time *= 10;
  time_ms = static_cast<std::int64_t>(time);
  return at;
}

/// time,"value"] at `at`; answers where it ends, or null.
const char* read_pair(const char* at, const char* end, QuerySample& sample) {
  if (end - at < 24) return nullptr;
  at = read_time(at, sample.time_ms);
  if (at == nullptr || !stands_at(at, ",\"")) return nullptr;
  const char* const text = at += 2;
  std::uint64_t found = 0;
  for (; end - at >= 10 && (found = find_in_word(load_word(at), '"')) == 0; at += 8) {
  }
  if (found == 0) return nullptr;
  at += std::countr_zero(found) / 8;
  if (at[1] != ']') return nullptr;
  sample.value_text = {text, at};
  // A text with escapes, control characters or beyond ASCII is no number.
  const std::optional<double> value = sample_value(sample.value_text);
  if (!value) return nullptr;
  sample.value = *value;
  sample.kind = QuerySample::Kind::number;
  return at + 2;
}

}  // namespace

namespace portable {
namespace {
using Block = PortableBlock;
#include "codecs/prometheus_json_fast.inc"
}  // namespace
}  // namespace portable

#if CODECS_HAS_AVX2
CODECS_AVX2_BEGIN
namespace avx2 {
namespace {
using Block = Avx2Block;
#include "codecs/prometheus_json_fast.inc"
}  // namespace
}  // namespace avx2
CODECS_AVX2_END
#endif

FastElement fast_element_reader(Cpu cpu) {
#if CODECS_HAS_AVX2
  if (cpu == Cpu::avx2) return avx2::read_element;
#endif
  (void)cpu;
  return portable::read_element;
}

std::size_t read_fast_point(const char* begin, const char* end, QuerySample& sample) {
  if (begin == end || *begin != '[') return 0;
  const char* const behind = read_pair(begin + 1, end, sample);
  return behind == nullptr ? 0 : static_cast<std::size_t>(behind - begin);
}

}  // namespace codecs
