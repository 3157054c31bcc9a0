// Lines to messages of ClusterCockpit: their category, and what identifies them.

#include <string>
#include <variant>

#include "codecs/cc_message.h"
#include "tests/bench/codecs/load.h"

static void decode(benchmark::State& state) {
  const std::string body = bench::load("cc_lines.lp");
  codecs::LineDecoder decoder;
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    decoder.reset(body);
    for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
      if (step == codecs::Step::error) continue;
      const codecs::Line& line = decoder.line();
      if (codecs::classify(line, codecs::cc_tags(line)) != codecs::CcCategory::metric) continue;
      seen.text(line.measurement);
      for (const codecs::Tag& tag : line.tags) seen.label(tag.key, tag.value);
      const auto* const real = std::get_if<double>(&line.fields[0].value);
      const auto* const integer = std::get_if<std::int64_t>(&line.fields[0].value);
      seen.sample(real != nullptr      ? *real
                  : integer != nullptr ? static_cast<double>(*integer)
                                       : 0,
                  static_cast<double>(line.timestamp.value_or(0)));
    }
    return seen;
  });
}
BENCHMARK(decode)->Name("cc_message: ours");
