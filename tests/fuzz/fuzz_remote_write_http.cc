// Any header: an answer, and the same where blanks stand around it.

#include <algorithm>
#include <cstdint>
#include <string>

#include "codecs/ascii.h"
#include "codecs/remote_write_http.h"
#include "tests/fuzz/require.h"

using namespace codecs::remote_write;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string header(reinterpret_cast<const char*>(data), size);
  const auto version = version_of(header);
  FUZZ_REQUIRE(version_of(' ' + header + '\t') == version);
  FUZZ_REQUIRE(is_snappy(' ' + header + '\t') == is_snappy(header));
  const std::string type = "application/x-protobuf;" + header;
  std::string lower = header;
  std::ranges::transform(lower, lower.begin(), codecs::ascii_lower);
  if (lower.find("proto") == std::string::npos && version_of(type) == Version::v1)
    FUZZ_REQUIRE(version_of(type + ";proto=io.prometheus.write.v2.Request") == Version::v2);
  return 0;
}
