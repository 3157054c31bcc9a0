// Recorded answers of Prometheus and VictoriaMetrics, read by an independent JSON library too.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "codecs/prometheus_instant.h"
#include "tests/codecs/corpora.h"
#include "tests/codecs/prometheus_json_show.h"

using namespace codecs;
using Json = nlohmann::ordered_json;

namespace {

double number(const Json& text) { return std::strtod(text.get<std::string>().c_str(), nullptr); }

std::string time_of(const Json& pair) {
  return " @" + std::to_string(std::llround(pair.at(0).get<double>() * 1000)) + "\n";
}

std::string point_of(const Json& pair) {
  return show_query_number(number(pair.at(1))) + " '" + pair.at(1).get<std::string>() + "'" + time_of(pair);
}

std::string histogram_of(const Json& pair) {
  const Json& histogram = pair.at(1);
  std::string out = "histogram count=" + show_query_number(number(histogram.at("count"))) +
                    " sum=" + show_query_number(number(histogram.at("sum")));
  for (const Json& bucket : histogram.value("buckets", Json::array())) {
    const int bounds = bucket.at(0);
    out += bounds == 1 || bounds == 3 ? " [" : " (";
    out += show_query_number(number(bucket.at(1))) + "," + show_query_number(number(bucket.at(2)));
    out += bounds == 0 || bounds == 3 ? "]=" : ")=";
    out += show_query_number(number(bucket.at(3)));
  }
  return out + time_of(pair);
}

/// The samples of a `data`, one a line.
std::string samples_of(const Json& data, std::size_t& series, std::size_t& samples) {
  const std::string type = data.at("resultType");
  const Json& result = data.at("result");
  if (type == "scalar" || type == "string") {
    samples = 1;
    return type == "scalar" ? "{} " + point_of(result)
                            : "{} text '" + result.at(1).get<std::string>() + "'" + time_of(result);
  }
  std::string out;
  for (const Json& element : result) {
    ++series;
    std::string labels;
    for (const auto& [key, value] : element.at("metric").items())
      labels += (labels.empty() ? "" : ",") + key + "=" + value.get<std::string>();
    const auto add = [&](const std::string& line) {
      out += "{" + labels + "} " + line;
      ++samples;
    };
    if (element.contains("value")) add(point_of(element.at("value")));
    if (element.contains("histogram")) add(histogram_of(element.at("histogram")));
    for (const Json& point : element.value("values", Json::array())) add(point_of(point));
    for (const Json& point : element.value("histograms", Json::array())) add(histogram_of(point));
  }
  return out;
}

std::string refused_at_end(const std::string& body, std::string_view reason) {
  const bool newline = body.ends_with('\n');
  const std::string place = newline ? "2:1 " : "1:" + std::to_string(body.size() + 1) + " ";
  return place + std::string(reason) + "\n'success' '' 0 series, 0 samples, 1 refused\n";
}

/// What the decoder has to find in the body of `exchange`.
std::string expected(const Json& exchange, const std::string& body) {
  if (exchange.at("status") == 404 || !Json::accept(body)) {
    return "1:1 text instead of JSON '" + body.substr(0, std::min<std::size_t>(body.find('\n'), 60)) +
           "'\nincomplete 0 series, 0 samples, 1 refused\n";
  }
  const Json json = Json::parse(body);
  if (json.at("status") == "error") {
    CHECK(exchange.at("status") != 200);
    return "error '" + json.at("errorType").get<std::string>() + "': '" + json.at("error").get<std::string>() +
           "' 0 series, 0 samples\n";
  }
  CHECK(exchange.at("status") == 200);
  CHECK(json.at("status") == "success");
  // Other questions of the API than queries have other data; ours is said to be the wrong one.
  if (!json.contains("data")) return refused_at_end(body, "no 'data'");
  if (!json.at("data").is_object()) return refused_at_end(body, "'data' is no object");
  if (!json.at("data").contains("resultType")) return refused_at_end(body, "no 'resultType'");
  std::size_t series = 0;
  std::size_t samples = 0;
  const std::string shown = samples_of(json.at("data"), series, samples);
  return shown + "'success' '" + json.at("data").at("resultType").get<std::string>() + "' " + std::to_string(series) +
         " series, " + std::to_string(samples) + " samples\n";
}

}  // namespace

TEST_CASE("recorded answers of Prometheus and VictoriaMetrics decode as they say") {
  const auto corpus = find_corpus("captured-prometheus-api");
  if (!corpus) return;
  std::size_t exchanges = 0;
  std::size_t good = 0;
  for (const char* const server : {"prometheus-2.42", "victoriametrics-1.79.5"}) {
    for (const Json& exchange : Json::parse(read_file(*corpus / server / "INDEX.json"))) {
      if (exchange.at("file").is_null()) continue;  // one of 6 MB, whose body was not kept
      ++exchanges;
      const std::string file = exchange.at("file");
      CAPTURE(server);
      CAPTURE(file);
      const std::string body = read_file(*corpus / server / file);
      CHECK(body.size() == exchange.at("len").get<std::size_t>());
      const std::string want = expected(exchange, body);
      bool same = true;
      for (const Cpu cpu : cpus()) {
        QueryDecoder decoder(cpu);
        const std::string whole = show_whole(decoder, body);
        CHECK(whole == want);
        same = same && whole == want;
        for (std::size_t cut = 0; cut <= body.size(); ++cut) same = same && show_cut_at(decoder, body, cut) == want;
      }
      CHECK(same);
      good += same ? 1 : 0;
    }
  }
  std::printf("captured-prometheus-api: %zu of %zu, 0 deliberate differences\n", good, exchanges);
  CHECK(exchanges == 69);
  CHECK(good == exchanges);
}

TEST_CASE("recorded answers to instant queries are taken whole or refused by name") {
  const auto corpus = find_corpus("captured-prometheus-api");
  if (!corpus) return;
  InstantDecoder decoder;
  std::size_t exchanges = 0;
  for (const char* const server : {"prometheus-2.42", "victoriametrics-1.79.5"}) {
    for (const Json& exchange : Json::parse(read_file(*corpus / server / "INDEX.json"))) {
      if (exchange.at("path") != "/api/v1/query") continue;
      ++exchanges;
      const std::string file = exchange.at("file");
      CAPTURE(server);
      CAPTURE(file);
      const std::string body = read_file(*corpus / server / file);
      const Json json = Json::parse(body);
      std::string shown;
      const auto answer = decoder.decode(body, [&](const QuerySample& sample) { shown += show_sample(sample); });
      const std::string type = json.value("data", Json::object()).value("resultType", "");
      if (json.at("status") == "error") {
        REQUIRE(!answer);
        CHECK(answer.error().kind == QueryError::Kind::api_error);
        CHECK(answer.error().text ==
              json.at("errorType").get<std::string>() + ": " + json.at("error").get<std::string>());
      } else if (type == "matrix" || type == "string") {
        REQUIRE(!answer);
        CHECK(answer.error().kind == QueryError::Kind::wrong_result);
      } else {
        std::size_t series = 0;
        std::size_t samples = 0;
        REQUIRE(answer);
        CHECK(shown == samples_of(json.at("data"), series, samples));
        CHECK(answer->samples == samples);
      }
    }
  }
  CHECK(exchanges == 28);
}
