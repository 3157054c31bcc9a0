// Lines to views with parsed value and time, fully validated, and back.

#include <string>
#include <variant>
#include <vector>

#include "codecs/cc_message.h"
#include "codecs/line_protocol.h"
#include "tests/bench/codecs/load.h"

using codecs::Cpu;
using codecs::Dialect;

static double number(const codecs::FieldValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return 0;
}

static void see(bench::Seen& seen, const codecs::Line& line) {
  seen.text(line.measurement);
  for (const codecs::Tag& tag : line.tags) seen.label(tag.key, tag.value);
  seen.sample(number(line.fields[0].value), static_cast<double>(line.timestamp.value_or(0)));
}

static void decode(benchmark::State& state, const char* file, Cpu cpu) {
  const std::string body = bench::load(file);
  codecs::LineDecoder decoder({}, cpu);
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    decoder.reset(body);
    for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
      if (step == codecs::Step::error) continue;
      see(seen, decoder.line());
    }
    return seen;
  });
}
BENCHMARK_CAPTURE(decode, best, "cc_lines.lp", codecs::best_cpu())->Name("line_protocol: ours");
BENCHMARK_CAPTURE(decode, portable, "cc_lines.lp", Cpu::portable)->Name("line_protocol: ours, portable");
BENCHMARK_CAPTURE(decode, many, "cc_lines_120k.lp", codecs::best_cpu())->Name("line_protocol_120k: ours");

/// The same to messages of ClusterCockpit: their category, and what identifies them.
static void decode_messages(benchmark::State& state) {
  const std::string body = bench::load("cc_lines.lp");
  codecs::LineDecoder decoder;
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    decoder.reset(body);
    for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
      if (step == codecs::Step::error) continue;
      const codecs::Line& line = decoder.line();
      if (codecs::classify(line, codecs::cc_tags(line)) == codecs::CcCategory::metric) see(seen, line);
    }
    return seen;
  });
}
BENCHMARK(decode_messages)->Name("cc_message: ours");

static void encode(benchmark::State& state) {
  const std::string body = bench::load("cc_lines.lp");
  codecs::LineDecoder decoder;
  decoder.reset(body);
  struct Parts {
    std::vector<codecs::Tag> tags;
    std::vector<codecs::Field> fields;
  };
  std::vector<Parts> parts;
  std::vector<codecs::Point> points;
  while (decoder.next() == codecs::Step::record) {
    const codecs::Line& line = decoder.line();
    parts.push_back({{line.tags.begin(), line.tags.end()}, {line.fields.begin(), line.fields.end()}});
    points.push_back({line.measurement, parts.back().tags, parts.back().fields, line.timestamp});
  }
  std::string out;
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    out.clear();
    for (const codecs::Point& point : points) {
      if (!codecs::append_line(out, point, Dialect::line_protocol_v2)) continue;
      seen.text(point.measurement);
      for (const codecs::Tag& tag : point.tags) seen.label(tag.key, tag.value);
      seen.sample(number(point.fields[0].value), static_cast<double>(point.timestamp.value_or(0)));
    }
    return seen;
  });
  if (out != body) state.SkipWithError("what was written is not what was read");
}
BENCHMARK(encode)->Name("line_protocol_encode: ours");
