// Lines to views with parsed value and time, fully validated.

#include <string>
#include <variant>

#include "codecs/line_protocol.h"
#include "tests/bench/codecs/load.h"

static double number(const codecs::FieldValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* natural = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*natural);
  return 0;
}

static void decode(benchmark::State& state, const char* file) {
  const std::string body = bench::load(file);
  codecs::LineDecoder decoder;
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    decoder.reset(body);
    while (const auto step = decoder.next()) {
      const auto* const line = std::get_if<codecs::Line>(&*step);
      if (line == nullptr) continue;
      seen.text(line->measurement);
      for (const codecs::Tag& tag : line->tags) seen.label(tag.key, tag.value);
      seen.sample(number(line->fields[0].value), static_cast<double>(line->timestamp.value_or(0)));
    }
    return seen;
  });
}
BENCHMARK_CAPTURE(decode, few_series, "cc_lines.lp")->Name("line_protocol: ours");
BENCHMARK_CAPTURE(decode, many_series, "cc_lines_120k.lp")->Name("line_protocol_120k: ours");
