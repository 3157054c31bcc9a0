#include "codecs/prometheus_json_fast.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "codecs/block.h"
#include "codecs/digits.h"
#include "codecs/prometheus_json_element.h"
#include "codecs/seconds.h"
#include "codecs/word.h"

namespace codecs {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Of `text` at `at`, without the NUL; the caller knows that so many bytes are there.
template <std::size_t size>
bool stands_at(const char* at, const char (&text)[size]) {
  return std::memcmp(at, text, size - 1) == 0;
}

/// Seconds with 8 to 10 digits and up to three decimals, as milliseconds; answers where they end, null where they have
/// another form. Needs 18 bytes.
const char* read_time(const char* at, std::int64_t& time_ms) {
  const std::uint64_t digits = load_word(at);
  if (*at == '0' || not_digits(digits) != 0) return nullptr;
  std::uint64_t time = number_of(digits);
  const char* const end = at + 11;
  for (at += word_bytes; is_digit(*at) && at != end; ++at) time = time * 10 + static_cast<std::uint64_t>(*at - '0');
  if (at == end) return nullptr;
  int decimals = 0;
  if (*at == '.') {
    for (++at; decimals < 3 && is_digit(*at); ++at, ++decimals)
      time = time * 10 + static_cast<std::uint64_t>(*at - '0');
    if (decimals == 0 || is_digit(*at)) return nullptr;
  }
  for (; decimals < 3; ++decimals) time *= 10;
  time_ms = static_cast<std::int64_t>(time);
  return time_ms > milliseconds_max ? nullptr : at;
}

/// time,"value"] at `at`; answers where it ends, or null.
const char* read_pair(const char* at, const char* end, QuerySample& sample) {
  if (end - at < 24) return nullptr;
  at = read_time(at, sample.time_ms);
  if (at == nullptr || !stands_at(at, ",\"")) return nullptr;
  const char* const text = at += 2;
  std::uint64_t found = 0;
  for (; end - at >= 10 && (found = any_equal(load_word(at), '"')) == 0; at += word_bytes) {
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
