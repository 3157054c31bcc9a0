#include "gateway/cli/scripts/python_constants.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

using namespace gw::cli;

namespace {

std::string show(const gw::rules::Node& node) {
  using Kind = gw::rules::Node::Kind;
  std::string parts;
  for (const gw::rules::Node& child : node.children) {
    if (!parts.empty()) parts += ", ";
    if (node.kind == Kind::object) parts += child.key + ": ";
    parts += show(child);
  }
  switch (node.kind) {
    case Kind::null:
      return "None";
    case Kind::boolean:
      return node.boolean ? "True" : "False";
    case Kind::integer:
      return fmt::format("{}", node.integer);
    case Kind::real:
      return fmt::format("{:e}", node.real);
    case Kind::text:
      return fmt::format("<{}>", node.text);
    case Kind::array:
      return "[" + parts + "]";
    case Kind::object:
      return "{" + parts + "}";
  }
  return {};
}

/// What X is in the end, or why it cannot be told.
std::string value_of_x(std::string_view source) {
  const PythonScript script = read_python_constants(source);
  const auto found = script.constants.find("X");
  const auto told = [](const gw::config::Problem& p) {
    return fmt::format("{}:{}: {}", p.where.line, p.where.column, p.text);
  };
  if (found == script.constants.end()) return script.problem ? told(*script.problem) : "nothing";
  if (found->second.problem) return told(*found->second.problem);
  const std::string value = show(found->second.value);
  return found->second.variable.empty() ? value : fmt::format("${} or {}", found->second.variable, value);
}

}  // namespace

TEST_CASE("literals of Python are read as Python reads them") {
  const auto check = [](std::string_view source, std::string_view want) {
    CAPTURE(source);
    CHECK(value_of_x(source) == want);
  };
  check("X = 'a'", "<a>");
  check("X = \"it's\"  # a comment\n", "<it's>");
  check("X = 'a' \"b\" '''c\nd'''", "<abc\nd>");
  check("X = '''a\r\nb'''", "<a\nb>");
  check("X = ('a'\n     # between\n     'b')", "<ab>");
  check("X = 'a' \\\n 'b'", "<ab>");
  check(R"(X = '\n\t\\\'\"\x41\101\u00e9\U0001f600\d\
')",
        "<\n\t\\'\"AA\u00e9\U0001f600\\d>");
  check(R"(X = r'\d\'' u'é')", "<\\d\\'é>");
  check("X = 'a' + 'b'", "<ab>");
  check("X = 1", "1");
  check("X = -1_000", "-1000");
  check("X = 0x10", "16");
  check("X = 1.5e-3", "1.500000e-03");
  check("X = .5", "5.000000e-01");
  check("X = 1.", "1.000000e+00");
  check("X = 1 / (1024 * 1024)", fmt::format("{:e}", 1.0 / 1048576));
  check("X = 1024 ** 2 - 1", "1048575");
  check("X = 2 ** -1 + -2 ** 2", "-3.500000e+00");
  check("X = [None, True, False]", "[None, True, False]");
  check("X = (1,)", "[1]");
  check("X = (1)", "1");
  check("X = ()", "[]");
  check("X = {'a': (1, 'b',), 'c': [],}", "{a: [1, <b>], c: []}");
  check("X = {'a': 1, 'b': 2, 'a': 3}", "{a: 3, b: 2}");
  check("X: Dict[str, int] = {'a': 1}", "{a: 1}");
  check("A = 'a'\nB = 1024*1024\nX = (A, 2 * B)", "[<a>, 2097152]");
  check("X = 1; Y = 2", "1");
  check("X = 1\nX = 2", "2");
}

TEST_CASE("what comes from the environment is told, with its default") {
  CHECK(value_of_x("X = os.environ['A']") == "$A or None");
  CHECK(value_of_x("X = os.environ.get(\"A\", 'b')") == "$A or <b>");
  CHECK(value_of_x("X = os.getenv('A')") == "$A or None");
  CHECK(value_of_x("X = environ.get('A',)") == "$A or None");
  CHECK(value_of_x("X = os.getenv('A', f())") == "1:20: 'f' is computed, and no Python is run: write the value itself");
  CHECK(value_of_x("X = os.getenv('A').strip()") ==
        "1:19: '.' is computed, and no Python is run: write the value itself");
}

TEST_CASE("only what stands at the beginning of a line is a constant, and not in a text") {
  CHECK(value_of_x("\"\"\"\nX = 1\n\"\"\"\n") == "nothing");
  CHECK(value_of_x("# X = 1\n") == "nothing");
  CHECK(value_of_x("def f():\n  X = 1\n") == "nothing");
  CHECK(value_of_x("f(\nX = 1\n)") == "nothing");
  CHECK(value_of_x("X == 1") == "nothing");
}

TEST_CASE("what cannot be told without running the script is refused with its place") {
  const auto check = [](std::string_view source, std::string_view want) {
    CAPTURE(source);
    CHECK(value_of_x(source) == want);
  };
  check("X = f('a')", "1:5: 'f' is computed, and no Python is run: write the value itself");
  check("X = 'a'.upper()", "1:8: '.' is computed, and no Python is run: write the value itself");
  check("X = 'a' % b", "1:9: '%' is computed, and no Python is run: write the value itself");
  check("X = {\n  'a': f'{b}'}", "2:8: 'f'{b}'' is computed, and no Python is run: write the value itself");
  check("X = b'a'", "1:5: 'b'a'' is computed, and no Python is run: write the value itself");
  check(R"(X = '\N{DASH}')", R"x(1:5: ''\N{DASH}'' is computed, and no Python is run: write the value itself)x");
  check("X = {**A}", "1:6: '**' is computed, and no Python is run: write the value itself");
  check("X = {k: 1 for k in A}", "1:6: 'k' is computed, and no Python is run: write the value itself");
  check("X = {1: 2}", "1:6: the key of a dict must be a text here");
  check("X = 1 +", "1:8: a value is missing here");
  check("X = 1 + 'a'", "1:7: '+' stands between what are no numbers");
  check("X = 1 / 0", "1:7: what is computed here is no finite number");
  check("X = 99999999999999999999", "1:5: '99999999999999999999' is no number that fits");
  check("X = 1j", "1:5: '1j' is computed, and no Python is run: write the value itself");
  check("X = 'a", "1:5: the text that begins here is not closed");
  check("Y = '''a\nX = 1", "1:5: the text that begins here is not closed");
  check("X = {'a': 1}\nX['b'] = 2", "2:1: X is changed here, and no Python is run to tell how");
  check("X = {}\nif A:\n  X = f()", "3:3: X is changed here, and no Python is run to tell how");
  check("X = {}\nX |= A", "2:1: X is changed here, and no Python is run to tell how");
}

TEST_CASE("nothing that stands in a script makes the reader grow without end") {
  CHECK(value_of_x("X = " + std::string(100'000, '(')) == "1:70: more than 64 levels within each other");
  CHECK(value_of_x("X = " + std::string(100'000, '-') + "1") == "1:70: too many signs");
  std::string doubling = "A0 = '" + std::string(1000, 'a') + "'\n";
  for (int i = 1; i < 60; ++i) doubling += fmt::format("A{} = A{} + A{}\n", i, i - 1, i - 1);
  CHECK(value_of_x(doubling + "X = A59") == "61:5: 'A59' is computed, and no Python is run: write the value itself");
}

TEST_CASE("a place costs the same wherever it is, and a key whatever stands before it") {
  std::string sum = "#" + std::string(10'000'000, '-') + "\nX = 1";
  for (int i = 1; i < 50'000; ++i) sum += "+1";
  CHECK(value_of_x(sum + "+a") == "2:100005: 'a' is computed, and no Python is run: write the value itself");

  std::string dict = "X = {'first': 1";
  for (int i = 0; i < 200'000; ++i) dict += fmt::format(",'a long beginning and {}':0", i);
  const std::string value = value_of_x(dict + ",'first': 2}");
  CHECK(value.starts_with("{first: 2, a long beginning and 0: 0, "));
  CHECK(value.ends_with("a long beginning and 199999: 0}"));
}

TEST_CASE("every beginning of a script can be read") {
  const std::string script = R"x(#!/usr/bin/env python3
"""Sync."""
X = {"a": ('q{m="u"}[2m]' r'\d' '\x41\u00e9', "node", -1.0e-3 ** 2), "b": [None, 0x1f], }
Y: str = os.environ.get("Y", "z")
X["c"] += f'{a}'
)x";
  for (std::size_t size = 0; size <= script.size(); ++size) {
    // Bytes of their own, so that a sanitizer sees what is read behind them.
    const std::string beginning(script, 0, size);
    read_python_constants(beginning);
  }
}
