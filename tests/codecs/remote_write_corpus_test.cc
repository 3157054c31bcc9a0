// Recorded and constructed requests of remote_write, each with what has to come out.

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "codecs/remote_write.h"
#include "codecs/remote_write_http.h"
#include "codecs/snappy_block.h"
#include "tests/codecs/corpora.h"

using namespace codecs;
using namespace codecs::remote_write;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string hex_of(double value) {
  std::array<char, 20> text{};
  std::snprintf(text.data(), text.size(), "%016llx",
                static_cast<unsigned long long>(std::bit_cast<std::uint64_t>(value)));
  return text.data();
}

json to_json(std::span<const Label> labels) {
  json out = json::array();
  for (const Label& label : labels) out.push_back({label.name, label.value});
  return out;
}

// The recordings are Google's JSON form of the histogram message: 64-bit integers as text, zeros left out except for
// members of a oneof.

template <class Number>
json numbers(const std::vector<Number>& values) {
  json out = json::array();
  for (const Number value : values) {
    if constexpr (std::is_same_v<Number, double>) {
      out.push_back(value);
    } else {
      out.push_back(std::to_string(value));
    }
  }
  return out;
}

json json_double(double value) { return std::isnan(value) ? json("NaN") : json(value); }

void side_to_json(json& out, const std::string& name, const NativeHistogram::Side& side) {
  for (const BucketSpan& span : side.spans) {
    json one = json::object();
    if (span.offset != 0) one["offset"] = span.offset;
    if (span.length != 0) one["length"] = span.length;
    out[name + "_spans"].push_back(one);
  }
  if (!side.deltas.empty()) out[name + "_deltas"] = numbers(side.deltas);
  if (!side.counts.empty()) out[name + "_counts"] = numbers(side.counts);
}

json to_json(const NativeHistogram& histogram) {
  json out = json::object();
  if (histogram.is_float) {
    out["count_float"] = histogram.count_float;
    out["zero_count_float"] = histogram.zero_count_float;
  } else {
    out["count_int"] = std::to_string(histogram.count_int);
    out["zero_count_int"] = std::to_string(histogram.zero_count_int);
  }
  if (histogram.sum != 0) out["sum"] = json_double(histogram.sum);
  if (histogram.schema != 0) out["schema"] = histogram.schema;
  if (histogram.zero_threshold != 0) out["zero_threshold"] = histogram.zero_threshold;
  side_to_json(out, "negative", histogram.negative);
  side_to_json(out, "positive", histogram.positive);
  constexpr std::array hints{"", "YES", "NO", "GAUGE"};
  if (histogram.reset_hint != NativeHistogram::ResetHint::unknown)
    out["reset_hint"] = hints[static_cast<std::size_t>(histogram.reset_hint)];
  if (histogram.time_ms != 0) out["timestamp"] = std::to_string(histogram.time_ms);
  return out;
}

json to_json(const Series& series) {
  json out = {{"labels", to_json(series.labels)}, {"samples", json::array()}};
  for (const Sample& sample : series.samples) out["samples"].push_back({sample.time_ms, hex_of(sample.value)});
  for (const Exemplar& exemplar : series.exemplars) {
    out["exemplars"].push_back({{"labels", to_json(exemplar.labels)},
                                {"value_bits", hex_of(exemplar.value)},
                                {"timestamp", exemplar.time_ms}});
  }
  for (const NativeHistogram& histogram : series.histograms) out["histograms"].push_back(to_json(histogram));
  return out;
}

json decode(Version version, std::string_view body) {
  json out = {{"timeseries", json::array()}, {"metadata", json::array()}};
  Decoder decoder;
  decoder.reset(version, body);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::error) {
      out["errors"].push_back(decoder.error().reason);
    } else if (decoder.is_metadata()) {
      const Metadata& metadata = decoder.metadata();
      out["metadata"].push_back({{"type", static_cast<int>(metadata.type)},
                                 {"name", metadata.family},
                                 {"help", metadata.help},
                                 {"unit", metadata.unit}});
    } else {
      out["timeseries"].push_back(to_json(decoder.series()));
    }
  }
  return out;
}

/// What a listener answers: status, and the Written headers of v2.
struct Answer {
  int status = 204;
  Written written;
};

Answer answer(std::string_view content_type, std::string_view content_encoding, std::string_view body) {
  const auto version = version_of(content_type);
  if (!version.has_value() || !is_snappy(content_encoding)) return {415, {}};
  SnappyBlock snappy;
  const auto plain = snappy.decompress(body);
  if (!plain) return {400, {}};
  Decoder decoder;
  decoder.reset(*version, *plain);
  while (decoder.next() != Step::end) continue;
  return {decoder.errors() == 0 ? 204 : 400, decoder.written()};
}

/// One level of protoc's text output: `name: value` and `name { … }` lines.
void read_text(std::istream& in, const std::string& prefix, std::string& out) {
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    line.erase(0, first);
    if (line == "}") return;
    if (line.ends_with(" {")) {
      const std::string name = line.substr(0, line.size() - 2);
      out += prefix + name + "\n";
      read_text(in, prefix + name + ".", out);
    } else {
      out += prefix + line + "\n";
    }
  }
}

/// As protoc prints a double: 15 digits, or 17 where these do not read back the same.
std::string text_of(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.15g", value);
  if (std::strtod(text.data(), nullptr) != value) std::snprintf(text.data(), text.size(), "%.17g", value);
  return text.data();
}

template <class Value>
void line(std::string& out, std::string_view name, const Value& value) {
  out += name;
  out += ": ";
  if constexpr (std::is_same_v<Value, std::string_view>) {
    (out += '"') += std::string(value) += '"';
  } else if constexpr (std::is_same_v<Value, double>) {
    out += text_of(value);
  } else {
    out += std::to_string(value);
  }
  out += '\n';
}

std::string v1_as_text(std::string_view body) {
  std::string out;
  Decoder decoder;
  decoder.reset(Version::v1, body);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    REQUIRE(step == Step::record);
    out += "timeseries\n";
    for (const Label& label : decoder.series().labels) {
      out += "timeseries.labels\n";
      line(out, "timeseries.labels.name", label.name);
      line(out, "timeseries.labels.value", label.value);
    }
    for (const Sample& sample : decoder.series().samples) {
      out += "timeseries.samples\n";
      if (sample.value != 0) line(out, "timeseries.samples.value", sample.value);
      line(out, "timeseries.samples.timestamp", sample.time_ms);
    }
  }
  return out;
}

void histogram_as_text(std::string& out, const NativeHistogram& histogram) {
  const std::string at = "timeseries.histograms.";
  out += "timeseries.histograms\n";
  line(out, at + "count_int", histogram.count_int);
  line(out, at + "sum", histogram.sum);
  line(out, at + "schema", histogram.schema);
  line(out, at + "zero_threshold", histogram.zero_threshold);
  line(out, at + "zero_count_int", histogram.zero_count_int);
  for (const BucketSpan& span : histogram.positive.spans) {
    out += at + "positive_spans\n";
    line(out, at + "positive_spans.offset", span.offset);
    line(out, at + "positive_spans.length", span.length);
  }
  for (const std::int64_t delta : histogram.positive.deltas) line(out, at + "positive_deltas", delta);
  line(out, at + "timestamp", histogram.time_ms);
}

std::string v2_as_text(std::string_view body) {
  std::string out;
  Decoder decoder;
  decoder.reset(Version::v2, body);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    REQUIRE(step == Step::record);
    out += "timeseries\n";
    for (const Label& label : decoder.series().labels) {
      line(out, "label", label.name);
      line(out, "label", label.value);
    }
    for (const NativeHistogram& histogram : decoder.series().histograms) histogram_as_text(out, histogram);
    out += "timeseries.metadata\n";
  }
  return out;
}

/// The symbols are our decoder's business: puts the texts in the place of the references.
std::string with_symbols_resolved(const std::string& text) {
  std::vector<std::string> symbols;
  std::string out;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one);) {
    if (one.starts_with("symbols: ")) {
      symbols.push_back(one.substr(9));
    } else if (one.starts_with("timeseries.labels_refs: ")) {
      out += "label: " + symbols.at(std::stoul(one.substr(24))) + "\n";
    } else {
      out += one + "\n";
    }
  }
  return out;
}

std::string gunzip(const fs::path& path) {
  std::string out;
  std::FILE* const pipe = popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
  std::array<char, 65536> piece{};
  for (std::size_t size = 0; (size = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;)
    out.append(piece.data(), size);
  pclose(pipe);
  return out;
}

}  // namespace

TEST_CASE("recorded requests of Prometheus and vmagent decode as Google's protobuf reads them") {
  const auto corpus = find_corpus("captured-remote-write");
  if (!corpus) return;
  int cases = 0;
  int good = 0;
  for (const auto& entry : fs::recursive_directory_iterator(*corpus)) {
    if (entry.path().extension() != ".snappy") continue;
    ++cases;
    CAPTURE(entry.path());
    const std::string block = read_file(entry.path());
    const fs::path stem = entry.path().parent_path() / entry.path().stem();
    SnappyBlock snappy;
    const auto plain = snappy.decompress(block);
    REQUIRE(plain.has_value());
    const bool same = decode(Version::v1, *plain) == json::parse(read_file(stem.string() + ".expected.json"));
    CHECK(same);
    good += same ? 1 : 0;
  }
  CHECK(cases == 12);
  std::printf("captured-remote-write: %d of %d, 0 deliberate differences\n", good, cases);
}

TEST_CASE("constructed requests get the answer that the specification wants") {
  const auto corpus = find_corpus("remote-write-constructed");
  if (!corpus) return;
  int cases = 0;
  int good = 0;
  for (const json& one : json::parse(read_file(*corpus / "INDEX.json"))) {
    ++cases;
    CAPTURE(one.at("name"));
    const json& headers = one.at("headers");
    const Answer got =
        answer(headers.at("Content-Type").get<std::string>(), headers.at("Content-Encoding").get<std::string>(),
               read_file(*corpus / one.at("file").get<std::string>()));
    const json& status = one.at("expect_status");
    bool same = status.is_null() ? got.status == 204 || got.status == 400 : status == got.status;
    CHECK(same);
    if (const json& written = one.at("expect_written"); !written.is_null()) {
      const Written want{written.at("Samples"), written.at("Histograms"), written.at("Exemplars")};
      CHECK(got.written == want);
      same = same && got.written == want;
    }
    good += same ? 1 : 0;
  }
  CHECK(cases == 39);
  std::printf("remote-write-constructed: %d of %d, 0 deliberate differences\n", good, cases);
}

TEST_CASE("what the specification leaves open is decided as the header says") {
  const auto corpus = find_corpus("remote-write-constructed");
  if (!corpus) return;
  const auto check = [&](std::string_view file, const Answer& want) {
    CAPTURE(file);
    const Answer got =
        answer("application/x-protobuf;proto=io.prometheus.write.v2.Request", "snappy", read_file(*corpus / file));
    CHECK(got.status == want.status);
    CHECK(got.written == want.written);
  };
  check("bad_unsorted.bin", {204, {.samples = 1}});
  check("bad_empty_value.bin", {204, {.samples = 1}});
  check("bad_samples_and_histograms.bin", {400, {}});
}

TEST_CASE("other people's requests decode as protoc prints them") {
  const auto corpus = find_corpus("remote-write-third-party");
  if (!corpus) return;
  const auto text = [](const std::string& printed) {
    std::istringstream in(printed);
    std::string out;
    read_text(in, "", out);
    return out;
  };
  int good = 0;
  const std::string v1 = v1_as_text(read_file(*corpus / "write_request.pb.data"));
  const bool same_v1 = v1 == text(gunzip(*corpus / "write_request.decoded.txt.gz"));
  CHECK(same_v1);
  good += same_v1 ? 1 : 0;

  SnappyBlock snappy;
  const std::string block = read_file(*corpus / "remote_write_v2_native_hist_1782358162264510000.raw.snappy");
  const auto plain = snappy.decompress(block);
  REQUIRE(plain.has_value());
  const std::string v2 = v2_as_text(*plain);
  const std::string printed = text(read_file(*corpus / "remote_write_v2_native_hist.decoded.txt"));
  CHECK(v2 == with_symbols_resolved(printed));
  good += v2 == with_symbols_resolved(printed) ? 1 : 0;
  std::printf("remote-write-third-party: %d of 2, 0 deliberate differences\n", good);
}
