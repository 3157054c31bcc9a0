#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "codecs/line_protocol.h"
#include "tests/codecs/allocations.h"
#include "tests/codecs/line_tools.h"

using namespace codecs;
using namespace line_tools;

namespace {

/// The line without its '\n', or the reason in angle brackets.
std::string written(const Point& point, Dialect dialect = Dialect::line_protocol_v2) {
  std::string out = "kept\n";
  const auto result = append_line(out, point, dialect);
  CHECK(out.starts_with("kept\n"));
  if (!result) {
    CHECK(out == "kept\n");
    return "<" + std::string(result.error()) + ">";
  }
  CHECK(out.ends_with('\n'));
  return out.substr(5, out.size() - 6);
}

std::string written(std::vector<Tag> tags, std::vector<Field> fields, Dialect dialect = Dialect::line_protocol_v2) {
  return written(Point{"m", tags, fields, std::nullopt}, dialect);
}

}  // namespace

TEST_CASE("a point is written as one line") {
  const std::vector<Tag> tags = {{"cluster", "fritz"}, {"hostname", "f0201"}, {"type-id", "17"}};
  const std::vector<Field> fields = {
      {"value", 0.8241}, {"n", std::int64_t{-7}}, {"b", true}, {"s", StringValue{"x y"}}};
  CHECK(written(Point{"cpu_load", tags, fields, 1700000000}) ==
        "cpu_load,cluster=fritz,hostname=f0201,type-id=17 value=0.8241,n=-7i,b=true,s=\"x y\" 1700000000");
  CHECK(written({}, {{"v", 1.0}}) == "m v=1");
  CHECK(written({}, {{"v", std::numeric_limits<std::uint64_t>::max()}}) == "m v=18446744073709551615u");
}

TEST_CASE("a point's texts get the escapes of their place") {
  const auto check = [](std::string_view text, std::string_view want) {
    CAPTURE(text);
    const std::vector<Tag> tags = {{text, text}};
    const std::vector<Field> fields = {{text, 1.0}};
    CHECK(written(Point{text, tags, fields, std::nullopt}) == want);
  };
  check("a", "a,a=a a=1");
  check("12345678", "12345678,12345678=12345678 12345678=1");
  check("1234567890", "1234567890,1234567890=1234567890 1234567890=1");
  check("a b", "a\\ b,a\\ b=a\\ b a\\ b=1");
  check("a,b=c", "a\\,b=c,a\\,b\\=c=a\\,b\\=c a\\,b\\=c=1");
  check("=", "=,\\==\\= \\==1");
  check("a\\b", "a\\b,a\\b=a\\b a\\b=1");
  check("a\\,b", "a\\\\,b,a\\\\,b=a\\\\,b a\\\\,b=1");
  check("12345678 µ°€", "12345678\\ µ°€,12345678\\ µ°€=12345678\\ µ°€ 12345678\\ µ°€=1");
}

TEST_CASE("a string gets the escapes of its dialect") {
  const auto check = [](std::string_view text, std::string_view v2, std::string_view influxdb_1) {
    CAPTURE(text);
    CHECK(written({}, {{"s", StringValue{text}}}) == "m s=\"" + std::string(v2) + "\"");
    CHECK(written({}, {{"s", StringValue{text}}}, Dialect::influxdb_1) == "m s=\"" + std::string(influxdb_1) + "\"");
  };
  check("", "", "");
  check("a b,c=d#'", "a b,c=d#'", "a b,c=d#'");
  check("say \"hi\"", "say \\\"hi\\\"", "say \\\"hi\\\"");
  check("C:\\new\\", "C:\\\\new\\\\", "C:\\\\new\\\\");
  check("a\nb\rc\td", "a\\nb\\rc\\td", "a\nb\rc\td");
  check("\x01µ\x7f", "\x01µ\x7f", "\x01µ\x7f");
}

TEST_CASE("what a dialect cannot represent is refused and nothing is appended") {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<Field> value = {{"v", 1.0}};
  CHECK(written(Point{"", {}, value, 1}) == "<no measurement>");
  CHECK(written(Point{"#m", {}, value, 1}) == "<a measurement that begins with '#' would be a comment>");
  CHECK(written(Point{"m\\", {}, value, 1}) == "<a name ends with a backslash>");
  CHECK(written(Point{"m", {}, {}, 1}) == "<no fields>");
  CHECK(written({{"", "x"}}, value) == "<no tag key>");
  CHECK(written({{"a", "x"}, {"b", ""}}, value) == "<empty tag value>");
  CHECK(written({{"a", "x\n"}}, value) == "<a name holds a control character>");
  CHECK(written({{"a", "x\x7f"}}, value) == "<a name holds a control character>");
  CHECK(written({{"a\xff", "x"}}, value) == "<a name is no UTF-8>");
  CHECK(written({{"a", "12345678\xc3"}}, value) == "<a name is no UTF-8>");
  CHECK(written({{"a", "x\\"}}, value) == "<a name ends with a backslash>");
  CHECK(written({{"b", "x"}, {"a", "x"}, {"b", "y"}}, value) == "<duplicate tag key>");
  CHECK(written({{"a", "x"}, {"a", "x"}}, value) == "<duplicate tag key>");
  CHECK(written({}, {{"", 1.0}}) == "<no field key>");
  CHECK(written({}, {{"v", nan}}) == "<a number is not finite>");
  CHECK(written({}, {{"w", 1.0}, {"v", -infinity}}) == "<a number is not finite>");
  CHECK(written({}, {{"s", StringValue{"\xed\xa0\x80"}}}) == "<a string is no UTF-8>");
}

TEST_CASE("InfluxDB 1.x refuses more") {
  const std::vector<Field> value = {{"v", 1.0}};
  const Dialect dialect = Dialect::influxdb_1;
  CHECK(written({}, {{"v", std::uint64_t{1}}}, dialect) == "<InfluxDB 1.x has no unsigned integers>");
  CHECK(written({{"time", "x"}}, value, dialect) == "<InfluxDB 1.x takes no tag named 'time'>");
  CHECK(written({}, {{"time", 1.0}}, dialect) == "<InfluxDB 1.x takes no field named 'time'>");
  CHECK(written(Point{"m", {}, value, std::numeric_limits<std::int64_t>::max()}, dialect) ==
        "<timestamp out of range>");
  CHECK(written(Point{"m", {}, value, std::numeric_limits<std::int64_t>::min() + 1}, dialect) ==
        "<timestamp out of range>");
  CHECK(written(Point{"m", {}, value, std::numeric_limits<std::int64_t>::min() + 2}, dialect) ==
        "m v=1 -9223372036854775806");
  const auto key = [&](std::string_view name) { return written({}, {{name, 1.0}}, dialect); };
  const std::string_view refused = "<InfluxDB 1.x cannot hold a backslash at that place of a field key>";
  for (const std::string_view name : {R"(a\,b)", R"(a\=b)", R"(a\ b)", R"(a\"b)", R"(a\\"b)", R"(a\\\,b)"}) {
    CAPTURE(name);
    CHECK(key(name) == refused);
    CHECK(written({}, {{name, 1.0}}).starts_with("m a\\"));
  }
  CHECK(key(R"(a\\,b\c"d)") == R"(m a\\\,b\c"d=1)");
  const std::string long_text(65535, 'x');
  CHECK(written({{"a", long_text}}, value, dialect) == "<measurement and tags are too long for InfluxDB 1.x>");
  CHECK(written({{"a", long_text}}, value).size() > 65535);
  CHECK(written({{"a", "b"}}, {{"s", StringValue{long_text}}}, dialect).size() > 65535);
}

TEST_CASE("in InfluxDB 1.x a key may be as long as it can be read, escapes included") {
  const auto check = [](std::size_t tag_bytes, std::string_view field, bool good) {
    CAPTURE(tag_bytes);
    const std::string tag(tag_bytes, 'x');
    const std::string text(70'000, 'x');
    const std::string line = written({{"a", tag}}, {{"s", StringValue{text}}, {field, 1.0}}, Dialect::influxdb_1);
    CHECK((line == "<measurement and tags are too long for InfluxDB 1.x>") == !good);
    LineDecoder decoder({.dialect = Dialect::influxdb_1});
    const std::string by_hand = "m,a=" + tag + " " + (field == " " ? "\\ " : std::string(field)) + "=1";
    decoder.reset(by_hand);
    CHECK((decoder.next() == Step::record) == good);
  };
  // m,a= and the separator take eight bytes.
  check(65535 - 8 - 1, "v", true);
  check(65535 - 8, "v", false);
  check(65535 - 8 - 2, " ", true);
  check(65535 - 8 - 1, " ", false);
  check(65535 - 8 - 1000, std::string(1000, 'k'), true);
}

TEST_CASE("a line is as large as the decoder takes it, and no larger") {
  const auto check = [](std::size_t tags, std::size_t fields, std::size_t string_bytes, std::string_view want) {
    CAPTURE(tags);
    CAPTURE(fields);
    CAPTURE(string_bytes);
    std::vector<std::string> keys(std::max(tags, fields));
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = "k" + std::to_string(i);
    std::vector<Tag> tag_list(tags);
    for (std::size_t i = 0; i < tags; ++i) tag_list[i] = {keys[tags - 1 - i], "x"};
    std::vector<Field> field_list(fields);
    for (std::size_t i = 0; i < fields; ++i) field_list[i] = {keys[i], true};
    const std::string text(string_bytes, 'x');
    if (string_bytes > 0) field_list.push_back({"s", StringValue{text}});
    const std::string line = written(std::move(tag_list), std::move(field_list)) + "\n";
    if (!want.empty()) {
      CHECK(line == "<" + std::string(want) + ">\n");
      return;
    }
    LineDecoder decoder;
    const std::string two_lines = line + "m v=1\n";
    decoder.reset(two_lines);
    CHECK(decoder.next() == Step::record);
    CHECK(decoder.next() == Step::record);
  };
  check(tags_max, fields_max, 0, "");
  check(tags_max + 1, 1, 0, "too many tags");
  check(1, fields_max + 1, 0, "too many fields");
  check(0, 0, line_bytes_max - std::string_view("m s=\"\"\n").size(), "");
  check(0, 0, line_bytes_max - std::string_view("m s=\"\"\n").size() + 1, "line too long");
}

TEST_CASE("a message becomes a line and a line a message") {
  const Message message{.name = "a b",
                        .tags = {{"k,", "v="}},
                        .fields = {{"f", 1.5}, {"s", std::string("x\n\"")}, {"u", std::uint64_t{7}}},
                        .time_ns = 1'700'000'000'123'456'789};
  std::string line;
  REQUIRE(append_message(line, message, Dialect::line_protocol_v2));
  CHECK(line == "a\\ b,k\\,=v\\= f=1.5,s=\"x\\n\\\"\",u=7u 1700000000123456789\n");
  LineDecoder decoder;
  decoder.reset(line);
  REQUIRE(decoder.next() == Step::record);
  CHECK(to_message(decoder.line(), Dialect::line_protocol_v2) == message);

  line.clear();
  REQUIRE(append_message(line, message, Dialect::line_protocol_v2, Precision::milliseconds));
  CHECK(line.ends_with(" 1700000000123\n"));
  line.clear();
  CHECK(append_message(line, message, Dialect::influxdb_1).error() == "InfluxDB 1.x has no unsigned integers");
  CHECK(line.empty());
}

TEST_CASE("a timestamp's precision is given or told by its magnitude, and does not wrap") {
  const auto time_of = [](std::string_view text, std::optional<Precision> precision) -> std::string {
    const std::string line = "m v=1 " + std::string(text);
    LineDecoder decoder;
    decoder.reset(line);
    REQUIRE(decoder.next() == Step::record);
    const auto message = to_message(decoder.line(), Dialect::line_protocol_v2, precision);
    if (!message) return std::string(message.error());
    return message->time_ns ? std::to_string(*message->time_ns) : "none";
  };
  CHECK(time_of("", std::nullopt) == "none");
  CHECK(time_of("1700000000", std::nullopt) == "1700000000000000000");
  CHECK(time_of("1700000000123", std::nullopt) == "1700000000123000000");
  CHECK(time_of("1700000000123456789", std::nullopt) == "1700000000123456789");
  CHECK(time_of("1700000000", Precision::nanoseconds) == "1700000000");
  CHECK(time_of("1700000000123", Precision::seconds) == "timestamp out of range");
}

TEST_CASE("writing lines allocates while the text grows and then no more") {
  const std::vector<Tag> tags = {{"cluster", "fritz"}, {"host name", "f0201"}};
  const std::vector<Field> fields = {{"value", 0.1234567890123}, {"s", StringValue{"a\"b"}}};
  const Point point{"cpu_load", tags, fields, 1700000000};
  std::string out;
  const auto write = [&] {
    out.clear();
    for (int i = 0; i < 100; ++i) CHECK(append_line(out, point, Dialect::line_protocol_v2));
  };
  write();
  const Allocations allocations;
  write();
  CHECK(allocations.count() == 0);
}

TEST_CASE("what line protocol can carry as a name is known before it is written") {
  const auto check = [](std::string_view text, bool name, bool measurement) {
    CAPTURE(text);
    CHECK(representable(text) == name);
    CHECK(representable_measurement(text) == measurement);
  };
  check("cpu_load", true, true);
  check("/mnt/home, a=b µ", true, true);
  check("a\\b", true, true);
  check("#1", true, false);
  check("", false, false);
  check("a\\", false, false);
  check("a\nb", false, false);
  check("a\tb", false, false);
  check("a\x7f", false, false);
  check(std::string_view("a\0", 2), false, false);
  check("a\xff", false, false);
  check("\xe2\x82", false, false);
}

TEST_CASE("names are written with the escapes of their place and read back the same") {
  const auto check = [](std::string_view text, std::string_view measurement, std::string_view tag) {
    CAPTURE(text);
    std::string as_measurement;
    append_measurement(as_measurement, text);
    CHECK(as_measurement == measurement);
    CHECK(plain_measurement(as_measurement) == text);
    std::string as_tag;
    append_tag_text(as_tag, text);
    CHECK(as_tag == tag);
    CHECK(plain(as_tag) == text);
  };
  check("cpu", "cpu", "cpu");
  check("a b", "a\\ b", "a\\ b");
  check(" ,=", "\\ \\,=", "\\ \\,\\=");
  check("a\\=b", "a\\=b", "a\\\\=b");
  check("a\\,b\\c", "a\\\\,b\\c", "a\\\\,b\\c");
}

TEST_CASE("field values are written as the dialect reads them") {
  const auto check = [](const FieldValue& value, std::string_view want) {
    std::string out;
    append_field_value(out, value);
    CHECK(out == want);
    const std::string line = "m v=" + out;
    LineDecoder decoder;
    decoder.reset(line);
    REQUIRE(decoder.next() == Step::record);
    CHECK(decoder.line().fields.front().value == value);
  };
  check(1.0, "1");
  check(1.5, "1.5");
  check(0.1, "0.1");
  check(-0.0, "-0");
  check(1e6, "1e+06");
  check(1e-5, "1e-05");
  check(123456789.0, "123456789");
  check(9007199254740993.0, "9007199254740992");
  check(5e-324, "5e-324");
  check(std::numeric_limits<double>::max(), "1.7976931348623157e+308");
  check(std::int64_t{7}, "7i");
  check(std::numeric_limits<std::int64_t>::min(), "-9223372036854775808i");
  check(std::numeric_limits<std::uint64_t>::max(), "18446744073709551615u");
  check(true, "true");
  check(false, "false");
  check(StringValue{"say \\\"hi\\\" a\nb"}, "\"say \\\"hi\\\" a\nb\"");
}

TEST_CASE("plain text becomes a string value and comes back") {
  const auto check = [](std::string_view text) {
    CAPTURE(text);
    for (const Dialect dialect : {Dialect::line_protocol_v2, Dialect::influxdb_1}) {
      const std::string line = written({}, {{"s", StringValue{text}}}, dialect);
      LineDecoder decoder({.dialect = dialect});
      decoder.reset(line);
      REQUIRE(decoder.next() == Step::record);
      CHECK(plain_string(std::get<StringValue>(decoder.line().fields.front().value).text, dialect) == text);
    }
  };
  check("");
  check("plain");
  check("a\"b\\c");
  check("a\nb\rc\td");
  check("C:\\new");
}
