#include "tests/bench/codecs/load.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace bench {

std::string load(std::string_view file) {
  const char* const folder = std::getenv("CC_GATEWAY_BENCH");
  const std::string path =
      std::string(folder != nullptr ? folder : CC_GATEWAY_SOURCE_DIR "/build/bench") + "/" + std::string(file);
  std::ifstream stream(path, std::ios::binary);
  std::string body{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!body.empty()) return body;
  std::fprintf(stderr, "cannot read %s: run ./dev bench codecs, or tests/bench/codecs/loads.py\n", path.c_str());
  std::exit(2);
}

void report(benchmark::State& state, std::size_t bytes, const Seen& seen, std::size_t allocations) {
  const auto passes = static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(seen.items) * state.iterations());
  state.counters["bytes"] = static_cast<double>(bytes);
  state.counters["items"] = static_cast<double>(seen.items);
  state.counters["labels"] = static_cast<double>(seen.labels);
  state.counters["text_bytes"] = static_cast<double>(seen.text_bytes);
  state.counters["values"] = seen.values;
  state.counters["seconds"] = seen.seconds;
  state.counters["allocations"] = static_cast<double>(allocations) / passes;
}

}  // namespace bench
