#include "gateway/router/aggregate.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/gateway/router/routed.h"

using namespace gw;
using namespace gw::router;

namespace {

constexpr std::int64_t second = 1'000'000'000;

std::string with_aggregate(std::string_view aggregate, int cached = 1) {
  return R"x({"num_cache_intervals": )x" + std::to_string(cached) +
         R"x(, "drop_metrics_if": ["name startsWith 'm'"], )x" + R"x("interval_aggregates": [)x" +
         std::string(aggregate) + "]}";
}

/// The value that `function` gives for the values 1, 2 and 6 of m_a, m_b and m_c of one host in one interval, with the
/// host and the time before it; "" where there is none.
std::string value_of(std::string_view function) {
  return routed(with_aggregate(R"x({"name": "x", "if": "name startsWith 'm_'", "function": ")x" +
                               std::string(function) + R"x("})x"),
                "m_a,hostname=n1 value=1i 1700000000\nm_b,hostname=n1 value=2i 1700000010\nm_c,hostname=n1 value=6i "
                "1700000010\n");
}

}  // namespace

TEST_CASE("aggregates are computed by the functions of the documentation, and by arithmetic over them") {
  const auto check = [](std::string_view function, std::string_view want) {
    CAPTURE(function);
    CHECK(value_of(function) == (want.empty() ? "" : "x,hostname=n1 value=" + std::string(want) + " 1699999980\n"));
  };
  check("avg(values)", "3");
  check("mean(values)", "3");
  check("sum(values)", "9i");
  check("min(values)", "1i");
  check("max(values)", "6i");
  check("count(values)", "3i");
  check("len(values)", "3i");
  check("median(values)", "2");
  check("sum(m_a)", "1i");
  check("sum(m_c) - (sum(m_a) + sum(m_b))", "3i");
  check("sum(values) / count(values) * 2", "6");
  check("endtime - starttime", "60i");
  check("max(values) > 3 ? 1 : 0", "1i");
  // No value, no metric.
  check("sum(m_d)", "");
  check("sum(values) / 0", "");
}

TEST_CASE("a sum that is too large for an integer is a float") {
  const std::string rules = with_aggregate(R"x({"name": "x", "function": "sum(values)"})x");
  CHECK(routed(rules,
               "m,hostname=n1,type-id=0 value=9223372036854775807i 1700000000\n"
               "m,hostname=n1,type-id=1 value=9223372036854775807i 1700000000\n"
               "m,hostname=n1,type-id=2 value=1i 1700000000\n") ==
        "x,hostname=n1 value=18446744073709551616 1699999980\n");
  CHECK(routed(rules,
               "m,hostname=n1,type-id=0 value=-9223372036854775808i 1700000000\n"
               "m,hostname=n1,type-id=1 value=-1i 1700000000\n") ==
        "x,hostname=n1 value=-9223372036854775808 1699999980\n");
  CHECK(routed(rules,
               "m,hostname=n1,type-id=0 value=9223372036854775806i 1700000000\n"
               "m,hostname=n1,type-id=1 value=1i 1700000000\n") ==
        "x,hostname=n1 value=9223372036854775807i 1699999980\n");
}

TEST_CASE("the median of an even number lies between the two in the middle") {
  CHECK(routed(with_aggregate(R"x({"name": "x", "function": "median(values)"})x"),
               "m,hostname=n1,type-id=0 value=1 1700000000\nm,hostname=n1,type-id=1 value=9 1700000000\n"
               "m,hostname=n1,type-id=2 value=4 1700000000\nm,hostname=n1,type-id=3 value=2 1700000000\n") ==
        "x,hostname=n1 value=3 1699999980\n");
}

TEST_CASE("hosts of one name in two clusters are two, and their aggregates are of their clusters") {
  const std::string rules = with_aggregate(R"x({"name": "x", "function": "sum(values)", "tags": {"type": "node"}})x");
  CHECK(routed(rules,
               "m,cluster=a,hostname=n1 value=1 1700000000\nm,hostname=n1,cluster=b value=2 1700000000\n"
               "m2,hostname=n1,cluster=a value=4 1700000000\nm,hostname=n1 value=8 1700000000\n") ==
        "x,hostname=n1,type=node value=8 1699999980\nx,cluster=a,hostname=n1,type=node value=5 1699999980\n"
        "x,cluster=b,hostname=n1,type=node value=2 1699999980\n");
  // A cluster that rules add does not part what is kept from what was dropped before.
  CHECK(routed(R"x({"drop_metrics": ["free"], "add_tags": [{"key": "cluster", "value": "c"}], "num_cache_intervals": 1,
                   "interval_aggregates": [{"name": "used", "function": "sum(total) - sum(free)"}]})x",
               "total,hostname=n1 value=5 1700000000\nfree,hostname=n1 value=2 1700000000\n") ==
        "total,hostname=n1,cluster=c value=5 1700000000\nused,cluster=c,hostname=n1 value=3 1699999980\n");
  CHECK(routed(with_aggregate(R"x({"name": "x", "function": "sum(values)", "tags": {"cluster": "c"}})x"),
               "m,cluster=a,hostname=n1 value=1 1700000000\n") == "x,hostname=n1,cluster=c value=1 1699999980\n");
}

TEST_CASE("lines of one series count once, also where a rule tags or renames them by their value") {
  const auto check = [](std::string_view rule, std::string_view want) {
    CAPTURE(rule);
    const std::string lines =
        "p,hostname=n1,part=0 value=60 1700000000\np,hostname=n1,part=0 value=75 1700000010\n"
        "p,hostname=n1,part=1 value=10 1700000000\np,part=1,hostname=n1 value=20 1700000010\n";
    Router router(rules_of(R"x({"num_cache_intervals": 1, "process_messages": [)x" + std::string(rule) +
                           R"x(], "interval_aggregates": [{"name": "x", "function": "sum(values)"}]})x"));
    routed(router, lines);
    std::string out;
    router.end_all(0, out);
    CHECK(out == want);
  };
  check(R"x({"add_tags_by": {"hot": "yes"}, "if": "value > 70"})x", "x,hostname=n1,hot=yes value=95 1699999980\n");
  check(R"x({"rename_to": "hot", "if": "value > 70"})x", "hot,hostname=n1 value=95 1699999980\n");
  // What a rule gives one name are several series all the same.
  check(R"x({"delete_tags_by": ["part"]})x", "x,hostname=n1 value=95 1699999980\n");
}

TEST_CASE("conditions of aggregates are asked of numbers only, and where one fails the value is left out") {
  Router router(rules_of(R"x({"num_cache_intervals": 1, "interval_aggregates": [
      {"name": "x", "function": "sum(values)", "if": "value > 1 && int(type-id) < 9"}]})x"));
  routed(router,
         "job,hostname=n1,type-id=0 event=\"start\" 1700000000\njob,hostname=n1,type-id=0 value=\"text\" 1700000000\n"
         "p,hostname=n1,type-id=1 value=2 1700000000\np,hostname=n1,type-id=0:49 value=3 1700000000\n");
  std::string out;
  CHECK(router.end_all(0, out).appended == 1);
  CHECK(out == "x,hostname=n1 value=2 1699999980\n");
  CHECK(router.rule_counts()[0].failed == 1);
  CHECK(router.rule_counts()[0].problem == "int: '0:49' is no integer");
}

TEST_CASE("which aggregates a value is one of is asked value by value, for each aggregate by itself") {
  const std::string rules = R"x({"num_cache_intervals": 1, "drop_metrics": ["m"], "interval_aggregates": [
      {"name": "all", "function": "sum(values)", "if": "name == 'm'"},
      {"name": "hot", "function": "sum(values)", "if": "name == 'm' && value > 70"},
      {"name": "later", "function": "sum(values)", "if": "timestamp >= 1700000010"}]})x";
  // Of those for which the condition holds, the last one counts.
  CHECK(
      routed(rules,
             "m,hostname=n1 value=1 1700000000\nm,hostname=n1 value=71 1700000010\nm,hostname=n1 value=75 1700000005\n"
             "m,hostname=n1 value=2 1700000020\nm,hostname=n2 value=80 1700000000\nm,hostname=n2 value=3 1700000001\n"
             "m,hostname=n3 value=4 1700000000\n") ==
      "all,hostname=n1 value=2 1699999980\nall,hostname=n2 value=3 1699999980\nall,hostname=n3 value=4 1699999980\n"
      "hot,hostname=n1 value=71 1699999980\nhot,hostname=n2 value=80 1699999980\n"
      "later,hostname=n1 value=2 1699999980\n");
  // So do rules that give meta by the value: what they gave to the value that counts is copied.
  CHECK(
      routed(
          R"x({"num_cache_intervals": 1, "process_messages": [{"add_meta_by": {"hot": "yes"}, "if": "name == 'm' && value > 70"},
                   {"drop_by_name": ["m"]}, {"move_meta_to_tags_by": {"hot": "hot"}}],
                   "interval_aggregates": [{"name": "all", "function": "sum(values)", "if": "name == 'm'", "meta": {"hot": "<copy>"}},
                                           {"name": "hot", "function": "sum(values)", "if": "meta.hot == 'yes'", "meta": {"hot": "<copy>"}}]})x",
          "m,hostname=n1 value=1 1700000000\nm,hostname=n1 value=71 1700000010\nm,hostname=n1 value=2 1700000020\n") ==
      "all,hostname=n1 value=2 1699999980\nhot,hostname=n1,hot=yes value=71 1699999980\n");
}

TEST_CASE("aggregates are computed host by host and interval by interval, with the interval's start as time") {
  CHECK(routed(with_aggregate(R"x({"name": "x", "function": "sum(values)", "tags": {"type": "node"}})x"),
               "m,hostname=n2,type-id=0 value=1 1700000000\nm,hostname=n1,type-id=0 value=2 1700000000\n"
               "m,hostname=n2,type-id=1 value=4 1700000039\nm,hostname=n2,type-id=0 value=8 1700000040\n"
               "m value=16 1700000040\n") ==
        "x,hostname=n1,type=node value=2 1699999980\nx,hostname=n2,type=node value=5 1699999980\n"
        "x,type=node value=16 1700000040\nx,hostname=n2,type=node value=8 1700000040\n");
}

TEST_CASE("the host of an aggregate stands where its messages have it") {
  const std::string rules =
      R"x({"hostname_tag": "node", "num_cache_intervals": 1, "drop_metrics_if": ["name startsWith 'm'"],
      "interval_aggregates": [{"name": "x", "function": "sum(values)", "if": "name startsWith 'm'"}]})x";
  const auto check = [](const std::string& with, std::string_view tags, std::string_view want) {
    CAPTURE(tags);
    CHECK(routed(with, "m1," + std::string(tags) + " value=1 1700000000\nm2," + std::string(tags) +
                           " value=2 1700000000\n") == "x," + std::string(want) + " value=3 1699999980\n");
  };
  check(rules, "node=n1", "node=n1");
  check(rules, "hostname=n1", "hostname=n1");
  check(rules, "host=n1", "host=n1");
  check(rules, "host=relay,hostname=n1", "hostname=n1");
  // The store files by hostname or host: it takes the aggregate where it took the messages.
  check(rules, "hostname=relay,node=n1", "node=n1,hostname=relay");
  check(rules, "host=relay,node=n1", "node=n1,host=relay");
  const std::string by_default = with_aggregate(R"x({"name": "x", "function": "sum(values)"})x");
  check(by_default, "host=n1", "host=n1");
  check(by_default, "host=relay,hostname=n1", "hostname=n1");
  // What the rule says of it stays.
  check(with_aggregate(R"x({"name": "x", "function": "sum(values)", "if": "hostname == 'n1'",
                            "tags": {"hostname": "all"}})x"),
        "hostname=n1", "hostname=all");
  // Hosts are told from one another by it, too.
  CHECK(routed(by_default, "m,host=n1 value=1 1700000000\nm,host=n2 value=2 1700000000\n") ==
        "x,host=n1 value=1 1699999980\nx,host=n2 value=2 1699999980\n");
}

TEST_CASE("of a series that comes twice in an interval the last value counts") {
  CHECK(routed(
            with_aggregate(R"x({"name": "x", "function": "sum(values)"})x"),
            "m,hostname=n1 value=1 1700000000\nm,hostname=n1 value=2 1700000020\nm,hostname=n1 value=4 1700000010\n") ==
        "x,hostname=n1 value=2 1699999980\n");
}

TEST_CASE("a series is the same whatever the order of its tags") {
  CHECK(routed(with_aggregate(R"x({"name": "x", "function": "count(values)"})x"),
               "m,hostname=n1,a=1,b=2 value=1 1700000000\nm,b=2,a=1,hostname=n1 value=2 1700000010\n"
               "m,hostname=n1,a=2,b=1 value=1 1700000000\n") == "x,hostname=n1 value=2i 1699999980\n");
}

TEST_CASE("tags and meta are set, or copied from the first message that has them") {
  CHECK(routed(R"x({"num_cache_intervals": 1, "interval_aggregates": [{"name": "x", "function": "sum(values)",
                   "if": "name startsWith 'm'",
                   "tags": {"type": "<copy>", "unit": "<copy>", "none": "<copy>", "a": "b"},
                   "meta": {"unit": "<copy>"}}],
                   "process_messages": [{"move_tags_to_meta_by": {"group": "unit"}, "if": "name == 'm1'"},
                                        {"move_meta_to_tags_by": {"unit": "was_meta"}, "if": "name == 'x'"}]})x",
               "m1,hostname=n1,type=socket,group=G value=1 1700000000\nm2,hostname=n1,type=node,unit=KB value=1 "
               "1700000000\n") ==
        "m1,hostname=n1,type=socket value=1 1700000000\nm2,hostname=n1,type=node,unit=KB value=1 1700000000\n"
        "x,hostname=n1,type=socket,unit=KB,a=b,was_meta=G value=2 1699999980\n");
}

TEST_CASE("with several cached intervals, older values count too") {
  const std::string lines =
      "m,hostname=n1 value=1 1700000000\nm,hostname=n1 value=2 1700000060\nm,hostname=n1 value=4 1700000120\n";
  const auto with = [&](int cached) {
    return routed(with_aggregate(R"x({"name": "x", "function": "sum(values)"})x", cached), lines);
  };
  CHECK(with(1) ==
        "x,hostname=n1 value=1 1699999980\nx,hostname=n1 value=2 1700000040\nx,hostname=n1 value=4 1700000100\n");
  CHECK(with(2) ==
        "x,hostname=n1 value=1 1699999980\nx,hostname=n1 value=3 1700000040\nx,hostname=n1 value=6 1700000100\n");
  CHECK(with(3) ==
        "x,hostname=n1 value=1 1699999980\nx,hostname=n1 value=3 1700000040\nx,hostname=n1 value=7 1700000100\n");
  // A host that has become silent gets no more of them, whoever else is there.
  CHECK(routed(with_aggregate(R"x({"name": "x", "function": "sum(values)"})x", 2),
               "m,hostname=n1 value=1 1700000000\nm,hostname=n2 value=2 1700000060\n") ==
        "x,hostname=n1 value=1 1699999980\nx,hostname=n2 value=2 1700000040\n");
}

TEST_CASE("an interval ends when its grace is over; what comes later is counted") {
  Router router(rules_of(with_aggregate(R"x({"name": "x", "function": "sum(values)"})x")),
                {.plan = {}, .aggregates = {.interval_ns = 60 * second, .grace_ns = 10 * second, .series_max = 2}});
  const std::int64_t end = 1'700'000'040 * second;  // of the first interval
  routed(router, "m,hostname=n1 value=1 1700000000\n", end);
  std::string out;
  CHECK(router.end_intervals(end + 9 * second, out).appended == 0);
  routed(router, "m,hostname=n1 value=2 1700000039\n", end + 9 * second);
  CHECK(router.end_intervals(end + 10 * second, out).appended == 1);
  CHECK(out == "x,hostname=n1 value=2 1699999980\n");
  CHECK(router.end_intervals(end + 10 * second, out).appended == 0);
  CHECK(router.aggregator().counts().late == 0);
  routed(router, "m,hostname=n1 value=3 1700000038\n", end + 10 * second);
  CHECK(router.aggregator().counts().late == 1);
  CHECK(router.end_intervals(end + 70 * second, out).appended == 0);
}

TEST_CASE("how many intervals take values is bounded by the clock, also before the first one is taken") {
  Router router(rules_of(with_aggregate(R"x({"name": "x", "function": "sum(values)"})x")),
                {.plan = {}, .aggregates = {.interval_ns = 60 * second, .grace_ns = 10 * second}});
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "m,hostname=n1 value=1 " + std::to_string(1'600'000'000 + 60 * i) + "\n";
  routed(router, lines + "m,hostname=n1 value=1 -9223372036854775808\nm,hostname=n1 value=1 1699999979\n",
         1'700'000'000 * second);
  CHECK(router.aggregator().counts().late == 1002);
  CHECK(router.aggregator().series() == 0);
  // Nobody has taken anything yet, and the interval has ended all the same.
  routed(router, "m,hostname=n1 value=2 1700000039\n", 1'700'000'049 * second);
  routed(router, "m,hostname=n1 value=3 1700000039\n", 1'700'000'050 * second);
  CHECK(router.aggregator().counts().late == 1003);
  std::string out;
  CHECK(router.end_intervals(1'700'000'050 * second, out).appended == 1);
  CHECK(out == "x,hostname=n1 value=2 1699999980\n");
  // Whoever asks for an earlier time gets no later interval, although a line has shown that it has ended.
  routed(router, "m,hostname=n1 value=4 1700000040\n", 1'700'000'050 * second);
  routed(router, "m,hostname=n1 value=8 1700000200\n", 1'700'000'200 * second);
  CHECK(router.end_intervals(1'700'000'060 * second, out).appended == 0);
  CHECK(router.end_intervals(1'700'000'200 * second, out).appended == 1);
}

TEST_CASE("of a recording no clock ends an interval, but the oldest one ends where there would be too many") {
  Router router(
      rules_of(with_aggregate(R"x({"name": "x", "function": "sum(values)"})x", 2)),
      {.plan = {}, .aggregates = {.interval_ns = 60 * second, .is_recording = true, .recorded_intervals_max = 2}});
  routed(router,
         "m,hostname=n1 value=1 1600000000\nm,hostname=n1 value=2 1600000070\nm,hostname=n1 value=4 1600000000\n");
  std::string out;
  CHECK(router.end_intervals(1'700'000'000 * second, out).appended == 0);
  routed(router, "m,hostname=n1 value=8 1900000000\nm,hostname=n1 value=16 1600000000\n");
  CHECK(router.aggregator().counts().late == 1);
  CHECK(router.aggregator().counts().early == 0);
  CHECK(router.end_intervals(1'700'000'000 * second, out).appended == 1);
  CHECK(out == "x,hostname=n1 value=4 1599999960\n");
  out.clear();
  CHECK(router.end_all(1'700'000'000 * second, out).appended == 2);
  CHECK(out == "x,hostname=n1 value=6 1600000020\nx,hostname=n1 value=8 1899999960\n");
  // The first and the last time that there are.
  out.clear();
  routed(router, "m,hostname=n1 value=1 9223372036854775807\n");
  CHECK(router.end_all(1'700'000'000 * second, out).appended == 1);
  CHECK(out == "x,hostname=n1 value=1 9223372020\n");
  Router first(rules_of(with_aggregate(R"x({"name": "x", "function": "sum(values)"})x", 2)),
               {.plan = {}, .aggregates = {.is_recording = true}});
  out.clear();
  routed(first, "m,hostname=n1 value=1 -9223372036854775808\n");
  CHECK(first.end_all(1'700'000'000 * second, out).appended == 1);
  CHECK(out == "x,hostname=n1 value=1 -9223372037\n");
}

TEST_CASE("values beyond the limit of series, and from far in the future, are left out and counted") {
  Router router(rules_of(with_aggregate(R"x({"name": "x", "function": "count(values)"})x")),
                {.plan = {}, .aggregates = {.interval_ns = 60 * second, .grace_ns = 0, .series_max = 3}});
  const std::int64_t now = 1'700'000'000 * second;
  routed(router,
         "m,hostname=n1 value=1 1700000000\nm,hostname=n2 value=1 1700000000\nm,hostname=n2,type=b value=1 "
         "1700000000\nm,hostname=n1,type=c value=1 1700000000\nm,hostname=n1,type=d value=1 1700000000\n"
         "m,hostname=n3 value=1 1700000000\nm,hostname=n1 value=1 1800000000\n",
         now);
  CHECK(router.aggregator().series() == 3);
  CHECK(router.aggregator().counts().left_out == 3);
  CHECK(router.aggregator().counts().early == 1);
  std::string out;
  router.end_intervals(now + 60 * second, out);
  CHECK(out == "x,hostname=n2 value=2i 1699999980\n");  // the other hosts' would be of a part of their values
  CHECK(sum_of(router, &RuleCounts::partial) == 2);
  CHECK(router.aggregator().series() == 0);  // nothing of it is kept any more
}

TEST_CASE("an interval of which values were left out gives nothing, nor do those that are computed from it too") {
  Router router(rules_of(with_aggregate(R"x({"name": "x", "if": "value < 5", "function": "sum(values)"},
                                            {"name": "y", "if": "value > 1", "function": "sum(values)"})x",
                                        2)),
                {.plan = {}, .aggregates = {.interval_ns = 60 * second, .grace_ns = 0, .series_max = 2}});
  const auto end_of = [&router](std::int64_t start, std::string_view lines) {
    const std::int64_t end_ns = (start + 60) * second;
    routed(router, lines, start * second);
    std::string out;
    router.end_intervals(end_ns, out);
    return out;
  };
  // What is left out is of y alone.
  CHECK(end_of(1'700'000'040,
               "m,hostname=n1,i=0 value=1 1700000040\nm,hostname=n2,i=1 value=1 1700000040\n"
               "m,hostname=n1,i=2 value=5 1700000040\n") ==
        "x,hostname=n1 value=1 1700000040\nx,hostname=n2 value=1 1700000040\n");
  CHECK(sum_of(router, &RuleCounts::partial) == 1);
  CHECK(end_of(1'700'000'100, "m,hostname=n1,i=0 value=2 1700000100\nm,hostname=n2,i=1 value=2 1700000100\n") ==
        "x,hostname=n1 value=3 1700000100\nx,hostname=n2 value=3 1700000100\ny,hostname=n2 value=2 1700000100\n");
  CHECK(sum_of(router, &RuleCounts::partial) == 2);
  CHECK(end_of(1'700'000'160, "m,hostname=n1,i=0 value=3 1700000160\n") ==
        "x,hostname=n1 value=5 1700000160\ny,hostname=n1 value=5 1700000160\n");
}

TEST_CASE("which hosts lack values is noted up to a number; beyond it no host has the aggregate in that interval") {
  Router router(rules_of(with_aggregate(R"x({"name": "x", "function": "sum(values)"})x")),
                {.plan = {}, .aggregates = {.interval_ns = 60 * second, .grace_ns = 0, .series_max = 1}});
  std::string lines = "m,hostname=good value=1 1700000000\n";
  for (int i = 0; i <= 10'000; ++i) lines += "m,hostname=n" + std::to_string(i) + " value=1 1700000000\n";
  const std::size_t last = lines.rfind("m,");
  routed(router, lines.substr(0, last), 1'700'000'000 * second);
  std::string out;
  SUBCASE("up to it") {
    router.end_intervals(1'700'000'040 * second, out);
    CHECK(out == "x,hostname=good value=1 1699999980\n");
    CHECK(sum_of(router, &RuleCounts::partial) == 10'000);
  }
  SUBCASE("beyond") {
    routed(router, lines.substr(last), 1'700'000'000 * second);
    router.end_intervals(1'700'000'040 * second, out);
    CHECK(out.empty());
    CHECK(sum_of(router, &RuleCounts::partial) == 10'001);
  }
}

TEST_CASE("an aggregate goes through the rules, but is no source of another") {
  CHECK(
      routed(
          R"x({"num_cache_intervals": 1, "add_tags": [{"key": "cluster", "value": "c"}], "drop_metrics_if": ["name == 'gone' && node == 'n1'"],
                   "rename_metrics": {"x": "y"}, "hostname_tag": "node",
                   "interval_aggregates": [{"name": "x", "function": "count(values)"}, {"name": "gone", "function": "count(values)"}]})x",
          "m,node=n1 value=1 1700000000\n") ==
      "m,node=n1,cluster=c value=1 1700000000\ny,cluster=c,node=n1 value=1i 1699999980\n");
}

TEST_CASE("an aggregate that cannot be computed is counted for its rule, with the reason") {
  Router router(rules_of(with_aggregate(R"x({"name": "x", "function": "sum(values) + hostname"})x")));
  std::string out = routed(router, "m,hostname=n1 value=1 1700000000\nm,hostname=n2 value=1 1700000000\n");
  router.end_all(0, out);
  CHECK(out.empty());
  const RuleCounts& counts = router.rule_counts().back();
  CHECK(counts.failed == 2);
  CHECK(counts.problem == "'+' does not fit between float and text: int() or float() makes a number of a text");
}

TEST_CASE("an aggregate that no line can carry is counted for its rule, with the reason") {
  Router router(rules_of(R"x({"num_cache_intervals": 1, "drop_metrics": ["m"],
      "process_messages": [{"move_meta_to_tags_by": {"note": "note"}}],
      "interval_aggregates": [{"name": "good", "function": "sum(values)", "if": "name == 'm'"},
                              {"name": "x", "function": "sum(values)", "if": "name == 'm'", "meta": {"note": "two\nlines"}}]})x"));
  std::string out = routed(router, "m,hostname=n1 value=1 1700000000\nm,hostname=n2 value=1 1700000000\n");
  CHECK(router.end_all(0, out).appended == 2);
  CHECK(out == "good,hostname=n1 value=1 1699999980\ngood,hostname=n2 value=1 1699999980\n");
  const RuleCounts& counts = router.rule_counts().back();
  CHECK(counts.failed == 2);
  CHECK(counts.problem == "no line can carry it: a name holds a control character");
}

TEST_CASE("a host without a metric that an aggregate names gets none of it, which is no failure") {
  Router router(rules_of(with_aggregate(R"x({"name": "x", "function": "sum(m_a) - sum(m_b)"})x")));
  std::string out = routed(router,
                           "m_a,hostname=n1 value=3 1700000000\nm_b,hostname=n1 value=1 1700000000\n"
                           "m_a,hostname=n2 value=1 1700000000\n");
  router.end_all(0, out);
  CHECK(out == "x,hostname=n1 value=2 1699999980\n");
  CHECK(router.rule_counts().back().failed == 0);
  CHECK(sum_of(router, &RuleCounts::incomplete) == 1);
  CHECK(router.rule_counts().back().lacking == "m_b");
}
