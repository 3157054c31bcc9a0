// The memory of the plan is an optimisation: with it or without it, the output is the same.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/router/expression/specialise.h"
#include "gateway/router/message.h"
#include "gateway/router/router.h"
#include "tests/codecs/allocations.h"
#include "tests/gateway/router/chance_flat_rules.h"
#include "tests/gateway/router/chance_rules.h"
#include "tests/gateway/router/routed.h"

using namespace gw;
using namespace gw::router;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t now_ns = 1'700'000'250 * second;

/// So that lines of any time are computed from.
RouterOptions options_of(std::size_t series_max = 1'000'000) {
  return {.plan = {.series_max = series_max}, .aggregates = {.is_recording = true, .recorded_intervals_max = 3}};
}

/// So that the clock ends intervals while lines come, and some series are too many.
RouterOptions options_by_clock(std::size_t series_max = 1'000'000) {
  return {.plan = {.series_max = series_max},
          .aggregates = {.interval_ns = 60 * second, .grace_ns = 10 * second, .series_max = 10}};
}

/// What a router makes of each line, and its accounts in the end.
struct Routes {
  std::vector<std::string> lines;  ///< what comes out for each; "dropped N", "no line: why"
  std::string aggregates;
  std::string counts;
};

/// A line comes every two seconds.
Routes routes_of(Router& router, const std::vector<std::string>& lines) {
  Routes routes;
  codecs::LineDecoder decoder({.lenient = true});
  std::int64_t now = 1'700'000'000 * second;
  for (const std::string& text : lines) {
    now += 2 * second;
    decoder.reset(text);
    REQUIRE(decoder.next() == codecs::Step::record);
    std::string out;
    const Routed routed = router.route(decoder.line(), now, out);
    router.end_intervals(now, routes.aggregates);
    if (routed.kind == Routed::Kind::dropped) out += "dropped " + std::to_string(routed.rule);
    if (routed.kind == Routed::Kind::not_representable) out += "no line: " + std::string(routed.problem);
    routes.lines.push_back(std::move(out));
  }
  router.end_all(now, routes.aggregates);
  const AggregatorCounts& left = router.aggregator().counts();
  routes.counts =
      fmt::format("{} late, {} before, {} early, {} left out\n", left.late, left.before, left.early, left.left_out);
  for (const RuleCounts& counts : router.rule_counts())
    routes.counts += fmt::format("{} dropped, {} failed: {}, {} left: {}, {} incomplete: {}, {} partial\n",
                                 counts.dropped, counts.failed, counts.problem, counts.units_left, counts.unit_left,
                                 counts.incomplete, counts.lacking, counts.partial);
  return routes;
}

using Options = RouterOptions (*)(std::size_t series_max);

void check_same(const std::shared_ptr<const RuleSet>& rules, const std::vector<std::string>& lines,
                Options options_of) {
  Router plain(rules, options_of(0));
  const Routes want = routes_of(plain, lines);
  for (const std::size_t series_max : {std::size_t{1'000'000}, std::size_t{3}}) {
    CAPTURE(series_max);
    Router router(rules, options_of(series_max));
    const Routes got = routes_of(router, lines);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      CAPTURE(lines[i]);
      if (got.lines[i] != want.lines[i]) CHECK(got.lines[i] == want.lines[i]);
    }
    CHECK(got.aggregates == want.aggregates);
    CHECK(got.counts == want.counts);
  }
}

/// The aggregates, each computed as if there was no other.
std::string aggregates_alone(const RuleSet& rules, const std::vector<std::string>& lines) {
  std::string out;
  for (const Aggregate& aggregate : rules.aggregates) {
    RuleSet alone = rules;
    alone.aggregates = {aggregate};
    Router router(std::make_shared<const RuleSet>(std::move(alone)),
                  {.plan = {}, .aggregates = {.is_recording = true}});
    out += routes_of(router, lines).aggregates;
  }
  return out;
}

std::string sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  std::ranges::sort(lines);
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

/// One line for each of so many series.
std::string lines_of(int series, std::string_view value = "1", std::string_view long_tag = "x") {
  std::string lines;
  for (int i = 0; i < series; ++i)
    lines += fmt::format("m,hostname=n{},cluster={} value={} 1700000000\n", i, long_tag, value);
  return lines;
}

/// Seven questions, with an answer for each value from 0 to 127.
constexpr std::string_view bits_rules = R"x({"add_tags": [
  {"key": "a", "value": "1", "if": "value % 2 == 1"}, {"key": "b", "value": "1", "if": "value % 4 > 1"},
  {"key": "c", "value": "1", "if": "value % 8 > 3"}, {"key": "d", "value": "1", "if": "value % 16 > 7"},
  {"key": "e", "value": "1", "if": "value % 32 > 15"}, {"key": "f", "value": "1", "if": "value % 64 > 31"},
  {"key": "g", "value": "1", "if": "value > 63"}]})x";

}  // namespace

TEST_CASE("an aggregate is what it would be without the others") {
  std::size_t computed = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Chance chance(seed);
    const std::string text = chance.rules();
    CAPTURE(text);
    const auto rules = rules::read_rules_text(text, "rules.json", Seconds(60)).rules;
    REQUIRE(rules != nullptr);
    std::vector<std::string> lines;
    for (int i = 0; i < 150; ++i) lines.push_back(chance.line());
    Router router(rules, {.plan = {}, .aggregates = {.is_recording = true}});
    const std::string together = sorted_lines(routes_of(router, lines).aggregates);
    CHECK(together == sorted_lines(aggregates_alone(*rules, lines)));
    computed += static_cast<std::size_t>(std::ranges::count(together, '\n'));
  }
  MESSAGE(computed << " aggregates");
}

TEST_CASE("lines are routed the same with and without a memory for series, in any order, and when it overflows") {
  std::size_t pairs = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Chance chance(seed);
    const std::string text = chance.rules();
    CAPTURE(text);
    const auto rules = rules::read_rules_text(text, "rules.json", Seconds(60)).rules;  // some of them can do nothing
    REQUIRE(rules != nullptr);
    std::vector<std::string> lines;
    for (int i = 0; i < 150; ++i) lines.push_back(chance.line());
    check_same(rules, lines, options_of);
    std::shuffle(lines.begin(), lines.end(), std::mt19937(seed));
    check_same(rules, lines, options_of);
    pairs += 2 * lines.size();
  }
  MESSAGE(pairs << " pairs of rules and line");
}

TEST_CASE("so are they by rules in the shape of cc-lib's message processor") {
  std::size_t rule_sets = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    const std::string text = cc_lib::ChanceTrial(seed).make(0).rules.dump();
    CAPTURE(text);
    const auto rules = rules::read_rules_text(text, "rules.json", Seconds(60)).rules;
    if (rules == nullptr) continue;  // some are meant to be refused
    ++rule_sets;
    Chance chance(seed);
    std::vector<std::string> lines;
    for (int i = 0; i < 150; ++i) lines.push_back(chance.line());
    check_same(rules, lines, options_of);
  }
  CHECK(rule_sets > 350);
}

TEST_CASE("so are lines that come again and again while the clock goes on: late, early, and without a time") {
  struct {
    std::uint64_t late = 0;
    std::uint64_t early = 0;
    std::uint64_t left_out = 0;
    std::uint64_t partial = 0;
  } met;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Chance chance(seed);
    const std::string text = chance.rules();
    CAPTURE(text);
    const auto rules = rules::read_rules_text(text, "rules.json", Seconds(60)).rules;
    REQUIRE(rules != nullptr);
    std::vector<std::string> lines;
    for (int i = 0; i < 40; ++i) lines.push_back(chance.line());
    lines.push_back("mem_used,hostname=n1,type=node value=1 1700009000\n");
    lines.push_back("mem_used,hostname=n1,type=node value=2\n");
    std::vector<std::string> often;
    for (int i = 0; i < 150; ++i) often.push_back(lines[chance.below(lines.size())]);
    check_same(rules, often, options_by_clock);
    Router router(rules, options_by_clock());
    routes_of(router, often);
    const AggregatorCounts& counts = router.aggregator().counts();
    met.late += counts.late;
    met.early += counts.early;
    met.left_out += counts.left_out;
    met.partial += sum_of(router, &RuleCounts::partial);
  }
  MESSAGE(met.late << " values late, " << met.early << " early, " << met.left_out << " left out, " << met.partial
                   << " aggregates partial");
  CHECK(std::min({met.late, met.early, met.left_out, met.partial}) > 0);
}

TEST_CASE("lines without a time are of the time when they come, also those of a series that is known") {
  for (const std::size_t series_max : {std::size_t{0}, std::size_t{100}}) {
    CAPTURE(series_max);
    Router router(
        rules_of(R"x({"interval_timestamp": true, "num_cache_intervals": 1, "drop_metrics_if": ["name == 'm'"],
        "interval_aggregates": [{"name": "x", "function": "sum(values)", "if": "name == 'm'"}]})x"),
        options_by_clock(series_max));
    std::string out;
    for (int i = 0; i < 3; ++i) {
      const std::int64_t now = (1'700'000'040 + 60 * i) * second;
      out += routed(router, "m,hostname=n1 value=1\nm,hostname=n1 value=2\nk,hostname=n1 value=3\n", now);
      router.end_intervals(now + 70 * second, out);
    }
    CHECK(out ==
          "k,hostname=n1 value=3 1700000040000000000\nx,hostname=n1 value=2 1700000040\n"
          "k,hostname=n1 value=3 1700000100000000000\nx,hostname=n1 value=2 1700000100\n"
          "k,hostname=n1 value=3 1700000160000000000\nx,hostname=n1 value=2 1700000160\n");
    CHECK(router.aggregator().counts().late == 0);
  }
}

TEST_CASE("values of a series that rules drop under several names are kept under each") {
  for (const std::size_t series_max : {std::size_t{0}, std::size_t{100}}) {
    CAPTURE(series_max);
    Router router(rules_of(R"x({"process_messages": {"rename_messages_if": {
        "name == 'm' && value > 5": "high", "name == 'm' && value <= 5": "low"}, "drop_messages": ["high", "low"],
        "stage_order": ["rename_if", "drop_by_name"]}, "num_cache_intervals": 1, "interval_aggregates": [
        {"name": "h", "function": "sum(high)"}, {"name": "l", "function": "sum(low)"}]})x"),
                  options_of(series_max));
    std::string out = routed(
        router,
        "m,hostname=n1 value=9 1700000000\nm,hostname=n1 value=1 1700000060\nm,hostname=n1 value=1 1700000120\n");
    router.end_all(0, out);
    CHECK(out ==
          "h,hostname=n1 value=9 1699999980\nl,hostname=n1 value=1 1700000040\nl,hostname=n1 value=1 1700000100\n");
  }
}

TEST_CASE("pieces give room where it is asked for") {
  Pieces pieces;
  char* const first = pieces.room(3, 1);
  CHECK(pieces.room(1, 1) == first + 3);
  CHECK(pieces.room(64, 64) == first + 64);
  char* const next = pieces.room(8, 8);
  CHECK(pieces.room(Pieces::piece_bytes, 64) != next + 8);
  CHECK(pieces.bytes() == 2 * Pieces::piece_bytes);
  pieces.clear();
  CHECK(pieces.bytes() == 0);
}

TEST_CASE("a line that no rule changes comes out as it went in") {
  const auto rules = rules_of(R"({"drop_metrics": ["a"]})");
  Router router(rules);
  const auto check = [&router](std::string_view line) {
    for (int i = 0; i < 2; ++i) {  // learnt, and remembered
      codecs::LineDecoder decoder({.lenient = true});
      decoder.reset(line);
      REQUIRE(decoder.next() == codecs::Step::record);
      std::string out;
      CHECK(router.route(decoder.line(), now_ns, out).kind == Routed::Kind::written);
      CHECK(out == line);
    }
  };
  check("b,hostname=n1 value=1.50 1700000000\n");
  check("b value=0.0\n");
  check("b,hostname=n1 value=1i 0001700000000\n");
  check("b,hostname=n\\ 1,type=x\\,y event=\"a\\\\b\",value=01.0 1700000000000000000\n");
  check("b\\ c,k=v value=true 1\n");
}

TEST_CASE("most lines are decided by their series alone") {
  const auto rules = rules_of(R"x({"add_tags": [{"key": "cluster", "value": "x", "if": "*"}],
    "drop_metrics_if": ["type-id == 1 && match('cpu%d', name)"], "rename_metrics": {"cpu2": "cpu3"}})x");
  Router router(rules);
  std::string out;
  codecs::LineDecoder decoder;
  for (int i = 0; i < 10; ++i) {
    decoder.reset("cpu1,type-id=1 value=1 1\ncpu1,type-id=0 value=1 1\ncpu2,type-id=0 value=2 1\n");
    while (decoder.next() == codecs::Step::record) router.route(decoder.line(), now_ns, out);
  }
  CHECK(router.plan().series() == 3);
  CHECK(router.plan().counts().plain == 0);
  CHECK(router.plan().counts().resets == 0);
  CHECK(router.rule_counts()[0].dropped == 10);
  CHECK(out.starts_with("cpu1,type-id=0,cluster=x value=1 1\ncpu3,type-id=0,cluster=x value=2 1\n"));
}

TEST_CASE("units that are left as they were are counted message by message, with the first of them") {
  const auto rules = rules_of(R"x({"manipulate_messages": [
    {"normalize_units": true, "if": "value < 10"}, {"change_prefix_to": "m"}, {"drop_by_name": ["gone"]}]})x");
  const std::string_view lines =
      "a,unit=Mbit/s value=1 1\nb,unit=kByte value=1 1\nb,unit=kByte value=20 1\nc,unit=kW value=1 1\n"
      "d value=1 1\ngone,unit=kWh value=1 1\na,unit=Mbit/s value=2 1\na,unit=Mbit/s value=30 1\n"
      "a,unit=Mbit/s event=\"x\" 1\na,unit=Mbit/s value=3,extra=1 1\n";
  for (const std::size_t series_max : {std::size_t{0}, std::size_t{1}, std::size_t{100}}) {
    CAPTURE(series_max);
    Router router(rules, options_of(series_max));
    for (int i = 0; i < 3; ++i) routed(router, lines);
    const auto& counts = router.rule_counts();
    CHECK(counts[0].units_left == 3 * 4);
    CHECK(counts[0].unit_left == "'Mbit/s' is no unit of ClusterCockpit");
    CHECK(counts[1].units_left == 3 * 8);
    CHECK(counts[1].unit_left == "'Mbit/s' is no unit of ClusterCockpit");
    CHECK(counts[2].dropped == 3);
    CHECK(counts[0].failed + counts[1].failed == 0);
  }
}

TEST_CASE("a prefix that would say another unit is not set, which is counted") {
  Router router(rules_of(R"x({"manipulate_messages": [{"change_prefix_to": "m"}]})x"));
  CHECK(routed(router, "b,unit=KB value=1 1\nb,unit=KB value=2 1\n") == "b,unit=KB value=1 1\nb,unit=KB value=2 1\n");
  CHECK(router.rule_counts()[0].units_left == 2);
  CHECK(router.rule_counts()[0].unit_left == "'KB' with the prefix 'm' would say another unit");
}

TEST_CASE("a prefix for metrics without a unit is counted where its rule means them, and for numbers only") {
  const auto rules = rules_of(R"x({"manipulate_messages": [{"change_prefix_to": "M", "if": "value > 1"},
    {"change_prefix_by": {"a": "G"}}, {"normalize_units": true}]})x");
  const std::string_view lines =
      "a,hostname=n1 value=2 1\na,hostname=n1 value=1 1\nb,hostname=n1 value=3 1\na,hostname=n1 value=true 1\n"
      "a,hostname=n1 event=\"x\" 1\na,hostname=n1,unit=kB value=1 1\n";
  for (const std::size_t series_max : {std::size_t{0}, std::size_t{100}}) {
    CAPTURE(series_max);
    Router router(rules, options_of(series_max));
    for (int i = 0; i < 3; ++i) CHECK(routed(router, lines).starts_with("a,hostname=n1 value=2 1\n"));
    const auto& counts = router.rule_counts();
    CHECK(counts[0].units_left == 3 * 2);
    CHECK(counts[0].unit_left == "the metric has no unit");
    CHECK(counts[1].units_left == 3 * 2);
    CHECK(counts[1].unit_left == "the metric has no unit");
    CHECK(counts[2].units_left == 0);
  }
}

TEST_CASE("deleting or moving a field takes no time from lines that do not have it") {
  Router router(rules_of(R"x({"manipulate_messages": [{"delete_fields_by": ["extra"]},
    {"move_fields_to_tags_by": {"other": "tag"}}, {"move_tags_to_fields_by": {"gone": "f"}},
    {"add_fields_by": {"f": "v"}, "if": "name == 'b'"}]})x"));
  for (int i = 0; i < 3; ++i) {
    CHECK(routed(router, "a,hostname=n1 value=1 1\n") == "a,hostname=n1 value=1 1\n");
    CHECK(routed(router, "a,hostname=n1 value=1,extra=2 1\n") == "a,hostname=n1 value=1 1\n");
    CHECK(routed(router, "a,hostname=n1 value=1,other=\"x\" 1\n") == "a,hostname=n1,tag=x value=1 1\n");
    CHECK(routed(router, "a,hostname=n1,gone=x value=1 1\n") == "a,hostname=n1 value=1,f=\"x\" 1\n");
    CHECK(routed(router, "b,hostname=n1 value=1 1\n") == "b,hostname=n1 value=1,f=\"v\" 1\n");
  }
  CHECK(router.plan().counts().plain == 3 * 4);  // all but the first
}

TEST_CASE("a line of a known series costs no allocation") {
  Router router(rules_of(
      R"({"interval_timestamp": true, "drop_metrics": ["gone"], "drop_metrics_if": ["name == 'load' && value > 70"],
    "add_tags": [{"key": "cluster", "value": "x"}], "change_unit_prefix": {"mem": "G", "net": "G"},
    "normalize_units": true})"));
  const std::string_view lines =
      "load,hostname=n1,type=node value=1.5 1700000001\nload,hostname=n1,type=node value=71 1700000001\n"
      "gone,hostname=n1 value=1 1700000001\nmem,hostname=n1,unit=kB value=1500i 1700000001\n"
      "net,hostname=n1,unit=Mbit/s value=1 1700000001\n";
  codecs::LineDecoder decoder;
  std::string out;
  const auto route_all = [&] {
    out.clear();
    decoder.reset(lines);
    while (decoder.next() == codecs::Step::record) router.route(decoder.line(), now_ns, out);
  };
  route_all();
  route_all();
  const std::string once = out;
  const Allocations allocations;
  for (int i = 0; i < 10; ++i) route_all();
  CHECK(allocations.count() == 0);
  CHECK(out == once);
  CHECK(out ==
        "load,hostname=n1,type=node,cluster=x value=1.5 1699999980\n"
        "mem,hostname=n1,unit=GB,cluster=x value=0.0015 1699999980\n"
        "net,hostname=n1,unit=Mbit/s,cluster=x value=1 1699999980\n");
}

TEST_CASE("a condition is decided by the series where neither value nor time had a part in its answer") {
  Message message;
  message.name = "cpu_load";
  message.tags = {{"type", "core"}, {"hostname", "n1"}};
  message.fields = {{"value", 71.0}};
  Stepper stepper(nullptr, "hostname");
  stepper.begin(message, now_ns);
  const auto check = [&stepper](std::string_view source, std::optional<bool> holds, bool told_by_line) {
    CAPTURE(source);
    const auto condition = expression::Expression::compile(source, message_environment());
    REQUIRE(condition);
    const Stepper::Answer answer = stepper.ask(*condition);
    CHECK(answer.holds == holds);
    CHECK(answer.told_by_line == told_by_line);
  };
  check("name == 'other' && value > 70", false, false);
  check("name == 'cpu_load' || value > 70", true, false);
  check("name == 'cpu_load' && value > 70", true, true);
  check("field.value > 70", true, true);
  check("field_value > 70", true, true);
  check("msg.GetField('value') > 70", true, true);
  check("len(msg.Fields()) == 1", true, true);
  check("timestamp > 0", true, true);
  check("nothing == nil && field_other == nil", true, false);
  check("msg.HasField('value') && messagetype == 'metric' && msg.IsMetric()", true, false);
  check("tag.type + 1 == 'x'", std::nullopt, false);
}

TEST_CASE("a series is learnt without a copy of the conditions that its name decides") {
  std::string conditions;
  for (int i = 0; i < 1000; ++i)
    conditions += (i == 0 ? "" : ", ") + ("\"name == 'gone_" + std::to_string(i)) + "' && value > 5\"";
  Router router(rules_of("{\"drop_metrics_if\": [" + conditions + "]}"));
  routed(router, "a,hostname=n1 value=1 1\n");
  const Allocations allocations;
  routed(router, "b,hostname=n1 value=1 1\n");
  CHECK(allocations.count() < 100);
}

TEST_CASE("the first failure of a rule is told with its reason, also on a way that other lines have taken") {
  Router router(rules_of(R"x({"drop_metrics_if": ["value > 1 && value + hostname == 'x'"]})x"));
  routed(router, "m,hostname=n1 value=1 1\nm,hostname=n1 value=2 1\n");
  CHECK(router.rule_counts()[0].failed == 1);
  CHECK(router.rule_counts()[0].problem ==
        "'+' does not fit between float and text: int() or float() makes a number of a text");
}

TEST_CASE("with more series than may be remembered, all are forgotten, which is counted") {
  Router router(rules_of(R"({"drop_metrics": ["a"]})"), {.plan = {.series_max = 2}, .aggregates = {}});
  CHECK(routed(router, "b value=1 1\nc value=1 1\n") == "b value=1 1\nc value=1 1\n");
  CHECK(router.plan().series() == 2);
  CHECK(router.plan().counts().resets == 0);
  CHECK(routed(router, "d value=1 1\nb value=2 1\n") == "d value=1 1\nb value=2 1\n");
  CHECK(router.plan().series() == 2);
  CHECK(router.plan().counts().resets == 1);
  CHECK(router.plan().counts().unlearnt == 0);
}

TEST_CASE("what is forgotten gives its memory back") {
  const auto check = [](std::string_view rules) {
    CAPTURE(rules);
    constexpr int series = 50'000;
    Router router(rules_of(rules), {.plan = {.series_max = series}, .aggregates = {}});
    routed(router, lines_of(series));
    const std::size_t before = router.plan().bytes();
    CHECK(router.plan().series() == series);
    routed(router, "another,hostname=n1 value=1 1700000000\n");
    CHECK(router.plan().counts().resets == 1);
    CHECK(router.plan().series() == 1);
    CHECK(router.plan().bytes() < before / 2);
  };
  check(R"x({"drop_metrics": ["a"]})x");
  check(R"x({"drop_metrics_if": ["hostname + string(value) == 'x'"]})x");
  check(R"x({"interval_aggregates": [{"name": "sum", "function": "sum(values)", "if": "value > 0"}],
    "num_cache_intervals": 1})x");
}

TEST_CASE("the memory that is told is the memory that is taken") {
  const auto check = [](std::string_view rules) {
    CAPTURE(rules);
    Router router(rules_of(rules));
    const std::string lines = lines_of(50'000);
    std::string out;
    out.reserve(2 * lines.size());
    codecs::LineDecoder decoder;
    decoder.reset(lines);
    const Allocations allocations;
    while (decoder.next() == codecs::Step::record) router.route(decoder.line(), now_ns, out);
    const auto taken = static_cast<double>(allocations.peak_bytes());
    const auto told = static_cast<double>(router.plan().bytes());
    CHECK(told > 0.7 * taken);
    CHECK(told < 1.4 * taken);
  };
  check(R"x({"drop_metrics": ["a"]})x");
  check(R"x({"rename_metrics": {"m": "renamed"}, "drop_metrics_if": ["value > 1000"]})x");
  check(R"x({"drop_metrics_if": ["hostname + string(value) == 'x'"]})x");
}

TEST_CASE("series share what they are asked") {
  const auto bytes_per_series = [](std::string_view actions, int rules) {
    constexpr int series = 50'000;
    std::string conditions;
    for (int i = 0; i < rules; ++i) conditions += (i == 0 ? "\"value > " : ", \"value > ") + std::to_string(i) + "e3\"";
    Router router(rules_of("{\"drop_metrics_if\": [" + conditions + "]" + std::string(actions) + "}"));
    for (const std::string_view value : {"0", "1500", "5500", "1e9"}) routed(router, lines_of(series, value));
    CHECK(router.plan().series() == series);
    CHECK(router.plan().counts().unlearnt == 0);
    return router.plan().bytes() / series;
  };
  CHECK(bytes_per_series("", 1) < 200);
  CHECK(bytes_per_series("", 10) < 200);
  CHECK(bytes_per_series("", 100) < 200);  // too many: these series take the plain way
  CHECK(bytes_per_series(R"(, "rename_metrics": {"m": "renamed"})", 10) < 300);
}

TEST_CASE("the name decides on either side of the value, which is a number") {
  std::string conditions;
  int least = 0;  // another one for each spelling: conditions that are the same are warned of
  for (const std::string_view value : {"value", "field.value", "fields['value']", "field_value"}) {
    for (int i = 0; i < 20; ++i)
      conditions += fmt::format("{}\"{} > {} && name == 'm{}'\"", conditions.empty() ? "" : ", ", value, least++, i);
  }
  Router router(rules_of("{\"drop_metrics_if\": [" + conditions + "]}"));
  for (int i = 0; i < 3; ++i)
    CHECK(routed(router, "m0,hostname=n1 value=-1 1\nm0,hostname=n1 value=50 1\nb value=9 1\nb,value=x value=9 1\n") ==
          "m0,hostname=n1 value=-1 1\nb value=9 1\nb,value=x value=9 1\n");
  CHECK(router.plan().counts().plain == 0);
}

TEST_CASE("a series of which too much is asked takes the plain way by itself") {
  std::string conditions;
  for (int i = 0; i < 100; ++i)
    conditions += (i == 0 ? "\"name == 'm' && value > " : ", \"name == 'm' && value > ") + std::to_string(i) + "\"";
  Router router(rules_of("{\"drop_metrics_if\": [" + conditions + "]}"));
  for (int i = 0; i < 3; ++i)
    CHECK(routed(router, "m,hostname=n1 value=-1 1\nm,hostname=n1 value=50 1\nb value=9 1\n") ==
          "m,hostname=n1 value=-1 1\nb value=9 1\n");
  CHECK(router.plan().series() == 2);
  CHECK(router.plan().counts().plain == 6);
  CHECK(router.plan().counts().unlearnt == 0);
}

TEST_CASE("of a series whose lines go ever new ways some are remembered") {
  Router plain(rules_of(bits_rules), options_of(0));
  Router router(rules_of(bits_rules));
  std::string lines;
  for (int i = 0; i < 128; ++i) lines += "m value=" + std::to_string(i) + "i 1\n";
  const std::string want = routed(plain, lines);
  for (int i = 0; i < 3; ++i) CHECK(routed(router, lines) == want);
  CHECK(router.plan().counts().plain == std::size_t{3} * (128 - 64));
}

TEST_CASE("with all memory taken, new series and new ways are decided rule by rule, and nothing is forgotten") {
  constexpr int series = 2000;
  const auto rules = rules_of(R"({"drop_metrics_if": ["value > 5"]})");
  Router plain(rules, options_of(0));
  Router router(rules, {.plan = {.series_max = 100'000, .bytes_per_series = 0}, .aggregates = {}});
  const std::string lines = lines_of(series, "1", std::string(4000, 'x'));
  CHECK(routed(router, lines) == routed(plain, lines));
  const std::size_t remembered = router.plan().series();
  CHECK(remembered > 500);
  CHECK(remembered < series);
  CHECK(router.plan().bytes() < std::size_t{8} << 20);
  CHECK(router.plan().counts().unlearnt == series - remembered);
  CHECK(router.plan().counts().plain == series - remembered);
  CHECK(routed(router, lines) == routed(plain, lines));
  CHECK(router.plan().counts().plain == 2 * (series - remembered));  // the others are known
  const std::string other = lines_of(series, "6", std::string(4000, 'x'));
  CHECK(routed(router, other).empty());
  CHECK(router.plan().counts().unlearnt == 2 * (series - remembered) + series);
  CHECK(router.plan().series() == remembered);
  CHECK(router.plan().counts().resets == 0);
}

TEST_CASE("a line that is too long to be remembered is decided rule by rule") {
  const std::string tag(5000, 'x');
  Router router(rules_of(R"({"add_tags": [{"key": "long", "value": ")" + tag + R"(", "if": "name == 'b'"}]})"));
  const std::string known = "a,hostname=n1 value=1 1\n";
  for (int i = 0; i < 3; ++i) {
    CHECK(routed(router, known) == known);
    CHECK(routed(router, "a,long=" + tag + " value=1 1\n") == "a,long=" + tag + " value=1 1\n");
    CHECK(routed(router, "b value=1 1\n") == "b,long=" + tag + " value=1 1\n");
    CHECK(routed(router, "a,long=" + std::string(400'000, 'x') + " value=1 1\n").size() > 400'000);
  }
  CHECK(router.plan().series() == 2);
  CHECK(router.plan().counts().plain == 9);
  CHECK(router.plan().counts().resets == 0);
}

TEST_CASE("trees are never there twice, and stay as they are when more is known") {
  PlanTrees trees;
  const PlanNode question{.kind = PlanNodeKind::branch, .rule = 1};
  const PlanNode emit{.kind = PlanNodeKind::emit, .end = 0};
  const PlanNode drop{.kind = PlanNodeKind::drop, .rule = 1};
  const std::vector<Turn> no = {{.asked = question, .holds = false}};
  const std::vector<Turn> yes = {{.asked = question, .holds = true}};
  const PlanNode* const first = trees.grown(nullptr, no, emit);
  CHECK(trees.grown(nullptr, no, emit) == first);
  CHECK(first->next == nullptr);
  REQUIRE(first->otherwise != nullptr);
  CHECK(*first->otherwise == emit);
  const PlanNode* const both = trees.grown(first, yes, drop);
  CHECK(first->next == nullptr);
  REQUIRE(both->next != nullptr);
  CHECK(*both->next == drop);
  CHECK(both->otherwise == first->otherwise);
  CHECK(trees.grown(trees.grown(nullptr, yes, drop), no, emit) == both);
  const std::vector<Turn> other = {{.asked = {.kind = PlanNodeKind::branch, .rule = 2}, .holds = true}};
  CHECK(trees.grown(both, other, drop)->otherwise == nullptr);  // it asks something else
}

TEST_CASE("a tree that is grown by a way it has is itself") {
  PlanTrees trees;
  const std::vector<Turn> way = {{.asked = {.kind = PlanNodeKind::branch, .rule = 1}, .holds = true}};
  const PlanNode end{.kind = PlanNodeKind::emit, .end = 0};
  const PlanNode* const tree = trees.grown(nullptr, way, end);
  const std::size_t bytes = trees.bytes();
  CHECK(trees.grown(tree, way, end) == tree);
  CHECK(trees.bytes() == bytes);
  REQUIRE(tree->next != nullptr);
  CHECK(*tree->next == end);
}

TEST_CASE("conditions are shared where they ask the same, and only there") {
  const std::vector<std::string_view> all = {
      "value * 1 > 1.5",        "value * 1 > 2.5",       "value * 1 > 15",
      "value * 2 > 1.5",        "value + 1 > 1.5",       "value * 1 < 1.5",
      "timestamp * 1 > 1.5",    "load * 1 > 1.5",        "-value > 1.5",
      "+value > 1.5",           "int(value) == 1",       "float(value) == 1",
      "(value - 1) - 2 > 3",    "value - (1 - 2) > 3",   "value in [1, 2]",
      "value in [1, [2]]",      "value in [1, 2, 2]",    "event == 'a'",
      "event == 'b'",           "event == ''",           "event == '(:)'",
      "event in ['a)(', 'b']",  "event in ['a', ')(b']", "event in ['a', 'b']",
      "msg.HasField('event')",  "msg.HasField('log')",   "value > 1 ? event : log",
      "value > 1 ? log : event"};
  PlanTrees trees;
  std::set<const expression::Node*> shared;
  for (int times = 0; times < 2; ++times) {
    for (const std::string_view text : all) {
      auto compiled = expression::Expression::compile(text, message_environment());
      REQUIRE(compiled);
      shared.insert(trees.shared(expression::specialise(compiled->tree(), MessageVariables(MessageView{}),
                                                        [](const expression::Node&) { return false; })));
    }
  }
  CHECK(shared.size() == all.size());
}

TEST_CASE("a threshold is asked again behind a change of prefix") {
  const auto rules = rules_of(R"x({"manipulate_messages": [
    {"add_tags_by": {"before": "1"}, "if": "value > 5"}, {"add_tags_by": {"again": "1"}, "if": "not (value <= 5)"},
    {"change_prefix_to": "K"},
    {"add_tags_by": {"behind": "1"}, "if": "value > 5"}]})x");
  Router router(rules);
  for (int i = 0; i < 3; ++i) {
    CHECK(routed(router, "m,unit=B value=1 1\nm,unit=B value=100 1\nm,unit=B value=10000 1\n") ==
          "m,unit=KB value=0.001 1\nm,unit=KB,before=1,again=1 value=0.1 1\n"
          "m,unit=KB,before=1,again=1,behind=1 value=10 1\n");
  }
  CHECK(router.plan().counts().plain == 0);
}

TEST_CASE("of trees only those are kept that a series has, in whatever order they grew") {
  const auto question = [](double number) {
    return PlanNode{.kind = PlanNodeKind::compare, .op = expression::Operator::greater, .number = number};
  };
  PlanTrees trees;
  std::size_t bytes = 0;
  const PlanNode* first = nullptr;
  std::mt19937 random(1);
  for (int series = 0; series < 1000; ++series) {
    std::vector<std::uint32_t> values(21);
    for (std::uint32_t i = 0; i < values.size(); ++i) values[i] = i;
    std::shuffle(values.begin(), values.end(), random);
    const PlanNode* tree = nullptr;
    for (const std::uint32_t value : values) {
      std::vector<Turn> way;
      for (std::uint32_t i = 0; i + 1 < values.size(); ++i) way.push_back({.asked = question(i), .holds = value > i});
      tree = trees.grown(tree, way, {.kind = PlanNodeKind::drop, .rule = value});
    }
    if (series == 0) {
      first = tree;
      bytes = trees.bytes();
    }
    CHECK(tree == first);
    CHECK(trees.bytes() < 2 * bytes);
  }
}

TEST_CASE("a value is compared with a number as its condition compares it") {
  std::string conditions;
  for (const std::string_view number : {"2", "-1.5", "9007199254740991", "9007199254740992", "-9007199254740993",
                                        "9223372036854775807", "9223372036854775808.0", "1e300 * 1e10", "0.0 / 0.0"}) {
    for (const std::string_view op : {"==", "!=", "<", "<=", ">", ">="}) {
      conditions +=
          fmt::format(R"(, {{"key": "t{}", "value": "1", "if": "value {} {}"}})", conditions.size(), op, number);
      conditions +=
          fmt::format(R"(, {{"key": "t{}", "value": "1", "if": "{} {} field.value"}})", conditions.size(), number, op);
    }
  }
  std::vector<std::string> lines;
  for (const std::string_view value : {"1",
                                       "2",
                                       "2i",
                                       "2u",
                                       "-1.5",
                                       "-1.6",
                                       "-0.0",
                                       "0",
                                       "9007199254740990i",
                                       "9007199254740991i",
                                       "9007199254740992i",
                                       "9007199254740993i",
                                       "9007199254740992",
                                       "-9007199254740993i",
                                       "-9007199254740992i",
                                       "9223372036854775807i",
                                       "9223372036854775807u",
                                       "9223372036854775808u",
                                       "18446744073709551615u",
                                       "1e308",
                                       "-1e308"}) {
    for (int i = 0; i < 2; ++i) lines.push_back(fmt::format("m,hostname=n1 value={} 1\n", value));
  }
  // Few rules at once, so that no series takes the plain way.
  std::vector<std::string> rules;
  for (std::size_t at = 0; at != std::string::npos;) {
    const std::size_t next = conditions.find("}, {", at + 4);
    rules.push_back(conditions.substr(at + 2, next == std::string::npos ? next : next + 1 - at - 2));
    at = next == std::string::npos ? next : next + 1;
  }
  CHECK(rules.size() == 9 * 6 * 2);
  for (std::size_t i = 0; i + 6 <= rules.size(); i += 6) {
    std::string text;
    for (std::size_t k = i; k < i + 6; ++k) text += (k == i ? "" : ", ") + rules[k];
    CAPTURE(text);
    check_same(rules_of(R"({"add_tags": [)" + text + "]}"), lines, options_of);
  }
}

TEST_CASE("many thresholds on one series cost no allocation, however they are written, and after a change of prefix") {
  std::string items = R"({"change_prefix_to": "K"})";
  for (int i = 1; i < 20; ++i) {
    items += fmt::format(R"(, {{"add_tags_by": {{"over": "{}"}}, "if": "value > {}"}})", i, i);
    items +=
        fmt::format(R"x(, {{"add_tags_by": {{"in": "{}"}}, "if": "{} <= value && not (value >= {})"}})x", i, i, i + 1);
  }
  const auto rules = rules_of(R"({"manipulate_messages": [)" + items + "]}");
  std::string lines;
  for (int i = 0; i < 2100; i += 50)
    lines += fmt::format("m,unit=MB value={} 1\nm,unit=KB value={} 1\n", i * 1e-5, i * 1e-2);
  Router plain(rules, options_of(0));
  const std::string want = routed(plain, lines);
  Router router(rules);
  CHECK(routed(router, lines) == want);
  const std::uint64_t learnt_plainly = router.plan().counts().plain;
  codecs::LineDecoder decoder;
  std::string out;
  out.reserve(2 * want.size());
  const auto route_all = [&] {
    out.clear();
    decoder.reset(lines);
    while (decoder.next() == codecs::Step::record) router.route(decoder.line(), now_ns, out);
  };
  route_all();
  const Allocations allocations;
  route_all();
  CHECK(allocations.count() == 0);
  CHECK(out == want);
  CHECK(learnt_plainly == 0);
  CHECK(router.plan().counts().plain == 0);
}
