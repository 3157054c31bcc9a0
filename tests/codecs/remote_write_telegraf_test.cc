// Telegraf's cases of its parser for remote_write: the request as JSON, and the lines that Telegraf makes of it.

#include <doctest/doctest.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "codecs/line_protocol.h"
#include "codecs/remote_write.h"
#include "codecs/remote_write_encode.h"
#include "tests/codecs/corpora.h"

using namespace codecs;
using namespace codecs::remote_write;
using nlohmann::json;

namespace {

NativeHistogram::Side side(const json& histogram, const std::string& name) {
  NativeHistogram::Side out;
  for (const json& span : histogram.at(name + "_spans")) out.spans.push_back({span.at("offset"), span.at("length")});
  out.deltas = histogram.value(name + "_deltas", std::vector<std::int64_t>());
  out.counts = histogram.value(name + "_counts", std::vector<double>());
  return out;
}

NativeHistogram histogram_of(const json& from) {
  NativeHistogram out;
  out.is_float = from.contains("count_float");
  out.count_float = from.value("count_float", 0.0);
  out.count_int = from.value("count_int", std::uint64_t{0});
  out.sum = from.at("sum");
  out.schema = from.at("schema");
  out.zero_threshold = from.at("zero_threshold");
  out.positive = side(from, "positive");
  out.negative = side(from, "negative");
  out.time_ms = from.at("timestamp");
  return out;
}

std::string request(const json& from) {
  Encoder encoder(Version::v1);
  for (const json& one : from.at("timeseries")) {
    std::vector<std::pair<std::string, std::string>> texts;
    for (const json& label : one.at("labels")) texts.emplace_back(label.at("name"), label.at("value"));
    std::vector<Label> labels;
    for (const auto& [name, value] : texts) labels.push_back({name, value});
    std::vector<Sample> samples;
    for (const json& sample : one.value("samples", json::array()))
      samples.push_back({sample.at("value"), sample.at("timestamp"), 0});
    std::vector<NativeHistogram> histograms;
    for (const json& histogram : one.value("histograms", json::array())) histograms.push_back(histogram_of(histogram));
    Series series;
    series.labels = labels;
    series.samples = samples;
    series.histograms = histograms;
    REQUIRE(encoder.add(series).has_value());
  }
  return encoder.take();
}

using Fields = std::map<std::string, double>;

/// As Telegraf flattens a histogram: each bucket by its upper bound, with what lies below added, and the parts as sent.
Fields flattened(const NativeHistogram& histogram) {
  Fields out{{"count", histogram.count()},
             {"sum", histogram.sum},
             {"schema", histogram.schema},
             {"zero_count", histogram.zero_count()},
             {"zero_threshold", histogram.zero_threshold},
             {"counter_reset_hint", static_cast<double>(histogram.reset_hint)}};
  std::vector<Bucket> buckets;
  expand_buckets(histogram, buckets);
  double below = 0;
  std::map<std::string, int> numbers;
  for (const Bucket& bucket : buckets) {
    std::string bound;
    append_float(bound, bucket.high);
    out[bound] = below += bucket.count;
  }
  const auto parts = [&](const std::string& name, const NativeHistogram::Side& one) {
    for (std::size_t i = 0; i < one.spans.size(); ++i) {
      out[name + "_span_" + std::to_string(i) + "_offset"] = one.spans[i].offset;
      out[name + "_span_" + std::to_string(i) + "_length"] = one.spans[i].length;
    }
    std::int64_t running = 0;
    for (std::size_t i = 0; i < one.deltas.size() + one.counts.size(); ++i) {
      if (!histogram.is_float) running += one.deltas[i];
      out[name + "_bucket_" + std::to_string(i)] = histogram.is_float ? one.counts[i] : static_cast<double>(running);
    }
  };
  parts("positive", histogram.positive);
  parts("negative", histogram.negative);
  return out;
}

std::string show(std::string_view name, const std::map<std::string, std::string>& tags, const Fields& fields,
                 std::int64_t time_ns) {
  std::string out(name);
  for (const auto& [key, value] : tags) out += "," + key + "=" + value;
  for (const auto& [key, value] : fields) (out += " " + key + "=") += std::to_string(value);
  return out + " " + std::to_string(time_ns) + "\n";
}

std::multiset<std::string> ours(const std::string& body, const std::map<std::string, std::string>& default_tags) {
  std::multiset<std::string> out;
  Decoder decoder;
  decoder.reset(Version::v1, body);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    REQUIRE(step == Step::record);
    const Series& series = decoder.series();
    std::map<std::string, std::string> tags = default_tags;
    for (const Label& label : series.labels) {
      if (label.name != "__name__") tags[std::string(label.name)] = label.value;
    }
    for (const Sample& sample : series.samples)
      out.insert(show(series.name, tags, {{"value", sample.value}}, sample.time_ms * 1'000'000));
    for (const NativeHistogram& histogram : series.histograms)
      out.insert(show(series.name, tags, flattened(histogram), histogram.time_ms * 1'000'000));
  }
  return out;
}

std::multiset<std::string> telegraf(const std::string& lines) {
  std::multiset<std::string> out;
  LineDecoder decoder;
  decoder.reset(lines);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    REQUIRE(step == Step::record);
    const auto message = to_message(decoder.line(), Dialect::line_protocol_v2, Precision::nanoseconds);
    REQUIRE(message.has_value());
    std::map<std::string, std::string> tags;
    for (const Message::Tag& tag : message->tags) tags[tag.key] = tag.value;
    Fields fields;
    for (const Message::Field& field : message->fields) {
      fields[field.key] = std::visit(
          [](const auto& value) {
            if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>) return static_cast<double>(value);
            return 0.0;
          },
          field.value);
    }
    out.insert(show(message->name, tags, fields, message->time_ns.value()));
  }
  return out;
}

/// The tags of a line `default_tags = {"a" = "b"}`: what Telegraf adds, not the request.
std::map<std::string, std::string> default_tags(const std::string& conf) {
  const std::size_t at = conf.find("default_tags = {\"");
  if (at == std::string::npos) return {};
  std::vector<std::string> words;
  std::istringstream in(conf.substr(at));
  for (std::string word; std::getline(in, word, '"');) words.push_back(word);
  return {{words.at(1), words.at(3)}};
}

}  // namespace

TEST_CASE("Telegraf's requests decode as Telegraf reads them") {
  const auto corpus = find_corpus("telegraf-parsers");
  if (!corpus) return;
  int cases = 0;
  int good = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*corpus / "prometheusremotewrite")) {
    ++cases;
    CAPTURE(entry.path());
    const std::string body = request(json::parse(read_file(entry.path() / "input.json")));
    const auto got = ours(body, default_tags(read_file(entry.path() / "telegraf.conf")));
    const auto want = telegraf(read_file(entry.path() / "expected_v1.out"));
    CHECK(got == want);
    good += got == want ? 1 : 0;
  }
  CHECK(cases == 5);
  std::printf("telegraf-parsers/prometheusremotewrite: %d of %d, 0 deliberate differences\n", good, cases);
}
