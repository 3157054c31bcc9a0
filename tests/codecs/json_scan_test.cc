#include "codecs/json_scan.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/codecs/allocations.h"

using namespace codecs;

namespace {

using Trouble = JsonScan::Trouble;

/// What has gone wrong and where; "at N" where nothing has.
std::string told(const JsonScan& scan) {
  const std::string where = std::to_string(scan.where());
  switch (scan.trouble()) {
    case Trouble::none:
      return "at " + std::to_string(scan.at());
    case Trouble::more:
      return "more";
    case Trouble::broken:
      return "broken " + where + " " + std::string(scan.reason());
    case Trouble::shape:
      return "shape " + where + " " + std::string(scan.reason());
  }
  return "";
}

std::string passed_over(std::string_view part) {
  JsonScan scan;
  scan.begin(part, 0);
  scan.skip_value(0);
  return told(scan);
}

/// The text of the string that `part` starts with, or what is wrong.
std::string text_of(const std::string& part) {
  JsonScan scan;
  scan.begin(part, 0);
  std::string_view text;
  return scan.read_string(text, "no text") ? std::string(text) : told(scan);
}

}  // namespace

TEST_CASE("JSON: values are passed over as strictly as they are read") {
  const auto row = [](std::string_view part, std::string_view want) {
    CAPTURE(part);
    CHECK(passed_over(part) == want);
  };
  row("null ", "at 4");
  row(" true]", "at 5");
  row("\t\r\nfalse", "at 8");
  row("0,", "at 1");
  row("-12.5e+3,", "at 8");
  row("\"a\\\"\" ", "at 5");
  row("[]", "at 2");
  row("{ } ", "at 3");
  row("[1, {\"a\":[ ], \"\" : -0}]x", "at 23");
  row("", "more");
  row("nul", "more");
  row("12", "more");
  row("1.", "more");
  row("[1", "more");
  row("{\"a\"", "more");
  row("\"a", "more");
  row("\"\\", "more");
  row("\"\\u12", "more");
  row("nil", "broken 0 a value expected");
  row("+1", "broken 0 a value expected");
  row("01]", "at 1");
  row("-x", "broken 1 a digit expected");
  row("1.x", "broken 2 a digit expected");
  row("1e+x", "broken 3 a digit expected");
  row("[1 2]", "broken 3 ',' or ']' expected");
  row("[1,]", "broken 3 a value expected");
  row("[}", "broken 1 a value expected");
  row("{\"a\" 1}", "broken 5 ':' expected");
  row("{\"a\":1 \"b\":2}", "broken 7 ',' or '}' expected");
  row("{\"a\":1,}", "broken 7 a key in quotes expected");
  row("{a:1}", "broken 1 a key in quotes expected");
  row(std::string(json_depth_max, '[') + std::string(json_depth_max, ']'), "at 64");
  row(std::string(json_depth_max + 1, '['), "broken 32 nested deeper than 32 levels");
}

TEST_CASE("JSON: strings come without their escapes") {
  const auto row = [](const std::string& part, const std::string& want) {
    CAPTURE(part);
    CHECK(text_of(part) == want);
  };
  row("\"\"", "");
  row("\"plain\"", "plain");
  row(R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t");
  row(R"("a\u0041\u00b5\u20aC\ud83d\ude00z")", "aA\xc2\xb5\xe2\x82\xac\xf0\x9f\x98\x80z");
  row(R"("\u0000")", std::string(1, '\0'));
  row(R"("\x")", "broken 1 unknown escape in a string");
  row(R"("\u12g4")", "broken 5 \\u without four hexadecimal digits");
  row(R"("\ud83d")", "broken 1 half of a surrogate pair");
  row(R"("\ud83d\u0041")", "broken 1 half of a surrogate pair");
  row(R"("\ude00")", "broken 1 half of a surrogate pair");
  row("\"a\xff\"", "broken 2 invalid UTF-8");
  row("\"a\n\"", "broken 2 control character in a string");
  row("7", "shape 0 no text");
}

TEST_CASE("JSON: members and items are read one by one") {
  const std::string part = R"( {"a\n": "x" , "b":[1 ,true, "y\t"], "c":null} )";
  JsonScan scan;
  scan.begin(part, 0);
  std::string out;
  std::string_view text;
  std::string_view key;
  bool flag = false;
  CHECK(scan.open('{', "no object"));
  for (bool first = true; scan.next_member(first, key); first = false) {
    out += std::string(key) + ":";
    if (key == "a\n") {
      CHECK(scan.read_string(text, "no text"));
      out += text;
    } else if (key == "b") {
      CHECK(scan.open('[', "no array"));
      CHECK(scan.next_item(true));
      CHECK(scan.read_number(text, "no number"));
      CHECK(scan.next_item(false));
      CHECK(scan.read_bool(flag, "neither"));
      CHECK(scan.next_item(false));
      out += std::string(text) + (flag ? "+" : "-");
      CHECK(scan.read_string(text, "no text"));
      CHECK_FALSE(scan.next_item(false));
      out += text;
    } else {
      CHECK(scan.skip_value(1));
    }
    out += ";";
  }
  CHECK(out == "a\n:x;b:1+y\t;c:;");
  CHECK(told(scan) == "at " + std::to_string(part.size() - 1));
}

TEST_CASE("JSON: another shape has its place, the first trouble counts") {
  JsonScan scan;
  std::string_view text;
  bool flag = false;
  scan.begin("[ 1.5]", 0);
  CHECK_FALSE(scan.open('{', "no object"));
  CHECK(told(scan) == "shape 0 no object");
  CHECK_FALSE(scan.open('(', "another"));
  CHECK(told(scan) == "shape 0 no object");
  scan.rewind(1);
  CHECK_FALSE(scan.read_bool(flag, "neither"));
  CHECK(told(scan) == "shape 2 neither");
  scan.rewind(1);
  CHECK(scan.read_number(text, "no number"));
  CHECK_FALSE(scan.fail_content("too large"));
  CHECK(told(scan) == "shape 2 too large");
}

TEST_CASE("JSON: texts stay what they are while their part is read again") {
  const std::string filler(200, 'k');
  const std::string part = "{\"a\\n\":\"b\\t\",\"" + filler + "\\n\":\"" + filler + "\\n\"}";
  JsonScan scan;
  for (const std::size_t at : {std::size_t{0}, std::size_t{3}}) {
    const std::string shifted = std::string(at, ' ') + part;
    scan.begin(shifted, at);
    std::string_view key;
    std::string_view text;
    CHECK(scan.open('{', {}));
    CHECK(scan.next_member(true, key));
    CHECK(scan.read_string(text, {}));
    for (int i = 0; i < 10; ++i) {
      scan.rewind(at);
      std::string_view key_again;
      CHECK(scan.open('{', {}));
      for (bool first = true; scan.next_member(first, key_again); first = false) {
        std::string_view again;
        CHECK(scan.read_string(again, {}));
      }
      scan.rewind(at);
      CHECK(scan.skip_value(0));
    }
    CHECK(key == "a\n");
    CHECK(text == "b\t");
  }
}

TEST_CASE("JSON: what is passed over in parts ends where it ends as a whole") {
  const std::string value = R"({"a":[1,{"b\n":"c\"]}"},[]],"d":{"e":null}, "f":-1.5e3})";
  for (std::size_t piece = 1; piece <= value.size(); ++piece) {
    CAPTURE(piece);
    JsonScan scan;
    JsonSkip skip;
    std::size_t at = 0;
    for (std::size_t end = piece;; end += piece) {
      scan.begin(std::string_view(value).substr(0, end), at);
      const bool done = scan.skip(skip);
      at = scan.at();
      CHECK((done || scan.trouble() == Trouble::more));
      if (done || end >= value.size()) break;
    }
    CHECK(scan.ok());
    CHECK(at == value.size());
  }
}

TEST_CASE("JSON: only texts with escapes that are read allocate") {
  const std::string part = "[\"plain\",{\"k\\n\":\"v\\n\"}]";
  JsonScan scan;
  std::string_view text;
  const Allocations allocations;
  scan.begin(part, 0);
  scan.skip_value(0);
  scan.rewind(1);
  scan.read_string(text, {});
  CHECK(allocations.count() == 0);
}
