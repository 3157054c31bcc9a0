// Rules between the bus and the sinks: what is dropped, changed and made of lines, and what happens when rules are
// replaced.

#include "gateway/pipeline/routing.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/fake_clock.h"
#include "tests/gateway/router/routed.h"

namespace {

using gw::Routing;
using gw::WallTime;
using Kind = gw::router::Routed::Kind;

constexpr std::int64_t minute = 1'700'000'040;  ///< a multiple of 60 s

WallTime at(std::int64_t seconds) { return WallTime{std::chrono::seconds(seconds)}; }

gw::config::Router settings(std::string_view rules) {
  gw::config::Router router;
  router.rules = rules_of(rules);
  return router;
}

constexpr std::string_view sum_rules = R"x({"num_cache_intervals": 1, "interval_aggregates": [
  {"name": "sum", "if": "name == 'part'", "function": "sum(values)", "tags": {"type": "node"}}]})x";
constexpr std::string_view max_rules = R"x({"num_cache_intervals": 1, "interval_aggregates": [
  {"name": "max", "if": "name == 'part'", "function": "max(values)", "tags": {"type": "node"}}]})x";

/// A value of host n1's part `id`, at `time` and routed then.
Kind route(Routing& routing, int id, int value, std::int64_t time, std::optional<std::int64_t> now = std::nullopt,
           bool waiting = false) {
  routing.begin(at(now.value_or(time)));
  if (!waiting) routing.catch_up();
  const std::string text = "part,hostname=n1,type=core,type-id=" + std::to_string(id) +
                           " value=" + std::to_string(value) + " " + std::to_string(time) + "\n";
  codecs::LineDecoder decoder;
  decoder.reset(text);
  REQUIRE(decoder.next() == codecs::Step::record);
  const Kind kind = routing.route(decoder.line()).kind;
  routing.clear();
  return kind;
}

/// The aggregates that are due at `time`.
std::string made(Routing& routing, std::int64_t time, bool waiting = false) {
  routing.begin(at(time));
  if (!waiting) routing.catch_up();
  routing.clear();
  routing.end_intervals();
  return routing.text();
}

std::string sum_line(std::string_view name, int value, std::int64_t time) {
  return std::string(name) + ",hostname=n1,type=node value=" + std::to_string(value) + " " + std::to_string(time) +
         "\n";
}

}  // namespace

TEST_CASE("without rules there is nothing to do") {
  Routing routing({}, std::nullopt);
  CHECK_FALSE(routing.begin(at(minute)));
  CHECK(routing.end_intervals().total() == 0);
  CHECK(routing.end(at(minute)).total() == 0);
  CHECK(routing.report().empty());
}

TEST_CASE("an interval that began before the gateway has no aggregates: a part of its lines may have been missed") {
  Routing routing(settings(sum_rules), at(minute + 10));
  route(routing, 0, 1, minute + 20);
  route(routing, 0, 2, minute + 70);
  route(routing, 1, 3, minute + 80);
  CHECK(made(routing, minute + 129).empty());  // grace: 10 s
  CHECK(made(routing, minute + 130) == sum_line("sum", 5, minute + 60));
  CHECK(routing.report() ==
        "    rule rules.json:2:3 interval_aggregates: sum = sum(values): 1 made\n"
        "    values for aggregates of an interval that began before the rules: 1\n");
}

TEST_CASE("at the end an interval that has ended needs no grace, and one that has not gives no aggregate") {
  Routing routing(settings(sum_rules), at(minute));
  route(routing, 0, 2, minute + 10);
  route(routing, 0, 7, minute + 61);
  routing.clear();
  CHECK(routing.end(at(minute + 62)).appended == 1);
  CHECK(routing.text() == sum_line("sum", 2, minute));
}

TEST_CASE("where what comes is all there is, open intervals are whole") {
  Routing routing(settings(sum_rules), std::nullopt);
  route(routing, 0, 2, minute + 10);
  route(routing, 1, 5, minute + 11);
  routing.clear();
  CHECK(routing.end(at(minute + 12)).total() == 1);
  CHECK(routing.text() == sum_line("sum", 7, minute));
}

TEST_CASE("rules that are replaced still compute the interval that is open, from all of its lines") {
  Routing routing(settings(sum_rules), at(minute));
  route(routing, 0, 2, minute + 10);
  routing.replace(settings(max_rules));
  route(routing, 1, 3, minute + 30);
  route(routing, 0, 10, minute + 65);
  route(routing, 1, 20, minute + 66);
  CHECK(made(routing, minute + 70) == sum_line("sum", 5, minute));
  CHECK(made(routing, minute + 130) == sum_line("max", 20, minute + 60));
  CHECK(made(routing, minute + 200).empty());
  CHECK(routing.report() ==  // the values of the first minute were for the rules before
        "    by the rules since 2023-11-14T22:14:30Z; what those before did stands in the log:\n"
        "    rule rules.json:2:3 interval_aggregates: max = max(values): 1 made\n");
}

TEST_CASE("rules that were replaced compute nothing of what came after, however late that is asked") {
  Routing routing(settings(sum_rules), at(minute));
  route(routing, 0, 2, minute + 10);
  routing.replace(settings(max_rules));
  route(routing, 1, 3, minute + 30);
  route(routing, 0, 10, minute + 61, minute + 62);
  CHECK(made(routing, minute + 400) == sum_line("sum", 5, minute) + sum_line("max", 10, minute + 60));
}

TEST_CASE("lines that were held up are not late for rules that were replaced either") {
  Routing routing(settings(sum_rules), at(minute));
  route(routing, 0, 1, minute + 1);
  routing.replace(settings(max_rules));
  route(routing, 1, 2, minute + 2);
  route(routing, 2, 4, minute + 30, minute + 600, true);
  CHECK(made(routing, minute + 600) == sum_line("sum", 7, minute));
}

TEST_CASE("where the clock is set back, aggregates begin anew") {
  Routing routing(settings(sum_rules), at(minute + 7200));
  route(routing, 0, 1, minute + 7201);
  route(routing, 0, 2, minute + 10);  // of an interval that is not seen whole
  route(routing, 0, 4, minute + 60);
  CHECK(made(routing, minute + 130) == sum_line("sum", 4, minute + 60));
  // By less than an interval: the open ones go on.
  route(routing, 0, 5, minute + 150);
  route(routing, 1, 6, minute + 140);
  CHECK(made(routing, minute + 190) == sum_line("sum", 11, minute + 120));
}

TEST_CASE("where the clock is set back, rules that were replaced end, whether or not others have come") {
  Routing routing(settings(sum_rules), at(minute + 7200));
  route(routing, 0, 1, minute + 7201);
  routing.replace({});
  CHECK(routing.begin(at(minute + 7210)));  // until their interval has ended
  CHECK_FALSE(routing.begin(at(minute)));
  CHECK(made(routing, minute + 7400).empty());
}

TEST_CASE("where the clock is set back while there are no rules, those that come begin by the new time") {
  Routing routing(settings(sum_rules), at(minute + 7200));
  route(routing, 0, 1, minute + 7201);
  routing.replace({});
  routing.begin(at(minute + 7210));
  CHECK(made(routing, minute + 7270) == sum_line("sum", 1, minute + 7200));
  CHECK_FALSE(routing.begin(at(minute - 30)));
  routing.replace(settings(max_rules));
  route(routing, 0, 2, minute + 5, minute - 20);
  route(routing, 1, 3, minute + 6);
  CHECK(made(routing, minute + 70) == sum_line("max", 3, minute));
}

TEST_CASE("rules that were in force for less than an interval compute none") {
  Routing routing(settings(sum_rules), at(minute));
  route(routing, 0, 2, minute + 10);
  routing.replace(settings(max_rules));
  route(routing, 1, 3, minute + 20);
  routing.replace({});
  route(routing, 2, 4, minute + 30);
  CHECK(routing.begin(at(minute + 30)));  // the first ones still have an interval to end
  CHECK(made(routing, minute + 500) == sum_line("sum", 9, minute));
  CHECK_FALSE(routing.begin(at(minute + 501)));
}

TEST_CASE("lines go on as they are while replaced rules end and no others have come") {
  Routing routing(settings(sum_rules), at(minute));
  routing.replace({});
  routing.begin(at(minute + 1));
  codecs::LineDecoder decoder;
  decoder.reset("m,hostname=n1 value=1 7\n");
  REQUIRE(decoder.next() == codecs::Step::record);
  CHECK(routing.route(decoder.line()).kind == Kind::written);
  CHECK(routing.text() == "m,hostname=n1 value=1 7\n");
}

TEST_CASE("the report names each rule with its place, what it dropped and where it failed") {
  Routing routing(settings(R"x({"drop_metrics_if": ["name == 'part' && value > 10"],
 "rename_metrics": {"x": "y"},
 "add_tags": [{"key": "a", "value": "b", "if": "value + type == 1"}]})x"),
                  at(minute));
  CHECK(route(routing, 0, 11, minute) == Kind::dropped);
  CHECK(route(routing, 0, 12, minute) == Kind::dropped);
  CHECK(route(routing, 0, 1, minute) == Kind::written);
  const std::string report = routing.report();
  CAPTURE(report);
  CHECK(report.find("    rule rules.json:1:22 drop_metrics_if: name == 'part' && value > 10: 2 dropped\n") !=
        std::string::npos);
  CHECK(report.find("    rule rules.json:3:15 add_tags: a = b: 1 failed (") != std::string::npos);
  CHECK(report.find("rename_metrics") == std::string::npos);
}

TEST_CASE("the report is of the rules in force") {
  Routing routing(settings(R"x({"drop_metrics": ["part"]})x"), at(minute));
  route(routing, 0, 1, minute);
  CHECK(routing.report().find("1 dropped") != std::string::npos);
  routing.replace(settings(R"x({"rename_metrics": {"a": "b"}})x"));
  route(routing, 0, 1, minute);
  CHECK(routing.report().empty());
  routing.replace(settings(R"x({"drop_metrics": ["part"]})x"));
  route(routing, 0, 1, minute + 1);
  CHECK(routing.report() ==
        "    by the rules since 2023-11-14T22:14:01Z; what those before did stands in the log:\n"
        "    rule rules.json:1:19 drop_metrics: part: 1 dropped\n");
}

TEST_CASE("a stop right after rules were replaced still gives the interval that those before have ended") {
  Routing routing(settings(sum_rules), at(minute));
  route(routing, 0, 2, minute + 10);
  routing.replace(settings(max_rules));
  route(routing, 1, 3, minute + 61);
  routing.clear();
  CHECK(routing.end(at(minute + 62)).appended == 1);
  CHECK(routing.text() == sum_line("sum", 2, minute));
}

TEST_CASE("max_series bounds what is remembered and what aggregates keep") {
  gw::config::Router few = settings(sum_rules);
  few.max_series = 1;
  Routing routing(few, at(minute));
  for (int id = 0; id < 3; ++id) route(routing, id, 1, minute + 1);
  const std::string report = routing.report();
  CAPTURE(report);
  CHECK(report.find("values left out of aggregates, of series beyond max_series: 2") != std::string::npos);
  CHECK(report.find("times that all series were forgotten, there are more than max_series: 2") != std::string::npos);
}

TEST_CASE("lines that were held up on their way are not late: time stands still until all are read") {
  Routing routing(settings(sum_rules), at(minute));
  route(routing, 0, 1, minute + 1);
  // The store was away for ten minutes; then all comes at once.
  const std::int64_t now = minute + 600;
  CHECK(made(routing, now, true).empty());
  route(routing, 1, 2, minute + 30, now, true);
  route(routing, 0, 5, minute + 90, now, true);
  CHECK(made(routing, now, true).empty());
  CHECK(made(routing, now, false) == sum_line("sum", 3, minute) + sum_line("sum", 5, minute + 60));
  CHECK(routing.report() == "    rule rules.json:2:3 interval_aggregates: sum = sum(values): 2 made\n");
}

TEST_CASE("time does not stand still for ever") {
  Routing routing(settings(sum_rules), at(minute));
  route(routing, 0, 1, minute + 1);
  CHECK(made(routing, minute + 60 + 10 + 15 * 60 - 1, true).empty());
  CHECK(made(routing, minute + 60 + 10 + 15 * 60, true) == sum_line("sum", 1, minute));
}

TEST_CASE("lines without a time are of the present, also while the time of intervals stands still") {
  Routing routing(settings(R"x({"interval_timestamp": true})x"), at(minute));
  routing.begin(at(minute));
  routing.catch_up();
  routing.begin(at(minute + 120));
  codecs::LineDecoder decoder;
  decoder.reset("m,hostname=n1 value=1\n");
  REQUIRE(decoder.next() == codecs::Step::record);
  routing.route(decoder.line());
  CHECK(routing.text() == "m,hostname=n1 value=1 " + std::to_string(minute + 120) + "000000000\n");
}
