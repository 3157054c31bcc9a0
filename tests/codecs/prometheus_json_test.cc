#include "codecs/prometheus_json.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/codecs/allocations.h"
#include "tests/codecs/prometheus_json_show.h"

using namespace codecs;

namespace {

std::string data_of(std::string_view type, const std::string& result) {
  return R"({"status":"success","data":{"resultType":")" + std::string(type) + R"(","result":)" + result + "}}";
}
std::string vector_of(const std::string& elements) { return data_of("vector", "[" + elements + "]"); }
std::string matrix_of(const std::string& elements) { return data_of("matrix", "[" + elements + "]"); }

std::string show(std::string_view body) {
  QueryDecoder decoder;
  return show_whole(decoder, body);
}

/// The same in both variants, whole, in pieces and cut anywhere.
void check(std::string_view body, std::string_view want) {
  for (const Cpu cpu : cpus()) {
    CAPTURE(static_cast<int>(cpu));
    CAPTURE(body);
    QueryDecoder decoder(cpu);
    const std::string whole = show_whole(decoder, body);
    CHECK(whole == want);
    for (const std::size_t piece : {1U, 7U, 100U}) CHECK(show_in_pieces(decoder, body, piece) == whole);
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      CAPTURE(cut);
      CHECK(show_cut_at(decoder, body, cut) == whole);
    }
  }
}

const std::string vector_of_one = "'success' 'vector' 1 series, 1 samples\n";
const std::string vector_of_none = "'success' 'vector' 0 series, 0 samples\n";

}  // namespace

TEST_CASE("every type of result gives its samples in order") {
  check(vector_of(""), vector_of_none);
  check(vector_of(R"({"metric":{"__name__":"up","instance":"n1:9100"},"value":[1700000000,"1"]},
                     {"metric":{},"value":[1700000000.5,"0.25"]})"),
        "{__name__=up,instance=n1:9100} 1 '1' @1700000000000\n{} 0.25 '0.25' @1700000000500\n"
        "'success' 'vector' 2 series, 2 samples\n");
  check(matrix_of(R"({"metric":{"a":"b"},"values":[[1,"10"],[2.5,"NaN"]]},{"metric":{},"values":[]},)"
                  R"({"metric":{"c":"d"},"values":[[3,"30"]],"histograms":[[4,{"count":"1","sum":"2"}]]})"),
        "{a=b} 10 '10' @1000\n{a=b} NaN 'NaN' @2500\n{c=d} 30 '30' @3000\n{c=d} histogram count=1 sum=2 @4000\n"
        "'success' 'matrix' 3 series, 4 samples\n");
  check(data_of("scalar", R"([1700000000,"1000"])"),
        "{} 1000 '1000' @1700000000000\n'success' 'scalar' 0 series, 1 samples\n");
  check(data_of("string", R"([5,"he said \"hi\" \n µ"])"),
        "{} text 'he said \"hi\" \n µ' @5000\n'success' 'string' 0 series, 1 samples\n");
}

TEST_CASE("the usual compact form takes the fast way, whatever stands around it") {
  const std::string usual =
      R"({"metric":{"__name__":"node_load1","instance":"f0201:9100","job":"node"},"value":[1700000000.123,"0.8241"]})";
  const std::string shown = "{__name__=node_load1,instance=f0201:9100,job=node} 0.8241 '0.8241' @1700000000123\n";
  check(vector_of(usual + "," + usual + "," + usual),
        shown + shown + shown + "'success' 'vector' 3 series, 3 samples\n");
  // One byte otherwise, and it is still the same element or no JSON.
  check(vector_of(usual + " ,\n" + usual + "\t," + usual),
        shown + shown + shown + "'success' 'vector' 3 series, 3 samples\n");
  check(vector_of(usual + usual), shown + "1:168 ',' or ']' expected\nincomplete 1 series, 1 samples, 1 refused\n");
  check(vector_of(usual + ",," + usual), shown + "1:169 a value expected\nincomplete 1 series, 1 samples, 1 refused\n");
  std::string odd = usual;
  odd.replace(odd.find("f0201"), 5, "µ\\u00b5");
  check(vector_of(usual + "," + odd + "," + usual),
        shown + "{__name__=node_load1,instance=µµ:9100,job=node} 0.8241 '0.8241' @1700000000123\n" + shown +
            "'success' 'vector' 3 series, 3 samples\n");
}

TEST_CASE("a fast way never takes what the careful one refuses") {
  // The same element, each of its bytes replaced by each of these: whatever stands before it (a blank keeps the fast
  // way from starting) must not matter.
  const std::string usual = R"({"metric":{"a":"node_load1","i":"f0201:9100"},"value":[1700000000.123,"0.8241"]})";
  const std::string tail = R"(,{"metric":{"a":"node_load1","i":"f0201:9100"},"value":[1700000000.123,"0.8241"]})";
  const auto samples = [](QueryDecoder& decoder, const std::string& body) {
    std::string out = show_whole(decoder, body);
    // The blank moves errors by one.
    for (std::size_t at = 0; (at = out.find("1:", at)) != std::string::npos; at += 2) {
      std::size_t end = at + 2;
      while (end < out.size() && out[end] >= '0' && out[end] <= '9') ++end;
      if (at == 0 || out[at - 1] == '\n') out.replace(at, end - at, "1:");
    }
    return out;
  };
  for (const Cpu cpu : cpus()) {
    QueryDecoder decoder(cpu);
    for (std::size_t at = 0; at < usual.size(); ++at) {
      for (const char byte : std::string_view("\0\x1f\" \\,:[]{}0.e-x\x7f\x80\xc3", 20)) {
        std::string changed = usual;
        changed[at] = byte;
        CAPTURE(changed);
        CHECK(samples(decoder, vector_of(changed + tail)) == samples(decoder, vector_of(" " + changed + tail)));
      }
    }
  }
}

TEST_CASE("keys come in any order, unknown ones are passed over, the first of doubled ones counts") {
  const std::string sample = R"({"value":[5,"1"],"x":[1,{"y":null}],"metric":{"a":"b"}})";
  check(R"({"data":{"result":[)" + sample + R"(],"resultType":"vector"},"trace":{},"status":"success"})",
        "{a=b} 1 '1' @5000\n" + vector_of_one);
  check(R"({"stats":{"t":3.75e-07},"status":"success","data":{"stats":[1,[2]],"resultType":"vector","result":[)" +
            sample + R"(],"result":7,"resultType":"matrix"},"status":"error","data":3})",
        "{a=b} 1 '1' @5000\n" + vector_of_one);
  check(R"({"st\u0061tus":"success","data":{"result":[1,"2"],"resultType":"scalar"}})",
        "{} 2 '2' @1000\n'success' 'scalar' 0 series, 1 samples\n");
  check(R"({"status":"success","data":{"result":[1,"\u0032x"],"x":"\n","resultType":"string"}})",
        "{} text '2x' @1000\n'success' 'string' 0 series, 1 samples\n");
  check(R"({"status":"success","data":{"result":[],"resultType":"matrix"}})",
        "'success' 'matrix' 0 series, 0 samples\n");
  check(vector_of(R"({"metric":{"a":"b"},"value":[5,"1"],"histogram":[5,{}],"value":1,"metric":2})"),
        "{a=b} 1 '1' @5000\n" + vector_of_one);
  check(vector_of(R"({"histogram":[5,{"count":"1","sum":"2"}],"values":0,"metric":{"a":"b"}})"),
        "{a=b} histogram count=1 sum=2 @5000\n" + vector_of_one);
}

TEST_CASE("points before their metric wait for it") {
  check(matrix_of(R"({"x":{},"values":[[1,"1"],[2,"2"]],"y":"]}","metric":{"a":"\u0062"},"histograms":[],"z":[]},)"
                  R"({"metric":{},"value":0,"values":[[3,"3"]],"values":[[4,"4"]],"metric":7})"),
        "{a=b} 1 '1' @1000\n{a=b} 2 '2' @2000\n{} 3 '3' @3000\n'success' 'matrix' 2 series, 3 samples\n");
  check(R"({"data":{"result":[{"values":[[1,"1"]],"metric":{"a":"b"}}],"resultType":"matrix"},"status":"success"})",
        "{a=b} 1 '1' @1000\n'success' 'matrix' 1 series, 1 samples\n");
  check(matrix_of(R"({"values":[[1,"1"]]})"),
        "1:81 an element without 'metric' '{\"values\":[[1,\"1\"]]}'\n"
        "'success' 'matrix' 0 series, 0 samples, 1 refused\n");
}

TEST_CASE("values are read exactly from their text") {
  const auto value = [](const std::string& text) { return show(data_of("scalar", "[0,\"" + text + "\"]")); };
  const auto read = [&](const std::string& text, std::string_view want) {
    CAPTURE(text);
    const std::string line = std::string(want) + " '" + text + "' @";
    CHECK(value(text) == "{} " + line + "0\n'success' 'scalar' 0 series, 1 samples\n");
    // By the fast ways too.
    const std::string point = "[1700000000,\"" + text + "\"]";
    CHECK(show(vector_of(R"({"metric":{},"value":)" + point + "}")) ==
          "{} " + line + "1700000000000\n" + vector_of_one);
    CHECK(show(matrix_of(R"({"metric":{},"values":[)" + point + "]}")) ==
          "{} " + line + "1700000000000\n'success' 'matrix' 1 series, 1 samples\n");
  };
  read("NaN", "NaN");
  read("+Inf", "+Inf");
  read("Inf", "+Inf");
  read("-Inf", "-Inf");
  read("-0", "-0");
  read("5e-324", "5e-324");
  read("1.7976931348623157e+308", "1.7976931348623157e+308");
  read("9007199254740993", "9007199254740992");
  read("1797693134862315" + std::string(293, '0'), "1.797693134862315e+308");
  for (const char* const text :
       {"", "abc", "nan", "inf", "infinity", "1_0", "0x10", "+1", " 1", "1 ", "1e999", "null"}) {
    CAPTURE(text);
    CHECK(value(text).starts_with("1:63 a value that is no number '[0,\"" + std::string(text) + "\"]'\n"));
  }
}

TEST_CASE("times are rounded to milliseconds from their decimal text") {
  const auto time = [](const std::string& text) {
    QueryDecoder decoder;
    const std::string scalar = show_whole(decoder, data_of("scalar", "[" + text + R"(,"1"])"));
    // The fast way, behind a point that is not near the end.
    const std::string point = "[" + text + R"(,"1"])";
    const std::string matrix =
        show_whole(decoder, matrix_of(R"({"metric":{},"values":[)" + point + "," + point + "]}"));
    const std::string line = scalar.substr(0, scalar.find('\n') + 1);
    if (scalar.starts_with("{"))
      CHECK(matrix.starts_with(line + line));
    else
      CHECK(!matrix.starts_with("{"));
    return line;
  };
  const auto read = [&](const std::string& text, std::string_view want) {
    CAPTURE(text);
    CHECK(time(text) == "{} 1 '1' @" + std::string(want) + "\n");
  };
  read("1795288742.123", "1795288742123");
  read("1795288738.023", "1795288738023");
  read("1795288738.02", "1795288738020");
  read("1795288738.9", "1795288738900");
  read("1795288738.0236", "1795288738024");
  read("1795288738.0234999999999999999999999999", "1795288738023");
  read("1795288738.0235", "1795288738024");
  read("1.7952887e9", "1795288700000");
  read("17952887000000000000e-10", "1795288700000");
  read("0.0005", "1");
  read("0.00049999", "0");
  read("0.00005", "0");
  read("5E-4", "1");
  read("-1.5", "-1500");
  read("-0.0005", "-1");
  read("-0", "0");
  read("0", "0");
  read("0e99999999999999999999", "0");
  read("1e-99999999999999999999", "0");
  read("9223372036.854", "9223372036854");
  read("-9223372036.854", "-9223372036854");
  for (const char* const text : {"9223372036.855", "9999999999.999", "10000000000", "-9223372036.855", "1e13",
                                 "1e99999999999999999999", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK(time(text) == "1:61 a time that is out of range '[" + std::string(text) +
                            R"(,"1"]')"
                            "\n");
  }
  for (const char* const text : {"01", "1.", ".5", "+1", "1e", "-", "0x1", "1e+", "NaN"}) {
    CAPTURE(text);
    CHECK(!time(text).starts_with("{"));
  }
}

TEST_CASE("labels lose their JSON escapes") {
  check(vector_of(R"({"metric":{"a":"GPU-\"q\"\\x\ny\t\/\b\f\r","\u00b5":"\ud83d\ude00 \uD834\udd1e \u65e5本 \u0000"},)"
                  R"("value":[0,"1"]})"),
        "{a=GPU-\"q\"\\x\ny\t/\b\f\r,µ=😀 𝄞 日本 " + std::string(1, '\0') + "} 1 '1' @0\n" + vector_of_one);
}

TEST_CASE("native histograms give count, sum and buckets") {
  const auto histogram = [](const std::string& text) {
    return vector_of(R"({"metric":{},"histogram":[1.5,)" + text + "]}");
  };
  check(
      histogram(
          R"({"count":"24","sum":"12.5","buckets":[[1,"-1","-0.9","3"],[3,"-2e-39","2e-39","1"],[0,"0.5","+Inf","2"],[2,"0","1","0.5"]]})"),
      "{} histogram count=24 sum=12.5 [-1,-0.9)=3 [-2e-39,2e-39]=1 (0.5,+Inf]=2 (0,1)=0.5 @1500\n" + vector_of_one);
  check(histogram(R"({"x":[],"buckets":[],"sum":"NaN","count":"1","count":2})"),
        "{} histogram count=1 sum=NaN @1500\n" + vector_of_one);
  const auto refused = [&](const std::string& text, std::string_view want) {
    CAPTURE(text);
    const std::string shown = show(histogram(text));
    CAPTURE(shown);
    CHECK(shown.find(want) != std::string::npos);
  };
  refused("7", "1:91 a histogram that is not [time, {count, sum, buckets}] ");
  refused("{},1", "1:93 a histogram without count or sum ");
  refused(R"({"count":"1","sum":"1"},1)", "1:115 a histogram that is not [time, {count, sum, buckets}] ");
  refused(R"({"count":"1"})", "a histogram without count or sum ");
  refused(R"({"count":1,"sum":"1"})", "a histogram with a count that is no number ");
  refused(R"({"count":"1","sum":"x"})", "a histogram with a sum that is no number ");
  refused(R"({"count":"1","sum":"1","buckets":{}})", "a histogram with buckets that are no array ");
  for (const char* const bucket :
       {"1", "[]", R"([4,"1","2","3"])", R"([10,"1","2","3"])", R"([-1,"1","2","3"])", R"(["0","1","2","3"])",
        R"([0,1,"2","3"])", R"([0,"1","2"])", R"([0,"1","2","x"])", R"([0,"1","2","3","4"])"}) {
    refused(R"({"count":"1","sum":"1","buckets":[)" + std::string(bucket) + "]}",
            "a bucket that is not [0 to 3, \"low\", \"high\", \"count\"] ");
  }
}

TEST_CASE("a wrong element or point is told and passed over, its neighbours stay") {
  const std::string good = R"({"metric":{},"value":[1,"1"]})";
  const auto element = [&](const std::string& bad, std::string_view want) {
    check(vector_of(good + "," + bad + "," + good),
          "{} 1 '1' @1000\n1:" + std::string(want) + " '" + bad +
              "'\n{} 1 '1' @1000\n'success' 'vector' 2 series, 2 samples, 1 refused\n");
  };
  element("7", "91 an element that is no object");
  element("[]", "91 an element that is no object");
  element(R"({"value":[0,"1"]})", "108 an element without 'metric'");
  element(R"({"metric":[],"value":[0,"1"]})", "101 a 'metric' that is no object");
  element(R"({"metric":{"a":1},"value":[0,"1"]})", "106 a label that is no string");
  element(R"({"metric":{}})", "104 an element without 'value' or 'histogram'");
  element(R"({"metric":{},"values":[[0,"1"]]})", "123 an element without 'value' or 'histogram'");
  const std::string_view no_point = "a point that is not [time, \"value\"]";
  element(R"({"metric":{},"value":{}})", "112 " + std::string(no_point));
  element(R"({"metric":{},"value":[]})", "114 " + std::string(no_point));
  element(R"({"metric":{},"value":[0]})", "115 " + std::string(no_point));
  element(R"({"metric":{},"value":[0,"1",2]})", "119 " + std::string(no_point));
  element(R"({"metric":{},"value":[0,1]})", "115 " + std::string(no_point));
  element(R"({"metric":{},"value":["0","1"]})", "113 " + std::string(no_point));
  element(R"({"metric":{},"value":[1e300,"1"]})", "113 a time that is out of range");
  element(R"({"metric":{},"value":[0,"x"]})", "115 a value that is no number");

  check(
      matrix_of(
          R"({"metric":{"a":"b"},"values":[[1,"1"],7,[2,"x"],[3,"3"]],"histograms":[[4,{}],8]},{"metric":{}},)"
          R"({"metric":{},"values":{}},{"metric":{},"values":[],"histograms":7},{"metric":{},"values":[[5,"5"]]})"),
      "{a=b} 1 '1' @1000\n1:99 a point that is not [time, \"value\"] '7'\n1:104 a value that is no number '[2,\"x\"]'\n"
      "{a=b} 3 '3' @3000\n1:137 a histogram without count or sum '[4,{}]'\n"
      "1:139 a histogram that is not [time, {count, sum, buckets}] '8'\n"
      "1:156 an element without 'values' or 'histograms' '{\"metric\":{}}'\n"
      "1:179 an element whose points are no array '{\"metric\":{},\"values\":{}}'\n"
      "1:221 points that are no array '7'\n{} 5 '5' @5000\n'success' 'matrix' 3 series, 3 samples, 7 refused\n");
}

TEST_CASE("an answer of another shape is told at its end") {
  const auto told = [](const std::string& body, std::string_view want) {
    const std::string shown = show(body);
    CAPTURE(body);
    CAPTURE(shown);
    CHECK(shown.starts_with("1:" + std::to_string(body.size() + 1) + " " + std::string(want) + "\n"));
    CHECK(shown.find("incomplete") == std::string::npos);
    check(body, shown);
  };
  told("[]", "the answer is no object");
  told(R"([{"status":[1,2,{}]}, true])", "the answer is no object");
  told("{}", "no 'status'");
  told(R"({"status":7})", "no 'status'");
  told(R"({"status":"ok"})", "unknown 'status' 'ok'");
  told(R"({"status":"success"})", "no 'data'");
  told(R"({"status":"success","data":[]})", "'data' is no object");
  told(R"({"status":"success","data":{}})", "no 'resultType'");
  told(R"({"status":"success","data":{"resultType":7,"result":[]}})", "no 'resultType'");
  told(R"({"status":"success","data":{"result":[1,"x"]}})", "no 'resultType'");
  told(data_of("streams", "[1]"), "unknown 'resultType' 'streams'");
  told(R"({"status":"success","data":{"resultType":"vector"}})", "no 'result'");
  told(data_of("vector", "{}"), "'result' is no array");
  told(data_of("scalar", "null"), "'result' is no array");
  const std::string_view other = "a 'result' of another type than 'resultType' says";
  told(R"({"status":"success","data":{"result":[],"resultType":"scalar"}})", other);
  told(R"({"status":"success","data":{"result":[1,"2"],"resultType":"vector"}})", other);
  check(R"({"status":"success","data":{"result":[{"metric":{},"value":[0,"1"]}],"resultType":"matrix"}})",
        "{} 1 '1' @0\n1:93 a 'result' of another type than 'resultType' says\n'success' 'matrix' 1 series, 1 samples, "
        "1 refused\n");
  check(R"({"status":"success","data":{"result":[{"metric":{},"values":[]}],"resultType":"vector"}})",
        "1:89 a 'result' of another type than 'resultType' says\n'success' 'vector' 1 series, 0 samples, 1 refused\n");
  check(data_of("scalar", "[7]"),
        "1:63 a point that is not [time, \"value\"] '[7]'\n'success' 'scalar' 0 series, 0 samples, 1 refused\n");
  check(R"({"status":"success","data":{"result":[1,"x"],"resultType":"scalar"}})",
        "1:45 a value that is no number\n'success' 'scalar' 0 series, 0 samples, 1 refused\n");
}

TEST_CASE("what the API says about a query that failed is kept") {
  check(R"({"status":"error","errorType":"bad_data","error":"1:5: parse error: \"unclosed\""})",
        "error 'bad_data': '1:5: parse error: \"unclosed\"' 0 series, 0 samples\n");
  check(R"({"status":"error"})", "error '': '' 0 series, 0 samples\n");
  // A part of the data may have come before.
  check(R"({"data":{"resultType":"vector","result":[{"metric":{},"value":[0,"1"]}]},"error":"late","status":"error"})",
        "{} 1 '1' @0\nerror '': 'late' 1 series, 1 samples\n");
  check(R"({"status":"error","data":null,"errorType":[],"error":7})", "error '': '' 0 series, 0 samples\n");
}

TEST_CASE("warnings, infos and a partial answer are told, the data stands") {
  const auto with = [&](const std::string& more, std::string_view want) {
    check(R"({"status":"success","data":{"resultType":"vector","result":[]})" + more + "}",
          vector_of_none + std::string(want));
  };
  with(R"(,"warnings":["a store is away"],"infos":["metric might not be a counter"])",
       "warning: a store is away\ninfo: metric might not be a counter\n");
  with(R"(,"infos":[7,"x",null,{"a":[]}])", "info: x\n3 notes left out\n");
  with(R"(,"warnings":"x","infos":{})", "");
  with(R"(,"isPartial":true)", "partial\n");
  with(R"(,"isPartial":false)", "");
  with(R"(,"isPartial":"true")", "");
}

TEST_CASE("a body that is no answer is described") {
  const auto no_json = [](const std::string& body, std::string_view want) {
    check(body, std::string(want) + "\nincomplete 0 series, 0 samples, 1 refused\n");
  };
  no_json("", "1:1 empty body");
  no_json(" \r\n", "2:1 empty body");
  no_json("\n<!DOCTYPE html>\n<html><body>502</body></html>", "2:1 HTML instead of JSON");
  no_json("404 page not found\n", "1:1 text instead of JSON '404 page not found'");
  no_json("upstream connect error" + std::string(80, '!'),
          "1:1 text instead of JSON 'upstream connect error" + std::string(38, '!') + "'");
  no_json("\x1f\x8b\x08 compressed", "1:1 gzip instead of JSON");
  no_json("\x1f", "1:1 binary data instead of JSON");
  no_json("\x01\x02", "1:1 binary data instead of JSON");
  no_json("\xef\xbb\xbf{}", "1:1 a byte order mark before the JSON");
}

TEST_CASE("what is no JSON is refused, also where it is passed over") {
  const auto broken = [](const std::string& value, std::string_view want) {
    // In a value that is passed over, in an element, and in a key.
    check("{\"x\":\n" + value + ",\"status\":\"success\"}",
          "2:" + std::string(want) + "\nincomplete 0 series, 0 samples, 1 refused\n");
    CAPTURE(value);
    const std::string element = show(vector_of("{\"x\":\n" + value + ",\"metric\":{},\"value\":[0,\"1\"]}"));
    CHECK(element == "2:" + std::string(want) + "\nincomplete 0 series, 0 samples, 1 refused\n");
    if (!value.starts_with('"')) return;
    const std::string key = show(vector_of("{\"metric\":{\n" + value + ":\"\"},\"value\":[0,\"1\"]}"));
    CHECK(key == "2:" + std::string(want) + "\nincomplete 0 series, 0 samples, 1 refused\n");
  };
  broken("success", "1 a value expected");
  broken("tru,", "1 a value expected");
  broken("nul", "1 a value expected");
  broken("01", "2 ',' or '}' expected");
  broken("-", "2 a digit expected");
  broken("1.", "3 a digit expected");
  broken("1.e5", "3 a digit expected");
  broken("1e", "3 a digit expected");
  broken("1e+", "4 a digit expected");
  broken(".5", "1 a value expected");
  broken("+1", "1 a value expected");
  broken("NaN", "1 a value expected");
  broken("'x'", "1 a value expected");
  broken("[1,]", "4 a value expected");
  broken("[1 2]", "4 ',' or ']' expected");
  broken("[1}", "3 ',' or ']' expected");
  broken("{\"a\":1]", "7 ',' or '}' expected");
  broken("{\"a\":1,}", "8 a key in quotes expected");
  broken("{a:1}", "2 a key in quotes expected");
  broken("{\"a\" 1}", "6 ':' expected");
  broken("{\"a\"}", "5 ':' expected");
  broken("\"a\x01\"", "3 control character in a string");
  broken("\"a\n\"", "3 control character in a string");
  broken("\"\\x\"", "2 unknown escape in a string");
  broken("\"\\u12g4\"", "6 \\u without four hexadecimal digits");
  broken("\"\\ud83d\"", "2 half of a surrogate pair");
  broken("\"\\ude00\"", "2 half of a surrogate pair");
  broken("\"\\ud83d\\n\"", "2 half of a surrogate pair");
  broken("\"\\ud83d\\ud83d\"", "2 half of a surrogate pair");
  broken("\"\\ud83d\\u12\"", "12 \\u without four hexadecimal digits");
  broken("\"ab\xff\"", "4 invalid UTF-8");
  broken("\"\xed\xa0\x80\"", "2 invalid UTF-8");
  broken("\"\xc0\xaf\"", "2 invalid UTF-8");
  broken("\"\xf0\x9f\x98\"", "2 invalid UTF-8");
  broken("/**/1", "1 a value expected");
  check(vector_of("") + " x", "1:65 something stands behind the answer\nincomplete 0 series, 0 samples, 1 refused\n");
}

TEST_CASE("a truncated body is incomplete, wherever it was cut") {
  const std::string body =
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"1"]},)"
      R"({"metric":{"a":"\ud83d\ude00]}}"},"value":[1.5e0,"2"]}]},"x":[true,-1.5e+3],"warnings":["w"]})";
  for (const Cpu cpu : cpus()) {
    QueryDecoder decoder(cpu);
    for (std::size_t size = 1; size < body.size(); ++size) {
      const std::string part = body.substr(0, size);
      CAPTURE(part);
      const std::string shown = show_whole(decoder, part);
      CHECK(shown.find("1:" + std::to_string(size + 1) + " truncated JSON\nincomplete") != std::string::npos);
      CHECK(show_in_pieces(decoder, part, 5) == shown);
    }
    CHECK(show_whole(decoder, body).ends_with("'success' 'vector' 2 series, 2 samples\nwarning: w\n"));
  }
}

TEST_CASE("labels, depth, notes, texts and buckets are bounded") {
  const auto labels = [](std::size_t count) {
    std::string metric;
    for (std::size_t i = 0; i < count; ++i) metric += (i == 0 ? "\"l" : ",\"l") + std::to_string(i) + "\":\"x\"";
    const std::string element = R"({"metric":{)" + metric + R"(},"value":[0,"1"]})";
    return show(vector_of(element + R"(,{"metric":{},"value":[1000000000,"1"]},)" + element));
  };
  CHECK(labels(query_labels_max).ends_with("l63=x} 1 '1' @0\n'success' 'vector' 3 series, 3 samples\n"));
  // It alone is unusable; what follows it is not lost.
  CHECK(labels(query_labels_max + 1)
            .ends_with("{} 1 '1' @1000000000000\n" +
                       labels(query_labels_max + 1).substr(0, labels(query_labels_max + 1).find('\n') + 1) +
                       "'success' 'vector' 3 series, 3 samples\n"));
  CHECK(labels(query_labels_max + 1).find("l63=x} 1 '1' @0 labels_cut\n") != std::string::npos);

  const auto depth = [](std::size_t levels) {
    return R"({"x":)" + std::string(levels, '[') + std::string(levels, ']') + R"(,"status":"error"})";
  };
  check(depth(json_depth_max - 1), "error '': '' 0 series, 0 samples\n");
  check(depth(json_depth_max), "1:37 nested deeper than 32 levels\nincomplete 0 series, 0 samples, 1 refused\n");
  CHECK(show(vector_of(R"({"x":)" + std::string(28, '[') + std::string(28, ']') +
                       R"(,"metric":{},"value":[0,"1"]})")) == "{} 1 '1' @0\n" + vector_of_one);
  CHECK(show(vector_of(R"({"x":)" + std::string(29, '[') + std::string(29, ']') + R"(,"metric":{},"value":[0,"1"]})"))
            .find(" nested deeper than 32 levels\nincomplete") != std::string::npos);

  std::string notes;
  for (std::size_t i = 0; i < query_notes_max + 5; ++i) notes += (i == 0 ? "\"w" : ",\"w") + std::to_string(i) + "\"";
  const std::string many = show(R"({"status":"error","infos":["i"],"warnings":[)" + notes + "]}");
  CHECK(many.ends_with("warning: w19\ninfo: i\n5 notes left out\n"));

  const std::string long_text = std::string(query_text_bytes_max - 1, 'a');
  CHECK(show(R"({"status":"error","error":")" + long_text + "µµ\"}") ==
        "error '': '" + long_text + "…' 0 series, 0 samples\n");
  CHECK(show(R"({"status":"error","error":")" + long_text + "b\"}") ==
        "error '': '" + long_text + "b' 0 series, 0 samples\n");

  const auto buckets = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i == 0 ? R"([0,"1","2","3"])" : R"(,[0,"1","2","3"])";
    return show(vector_of(R"({"metric":{},"histogram":[0,{"count":"1","sum":"1","buckets":[)" + text + "]}]}"));
  };
  CHECK(buckets(query_buckets_max).ends_with(vector_of_one));
  CHECK(buckets(query_buckets_max + 1).find(" a histogram with more than 4096 buckets ") != std::string::npos);
}

TEST_CASE("what has to be in memory at one time is bounded, however the body is cut") {
  const auto same = [](const std::string& body, std::string_view want) {
    QueryDecoder decoder;
    const std::string shown = show_whole(decoder, body);
    CHECK(shown.find(want) != std::string::npos);
    for (const std::size_t piece : {1U << 12, 1U << 20, 3U << 19}) CHECK(show_in_pieces(decoder, body, piece) == shown);
  };
  const auto element = [](std::size_t bytes) {
    const std::string frame = R"({"metric":{"a":""},"value":[1700000000,"1"]})";
    return R"({"metric":{"a":")" + std::string(bytes - frame.size(), 'x') + R"("},"value":[1700000000,"1"]})";
  };
  const std::string neighbour = R"({"metric":{},"value":[1700000000,"1"]})";
  same(vector_of(element(query_record_bytes_max)), vector_of_one);
  same(vector_of(element(query_record_bytes_max + 1)), "1:61 a part of more than 1 MiB\nincomplete 0 series");
  same(vector_of(neighbour + "," + element(query_record_bytes_max) + "," + neighbour),
       " a part of more than 1 MiB\nincomplete 1 series");
  same(vector_of(neighbour + "," + element(query_record_bytes_max - 1) + "," + neighbour),
       "'success' 'vector' 3 series");
  // What is passed over may be larger, but for a text in it.
  std::string stats;
  for (int i = 0; i < 200'000; ++i) stats += R"(["step",)" + std::to_string(i) + "],\n";
  same(R"({"stats":[)" + stats + R"(0],"status":"error"})", "error '': ''");
  same(R"({"stats":")" + std::string(query_record_bytes_max, ' ') + R"(","status":"error"})",
       "a part of more than 1 MiB");
  same(std::string(3 << 20, '\n') + R"({"status":"error"})", "error '': ''");
}

TEST_CASE("a large answer needs no more memory than one chunk and one record") {
  std::string series = R"({"metric":{"__name__":"up","instance":"n1\u003a9100"},"values":[)";
  for (int i = 0; i < 10'000; ++i)
    series += (i == 0 ? "[" : ",[") + std::to_string(1'700'000'000 + i) + R"(.5,"0.25"])";
  series += "]}";
  const std::string head = R"({"status":"success","data":{"resultType":"matrix","result":[)";
  constexpr std::size_t chunk_bytes = 16 << 10;
  std::size_t samples = 0;
  std::size_t bytes = 0;

  const Allocations allocations;
  QueryDecoder decoder;
  Chunks chunks(query_record_bytes_max);
  std::string chunk;
  const auto feed = [&](std::string_view text, bool last) {
    for (std::size_t at = 0; at < text.size(); at += chunk_bytes) {
      const std::string_view part = text.substr(at, chunk_bytes);
      const bool is_last = last && at + chunk_bytes >= text.size();
      decoder.feed(chunks.add(part, is_last), is_last);
      while (decoder.next() == Step::record) ++samples;
      chunks.used(decoder.consumed());
      bytes += part.size();
    }
  };
  decoder.reset();
  feed(head, false);
  for (int i = 0; i < 500; ++i) {
    feed(series, false);
    if (i != 499) feed(",", false);
  }
  feed("]}}", true);
  CHECK(bytes > 100'000'000);
  CHECK(samples == 5'000'000);
  CHECK(decoder.answer().complete);
  CHECK(decoder.answer().refused == 0);
  CHECK(allocations.peak_bytes() < 128 << 10);
  CHECK(allocations.count() < 20);
  MESSAGE("peak " << allocations.peak_bytes() << " bytes in " << allocations.count() << " allocations for " << bytes);
}

TEST_CASE("a decoder whose buffers have grown allocates nothing") {
  const std::string vector =
      vector_of(R"({"metric":{"__name__":"node_load1","instance":"f0201:9100"},"value":[1700000000.123,"0.8241"]},)"
                R"({"metric":{"a":"\u00b5"},"histogram":[1,{"count":"1","sum":"2","buckets":[[0,"1","2","3"]]}]})");
  const std::string matrix = matrix_of(
      R"({"metric":{"__name__":"node_load1","instance":"f0201:9100"},"values":[[1700000000.123,"0.8241"],[2,"3"]]})");
  QueryDecoder decoder;
  const auto walk = [&] {
    for (const std::string& body : {std::cref(vector), std::cref(matrix)}) {
      decoder.reset();
      decoder.feed(body, true);
      while (decoder.next() != Step::end) continue;
      REQUIRE(decoder.answer().complete);
    }
  };
  walk();
  const Allocations allocations;
  walk();
  CHECK(allocations.count() == 0);
}

TEST_CASE("a small hostile body costs little") {
  const auto costs = [](const std::string& body) {
    const Allocations allocations;
    QueryDecoder decoder;
    Chunks chunks(query_record_bytes_max);
    decoder.reset();
    for (std::size_t at = 0; at < body.size(); ++at) {
      const bool last = at + 1 == body.size();
      decoder.feed(chunks.add(std::string_view(body).substr(at, 1), last), last);
      while (decoder.next() != Step::end) continue;
      chunks.used(decoder.consumed());
    }
    CAPTURE(body.substr(0, 100));
    CHECK(allocations.peak_bytes() < 64 << 10);
  };
  costs(std::string(1024, '['));
  costs("{\"x\":" + std::string(1024, '['));
  costs("{\"x\":\"" + std::string(1024, '\\'));
  costs("{\"x\":" + std::string(1024, '9'));
  costs("{\"x\":-1e" + std::string(1024, '9') + "}");
  costs(data_of("scalar", "[1e" + std::string(1024, '9') + ",\"1\"]"));
  costs(data_of("scalar", "[1,\"1" + std::string(1024, '0') + "\"]"));
  std::string labels;
  for (int i = 0; i < 200; ++i) labels += "\"\":\"\",";
  costs(vector_of("{\"metric\":{" + labels));
  costs("{" + std::string(1024, '"'));
}

TEST_CASE("a decoder forgets the answer before") {
  QueryDecoder decoder;
  CHECK(show_whole(decoder, vector_of(R"({"metric":{"a":"b"},"value":[0,"1"]})")) ==
        "{a=b} 1 '1' @0\n" + vector_of_one);
  CHECK(show_whole(decoder, "\n<html>") == "2:1 HTML instead of JSON\nincomplete 0 series, 0 samples, 1 refused\n");
  CHECK(show_whole(decoder, R"({"status":"error","errorType":"x","isPartial":true,"warnings":["w"]})") ==
        "error 'x': '' 0 series, 0 samples\npartial\nwarning: w\n");
  CHECK(show_whole(decoder, R"({"data":{"result":[1,"2"]},"x":[[{)") ==
        "1:35 truncated JSON\nincomplete 0 series, 0 samples, 1 refused\n");
  CHECK(show_whole(decoder, data_of("scalar", R"([0,"2"])")) ==
        "{} 2 '2' @0\n'success' 'scalar' 0 series, 1 samples\n");
}
