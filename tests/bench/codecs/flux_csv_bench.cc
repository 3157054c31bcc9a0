// Flux annotated CSV: a typical answer, values and times parsed. MB/s, rows/s; allocations a row are zero by test.

#include <benchmark/benchmark.h>

#include <string>

#include "codecs/flux_csv.h"
#include "codecs/rfc3339.h"

using namespace codecs;

namespace {

/// What InfluxDB 2 answers to `from … |> range … |> filter`: a table a host, a row of about 130 bytes every 10 s.
std::string make_answer(std::size_t hosts, std::size_t rows) {
  std::string body =
      "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string,string,string\r\n"
      "#group,false,false,true,true,false,false,true,true,true,true\r\n"
      "#default,_result,,,,,,,,,\r\n"
      ",result,table,_start,_stop,_time,_value,_field,_measurement,cluster,hostname\r\n";
  for (std::size_t host = 0; host < hosts; ++host) {
    for (std::size_t row = 0; row < rows; ++row) {
      body += ",_result," + std::to_string(host) + ",2024-08-06T12:00:00Z,2024-08-06T13:00:00.123456789Z,";
      append_rfc3339(body, 1'722'945'600'000'000'000 + static_cast<std::int64_t>(row) * 10'000'000'000);
      body += "," + std::to_string(static_cast<double>(host * 7919 + row * 104729 % 9973) / 128) +
              ",value,cpu_load,fritz,f" + std::to_string(1000 + host) + "\r\n";
    }
  }
  return body;
}

void decode(benchmark::State& state, Cpu cpu) {
  const std::string body = make_answer(100, 360);
  FluxDecoder decoder(cpu);
  std::size_t rows = 0;
  double sum = 0;
  for (auto _ : state) {
    decoder.reset();
    decoder.feed(body, true);
    for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
      sum += std::get<double>(decoder.row().values[5]);
      ++rows;
    }
  }
  benchmark::DoNotOptimize(sum);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(rows));
}

/// The scanner alone.
void scan(benchmark::State& state, Cpu cpu) {
  const std::string body = make_answer(100, 360);
  CsvDecoder decoder(cpu);
  std::size_t cells = 0;
  for (auto _ : state) {
    decoder.reset();
    decoder.feed(body, true);
    while (decoder.next() != Step::end) cells += decoder.cells().size();
  }
  benchmark::DoNotOptimize(cells);
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * body.size()));
}

BENCHMARK_CAPTURE(decode, best, best_cpu())->Name("flux_csv");
BENCHMARK_CAPTURE(decode, portable, Cpu::portable)->Name("flux_csv/portable");
BENCHMARK_CAPTURE(scan, best, best_cpu())->Name("csv");
BENCHMARK_CAPTURE(scan, portable, Cpu::portable)->Name("csv/portable");

}  // namespace

BENCHMARK_MAIN();
