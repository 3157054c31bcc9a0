#include "gateway/router/rules/diagnosis.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using gw::config::Position;
using gw::config::Problem;
using gw::rules::diagnosis;

TEST_CASE("a problem is shown with its line and a caret under its place") {
  const auto check = [](std::string_view source, Position where, std::string_view want) {
    CAPTURE(source);
    CHECK(diagnosis("r.json", source, {Problem::Severity::error, where, "bad"}) == want);
  };
  check("{\n  \"ad_tags\": []\n}\n", {2, 3}, "r.json:2:3: bad\n    \"ad_tags\": []\n    ^\n");
  check("{", {1, 1}, "r.json:1:1: bad\n  {\n  ^\n");
  check("{", {1, 2}, "r.json:1:2: bad\n  {\n   ^\n");
  check("", {1, 1}, "r.json:1:1: bad\n  \n  ^\n");
  check("{\n", {2, 1}, "r.json:2:1: bad\n  \n  ^\n");
  check("a\n\nb", {2, 1}, "r.json:2:1: bad\n  \n  ^\n");
  check("{\r\n  1,\r\n}", {2, 4}, "r.json:2:4: bad\n    1,\n     ^\n");
  check("\t1\tx", {1, 4}, "r.json:1:4: bad\n  \t1\tx\n  \t \t^\n");
  check("é€😀x", {1, 4}, "r.json:1:4: bad\n  é€😀x\n     ^\n");
  check("\x1b[1m\xc2\x9bx", {1, 6}, "r.json:1:6: bad\n  \\x1b[1m\\xc2\\x9bx\n                 ^\n");
  check("a\xe9z", {1, 2}, "r.json:1:2: bad\n  a\\xe9z\n   ^\n");
  check("\xef\xbb\xbfxy", {1, 2}, "r.json:1:2: bad\n  xy\n   ^\n");
}

TEST_CASE("a problem of the whole file, or of a place that is not in it, is one line") {
  CHECK(diagnosis("r.json", "{}", {Problem::Severity::error, {}, "bad"}) == "r.json: bad\n");
  CHECK(diagnosis("r.json", "{}", {Problem::Severity::error, {7, 1}, "bad"}) == "r.json:7:1: bad\n");
  CHECK(diagnosis("r.json", "{}", {Problem::Severity::error, {1, 4}, "bad"}) == "r.json:1:4: bad\n");
}

TEST_CASE("a warning says so, and a name steers no terminal") {
  CHECK(diagnosis("\x1b.json", "{}", {Problem::Severity::warning, {1, 1}, "b\x07"}) ==
        "\\x1b.json:1:1: warning: b\\x07\n  {}\n  ^\n");
}

TEST_CASE("of a long line 100 characters around the place are shown") {
  std::string line(300, 'a');
  line[149] = 'X';
  const auto check = [&](std::uint32_t column, const std::string& want) {
    CAPTURE(column);
    CHECK(diagnosis("f", line, {Problem::Severity::error, {1, column}, "bad"}) ==
          "f:1:" + std::to_string(column) + ": bad\n" + want);
  };
  const auto as = [](std::size_t n) { return std::string(n, 'a'); };
  const auto blanks = [](std::size_t n) { return std::string(n, ' '); };
  check(1, "  " + as(100) + "…\n  ^\n");
  check(51, "  " + as(100) + "…\n" + blanks(52) + "^\n");
  check(150, "  …" + as(50) + "X" + as(49) + "…\n" + blanks(53) + "^\n");
  check(300, "  …" + as(100) + "\n" + blanks(102) + "^\n");
  check(301, "  …" + as(100) + "\n" + blanks(103) + "^\n");
}

TEST_CASE("of very many problems the first hundred are shown, errors before warnings, and the others counted") {
  std::vector<Problem> problems(50'000, {Problem::Severity::warning, {1, 1}, "bad"});
  problems[49'990] = {Problem::Severity::error, {1, 2}, "worse"};
  const std::string text = gw::rules::diagnoses("f", "ab", problems);
  CHECK(std::ranges::count(text, '^') == 100);
  CHECK(text.starts_with("f:1:1: warning: bad\n  ab\n  ^\n"));
  CHECK(text.ends_with("f:1:2: worse\n  ab\n   ^\nf: … and 49900 more\n"));
  problems.resize(100);
  CHECK(std::ranges::count(gw::rules::diagnoses("f", "ab", problems), '\n') == 300);
  CHECK(gw::rules::diagnoses("f", "ab", {}).empty());
}
