// Rows of InfluxDB's answers in JSON, with all of their values parsed.

#include <string>
#include <string_view>
#include <variant>

#include "codecs/influxdb3_json.h"
#include "codecs/influxql_json.h"
#include "tests/bench/codecs/load.h"

static double number(const codecs::JsonValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return 0;
}

static double seconds(std::optional<std::int64_t> time_ns) { return static_cast<double>(time_ns.value_or(0)) / 1e9; }

static void decode_influxql(benchmark::State& state) {
  const std::string body = bench::load("influxql.json");
  codecs::InfluxqlDecoder decoder(codecs::Precision::seconds);
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    decoder.reset();
    decoder.feed(body, true);
    for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
      const codecs::InfluxqlRecord& record = decoder.record();
      if (step == codecs::Step::error || record.kind != codecs::InfluxqlRecord::Kind::row) continue;
      for (const codecs::Tag& tag : record.tags) seen.label(tag.key, tag.value);
      seen.sample(number(record.values[1]), seconds(record.time_ns));
    }
    return seen;
  });
}
BENCHMARK(decode_influxql)->Name("influxql_json: ours");

static void decode_influxdb3(benchmark::State& state) {
  const std::string body = bench::load("influxdb3.json");
  codecs::Influxdb3Decoder decoder;
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    decoder.reset();
    decoder.feed(body, true);
    for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
      if (step == codecs::Step::error) continue;
      double value = 0;
      for (const codecs::Influxdb3Field& field : decoder.row().fields) {
        const auto* const text = std::get_if<std::string_view>(&field.value);
        if (text != nullptr)
          seen.label(field.name, *text);
        else
          value = number(field.value);
      }
      seen.sample(value, seconds(decoder.row().time_ns));
    }
    return seen;
  });
}
BENCHMARK(decode_influxdb3)->Name("influxdb3_json: ours");
