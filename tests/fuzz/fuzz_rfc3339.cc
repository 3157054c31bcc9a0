// Any text: a time that reads is the same when written and read again, in a form that is shorter or in UTC.

#include <cstdint>

#include "codecs/rfc3339.h"
#include "tests/fuzz/require.h"

using namespace codecs;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto strict = parse_rfc3339(text);
  const auto lenient = parse_rfc3339(text, Zoneless::utc);
  if (strict) FUZZ_REQUIRE(lenient == strict);
  if (!strict && lenient) FUZZ_REQUIRE(parse_rfc3339(std::string(text) + "Z") == lenient);
  if (!lenient) return 0;
  FUZZ_REQUIRE(size >= 19 && size <= 35);
  std::string again;
  append_rfc3339(again, *lenient);
  FUZZ_REQUIRE(again.size() <= 30 && parse_rfc3339(again) == lenient);
  return 0;
}
