// The memory of the plan is an optimisation: with it or without it, the output is the same.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/router/router.h"
#include "tests/codecs/allocations.h"
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
  routes.counts = fmt::format("{} late, {} early, {} left out, {} partial, {} incomplete\n", left.late, left.early,
                              left.left_out, left.partial, left.incomplete);
  for (const RuleCounts& counts : router.rule_counts())
    routes.counts += std::to_string(counts.dropped) + " dropped, " + std::to_string(counts.failed) +
                     " failed: " + counts.problem + ", " + std::to_string(counts.units_left) +
                     " left: " + counts.unit_left + "\n";
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

TEST_CASE("so are lines that come again and again while the clock goes on: late, early, and without a time") {
  AggregatorCounts met;
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
    met.partial += counts.partial;
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

TEST_CASE("pieces give room where it is asked for, and take back what was taken last") {
  Pieces pieces;
  char* const first = pieces.room(3, 1);
  CHECK(pieces.room(1, 1) == first + 3);
  CHECK(pieces.room(64, 64) == first + 64);
  const Pieces::Mark mark = pieces.mark();
  char* const next = pieces.room(8, 8);
  CHECK(pieces.room(Pieces::piece_bytes, 64) != next + 8);
  CHECK(pieces.bytes() == 2 * Pieces::piece_bytes);
  pieces.back_to(mark);
  CHECK(pieces.bytes() == Pieces::piece_bytes);
  CHECK(pieces.room(8, 8) == next);
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
    CHECK(counts[1].units_left == 3 * 7);
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
  CHECK(router.plan().series() == 1);
  CHECK(router.plan().counts().resets == 1);
}
