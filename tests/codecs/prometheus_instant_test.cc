#include "codecs/prometheus_instant.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/codecs/prometheus_json_show.h"

using namespace codecs;

namespace {

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
std::string dump(InstantDecoder& decoder, std::string_view body) {
  std::string out;
  const auto answer = decoder.decode(body, [&](const QuerySample& sample) { out += show_sample(sample); });
  if (!answer) return out + std::string(name(answer.error().kind)) + ": " + answer.error().text + "\n";
  for (const std::string& warning : answer->warnings) out += "warning: " + warning + "\n";
  return out;
}

std::string dump(std::string_view body) {
  InstantDecoder decoder;
  return dump(decoder, body);
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

TEST_CASE("a native histogram is a sample without a value") {
  CHECK(dump(vector_of(
            R"({"metric":{"a":"b"},"histogram":[1.5,{"count":"24","sum":"12.5","buckets":[[1,"-1","-0.9","3"]]}]},)"
            R"({"metric":{"a":"c"},"value":[1.5,"7"]})")) ==
        "{a=b} histogram count=24 sum=12.5 [-1,-0.9)=3 @1500\n{a=c} 7 '7' @1500\n");
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
  CHECK(error == "api_error: x: " + std::string(1024, 'e') + "…\n");
}

TEST_CASE("an answer of another type is refused by name") {
  const auto check = [](const std::string& type, std::string_view want) {
    CHECK(dump(R"({"status":"success","data":{"resultType":")" + type + R"(","result":[1,"a"]}})") == want);
  };
  check("matrix", "wrong_result: the query gives a matrix, an instant vector or scalar is needed\n");
  check("string", "wrong_result: the query gives a string, an instant vector or scalar is needed\n");
  check("streams", "wrong_shape: unknown 'resultType' at 1:70: 'streams'\n");
}

TEST_CASE("a body that is no JSON is described") {
  const auto check = [](const std::string& in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == "not_json: " + std::string(want) + "\n");
  };
  check("", "empty body");
  check(" \r\n", "empty body at 2:1");
  check("\n<!DOCTYPE html>\n<html><body>502</body></html>", "HTML instead of JSON at 2:1");
  check("<html>", "HTML instead of JSON");
  check("404 page not found\n", "text instead of JSON: '404 page not found'");
  check("upstream connect error" + std::string(200, '!'),
        "text instead of JSON: 'upstream connect error" + std::string(38, '!') + "'");
  check("\x1f\x8b\x08 compressed", "gzip instead of JSON");
  check("\x01\x02", "binary data instead of JSON");
  check("{\"status\":\"succ\xff\"}", "invalid UTF-8 at 1:16");
  check("{", "truncated JSON at 1:2");
  check("{\"a\":\"}", "truncated JSON at 1:8");
  check("{\"a\":\"\\\"}", "truncated JSON at 1:10");
  check("{\n\"status\":success}", "a value expected at 2:10");
  check(vector_of("") + "x", "something stands behind the answer at 1:64");
}

TEST_CASE("a truncated body gives no sample, wherever it was cut") {
  const std::string body =
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"1"]},)"
      R"({"metric":{"a":"]}}"},"value":[1,"2"]}]},"warnings":["w"]})";
  InstantDecoder decoder;
  for (std::size_t size = 1; size < body.size(); ++size) {
    CAPTURE(body.substr(0, size));
    CHECK(dump(decoder, body.substr(0, size)) == "not_json: truncated JSON at 1:" + std::to_string(size + 1) + "\n");
  }
  CHECK(dump(decoder, body) == "{a=b} 1 '1' @1000\n{a=]}}} 2 '2' @1000\nwarning: w\n");
}

TEST_CASE("JSON of another shape is refused with the place where it differs") {
  const auto check = [](const std::string& in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == "wrong_shape: " + std::string(want) + "\n");
  };
  check("[]", "the answer is no object at 1:3");
  check("{}", "no 'status' at 1:3");
  check(R"({"status":"success","data":[]})", "'data' is no object at 1:31");
  check(vector_of("\n{\"metric\":{},\n\"value\":[0,\"x\"]}"),
        "a value that is no number at 3:12: '{\"metric\":{},\n\"value\":[0,\"x\"]}'");
  check(
      vector_of(R"({"metric":{},"value":[0,"1",")" + std::string(300, 'x') + "\"]}"),
      R"(a point that is not [time, "value"] at 1:89: '{"metric":{},"value":[0,"1",")" + std::string(171, 'x') + "…'");
  check(scalar_of(R"({"a":1})"), "'result' is no array at 1:69");
}

TEST_CASE("an answer with an error anywhere hands over nothing") {
  const std::string good = R"({"metric":{},"value":[0,"1"]})";
  CHECK(dump(vector_of(good + "," + good)) == "{} 1 '1' @0\n{} 1 '1' @0\n");
  CHECK(dump(vector_of(good + R"(,{"metric":{}},)" + good)) ==
        "wrong_shape: an element without 'value' or 'histogram' at 1:104: '{\"metric\":{}}'\n");
  CHECK(dump(R"({"data":{"resultType":"vector","result":[)" + good + R"(]},"status":"error","error":"late"})") ==
        "api_error: no errorType: late\n");
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
  CHECK(decoder.decode(body, [](const QuerySample&) {})->samples == 20'000);
}
