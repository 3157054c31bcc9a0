#include "codecs/influxql_json.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/codecs/allocations.h"
#include "tests/codecs/chunked.h"
#include "tests/codecs/influxql_show.h"

using namespace codecs;

namespace {

std::string dump(std::string_view body, std::optional<Precision> precision = std::nullopt) {
  InfluxqlDecoder decoder(precision);
  return walk_in_pieces(decoder, body, body.size() + 1, show_influxql);
}

void check(std::string_view in, std::string_view want) {
  CAPTURE(in);
  CHECK(dump(in) == want);
}

std::string answer(const std::string& results) { return "{\"results\":[" + results + "]}"; }

/// One series with the columns time and v.
std::string rows(const std::string& values) {
  return answer(R"({"statement_id":0,"series":[{"name":"m","columns":["time","v"],"values":[)" + values + "]}]}");
}

/// What `rows` gives for one row.
std::string row(const std::string& shown) { return "0 series m [time v]\n0 row " + shown + "\n0 end\n"; }

}  // namespace

TEST_CASE("a series comes before its rows, the end of its statement behind them") {
  check(answer(R"({"statement_id":0,"series":[)"
               R"({"name":"cpu","tags":{"host":"a","":""},"columns":["time","mean"],"values":)"
               R"([["1970-01-01T00:00:01Z",1.5],["1970-01-01T00:00:02Z",null]]},)"
               R"({"name":"cpu","tags":{"host":"b"},"columns":["time","mean"]}]})"
               R"(,{"statement_id":1},{"statement_id":2,"series":[{"columns":["name"],"values":[["x"]]}]})"),
        "0 series cpu host=a = [time mean]\n0 row \"1970-01-01T00:00:01Z\" 1.5 @1000000000\n"
        "0 row \"1970-01-01T00:00:02Z\" null @2000000000\n0 series cpu host=b [time mean]\n0 end\n1 end\n"
        "2 series  [name]\n2 row \"x\"\n2 end\n");
  check(answer(""), "");
  check("{}", "");
  check("", "1:1@0 empty body\n");
  check(" \r\n\t", "2:2@4 empty body\n");
}

TEST_CASE("members come in any order but for what a series' rows belong to, unknown ones are passed over") {
  check(R"({"x":[{"y":"}]"}],"results":[{"z":1,"series":[{"columns":["v"],"q":null,"values":[[1]],"tags":null}],)"
        R"("statement_id":7,"messages":null}],"y":2})",
        "0 series  [v]\n0 row 1\n7 end\n");
  check(answer(R"({"series":[{"columns":["v"],"values":[[1]],"tags":{"a":"b"}}]})"),
        "0 series  [v]\n0 row 1\n1:63@62 the series' rows stand before its name, tags or columns\n0 end\n");
  check(answer(R"({"series":null},{"series":[{"name":"m","columns":null,"tags":null,"values":null}]})"),
        "0 end\n1 series m []\n1 end\n");
  check(R"({"results":null})", "");
  check(
      answer(
          R"({"statement_id":null,"partial":null,"error":null,"series":[{"columns":["v"],"partial":null,"values":[[1]]}]})"),
      "0 series  [v]\n0 row 1\n0 end\n");
}

TEST_CASE("values are exact") {
  const auto value = [](const std::string& json, const std::string& want) {
    check(rows("[null," + json + "]"), row("null " + want));
  };
  value("9223372036854775807", "9223372036854775807");
  value("-9223372036854775808", "-9223372036854775808");
  value("9007199254740993", "9007199254740993");
  value("18446744073709551615", "18446744073709551615");
  // Go writes floats below 1e21 without an exponent.
  value("100000000000000000000", "100000000000000000000");
  value("-0", "-0");
  value("1e+21", "1e+21");
  value("5e-324", "5e-324");
  value("0.1", "0.1");
  value("true", "true");
  value("false", "false");
  value("null", "null");
  value(R"("a\"\\\/\b\f\n\r\t\u00b5\ud83d\ude00µ")", "\"a\\\"\\\\/\\u0008\\u000c\\n\\r\\tµ😀µ\"");
  value(R"(["a",{"b":1}])", R"(["a",{"b":1}])");
}

TEST_CASE("times are RFC 3339 or integers in the precision that was asked for") {
  const auto time = [](const std::string& json, std::optional<Precision> precision, std::string_view want) {
    CAPTURE(json);
    const std::string out = dump(rows("[" + json + ",1]"), precision);
    CHECK(out == row(json + " 1 @" + std::string(want)));
  };
  time("\"2023-11-14T22:13:20.123456789Z\"", std::nullopt, "1700000000123456789");
  time("1700000000", Precision::seconds, "1700000000000000000");
  time("1700000000123", Precision::milliseconds, "1700000000123000000");
  time("-1", Precision::microseconds, "-1000");
  time("1", Precision::nanoseconds, "1");
  time("1700000000", std::nullopt, "1700000000000000000");
  time("1700000000123456789", std::nullopt, "1700000000123456789");
  // Only the first column, and only by this name.
  check(answer(R"({"series":[{"columns":["v","time"],"values":[["x","y"]]}]})"),
        "0 series  [v time]\n0 row \"x\" \"y\"\n0 end\n");
  CHECK(dump(rows("[9223372036854775807,1]"), Precision::seconds) ==
        "0 series m [time v]\n1:87@86 time out of range\n0 end\n");
}

TEST_CASE("a row that does not fit is told with its place, the rows beside it survive") {
  const auto refused = [](const std::string& bad, std::string_view place_and_reason) {
    check(rows("[null,1]," + bad + ",[null,2]"),
          "0 series m [time v]\n0 row null 1\n" + std::string(place_and_reason) + "\n0 row null 2\n0 end\n");
  };
  refused("[null]", "1:101@100 fewer values than columns");
  refused("[]", "1:97@96 fewer values than columns");
  refused("[null,1,2]", "1:103@102 more values than columns");
  refused("7", "1:95@94 row is no array");
  refused("[\"x\",1]", "1:96@95 invalid time");
  refused("[1.5,1]", "1:96@95 invalid time");
  refused("[\"2500-01-01T00:00:00Z\",1]", "1:96@95 time out of range");
  refused("[null,1e999]", "1:101@100 number out of range");
}

TEST_CASE("a row that is no JSON is told with its place, the document ends with it") {
  const auto broken = [](const std::string& bad, std::string_view place_and_reason) {
    check(rows("[null,1]," + bad + ",[null,2]") + "\n" + answer(R"({"statement_id":3})"),
          "0 series m [time v]\n0 row null 1\n" + std::string(place_and_reason) + "\n3 end\n");
  };
  broken("[null,x]", "1:101@100 a value expected");
  broken("[null,01]", "1:102@101 ',' or ']' expected");
  broken("[null,+1]", "1:101@100 a value expected");
  broken("[null,1.]", "1:103@102 a digit expected");
  broken("[null,-]", "1:102@101 a digit expected");
  broken("[null,NaN]", "1:101@100 a value expected");
  broken("[null 1]", "1:101@100 ',' or ']' expected");
  broken("[null,nul]", "1:101@100 a value expected");
  broken("[null,]", "1:101@100 a value expected");
  broken(R"([null,"\x"])", "1:102@101 unknown escape in a string");
  broken(R"([null,"a\ud83d"])", "1:103@102 half of a surrogate pair");
  broken("[null,\"a\xff\"]", "1:103@102 invalid UTF-8");
  broken("[null,\"a\tb\"]", "1:103@102 control character in a string");
}

TEST_CASE("what the server refuses is told with its statement, the others are read") {
  check(
      answer(R"({"statement_id":0,"series":[{"columns":["v"],"values":[[1]]}]},{"statement_id":1,"error":"a \"b\""})"),
      "0 series  [v]\n0 row 1\n0 end\n1:102@101 the server refused the statement 1 'a \"b\"'\n1 end\n");
  check(R"({"error":"error parsing query: x"})", "1:10@9 the server refused the request - 'error parsing query: x'\n");
  check(R"({"code":"unauthorized","message":"unauthorized access"})",
        "1:34@33 the server refused the request - 'unauthorized access'\n");
  check(R"({"code":"unauthorized"})", "1:23@22 neither 'results' nor 'error'\n");
  // A statement that fails on the way has given rows.
  check(answer(R"({"statement_id":3,"series":[{"columns":["v"],"values":[[1]]}],"error":"timeout"})"),
        "3 series  [v]\n3 row 1\n1:83@82 the server refused the statement 3 'timeout'\n3 end\n");
}

TEST_CASE("messages are handed on") {
  check(answer(R"({"statement_id":0,"messages":[{"level":"warning","text":"deprecated \"x\""},{"text":7},{}]})"),
        "0 warning: deprecated \"x\"\n0 : \n0 : \n0 end\n");
}

TEST_CASE("a series that was cut goes on in the next document") {
  const auto chunk = [](const std::string& tags, const std::string& value, bool series_partial, bool partial) {
    return R"({"results":[{"statement_id":0,"series":[{"name":"m","tags":)" + tags + R"(,"columns":["v"],"values":[[)" +
           value + "]]" + (series_partial ? ",\"partial\":true}]" : "}]") +
           (partial ? ",\"partial\":true}]}\n" : "}]}\n");
  };
  check(chunk(R"({"a":"b"})", "1", true, true) + chunk(R"({"a":"b"})", "2", false, true) +
            chunk(R"({"a":"b"})", "3", true, true) + chunk(R"({"a":"c"})", "4", false, false),
        "0 series m a=b [v]\n0 row 1\n0 end partial series_partial\n"
        "0 series m a=b [v] continues\n0 row 2\n0 end partial\n"
        "0 series m a=b [v]\n0 row 3\n0 end partial series_partial\n0 series m a=c [v]\n0 row 4\n0 end\n");
}

TEST_CASE("a body that is no JSON is told once") {
  check("<html>\n{\"results\":[]}\n", "1:1@0 HTML instead of JSON\n");
  check("404 page not found\n", "1:1@0 text instead of JSON\n");
  check("\n \x1f\x8b\x08", "2:2@2 gzip instead of JSON\n");
  check(std::string(1, '\0'), "1:1@0 text instead of JSON\n");
  check("[]", "1:1@0 text instead of JSON\n");
}

TEST_CASE("after broken JSON the next document is read, and a body that ends too early is told") {
  const std::string good = answer(R"({"statement_id":0})") + "\n";
  check("{\"results\":[}\n" + good, "1:13@12 a value expected\n0 end\n");
  check(good + "x" + good + good, "0 end\n2:1@33 text instead of JSON\n0 end\n");
  check("{\"results\"[]}\n" + good, "1:11@10 ':' expected\n0 end\n");
  check("{\"a\":1 \"b\":2}\n" + good, "1:8@7 ',' or '}' expected\n0 end\n");
  check("{a:1}\n" + good, "1:2@1 a key in quotes expected\n0 end\n");
  check("{\"a\":[1}]}\n" + good, "1:8@7 ',' or ']' expected\n0 end\n");
  check("{\"a\":\"x\n" + good, "1:8@7 control character in a string\n0 end\n");
  check("{\"results\":[{\"series\":[{\"columns\":[\"a\"],\"values\":[[1]]\n" + good,
        "0 series  [a]\n0 row 1\n2:1@55 ',' or '}' expected\n0 end\n");
  check(rows("[1,2],[3"),
        "0 series m [time v]\n0 row 1 2 @1000000000\n1:95@94 fewer values than columns\n1:95@94 ',' or ']' expected\n");
  const std::string whole = rows("[null,1]");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    CAPTURE(size);
    const std::string out = dump(whole.substr(0, size));
    CHECK(out.ends_with("1:" + std::to_string(size + 1) + "@" + std::to_string(size) + " truncated JSON\n"));
  }
}

TEST_CASE("JSON of another shape is told where it differs") {
  check("{\"results\":5}", "1:12@11 'results' is no array\n");
  check("{\"error\":{}}\n" + answer("{}"), "1:10@9 an error is no text\n0 end\n");
  check("{\"foo\":5}\n" + answer("{}"), "1:9@8 neither 'results' nor 'error'\n0 end\n");
  check(answer("{\"series\":5},{\"messages\":{}},{\"error\":[]}"),
        "1:23@22 'series' is no array\n0 end\n1:38@37 'messages' is no array\n1 end\n"
        "1:51@50 an error is no text\n2 end\n");
  check(answer(R"({"series":[{"columns":["v"],"values":{"a":[1]}}]})"),
        "1:50@49 'values' is no array\n0 series  [v]\n0 end\n");
  check(answer(R"({"error":null,"series":null})") + R"({"error":null})", "0 end\n");
  check(answer("7,{\"statement_id\":\"x\"}"), "1:13@12 result is no object\n1:31@30 invalid statement_id\n0 end\n");
  check(answer("{\"statement_id\":1000001}"), "1:29@28 invalid statement_id\n0 end\n");
  check(answer("{\"messages\":[7]}"), "1:26@25 message is no object\n0 end\n");
  check(answer("{\"messages\":[{\"text\" 1}]}"), "1:34@33 ':' expected\n");
  check(answer("{\"series\":[7]}"), "1:24@23 series is no object\n0 end\n");
  check(answer("{\"series\":[{\"name\":7}]}"), "1:32@31 a series' name is no text\n0 end\n");
  check(answer("{\"series\":[{\"tags\":[]}]}"), "1:32@31 tags are no object\n0 end\n");
  check(answer("{\"series\":[{\"tags\":{\"a\":1}}]}"), "1:37@36 a tag's value is no text\n0 end\n");
  check(answer("{\"series\":[{\"columns\":{}}]}"), "1:35@34 columns are no array\n0 end\n");
  check(answer("{\"series\":[{\"columns\":[\"a\",1]}]}"), "1:40@39 a column's name is no text\n0 end\n");
  check(answer("{\"series\":[{\"values\":[[1]],\"columns\":[\"a\"]}]}"),
        "0 series  []\n1:36@35 a row before the columns\n"
        "1:50@49 the series' rows stand before its name, tags or columns\n0 end\n");
}

TEST_CASE("rows of a series of which nobody knows which it is are passed over") {
  const auto refused = [](const std::string& member, std::string_view place_and_reason) {
    check(answer(R"({"series":[{)" + member + R"(,"columns":["v"],"values":[[1],[2]],"partial":true},)" +
                 R"({"name":"n","columns":["v"],"values":[[3]]}]})"),
          std::string(place_and_reason) + "\n0 series n [v]\n0 row 3\n0 end\n");
  };
  refused(R"("tags":{"hostname":"n1","rack":7})", "1:56@55 a tag's value is no text");
  refused(R"("name":["m"])", "1:32@31 a series' name is no text");
  refused(R"("columns":7)", "1:35@34 columns are no array");
  refused(R"("name":"m","tags":{"a":7},"tags":{"a":"b"})", "1:48@47 a tag's value is no text");
  check(answer(R"({"series":[{"name":7,"columns":["v"],"values":[[1],[x]]}]})"),
        "1:32@31 a series' name is no text\n1:65@64 a value expected\n");
}

TEST_CASE("of a member of a series that stands twice the first one counts") {
  const auto series = [](const std::string& members) {
    return answer("{\"series\":[{" + members + R"(,"columns":["time","v"],"values":[[null,2]]}]})");
  };
  const std::string name(40, 'a');
  std::string ones = "[1";
  for (int i = 0; i < 200; ++i) ones += ",1";
  check(series("\"name\":\"" + name + "\",\"name\":" + ones + "]"),
        "0 series " + name + " [time v]\n0 row null 2\n0 end\n");
  check(series(R"("name":"m","tags":{"hostname":"n1","aaaa":"bbbbbbbbbbbbb"},"tags":null,"name":"n")"),
        "0 series m hostname=n1 aaaa=bbbbbbbbbbbbb [time v]\n0 row null 2\n0 end\n");
  check(series(R"("tags":{},"tags":{"a":"b"},"columns":["time","w"])"), "0 series  [time w]\n0 row null 2\n0 end\n");
}

TEST_CASE("cut at every byte, an answer gives what it gives as a whole") {
  const std::string body =
      R"({"results":[{"statement_id":0,"series":[{"name":"m\"µ","tags":{"a":"b\n","c":""},"columns":["time","v"],)"
      "\r\n"
      R"("values":[["2023-11-14T22:13:20Z",-1.5],[17,"x\ty"],[1],[true,null]],"partial":true}],"partial":true}]})"
      "\n"
      R"({"results":[{"statement_id":0,"series":[{"name":"m\"µ","tags":{"a":"b\n","c":""},"columns":["time","v"],)"
      R"("values":[[1,12345]]}]},{"statement_id":1,"messages":[{"level":"w","text":"x"}],"error":"e\\"}],"z":[{}]})"
      "\nbroken \n{\"error\":\"last\"}\n{\"results\":[{}";
  const std::string want = dump(body);
  CHECK(want.ends_with("'last'\n0 end\n6:15@461 truncated JSON\n"));
  CHECK(want.find(" continues\n") != std::string::npos);
  InfluxqlDecoder decoder;
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    CAPTURE(cut);
    CHECK(walk_cut_at(decoder, body, cut, show_influxql) == want);
    if (cut > 0) CHECK(walk_in_pieces(decoder, body, cut, show_influxql) == want);
  }
}

TEST_CASE("what is shown of an error is the same however the body is cut") {
  const auto show = [](const InfluxqlDecoder& decoder, Step step) {
    return step == Step::error ? show_json_error_text(decoder.error()) + "\n" : "";
  };
  InfluxqlDecoder decoder;
  const auto shown = [&](const std::string& body, const std::string& want) {
    CAPTURE(body);
    CHECK(walk_in_pieces(decoder, body, body.size() + 1, show) == want);
    for (std::size_t piece = 1; piece <= body.size(); ++piece)
      CHECK(walk_in_pieces(decoder, body, piece, show) == want);
  };
  shown("404 page not found\r\n", "1:1@0 text instead of JSON [404 page not found]\n");
  shown("no newline", "1:1@0 text instead of JSON [no newline]\n");
  shown(std::string(300, 'x'), "1:1@0 text instead of JSON [" + std::string(256, 'x') + "]\n");
  shown("{\"a\" 7, \"b\"}\n", "1:6@5 ':' expected [\"a\" 7, \"b\"}]\n");
  shown(rows("[1,x],[2,3]"), "1:89@88 a value expected [[1,x],[2,3]]}]}]}]\n");
  shown(answer("7"), "1:13@12 result is no object [7]\n");
  shown("{\"code\":\"x\",\"message\":\"no\"}", "1:23@22 the server refused the request [\"no\"]\n");
  shown(answer("{}") + "\noops\n" + answer("7"),
        "2:1@17 text instead of JSON [oops]\n3:13@34 result is no object [7]\n");
}

TEST_CASE("depth, length, tags and columns are bounded") {
  const std::string deep = std::string(33, '[') + std::string(33, ']');
  check(rows("[null," + deep.substr(1, 31) + deep.substr(34, 31) + "]"),
        row("null " + deep.substr(1, 31) + deep.substr(34, 31)));
  check(rows("[null," + deep + "]"), "0 series m [time v]\n1:123@122 nested deeper than 32 levels\n");
  check("{\"x\":" + deep, "1:38@37 nested deeper than 32 levels\n");

  const std::string fits(json_step_bytes_max - 9, 'x');
  CHECK(dump(rows("[null,\"" + fits + "\"]")) == row("null \"" + fits + "\""));
  CHECK(dump(rows("[null,\"" + fits + "x\"]")) == "0 series m [time v]\n1:86@85 value longer than 1 MiB\n");

  std::string columns;
  std::string tags;
  for (std::size_t i = 0; i <= influxql_columns_max; ++i)
    columns += (i == 0 ? "\"c" : ",\"c") + std::to_string(i) + "\"";
  for (std::size_t i = 0; i <= influxql_tags_max; ++i)
    tags += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) + "\":\"\"";
  CHECK(dump(answer("{\"series\":[{\"columns\":[" + columns + "]}]}")).find(" too many columns\n") !=
        std::string::npos);
  CHECK(dump(answer("{\"series\":[{\"tags\":{" + tags + "}}]}")).find(" too many tags\n") != std::string::npos);
}

TEST_CASE("rows allocate nothing, and hostile answers little") {
  std::string values;
  for (int i = 0; i < 1000; ++i) values += R"(["2023-11-14T22:13:20Z","a \"quoted\" text"],[1700000000,1.5],)";
  const std::string body = rows(values + "[null,null]");
  InfluxqlDecoder decoder;
  const auto walk = [&](std::string_view text) {
    decoder.reset();
    decoder.feed(text, true);
    while (decoder.next() != Step::end) continue;
  };
  walk(body);
  const Allocations allocations;
  walk(body);
  CHECK(allocations.count() == 0);

  for (const std::string& hostile :
       {std::string(1024, '['), std::string(1024, '{'), "{\"a\":" + std::string(1019, '['), std::string(1024, '"'),
        rows(std::string(900, ',')), rows("[" + std::string(900, '\\') + "]"),
        std::string("{\"error\":\"") + std::string(1014, '\\')}) {
    const Allocations hostile_allocations;
    dump(hostile);
    CHECK(hostile_allocations.peak_bytes() < 64 << 10);
  }
}

TEST_CASE("a decoder forgets the answer before") {
  InfluxqlDecoder decoder;
  const auto walk = [&](std::string_view body) { return walk_in_pieces(decoder, body, 1000, show_influxql); };
  CHECK(walk(R"({"results":[{"statement_id":4,"series":[{"columns":["v"],"values":[[1]],"partial":true}],"part)") ==
        "4 series  [v]\n4 row 1\n1:95@94 truncated JSON\n");
  CHECK(walk(R"({"results":[{"series":[{"columns":["v"],"values":[[1]]}]}]})") == "0 series  [v]\n0 row 1\n0 end\n");
  CHECK(walk("<html>") == "1:1@0 HTML instead of JSON\n");
  CHECK(walk(answer("{}")) == "0 end\n");
}
