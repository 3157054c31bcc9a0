// Any header: an answer, and the same where blanks stand around it.

#include <cstdint>
#include <string>

#include "codecs/remote_write_http.h"
#include "tests/fuzz/require.h"

using namespace codecs::remote_write;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string header(reinterpret_cast<const char*>(data), size);
  const auto version = version_of(header);
  FUZZ_REQUIRE(version_of(' ' + header + '\t') == version);
  FUZZ_REQUIRE(is_snappy(' ' + header + '\t') == is_snappy(header));
  const std::string with_v2 = "application/x-protobuf;" + header + ";proto=io.prometheus.write.v2.Request";
  // An open quote swallows what stands behind it.
  if (header.find_first_of("\"\\") == std::string::npos && header.find("roto") == std::string::npos &&
      header.find("ROTO") == std::string::npos && header.find('=') == std::string::npos)
    FUZZ_REQUIRE(version_of(with_v2) == Version::v2);
  return 0;
}
