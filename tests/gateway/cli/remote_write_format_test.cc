#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "codecs/remote_write.h"
#include "codecs/remote_write_encode.h"
#include "codecs/snappy_block.h"
#include "gateway/cli/decode.h"
#include "tests/gateway/cli/ran.h"

using namespace codecs::remote_write;
using codecs::Label;
using namespace cli_test;

namespace {

Ran decoded(std::string_view dialect, const std::string& body, Words more = {}) {
  Words words{"--format", "remote_write", "--dialect", dialect};
  words.insert(words.end(), more.begin(), more.end());
  return run(gw::cli::decode, words, body);
}

Ran encoded(std::string_view dialect, const std::string& lines, Words more = {}) {
  Words words{"--format", "remote_write", "--dialect", dialect};
  words.insert(words.end(), more.begin(), more.end());
  return run(gw::cli::encode, words, lines);
}

std::string request(Version version, const Series& series) {
  Encoder encoder(version);
  const auto added = encoder.add(series);
  if (!added) FAIL(std::string(added.error()));
  return encoder.take();
}

const std::vector<codecs::Label> labels{{"__name__", "up"}, {"instance", "n1"}, {"job", "node"}};

}  // namespace

TEST_CASE("decode prints the samples of a remote_write request, packed or not") {
  const std::vector<Sample> samples{{1, 1722945600000, 0}, {std::bit_cast<double>(stale_bits), 1722945600001, 0}};
  Series series;
  series.labels = labels;
  series.samples = samples;
  constexpr std::string_view want =
      R"({"name":"up","tags":{"instance":"n1","job":"node"},"fields":{"value":{"float":1.0}},"time":1722945600000000000})"
      "\n"
      R"({"name":"up","tags":{"instance":"n1","job":"node"},"fields":{"value":{"float":"NaN"},"stale":{"bool":true}},"time":1722945600001000000})"
      "\n";
  for (const Version version : {Version::v1, Version::v2}) {
    const std::string_view dialect = version == Version::v1 ? "v1" : "v2";
    const std::string plain = request(version, series);
    for (const std::string& body : {plain, codecs::snappy_compress(plain)}) {
      const Ran ran = decoded(dialect, body);
      CHECK(ran.code == 0);
      CHECK(ran.out == want);
      CHECK(ran.err.empty());
    }
  }
}

TEST_CASE("what has no place in a message is told as a note") {
  const std::vector<codecs::Label> trace{{"trace_id", "x"}};
  const Sample sample{1, 1000, 500};
  const Exemplar exemplar{trace, 4, 8};
  Series series;
  series.labels = labels;
  series.samples = std::span(&sample, 1);
  series.exemplars = std::span(&exemplar, 1);
  series.metadata = {.type = Metadata::Type::counter, .help = "h", .unit = "s"};
  const std::string who = R"(up{instance="n1",job="node"})";
  CHECK(decoded("v2", request(Version::v2, series)).err ==
        "note: " + who + " at 1000 ms counts since 500 ms\n" + "note: exemplar of " + who +
            ": {trace_id=\"x\"} 4 at 8 ms\n" + "note: " + who + " is of type counter, unit 's': h\n");

  Encoder encoder(Version::v1);
  REQUIRE(encoder.add_metadata({.type = Metadata::Type::gauge_histogram, .family = "f", .help = "h"}).has_value());
  series = {};
  series.labels = labels;
  REQUIRE(encoder.add(series).has_value());
  const Ran v1 = decoded("v1", encoder.take());
  CHECK(v1.code == 0);
  CHECK(v1.out.empty());
  CHECK(v1.err == "note: f is of type gauge histogram, unit '': h\nnote: " + who + " has no samples\n");
}

TEST_CASE("a histogram with more buckets than the query API has is told as a problem, and the next one goes on") {
  codecs::NativeHistogram small;
  small.count_int = 1;
  small.positive = {{{0, 1}}, {1}, {}};
  codecs::NativeHistogram large;
  large.positive = {{{0, 4096}}, std::vector<std::int64_t>(4096), {}};
  Series series;
  series.labels = labels;
  series.histograms = std::span(&large, 1);
  CHECK(decoded("v1", request(Version::v1, series)).err.empty());
  large.negative = {{{0, 1}}, {0}, {}};
  const std::vector<codecs::NativeHistogram> both{large, small};
  series.histograms = both;
  const Ran ran = decoded("v1", request(Version::v1, series));
  CHECK(ran.code == 1);
  CHECK(ran.err.find(": a histogram with more than 4096 buckets\n") != std::string::npos);
  CHECK(ran.out.find(R"("(0.5,1]":{"float":1.0})") != std::string::npos);
}

TEST_CASE("a native histogram becomes count, sum and its buckets") {
  codecs::NativeHistogram histogram;
  histogram.count_int = 9;
  histogram.sum = 12.5;
  histogram.zero_threshold = 0.001;
  histogram.zero_count_int = 1;
  histogram.positive = {{{0, 3}}, {2, -2, 3}, {}};
  histogram.negative = {{{0, 1}}, {1}, {}};
  histogram.time_ms = 1000;
  histogram.reset_hint = codecs::NativeHistogram::ResetHint::gauge;
  Series series;
  series.labels = labels;
  series.histograms = std::span(&histogram, 1);
  const Ran ran = decoded("v1", request(Version::v1, series));
  CHECK(ran.out ==
        R"~({"name":"up","tags":{"instance":"n1","job":"node"},"fields":{"count":{"float":9.0},"sum":{"float":12.5},)~"
        R"~("[-1,-0.5)":{"float":1.0},"[-0.001,0.001]":{"float":1.0},"(0.5,1]":{"float":2.0},"(2,4]":{"float":3.0}},)~"
        R"~("time":1000000000})~"
        "\n");
  CHECK(ran.err == R"(note: histogram up{instance="n1",job="node"} at 1000 ms is a gauge)"
                   "\n");
}

TEST_CASE("what is wrong in a request is told with the byte, and the rest goes on") {
  const Sample far{1, 1LL << 62, 0};
  Series series;
  series.labels = labels;
  series.samples = std::span(&far, 1);
  const Ran time = decoded("v1", request(Version::v1, series));
  CHECK(time.code == 1);
  CHECK(time.err.starts_with("1:3: the time is too far away for nanoseconds\n"));
  CHECK(decoded("v1", "\x0a\x00" + std::string(1, '\0')).err.starts_with("1:3: series without a metric name\n"));
  CHECK(decoded("v1", "\x0a\x09").err.starts_with("1:1: protobuf: a field is longer than what holds it\n"));
  CHECK(decoded("v1", "\x0a\x09", {"--compression", "snappy"}).err.starts_with("1:1: snappy: the block is corrupt\n"));
}

TEST_CASE("a request of the other version does not pass for an empty one") {
  const Sample sample{1, 1000, 0};
  Series series;
  series.labels = labels;
  series.samples = std::span(&sample, 1);
  const Ran v2_as_v1 = decoded("v1", request(Version::v2, series));
  CHECK(v2_as_v1.code == 1);
  CHECK(v2_as_v1.err.starts_with("1:1: no series: is this a request of version 2? (--dialect v2)\n"));
  const Ran v1_as_v2 = decoded("v2", request(Version::v1, series));
  CHECK(v1_as_v2.code == 1);
  CHECK(v1_as_v2.err.starts_with("1:1: no series: is this a request of version 1? (--dialect v1)\n"));
  CHECK(decoded("v1", codecs::snappy_compress("")).code == 0);
  CHECK(decoded("v2", codecs::snappy_compress("")).code == 0);
}

TEST_CASE("encode writes snappy unless told otherwise, and decode reads it back") {
  const std::string lines =
      R"({"name":"up","tags":{"instance":"n1"},"fields":{"value":{"float":1.5}},"time":1722945600000000000})"
      "\n"
      R"({"name":"up","tags":{"instance":"n1"},"fields":{"value":{"float":"NaN"},"stale":{"bool":true}},"time":1722945601000000000})"
      "\n";
  for (const std::string_view dialect : {"v1", "v2"}) {
    const Ran body = encoded(dialect, lines);
    CHECK(body.code == 0);
    CHECK(codecs::SnappyBlock().decompress(body.out));
    CHECK(decoded(dialect, body.out).out == lines);
    const Ran plain = encoded(dialect, lines, {"--compression", "none"});
    CHECK(!codecs::SnappyBlock().decompress(plain.out));
    CHECK(decoded(dialect, plain.out).out == lines);
  }
  const Ran refused = encoded("v1", R"({"name":"up","fields":{"idle":{"float":1}},"time":0})");
  CHECK(refused.code == 1);
  CHECK(refused.err.starts_with("1: only a field 'value' can be sent\n"));
}
