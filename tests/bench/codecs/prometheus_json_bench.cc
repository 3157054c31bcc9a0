// Answers to queries into samples: labels as views, values as doubles, times; all validated.

#include <simdjson.h>

#include <charconv>
#include <string>
#include <string_view>

#include "codecs/prometheus_instant.h"
#include "codecs/prometheus_json.h"
#include "tests/bench/codecs/load.h"

using namespace codecs;

static void take(bench::Seen& seen, const QuerySample& sample) {
  for (const Label& label : sample.labels) seen.label(label.name, label.value);
  seen.sample(sample.value, static_cast<double>(sample.time_ms) / 1000);
}

static void decode(benchmark::State& state, const char* file, Cpu cpu, std::size_t chunk_bytes) {
  const std::string body = bench::load(file);
  QueryDecoder decoder(cpu);
  Chunks chunks(query_record_bytes_max);
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    decoder.reset();
    for (std::size_t at = 0; at < body.size(); at += chunk_bytes) {
      const bool last = body.size() - at <= chunk_bytes;
      decoder.feed(chunks.add(std::string_view(body).substr(at, chunk_bytes), last), last);
      while (decoder.next() == Step::record) take(seen, decoder.sample());
      chunks.used(decoder.consumed());
      if (last) break;
    }
    if (!decoder.answer().complete) state.SkipWithError("no complete answer");
    return seen;
  });
}

/// As the Prometheus source reads an answer: all or nothing, by walking twice.
static void decode_instant(benchmark::State& state, const char* file) {
  const std::string body = bench::load(file);
  InstantDecoder decoder;
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    if (!decoder.decode(body, [&](const QuerySample& sample) { take(seen, sample); })) state.SkipWithError("refused");
    return seen;
  });
}

static void take_peer(bench::Seen& seen, simdjson::ondemand::array pair) {
  auto item = pair.begin();
  const double time = (*item).get_double();
  ++item;
  const std::string_view text = (*item).get_string();
  ++item;
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  seen.sample(value, time);
}

/// simdjson on-demand in plain use.
static void decode_peer(benchmark::State& state, const char* file, bool range) {
  const simdjson::padded_string body(bench::load(file));
  simdjson::ondemand::parser parser;
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    auto document = parser.iterate(body);
    for (simdjson::ondemand::object element : document["data"]["result"].get_array()) {
      bench::Seen labels;
      for (auto label : element["metric"].get_object()) {
        const std::string_view name = label.unescaped_key();
        labels.label(name, label.value().get_string());
      }
      const std::size_t before = seen.items;
      if (range) {
        for (simdjson::ondemand::array pair : element["values"].get_array()) take_peer(seen, pair);
      } else {
        take_peer(seen, element["value"]);
      }
      const std::size_t points = seen.items - before;
      seen.labels += points * labels.labels;
      seen.text_bytes += points * labels.text_bytes;
    }
    return seen;
  });
}

constexpr std::size_t whole = SIZE_MAX;
constexpr std::size_t chunk = 16 << 10;  // as libcurl hands them over
static const Cpu best = best_cpu();

BENCHMARK_CAPTURE(decode, instant, "instant.json", best, whole)->Name("prometheus_json: ours");
BENCHMARK_CAPTURE(decode, portable, "instant.json", Cpu::portable, whole)->Name("prometheus_json: ours portable");
BENCHMARK_CAPTURE(decode, chunks, "instant.json", best, chunk)->Name("prometheus_json: ours in chunks");
BENCHMARK_CAPTURE(decode_instant, twice, "instant.json")->Name("prometheus_json: ours all or nothing");
BENCHMARK_CAPTURE(decode_peer, instant, "instant.json", false)->Name("prometheus_json: simdjson on-demand");
BENCHMARK_CAPTURE(decode, range, "range.json", best, whole)->Name("prometheus_json_range: ours");
BENCHMARK_CAPTURE(decode_peer, range, "range.json", true)->Name("prometheus_json_range: simdjson on-demand");
BENCHMARK_CAPTURE(decode, odd, "instant_odd.json", best, whole)->Name("prometheus_json_odd: ours");
BENCHMARK_CAPTURE(decode_peer, odd, "instant_odd.json", false)->Name("prometheus_json_odd: simdjson on-demand");
