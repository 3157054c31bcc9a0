// Rows of Flux' annotated CSV with all of their values parsed.

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "codecs/flux_csv.h"
#include "tests/bench/codecs/load.h"

using codecs::FluxRow;
using codecs::FluxValue;

static std::size_t column(const FluxRow& row, std::string_view name) {
  const auto found = std::ranges::find(row.columns, name, &codecs::FluxColumn::name);
  return static_cast<std::size_t>(found - row.columns.begin());
}

static double number(const FluxValue& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return 0;
}

static void decode(benchmark::State& state, codecs::Cpu cpu) {
  const std::string body = bench::load("flux.csv");
  codecs::FluxDecoder decoder(cpu);
  bench::measure(state, body.size(), [&] {
    bench::Seen seen;
    std::size_t time = 0;
    std::size_t value = 0;
    std::size_t result = 0;
    decoder.reset();
    decoder.feed(body, true);
    for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
      if (step == codecs::Step::error) continue;
      const FluxRow& row = decoder.row();
      if (row.starts_table) {
        time = column(row, "_time");
        value = column(row, "_value");
        result = column(row, "result");
      }
      for (std::size_t i = 0; i < row.values.size(); ++i) {
        const auto* const text = std::get_if<std::string_view>(&row.values[i]);
        if (text != nullptr && i != result) seen.label(row.columns[i].name, *text);
      }
      seen.sample(number(row.values[value]),
                  static_cast<double>(std::get<codecs::FluxTime>(row.values[time]).ns) / 1e9);
    }
    return seen;
  });
}
BENCHMARK_CAPTURE(decode, best, codecs::best_cpu())->Name("flux_csv: ours");
BENCHMARK_CAPTURE(decode, portable, codecs::Cpu::portable)->Name("flux_csv: ours, portable");
