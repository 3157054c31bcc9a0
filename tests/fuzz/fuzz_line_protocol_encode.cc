// Any messages, in both dialects: what is written reads back the same, and what is refused leaves nothing behind.

#include <cstdint>
#include <string>

#include "codecs/line_protocol.h"
#include "tests/codecs/line_messages.h"
#include "tests/fuzz/require.h"

using namespace codecs;

namespace {

/// Chance is what the fuzzer hands over.
struct Choose {
  const std::uint8_t* at;
  const std::uint8_t* end;
  std::size_t operator()(std::size_t below) {
    std::size_t number = 0;
    for (std::size_t limit = 1; limit < below && at != end; limit <<= 8) number = number << 8 | *at++;
    return number % below;
  }
};

void check(const Message& message, Dialect dialect) {
  std::string once = "kept\n";
  if (!append_message(once, message, dialect)) {
    FUZZ_REQUIRE(once == "kept\n");
    FUZZ_REQUIRE(!line_messages::can_be_written(message, dialect));
    return;
  }
  FUZZ_REQUIRE(line_messages::can_be_written(message, dialect));
  const std::string body = once.substr(5) + once;  // the first of them goes the fast way where it is plain
  for (const Cpu cpu : {Cpu::portable, best_cpu()}) {
    LineDecoder decoder({.dialect = dialect}, cpu);
    decoder.reset(body);
    FUZZ_REQUIRE(decoder.next() == Step::record);
    const auto read = to_message(decoder.line(), dialect, Precision::nanoseconds);
    FUZZ_REQUIRE(read == message);
    std::string twice = "kept\n";
    FUZZ_REQUIRE(append_message(twice, *read, dialect) && twice == once);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choose choose{data, data + size};
  const Message message = line_messages::make_message(choose);
  check(message, Dialect::line_protocol_v2);
  check(message, Dialect::influxdb_1);
  return 0;
}
