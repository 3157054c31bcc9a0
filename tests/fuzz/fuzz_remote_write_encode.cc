// A message of the fuzzer's making: what is taken decodes to it again, in both versions, and what is refused leaves
// nothing behind.

#include <algorithm>
#include <cstdint>
#include <string>

#include "codecs/remote_write_encode.h"
#include "tests/fuzz/require.h"

using namespace codecs;
using namespace codecs::remote_write;

namespace {

/// Deals out an input in pieces; gives zeros when it is used up.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  std::uint8_t byte() { return at_ == end_ ? 0 : *at_++; }
  std::uint64_t word() {
    std::uint64_t out = 0;
    for (int i = 0; i < 8; ++i) out = out << 8 | byte();
    return out;
  }
  std::string text() {
    std::string out;
    for (int size = byte() % 24; size > 0; --size) out += static_cast<char>(byte());
    return out;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

Message make_message(Input& input) {
  Message out;
  out.name = input.text();
  for (int tags = input.byte() % 4; tags > 0; --tags) {
    std::string key = input.text();
    out.tags.push_back({std::move(key), input.text()});
  }
  const std::string key = input.byte() % 8 == 0 ? input.text() : "value";
  switch (input.byte() % 5) {
    case 0:
      out.fields.push_back({key, static_cast<std::int64_t>(input.word())});
      break;
    case 1:
      out.fields.push_back({key, input.word()});
      break;
    case 2:
      out.fields.push_back({key, input.text()});
      break;
    default:
      out.fields.push_back({key, std::bit_cast<double>(input.word())});
  }
  if (input.byte() % 4 == 0) out.fields.push_back({"stale", input.byte() % 2 == 0});
  const auto time = static_cast<std::int64_t>(input.word());
  if (input.byte() % 8 != 0) out.time_ns = input.byte() % 4 != 0 ? time / 1'000'000 * 1'000'000 : time;
  return out;
}

void check(Version version, const Message& message) {
  Encoder encoder(version);
  const auto added = encoder.add(message);
  const std::string body = encoder.take();
  if (!added) {
    FUZZ_REQUIRE(!added.error().empty() && body.empty());
    return;
  }
  Decoder decoder;
  decoder.reset(version, body);
  FUZZ_REQUIRE(decoder.next() == Step::record);
  const Series& series = decoder.series();
  FUZZ_REQUIRE(series.name == message.name && series.labels.size() == message.tags.size() + 1);
  FUZZ_REQUIRE(std::ranges::is_sorted(series.labels, {}, &Label::name));
  for (const Message::Tag& tag : message.tags)
    FUZZ_REQUIRE(std::ranges::find(series.labels, Label{tag.key, tag.value}) != series.labels.end());
  FUZZ_REQUIRE(series.samples.size() == 1);
  const Sample& sample = series.samples[0];
  FUZZ_REQUIRE(sample.time_ms * 1'000'000 == message.time_ns);
  const auto* const value = std::get_if<double>(&message.fields[0].value);
  if (value != nullptr && message.fields.size() == 1)
    FUZZ_REQUIRE(std::bit_cast<std::uint64_t>(sample.value) == std::bit_cast<std::uint64_t>(*value));
  if (const auto* const integer = std::get_if<std::int64_t>(&message.fields[0].value);
      integer != nullptr && !is_stale(sample.value))
    FUZZ_REQUIRE(static_cast<std::int64_t>(sample.value) == *integer);
  FUZZ_REQUIRE(decoder.next() == Step::end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Message message = make_message(input);
  check(Version::v1, message);
  check(Version::v2, message);
  return 0;
}
