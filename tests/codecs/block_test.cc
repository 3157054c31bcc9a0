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

bool is_name(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::uint64_t plain_prefix_xor(std::uint64_t bits) {
  std::uint64_t out = 0;
  std::uint64_t parity = 0;
  for (int i = 0; i < 64; ++i) {
    parity ^= bits >> i & 1;
    out |= parity << i;
  }
  return out;
}

/// Words of few and of many bits.
template <class Check>
void for_each_word(Check check) {
  std::uint64_t word = 1;
  for (int i = 0; i < 1000; ++i) {
    word = word * 6364136223846793005u + 1442695040888963407u;
    check(word);
    check(word & word << 7 & word << 13);
    check(std::uint64_t{1} << (i % 64));
  }
  check(0);
}

}  // namespace

TEST_CASE("a block of 64 bytes compares like a loop over them, portably") {
  std::size_t wrong = 0;
  for_each_block([&](const std::string& bytes, char byte) {
    const PortableBlock block = PortableBlock::load(bytes.data());
    wrong += block.equal(byte) != plain(bytes, [byte](unsigned char c) { return static_cast<char>(c) == byte; });
    wrong += block.control() != plain(bytes, [](unsigned char c) { return c < 0x20; });
    wrong += block.outside(byte, '\xf0', '=', '\x90') != plain(bytes, [byte](unsigned char c) {
               return c <= static_cast<unsigned char>(byte) || c >= 0xf0 || c == '=' || c == 0x90;
             });
    wrong += block.outside(' ', byte, ',') != plain(bytes, [byte](unsigned char c) {
               return c <= ' ' || c >= static_cast<unsigned char>(byte) || c == ',';
             });
    wrong += block.high() != plain(bytes, [](unsigned char c) { return c >= 0x80; });
    wrong += block.name() != plain(bytes, is_name);
    const std::uint64_t odd = plain(bytes, [](unsigned char c) { return c < 0x20 || c == '\\' || c >= 0x80; });
    wrong += block.is_plain_text() != (odd == 0);
  });
  for_each_word([&](std::uint64_t word) { wrong += PortableBlock::prefix_xor(word) != plain_prefix_xor(word); });
  CHECK(wrong == 0);
}

#if CODECS_HAS_AVX2
CODECS_AVX2_BEGIN
static std::size_t count_wrong(const std::string& bytes, char byte) {
  const Avx2Block block = Avx2Block::load(bytes.data());
  const PortableBlock same = PortableBlock::load(bytes.data());
  return static_cast<std::size_t>(block.equal(byte) != same.equal(byte)) +
         static_cast<std::size_t>(block.control() != same.control()) +
         static_cast<std::size_t>(block.outside(byte, '\xf0', '=') != same.outside(byte, '\xf0', '=')) +
         static_cast<std::size_t>(block.outside(' ', byte, ',') != same.outside(' ', byte, ',')) +
         static_cast<std::size_t>(block.high() != same.high()) + static_cast<std::size_t>(block.name() != same.name()) +
         static_cast<std::size_t>(block.is_plain_text() != same.is_plain_text());
}
static std::uint64_t prefix_xor_avx2(std::uint64_t word) { return Avx2Block::prefix_xor(word); }
CODECS_AVX2_END

TEST_CASE("a block of 64 bytes compares the same by AVX2") {
  if (best_cpu() != Cpu::avx2) {
    MESSAGE("skipped: this processor has no AVX2");
    return;
  }
  std::size_t wrong = 0;
  for_each_block([&](const std::string& bytes, char byte) { wrong += count_wrong(bytes, byte); });
  for_each_word([&](std::uint64_t word) { wrong += prefix_xor_avx2(word) != plain_prefix_xor(word); });
  CHECK(wrong == 0);
}
#endif
