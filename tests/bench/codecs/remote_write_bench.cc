// Decoding and encoding remote_write, in series a second. The load: 1,000 series of a node_exporter with 8 labels and
// one sample each; and, where CC_GATEWAY_REMOTE_WRITE_BODY names a file, that request of v1 (plain protobuf).

#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "codecs/remote_write.h"
#include "codecs/remote_write_encode.h"
#include "codecs/snappy_block.h"

using namespace codecs;
using namespace codecs::remote_write;

namespace {

constexpr int series_count = 1000;

template <class Take>
void for_each_series(Take take) {
  constexpr std::array names{"node_cpu_seconds_total", "node_memory_MemAvailable_bytes", "node_filesystem_avail_bytes",
                             "node_network_receive_bytes_total", "node_disk_io_time_seconds_total"};
  constexpr std::array modes{"idle", "user", "system", "iowait", "steal"};
  for (int i = 0; i < series_count; ++i) {
    const std::string cpu = std::to_string(i / 5 % 128);
    const std::string instance = "node" + std::to_string(1000 + i / 128) + ":9100";
    const std::array<Label, 8> labels{{{"__name__", names[static_cast<std::size_t>(i) % names.size()]},
                                       {"cluster", "fritz"},
                                       {"cpu", cpu},
                                       {"device", "eth0"},
                                       {"instance", instance},
                                       {"job", "node_exporter"},
                                       {"mode", modes[static_cast<std::size_t>(i) % modes.size()]},
                                       {"replica", "0"}}};
    const Sample sample{.value = 1234.5678 * i, .time_ms = 1795288690023 + i};
    Series series;
    series.labels = labels;
    series.samples = std::span(&sample, 1);
    take(series);
  }
}

std::string load(Version version) {
  Encoder encoder(version);
  for_each_series([&](const Series& series) {
    if (!encoder.add(series)) std::abort();
  });
  return encoder.take();
}

/// Sums something of each series, so that nothing is left out as unused.
void walk(benchmark::State& state, Version version, const std::string& body) {
  Decoder decoder;
  std::int64_t series = 0;
  for (auto _ : state) {
    decoder.reset(version, body);
    std::uint64_t sum = 0;
    for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
      if (step == Step::error) return state.SkipWithError("a series was refused");
      ++series;
      sum += decoder.series().labels.size() + decoder.series().name.size();
      for (const Sample& sample : decoder.series().samples) sum += static_cast<std::uint64_t>(sample.time_ms);
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(series);
  state.SetBytesProcessed(static_cast<std::int64_t>(body.size()) * state.iterations());
}

void decode_v1(benchmark::State& state) { walk(state, Version::v1, load(Version::v1)); }
void decode_v2(benchmark::State& state) { walk(state, Version::v2, load(Version::v2)); }
BENCHMARK(decode_v1);
BENCHMARK(decode_v2);

void decode_v1_file(benchmark::State& state) {
  const char* const name = std::getenv("CC_GATEWAY_REMOTE_WRITE_BODY");
  if (name == nullptr) return state.SkipWithError("CC_GATEWAY_REMOTE_WRITE_BODY names no file");
  std::ifstream file(name, std::ios::binary);
  walk(state, Version::v1, {std::istreambuf_iterator<char>(file), {}});
}
BENCHMARK(decode_v1_file);

void decode_v1_snappy(benchmark::State& state) {
  const std::string block = snappy_compress(load(Version::v1));
  SnappyBlock snappy;
  Decoder decoder;
  std::int64_t series = 0;
  for (auto _ : state) {
    decoder.reset(Version::v1, snappy.decompress(block).value());
    for (Step step = decoder.next(); step != Step::end; step = decoder.next()) ++series;
    benchmark::DoNotOptimize(decoder.written());
  }
  state.SetItemsProcessed(series);
  state.SetBytesProcessed(static_cast<std::int64_t>(block.size()) * state.iterations());
}
BENCHMARK(decode_v1_snappy);

void encode(benchmark::State& state, Version version) {
  for (auto _ : state) benchmark::DoNotOptimize(load(version));
  state.SetItemsProcessed(state.iterations() * series_count);
}
BENCHMARK_CAPTURE(encode, v1, Version::v1);
BENCHMARK_CAPTURE(encode, v2, Version::v2);

}  // namespace

BENCHMARK_MAIN();
