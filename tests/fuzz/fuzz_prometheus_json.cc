// Any bytes: bounded samples or an error that says something, the same twice, and nothing from a body that was cut.

#include <cstdint>

#include "codecs/prometheus_json.h"
#include "tests/fuzz/require.h"

using namespace codecs;

namespace {

/// Everything that a decoding gave, as one text.
struct Outcome {
  bool good = false;
  QueryError::Kind kind{};
  std::size_t taken = 0;
  std::string text;
};

Outcome decode(InstantDecoder& decoder, std::string body) {
  Outcome outcome;
  const auto answer = decoder.decode(body, [&](const InstantSample& sample) {
    ++outcome.taken;
    FUZZ_REQUIRE(sample.labels.size() <= 64);
    FUZZ_REQUIRE(sample.histogram == sample.value_text.empty());
    for (const Label& label : sample.labels) (outcome.text += label.name) += label.value;
    outcome.text += std::to_string(sample.time_ms) + " " + std::to_string(sample.value) + "\n";
  });
  outcome.good = answer.has_value();
  if (!answer) {
    FUZZ_REQUIRE(!answer.error().text.empty());
    FUZZ_REQUIRE(answer.error().text.size() <= 4096);
    outcome.kind = answer.error().kind;
    outcome.text += answer.error().text;
    return outcome;
  }
  FUZZ_REQUIRE(answer->samples == outcome.taken);
  FUZZ_REQUIRE(answer->warnings.size() <= 20);
  for (const std::string& warning : answer->warnings) FUZZ_REQUIRE(warning.size() <= 1024 + 3);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static InstantDecoder reused;
  const std::string body(reinterpret_cast<const char*>(data), size);
  const Outcome outcome = decode(reused, body);

  InstantDecoder fresh;
  const Outcome again = decode(fresh, body);
  FUZZ_REQUIRE(outcome.good == again.good && outcome.kind == again.kind && outcome.text == again.text);

  if (outcome.good) {
    const std::size_t end = body.rfind('}');
    for (const std::size_t cut : {end, end / 2, end / 3}) {
      const Outcome part = decode(reused, body.substr(0, cut));
      FUZZ_REQUIRE(!part.good && part.taken == 0 && part.kind == QueryError::Kind::not_json);
    }
  }
  return 0;
}
