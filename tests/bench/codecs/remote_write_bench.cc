// Requests to views of labels and samples, fully validated, and back.

#include <string>
#include <string_view>
#include <vector>

#include "codecs/remote_write.h"
#include "codecs/remote_write_encode.h"
#include "codecs/snappy_block.h"
#include "tests/bench/codecs/load.h"

using codecs::Step;
using codecs::remote_write::Version;

static void see(bench::Seen& seen, const codecs::remote_write::Series& series) {
  for (const codecs::Label& label : series.labels) seen.label(label.name, label.value);
  for (const codecs::remote_write::Sample& sample : series.samples) {
    seen.sample(sample.value, static_cast<double>(sample.time_ms) / 1000);
  }
}

static bench::Seen walk(codecs::remote_write::Decoder& decoder, Version version, std::string_view body) {
  bench::Seen seen;
  decoder.reset(version, body);
  for (Step step; (step = decoder.next()) != Step::end;) {
    if (step == Step::record && !decoder.is_metadata()) see(seen, decoder.series());
  }
  return seen;
}

static void decode(benchmark::State& state, const char* file, Version version) {
  const std::string body = bench::load(file);
  codecs::remote_write::Decoder decoder;
  bench::measure(state, body.size(), [&] { return walk(decoder, version, body); });
}
BENCHMARK_CAPTURE(decode, v1, "remote_write.pb", Version::v1)->Name("remote_write: ours");
BENCHMARK_CAPTURE(decode, v2, "remote_write_v2.pb", Version::v2)->Name("remote_write_v2: ours");

static void decode_snappy(benchmark::State& state) {
  const std::string block = bench::load("remote_write.snappy");
  codecs::SnappyBlock snappy;
  codecs::remote_write::Decoder decoder;
  bench::measure(state, block.size(), [&] { return walk(decoder, Version::v1, snappy.decompress(block).value()); });
}
BENCHMARK(decode_snappy)->Name("remote_write_snappy: ours");

static void encode(benchmark::State& state) {
  const std::string body = bench::load("remote_write.pb");
  codecs::remote_write::Decoder decoder;
  struct Parts {
    std::vector<codecs::Label> labels;
    std::vector<codecs::remote_write::Sample> samples;
  };
  std::vector<Parts> all;
  decoder.reset(Version::v1, body);
  while (decoder.next() == Step::record) {
    const auto& series = decoder.series();
    all.push_back({{series.labels.begin(), series.labels.end()}, {series.samples.begin(), series.samples.end()}});
  }
  codecs::remote_write::Encoder encoder(Version::v1);
  std::string out;
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    for (const Parts& parts : all) {
      codecs::remote_write::Series series;
      series.labels = parts.labels;
      series.samples = parts.samples;
      if (encoder.add(series)) see(seen, series);
    }
    out = encoder.take();
    return seen;
  });
  if (out != body) state.SkipWithError("what was written is not what was read");
}
BENCHMARK(encode)->Name("remote_write_encode: ours");
