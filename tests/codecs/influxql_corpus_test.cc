// Answers of InfluxDB 1: those that its own server tests expect, those recorded from a real one, and those that the
// tests of the client node-influx hold.

#include <doctest/doctest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "codecs/csv.h"
#include "tests/codecs/corpora.h"
#include "tests/codecs/differences/influxql.h"
#include "tests/codecs/influxql_show.h"

using namespace codecs;
using nlohmann::json;

namespace {

std::string write_again(const std::string& body, bool document_per_result) {
  InfluxqlDecoder decoder(Precision::nanoseconds);
  InfluxqlWriter writer(document_per_result);
  decoder.reset();
  decoder.feed(body, true);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) writer.take(decoder, step);
  return writer.finish();
}

/// node-influx leaves the number of a statement out.
json with_statement_ids(json answer) {
  std::size_t number = 0;
  if (!answer.contains("results")) return answer;
  for (json& result : answer.at("results")) {
    if (!result.contains("statement_id")) result["statement_id"] = number;
    ++number;
  }
  return answer;
}

}  // namespace

TEST_CASE("the answers of InfluxDB's server tests are the same when written again") {
  const auto corpus = find_corpus("influxql-results");
  if (!corpus) return;
  const json cases = json::parse(read_file(*corpus / "influxdb-1.8.10-server-tests.json"));
  std::size_t agree = 0;
  std::size_t errors = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string body = cases[i].at("Expected");
    const std::string again = write_again(body, false);
    // The name of a subscriber, in a list of something else.
    const std::string want = body.starts_with('{') ? body : "(text instead of JSON)";
    CAPTURE(body);
    CAPTURE(i);
    CAPTURE(again);
    CHECK((again == want) != influxql_differences.contains(i));
    agree += again == want ? 1U : 0U;
    errors += again.find("\"error\":") != std::string::npos ? 1U : 0U;
  }
  std::printf("influxql-results: %zu of %zu, %zu deliberate differences; %zu with an error\n", agree, cases.size(),
              influxql_differences.size(), errors);
  CHECK(cases.size() == 812);
  CHECK(errors == 50);
}

TEST_CASE("the fixtures of node-influx are the same when written again") {
  const auto corpus = find_corpus("influxql-results");
  if (!corpus) return;
  std::size_t agree = 0;
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(*corpus / "node-influx-fixtures/v1.0.0")) {
    const std::string body = read_file(file.path());
    const std::string again = write_again(body, false);
    CAPTURE(body);
    CAPTURE(again);
    const bool same = json::parse(again) == with_statement_ids(json::parse(body));
    CHECK(same);
    agree += same ? 1 : 0;
    ++files;
  }
  std::printf("node-influx-fixtures: %zu of %zu, 0 deliberate differences\n", agree, files);
  CHECK(files == 11);
}

TEST_CASE("recorded answers of /query are the same when written again, those in CSV are read as such") {
  const auto corpus = find_corpus("captured-influxdb1");
  if (!corpus) return;
  std::size_t agree = 0;
  std::size_t exchanges = 0;
  for (const json& exchange : json::parse(read_file(*corpus / "influxdb-1.6.7/INDEX.json"))) {
    const std::string path = exchange.at("path");
    const json& headers = exchange.at("response_headers");
    const std::string type = headers.contains("Content-Type") ? headers.at("Content-Type") : "";
    if (!path.starts_with("/query") || type == "application/x-msgpack" || exchange.at("method") == "OPTIONS") continue;
    ++exchanges;
    const std::string body =
        exchange.at("file").is_null() ? "" : read_file(*corpus / "influxdb-1.6.7" / exchange.at("file"));
    CAPTURE(path);
    CAPTURE(body);
    bool same = true;
    if (type == "text/csv") {
      CsvDecoder decoder;
      decoder.reset();
      decoder.feed(body, true);
      std::size_t width = 0;
      for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
        if (width == 0) width = decoder.cells().size();
        const bool blank = decoder.text().empty();
        same = same && step == Step::record && (blank || decoder.cells().size() == width);
        if (blank) width = 0;
      }
    } else if (path.find("pretty") != std::string::npos) {
      same = json::parse(write_again(body, false)) == json::parse(body);
    } else {
      const bool chunked = path.find("chunked=true") != std::string::npos;
      const std::string again = write_again(body, chunked) + (chunked ? "" : "\n");
      CHECK(again == body);
      same = again == body;
    }
    CHECK(same);
    agree += same ? 1 : 0;
  }
  std::printf("captured-influxdb1: %zu of %zu, 0 deliberate differences\n", agree, exchanges);
  CHECK(exchanges == 48);
}
