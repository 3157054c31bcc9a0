#include "codecs/prometheus_json.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "codecs/line_protocol.h"
#include "tests/codecs/corpora.h"

using namespace codecs;

namespace {

std::string show(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::string out;
  append_float(out, value);
  return out;
}

std::string show(const InstantSample& sample) {
  std::string out = "{";
  for (const Label& label : sample.labels) {
    if (out.size() > 1) out += ",";
    out += std::string(label.name) + "=" + std::string(label.value);
  }
  out += "} " + (sample.histogram ? "histogram" : show(sample.value) + " '" + std::string(sample.value_text) + "'");
  return out + " @" + std::to_string(sample.time_ms) + (sample.labels_cut ? " labels_cut" : "");
}

std::string_view name(QueryError::Kind kind) {
  switch (kind) {
    case QueryError::Kind::not_json:
      return "not_json";
    case QueryError::Kind::api_error:
      return "api_error";
    case QueryError::Kind::wrong_shape:
      return "wrong_shape";
    case QueryError::Kind::wrong_result:
      return "wrong_result";
  }
  return "";
}

/// One line a sample, then one a warning, or the error after the samples before it.
std::string dump(InstantDecoder& decoder, std::string body) {
  std::string out;
  const auto answer = decoder.decode(body, [&](const InstantSample& sample) { out += show(sample) + "\n"; });
  if (!answer) return out + std::string(name(answer.error().kind)) + ": " + answer.error().text + "\n";
  for (const std::string& warning : answer->warnings) out += "warning: " + warning + "\n";
  return out;
}

std::string dump(std::string body) {
  InstantDecoder decoder;
  return dump(decoder, std::move(body));
}

std::string vector_of(const std::string& elements) {
  return R"({"status":"success","data":{"resultType":"vector","result":[)" + elements + "]}}";
}

std::string scalar_of(const std::string& point) {
  return R"({"status":"success","data":{"resultType":"scalar","result":)" + point + "}}";
}

}  // namespace

TEST_CASE("vectors and scalars give their samples in order") {
  const auto check = [](const std::string& in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check(vector_of(""), "");
  check(vector_of(R"({"metric":{"__name__":"up","instance":"n1:9100"},"value":[1700000000,"1"]},
                     {"metric":{},"value":[1700000000.5,"0.25"]})"),
        "{__name__=up,instance=n1:9100} 1 '1' @1700000000000\n{} 0.25 '0.25' @1700000000500\n");
  check(scalar_of(R"([1700000000,"1000"])"), "{} 1000 '1000' @1700000000000\n");
  check(" \n" + vector_of("") + "\n", "");
}

TEST_CASE("keys come in any order, unknown ones are passed over, the first of doubled ones counts") {
  const std::string sample = R"({"value":[5,"1"],"x":[1,{"y":null}],"metric":{"a":"b"}})";
  const auto check = [](const std::string& in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check(R"({"data":{"result":[)" + sample + R"(],"resultType":"vector"},"trace":{},"status":"success"})",
        "{a=b} 1 '1' @5000\n");
  check(R"({"stats":{"t":3.75e-07},"status":"success","data":{"stats":[1,[2]],"resultType":"vector","result":[)" +
            sample + R"(],"result":7},"status":"error"})",
        "{a=b} 1 '1' @5000\n");
  check(vector_of(R"({"metric":{"a":"b"},"value":[5,"1"],"histogram":[5,{}]})"), "{a=b} 1 '1' @5000\n");
}

TEST_CASE("values are read exactly from their text") {
  const auto check = [](const std::string& text, std::string_view want) {
    CAPTURE(text);
    CHECK(dump(scalar_of("[0,\"" + text + "\"]")) == std::string(want) + " @0\n");
  };
  check("NaN", "{} NaN 'NaN'");
  check("+Inf", "{} +Inf '+Inf'");
  check("Inf", "{} +Inf 'Inf'");
  check("-Inf", "{} -Inf '-Inf'");
  check("-0", "{} -0 '-0'");
  check("5e-324", "{} 5e-324 '5e-324'");
  check("1.7976931348623157e+308", "{} 1.7976931348623157e+308 '1.7976931348623157e+308'");
  check("9007199254740993", "{} 9007199254740992 '9007199254740993'");
  const std::string big = "1797693134862315" + std::string(293, '0');
  check(big, "{} 1.797693134862315e+308 '" + big + "'");
  const auto refused = [](const std::string& text) {
    CAPTURE(text);
    CHECK(dump(scalar_of("[0,\"" + text + "\"]")) ==
          "wrong_shape: 'result' holds '" + text + "', which is no number\n");
  };
  for (const char* const text :
       {"", "abc", "nan", "inf", "infinity", "1_0", "0x10", "+1", " 1", "1 ", "1e999", "null"}) {
    refused(text);
  }
}

TEST_CASE("times are rounded to milliseconds") {
  const auto check = [](const std::string& time, std::string_view want) {
    CAPTURE(time);
    CHECK(dump(scalar_of("[" + time + R"(,"1"])")) == "{} 1 '1' @" + std::string(want) + "\n");
  };
  check("1795288742.123", "1795288742123");
  check("1795288738.023", "1795288738023");
  check("1795288738.0236", "1795288738024");
  check("1.7952887e9", "1795288700000");
  check("0.0005", "1");
  check("-1.5", "-1500");
  check("-0", "0");
}

TEST_CASE("labels lose their JSON escapes") {
  CHECK(dump(vector_of(
            R"({"metric":{"a":"GPU-\"q\"\\x\ny\t\/","\u00b5":"\ud83d\ude00 \u00b5 日本"},"value":[0,"1"]})")) ==
        "{a=GPU-\"q\"\\x\ny\t/,µ=😀 µ 日本} 1 '1' @0\n");
}

TEST_CASE("a native histogram is a sample without a value") {
  CHECK(dump(vector_of(
            R"({"metric":{"a":"b"},"histogram":[1.5,{"count":"24","sum":"12.5","buckets":[[1,"-1","-0.9","3"]]}]},)"
            R"({"metric":{"a":"c"},"value":[1.5,"7"]})")) == "{a=b} histogram @1500\n{a=c} 7 '7' @1500\n");
}

TEST_CASE("what the API says about a query that failed is handed on") {
  const auto check = [](const std::string& in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check(R"({"status":"error","errorType":"bad_data","error":"1:5: parse error: unclosed left parenthesis"})",
        "api_error: bad_data: 1:5: parse error: unclosed left parenthesis\n");
  check(R"({"status":"error","error":"boom"})", "api_error: no errorType: boom\n");
  check(
      R"({"status":"error","errorType":"422","data":{"resultType":"vector","result":[{"metric":{},"value":[0,"1"]}]}})",
      "api_error: 422: no error\n");
  const std::string error = dump(R"({"status":"error","errorType":"x","error":")" + std::string(5000, 'e') + "\"}");
  CHECK(error == "api_error: x: " + std::string(1021, 'e') + "…\n");
}

TEST_CASE("an answer of another type is refused by name") {
  const auto check = [](const std::string& type, std::string_view want) {
    CHECK(dump(R"({"status":"success","data":{"resultType":")" + type + R"(","result":[1,"a"]}})") == want);
  };
  check("matrix", "wrong_result: the query gives a matrix, an instant vector or scalar is needed\n");
  check("string", "wrong_result: the query gives a string, an instant vector or scalar is needed\n");
  check("streams", "wrong_shape: 'resultType' is 'streams'\n");
}

TEST_CASE("a body that is no JSON is described") {
  const auto check = [](const std::string& in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == "not_json: " + std::string(want) + "\n");
  };
  check("", "empty body");
  check(" \r\n", "empty body");
  check("\n<!DOCTYPE html>\n<html><body>502</body></html>", "HTML instead of JSON");
  check("<html>", "HTML instead of JSON");
  check("404 page not found\n", "text instead of JSON: '404 page not found'");
  check("upstream connect error" + std::string(200, '!'),
        "text instead of JSON: 'upstream connect error" + std::string(38, '!') + "'");
  check("\x1f\x8b\x08 compressed", "gzip instead of JSON");
  check("\x01\x02", "binary data instead of JSON");
  check("{\"status\":\"succ\xff\"}", "JSON with invalid UTF-8");
  check("{", "truncated JSON");
  check("{\"a\":\"}", "truncated JSON");
  check("{\"a\":\"\\\"}", "truncated JSON");
  check("{\"status\":success}", "broken JSON");
  check(vector_of("") + "x", "broken JSON");
}

TEST_CASE("a truncated body gives no sample, wherever it was cut") {
  const std::string body =
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"1"]},)"
      R"({"metric":{"a":"]}}"},"value":[1,"2"]}]},"warnings":["w"]})";
  InstantDecoder decoder;
  for (std::size_t size = 1; size < body.size(); ++size) {
    CAPTURE(body.substr(0, size));
    CHECK(dump(decoder, body.substr(0, size)) == "not_json: truncated JSON\n");
  }
  CHECK(dump(decoder, body) == "{a=b} 1 '1' @1000\n{a=]}}} 2 '2' @1000\nwarning: w\n");
}

TEST_CASE("JSON of another shape is refused with the place where it differs") {
  const auto check = [](const std::string& in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == "wrong_shape: " + std::string(want) + "\n");
  };
  check("[]", "the answer is no object");
  check("{}", "no 'status'");
  check(R"({"status":7})", "no 'status'");
  check(R"({"status":"ok"})", "'status' is 'ok'");
  check(R"({"status":"success"})", "no 'resultType'");
  check(R"({"status":"success","data":[]})", "no 'resultType'");
  check(R"({"status":"success","data":{"resultType":"vector"}})", "no 'result'");
  check(R"({"status":"success","data":{"resultType":"vector","result":{}}})", "'result' is no array");
  check(vector_of("7"), "result[0] is no object");
  check(vector_of(R"({"value":[0,"1"]})"), "result[0] has no 'metric'");
  check(vector_of(R"({"metric":[],"value":[0,"1"]})"), "result[0] has a 'metric' that is no object");
  check(vector_of(R"({"metric":{"a":1},"value":[0,"1"]})"), "result[0] has a label 'a' that is no string");
  check(vector_of(R"({"metric":{}})"), "result[0] has neither 'value' nor 'histogram'");
  check(vector_of(R"({"metric":{},"values":[[0,"1"]]})"), "result[0] has neither 'value' nor 'histogram'");
  check(vector_of(R"({"metric":{},"value":[0]})"), "result[0] has a 'value' that is not [time, \"value\"]");
  check(vector_of(R"({"metric":{},"value":[0,"1",2]})"), "result[0] has a 'value' that is not [time, \"value\"]");
  check(vector_of(R"({"metric":{},"value":[0,1]})"), "result[0] has a 'value' that is not [time, \"value\"]");
  check(vector_of(R"({"metric":{},"value":["0","1"]})"), "result[0] has a 'value' that is not [time, \"value\"]");
  check(vector_of(R"({"metric":{},"value":[1e300,"1"]})"), "result[0] has a 'value' that is not [time, \"value\"]");
  check(vector_of(R"({"metric":{},"value":[0,"x"]})"), "result[0] has a 'value' that holds 'x', which is no number");
  check(vector_of(R"({"metric":{},"histogram":[0,"1"]})"), "result[0] has a 'histogram' that is not [time, histogram]");
  check(scalar_of(R"({"a":1})"), "'result' is not [time, \"value\"]");
}

TEST_CASE("samples before a wrong element have been handed over") {
  CHECK(dump(vector_of(R"({"metric":{},"value":[0,"1"]},{"metric":{}})")) ==
        "{} 1 '1' @0\nwrong_shape: result[1] has neither 'value' nor 'histogram'\n");
}

TEST_CASE("labels, depth, warnings and texts are bounded") {
  const auto labels = [](int count) {
    std::string metric;
    for (int i = 0; i < count; ++i) metric += (i == 0 ? "\"l" : ",\"l") + std::to_string(i) + "\":\"x\"";
    return dump(vector_of(R"({"metric":{)" + metric + R"(},"value":[0,"1"]})"));
  };
  CHECK(labels(64).ends_with("l63=x} 1 '1' @0\n"));
  // It alone is unusable; what follows it is not lost.
  CHECK(labels(65).ends_with("l63=x} 1 '1' @0 labels_cut\n"));

  const auto depth = [](std::size_t levels) {
    return dump(R"({"status":"success","data":{"resultType":"vector","result":[]},"x":)" + std::string(levels, '[') +
                std::string(levels, ']') + "}");
  };
  CHECK(depth(30).empty());
  CHECK(depth(40) == "wrong_shape: nested deeper than 32 levels\n");

  std::string warnings;
  for (int i = 0; i < 25; ++i) warnings += (i == 0 ? "\"w" : ",\"w") + std::to_string(i) + "\"";
  std::string body =
      R"({"status":"success","data":{"resultType":"vector","result":[]},"infos":["i"],"warnings":[)" + warnings + "]}";
  InstantDecoder decoder;
  const auto answer = decoder.decode(body, [](const InstantSample&) {});
  REQUIRE(answer);
  CHECK(answer->warnings.size() == 20);
  CHECK(answer->warnings.back() == "w19");

  const std::string long_warning =
      dump(R"({"status":"success","data":{"resultType":"vector","result":[]},"warnings":[")" + std::string(1023, 'a') +
           "µµ\"]}");
  CHECK(long_warning == "warning: " + std::string(1023, 'a') + "…\n");
}

TEST_CASE("warnings, infos and a partial answer are told, the data stands") {
  const std::string data =
      R"("status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[0,"1"]}]})";
  const auto check = [&](const std::string& more, std::string_view want) {
    CAPTURE(more);
    CHECK(dump("{" + data + more + "}") == "{} 1 '1' @0\n" + std::string(want));
  };
  check(R"(,"warnings":["a store is away"],"infos":["metric might not be a counter"])",
        "warning: a store is away\nwarning: metric might not be a counter\n");
  check(R"(,"warnings":[7,"x",null])", "warning: x\n");
  check(R"(,"warnings":"x")", "");
  check(R"(,"isPartial":true)", "warning: isPartial: not every storage node answered\n");
  check(R"(,"isPartial":false)", "");
}

TEST_CASE("a decoder forgets the answer before") {
  InstantDecoder decoder;
  CHECK(dump(decoder, vector_of(R"({"metric":{"a":"b"},"value":[0,"1"]})")) == "{a=b} 1 '1' @0\n");
  CHECK(dump(decoder, "<html>") == "not_json: HTML instead of JSON\n");
  CHECK(dump(decoder, scalar_of(R"([0,"2"])")) == "{} 2 '2' @0\n");
  std::string large;
  for (int i = 0; i < 20'000; ++i)
    large += (i == 0 ? "" : ",") + std::string(R"({"metric":{"a":"b"},"value":[0,"1"]})");
  std::string body = vector_of(large);
  CHECK(decoder.decode(body, [](const InstantSample&) {})->samples == 20'000);
}

TEST_CASE("recorded answers of Prometheus and VictoriaMetrics decode as they say") {
  const auto corpus = find_corpus("captured-prometheus-api");
  if (!corpus) {
    std::puts("skipped: corpora not found");
    return;
  }
  std::size_t exchanges = 0;
  InstantDecoder decoder;
  for (const char* const server : {"prometheus-2.42", "victoriametrics-1.79.5"}) {
    for (const auto& exchange : nlohmann::json::parse(read_file(*corpus / server / "INDEX.json"))) {
      if (exchange.at("path") != "/api/v1/query") continue;
      ++exchanges;
      const std::string file = exchange.at("file");
      CAPTURE(server);
      CAPTURE(file);
      const std::string text = read_file(*corpus / server / file);
      const auto json = nlohmann::json::parse(text);
      std::string want;
      if (json.at("status") == "error") {
        want =
            "api_error: " + json.at("errorType").get<std::string>() + ": " + json.at("error").get<std::string>() + "\n";
      } else if (const std::string type = json.at("data").at("resultType"); type == "matrix" || type == "string") {
        want = "wrong_result: the query gives a " + type + ", an instant vector or scalar is needed\n";
      } else {
        const auto& result = json.at("data").at("result");
        const auto point = [](const nlohmann::json& pair) {
          const std::string value = pair.at(1);
          return show(std::strtod(value.c_str(), nullptr)) + " '" + value + "' @" +
                 std::to_string(std::llround(pair.at(0).get<double>() * 1000)) + "\n";
        };
        if (type == "scalar") want = "{} " + point(result);
        for (const auto& element : type == "vector" ? result : nlohmann::json::array()) {
          std::string labels;
          for (const auto& [key, value] : element.at("metric").items())
            labels += (labels.empty() ? "" : ",") + key + "=" + value.get<std::string>();
          want += "{" + labels + "} ";
          want += element.contains("value")
                      ? point(element.at("value"))
                      : "histogram @" +
                            std::to_string(std::llround(element.at("histogram").at(0).get<double>() * 1000)) + "\n";
        }
      }
      CHECK(dump(decoder, text) == want);
    }
  }
  std::printf("recorded instant queries: %zu\n", exchanges);
  CHECK(exchanges == 28);
}
