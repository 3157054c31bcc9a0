// Any bytes: unpacking is bounded, and what was packed comes back.

#include <cstdint>

#include "codecs/gzip.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t bytes_max = 1 << 16;
  if (const auto plain = codecs::gunzip(input, bytes_max)) FUZZ_REQUIRE(plain->size() <= bytes_max);
  const auto back = codecs::gunzip(codecs::gzip(input), size);
  FUZZ_REQUIRE(back && *back == input);
  if (size > 0) FUZZ_REQUIRE(!codecs::gunzip(codecs::gzip(input), size - 1));
  return 0;
}
