#include "gateway/config/store_config.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include <chrono>
#include <string>
#include <string_view>

#include "gateway/router/rules/load_rules.h"
#include "tests/gateway/config/folder.h"

using namespace std::chrono_literals;
using config_test::Folder;
using gw::config::Config;
using gw::config::Sink;

namespace {

/// One source with an interval of 60 s and a query for each metric, at line 10 and on.
Config polling(std::initializer_list<std::string_view> metrics) {
  Config config;
  gw::config::Source& source = config.sources.emplace_back();
  for (const std::string_view metric : metrics) {
    gw::config::Query& query = source.queries.emplace_back();
    query.metric = metric;
    query.where = {static_cast<std::uint32_t>(9 + source.queries.size()), 1};
  }
  return config;
}

/// "error 10: text" a problem, or "invalid: text"; the folder's name is left out.
std::string problems(const Config& config, const Folder& folder, const std::string& file) {
  Sink sink;
  sink.name = "ccms";
  sink.store_config = file;
  const auto found = gw::config::check_against_store(config, sink);
  std::string text;
  if (!found) {
    CHECK(found.error().kind == gw::Error::Kind::invalid);
    text = "invalid: " + found.error().text + "\n";
  } else {
    for (const gw::config::Problem& problem : *found) {
      const bool error = problem.severity == gw::config::Problem::Severity::error;
      text += fmt::format("{} {}: {}\n", error ? "error" : "warning", problem.where.line, problem.text);
    }
  }
  const std::string dir = folder.path().string() + "/";
  for (std::size_t at = text.find(dir); at != std::string::npos; at = text.find(dir)) text.erase(at, dir.size());
  return text;
}

constexpr std::string_view store = R"({"main": {"addr": "x"}, "metrics": {
  "cpu_load": {"frequency": 60, "aggregation": null},
  "fast": {"frequency": 10, "aggregation": "avg"},
  "slow": {"frequency": 300, "aggregation": "sum"}}})";

}  // namespace

TEST_CASE("metrics and intervals are compared with cc-metric-store's configuration") {
  const Folder folder;
  const std::string file = folder.file("config.json", store);
  const auto check = [&](std::initializer_list<std::string_view> metrics, std::string_view want) {
    CHECK(problems(polling(metrics), folder, file) == want);
  };
  check({}, "");
  check({"cpu_load"}, "");
  check({"cpu_lod"},
        "error 10: metric 'cpu_lod' is not in 'config.json': sink 'ccms' would drop it without an error, did you mean "
        "'cpu_load'? (or add it there and restart the store)\n");
  check({"mem_used", "cpu_load", "mem_used"},
        "error 10: metric 'mem_used' is not in 'config.json': sink 'ccms' would drop it without an error (or add it "
        "there and restart the store)\n");
  check({"fast", "slow"},
        "warning 10: metric 'fast' comes every 60 s, but sink 'ccms' stores one every 10 s: its curves would have "
        "gaps, set interval = \"10s\"\n"
        "warning 11: metric 'slow' comes every 60 s, but sink 'ccms' stores one every 300 s: several samples would "
        "share a slot and the last would win, set interval = \"300s\"\n");
}

TEST_CASE("names are compared as the rules write them, and so are those that rules give") {
  const Folder folder;
  const std::string file = folder.file("config.json", store);
  const auto check = [&](std::initializer_list<std::string_view> metrics, std::string_view rules,
                         std::string_view want) {
    CAPTURE(rules);
    Config config = polling(metrics);
    config.router.emplace().rules =
        gw::rules::read_rules_text(std::string(rules), "router.json", gw::Seconds(60)).rules;
    REQUIRE(config.router->rules != nullptr);
    CHECK(problems(config, folder, file) == want);
  };
  constexpr std::string_view drops = " not in 'config.json': sink 'ccms' would drop it without an error";
  constexpr std::string_view add = " (or add it there and restart the store)\n";
  check({"load", "gone"}, R"x({"rename_metrics": {"load": "cpu_load"}, "drop_metrics": ["gone"]})x", "");
  check({"cpu_load"}, R"x({"rename_metrics": {"cpu_load": "load"}})x",
        fmt::format("error 10: metric 'cpu_load' becomes 'load' by the rules, which is{}{}", drops, add));
  check({}, R"x({"rename_metrics": {"cpu_load": "load"}})x",
        fmt::format("warning 0: 'load', which router.json:1:21 gives a metric, is{}{}", drops, add));
  check({"loda"}, R"x({"manipulate_messages": [{"if": "type == 'node'", "rename_to": "cpu_load"}]})x",
        fmt::format("warning 10: metric 'loda' is{}{}", drops, add));
  check({}, R"x({"interval_aggregates": [{"name": "cpu_laod", "function": "sum(values)"}], "num_cache_intervals": 1})x",
        fmt::format("warning 0: 'cpu_laod', which router.json:1:26 computes, is{}, did you mean 'cpu_load'?{}", drops,
                    add));
  check({}, R"x({"interval_aggregates": [{"name": "fast", "function": "sum(values)"}], "num_cache_intervals": 1})x",
        "warning 0: aggregate 'fast' comes every 60 s, but sink 'ccms' stores one every 10 s: its curves would have "
        "gaps, set [router] interval = \"10s\"\n");
  check({}, R"x({"interval_aggregates": [{"name": "x", "function": "sum(values)"}], "num_cache_intervals": 1,
            "rename_metrics": {"x": "cpu_load"}})x",
        "");
}

TEST_CASE("where names cannot be followed through all rules, that is said once, and nothing is said of them") {
  const Folder folder;
  const std::string file = folder.file("config.json", store);
  std::string rules = "{\"drop_metrics_if\": [\"all(1..9999, # > 0) and name == 'none'\"";
  for (int i = 0; i < 100; ++i) rules += ", \"all(1..9999, # > 0) and name == 'none'\"";
  const auto read = gw::rules::read_rules_text(rules + "]}", "r.json", 60s);
  REQUIRE(read.rules != nullptr);
  Config config = polling({"a", "b"});
  config.router.emplace().rules = read.rules;
  CHECK(problems(config, folder, file) ==
        "warning 0: not all names that the rules give are looked for in 'config.json': there are too many rules to "
        "take each name through, 'a' was the first that was left out\n");
}

TEST_CASE("the metrics may stand in a file of their own") {
  const Folder folder;
  folder.file("metrics.json", R"({"cpu_load": {"frequency": 60}})");
  const std::string file = folder.file("config.json", R"({"metrics-file": "metrics.json"})");
  CHECK(problems(polling({"cpu_load"}), folder, file).empty());
  CHECK(problems(polling({"x"}), folder, file) ==
        "error 10: metric 'x' is not in 'config.json': sink 'ccms' would drop it without an error (or add it there and "
        "restart the store)\n");
}

TEST_CASE("a cluster.json of cc-backend is as good") {
  const Folder folder;
  const std::string file = folder.file(
      "cluster.json", R"({"name": "fritz", "metricConfig": [{"name": "cpu_load", "timestep": 60, "unit": {}}]})");
  CHECK(problems(polling({"cpu_load"}), folder, file).empty());
  CHECK(problems(polling({"cpu_loda"}), folder, file) ==
        "error 10: metric 'cpu_loda' is not in 'cluster.json': sink 'ccms' would drop it without an error, did you "
        "mean 'cpu_load'? (or add it there and restart the store)\n");
}

TEST_CASE("a file that is no configuration of a store is told") {
  const Folder folder;
  const auto check = [&](std::string_view content, std::string_view want) {
    CAPTURE(content);
    CHECK(problems(polling({"m"}), folder, folder.file("c.json", content)) == want);
  };
  const std::string_view neither =
      "invalid: 'c.json' is no configuration of cc-metric-store: it has neither 'metrics' nor 'metricConfig'\n";
  check("",
        "invalid: 'c.json' is no JSON: parse error at line 1, column 1: syntax error while parsing value - "
        "unexpected end of input; expected '[', '{', or a literal\n");
  check("{\n  \"metrics\": {,}}",
        "invalid: 'c.json' is no JSON: parse error at line 2, column 15: syntax error while "
        "parsing object key - unexpected ','; expected string literal\n");
  check(R"({"metrics": {"m": {"frequency": 1e999}}})",
        "invalid: 'c.json' is no JSON: number overflow parsing '1e999'\n");
  check("[]", neither);
  check("1", neither);
  check("{}", neither);
  check(R"({"metrics": []})", neither);
  check(R"({"metricConfig": {}})", neither);
  check(R"({"metrics-file": 1})", neither);
  check(R"({"metrics": {"m": {}}})", "invalid: metric 'm' in 'c.json' has no 'frequency' in seconds\n");
  check(R"({"metrics": {"m": 60}})", "invalid: metric 'm' in 'c.json' has no 'frequency' in seconds\n");
  check(R"({"metrics": {"m": {"frequency": 0}}})", "invalid: metric 'm' in 'c.json' has no 'frequency' in seconds\n");
  check(R"({"metrics": {"m": {"frequency": "60s"}}})",
        "invalid: metric 'm' in 'c.json' has no 'frequency' in seconds\n");
  check(R"({"metricConfig": [1]})", "invalid: a metric in 'metricConfig' of 'c.json' has no 'name'\n");
  check(R"({"metricConfig": [{}]})", "invalid: a metric in 'metricConfig' of 'c.json' has no 'name'\n");
  check(R"({"metricConfig": [{"name": "m"}]})", "invalid: metric 'm' in 'c.json' has no 'timestep' in seconds\n");
  check(R"({"metrics-file": "none.json"})", "invalid: cannot read 'none.json': No such file or directory\n");
  folder.file("list.json", "[]");
  check(R"({"metrics-file": "list.json"})", "invalid: 'list.json' is no list of metrics of cc-metric-store\n");
  check(std::string((4 << 20) + 1, ' '), "invalid: cannot read 'c.json': it has more than 4MiB\n");
  CHECK(problems(polling({"m"}), folder, (folder.path() / "none").string()) ==
        "invalid: cannot read 'none': No such file or directory\n");
}
