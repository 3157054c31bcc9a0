#include "codecs/line_protocol.h"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "codecs/number.h"
#include "codecs/utf8.h"
#include "tests/codecs/chunked.h"

using namespace codecs;

namespace {

std::string show(double value) {
  std::string out;
  append_float(out, value);
  return out;
}

struct ShowValue {
  std::string operator()(double value) const { return show(value); }
  std::string operator()(std::int64_t value) const { return std::to_string(value) + "i"; }
  std::string operator()(std::uint64_t value) const { return std::to_string(value) + "u"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(StringValue value) const {
    std::string out = "'";
    std::string scratch;
    out += unescaped_string(value.text, scratch, Dialect::line_protocol_v2);
    return out + "'";
  }
};

std::string unescape(std::string_view raw) {
  std::string scratch;
  return std::string(unescaped(raw, scratch));
}
std::string unescape_measurement(std::string_view raw) {
  std::string scratch;
  return std::string(unescaped_measurement(raw, scratch));
}

/// `measurement key=value; field=value @timestamp`, unescaped; an error is `line:column +offset reason in 'text'`.
std::string show_step(const LineDecoder& decoder, Step step) {
  if (step == Step::end) return "nothing";
  if (step == Step::error) {
    const DecodeError& error = decoder.error();
    return std::to_string(error.line) + ":" + std::to_string(error.column) + " +" + std::to_string(error.offset) + " " +
           std::string(error.reason) + " in '" + std::string(error.text) + "'\n";
  }
  const Line& line = decoder.line();
  std::string out = unescape_measurement(line.measurement);
  for (const Tag& tag : line.tags) out += " " + unescape(tag.key) + "=" + unescape(tag.value);
  out += ";";
  for (const Field& field : line.fields) out += " " + unescape(field.key) + "=" + std::visit(ShowValue{}, field.value);
  if (line.timestamp) out += " @" + std::to_string(*line.timestamp);
  return out + "\n";
}

std::string dump(std::string_view input) {
  LineDecoder decoder;
  std::string out = walk_in_pieces(decoder, input, input.size() + 1, show_step);
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    CAPTURE(cut);
    CHECK(walk_cut_at(decoder, input, cut, show_step) == out);
  }
  return out;
}

/// What `m v=TEXT` decodes to, or the reason against it.
std::string value_of(const std::string& text) {
  const std::string input = "m v=" + text;
  LineDecoder decoder;
  decoder.reset(input);
  if (decoder.next() != Step::record) {
    CHECK(decoder.error().offset == 4);
    return "error: " + std::string(decoder.error().reason);
  }
  return std::visit(ShowValue{}, decoder.line().fields.front().value);
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
    const Step step = decoder.next();
    return show_step(decoder, step);
  };
  CHECK(first_of("m,a=b v=1\nbad\nn v=1") == "m a=b; v=1\n");
  CHECK(first_of("bad") == "1:4 +3 no fields in 'bad'\n");
  CHECK(first_of("") == "nothing");
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

TEST_CASE("a lenient decoder takes and counts what ClusterCockpit writes") {
  const auto check = [](std::string_view in, std::string_view want, Leniencies counts) {
    CAPTURE(in);
    LineDecoder decoder({.lenient = true});
    CHECK(walk_in_pieces(decoder, in, in.size() + 1, show_step) == want);
    CHECK(decoder.leniencies() == counts);
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

TEST_CASE("names are written with the escapes of their place and read back the same") {
  const auto check = [](std::string_view text, std::string_view measurement, std::string_view tag) {
    CAPTURE(text);
    std::string as_measurement;
    append_measurement(as_measurement, text);
    CHECK(as_measurement == measurement);
    CHECK(unescape_measurement(as_measurement) == text);
    std::string as_tag;
    append_tag_text(as_tag, text);
    CHECK(as_tag == tag);
    CHECK(unescape(as_tag) == text);
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
  const auto check = [](std::string_view text, std::string_view want) {
    std::string out;
    append_string_value(out, text);
    CHECK(out == want);
    std::string scratch;
    CHECK(unescaped_string(std::string_view(out).substr(1, out.size() - 2), scratch, Dialect::line_protocol_v2) ==
          text);
  };
  check("", "\"\"");
  check("plain", "\"plain\"");
  check("a\"b\\c", "\"a\\\"b\\\\c\"");
  check("a\nb\rc\td", "\"a\\nb\\rc\\td\"");
  check("C:\\new", "\"C:\\\\new\"");
}

TEST_CASE("UTF-8 is valid up to its first bad sequence") {
  const auto check = [](std::string_view text, std::size_t want) {
    CAPTURE(text);
    CHECK(valid_utf8_prefix(text) == want);
  };
  check("", 0);
  check("aµ€😀", 10);
  check("\xef\xbf\xbf\xf4\x8f\xbf\xbf", 7);
  check("ab\x80", 2);                    // a continuation without a lead
  check("ab\xc1\xbf", 2);                // overlong
  check("\xe0\x9f\xbf", 0);              // overlong
  check("\xf0\x8f\xbf\xbf", 0);          // overlong
  check("\xed\x9f\xbf\xed\xa0\x80", 3);  // a surrogate
  check("\xf4\x90\x80\x80", 0);          // beyond U+10FFFF
  check("\xf5\x80\x80\x80", 0);
  check("a\xe2\x82", 1);  // cut short
  check(
      "a\xe2\x82"
      "a",
      1);
  check("a\xf0\x9f\x98", 1);
}

TEST_CASE("floats read back as they were written") {
  std::uint64_t bits = 1;
  for (int i = 0; i < 200'000; ++i) {
    bits = bits * 6364136223846793005U + 1442695040888963407U;
    const auto value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    const std::expected<double, NumberProblem> back = parse_float(show(value));
    REQUIRE(back);
    REQUIRE(std::bit_cast<std::uint64_t>(*back) == bits);
  }
}
