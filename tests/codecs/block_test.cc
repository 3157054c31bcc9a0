#include "codecs/block.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "codecs/cpu.h"

using namespace codecs;

namespace {

template <class Predicate>
std::uint64_t plain(const std::string& bytes, Predicate predicate) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < block_bytes; ++i) {
    if (predicate(static_cast<unsigned char>(bytes[i]))) bits |= std::uint64_t{1} << i;
  }
  return bits;
}

/// Every byte at every place beside every neighbour that could carry into it.
template <class Check>
void for_each_block(Check check) {
  for (int byte = 0; byte < 256; ++byte) {
    for (int around = 0; around < 256; around += 1) {
      std::string bytes(block_bytes, static_cast<char>(around));
      for (std::size_t i = 0; i < block_bytes; i += 3) bytes[i] = static_cast<char>(byte);
      check(bytes, static_cast<char>(byte));
    }
  }
}

}  // namespace

TEST_CASE("a block of 64 bytes compares like a loop over them, portably") {
  std::size_t wrong = 0;
  for_each_block([&](const std::string& bytes, char byte) {
    const PortableBlock block = PortableBlock::load(bytes.data());
    wrong += block.equal(byte) != plain(bytes, [byte](unsigned char c) { return static_cast<char>(c) == byte; });
    wrong += block.control() != plain(bytes, [](unsigned char c) { return c < 0x20; });
    wrong +=
        block.at_most(byte) != plain(bytes, [byte](unsigned char c) { return c <= static_cast<unsigned char>(byte); });
    wrong +=
        block.at_least(byte) != plain(bytes, [byte](unsigned char c) { return c >= static_cast<unsigned char>(byte); });
    wrong += block.high() != plain(bytes, [](unsigned char c) { return c >= 0x80; });
  });
  CHECK(wrong == 0);
}

#if CODECS_HAS_AVX2
CODECS_AVX2_BEGIN
static std::size_t count_wrong(const std::string& bytes, char byte) {
  const Avx2Block block = Avx2Block::load(bytes.data());
  const PortableBlock same = PortableBlock::load(bytes.data());
  return static_cast<std::size_t>(block.equal(byte) != same.equal(byte)) +
         static_cast<std::size_t>(block.control() != same.control()) +
         static_cast<std::size_t>(block.at_most(byte) != same.at_most(byte)) +
         static_cast<std::size_t>(block.at_least(byte) != same.at_least(byte)) +
         static_cast<std::size_t>(block.high() != same.high());
}
CODECS_AVX2_END

TEST_CASE("a block of 64 bytes compares the same by AVX2") {
  if (best_cpu() != Cpu::avx2) {
    MESSAGE("skipped: this processor has no AVX2");
    return;
  }
  std::size_t wrong = 0;
  for_each_block([&](const std::string& bytes, char byte) { wrong += count_wrong(bytes, byte); });
  CHECK(wrong == 0);
}
#endif
