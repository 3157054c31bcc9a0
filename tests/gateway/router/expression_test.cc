#include "gateway/router/expression/expression.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

#include "gateway/router/expression/functions.h"
#include "gateway/router/expression/parser.h"
#include "gateway/router/message.h"
#include "tests/codecs/allocations.h"
#include "tests/gateway/router/sample_message.h"

using namespace gw;
using namespace gw::expression;

namespace {

/// The value for the sample message, or "byte: text" of what is wrong, after "run " where only the message told.
std::string result(std::string_view source, Type::Kind wanted = Type::Kind::any) {
  const Checked<Expression> expression = Expression::compile(source, router::message_environment(), wanted);
  if (!expression) return fmt::format("{}: {}", expression.error().at, expression.error().text);
  const router::MessageView message = sample_message();
  const router::MessageVariables variables(message);
  Arena arena;
  if (wanted == Type::Kind::boolean) {
    const Checked<bool> holds = expression->decide(variables, arena);
    if (holds) return *holds ? "true" : "false";
    return fmt::format("run {}: {}", holds.error().at, holds.error().text);
  }
  const Checked<Value> value = expression->evaluate(variables, arena);
  return value ? text_of(*value) : fmt::format("run {}: {}", value.error().at, value.error().text);
}

void check(std::string_view source, std::string_view want) {
  CAPTURE(source.substr(0, 200));
  CHECK(result(source) == want);
}

void check_condition(std::string_view source, std::string_view want) {
  CAPTURE(source.substr(0, 200));
  CHECK(result(source, Type::Kind::boolean) == want);
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("a tag is found by each spelling that the documentation shows") {
  check("type-id", "7");
  check("typeid", "7");
  check("tag.type-id", "7");
  check("tags.typeid", "7");
  check("tags['type-id']", "7");
  check("tag_type-id", "7");
  check("msg.GetTag('type-id')", "7");
  check("metric.HasTag('type-id')", "true");
  check("msg?.HasTag('type-id')", "true");
  check("stype-id", "eth0");
  check("tag.stype-id", "eth0");
  check("tag_stype-id", "eth0");
  check("meta.unit", "MByte");
  check("meta_unit", "MByte");
  check("unit", "MByte");
  check("field.value", "72.5");
  check("field_value", "72.5");
  check("value", "72.5");
  check("metric.Name()", "cpu_load");
  check("name", "cpu_load");
  check("type - 1", "run 5: '-' does not fit between text and integer: int() or float() makes a number of a text");
  // Only these two names have a hyphen in them.
  check("type-idle", "run 4: '-' does not fit between text and nil: int() or float() makes a number of a text");
  check("no_such_thing", "<nil>");
}

TEST_CASE("methods look at the kinds of values as cc-lib's do") {
  const auto check = [](const router::MessageView& message, std::string_view method, bool want) {
    const Checked<Expression> expression =
        Expression::compile(fmt::format("msg.{}()", method), router::message_environment(), Type::Kind::boolean);
    REQUIRE(expression);
    CAPTURE(method);
    Arena arena;
    CHECK(expression->decide(router::MessageVariables(message), arena).value() == want);
  };
  const Value text = Value::of(std::string_view("x"));
  const Value number = Value::of(std::int64_t{1});
  const auto with = [](std::string_view key, Value value) {
    router::MessageView message;
    message.fields.emplace_back(key, value);
    return message;
  };
  check(with("value", number), "IsMetric", true);
  check(with("value", Value::of(true)), "IsMetric", true);
  check(with("value", text), "IsMetric", false);
  check(with("event", number), "IsMetric", false);
  check(with("event", text), "IsEvent", true);
  check(with("event", number), "IsEvent", false);
  check(with("log", text), "IsLog", true);
  check(with("log", number), "IsLog", false);
  router::MessageView control = with("control", text);
  check(control, "IsControl", false);
  control.tags = {{"method", Value::of(std::string_view("PUT"))}};
  check(control, "IsControl", true);
  control.tags[0].second = Value::of(std::string_view("GET"));
  check(control, "IsControl", true);
  control.tags[0].second = text;
  check(control, "IsControl", false);
  router::MessageView several = with("value", number);
  several.fields.emplace_back("event", text);
  check(several, "IsMetric", true);
  check(several, "IsEvent", true);
  ::check("msg.GetTag('none') == ''", "true");
  ::check("msg.GetMeta('none') == nil", "false");
  ::check("msg.GetField('none') == nil", "true");
}

TEST_CASE("a condition that gives nil does not hold") {
  check_condition("tag.none", "false");
  check_condition("tag.type == 'core' ? tag.none : true", "false");
  check_condition("tag.type == 'core' && tag.none", "false");
  check_condition("tag.type == 'x' or tag.none", "false");
  check_condition("tag.type", "run 4: this gives text, but true or false is needed");
}

TEST_CASE("numbers become text as Go prints them") {
  check("string(1e5)", "100000");
  check("string(1e6)", "1e+06");
  check("string(-1234567.5)", "-1.2345675e+06");
  check("string(999999.5)", "999999.5");
  check("string(0.0001)", "0.0001");
  check("string(0.00001)", "1e-05");
  check("string(1000000)", "1000000");
}

TEST_CASE("operators bind as in expr-lang") {
  check("1 + 2 * 3 ** 2", "19");
  check("2 ** 3 ** 2", "512");
  check("-2 ** 2", "-4");
  check("7 - 2 - 1", "4");
  check("7 / 2", "3.5");
  check("-7 % 3", "-1");
  check("1..3 == [1, 2, 3]", "true");
  check("not true == false", "true");
  check("not (name == 'x') and true", "true");
  check("true || false && false", "true");
  check("1 < 2 < 3", "true");
  check("1 < 3 < 2", "false");
  check("name == 'x' ? 1 : name == 'cpu_load' ? 2 : 3", "2");
  check("name | upper() | lower() == name", "true");
  check("cluster ?? 'none'", "none");
  check("(cluster ?? 'none') == 'none'", "true");
  check("cluster ?? host ?? hostname", "e1208");
}

TEST_CASE("what is too large for an integer is a float") {
  check("9223372036854775806 + 1", "9223372036854775807");
  check("9223372036854775807 + 1", "9.223372036854776e+18");
  check("9223372036854775807 + 1 > 0", "true");
  check("type(9223372036854775807 + 1)", "float");
  check("-9223372036854775807 - 1", "-9223372036854775808");
  check("-9223372036854775807 - 2", "-9.223372036854776e+18");
  check("0 - (-9223372036854775807 - 1) > 0", "true");
  check("3037000500 * 3037000500 > 0", "true");
  check("type(3037000499 * 3037000499)", "int");
  check("9223372036854775807 * -2 < 0", "true");
  check("timestamp * 1000000000000 > timestamp", "true");
  check("-(-9223372036854775807 - 1) > 0", "true");
  check("abs(-9223372036854775807 - 1) > 0", "true");
  check("abs(-9223372036854775807)", "9223372036854775807");
  check("sum([9223372036854775807, 1]) > 0", "true");
  check("(-9223372036854775807 - 1) % -1", "0");
  check("(-9223372036854775807 - 1) / -1 > 0", "true");
  check("1 / 0", "+Inf");
  check("0 / 0 == 0 / 0", "false");
  check("(9223372036854775807 + 1) % 2", "run 26: '%' does not fit between float and integer");
}

TEST_CASE("integers that are equal as floats are told apart") {
  check("min(9007199254740993, 9007199254740992)", "9007199254740992");
  check("max(9007199254740992, 9007199254740993)", "9007199254740993");
  check("max(9223372036854775807, 9223372036854775806.0)", "9223372036854775807");
  check("sort([9007199254740993, 9007199254740992])", "[9007199254740992 9007199254740993]");
  check("sort([9007199254740992, 9007199254740993], 'desc')", "[9007199254740993 9007199254740992]");
}

TEST_CASE("not goes before the tests of texts and lists") {
  check("name not in ['cpu_load', 'mem_used']", "false");
  check("'cluster' not in tags", "true");
  check("name not matches '^mem'", "true");
  check("name not contains 'load'", "false");
  check("name not startsWith 'cpu'", "false");
  check("name not endsWith 'x'", "true");
  check("not (name in [])", "true");
}

TEST_CASE("what is absent is nil and a chain ends at it") {
  check("tags.cluster == nil", "true");
  check("tags.cluster?.a.b.c", "<nil>");
  check("tags.cluster?.['a'].b", "<nil>");
  check("tags?.type", "core");
  check("tags.cluster matches 'a'", "false");
  check("tags.cluster in ['a']", "false");
  check("tags.cluster.a", "run 13: nil has no parts");
  check("tags.cluster > 'a'", "run 13: '>' does not fit between nil and text: nil is what is not there");
}

TEST_CASE("closures and variables") {
  check("any(['mem', 'cpu'], name startsWith #)", "true");
  check("all([1, 2], {# < 3})", "true");
  check("filter(1..5, # % 2 == 0)", "[2 4]");
  check("map(['a', 'b'], # + string(#index))", "[a0 b1]");
  check("reduce(1..4, #acc + #, 10)", "20");
  check("any([{a: 1}, {a: 2}], .a == 2)", "true");
  check("let t = tags.type; t == 'node' || t == 'core'", "true");
  check("let a = 1; let b = a + 1; map([1], let c = b; # + c)", "[3]");
  check("if name == 'x' { 1 } else if value > 70 { 2 } else { 3 }", "2");
  check("1; 2; 3", "3");
}

TEST_CASE("a text that is a decimal number compares with numbers") {
  check("type-id == 7", "true");
  check("7 == type-id", "true");
  check("type-id != 7.0", "false");
  check("6 < type-id < 8", "true");
  check("type-id in [6, 7]", "true");
  check("match('cpu', name) && type-id == 7", "true");
  check("{t: '-1.5'}.t == -1.5", "true");
  check("{t: '007'}.t == 7", "true");
  check("{t: '9223372036854775807'}.t == 9223372036854775807", "true");
  check("{t: '9223372036854775806'}.t == 9223372036854775807", "false");
  for (const std::string_view text : {"", "7 ", " 7", "+7", "0x7", "7e0", "inf", "nan", "-", ".", "--7", "7-", "7.0.0"})
    check(fmt::format("{{t: '{}'}}.t == 7", text), "false");
  check("stype-id == 0", "false");
  check("stype-id != 0", "true");
  check("stype-id > 0", "run 9: '>' does not fit between text and integer: 'eth0' is no number");
  check("0 <= type", "run 2: '<=' does not fit between integer and text: 'core' is no number");
}

TEST_CASE("a percent sign stands for a backslash in patterns") {
  check("'temp_core_12' matches '^temp_core_%d+$'", "true");
  check("'a b' matches '^%w%s%w$'", "true");
  check("'ab' matches '^%D%S%b$'", "true");
  check("'5%' matches '%$'", "true");
  check("'%x' matches '^%x$'", "true");
  check("let pattern = ['%d']; 'a1' matches pattern[0]", "true");
  check("match('^e%d{4}$', hostname)", "true");
  check("match('%.', 'a.b')", "true");
  check("match('%.', 'ab')", "false");
  check("match('^e' + '%d', hostname)", "true");
  check("match('x', cluster)", "false");
}

TEST_CASE("the text of an expression says what is wrong with it, and where") {
  check_condition("foo(name)", "0: there is no function 'foo'");
  check_condition("lowr(name) == ''", "0: there is no function 'lowr', did you mean 'lower'");
  check_condition("msg.HasTags('type')", "4: there is no method 'HasTags', did you mean 'HasTag'");
  check_condition("msg.Foo()", "4: there is no method 'Foo'");
  check_condition("name.HasTag('x')", "5: text has no method 'HasTag'");
  check_condition("mesage.HasTag('x')", "0: unknown name 'mesage', did you mean 'message'");
  check_condition("$env.name == 'x'", "0: unknown name '$env'");
  check_condition("msg.HasTag()", "4: 'HasTag' needs 1 argument, not 0");
  check_condition("match('cpu')", "0: 'match' needs 2 arguments, not 1");
  check_condition("max() == 3", "0: 'max' needs at least 1 argument, not 0");
  check_condition("trim(name, 'a', 'b') == ''", "0: 'trim' needs at most 2 arguments, not 3");
  check_condition("name = 'x'", "5: '=' assigns nothing here: 'is equal' is '=='");
  check_condition("value > 70 AND name == 'x'", "11: 'and' is written in small letters, or '&&'");
  check_condition("value > 70 OR name == 'x'", "11: 'or' is written in small letters, or '||'");
  check_condition("name =~ 'x'", "6: '~' is no operator: a pattern is tested by 'matches'");
  check_condition("value > 70 & true",
                  "11: '&' is no operator: 'and' is '&&', and of the bits of integers bitand(a, b)");
  check_condition("name in ('a', 'b')", "12: a list stands in brackets: name in ['a', 'b']");
  check_condition("name.contains('x')", "5: 'contains' stands between two texts: name contains 'x'");
  check_condition("type.endsWith('x')", "5: 'endsWith' stands between two texts: name endsWith 'x'");
  check_condition("startsWith(name, 'x')", "0: 'startsWith' stands between two texts: name startsWith 'x'");
  check_condition("value > 1 && matches('x')", "13: 'matches' stands between two texts: name matches 'x'");
  check_condition("name like 'x%'", "5: there is no 'like', but 'contains', 'startsWith', 'endsWith' and 'matches'");
  check_condition("name not LIKE 'x%'",
                  "9: there is no 'like', but 'contains', 'startsWith', 'endsWith' and 'matches'");
  check_condition("like == 'a' && tag.contains == 'b'", "false");
  check_condition("name == 'x", "8: the text is not closed by '''");
  check_condition("name == \"x\n\"", "8: the text is not closed by '\"'");
  check_condition("name == `x", "8: the text is not closed by '`'");
  check_condition("(name == 'x'", "12: the expression ends here, ')' is missing");
  check_condition("name in ['a', 'b'", "17: the expression ends here, ']' is missing");
  check_condition("name == 'x')", "11: unexpected ')'");
  check_condition("name &&", "7: the expression ends here although something must follow");
  check_condition("", "0: the expression ends here although something must follow");
  check_condition("&& name", "0: unexpected '&&'");
  check_condition("name xor true", "5: unexpected 'xor'");
  check_condition("@name", "0: what starts here is no part of an expression");
  check_condition("/* comment", "0: the comment is not closed by '*/'");
  check_condition("name == 'a\\d'",
                  "10: no such escape: a backslash is written '\\\\', and a text in `…` has no escapes");
  check_condition("name matches '('", "13: not a regular expression: missing ): (");
  check_condition("name matches 'a%d('", "13: not a regular expression: missing ): a\\d(");
  check_condition("match('[a', name)", "6: not a regular expression: missing ]: [a");
  check_condition("match('((a{100}){100}){100}', name)", "6: not a regular expression: invalid repetition size: {100}");
  check_condition("99999999999999999999 > 1",
                  "0: the number is too large for an integer: with '.0' at its end it is a float");
  check_condition("value < 9223372036854775808.0", "true");
  check_condition("1e999 > 1", "0: the number is too large");
  check_condition("12abc == 1", "0: what starts here is no number");
  check_condition("let x = 1", "9: the expression ends here, ';' is missing");
  check_condition("let name = 1; true", "0: 'name' has a meaning already");
  check_condition("let x = 1; let x = 2; true", "11: 'x' has a meaning already");
  check_condition("nil ?? 1 == 1", "9: '==' does not mix with a coalescing operator: parentheses are needed");
  check_condition("any(['a'], #foo == 'a')", "11: there is no '#foo', but '#', '#index' and '#acc'");
  check_condition("#a == 1", "0: unexpected '#'");
  check_condition("{a: 1, b 2}.a == 1", "9: unexpected '2', ':' is missing");
}

TEST_CASE("what no message could make right is refused beforehand") {
  check_condition("name == 3", "5: '==' does not fit between text and integer");
  check_condition("name < 3", "5: '<' does not fit between text and integer");
  check_condition("name + 1 == 2", "5: '+' does not fit between text and integer");
  check_condition("name contains 3", "5: 'contains' does not fit between text and integer");
  check_condition("value > 70 && name", "11: 'and' does not fit between true or false and text");
  check_condition("'x' in name", "4: 'in' looks into a list or a map: for a text within a text take 'contains'");
  check_condition("not name", "0: 'not' needs true or false, not text");
  check_condition("-name == 1", "0: a sign needs a number, not text");
  check_condition("name ? true : false", "5: a condition is true or false, not text");
  check_condition("name[0] == 'c'", "4: text has no parts");
  check_condition("metric.name == 'c'",
                  "7: a message has methods like metric.Name(), no parts: its name is 'name', its tags are 'tag'");
  check_condition("name[1:'a'] == 'x'", "7: a bound is an integer, not text");
  check_condition("sum(tags) == 1", "0: 'sum' goes over a list, not over map");
  check_condition("1 % 0 == 1", "2: a division by zero");
  check_condition("name", "0: this gives text, but true or false is needed");
  check_condition("timestamp", "0: this gives integer, but true or false is needed");
  check_condition("tags", "0: this gives map, but true or false is needed");
}

TEST_CASE("what a message makes wrong is said with its place") {
  check_condition("value", "run 0: this gives float, but true or false is needed");
  check_condition("true && value", "run 5: 'and' does not fit between true or false and float");
  check_condition("not value", "run 0: 'not' needs true or false, not float");
  check_condition("value ? true : false", "run 6: a condition is true or false, not float");
  check_condition("type > 3", "run 5: '>' does not fit between text and integer: 'core' is no number");
  check_condition("type-id % 2 == 1",
                  "run 8: '%' does not fit between text and integer: int() or float() makes a number of a text");
  check_condition("-type == 1", "run 0: a sign needs a number, not text");
  check_condition("int(type) == 3", "run 0: int: 'core' is no integer");
  check_condition("max(9007199254740992, 9007199254740993, 9007199254740992.0) == 9007199254740993", "true");
  check_condition("min(9007199254740993, 9007199254740992) == 9007199254740992", "true");
  check_condition("sort([9007199254740993, 1.5, 9007199254740992])[1] == 9007199254740992", "true");
  check_condition("int('+-5') == -5", "run 0: int: '+-5' is no integer");
  check_condition("int('+5') == 5", "true");
  check_condition("len(value) == 3", "run 0: len: argument 1 must be a text, list or map, not float");
  check_condition("sum(type) == 1", "run 0: 'sum' goes over a list, not over text");
  check_condition("tags.cluster.name == 'x'", "run 13: nil has no parts");
  check_condition("[1, 2][5] == 1", "run 6: there is no item 5 in a list of 2");
  check_condition("1 % (1 - 1) == 1", "run 2: a division by zero");
  check_condition("type[1:value] == 'x'", "run 4: a bound is an integer");
  check_condition("any([1, 'a'], # + 1 > 2)",
                  "run 16: '+' does not fit between text and integer: int() or float() makes a number of a text");
  check_condition("hostname matches type-id + '('", "run 9: not a regular expression: missing ): 7(");
  check_condition("match(unit + '(', name)", "run 0: match: not a regular expression: missing ): MByte(");
}

TEST_CASE("an expression has an end: of text, of depth, of parts, of steps and of what it makes") {
  check(std::string(source_bytes_max + 1, ' '), "65536: the expression is too long");
  check(repeated("(", 300) + "1" + repeated(")", 300),
        "100: parts stand within parts more than 200 deep: make several rules of it");
  check(repeated("!", 300) + "true", "199: parts stand within parts more than 200 deep: make several rules of it");
  check(repeated("if true { 1 } else ", 300) + "{ 1 }",
        "3746: parts stand within parts more than 200 deep: make several rules of it");
  constexpr std::string_view too_many =
      "8006: an expression has at most 2000 operators: where names are compared with many texts, write name in ['a', "
      "'b', …], else make several rules of it";
  check("1" + repeated(" + 1", 3000), too_many);
  check("1" + repeated(" < 1", 3000), too_many);
  check("[" + repeated("1, ", 10'000) + "1]", "29995: an expression has at most 10000 parts: make several rules of it");
  check("let list = 1..1500; all(list, all(list, true))", "run 40: the expression takes too many steps");
  check("let list = 1..50000; any(list, # in list and false)", "run 33: the expression takes too many steps");
  check("let a = repeat('a', 1000000); let b = repeat('a', 500000) + 'b'; a contains b",
        "run 67: the expression takes too many steps");
  check("len(uniq(1..1001))", "run 4: uniq: more than 1000 items");
  check("any(1..1000, match('a' + string(#), name))", "run 13: the expression takes too many steps");
  check(
      "let a = [1, 1]; let b = [a, a, a, a]; let c = [b, b, b, b]; let d = [c, c, c, c]; let e = [d, d, d, d]; "
      "let f = [e, e, e, e]; let g = [f, f, f, f]; let h = [g, g, g, g]; let i = [h, h, h, h]; "
      "let j = [i, i, i, i]; let k = [j, j, j, j]; len(string(k))",
      "run 240: the expression takes too many steps");
  check("string(reduce(1..100, [#acc], 0))", "run 0: lists within lists go too deep");
  check("repeat('a', 5000000)", "run 0: repeat: the expression makes too much text");
  check("1..10000000", "run 1: the expression makes too long a list");
}

TEST_CASE("simple conditions do not allocate") {
  const router::MessageView message = sample_message();
  const router::MessageVariables variables(message);
  Arena arena;
  for (const std::string_view source : {
           "name == 'cpu_load' && tag.type == 'core'",
           "value > 70",
           "type-id == 7 or stype-id != 3",
           "name matches '^cpu_%w+$'",
           "match('^e%d+$', hostname)",
           "name in ['mem_used', 'cpu_load']",
           "msg.HasTag('cluster') ? false : meta.unit startsWith 'M'",
           "value ** 2 > 7 and tags?.type != nil",
       }) {
    CAPTURE(source);
    const Checked<Expression> condition =
        Expression::compile(source, router::message_environment(), Type::Kind::boolean);
    REQUIRE(condition);
    REQUIRE(condition->decide(variables, arena));  // RE2 makes its tables at the first match
    const Allocations allocations;
    arena.clear();
    const Checked<bool> holds = condition->decide(variables, arena);
    CHECK(allocations.count() == 0);
    CHECK(holds);
  }
}
