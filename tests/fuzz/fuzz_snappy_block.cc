// Any bytes: content within the bound or a reason, the same through a used buffer; compressed again, the same content.

#include <snappy.h>

#include <cstdint>
#include <string>

#include "codecs/snappy_block.h"
#include "tests/fuzz/require.h"

using namespace codecs;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string block(reinterpret_cast<const char*>(data), size);
  static SnappyBlock reused;
  SnappyBlock fresh;
  const auto content = reused.decompress(block);
  FUZZ_REQUIRE(content == fresh.decompress(block));
  FUZZ_REQUIRE(content.has_value() == snappy::IsValidCompressedBuffer(block.data(), block.size()));
  if (!content) {
    FUZZ_REQUIRE(!content.error().empty());
  } else {
    FUZZ_REQUIRE(content->size() <= snappy_content_bound(size));
    if (!content->empty()) FUZZ_REQUIRE(!fresh.decompress(block, content->size() - 1).has_value());
  }
  const std::string packed = snappy_compress(block);
  FUZZ_REQUIRE(reused.decompress(packed) == block);
  return 0;
}
