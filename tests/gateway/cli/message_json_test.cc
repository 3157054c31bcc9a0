#include "gateway/cli/message_json.h"

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <string>

using namespace gw::cli;
using namespace std::string_view_literals;
using codecs::Message;

namespace {

std::string json_of(const Message& message, std::optional<std::string_view> subject = std::nullopt) {
  std::string json;
  append_json(json, message, subject);
  return json;
}

std::string there_and_back(std::string_view line) {
  const auto message = message_of_json(line);
  return message ? json_of(*message) : "error: " + message.error();
}

}  // namespace

TEST_CASE("a message is one JSON object, each field with its type") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Message message{"cpu",
                        {{"host", "a"}, {"rack", "b \"c\""}},
                        {{"value", 1.5},
                         {"i", std::numeric_limits<std::int64_t>::min()},
                         {"u", std::numeric_limits<std::uint64_t>::max()},
                         {"b", true},
                         {"s", "line\nbreak"},
                         {"n", std::numeric_limits<double>::quiet_NaN()},
                         {"p", infinity},
                         {"m", -infinity},
                         {"z", -0.0}},
                        1722945600000000000};
  CHECK(json_of(message) ==
        R"({"name":"cpu","tags":{"host":"a","rack":"b \"c\""},"fields":{"value":{"float":1.5},)"
        R"("i":{"int":-9223372036854775808},"u":{"uint":18446744073709551615},"b":{"bool":true},)"
        R"("s":{"string":"line\nbreak"},"n":{"float":"NaN"},"p":{"float":"+Inf"},"m":{"float":"-Inf"},)"
        R"("z":{"float":-0.0}},"time":1722945600000000000})");
  CHECK(json_of(Message{"m", {}, {}, std::nullopt}) == R"({"name":"m","tags":{},"fields":{},"time":null})");
}

TEST_CASE("the subject stands before all that the message says") {
  CHECK(json_of(Message{"m", {}, {}, 1}, "a.\"b") ==
        R"({"subject":"a.\"b","name":"m","tags":{},"fields":{},"time":1})");
}

TEST_CASE("of a field that stands twice the last one counts") {
  const Message message{"m", {}, {{"v", 1.0}, {"w", true}, {"v", std::int64_t{2}}}, 0};
  CHECK(json_of(message) == R"({"name":"m","tags":{},"fields":{"v":{"int":2},"w":{"bool":true}},"time":0})");
}

TEST_CASE("so it is where there are many, and each of them costs about the same") {
  Message message{"m", {}, {}, 0};
  for (int i = 0; i < 200'000; ++i) message.fields.push_back({"f" + std::to_string(i), true});
  const std::string once = json_of(message);
  CHECK(once.ends_with(R"("f199998":{"bool":true},"f199999":{"bool":true}},"time":0})"));
  message.fields.front().value = false;
  message.fields.push_back({"f0", true});
  message.tags = {{"t", "1"}, {"t", "2"}};
  CHECK(json_of(message) == R"({"name":"m","tags":{"t":"2"},)" + once.substr(R"({"name":"m","tags":{},)"sv.size()));
}

TEST_CASE("bytes that are no UTF-8 do not break the JSON") {
  CHECK(json_of(Message{"a\xff", {}, {}, 0}) == "{\"name\":\"a\xef\xbf\xbd\",\"tags\":{},\"fields\":{},\"time\":0}");
}

TEST_CASE("JSON lines are read back as they were printed") {
  const auto check = [](std::string_view line) { CHECK(there_and_back(line) == line); };
  check(R"({"name":"m","tags":{},"fields":{},"time":null})");
  check(R"({"name":"m","tags":{"a":"1","b":""},"fields":{"v":{"float":1e+300}},"time":-1})");
  check(R"({"name":"µ","tags":{},"fields":{"i":{"int":-9223372036854775808}},"time":9223372036854775807})");
  check(R"({"name":"m","tags":{},"fields":{"u":{"uint":18446744073709551615},"f":{"float":"NaN"}},"time":0})");
  check(R"({"name":"m","tags":{},"fields":{"s":{"string":"a\tb"},"t":{"bool":false}},"time":0})");
  CHECK(there_and_back(R"( {"time":1,"name":"m"} )") == R"({"name":"m","tags":{},"fields":{},"time":1})");
  CHECK(there_and_back(R"({"name":"m","fields":{"f":{"float":1}}})") ==
        R"({"name":"m","tags":{},"fields":{"f":{"float":1.0}},"time":null})");
}

TEST_CASE("what is wrong with a JSON line is said in its own words") {
  const auto check = [](std::string_view line, std::string_view want) {
    CAPTURE(line);
    CHECK(there_and_back(line) == "error: " + std::string(want));
  };
  check("",
        "parse error at line 1, column 1: syntax error while parsing value - unexpected end of input; expected "
        "'[', '{', or a literal");
  check(R"({"name":"m")",
        "parse error at line 1, column 12: syntax error while parsing object - unexpected end of "
        "input; expected '}'");
  check(R"({"name":"m","fields":{"v":{"float":1e400}}})", "number overflow parsing '1e400'");
  check(R"({"name":"m","tags":{"x":"1","x":"2"}})", "a key stands twice");
  check(R"({"name":"m","fields":{"x":{"int":1},"x":{"int":1}}})", "a key stands twice");
  check(R"({"name":"m","name":"n"})", "a key stands twice");
  std::string keys = R"({"name":"m","tags":{"a":"")";
  for (int i = 0; i < 10'000; ++i) keys += ",\"k" + std::to_string(i) + "\":\"\"";
  check(keys + "}}", "more than 8192 keys");
  const auto within_lists = [](std::size_t lists) { return std::string(lists, '[') + std::string(lists, ']'); };
  check(R"({"name":"m","time":)" + within_lists(63) + "}",
        "'time' must be an integer in nanoseconds or null, not " + within_lists(63));
  for (const std::size_t lists : {std::size_t{64}, std::size_t{200'000}}) {
    const std::string deep = within_lists(lists);
    check(R"({"name":"m","time":)" + deep + "}", "more than 64 levels within each other");
    check(R"({"name":"m","tags":{"a":)" + deep + "}}", "more than 64 levels within each other");
    check(R"({"name":"m","fields":{"v":{"int":)" + deep + "}}}", "more than 64 levels within each other");
  }
  check("[]", "not an object");
  check("{}", "no 'name'");
  check(R"({"name":1})", "'name' must be a text, not 1");
  check(R"({"name":"m","tag":{}})", "unknown key 'tag': name, tags, fields and time are known");
  check(R"({"name":"m","tags":[]})", "'tags' must be an object of texts");
  check(R"({"name":"m","tags":{"a":1}})", "tag 'a' must be a text, not 1");
  check(R"({"name":"m","fields":1})", "'fields' must be an object");
  const std::string shape = R"(field 'v' must be an object of one type, for example {"float":1.5})";
  check(R"({"name":"m","fields":{"v":1}})", shape);
  check(R"({"name":"m","fields":{"v":{}}})", shape);
  check(R"({"name":"m","fields":{"v":{"int":1,"float":1}}})", shape);
  check(R"({"name":"m","fields":{"v":{"double":1}}})",
        "field 'v' has the unknown type 'double': float, int, uint, string or bool");
  check(R"({"name":"m","fields":{"v":{"int":1.5}}})", "field 'v' must be an integer of 64 bits, not 1.5");
  check(R"({"name":"m","fields":{"v":{"int":9223372036854775808}}})",
        "field 'v' must be an integer of 64 bits, not 9223372036854775808");
  check(R"({"name":"m","fields":{"v":{"uint":-1}}})", "field 'v' must be an unsigned integer of 64 bits, not -1");
  check(R"({"name":"m","fields":{"v":{"float":"1"}}})",
        R"(field 'v' must be a number, "NaN", "+Inf" or "-Inf", not "1")");
  check(R"({"name":"m","fields":{"v":{"bool":1}}})", "field 'v' must be true or false, not 1");
  check(R"({"name":"m","fields":{"v":{"string":1}}})", "field 'v' must be a text, not 1");
  check(R"({"name":"m","time":"now"})", R"('time' must be an integer in nanoseconds or null, not "now")");
  check(R"({"name":"m","time":1.5})", "'time' must be an integer in nanoseconds or null, not 1.5");
}
