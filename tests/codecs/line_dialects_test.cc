// What InfluxDB 1.x reads otherwise, and what ClusterCockpit writes although it is invalid.

#include <doctest/doctest.h>

#include <string>

#include "codecs/line_protocol.h"
#include "tests/codecs/line_tools.h"

using namespace codecs;
using namespace line_tools;

TEST_CASE("a lenient decoder takes and counts what ClusterCockpit writes") {
  const auto check = [](std::string_view in, std::string_view want, Leniencies counts) {
    CAPTURE(in);
    LineDecoder decoder({.lenient = true});
    CHECK(walk_in_pieces(decoder, in, in.size() + 1, show_step(Dialect::line_protocol_v2)) == want);
    CHECK(decoder.leniencies() == counts);
    CHECK(dump(in, {.lenient = true}) == want);
  };
  check("m,a=b v=1", "m a=b; v=1\n", {});
  check("job, event=\"x\" 5\n", "job; event='x' @5\n", {.commas_without_tag = 1});
  check("m,type=node,type-id= v=1", "m type=node; v=1\n", {.empty_tag_values = 1});
  check("m,a=,b=,c=d v=1", "m c=d; v=1\n", {.empty_tag_values = 2});
  check("m,a= bad", "1:9 +8 field without '=' in 'm,a= bad'\n", {});
  check("m,a=b, v=1", "1:7 +6 no tag key in 'm,a=b, v=1'\n", {});
  check("m,,a=b v=1", "1:3 +2 no tag key in 'm,,a=b v=1'\n", {});
  check("m,= v=1", "1:3 +2 no tag key in 'm,= v=1'\n", {});
  check("m,a== v=1", "1:5 +4 empty tag value in 'm,a== v=1'\n", {});
  check("m,a=", "1:5 +4 empty tag value in 'm,a='\n", {});
}

TEST_CASE("InfluxDB 1.x takes any byte in names and strings but the ones that part a line") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in, {.dialect = Dialect::influxdb_1}) == want);
  };
  check("m\t\x01,a=b\x7f v=1", "m\t\x01 a=b\x7f; v=1\n");
  check(std::string_view("m,a=b\0c v=1", 11), std::string_view("m a=b\0c; v=1\n", 13));
  check("m,a=\xff v=\"\xff\"", "m a=\xff; v='\xff'\n");
  check("m\r,a=b v=1", "m\r a=b; v=1\n");
  check("#\x01\xff\nm v=1", "m; v=1\n");
  check("m,a==b,c== v=1", "m a==b c==; v=1\n");
  check("m,a=b=c v=1", "1:6 +5 '=' in a tag value in 'm,a=b=c v=1'\n");
}

TEST_CASE("in InfluxDB 1.x a carriage return is no line end and a tab is a blank behind a blank") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in, {.dialect = Dialect::influxdb_1}) == want);
  };
  check("m v=1\r\nn v=2", "1:5 +4 invalid number in 'm v=1\r'\nn; v=2\n");
  check("m v=1 5\r\nn v=2", "1:7 +6 invalid timestamp in 'm v=1 5\r'\nn; v=2\n");
  check("\r\nn v=2", "1:2 +1 no fields in '\r'\nn; v=2\n");
  check("\t m v=1", "m; v=1\n");
  check("m \tv=1 \t 5  ", "m; v=1 @5\n");
  check("m\tv=1", "1:6 +5 no fields in 'm\tv=1'\n");
  check("m v=1\t", "1:5 +4 invalid number in 'm v=1\t'\n");
  check("m v=1 5 \t", "1:9 +8 unexpected text after the timestamp in 'm v=1 5 \t'\n");
  check(std::string_view(" \0\t#c\nm v=1", 11), "m; v=1\n");
}

TEST_CASE("strings, numbers and times of InfluxDB 1.x") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in, {.dialect = Dialect::influxdb_1}) == want);
  };
  check(R"(m s="a\nb\r\t\"\\")", "m; s='a\\nb\\r\\t\"\\'\n");
  check("m s=\"a\nb\"", "m; s='a\nb'\n");
  check("m v=1u", "1:5 +4 InfluxDB 1.x has no unsigned integers in 'm v=1u'\n");
  check("m v=1 9223372036854775806", "m; v=1 @9223372036854775806\n");
  check("m v=1 9223372036854775807", "1:7 +6 timestamp out of range in 'm v=1 9223372036854775807'\n");
  check("m v=1 -9223372036854775806", "m; v=1 @-9223372036854775806\n");
  check("m v=1 -9223372036854775807", "1:7 +6 timestamp out of range in 'm v=1 -9223372036854775807'\n");
}

TEST_CASE("in a field key of InfluxDB 1.x a backslash and what follows belong together") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in, {.dialect = Dialect::influxdb_1}) == want);
  };
  check(R"(m a\"b=1)", "m; a\"b=1\n");
  check(R"(m a\,b\ c\=d\e\\f=1)", "m; a,b c=d\\e\\\\f=1\n");
  check(R"(m a\\\,b=1)", "m; a\\\\,b=1\n");
  check(R"(m a\\,b=1)", "1:6 +5 field without '=' in 'm a\\\\,b=1'\n");
  check(R"(m a\\=1)", "1:3 +2 InfluxDB 1.x takes no field key that ends with a backslash in 'm a\\\\=1'\n");
  check("m a\\\nn v=1", "1:5 +4 field without '=' in 'm a\\'\nn; v=1\n");
  check(R"(m\\,b=c v=1)", "m\\,b=c; v=1\n");
}

TEST_CASE("InfluxDB 1.x takes no tag named time and drops a field of that name") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in, {.dialect = Dialect::influxdb_1}) == want);
  };
  check("m,time=x v=1", "1:3 +2 InfluxDB 1.x takes no tag named 'time' in 'm,time=x v=1'\n");
  check("m time=1", "1:1 +0 InfluxDB 1.x takes no field named 'time' in 'm time=1'\n");
  check("m time=1,v=2,time=3", "m; v=2\n");
  CHECK(dump("m,time=x time=1") == "m time=x; time=1\n");

  LineDecoder decoder({.dialect = Dialect::influxdb_1});
  decoder.reset("m time=1,v=2,time=3\nm time=4\n");
  while (decoder.next() != Step::end) continue;
  CHECK(decoder.leniencies() == Leniencies{.time_fields = 2});
}

TEST_CASE("InfluxDB 1.x bounds a series key") {
  const auto check = [](std::size_t value_bytes, Step want) {
    const std::string line = "m,a=" + std::string(value_bytes, 'x') + " field=1";
    LineDecoder decoder({.dialect = Dialect::influxdb_1});
    decoder.reset(line);
    CHECK(decoder.next() == want);
    LineDecoder v2;
    v2.reset(line);
    CHECK(v2.next() == Step::record);
  };
  check(65535 - 4 - 4 - 5, Step::record);
  check(65535 - 4 - 4 - 5 + 1, Step::error);
}

TEST_CASE("plain lines are the same in both dialects") {
  // Long enough that the fast way reads them.
  std::string body;
  for (int i = 0; i < 100; ++i) {
    const std::string n = std::to_string(i);
    body += "cpu,a=b,type=node,type-id=" + n + " value=" + n + ".25,i=-" + n + "i,b=true 170000000" + n + "\n";
    body += "cpu,b=1,a=2 v=" + n + "\n";
  }
  const auto walk = [&](Dialect dialect) {
    LineDecoder decoder({.dialect = dialect});
    return walk_in_pieces(decoder, body, body.size(), show_step(dialect));
  };
  CHECK(walk(Dialect::influxdb_1) == walk(Dialect::line_protocol_v2));
  CHECK(std::ranges::count(walk(Dialect::influxdb_1), '\n') == 200);
}
