// Any bytes: a line and its message are judged alike, and a message that was written reads back as the same.

#include <algorithm>
#include <cstdint>

#include "codecs/cc_message.h"
#include "tests/fuzz/require.h"

using namespace codecs;

namespace {

void check_line(const Line& line) {
  const CcTags tags = cc_tags(line);
  const auto category = classify(line, tags);
  auto message = to_message(line, Dialect::line_protocol_v2);
  if (!message) return;
  FUZZ_REQUIRE(classify(*message) == category);

  std::string out = "kept";
  const auto appended = append_cc_message(out, *message, Precision::nanoseconds);
  FUZZ_REQUIRE(appended.has_value() == category.has_value());
  if (!appended) {
    FUZZ_REQUIRE(out == "kept" && appended.error() == category.error());
    return;
  }
  LineDecoder decoder;
  decoder.reset(std::string_view(out).substr(4));
  FUZZ_REQUIRE(decoder.next() == Step::record);
  const auto again = to_message(decoder.line(), Dialect::line_protocol_v2, Precision::nanoseconds);
  name_host(*message);
  std::ranges::sort(message->tags, {}, &Message::Tag::key);
  FUZZ_REQUIRE(again && *again == *message);
  FUZZ_REQUIRE(classify(decoder.line(), cc_tags(decoder.line())) == category);
  FUZZ_REQUIRE(decoder.next() == Step::end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  LineDecoder decoder({.lenient = true});
  decoder.reset(std::string_view(reinterpret_cast<const char*>(data), size));
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::record) check_line(decoder.line());
  }
  return 0;
}
