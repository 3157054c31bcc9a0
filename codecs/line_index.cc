#include "codecs/line_index.h"

#include <bit>
#include <cstring>

#include "codecs/block.h"

namespace codecs {

namespace portable {
using Block = PortableBlock;
namespace {
#include "codecs/line_index.inc"
}  // namespace
}  // namespace portable

#if CODECS_HAS_AVX2
CODECS_AVX2_BEGIN
namespace avx2 {
using Block = Avx2Block;
namespace {
#include "codecs/line_index.inc"
}  // namespace
}  // namespace avx2
CODECS_AVX2_END
#endif

std::size_t index_line_bytes([[maybe_unused]] Cpu cpu, std::string_view text, std::uint32_t* positions) {
#if CODECS_HAS_AVX2
  if (cpu == Cpu::avx2) return avx2::index_line_bytes(text, positions);
#endif
  return portable::index_line_bytes(text, positions);
}

}  // namespace codecs
