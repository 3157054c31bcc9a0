// Pages and cases of Prometheus, OpenMetrics, VictoriaMetrics, node_exporter and Telegraf.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/exposition.h"
#include "codecs/line_protocol.h"
#include "tests/codecs/corpora.h"
#include "tests/codecs/differences/exposition.h"
#include "tests/codecs/exposition_show.h"

using namespace codecs;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// What a page holds; the same in both variants.
struct Reading {
  std::size_t records = 0;
  std::size_t errors = 0;
  std::size_t with_family = 0;
  bool valid = false;
  std::string shown;
};

Reading read_page(std::string_view page, Exposition format) {
  Reading reading;
  for (const Cpu cpu : {Cpu::portable, best_cpu()}) {
    ExpositionDecoder decoder(format, cpu);
    Reading again;
    decoder.reset();
    decoder.feed(page, true);
    for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
      again.shown += show_step(decoder, step);
      step == Step::record ? ++again.records : ++again.errors;
      again.with_family += step == Step::record && decoder.sample().family != nullptr;
    }
    again.valid = decoder.valid();
    CHECK(again.valid == (again.errors == 0));
    CHECK((cpu == Cpu::portable || again.shown == reading.shown));
    reading = again;
  }
  return reading;
}

/// Counts cases of a folder, so that none is missing, and holds its deliberate differences against them.
class Tally {
 public:
  Tally(std::string folder, std::size_t cases, const Differences& differences)
      : folder_(std::move(folder)), cases_(cases), differences_(differences) {}
  ~Tally() {
    CHECK(all_ == cases_);
    for (const auto& [key, reason] : differences_) {
      CAPTURE(key);
      CHECK(used_.contains(key));
    }
    std::printf("%s: %zu of %zu, %zu deliberate differences\n", folder_.c_str(), good_, all_, used_.size());
  }

  /// `agrees` is what the corpus expects of the case.
  void add(const std::string& key, bool agrees) {
    CAPTURE(key);
    ++all_;
    const bool differs_on_purpose = differences_.contains(key);
    CHECK(agrees != differs_on_purpose);
    if (differs_on_purpose) used_.insert(key);
    if (agrees != differs_on_purpose) ++good_;
  }

 private:
  std::string folder_;
  std::size_t cases_;
  const Differences& differences_;
  std::set<std::string> used_;
  std::size_t good_ = 0;
  std::size_t all_ = 0;
};

/// A text of the corpus: plain, or base64.
std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : from_base64(value.at("base64").get<std::string>());
}

/// Lines that are neither empty nor start with '#': counted without any of the decoder's code.
std::size_t plain_lines(std::string_view page) {
  std::size_t count = 0;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    if (end != 0 && page[0] != '#') ++count;
    page.remove_prefix(std::min(end + 1, page.size()));
  }
  return count;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

bool reads_completely(const std::string& page, Exposition format) {
  const Reading reading = read_page(page, format);
  return reading.valid && reading.records == plain_lines(page);
}

}  // namespace

TEST_CASE("the OpenMetrics cases") {
  const auto corpus = find_corpus("openmetrics-parsers");
  if (!corpus) return;
  Tally tally("openmetrics-parsers", 211, exposition_differences::openmetrics);
  const json verdicts = json::parse(read_file(*corpus / "verdicts-prometheus-2.42-and-client_python.json"));
  std::size_t good = 0;
  std::size_t refused = 0;
  for (const auto& [name, verdict] : verdicts.items()) {
    CAPTURE(name);
    const bool valid = read_page(read_file(*corpus / "parsers" / name / "metrics"), Exposition::openmetrics_1_0).valid;
    tally.add(name, valid == verdict.at("shouldParse").get<bool>());
    // These two have no deliberate differences.
    if (verdict.at("shouldParse")) {
      ++good;
      CHECK(valid);
    } else if (!verdict.at("prometheus_2_42_accepts")) {
      ++refused;
      CHECK(!valid);
    }
  }
  CHECK(good == 44);
  CHECK(refused == 96);
}

TEST_CASE("cases of Prometheus") {
  const auto corpus = find_corpus("promtext-extracted");
  if (!corpus) return;
  Tally tally("promtext-extracted/prometheus", 177, exposition_differences::prometheus);
  std::map<std::string, std::size_t> count;
  for (const json& test : json::parse(read_file(*corpus / "prometheus.json"))) {
    const std::string function = test.at("Func");
    const std::string page = text_of(test.at("Input"));
    const bool open = function.starts_with("TestO") || function.starts_with("TestST");
    const Reading reading = read_page(page, open ? Exposition::openmetrics_1_0 : Exposition::text_0_0_4);
    bool expected = function == "testTextParse" || function == "TestSTParseFailures";
    if (function.ends_with("NullByteHandling")) expected = !test.at("ExpectError").get<bool>();
    // Their error is the end of the page.
    if (page == "# EOF" || page == "# EOF\n") expected = true;
    CAPTURE(page);
    CAPTURE(reading.shown);
    tally.add(function + " " + std::to_string(count[function]++), reading.valid == expected);
  }
}

TEST_CASE("cases of VictoriaMetrics") {
  const auto corpus = find_corpus("promtext-extracted");
  if (!corpus) return;
  Tally tally("promtext-extracted/victoriametrics", 235, exposition_differences::victoriametrics);
  std::map<std::string, std::size_t> count;
  for (const json& test : json::parse(read_file(*corpus / "victoriametrics.json"))) {
    const std::string function = test.at("Func");
    const std::string page = text_of(test.at("Input"));
    const Reading reading = read_page(page, Exposition::text_0_0_4);
    bool agrees = true;  // inputs of its helper functions: without a verdict, but read
    if (function == "TestRowsUnmarshalSuccess" || function == "TestUnmarshalWithMetadata") agrees = reading.valid;
    if (function == "TestRowsUnmarshalFailure") agrees = reading.records == 0;
    if (function.starts_with("TestParseMetadataLine")) {
      // Known as metadata where a sample of that name, the third word, has a family.
      std::istringstream words(page);
      std::string name;
      words >> name >> name >> name;
      const std::string samples = "\n" + name + " 1\n" + name + "_bucket 1\n";
      const bool is_metadata = read_page(page + samples, Exposition::text_0_0_4).with_family != 0;
      const bool blank_or_comment = page.find("HELP") == std::string::npos && page.find("TYPE") == std::string::npos;
      agrees = is_metadata == (function.ends_with("Success") && !blank_or_comment);
    }
    CAPTURE(page);
    CAPTURE(reading.shown);
    tally.add(function + " " + std::to_string(count[function]++), agrees);
  }
}

TEST_CASE("pages of Prometheus' own tests are read completely") {
  const auto corpus = find_corpus("prometheus-textparse");
  if (!corpus) return;
  Tally tally("prometheus-textparse", 4, none);
  for (const fs::path& file : files_below(*corpus)) {
    const std::string name = file.filename();
    if (!name.ends_with(".txt")) continue;
    const bool open = name.ends_with(".om.txt");
    tally.add(name, reads_completely(read_file(file), open ? Exposition::openmetrics_1_0 : Exposition::text_0_0_4));
  }
}

TEST_CASE("the fuzz corpus of Prometheus' common library") {
  const auto corpus = find_corpus("prometheus-expfmt");
  if (!corpus) return;
  Tally tally("prometheus-expfmt", 27, exposition_differences::expfmt);
  for (const fs::path& file : files_below(*corpus / "corpus")) {
    const std::string name = file.filename();
    const bool valid = read_page(read_file(file), Exposition::text_0_0_4).valid;
    tally.add(name, valid == !name.starts_with("from_test_parse_error"));
  }
  tally.add("testdata/text", reads_completely(read_file(*corpus / "testdata/text"), Exposition::text_0_0_4));
}

TEST_CASE("captured pages are read completely, each as its content type says") {
  const auto corpus = find_corpus("captured-scrapes");
  if (!corpus) return;
  Tally tally("captured-scrapes", 5, none);
  for (const fs::path& file : files_below(*corpus)) {
    const std::string name = file.filename();
    if (!name.ends_with(".text.txt")) continue;
    const std::string headers = read_file(*corpus / (name.substr(0, name.size() - 4) + ".headers"));
    constexpr std::string_view key = "Content-Type: ";
    const std::size_t start = headers.find(key) + key.size();
    const auto format = exposition_format(headers.substr(start, headers.find_first_of("\r\n", start) - start));
    REQUIRE(format == Exposition::text_0_0_4);
    tally.add(name, reads_completely(read_file(file), *format));
  }
}

TEST_CASE("pages of node_exporter's own tests are read completely") {
  const auto corpus = find_corpus("node-exporter-e2e");
  if (!corpus) return;
  Tally tally("node-exporter-e2e", 18, none);
  for (const fs::path& file : files_below(*corpus)) {
    if (file.filename() == "e2e-output.txt") CHECK(read_page(read_file(file), Exposition::text_0_0_4).records == 3027);
    if (file.filename() == "e2e-output.txt" || file.extension() == ".prom") {
      tally.add(file.filename(), reads_completely(read_file(file), Exposition::text_0_0_4));
    }
  }
}

namespace {

double number_of(const FieldValue& value) {
  if (const auto* const number = std::get_if<double>(&value)) return *number;
  if (const auto* const number = std::get_if<std::int64_t>(&value)) return static_cast<double>(*number);
  if (const auto* const number = std::get_if<std::uint64_t>(&value)) return static_cast<double>(*number);
  if (const auto* const flag = std::get_if<bool>(&value)) return *flag ? 1 : 0;
  return std::numeric_limits<double>::quiet_NaN();
}

/// What Telegraf makes of a page (metric_version 2): name and value of each field, in order of names. `# TYPE`s change
/// names: a counter loses "_total", a state set gets the state as an ending.
std::string telegraf_values(const std::string& lines) {
  std::vector<std::string> values;
  LineDecoder decoder;
  decoder.reset(lines);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    REQUIRE(step == Step::record);
    const auto time = decoder.line().timestamp;
    for (const Field& field : decoder.line().fields) {
      values.push_back(std::string(field.key) + " " + show_number(number_of(field.value)) +
                       (time ? " " + std::to_string(*time) : "") + "\n");
    }
  }
  std::ranges::sort(values);
  std::string out;
  for (const std::string& value : values) out += value;
  return out;
}

std::string our_values(const std::string& page, Exposition format, bool with_time) {
  std::vector<std::string> values;
  ExpositionDecoder decoder(format);
  decoder.reset();
  decoder.feed(page, true);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::error) continue;
    const ExpositionSample& sample = decoder.sample();
    std::string name(sample.name);
    const MetricType type = sample.family != nullptr ? sample.family->type : MetricType::unknown;
    if (format == Exposition::openmetrics_1_0 && type == MetricType::counter) name = sample.family->name;
    if (type == MetricType::state_set) {
      name += "_" + std::string(std::ranges::find(sample.labels, sample.name, &Label::name)->value);
      std::ranges::replace(name, ' ', '_');
    }
    const bool timed = with_time && sample.time.nanoseconds;
    values.push_back(name + " " + show_number(sample.value) +
                     (timed ? " " + std::to_string(*sample.time.nanoseconds) : "") + "\n");
  }
  std::ranges::sort(values);
  std::string out;
  for (const std::string& value : values) out += value;
  return out;
}

}  // namespace

TEST_CASE("cases of Telegraf's parsers give its names and values") {
  const auto corpus = find_corpus("telegraf-parsers");
  if (!corpus) return;
  for (const bool open : {false, true}) {
    const std::string folder = open ? "openmetrics" : "prometheus";
    Tally tally("telegraf-parsers/" + folder, open ? 10 : 8,
                open ? exposition_differences::telegraf_openmetrics : none);
    std::size_t binary = 0;
    for (const auto& entry : fs::directory_iterator(*corpus / folder)) {
      const fs::path input = entry.path() / "input.txt";
      if (!fs::exists(input)) {
        ++binary;
        continue;
      }
      const std::string page = read_file(input);
      const std::string want = telegraf_values(read_file(entry.path() / "expected_v2.out"));
      // Telegraf's test of OpenMetrics leaves times out.
      const std::string got = our_values(page, open ? Exposition::openmetrics_1_0 : Exposition::text_0_0_4, !open);
      CAPTURE(want);
      CAPTURE(got);
      tally.add(entry.path().filename(), got == want);
    }
    std::printf("telegraf-parsers/%s: %zu more are protobuf\n", folder.c_str(), binary);
  }
}
