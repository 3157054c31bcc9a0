// What the dearest of many hostile bodies of 1 KB costs each decoder. The repeated pieces are what makes decoders start
// over, nest, count or unescape; each body is one piece again and again, alone and behind a beginning that is good.

#include <algorithm>
#include <ctime>
#include <limits>
#include <string>
#include <string_view>

#include "codecs/exposition.h"
#include "codecs/flux_csv.h"
#include "codecs/influxdb3_json.h"
#include "codecs/influxql_json.h"
#include "codecs/line_protocol.h"
#include "codecs/prometheus_json.h"
#include "codecs/remote_write.h"
#include "tests/bench/codecs/load.h"

namespace {

constexpr std::string_view pieces[] = {
    "[",          "{",
    "{\"a\":",    "\"",
    "\\",         ",",
    "\n",         "#",
    "\xff",       "a",
    "9",          "e",
    "-",          "=",
    " ",          "\"\\",
    ",a=",        ",a=b",
    "a=\"\n",     "a b=1\n",
    "a,b=c,",     "\\u00",
    "\\ud800",    "{a=\"b\"}",
    "a{b=\"c\",", "# TYPE a counter\n",
    "a 1\n",      "#a,\n",
    "\r\n,",      ",,\n",
    "\x0a\x02",   std::string_view("\x0a\x00", 2),
    "\x22\x00",   "\x2a\x04\x0a\x02",
    "\x0b",       "\x80",
    "[0,\"1\"],", "null,",
    "{},",        "0",
};
constexpr std::string_view beginnings[] = {
    "",
    "a,b=c d=\"",
    "a,b=c d=1 ",
    "a{b=\"",
    "# HELP a ",
    "#datatype,string\n,a\n,",
    R"({"status":"success","data":{"resultType":"vector","result":[)",
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":")",
    R"({"results":[{"series":[{"name":"a","columns":["time"],"values":[)",
    R"([{"a":)",
};

template <class Walk>
void dearest(benchmark::State& state, Walk walk) {
  double worst = 0;
  for (auto _ : state) {
    worst = 0;
    for (const std::string_view beginning : beginnings) {
      for (const std::string_view piece : pieces) {
        std::string body(beginning);
        while (body.size() < 1024) body += piece;
        double least = std::numeric_limits<double>::max();  // of several: others use the machine too
        for (int i = 0; i < 5; ++i) {
          const std::clock_t begin = std::clock();
          walk(body);
          least = std::min(least, 1e6 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
        }
        worst = std::max(worst, least);
      }
    }
  }
  state.counters["worst_us"] = worst;
}

template <class Make>
void text_decoder(benchmark::State& state, Make make) {
  dearest(state, [&](const std::string& body) {
    auto decoder = make();
    decoder.reset();
    decoder.feed(body, true);
    while (decoder.next() != codecs::Step::end) continue;
  });
}

void remote_write(benchmark::State& state, codecs::remote_write::Version version) {
  dearest(state, [&](const std::string& body) {
    codecs::remote_write::Decoder decoder;
    decoder.reset(version, body);
    while (decoder.next() != codecs::Step::end) continue;
  });
}

using codecs::Exposition;
using codecs::remote_write::Version;

BENCHMARK_CAPTURE(text_decoder, lines, [] { return codecs::LineDecoder(); })
    ->Name("hostile: line_protocol")
    ->Iterations(1);
BENCHMARK_CAPTURE(text_decoder, text, [] { return codecs::ExpositionDecoder(Exposition::text_0_0_4); })
    ->Name("hostile: text")
    ->Iterations(1);
BENCHMARK_CAPTURE(text_decoder, openmetrics, [] { return codecs::ExpositionDecoder(Exposition::openmetrics_1_0); })
    ->Name("hostile: openmetrics")
    ->Iterations(1);
BENCHMARK_CAPTURE(text_decoder, query, [] { return codecs::QueryDecoder(); })
    ->Name("hostile: prometheus_json")
    ->Iterations(1);
BENCHMARK_CAPTURE(text_decoder, flux, [] { return codecs::FluxDecoder(); })->Name("hostile: flux_csv")->Iterations(1);
BENCHMARK_CAPTURE(text_decoder, influxql, [] { return codecs::InfluxqlDecoder(); })
    ->Name("hostile: influxql_json")
    ->Iterations(1);
BENCHMARK_CAPTURE(text_decoder, influxdb3, [] { return codecs::Influxdb3Decoder(); })
    ->Name("hostile: influxdb3_json")
    ->Iterations(1);
BENCHMARK_CAPTURE(remote_write, v1, Version::v1)->Name("hostile: remote_write v1")->Iterations(1);
BENCHMARK_CAPTURE(remote_write, v2, Version::v2)->Name("hostile: remote_write v2")->Iterations(1);

}  // namespace
