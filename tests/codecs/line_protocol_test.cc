#include "codecs/line_protocol.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "tests/codecs/allocations.h"
#include "tests/codecs/line_tools.h"

using namespace codecs;
using namespace line_tools;

namespace {

/// What `m v=TEXT` decodes to, or the reason against it.
std::string value_of(const std::string& text) {
  const std::string input = "m v=" + text;
  LineDecoder decoder;
  decoder.reset(input);
  if (decoder.next() != Step::record) {
    CHECK(decoder.error().offset == 4);
    return "error: " + std::string(decoder.error().reason);
  }
  return std::visit(ShowValue{Dialect::line_protocol_v2}, decoder.line().fields.front().value);
}

}  // namespace

TEST_CASE("a line is decoded into measurement, tags, fields and timestamp") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check("", "");
  check("m v=1", "m; v=1\n");
  check("m v=1 5", "m; v=1 @5\n");
  check("m v=1 -5\n", "m; v=1 @-5\n");
  check("m v=1 -9223372036854775808", "m; v=1 @-9223372036854775808\n");
  check("cpu,hostname=n1,type=hwthread,type-id=7 value=0.5,x=3i 1700000000\n",
        "cpu hostname=n1 type=hwthread type-id=7; value=0.5 x=3i @1700000000\n");
  check("m,a=1,b=2 v=1 1\nn v=2 2\n", "m a=1 b=2; v=1 @1\nn; v=2 @2\n");
  check("m v=1,v=2", "m; v=1 v=2\n");
  check("mü,tág=µ fïeld=1", "mü tág=µ; fïeld=1\n");
  check("m,a=\"q\",b=#c v=1", "m a=\"q\" b=#c; v=1\n");
}

TEST_CASE("blanks, blank lines, comments and carriage returns are passed over") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check("   m   v=1   5   \n", "m; v=1 @5\n");
  check("m v=1  \n", "m; v=1\n");
  check("\n\n  \nm v=1\n\n", "m; v=1\n");
  check("m v=1\r\nn v=2 7\r\n\r\n", "m; v=1\nn; v=2 @7\n");
  check("m v=1\r", "m; v=1\n");
  check("# a comment, with = and \"\n  #another\tone\r\nm v=1\n#last", "m; v=1\n");
  check("\r\n\r\n\r", "");
}

TEST_CASE("a decoded line knows its text") {
  const std::string_view input = "\n  m,a=b v=1 5 \r\n# c\nn s=\"x\ny\"";
  LineDecoder decoder;
  decoder.reset(input);
  const auto text = [&] {
    REQUIRE(decoder.next() == Step::record);
    return decoder.line().text;
  };
  CHECK(text() == "  m,a=b v=1 5 ");
  CHECK(text() == "n s=\"x\ny\"");
  CHECK(decoder.next() == Step::end);
  CHECK(decoder.next() == Step::end);
}

TEST_CASE("a backslash escapes what its place lists and stands for itself otherwise") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check("a\\,b\\ c\\=d v=1", "a,b c\\=d; v=1\n");
  check("m,k\\ \\,\\=x=v\\ \\,\\=y f\\ \\,\\=z=1", "m k ,=x=v ,=y; f ,=z=1\n");
  check("m,a=b\\c v=1", "m a=b\\c; v=1\n");
  check("m,a=b\\\\ c v=1", "m a=b\\ c; v=1\n");
  check("m,a=b\\\\\\,c v=1", "m a=b\\\\,c; v=1\n");
  check("\\#m v=1", "\\#m; v=1\n");
  check("m,a=b\\ v=1", "1:9 +8 '=' in a tag value in 'm,a=b\\ v=1'\n");  // what a trailing backslash does to a line
}

TEST_CASE("a string keeps raw newlines and unescapes the five escapes of the dialect") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check(R"(m s="")", "m; s=''\n");
  check(R"(m s="a b,c=d")", "m; s='a b,c=d'\n");
  check(R"(m s="\"\\" 5)", "m; s='\"\\' @5\n");
  check(R"(m s="a\nb\rc\td")", "m; s='a\nb\rc\td'\n");
  check(R"(m s="C:\dir\,\=")", "m; s='C:\\dir\\,\\='\n");
  check("m s=\"a\nb\" 1\nn v=2", "m; s='a\nb' @1\nn; v=2\n");
  check("m s=\"\x01\"", "m; s='\x01'\n");
}

TEST_CASE("numbers and booleans are exactly those of the dialect") {
  const auto check = [](const std::string& in, std::string_view want) {
    CAPTURE(in);
    CHECK(value_of(in) == want);
  };
  const std::string malformed = "error: invalid number";
  const std::string unknown = "error: field value is neither number, boolean nor string in quotes";
  check("1", "1");
  check("-0", "-0");
  check("007", "7");
  check(".5", "0.5");
  check("-.5", "-0.5");
  check("5.", "5");
  check("5.e1", "50");
  check("1e10", "1e+10");
  check("1E-05", "1e-05");
  check("1.5e+3", "1500");
  check("0.1", "0.1");
  check("5e-324", "5e-324");
  check("1e-400", "0");
  check("-1e-99999999999999999999", "-0");
  check("0." + std::string(400, '0') + "1", "0");
  check("1.7976931348623157e308", "1.7976931348623157e+308");
  check("17976931348623157" + std::string(292, '0'), "1.7976931348623157e+308");
  check("1e999", "error: number out of range");
  check("-1e999", "error: number out of range");
  check("1e99999999999999999999", "error: number out of range");
  check(std::string(400, '9'), "error: number out of range");
  check("1" + std::string(400, '0') + "e-1", "error: number out of range");
  check("1_0", malformed);
  check("1_0i", "error: invalid integer");
  check("0x10", malformed);
  check("1e", malformed);
  check("1e+", malformed);
  check(".", malformed);
  check("-", malformed);
  check("-.", malformed);
  check("--1", malformed);
  check("-inf", malformed);
  check("-nan", malformed);
  check("1.2.3", malformed);
  check("1\t", malformed);
  check("+1", unknown);
  check("NaN", unknown);
  check("Inf", unknown);
  check("-Inf", malformed);
  check("abc", unknown);
  check("{json}", unknown);
  check("9223372036854775807i", "9223372036854775807i");
  check("-9223372036854775808i", "-9223372036854775808i");
  check("007i", "7i");
  check("9223372036854775808i", "error: integer out of range");
  check("1.5i", "error: invalid integer");
  check("1e3i", "error: invalid integer");
  check("-i", "error: invalid integer");
  check("18446744073709551615u", "18446744073709551615u");
  check("18446744073709551616u", "error: unsigned integer out of range");
  check("-1u", "error: invalid unsigned integer");
  check("1uu", "error: invalid unsigned integer");
  for (const char* const text : {"t", "T", "true", "True", "TRUE"}) check(text, "true");
  for (const char* const text : {"f", "F", "false", "False", "FALSE"}) check(text, "false");
  for (const char* const text : {"tRUE", "tr", "yes", "TrUE", "falsE", "ff"}) {
    CAPTURE(text);
    CHECK(value_of(text).starts_with("error: "));
  }
}

TEST_CASE("a bad line is reported with its place, and its neighbours survive") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check("a v=1 1\nbroken\nb v=2 2\n", "a; v=1 @1\n2:7 +14 no fields in 'broken'\nb; v=2 @2\n");
  check("broken\r\nb v=2\r\n", "1:7 +6 no fields in 'broken'\nb; v=2\n");
  check("m ", "1:3 +2 no fields in 'm '\n");
  check("m,a=b", "1:6 +5 no fields in 'm,a=b'\n");
  check(",a=b v=1", "1:1 +0 no measurement in ',a=b v=1'\n");
  check("m, v=1", "1:3 +2 no tag key in 'm, v=1'\n");
  check("m,=b v=1", "1:3 +2 no tag key in 'm,=b v=1'\n");
  check("m,", "1:3 +2 no tag key in 'm,'\n");
  check("m,a v=1", "1:4 +3 tag without '=' in 'm,a v=1'\n");
  check("m,a= v=1", "1:5 +4 empty tag value in 'm,a= v=1'\n");
  check("m,a=,b=c v=1", "1:5 +4 empty tag value in 'm,a=,b=c v=1'\n");
  check("m,a=b=c v=1", "1:6 +5 '=' in a tag value in 'm,a=b=c v=1'\n");
  check("m,a=b,a=c v=1", "1:7 +6 duplicate tag key in 'm,a=b,a=c v=1'\n");
  check("m,k\\ =b,x=y,k\\ =c v=1", "1:13 +12 duplicate tag key in 'm,k\\ =b,x=y,k\\ =c v=1'\n");
  check("m v", "1:4 +3 field without '=' in 'm v'\n");
  check("m =1", "1:3 +2 no field key in 'm =1'\n");
  check("m v=", "1:5 +4 no field value in 'm v='\n");
  check("m v=,x=1", "1:5 +4 no field value in 'm v=,x=1'\n");
  check("m v=1,", "1:7 +6 no field key in 'm v=1,'\n");
  check("m v=1, x=2", "1:7 +6 no field key in 'm v=1, x=2'\n");
  check("m v=1 1.5", "1:7 +6 invalid timestamp in 'm v=1 1.5'\n");
  check("m v=1 +5", "1:7 +6 invalid timestamp in 'm v=1 +5'\n");
  check("m v=1 -", "1:7 +6 invalid timestamp in 'm v=1 -'\n");
  check("m v=1 ,", "1:7 +6 invalid timestamp in 'm v=1 ,'\n");
  check("m v=1 1_0", "1:7 +6 invalid timestamp in 'm v=1 1_0'\n");
  check("m v=1 9223372036854775808", "1:7 +6 timestamp out of range in 'm v=1 9223372036854775808'\n");
  check("m v=1 5 6", "1:9 +8 unexpected text after the timestamp in 'm v=1 5 6'\n");
  check("m s=\"a\"b 5", "1:8 +7 unexpected text after a field in 'm s=\"a\"b 5'\n");
  check("\n\n# c\n  m v=x\nn v=1",
        "4:7 +12 field value is neither number, boolean nor string in quotes in '  m v=x'\nn; v=1\n");
}

TEST_CASE("control characters and invalid UTF-8 are refused where they stand") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  check("m\tv=1", "1:2 +1 control character in 'm\tv=1'\n");
  check("m,a=b\tv=1", "1:6 +5 control character in 'm,a=b\tv=1'\n");
  check("m,a\x01=b v=1", "1:4 +3 control character in 'm,a\x01=b v=1'\n");
  check("m,a=\\\x01 v=1", "1:6 +5 control character in 'm,a=\\\x01 v=1'\n");
  check("m\x7f v=1", "1:2 +1 control character in 'm\x7f v=1'\n");
  check("m v\x02=1", "1:4 +3 control character in 'm v\x02=1'\n");
  check("m v=1\rx\nn v=1", "1:6 +5 control character in 'm v=1\rx'\nn; v=1\n");
  check("\rm v=1\nn v=1", "1:1 +0 control character in '\rm v=1'\nn; v=1\n");
  check(
      "#a\x01"
      "b\nn v=1",
      "1:3 +2 control character in '#a\x01"
      "b'\nn; v=1\n");
  check(std::string_view("m\0 v=1", 6), std::string_view("1:2 +1 control character in 'm\0 v=1'\n", 37));
  check("m\xff v=1\nn v=1", "1:2 +1 invalid UTF-8 in 'm\xff v=1'\nn; v=1\n");
  check("m,a=x\xc3 v=1", "1:6 +5 invalid UTF-8 in 'm,a=x\xc3 v=1'\n");
  check("m,\xed\xa0\x80=x v=1", "1:3 +2 invalid UTF-8 in 'm,\xed\xa0\x80=x v=1'\n");
  check("m s=\"ab\xc0\x80\" 5\nn v=1", "1:8 +7 invalid UTF-8 in 'm s=\"ab\xc0\x80\" 5'\nn; v=1\n");
}

TEST_CASE("after an error the walk goes on behind the strings of the bad line") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(dump(in) == want);
  };
  // What stands in a string is never taken for a line.
  check("m s=\"a\nb v=1\n\" x\nn v=1", "3:3 +15 invalid timestamp in 'm s=\"a\nb v=1\n\" x'\nn; v=1\n");
  check("m s=\"a\n\xff\nb v=1\"\nn v=1\nbad",
        "2:1 +7 invalid UTF-8 in 'm s=\"a\n\xff\nb v=1\"'\nn; v=1\n5:4 +25 no fields in 'bad'\n");
  check("m s=\"a\nb\"\nbad\n", "m; s='a\nb'\n3:4 +13 no fields in 'bad'\n");
  // A quote that nothing closes costs its own line only.
  check("m s=\"abc 5\nn v=1\n", "1:5 +4 unclosed quote in 'm s=\"abc 5'\nn; v=1\n");
  check("m s=\"abc\\", "1:5 +4 unclosed quote in 'm s=\"abc\\'\n");
  check("m s=\"abc\\\"", "1:5 +4 unclosed quote in 'm s=\"abc\\\"'\n");
  check("m s=\"", "1:5 +4 unclosed quote in 'm s=\"'\n");
}

TEST_CASE("tags and fields of one line are bounded") {
  const auto many = [](std::size_t tags, std::size_t fields) {
    std::string line = "m";
    for (std::size_t i = 0; i < tags; ++i) line += ",t" + std::to_string(i) + "=x";
    for (std::size_t i = 0; i < fields; ++i) line += (i == 0 ? " f" : ",f") + std::to_string(i) + "=1";
    return line;
  };
  const auto reason = [](const std::string& line) -> std::string_view {
    LineDecoder decoder;
    decoder.reset(line);
    return decoder.next() == Step::record ? "fine" : decoder.error().reason;
  };
  CHECK(reason(many(tags_max, 1)) == "fine");
  CHECK(reason(many(tags_max + 1, 1)) == "too many tags");
  CHECK(reason(many(1, fields_max)) == "fine");
  CHECK(reason(many(1, fields_max + 1)) == "too many fields");
}

TEST_CASE("a decoder starts anew with each body") {
  LineDecoder decoder;
  const auto first_of = [&](std::string_view body) {
    decoder.reset(body);
    switch (decoder.next()) {
      case Step::record:
        return show(decoder.line(), Dialect::line_protocol_v2);
      case Step::error:
        return show(decoder.error());
      case Step::end:
        break;
    }
    return std::string("nothing");
  };
  CHECK(first_of("m,a=b v=1\nbad\nn v=1") == "m a=b; v=1");
  CHECK(first_of("bad") == "1:4 +3 no fields in 'bad'");
  CHECK(first_of("") == "nothing");
}

TEST_CASE("a line is bounded with its line end, and its neighbours survive") {
  const std::string head = "m s=\"";
  const auto line_of = [&](std::size_t bytes) { return head + std::string(bytes - head.size() - 2, 'x') + "\"\n"; };
  LineDecoder decoder;
  const auto walk = [&](const std::string& body) {
    std::string out;
    decoder.reset(body);
    for (Step step; (step = decoder.next()) != Step::end;) {
      out += step == Step::record ? decoder.line().measurement : decoder.error().reason;
      out += "; ";
    }
    return out;
  };
  CHECK(walk(line_of(line_bytes_max) + "n v=1") == "m; n; ");
  CHECK(walk(line_of(line_bytes_max + 1) + "n v=1") == "line too long; n; ");
  CHECK(walk("m s=\"" + std::string(2 * line_bytes_max, 'x') + "\nn v=1") == "line too long; n; ");
  CHECK(walk(std::string(2 * line_bytes_max, 'x') + "\nn v=1") == "line too long; n; ");
}

TEST_CASE("a body in pieces gives what it gives as a whole") {
  std::string body;
  for (int i = 0; i < 400; ++i) {
    const std::string n = std::to_string(i);
    body += "cpu_load,cluster=fritz,hostname=f" + n + ",type=hwthread,type-id=" + n + " value=0." + n + " 1700000000\n";
    if (i % 7 == 0) body += "# " + std::string(static_cast<std::size_t>(i), '-') + "\r\n\n";
    if (i % 11 == 0) body += "job,function=start event=\"{\\\"id\\\":\n" + n + "}\" 5\n";
    if (i % 13 == 0) body += "bad" + n + "\n";
    if (i % 17 == 0) body += "s,t=\\ \xc2\xb5 v=\"" + std::string(static_cast<std::size_t>(i) * 30, 'x') + "\"\n";
  }
  LineDecoder portable({}, Cpu::portable);
  const auto show = show_step(Dialect::line_protocol_v2);
  const std::string want = walk_in_pieces(portable, body, body.size(), show);
  CHECK(std::ranges::count(want, '\n') > 400);
  for (const Cpu cpu : cpus()) {
    LineDecoder decoder({}, cpu);
    for (const std::size_t piece : {1UL, 7UL, 64UL, 1000UL, 4096UL, 8192UL, 8193UL, 100000UL}) {
      CAPTURE(piece);
      CHECK(walk_in_pieces(decoder, body, piece, show) == want);
    }
  }
}

TEST_CASE("a decoder allocates while its buffers grow and then no more") {
  std::string body;
  for (int i = 0; i < 1000; ++i) {
    body += "cpu,cluster=fritz,host\\ name=f" + std::to_string(i) + ",b=1,a=2 value=0.5,s=\"a\\\"b\" 1700000000\nbad\n";
    body += "cpu,cluster=fritz,hostname=f01,type=node value=0.5 1700000000\n";
  }
  LineDecoder decoder;
  const auto walk = [&] {
    decoder.reset(body);
    while (decoder.next() != Step::end) continue;
  };
  walk();
  const Allocations allocations;
  walk();
  CHECK(allocations.count() == 0);
}

TEST_CASE("a hostile kilobyte costs little memory") {
  const auto repeat = [](std::string_view text, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) out += text;
    return out;
  };
  for (const std::string& body :
       {repeat("a=", 1024), "m" + repeat(",a=b", 1024), "m a=1" + repeat(",a=1", 1024), repeat("\n", 1024),
        repeat("a b=\"\n", 1024), repeat("\\", 1024), repeat("m v=1\n", 1024), "m v=" + std::string(1024, '9'),
        repeat("#", 1024), std::string(1024, '\0')}) {
    const Allocations allocations;
    LineDecoder decoder;
    decoder.reset(body);
    while (decoder.next() != Step::end) continue;
    CHECK(allocations.peak_bytes() < 100'000);
  }
}
