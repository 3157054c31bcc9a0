#include "codecs/influxdb3_json.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/codecs/allocations.h"
#include "tests/codecs/chunked.h"
#include "tests/codecs/influxql_show.h"

using namespace codecs;

namespace {

/// "cpu host="a" usage=0.9 @2998574931000000000" a row.
std::string show(const Influxdb3Decoder& decoder, Step step) {
  if (step == Step::error) {
    const auto failure = decoder.failure();
    return show_json_error(decoder.error()) + (failure ? " '" + std::string(*failure) + "'" : "") + "\n";
  }
  const Influxdb3Row& row = decoder.row();
  std::string out = row.measurement ? std::string(*row.measurement) : "-";
  for (const Influxdb3Field& field : row.fields) {
    out += " " + std::string(field.name) + "=" + std::visit(ShowJson(), field.value);
  }
  if (row.time_ns) out += " @" + std::to_string(*row.time_ns);
  return out + "\n";
}

std::string dump(std::string_view body) {
  Influxdb3Decoder decoder;
  return walk_in_pieces(decoder, body, body.size() + 1, show);
}

void check(std::string_view in, std::string_view want) {
  CAPTURE(in);
  CHECK(dump(in) == want);
}

}  // namespace

TEST_CASE("rows come as an array or as lines") {
  const std::string a = R"({"host":"s1","region":"us-east","time":"2065-01-07T17:28:51","usage":0.9})";
  const std::string b = R"({"host":"s2","time":"2065-01-07T17:28:51.25"})";
  const std::string want =
      "- host=\"s1\" region=\"us-east\" usage=0.9 @2998574931000000000\n- host=\"s2\" @2998574931250000000\n";
  check("[" + a + "," + b + "]", want);
  check(" [ " + a + " ,\r\n" + b + "\n]\n", want);
  check(a + "\n" + b + "\n", want);
  check(a + "\n\n" + b, want);
  check("[]", "");
  check("", "");
  check("\n", "");
  check("[{}]", "-\n");
}

TEST_CASE("InfluxQL names the measurement, columns that are null are missing") {
  check(R"([{"iox::measurement":"cpu","time":"1970-01-01T00:00:01","host":"a","usage":null,"n":9223372036854775807},)"
        R"({"iox::measurement":"mem","time":null,"big":18446744073709551615,"neg":-0,"ok":true,"list":[1,{"a":2}]}])",
        "cpu host=\"a\" n=9223372036854775807 @1000000000\n"
        "mem big=18446744073709551615 neg=-0 ok=true list=[1,{\"a\":2}]\n");
  check(R"([{"time":1,"iox::measurement":2,"a\"b":"c\"d"}])", "- time=1 iox::measurement=2 a\"b=\"c\\\"d\"\n");
}

TEST_CASE("times are UTC, with or without a zone") {
  const auto time = [](std::string_view text, std::string_view want) {
    check("[{\"time\":\"" + std::string(text) + "\"},{\"a\":1}]", std::string(want) + "\n- a=1\n");
  };
  time("1970-01-01T00:00:01", "- @1000000000");
  time("1970-01-01T00:00:01.000000001", "- @1000000001");
  time("1970-01-01T00:00:01Z", "- @1000000000");
  time("1970-01-01T00:00:01+00:01", "- @-59000000000");
  time("1970-01-01", "1:10@9 invalid time");
  time("2300-01-01T00:00:00", "1:10@9 time out of range");
}

TEST_CASE("a row that is not what it should be is told, the rows beside it survive") {
  check("[{\"a\":1},{\"b\":1e999},{\"c\":2}]", "- a=1\n1:15@14 number out of range\n- c=2\n");
  check("{\"b\":1e999}\n{\"c\":2}\n", "1:6@5 number out of range\n- c=2\n");
  check("[7,{\"c\":2}]", "1:2@1 row is no object\n- c=2\n");
}

TEST_CASE("a row that is no JSON is told, lines go on with the next one") {
  const auto broken = [](const std::string& row, const std::string& reason) {
    check("[{\"a\":1},{" + row + "},{\"c\":2}]", "- a=1\n1:" + reason + "\n");
    check("{" + row + "}\n{\"c\":2}\n", dump("{" + row + "}") + "- c=2\n");
  };
  broken("\"b\":x", "15@14 a value expected");
  broken("\"b\":\"\\x\"", "16@15 unknown escape in a string");
  broken("\"b\":1 2", "17@16 ',' or '}' expected");
  broken("\"b\":1,", "17@16 a key in quotes expected");
  broken("\"\\x\":2", "12@11 unknown escape in a string");
}

TEST_CASE("what the server refuses is an error") {
  check(R"({"error":"table \"x\" not found","data":null})",
        "1:1@0 the server refused the request 'table \"x\" not found'\n");
  check("{\"error\":\"no\"}\n", "1:1@0 the server refused the request 'no'\n");
  check(R"({"error":"partial write","data":[{"line_number":1}]})",
        "1:1@0 the server refused the request 'partial write'\n");
  // Its words stay what they are while what comes with them is passed over.
  const std::string words(400, 'e');
  const std::string key(500, 'k');
  check("{\"error\":\"" + words + "\\n\",\"data\":{\"" + key + "\\n\":1},\"data\":{\"" + key + "\\n\":1}}",
        "1:1@0 the server refused the request '" + words + "\n'\n");
  // A column of this name.
  check("[{\"error\":\"x\"}]", "- error=\"x\"\n");
  check("{\"error\":\"x\",\"time\":\"1970-01-01T00:00:01\"}\n", "- error=\"x\" @1000000000\n");
  check("{\"a\":1}\n{\"error\":\"x\"}\n", "- a=1\n- error=\"x\"\n");
  check("{\"data\":1}\n", "- data=1\n");
  check("{\"error\":7}\n", "- error=7\n");
}

TEST_CASE("a body that is no JSON, or breaks off, is told") {
  check("<html>\n{}", "1:1@0 HTML instead of JSON\n");
  check("database not found\n", "1:1@0 text instead of JSON\n");
  check("\x1f\x8b", "1:1@0 gzip instead of JSON\n");
  check("[{\"a\":1}", "- a=1\n1:9@8 truncated JSON\n");
  check("[{\"a\":1},", "- a=1\n1:10@9 truncated JSON\n");
  check("[", "1:2@1 truncated JSON\n");
  check("{\"a\":1}\n{\"a\"", "- a=1\n2:5@12 truncated JSON\n");
  check("[{\"a\":1}]\nx", "- a=1\n2:1@10 text behind the array\n");
  check("[{\"a\":1} {\"a\":2}]", "- a=1\n1:10@9 ',' or ']' expected\n");
  check("[{\"a\":[1}]},{\"a\":2}]", "1:9@8 ',' or ']' expected\n");
  check("{\"a\":[1}\n{\"a\":2}\nx\n{\"a\":3}\n",
        "1:8@7 ',' or ']' expected\n- a=2\n3:1@17 text instead of JSON\n- a=3\n");
}

TEST_CASE("cut at every byte, an answer gives what it gives as a whole") {
  Influxdb3Decoder decoder;
  for (const std::string_view body :
       {R"( [{"iox::measurement":"c\"pu","time":"2065-01-07T17:28:51","v":1.5} ,)"
        "\n"
        R"({"v":x},{"w":[{}],"s":"\u00b5"}] )",
        "{\"a\":1}\n{\"b\":\"\xc2\xb5\"}\r\n{\"a\":[1}\n{\"time\":\"x\"}\nbroken\n{\"c\":12}\n{\"d\":", "[1",
        "{\"error\":\"x\"}"}) {
    const std::string want = dump(body);
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      CAPTURE(body);
      CAPTURE(cut);
      CHECK(walk_cut_at(decoder, body, cut, show) == want);
      if (cut > 0) CHECK(walk_in_pieces(decoder, body, cut, show) == want);
    }
  }
}

TEST_CASE("what is shown of an error is the same however the body is cut") {
  const auto show_text = [](const Influxdb3Decoder& decoder, Step step) {
    return step == Step::error ? show_json_error_text(decoder.error()) + "\n" : "";
  };
  Influxdb3Decoder decoder;
  const auto shown = [&](const std::string& body, const std::string& want) {
    CAPTURE(body);
    CHECK(walk_in_pieces(decoder, body, body.size() + 1, show_text) == want);
    for (std::size_t piece = 1; piece <= body.size(); ++piece)
      CHECK(walk_in_pieces(decoder, body, piece, show_text) == want);
  };
  shown("404 page not found\n", "1:1@0 text instead of JSON [404 page not found]\n");
  shown("[] and more", "1:4@3 text behind the array [and more]\n");
  shown("{}\nor a line\n{\"a\":x, y}\n",
        "2:1@3 text instead of JSON [or a line]\n3:6@18 a value expected [{\"a\":x, y}]\n");
  shown("{\"error\":\"no\",\"data\":7}", "1:1@0 the server refused the request [{\"error\":\"no\",\"data\":7}]\n");
}

TEST_CASE("rows, their columns and depth are bounded, arrays are not") {
  std::string columns;
  for (std::size_t i = 0; i <= influxdb3_columns_max; ++i)
    columns += (i == 0 ? "\"c" : ",\"c") + std::to_string(i) + "\":1";
  CHECK(dump("[{" + columns + "},{\"a\":1}]").ends_with(" too many columns\n- a=1\n"));
  const std::string deep = std::string(32, '[') + std::string(32, ']');
  CHECK(dump("[{\"a\":" + deep.substr(1, 62) + "}]") == "- a=" + deep.substr(1, 62) + "\n");
  CHECK(dump("[{\"a\":" + deep + "}]") == "1:38@37 nested deeper than 32 levels\n");
  CHECK(dump("{\"a\":\"" + std::string(json_step_bytes_max, 'x') + "\"}\n{\"b\":1}") ==
        "1:1@0 value longer than 1 MiB\n- b=1\n");

  // An array of 3 MB in pieces of 64 KiB.
  Influxdb3Decoder decoder;
  Chunks chunks(json_step_bytes_max);
  std::string piece = "[";
  while (piece.size() < 64 << 10) piece += "{\"time\":\"2065-01-07T17:28:51\",\"usage\":0.9},";
  std::size_t rows = 0;
  decoder.reset();
  const Allocations allocations;
  for (int i = 0; i < 48; ++i) {
    if (i == 1) piece.erase(0, 1);
    decoder.feed(chunks.add(piece, false), false);
    for (Step step = decoder.next(); step != Step::end; step = decoder.next()) rows += step == Step::record ? 1 : 0;
    chunks.used(decoder.consumed());
  }
  CHECK(rows > 60'000);
  CHECK(allocations.peak_bytes() < 256 << 10);
}

TEST_CASE("rows allocate nothing, and hostile answers little") {
  std::string body = "[";
  for (int i = 0; i < 1000; ++i) body += R"({"time":"2065-01-07T17:28:51","host":"a \"b\"","usage":0.9},)";
  body += "{}]";
  Influxdb3Decoder decoder;
  const auto walk = [&](std::string_view text) {
    decoder.reset();
    decoder.feed(text, true);
    while (decoder.next() != Step::end) continue;
  };
  walk(body);
  const Allocations allocations;
  walk(body);
  CHECK(allocations.count() == 0);
  for (const std::string& hostile : {std::string(1024, '['), std::string(1024, '{'), "[" + std::string(1023, ','),
                                     "{\"" + std::string(1022, '\\'), "[{\"a\":" + std::string(1018, '[')}) {
    const Allocations hostile_allocations;
    dump(hostile);
    CHECK(hostile_allocations.peak_bytes() < 64 << 10);
  }
}

TEST_CASE("a decoder forgets the answer before") {
  Influxdb3Decoder decoder;
  const auto walk = [&](std::string_view body) { return walk_in_pieces(decoder, body, 1000, show); };
  CHECK(walk("[{\"a\":1},") == "- a=1\n1:10@9 truncated JSON\n");
  CHECK(walk("{\"a\":1}") == "- a=1\n");
  CHECK(walk("<") == "1:1@0 HTML instead of JSON\n");
  CHECK(walk("[{\"a\":1}]") == "- a=1\n");
}
