#include "gateway/cli/scripts/python_blocks.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace gw::cli;

namespace {

std::string show(std::string_view source) {
  constexpr std::string_view kinds[] = {"function", "assignment", "import", "other"};
  std::string out;
  for (const PythonBlock& block : python_blocks(source, {})) {
    out += fmt::format("{} {} {}:{}, ", kinds[static_cast<std::size_t>(block.kind)], block.name, block.where.line,
                       block.where.column);
  }
  return out;
}

std::vector<std::uint64_t> fingerprints(std::string_view source) {
  std::vector<std::uint64_t> out;
  for (const PythonBlock& block : python_blocks(source, {{"SHORT", "LONG_NAME"}})) out.push_back(block.fingerprint);
  return out;
}

}  // namespace

TEST_CASE("a script is cut into the statements that stand in no other") {
  CHECK(show("") == "");
  CHECK(show("\"\"\"What it does.\"\"\"\n# and how\n") == "");
  CHECK(show("import sys\nfrom a import b\nA = 1\nB: int = (\n2)\n") ==
        "import import 1:1, import from 2:1, assignment A 3:1, assignment B 4:1, ");
  CHECK(show("def f(a,\nb):\n  if a:\n    return 1\n\n  return 2\nf()\n") == "function f 1:5, other f 7:1, ");
  CHECK(show("@a\n@b(1)\nasync def f(): pass\nclass C:\n  @d\n  def g(self): pass\n  x = 1\n") ==
        "function f 3:11, function C 4:7, ");
  CHECK(show("try:\n  f()\nexcept E:\n  pass\nelse:\n  g()\nfinally:\n  h()\nif a: b\nelif c: d\n") ==
        "other try 1:1, other if 9:1, ");
  CHECK(show("A = 1; f = g; def\nf(); 'x'") == "assignment A 1:1, assignment f 1:8, function def 1:15, other f 2:1, ");
  CHECK(show("A = 1\nf('") == "assignment A 1:1, other f 2:1, ");
}

TEST_CASE("a fingerprint tells what Python does otherwise, and nothing else") {
  const std::string source = R"x(def f(a):
    if a:
        g('x', f"{LONG_NAME}/v", 1000)
        h()
    return a
)x";
  const auto want = fingerprints(source);
  REQUIRE(want.size() == 1);
  CHECK(fingerprints("def  f( a ) :\r\n\t'''Says\n  what.'''\n\tif a: # why\n\t\tg(\n\"x\",f'{SHORT}/v',\\\n1_000)\n\n"
                     "  # so\n\t\th();\n\treturn a") == want);
  // A tab goes on to the next multiple of 8, whatever stands before it.
  CHECK(fingerprints("def f():\n  \tg()\n       \th()\n\ti()") == fingerprints("def f():\n g()\n h()\n i()"));
  const auto differs = [&](std::string_view from, std::string_view to) {
    CAPTURE(to);
    std::string other = source;
    other.replace(other.find(from), from.size(), to);
    CHECK(fingerprints(other) != want);
  };
  differs("        h()", "    h()");
  differs("    return", "        return");
  differs("\n        h()", "; h()");
  differs("'x'", "'y'");
  differs("'x'", "x");
  differs("f\"{", "\"{");
  differs("f\"{", "rf\"{");
  differs("LONG_NAME", "LONG_NAMES");
  differs("1000", "1001");
  differs("1000", "'1000'");
  differs("def", "@b\ndef");
  differs("return a", "return a\n    '''x'''; a");
}
