// What the router makes of a file of lines, again and again: `bench_route LINES RULES SECONDS [OTHER]`. Prints one JSON
// object, as tests/servers/cc_lib does of ClusterCockpit's own library. Time is the CPU time of the process. Every
// second pass is over OTHER, where given: the same lines in another order, so that no order helps.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "gateway/router/router.h"
#include "gateway/router/rules/load_rules.h"
#include "tests/codecs/allocations.h"

namespace {

constexpr std::int64_t now_ns = 1'722'945'600'000'000'000;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string content(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

struct Pass {
  std::size_t lines = 0;
  std::size_t dropped = 0;
  std::size_t bytes_written = 0;
};

Pass run(gw::router::Router& router, codecs::LineDecoder& decoder, const std::string& body, std::string& out) {
  Pass pass;
  decoder.reset(body);
  for (codecs::Step step; (step = decoder.next()) != codecs::Step::end;) {
    if (step == codecs::Step::error) continue;
    ++pass.lines;
    if (router.route(decoder.line(), now_ns, out).kind == gw::router::Routed::Kind::dropped) ++pass.dropped;
    if (out.size() < 900'000) continue;  // a frame: it is handed on
    pass.bytes_written += out.size();
    out.clear();
  }
  pass.bytes_written += out.size();
  out.clear();
  return pass;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 && count != 5) {
    std::fputs("usage: bench_route LINES RULES SECONDS [OTHER]\n", stderr);
    return 2;
  }
  const std::string body = content(arguments[1]);
  const std::string other = count == 5 ? content(arguments[4]) : body;
  const gw::rules::LoadedRules loaded = gw::rules::load_rules(arguments[2], gw::Seconds(60));
  if (body.empty() || loaded.rules == nullptr) {
    std::fputs((body.empty() ? "no lines\n" : loaded.report()).c_str(), stderr);
    return 2;
  }
  gw::router::Router router(loaded.rules);
  codecs::LineDecoder decoder;
  std::string out;
  const double learning = cpu_seconds();
  run(router, decoder, body, out);  // the first pass learns the series
  const double learnt = cpu_seconds();
  run(router, decoder, other, out);

  const Allocations allocations;
  const double begin = cpu_seconds();
  double took = 0;
  std::size_t passes = 0;
  Pass pass;
  for (; took < std::atof(arguments[3]); took = cpu_seconds() - begin) {
    pass = run(router, decoder, passes % 2 == 0 ? body : other, out);
    ++passes;
  }
  const double lines = static_cast<double>(pass.lines);
  fmt::print(
      "{{\"lines\": {}, \"dropped\": {}, \"bytes_written\": {}, \"passes\": {}, \"lines_per_second\": {:.0f}, "
      "\"lines_per_second_learning\": {:.0f}, \"allocations\": {}, \"series\": {}, \"bytes_per_series\": {:.0f}, "
      "\"plain\": {}}}\n",
      pass.lines, pass.dropped, pass.bytes_written, passes, lines * static_cast<double>(passes) / took,
      lines / (learnt - learning), allocations.count(), router.plan().series(),
      static_cast<double>(router.plan().bytes()) / static_cast<double>(router.plan().series()),
      router.plan().counts().plain);
  return 0;
}
