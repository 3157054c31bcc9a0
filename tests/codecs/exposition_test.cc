#include "codecs/exposition.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "codecs/exposition_family.h"
#include "codecs/exposition_value.h"
#include "tests/codecs/allocations.h"
#include "tests/codecs/chunked.h"
#include "tests/codecs/cpus.h"
#include "tests/codecs/exposition_show.h"

using namespace codecs;

namespace {

constexpr std::string_view eof = "# EOF\n";

/// Lines of metadata without samples: behind them no line is too near to the end of the page to be read by the block.
std::string padding() { return "# HELP padding " + std::string(200, '.') + "\n"; }

/// The page read by each variant, by blocks and by the careful reader alone, as a whole and in pieces.
void check_page(Exposition format, std::string_view page, std::string_view end, std::string_view want) {
  CAPTURE(page);
  const std::string whole = std::string(page) + std::string(end);
  const std::string padded = std::string(page) + padding() + std::string(end);
  const bool can_pad = (page.empty() || page.ends_with('\n')) && (format == Exposition::text_0_0_4 || !end.empty());
  for (const Cpu cpu : cpus()) {
    ExpositionDecoder decoder(format, cpu);
    CHECK(show_page(decoder, whole) == want);
    if (can_pad) CHECK(show_page(decoder, padded) == want);
    for (const std::size_t piece : {1u, 7u, 64u}) CHECK(walk_in_pieces(decoder, whole, piece, show_step) == want);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) CHECK(walk_cut_at(decoder, whole, cut, show_step) == want);
  }
}

void check_text(std::string_view page, std::string_view want) { check_page(Exposition::text_0_0_4, page, "", want); }
void check_om(std::string_view page, std::string_view want) {
  check_page(Exposition::openmetrics_1_0, page, eof, want);
}

std::size_t count_records(ExpositionDecoder& decoder, std::string_view page) {
  std::size_t records = 0;
  decoder.reset();
  decoder.feed(page, true);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) records += step == Step::record;
  return records;
}

}  // namespace

TEST_CASE("a sample of text 0.0.4 has a name, labels, a value and milliseconds") {
  check_text("a 1\n", "a{} 1\n");
  check_text("a{} 1\n", "a{} 1\n");
  check_text("a{b=\"c\"} 1\n", "a{b=<c>} 1\n");
  check_text("a{b=\"c\",d=\"\"} 1.5 1722945600123\n", "a{b=<c>,d=<>} 1.5 @1722945600123000000\n");
  check_text("a:b:c{d_1=\"e\"} 1\n", "a:b:c{d_1=<e>} 1\n");
  check_text("_ 0 0\n", "_{} 0 @0\n");
  check_text("a 1 -1\n", "a{} 1 @-1000000\n");
  check_text("a 1 +5\n", "a{} 1 @5000000\n");
  check_text("a 1 9223372036854775807\n", "a{} 1 @beyond 9223372036854775807\n");
  check_text("a 1\nb 2\n", "a{} 1\nb{} 2\n");
}

TEST_CASE("the last line of text 0.0.4 may lack its newline") {
  check_text("a 1", "a{} 1\n");
  check_text("a{b=\"c\"} 1 2", "a{b=<c>} 1 @2000000\n");
  check_text("a 1\n#", "a{} 1\n");
}

TEST_CASE("blanks, tabs, blank lines, comments and a last comma are free in text 0.0.4") {
  check_text("", "");
  check_text("\n \n\t\n", "");
  check_text("  a\t{ b = \"c\" , d\t=\t\"e\" , }\t1 \t2\t\n", "a{b=<c>,d=<e>} 1 @2000000\n");
  check_text("a{b=\"c\"}-Inf\n", "a{b=<c>} -inf\n");
  check_text("a{b=\"c\",} 1\n", "a{b=<c>} 1\n");
  check_text("#\n# free text\n#HELP a x\n# FOO a x\n# HELP\n# TYPE \n## TYPE a counter\na 1\n", "a{} 1\n");
  check_text("a 1\r\nb{c=\"d\"} 2\r\n\r\n", "a{} 1\nb{c=<d>} 2\n");
}

TEST_CASE("values are what Prometheus takes") {
  check_text("a 007\na +1\na -0\na .5\na 5.\na 1e3\na 1E-3\na 1e+06\n",
             "a{} 7\na{} 1\na{} -0\na{} 0.5\na{} 5\na{} 1000\na{} 0.001\na{} 1e+06\n");
  check_text("a NaN\na nan\na NAN\na Inf\na +inf\na -INF\na infinity\na +Infinity\n",
             "a{} nan\na{} nan\na{} nan\na{} inf\na{} inf\na{} -inf\na{} inf\na{} inf\n");
  for (const char* const bad :
       {"0x1", "0x1p-3", "1_000", "1p3", "0b1", "0o7",   "+nan", "-NaN", "++1", "+-1",     "-+1",  "1e",
        "1e+", ".",      "+",     "-",   "e5",  "1.2.3", "one",  "1,5",  "in",  "infinit", "--inf"}) {
    check_text("a " + std::string(bad) + "\n", "1:3: invalid number\n");
  }
  check_text("a 1e999\n", "1:3: number out of range\n");
  check_text("a 1e-999\n", "a{} 0\n");
}

TEST_CASE("a backslash escapes itself, quotes and newlines, and stands for itself before anything else") {
  check_text(R"(a{b="\\",c="\"",d="\n",e="\t",f="x\\ny\"z"} 1)"
             "\n",
             "a{b=<\\>,c=<\">,d=<\n>,e=<\\t>,f=<x\\ny\"z>} 1\n");
  check_text("a{b=\"\\\\\"} 1\n", "a{b=<\\>} 1\n");
  check_om("a{b=\"\\z\\\"\\n\"} 1\n", "a{b=<\\z\"\n>} 1\n");
  check_text("# HELP a x\\\\y\\nz\\\"\na 1\n", "a{} 1 (a unknown: x\\y\nz\\\")\n");
  check_om("# HELP a x\\\\y\\nz\\\"\\q\na 1\n", "a{} 1 (a unknown: x\\y\nz\"\\q)\n");
}

TEST_CASE("names in quotes may be any text") {
  check_text("{\"my.metric\",\"l.b\"=\"v\"} 1\n", "my.metric{l.b=<v>} 1\n");
  check_text("{l=\"v\", \"my.metric\"} 1\n", "my.metric{l=<v>} 1\n");
  check_text("{\"a\"} 1\n", "a{} 1\n");
  check_text("a{\"b.c\"=\"d\"} 1\n", "a{b.c=<d>} 1\n");
  check_text("{\"x\\\"y\\n\"} 1\n", "x\"y\n{} 1\n");
  check_text("# TYPE \"my.metric\" counter\n# HELP \"my.metric\" h\n{\"my.metric\"} 1\n",
             "my.metric{} 1 (my.metric counter: h)\n");
  check_om("# TYPE \"my.metric\" gauge\n{\"my.metric\",l=\"v\"} 1\n", "my.metric{l=<v>} 1 (my.metric gauge)\n");
  check_text("{\"\\u00e5\"} 1\n{\"å\",\"温\"=\"度\"} 1\n", "\\u00e5{} 1\nå{温=<度>} 1\n");
  check_text("{\"a\",\"b\"} 1\n", "1:6: a second metric name\n");
  check_text("a{\"b\"} 1\n", "1:3: a second metric name\n");
  check_text("{\"\"} 1\n", "1:2: no metric name\n");
  check_text("{a=\"b\"} 1\n", "1:1: no metric name\n");
  check_text("{} 1\n", "1:1: no metric name\n");
  check_text("a{\"\"=\"b\"} 1\n", "1:3: no label name\n");
}

TEST_CASE("a bad line is told with its place, and its neighbours survive") {
  const auto check = [](std::string_view line, std::string_view error) {
    check_text("a 1\n" + std::string(line) + "\nb{c=\"d\"} 2\n", "a{} 1\n2:" + std::string(error) + "\nb{c=<d>} 2\n");
  };
  check("1a 1", "1: no metric name");
  check("@ 1", "1: no metric name");
  check("a.b 1", "2: no value");
  check("a", "2: no value");
  check("a ", "3: no value");
  check("a{b=\"c\"}", "9: no value");
  check("a{b=\"c\"", "8: neither ',' nor '}' behind a label");
  check("a{b=\"c\"d=\"e\"} 1", "8: neither ',' nor '}' behind a label");
  check("a{b=\"c\"+} 1", "8: neither ',' nor '}' behind a label");
  check("a{", "3: no label name");
  check("a{,} 1", "3: no label name");
  check("a{b=\"c\",,} 1", "9: no label name");
  check("a{1b=\"c\"} 1", "3: no label name");
  check("a{b:c=\"d\"} 1", "4: label without '='");
  check("a{b} 1", "4: label without '='");
  check("a{=\"c\"} 1", "3: no label name");
  check("a{b=c} 1", "5: label value without quotes");
  check("a{b='c'} 1", "5: label value without quotes");
  check("a{b=\"c} 1", "5: unclosed quote");
  check("a{b=\"c\\\"} 1", "5: unclosed quote");
  check("a{b=\"c\\", "5: unclosed quote");
  check("a{b=\"c\",b=\"d\"} 1", "9: duplicate label name");
  check("a{\"b\"=\"c\",b=\"d\"} 1", "11: duplicate label name");
  check("a{__name__=\"b\"} 1", "3: __name__ as a label");
  check("a{\"__name__\"=\"b\"} 1", "3: __name__ as a label");
  check("a{b=\"\xff\"} 1", "6: invalid UTF-8");
  check("a{b=\"\xc3\"} 1", "6: invalid UTF-8");
  check("a\xc3\xa5 1", "2: no value");
  check("a 1 2.5", "5: invalid timestamp");
  check("a 1 x", "5: invalid timestamp");
  check("a 1 +-1", "5: invalid timestamp");
  check("a 1 9223372036854775808", "5: invalid timestamp");
  check("a 1 2 3", "7: unexpected text behind the timestamp");
  check("a 1 # {} 2", "5: invalid timestamp");
  check("# TYPE a number", "10: unknown metric type");
  check("# TYPE a", "9: nothing behind the metric name");
  check("# TYPE 1a counter", "8: no metric name");
  check("# HELP a-b c", "9: nothing behind the metric name");
  check("# HELP \"a\"b c", "11: nothing behind the metric name");
  check("# HELP \"\" c", "8: no metric name");
  check("# HELP a \xff", "10: invalid UTF-8");
}

TEST_CASE("control characters between quotes are text") {
  check_text(std::string_view("a{b=\"\0\x01\t\r\"} 1\n", 14),
             std::string("a{b=<") + std::string("\0\x01\t\r", 4) + ">} 1\n");
}

TEST_CASE("an error counts lines and bytes over chunks") {
  ExpositionDecoder decoder(Exposition::text_0_0_4);
  decoder.reset();
  decoder.feed("a 1\nb 2\nx", false);
  CHECK(decoder.next() == Step::record);
  CHECK(decoder.line_number() == 1);
  CHECK(decoder.next() == Step::record);
  CHECK(decoder.line_number() == 2);
  CHECK(decoder.next() == Step::end);
  CHECK(decoder.consumed() == 8);
  CHECK(decoder.valid());
  decoder.feed("xx y\n", true);
  REQUIRE(decoder.next() == Step::error);
  CHECK(decoder.error().line == 3);
  CHECK(decoder.error().column == 4);
  CHECK(decoder.error().offset == 8 + 3);
  CHECK(decoder.error().text == "xx y");
  CHECK(decoder.next() == Step::end);
  CHECK(!decoder.valid());
  decoder.reset();
  CHECK(decoder.valid());
}

TEST_CASE("metadata become the family of the samples behind them") {
  check_text("# HELP a says what \n# TYPE a gauge\na 1\na{b=\"c\"} 2\n",
             "a{} 1 (a gauge: says what )\na{b=<c>} 2 (a gauge: says what )\n");
  check_text("# TYPE a_total counter\na_total 1\na_totals 2\nb 3\na_total 4\n",
             "a_total{} 1 (a_total counter)\na_totals{} 2\nb{} 3\na_total{} 4 (a_total counter)\n");
  check_text(
      "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\na 1\na_sum_x 1\n",
      "a_bucket{le=<1>} 1 (a histogram)\na_sum{} 1 (a histogram)\na_count{} 1 (a histogram)\na{} 1\na_sum_x{} 1\n");
  check_text("# TYPE a summary\na{quantile=\"x\"} 1\na_sum 1\n",
             "a{quantile=<x>} 1 (a summary)\na_sum{} 1 (a summary)\n");
  check_text("# TYPE a gaugehistogram\na_sum 1\na_gsum 1\n",
             "a_sum{} 1 (a gaugehistogram)\na_gsum{} 1 (a gaugehistogram)\n");
  check_text("# TYPE a info\na 1\na_info 1\n", "a{} 1 (a info)\na_info{} 1 (a info)\n");
  check_text("# TYPE a untyped\na 1\n# TYPE b stateset \nb 1\n", "a{} 1 (a unknown)\nb{} 1 (b stateset)\n");
  check_text("# UNIT a b\na 1\n", "a{} 1\n");
}

TEST_CASE("in text 0.0.4 the last line of metadata counts") {
  check_text("# HELP a x\n# HELP a y\n# TYPE a gauge\n# TYPE a counter\na 1\n# TYPE a gauge\na 2\n",
             "a{} 1 (a counter: y)\na{} 2 (a gauge: y)\n");
  check_text("# HELP a x\n# HELP a\na 1\n", "a{} 1 (a unknown)\n");
}

TEST_CASE("OpenMetrics has seconds, exemplars, units, and an end") {
  check_om("", "");
  check_om("a 1\n", "a{} 1\n");
  check_om("a{} 1 1.5\n", "a{} 1 @1500000000\n");
  check_om(
      "# TYPE a_s counter\n# UNIT a_s s\n# HELP a_s h\na_s_total{b=\"c\"} 1 1 # {d=\"e\",f=\"g\"} 0.5 "
      "0.25\na_s_created{b=\"c\"} 3\n",
      "a_s_total{b=<c>} 1 @1000000000 (a_s counter in s: h) # {d=<e>,f=<g>} 0.5 @250000000\n"
      "a_s_created{b=<c>} 3 (a_s counter in s: h)\n");
  check_om("# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 # {} 2\n", "a_bucket{le=<+Inf>} 1 (a histogram) # {} 2\n");
  check_om("# TYPE a counter\na_total{b=\"x # {\"} 1 # {c=\"} # \"} 2\n",
           "a_total{b=<x # {>} 1 (a counter) # {c=<} # >} 2\n");
  check_page(Exposition::openmetrics_1_0, "a 1\n# EOF", "", "a{} 1\n");
}

TEST_CASE("an OpenMetrics page without its end, or with text behind it, is not valid") {
  const auto check = [](std::string_view page, std::string_view want) {
    check_page(Exposition::openmetrics_1_0, page, "", want);
    ExpositionDecoder decoder(Exposition::openmetrics_1_0);
    show_page(decoder, page);
    CHECK(!decoder.valid());
  };
  check("", "1:1: no '# EOF' at the end\n");
  check("a 1\n", "a{} 1\n2:1: no '# EOF' at the end\n");
  check("a 1", "a{} 1\n1:4: no '# EOF' at the end\n");
  check("a 1\n# EO", "a{} 1\n2:2: neither HELP, TYPE, UNIT nor EOF behind '#'\n2:5: no '# EOF' at the end\n");
  check("a 1\n# EOF\nb 2\nc 3\n", "a{} 1\n3:1: text behind '# EOF'\n");
  check("# EOF\n\n", "2:1: text behind '# EOF'\n");
  check("# EOF\n# EOF\n", "2:1: text behind '# EOF'\n");
}

TEST_CASE("OpenMetrics has single spaces and nothing optional") {
  const auto check = [](std::string_view line, std::string_view error) {
    check_om("a 1\n" + std::string(line) + "\nb{c=\"d\"} 2\n", "a{} 1\n2:" + std::string(error) + "\nb{c=<d>} 2\n");
  };
  check("", "1: blank line");
  check(" x 1", "1: no metric name");
  check("x  1", "3: no value");
  check("x\t1", "2: no value");
  check("x 1 ", "5: invalid timestamp");
  check("x 1\t", "3: invalid number");
  check("x 1\r", "3: invalid number");
  check("x {a=\"b\"} 1", "3: invalid number");
  check("x{a=\"b\"}1", "9: no value");
  check("x{ a=\"b\"} 1", "3: no label name");
  check("x{a =\"b\"} 1", "4: label without '='");
  check("x{a= \"b\"} 1", "5: label value without quotes");
  check("x{a=\"b\" } 1", "8: neither ',' nor '}' behind a label");
  check("x{a=\"b\",} 1", "9: ',' before '}'");
  check("x{a=\"b\", c=\"d\"} 1", "9: no label name");
  check("x 1 2 ", "6: unexpected text behind the sample");
  check("x 1 NaN", "5: invalid timestamp");
  check("x 1 2 3", "6: unexpected text behind the sample");
  check("# comment", "2: neither HELP, TYPE, UNIT nor EOF behind '#'");
  check("#", "2: neither HELP, TYPE, UNIT nor EOF behind '#'");
  check("# HELP", "2: neither HELP, TYPE, UNIT nor EOF behind '#'");
  check("# HELP ", "8: no metric name");
  check("# HELP x", "9: nothing behind the metric name");
  check("# TYPE x  gauge", "10: unknown metric type");
  check("# TYPE x gauge ", "10: unknown metric type");
  check("# TYPE x untyped", "10: unknown metric type");
  check("x 1 # {a=\"b\"}", "14: no exemplar value");
  check("x 1 # {a=\"b\"} ", "15: no exemplar value");
  check("x 1 # {a=\"b\"} y", "15: invalid number");
  check("x 1 # {a=\"b\"} 1 y", "17: invalid exemplar timestamp");
  check("x 1 # {a=\"b\"} 1 1 1", "18: unexpected text behind the exemplar");
  check("x 1 # {\"a\"} 1", "11: label without '='");
  check("x 1 # a", "4: unexpected text behind the sample");
  check("x 1 # {a=\"b\",a=\"c\"} 1", "14: duplicate label name");
}

TEST_CASE("OpenMetrics' rules between lines") {
  const auto check = [](std::string_view page, std::string_view want) { check_om(page, want); };
  check("# TYPE a gauge\n# TYPE a gauge\n", "2:1: a second TYPE of the family\n");
  check("# HELP a b\n# HELP a b\n", "2:1: a second HELP of the family\n");
  check("# UNIT a_b b\n# UNIT a_b b\n", "2:1: a second UNIT of the family\n");
  check("# HELP a b\na 1\n# TYPE a gauge\n", "a{} 1 (a unknown: b)\n3:1: metadata behind the samples of the family\n");
  check("# UNIT a_b c\n", "1:1: the unit is not the last part of the metric name\n");
  check("# UNIT ab b\n", "1:1: the unit is not the last part of the metric name\n");
  check("# UNIT a \n", "");
  check("# TYPE a_b info\n# UNIT a_b b\n", "2:1: info and stateset have no unit\n");
  check("# UNIT a_b b\n# TYPE a_b stateset\n", "2:1: info and stateset have no unit\n");
  check("a 1\nb 1\na 1\na 2\n", "a{} 1\nb{} 1\n3:1: this name came before, in another family\na{} 2\n");
  check("# TYPE a_created gauge\n# TYPE a counter\n", "2:1: a sample of this family has the name of another family\n");
  check("# TYPE a counter\n# TYPE a_created gauge\n", "2:1: this name came before, in another family\n");
  check("# TYPE a counter\na 1\n", "2:1: the type of the family demands an ending, such as _total of a counter\n");
  check("# TYPE a info\na_info 1\n", "a_info{} 1 (a info)\n");
  check("# TYPE a histogram\na_bucket 1\n", "2:1: a bucket without a number as label 'le'\n");
  check("# TYPE a gaugehistogram\na_bucket{le=\"NaN\"} 1\n", "2:1: a bucket without a number as label 'le'\n");
  check("# TYPE a summary\na{quantile=\"1.1\"} 1\n", "2:1: a summary without label 'quantile' from 0 to 1\n");
  check("# TYPE a summary\na{quantile=\"1\"} 1\na_sum 1\n", "a{quantile=<1>} 1 (a summary)\na_sum{} 1 (a summary)\n");
  check("# TYPE a stateset\na{b=\"c\"} 1\n", "2:1: a stateset without a label of its own name\n");
  check("# TYPE a stateset\na{a=\"c\"} 1\n", "a{a=<c>} 1 (a stateset)\n");
  check("# TYPE a gauge\na 1 # {} 1\n", "2:1: an exemplar on what is no bucket and no counter's total\n");
  check("# TYPE a counter\na_created 1 # {} 1\n", "2:1: an exemplar on what is no bucket and no counter's total\n");
  check("a 1 2\na 1 1\n", "a{} 1 @2000000000\n2:1: timestamps of a series decrease\n");
  check("a 1 2\na 1 2\na 1 3\n", "a{} 1 @2000000000\na{} 1 @2000000000\na{} 1 @3000000000\n");
  check("a 1 2\na 1\n", "a{} 1 @2000000000\n2:1: a series with timestamps on some samples only\n");
  check("a 1\na 1 2\n", "a{} 1\n2:1: a series with timestamps on some samples only\n");
  check("a{b=\"1\"} 1 2\na{b=\"2\"} 1 1\n", "a{b=<1>} 1 @2000000000\na{b=<2>} 1 @1000000000\n");
}

TEST_CASE("the format is what the content type says") {
  const auto text = Exposition::text_0_0_4;
  const auto open = Exposition::openmetrics_1_0;
  const auto check = [](std::string_view type, std::optional<Exposition> want) {
    CAPTURE(type);
    CHECK(exposition_format(type) == want);
  };
  check("text/plain", text);
  check("text/plain; version=0.0.4", text);
  check("text/plain; version=0.0.4; charset=utf-8", text);
  check("text/plain;version=0.0.4;charset=utf-8;escaping=underscores", text);
  check("text/plain; charset=utf-8", text);
  check("text/plain; version=1.0.0; escaping=allow-utf-8; charset=utf-8", text);
  check("  Text/Plain \t;\tVersion=\"0.0.4\" ; CHARSET=\"UTF-8\" ", text);
  check("text/plain;", text);
  check("application/openmetrics-text", open);
  check("application/openmetrics-text; version=1.0.0; charset=utf-8", open);
  check("application/openmetrics-text;version=0.0.1", open);
  check("application/openmetrics-text; version=2.0.0", std::nullopt);
  check("text/plain; version=0.0.5", std::nullopt);
  check("text/plain; version=", std::nullopt);
  check("text/plain; version=\"0.0.4", std::nullopt);
  check("text/plain; version=\"0\\.0.4\"", text);
  check("text/plain; version=0.0.4; version=1.0.0", std::nullopt);
  check("text/plain; version", std::nullopt);
  check("text/plain version=0.0.4", std::nullopt);
  check("text/plain, text/html", std::nullopt);
  check("text/plain; charset=latin1", std::nullopt);
  check("text/html; charset=utf-8", std::nullopt);
  check("text/", std::nullopt);
  check("text", std::nullopt);
  check("", std::nullopt);
  check("application/json", std::nullopt);
  check("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", std::nullopt);
}

TEST_CASE("seconds become nanoseconds without a detour over binary fractions") {
  const auto check = [](std::string_view text, std::optional<std::int64_t> want) {
    CAPTURE(text);
    const std::optional<SampleTime> time = parse_seconds(text);
    REQUIRE(time);
    CHECK(time->text == text);
    CHECK(time->nanoseconds == want);
  };
  check("0", 0);
  check("-0", 0);
  check("1", 1'000'000'000);
  check("+1", 1'000'000'000);
  check("1722945600.123456789", 1'722'945'600'123'456'789);
  check("1722945600.1234567899", 1'722'945'600'123'456'789);
  check("1.7268398142239082e+09", 1'726'839'814'223'908'200);
  check("1.5e3", 1'500'000'000'000);
  check("1E-9", 1);
  check("1e-10", 0);
  check("-1e-10", -1);
  check("-1.1", -1'100'000'000);
  check("-0.0000000011", -2);
  check("-1.0000000000", -1'000'000'000);
  check("000", 0);
  check(".5", 500'000'000);
  check("5.", 5'000'000'000);
  check("9223372036.854775807", std::numeric_limits<std::int64_t>::max());
  check("9223372036.8547758079999", std::numeric_limits<std::int64_t>::max());
  check("9223372036.854775808", std::nullopt);
  check("-9223372036.854775808", std::numeric_limits<std::int64_t>::min());
  check("-9223372036.8547758081", std::nullopt);
  check("12345678901234567890.1234567890", std::nullopt);
  check("1e999999999999999999999", std::nullopt);
  check("0e999999999999999999999", 0);
  check("1e-999999999999999999999", 0);
  check("-1e-999999999999999999999", -1);
  check("0." + std::string(1000, '0') + "1", 0);
  check("0." + std::string(1000, '0') + "1e1001", 1'000'000'000);
  check(std::string(1000, '0') + "1", 1'000'000'000);
  check("1" + std::string(1000, '0'), std::nullopt);
  check("1" + std::string(1000, '0') + "e-1000", 1'000'000'000);
  for (const char* const bad :
       {"", ".", "-", "+", "e1", "1e", "1e+", "1.2.3", "NaN", "Inf", "0x1", "1_0", "1 ", "--1", "1e1.5"}) {
    CAPTURE(bad);
    CHECK(!parse_seconds(bad));
  }
}

TEST_CASE("a sample may have so many labels and no more") {
  const auto page = [](std::size_t labels, std::string_view behind) {
    std::string line = "a{";
    for (std::size_t i = 0; i < labels; ++i) line += (i == 0 ? "l" : ",l") + std::to_string(i) + "=\"\"";
    return line + "} 1" + std::string(behind);
  };
  ExpositionDecoder decoder(Exposition::text_0_0_4);
  CHECK(count_records(decoder, page(exposition_labels_max, "\n")) == 1);
  CHECK(decoder.sample().labels.size() == exposition_labels_max);
  CHECK(show_page(decoder, page(exposition_labels_max + 1, "\nb 2\n")).ends_with(": too many labels\nb{} 2\n"));
  ExpositionDecoder open(Exposition::openmetrics_1_0);
  CHECK(show_page(open,
                  "# TYPE a counter\na_total 1 # " + page(exposition_labels_max + 1, "\n").substr(1) + std::string(eof))
            .ends_with(": too many labels\n"));
}

TEST_CASE("a line may be so long and no longer") {
  const auto page = [](std::size_t bytes) { return "a{b=\"" + std::string(bytes - 9, 'x') + "\"} 1\nc 2\n"; };
  ExpositionDecoder decoder(Exposition::text_0_0_4);
  CHECK(count_records(decoder, page(exposition_line_bytes_max)) == 2);
  const std::string column = std::to_string(exposition_line_bytes_max + 1);
  CHECK(show_page(decoder, page(exposition_line_bytes_max + 1)) == "1:" + column + ": line too long\nc{} 2\n");
}

TEST_CASE("names are remembered in bounded memory") {
  SeenNames names;
  CHECK(names.add("a"));
  CHECK(!names.add("a"));
  const Allocations allocations;
  std::size_t added = 1;
  for (std::size_t i = 0; i < 2 * family_names_max; ++i) added += names.add("name" + std::to_string(i)) ? 1u : 0u;
  // 1 MiB, the half of it that it was copied from, a page that each of the two is rounded up by, and a name.
  CHECK(allocations.peak_bytes() <= (3 << 19) + 2 * 4096 + 100);
  CHECK(added == 2 * family_names_max + 1);
  CHECK(names.add("name1"));  // the set is full: nothing is known to be in it
  names.clear();
  CHECK(names.add("a"));
  CHECK(!names.add("a"));
}

TEST_CASE("a page of a million families costs bounded memory") {
  std::string page;
  for (int i = 0; i < 1'000'000; ++i) page += "f" + std::to_string(i) + " 1\n";
  page += eof;
  ExpositionDecoder decoder(Exposition::openmetrics_1_0);
  const Allocations allocations;
  CHECK(count_records(decoder, page) == 1'000'000);
  CHECK(decoder.valid());
  CHECK(allocations.peak_bytes() <= 2 << 20);
}

TEST_CASE("a second page costs no allocation") {
  std::string text;
  std::string open = "# TYPE a counter\n";
  for (int i = 0; i < 200; ++i) {
    const std::string labels = "{b=\"c\\n" + std::to_string(i) + "\",d=\"" + std::string(20, 'x') + "\"} ";
    text += "# HELP f" + std::to_string(i) + " says\\nwhat\n# TYPE f" + std::to_string(i) + " gauge\nf" +
            std::to_string(i) + labels + std::to_string(i) + ".5 1722945600123\n";
    open += "a_total" + labels + "1 # {e=\"f\\\\\"} 1 1.5\n";
  }
  open += eof;
  for (const Cpu cpu : cpus()) {
    for (const auto& [format, page] : {std::pair(Exposition::text_0_0_4, text), {Exposition::openmetrics_1_0, open}}) {
      ExpositionDecoder decoder(format, cpu);
      CHECK(count_records(decoder, page) == 200);
      const Allocations allocations;
      CHECK(count_records(decoder, page) == 200);
      CHECK(decoder.valid());
      CHECK(allocations.count() == 0);
    }
  }
}

TEST_CASE("a hostile kilobyte costs little memory") {
  std::vector<std::string> bodies;
  for (const char* const unit : {"a{",
                                 "\"",
                                 "\\",
                                 "{\"",
                                 "a{b=\"\\",
                                 "a 1\n",
                                 "\n",
                                 "#",
                                 "# ",
                                 "a{a=\"\",",
                                 "a,",
                                 "{",
                                 "}",
                                 "=",
                                 "# TYPE a histogram\n",
                                 "a 1e1",
                                 "9",
                                 "\xff",
                                 "\t",
                                 "# HELP a \\n",
                                 "a{\"\\\\\"=\"\\\\\"} 1\n"}) {
    std::string body;
    while (body.size() < 1024) body += unit;
    bodies.push_back(body);
    bodies.push_back("a{b=\"" + body + "\"} 1\n");
    bodies.push_back("a 1 " + body + "\n");
  }
  for (const std::string& body : bodies) {
    CAPTURE(body);
    for (const Exposition format : {Exposition::text_0_0_4, Exposition::openmetrics_1_0}) {
      const Allocations allocations;
      ExpositionDecoder decoder(format);
      count_records(decoder, body);
      CHECK(allocations.peak_bytes() <= 64 * 1024);
    }
  }
}
