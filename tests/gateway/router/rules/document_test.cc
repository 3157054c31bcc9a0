#include "gateway/router/rules/document.h"

#include <doctest/doctest.h>
#include <toml++/toml.h>

#include <string>
#include <string_view>

#include "gateway/config/toml_depth.h"
#include "gateway/router/rules/place.h"
#include "tests/gateway/router/rules/show.h"

using namespace gw::rules;
using namespace rules_test;

namespace {

void check_json(std::string_view source, std::string_view want) {
  CAPTURE(source);
  CHECK(show(parse_json(source, "f")) == want);
}

void check_toml(std::string_view source, std::string_view want) {
  CAPTURE(source);
  CHECK(show(parse_toml(source, "f")) == want);
}

/// The first text of a document, also one within arrays and objects.
const Node* first_text(const Node& node) {
  if (node.kind == Node::Kind::text) return &node;
  for (const Node& child : node.children) {
    if (const Node* const found = first_text(child)) return found;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("every value of JSON knows its place, in the order of the file") {
  check_json("{}", "{}@1:1");
  check_json("{\"b\": 1, \"a\": [true,false, null]}",
             "{b@1:2: 1@1:7, a@1:10: [true@1:16, false@1:21, null@1:28]@1:15}@1:1");
  check_json("\n {\"a\":\n\t{\"b\" : \"c\"}}\r\n", "{a@2:3: {b@3:3: 'c'@3:9}@3:2}@2:2");
  check_json("{\"a\":-1,\"b\":[1,-2 ,3]}", "{a@1:2: -1@1:6, b@1:9: [1@1:14, -2@1:16, 3@1:20]@1:13}@1:1");
  check_json("{\"a\":1.5e3}", "{a@1:2: 1.500000e+03@1:6}@1:1");
  check_json("{\"a\":9223372036854775807}", "{a@1:2: 9223372036854775807@1:6}@1:1");
  check_json("{\"a\":9223372036854775808}", "{a@1:2: 9.223372e+18@1:6}@1:1");
  check_json("{\"a\":[[]]}", "{a@1:2: [[]@1:7]@1:6}@1:1");
}

TEST_CASE("a place is counted in characters, past texts with quotes in them") {
  check_json("{\"é€😀\": \"é\", \"b\": 1}", "{é€😀@1:2: 'é'@1:9, b@1:14: 1@1:19}@1:1");
  check_json(R"({"a\"": "\\", "\\\"": "\"\\\"", "c": 1})",
             R"({a"@1:2: '\'@1:9, \"@1:15: '"\"'@1:23, c@1:33: 1@1:38}@1:1)");
  check_json(R"({"": "", "a": ""})", "{@1:2: ''@1:6, a@1:10: ''@1:15}@1:1");
}

TEST_CASE("comments stand anywhere between tokens") {
  check_json("// \"x\"\n{/* \" */\"a\"/**/:/***/1/*,*/,// }\n\"b\"://\n2}/* end */ // end",
             "{a@2:9: 1@2:22, b@3:1: 2@4:1}@2:1");
  check_json("{\"a\": \"// no /* comment */\"}", "{a@1:2: '// no /* comment */'@1:7}@1:1");
}

TEST_CASE("what is no JSON is refused with the place, what was expected, what was seen and what now") {
  check_json("",
             "f:1:1: the file is empty; rules are an object, for example: {\"manipulate_messages\": "
             "[{\"drop_by_name\": [\"x\"]}]}");
  check_json(" // nothing\n",
             "f:1:1: the file is empty; rules are an object, for example: "
             "{\"manipulate_messages\": [{\"drop_by_name\": [\"x\"]}]}");
  check_json("[]", "f:1:1: rules are an object, for example: {\"manipulate_messages\": [{\"drop_by_name\": [\"x\"]}]}");
  check_json("\n\"a\"",
             "f:2:1: rules are an object, for example: {\"manipulate_messages\": [{\"drop_by_name\": [\"x\"]}]}");
  check_json("{} {}", "f:1:4: syntax error: expected nothing more, saw '{'");
  check_json("{",
             "f:1:2: syntax error: expected a key in double quotes or '}', saw the end of the file; the '{' at 1:1 "
             "is not closed");
  check_json("{\"a\": [1,\n 2",
             "f:2:3: syntax error: expected ',' or ']', saw the end of the file; the '[' at 1:7 is "
             "not closed");
  check_json("{\"a\": 1,}",
             "f:1:9: syntax error: expected a key in double quotes, saw '}'; is there a ',' too many "
             "before it?");
  check_json("{\"a\": [1 , // two\n ]}",
             "f:2:2: syntax error: expected a value, saw ']'; is there a ',' too many before it?");
  check_json("{\"a\": }", "f:1:7: syntax error: expected the value of 'a', saw '}'");
  check_json("{\"a\" 1}", "f:1:6: syntax error: expected ':' after the key 'a', saw '1'");
  check_json("{\"a\" = 1}",
             "f:1:6: syntax error: expected ':' after the key 'a', saw '='; a key and its value have ':' "
             "between them");
  check_json("{\"a\": 1\n \"b\": 2}",
             "f:2:2: syntax error: expected ',' or '}', saw '\"b\"'; is a ',' missing before it?");
  check_json("{\"a\": [1 2]}", "f:1:10: syntax error: expected ',' or ']', saw '2'");
  check_json("{\"a\": [{} {}]}", "f:1:11: syntax error: expected ',' or ']', saw '{'; is a ',' missing before it?");
  check_json("{\"a\": [\"x\" \"y\\\"\"]}",
             "f:1:12: syntax error: expected ',' or ']', saw '\"y\\\"\"'; is a ',' missing before it?");
  check_json("{a: 1}",
             "f:1:2: syntax error: expected a key in double quotes or '}', saw 'a'; texts stand in double "
             "quotes, only true, false and null without");
  check_json("{\"a\": 'x'}", "f:1:7: syntax error: expected the value of 'a', saw '''; texts stand in double quotes");
  check_json("{\"a\": True}",
             "f:1:7: syntax error: expected the value of 'a', saw 'True'; texts stand in double "
             "quotes, only true, false and null without");
  check_json("{\"a\": tru}",
             "f:1:7: syntax error: expected the value of 'a', saw 'tru'; texts stand in double quotes, "
             "only true, false and null without");
  check_json("{\"a\": tru",
             "f:1:7: syntax error: expected the value of 'a', saw 'tru'; texts stand in double quotes, "
             "only true, false and null without");
  check_json("{\"a\": trueish}",
             "f:1:11: syntax error: expected ',' or '}', saw 'ish'; texts stand in double quotes, "
             "only true, false and null without");
  check_json("{\"a\": é}", "f:1:7: syntax error: expected the value of 'a', saw 'é'");
  check_json("{ # no\n}",
             "f:1:3: syntax error: expected a key in double quotes or '}', saw '#'; a comment begins with "
             "//");
  check_json("[router]\n", "f:1:2: syntax error: expected a value or ']', saw 'router'; is this TOML and not JSON?");
  check_json("hostname_tag = 'node'\n",
             "f:1:1: syntax error: expected '{', saw 'hostname_tag'; is this TOML and not JSON?");
  check_json("drop_metrics:\n  - a\n",
             "f:1:1: syntax error: expected '{', saw 'drop_metrics'; is this YAML and not JSON?");
}

TEST_CASE("words in a comment are not taken for what is wrong") {
  check_json("{ // unexpected string literal, missing closing quote\n b}",
             "f:2:2: syntax error: expected a key in double quotes or '}', saw 'b'; texts stand in double quotes, only "
             "true, false and null without");
  check_json("{\"a\": /* control character; last read: 'x', unexpected number literal */ x}",
             "f:1:74: syntax error: expected the value of 'a', saw 'x'; texts stand in double quotes, only true, false "
             "and null without");
}

TEST_CASE("what is wrong within a token is pointed at") {
  check_json("{\"a\": \"x\n",
             "f:1:9: syntax error: the text does not end on its line: is the closing quote missing? A "
             "line break is written \\n");
  check_json("{\"a\": \"x", "f:1:9: syntax error: the closing quote of a text is missing");
  check_json("{\"a\": \"é\t\"}", "f:1:9: syntax error: a tab within a text is written \\t");
  check_json("{\"a\": \"\x1b\"}", "f:1:8: syntax error: control characters within a text are written like \\u001b");
  check_json("{\"a\": \"\\d+\"}",
             "f:1:9: syntax error: a backslash is written twice: \\\\; in regular expressions % "
             "may stand for it, like %d");
  check_json("{\"a\": \"\\u00g0\"}", "f:1:12: syntax error: \\u is followed by 4 digits of 0-9 and a-f, like \\u00e9");
  check_json("{\"a\": \"\\ud800x\"}",
             "f:1:14: syntax error: \\ud800 to \\udfff come in pairs, like \\ud83d\\ude00; or "
             "write the character itself");
  check_json("{\"a\": \"\\u0000\"}", "f:1:7: a null character must not stand in a text, remove it");
  check_json("{\"\\u0000\": 1}", "f:1:2: a null character must not stand in a text, remove it");
  check_json("{\"a\": -}", "f:1:8: syntax error: a digit must follow '-'");
  check_json("{\"a\": 1.}", "f:1:9: syntax error: a digit must follow '.'");
  check_json("{\"a\": [1e999]}", "f:1:8: syntax error: the number is too large");
  check_json("{\"a\": 1 / 2}", "f:1:10: syntax error: a comment begins with // or /*");
  check_json("{} /* x", "f:1:4: syntax error: the comment that begins here has no closing */");
}

TEST_CASE("a key that stands twice is refused with both places") {
  check_json("{\"a\": 1,\n \"b\": {\"a\": 1},\n \"a\": 2}",
             "f:3:2: key 'a' stands twice, the first time at 1:2; remove one");
  check_json("{\"a\": 1, \"\\u0061\": 2}", "f:1:10: key 'a' stands twice, the first time at 1:2; remove one");
  check_toml("a = 1\na = 2\n",
             "f:2:5: syntax error in key-value pair: cannot redefine existing integer 'a'; it stands "
             "twice, remove one");
}

TEST_CASE("files that are no text are named as what they are") {
  using namespace std::string_view_literals;
  for (const auto parse : {parse_json, parse_toml}) {
    CHECK(show(parse("a\n\0"sv, "f")) == "f:2:1: a NUL (byte 0x00) stands here, remove it or save the file as UTF-8");
    CHECK(show(parse("\xff\xfe{\0}\0"sv, "f")) == "f:1:1: the file is UTF-16, save it as UTF-8");
    CHECK(show(parse("\"é\xe9\"", "f")) == "f:1:3: byte 0xe9 is no UTF-8, save the file as UTF-8");
    const std::string blanks(source_bytes_max + 1, ' ');
    CHECK(show(parse(blanks, "f")) == "f: it has more than 1MiB");
  }
  check_json("\xef\xbb\xbf{\"a\": 1}", "{a@1:2: 1@1:7}@1:1");
  check_json("\xef\xbb\xbf{\"a\" 1}", "f:1:6: syntax error: expected ':' after the key 'a', saw '1'");
  check_json("\xef\xbb\xbfname: a", "f:1:1: syntax error: expected '{', saw 'name'; is this YAML and not JSON?");
  check_json("\xef\xbb\xbf\xef\xbb\xbf{}", "f:1:1: syntax error: expected '{', saw '\xef\xbb\xbf'");
  CHECK(show(parse_json("\xef\xbb\xbf", "f")).starts_with("f:1:1: the file is empty; "));
  check_toml(
      "\xef\xbb\xbf"
      "a = 1",
      "{a@1:1: 1@1:5}@1:1");
}

TEST_CASE("what stands too deep is refused before it is read") {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(parse_json(nested(depth_max - 1), "f"));
  check_json(nested(depth_max), "f:1:69: more than 64 levels within each other");
  check_json(nested(100'000), "f:1:69: more than 64 levels within each other");
  const auto keys = [](std::size_t depth) {
    std::string key = "a";
    for (std::size_t i = 1; i < depth; ++i) key += ".a";
    return key + " = 1";
  };
  CHECK(parse_toml(keys(depth_max - 1), "f"));
  check_toml(keys(depth_max), "f:1:131: more than 64 levels within each other");
  check_toml(keys(500'000), "f:1:130: more than 64 levels within each other");
}

TEST_CASE("levels of TOML are counted before toml++ calls itself for each of them") {
  const auto check = [](std::string_view source, std::string_view where) {
    CAPTURE(source);
    const auto problem = gw::config::depth_problem(source, 3);
    CHECK((problem ? show(problem->where) : "") == where);
  };
  check("a.b.c = 1.5\na.b.c = 1.5\n", "");
  check("a.b.c.d.e = 1\n", "1:8");
  check("é = 1\n[a.b.c]\nx.y.z = 1\n[\"é\".b.c.d]\n", "4:9");
  check("a = [[1.5, 2.5], [3.5]]\nb = [\n[1.5],\n[2.5]\n]\n", "");
  check("a = [[\n1, {b = 1}, [[2]]]]\n", "2:14");
  check("a.b = {c.d = {}}\n", "1:14");
  check("a = {b.c = 1, d.e = 1, f.g = 1}\na.b = {c = 1}\n", "");
  // Not in comments and texts.
  check("a = 1 # [[[[ a.b.c.d.e\n\"a.b.c.d.e\" = '[[[['\n", "");
  check("a = \"\\\"[[[[\"\nb = \"\"\"\n\\\"\"\"[[[[\n\"\"\"\nc = '''\n[[[[\n'''\nd = [[[[1]]]]\n", "8:8");
  check("a = {b = \"\"\"c\"\"\"\", d.e.f.g = 1}\n", "1:25");
  check("a = {b = \"\"\"c\"\"\"\"\", d.e.f.g = 1}\n", "1:26");
  check("a = {b = '''c'''', d.e.f.g = 1}\n", "1:25");
  check("a = {b = '''c''''', d.e.f.g = 1}\n", "1:26");
  check("a = {b = \"\"\"\"\"\", d.e.f.g = 1}\n", "1:23");
  check("a = \"\n[[[[1]]]]\n", "2:4");
  check("a = \"\"\"[[[[", "");
  check("]]]}a.b.c", "");
}

TEST_CASE("TOML gives the same tree, in the order of the file") {
  check_toml("", "{}@1:1");
  check_toml("b = 1\na = [true, 1.5, 'x']\n", "{b@1:1: 1@1:5, a@2:1: [true@2:6, 1.500000e+00@2:12, 'x'@2:17]@2:5}@1:1");
  check_toml("[[z]]\nb.y = 1\nb.x = 2\n[[z]]\n[a]\n",
             "{z@1:3: [{b@2:1: {y@2:3: 1@2:7, x@3:3: 2@3:7}@2:1}@1:1, {}@4:1]@1:1, a@5:2: {}@5:1}@1:1");
  check_toml("a = {\"é\" = \"b\", c = 2}", "{a@1:1: {é@1:6: 'b'@1:12, c@1:17: 2@1:21}@1:5}@1:1");
  check_toml("a = 2024-01-01", "f:1:5: rules have no dates and times; write a text in quotes");
  check_toml("a = [12:00:00]", "f:1:6: rules have no dates and times; write a text in quotes");
  check_toml("a = \"\\u0000\"", "f:1:5: a null character must not stand in a text, remove it");
  check_toml("a = '''x\n", "f:2:1: syntax error in literal string: encountered end-of-file");
  check_toml("a = node\n",
             "f:1:6: syntax error in floating-point: expected 'nan', saw 'no'; text and durations stand in quotes: "
             "\"60s\"");
}

TEST_CASE("a table of a configuration is a document with the configuration's places") {
  constexpr std::string_view source = "[gateway]\ncluster = 'c'\n[router]\nhostname_tag = \"no\\u0064e\"\n";
  const toml::table parsed = toml::parse(source);
  const Parsed document = from_toml(*parsed["router"].as_table(), source, "f", "router", {});
  REQUIRE(document);
  CHECK(show(document) == "{hostname_tag@4:1: 'node'@4:16}@3:1");
  CHECK(show(place_in(PlaceIndex(document->source), document->root.children[0], 3)) == "4:25");
}

TEST_CASE("a byte of a text is found in the source, through quotes and escapes") {
  // `$` is where the byte at `offset` stands; it is taken out of the source.
  const auto check = [](Document::Format format, std::string source, std::size_t offset) {
    CAPTURE(source);
    CAPTURE(offset);
    const std::size_t mark = source.find('$');
    source.erase(mark, 1);
    const Parsed parsed = format == Document::Format::json ? parse_json(source, "f") : parse_toml(source, "f");
    REQUIRE_MESSAGE(parsed, show(parsed));
    const Node* const text = first_text(parsed->root);
    REQUIRE(text != nullptr);
    CHECK(show(place_in(PlaceIndex(parsed->source), *text, offset)) == show(place_of(source, mark)));
  };
  const auto json = [&](const std::string& source, std::size_t offset) {
    check(Document::Format::json, source, offset);
  };
  const auto toml = [&](const std::string& source, std::size_t offset) {
    check(Document::Format::toml, source, offset);
  };

  json(R"({"a": "$name"})", 0);
  json(R"({"a": "na$me"})", 2);
  json(R"({"a": "name$"})", 4);
  json(R"({"a": "name$"})", 1000);
  json(R"({"a": "$"})", 0);
  json("{\"é\":\n [\n  \"é$x\"]}", 2);
  json("{\"é\":\n [\n  \"$éx\"]}", 1);
  json(R"({"a": "\"\\\/$\b"})", 3);
  json(R"({"a": "\"\\\/\b$\f\n\r\t"})", 4);
  json(R"({"a": "\n$x"})", 1);
  json(R"({"a": "\u0041$\u00e9\u20acx"})", 1);
  json(R"({"a": "\u0041\u00e9$\u20acx"})", 3);
  json(R"({"a": "\u0041\u00E9\u20AC$x"})", 6);
  json(R"({"a": "\u0041\u00e9$\u20ACx"})", 5);
  json(R"({"a": "\ud83d\ude00$x"})", 4);
  json(R"({"a": "$\uD83D\uDE00x"})", 3);
  json(R"({"a": "\uffff\\u0041$x"})", 9);
  json(R"({"a": "\uffff\\u$0041x"})", 5);

  toml(R"(a = "n\tam$e")", 4);
  toml(R"(a = "\U0001F600$x")", 4);
  toml(R"(a = "\u00e9$x")", 2);
  toml(R"(a = "$")", 0);
  toml(R"(a = ["$"])", 0);
  toml(R"(a = 'n\t$x')", 3);
  toml(R"(a = '"""$x')", 3);
  toml(R"(a = """$x""")", 0);
  toml("a = \"\"\"\n$x\"\"\"", 0);
  toml("a = \"\"\"\r\nx\r\n$y\"\"\"", 2);
  toml("a = \"\"\"\n\n$x\"\"\"", 1);
  toml("a = \"\"\"x \\\n \t\r\n\n $y\"\"\"", 2);
  toml("a = \"\"\"x \\  \n $\\ty\"\"\"", 2);
  toml("a = \"\"\"x\"y\"\"$z\"\"\"\"\"", 5);
  toml("a = \"\"\"x\"y\"\"z\"$\"\"\"\"", 7);
  toml("a = '''\nx\\\n$y'''", 3);
  toml("a = '''x''$y'''", 3);
}

TEST_CASE("a byte of a key is found in the source") {
  const auto check = [](const Parsed& parsed, std::size_t offset, std::string_view want) {
    REQUIRE(parsed);
    CHECK(show(place_in_key(PlaceIndex(parsed->source), parsed->root.children[0], offset)) == want);
  };
  check(parse_json(R"({"n\"ame == 'x'": "y"})", "f"), 3, "1:7");
  check(parse_toml("\"n\\\"ame\" = 'y'", "f"), 3, "1:6");
  check(parse_toml("'name' = 'y'", "f"), 3, "1:5");
  check(parse_toml("name = 'y'", "f"), 3, "1:4");
  check(parse_toml("name = 'y'", "f"), 1000, "1:5");
}

TEST_CASE("places and bytes are the same thing") {
  constexpr std::string_view source = "a\né€x\r\n\n";
  struct Row {
    std::size_t offset;
    gw::config::Position where;
  };
  for (const Row& row : {Row{0, {1, 1}}, Row{1, {1, 2}}, Row{2, {2, 1}}, Row{4, {2, 2}}, Row{7, {2, 3}}, Row{8, {2, 4}},
                         Row{9, {2, 5}}, Row{10, {3, 1}}, Row{11, {4, 1}}}) {
    CAPTURE(row.offset);
    CHECK(place_of(source, row.offset) == row.where);
    CHECK(offset_of(source, row.where) == row.offset);
  }
  CHECK(place_of(source, 3) == gw::config::Position{2, 1});
  CHECK(place_of(source, 100) == gw::config::Position{4, 1});
  CHECK(offset_of("\xef\xbb\xbfx", {1, 1}) == 3);
  CHECK(place_of("\xef\xbb\xbfx", 4) == gw::config::Position{1, 2});
  for (const gw::config::Position none : {gw::config::Position{}, {1, 3}, {4, 2}, {5, 1}, {1, 0}}) {
    CHECK(offset_of(source, none) == std::nullopt);
    CHECK(PlaceIndex(source).offset_of(none) == std::nullopt);
  }
}

TEST_CASE("an index has the places that a look from the front finds, of long lines and of many") {
  const auto check = [](const std::string& source) {
    const PlaceIndex index(source);
    for (std::size_t offset = 0; offset <= source.size(); offset += 7) {
      CAPTURE(offset);
      const gw::config::Position where = place_of(source, offset);
      CHECK(index.at(offset) == where);
      CHECK(index.offset_of(where) == offset_of(source, where));
    }
    CHECK(index.at(source.size() + 1) == place_of(source, source.size()));
  };
  const auto repeated = [](std::string_view text) {
    std::string all;
    while (all.size() < 5000) all += text;
    return all;
  };
  check("");
  check("x");
  check(repeated("a"));
  check(repeated("\n"));
  check(repeated("é€x"));
  check("\xef\xbb\xbf" + repeated("aé\r\nbb😀\n\n"));
}
