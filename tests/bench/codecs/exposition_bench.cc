// Pages of exporters to views with parsed value and time, fully validated.

#include <string>

#include "codecs/exposition.h"
#include "tests/bench/codecs/load.h"

static void decode(benchmark::State& state, const char* file, codecs::Cpu cpu,
                   codecs::Exposition format = codecs::Exposition::text_0_0_4) {
  const std::string page = bench::load(file);
  codecs::ExpositionDecoder decoder(format, cpu);
  bench::measure(state, page.size(), [&] {
    bench::Seen seen;
    decoder.reset();
    decoder.feed(page, true);
    for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
      if (step == codecs::Step::error) continue;
      const codecs::ExpositionSample& sample = decoder.sample();
      seen.text(sample.name);
      for (const codecs::Label& label : sample.labels) seen.label(label.name, label.value);
      seen.sample(sample.value, static_cast<double>(sample.time.nanoseconds.value_or(0)) / 1e9);
    }
    return seen;
  });
}
BENCHMARK_CAPTURE(decode, best, "node_exporter.prom", codecs::best_cpu())->Name("exposition: ours");
BENCHMARK_CAPTURE(decode, portable, "node_exporter.prom", codecs::Cpu::portable)->Name("exposition: ours portable");
BENCHMARK_CAPTURE(decode, openmetrics, "node_exporter.om", codecs::best_cpu(), codecs::Exposition::openmetrics_1_0)
    ->Name("openmetrics: ours");
