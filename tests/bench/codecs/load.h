#pragma once
// What every codec benchmark has in common. One looks like this (x_bench.cc, picked up by CMake without another line):
//
//   void decode_x(benchmark::State& state) {
//     const std::string body = bench::load("x.txt");
//     Decoder decoder;
//     bench::measure(state, body.size(), [&] {
//       bench::Seen seen;
//       decoder.reset();
//       decoder.feed(body, true);
//       while (…) { seen.text(name); seen.label(key, value); seen.sample(value, seconds); }
//       return seen;
//     });
//   }
//   BENCHMARK(decode_x)->Name("x: ours");
//
// There is one main for all. A benchmark's name is "ROW: WHO", where ROW is a key of loads.py's files; WHO "ours" is
// what the table compares, any other is a variant of ours ("ours portable") or a peer in C++ ("simdjson on-demand").

#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/codecs/allocations.h"

namespace bench {

/// What a decoder has handed out in one pass. Adding it up keeps the compiler from leaving work out, and codecs.py
/// compares it with what the generator knows and with what the peers have seen.
struct Seen {
  std::size_t items = 0;       ///< lines, samples, series or rows
  std::size_t labels = 0;      ///< tags, labels or string columns
  std::size_t text_bytes = 0;  ///< of measurements, metric names, label names and label values
  double values = 0;           ///< sum of the numbers
  double seconds = 0;          ///< sum of the times

  void text(std::string_view name) { text_bytes += name.size(); }
  void label(std::string_view name, std::string_view value) {
    ++labels;
    text_bytes += name.size() + value.size();
  }
  void sample(double value, double time_in_seconds) {
    ++items;
    values += value;
    seconds += time_in_seconds;
  }
};

/// A load file of loads.py: in the folder that CC_GATEWAY_BENCH names, else in build/bench/. Ends the program, with
/// what to do, where it is absent.
std::string load(std::string_view file);

void report(benchmark::State& state, std::size_t bytes, const Seen& seen, std::size_t allocations);

/// Measures `pass`, which goes over a load of `bytes` bytes and answers what it has seen. The first pass, in which
/// buffers grow, is not measured.
template <class Pass>
void measure(benchmark::State& state, std::size_t bytes, Pass pass) {
  Seen seen = pass();
  const Allocations allocations;
  for (auto _ : state) {
    seen = pass();
    benchmark::DoNotOptimize(seen);
  }
  report(state, bytes, seen, allocations.count());
}

}  // namespace bench
