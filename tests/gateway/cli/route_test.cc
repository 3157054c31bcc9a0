#include "gateway/cli/route.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/gateway/cli/ran.h"
#include "tests/gateway/config/fifo.h"
#include "tests/gateway/config/folder.h"

using namespace gw;
using namespace gw::cli;
using cli_test::Ran;
using cli_test::Words;

namespace {

class FixedClock final : public Clock {
 public:
  Instant now() const override { return {WallTime(std::chrono::seconds(1'700'000'000)), {}}; }
};

/// A file of rules that goes with the test.
class RulesFile {
 public:
  explicit RulesFile(std::string_view rules, std::string_view ending = "json")
      : name_(folder_.file("rules." + std::string(ending), rules)) {}
  const std::string& name() const { return name_; }

 private:
  config_test::Folder folder_;
  std::string name_;
};

Ran run(const Words& words, const std::string& lines) {
  const auto command = [](Arguments arguments, std::istream& in, std::ostream& out, std::ostream& err) {
    return route(arguments, FixedClock(), in, out, err);
  };
  return cli_test::run(command, words, lines);
}

}  // namespace

TEST_CASE("route takes lines through rules, and prints aggregates in the end") {
  const RulesFile rules(R"x({"drop_metrics": ["a"], "num_cache_intervals": 1, // comments are taken
    "interval_aggregates": [{"name": "n", "function": "count(b)", "tags": {"type": "node"}}]})x");
  const Ran ran = run({"--rules", rules.name()}, "a value=1 1700000000\nb,hostname=x value=2 1700000000");
  CHECK(ran.code == 0);
  CHECK(ran.out == "b,hostname=x value=2 1700000000\nn,hostname=x,type=node value=1i 1699999980\n");
  // Of the lines without a host none is computed.
  CHECK(ran.err.ends_with(
      ".json:2:29: 'interval_aggregates: n = count(b)' gave no aggregate 1 time: the host had no value of 'b'\n"));
}

TEST_CASE("route keeps a day of intervals for lines in any order, and tells which values came later than that") {
  const RulesFile rules(R"x({"drop_metrics": ["a"], "num_cache_intervals": 1,
    "interval_aggregates": [{"name": "n", "function": "count(a)"}]})x");
  std::string lines;
  for (int minute = 1440; minute-- > 0;) lines += "a value=1 " + std::to_string(1'700'000'040 + 60 * minute) + "\n";
  const Ran day = run({"--rules", rules.name()}, lines);
  CHECK(day.code == 0);
  CHECK(std::ranges::count(day.out, '\n') == 1440);
  const Ran longer = run({"--rules", rules.name()}, lines + "a value=1 1800000000\na value=1 1700000040\n");
  CHECK(longer.code == 1);
  CHECK(std::ranges::count(longer.out, '\n') == 1441);
  CHECK(longer.err ==
        "cc-gateway route: 1 value too late for aggregates, the interval had ended: sort the lines by time\n");
}

TEST_CASE("route counts its intervals as told") {
  const RulesFile rules("interval_timestamp = true\n", "toml");
  CHECK(run({"--rules", rules.name(), "--interval", "10s"}, "a value=1 1700000009\n").out == "a value=1 1700000000\n");
  CHECK(run({"--rules", rules.name()}, "a value=1 1700000009\n").out == "a value=1 1699999980\n");
  CHECK(run({"--rules", rules.name(), "--interval", "1500ms"}, "").code == 2);
  CHECK(run({"--rules", rules.name(), "--interval", "24h"}, "").code == 0);
  CHECK(run({"--rules", rules.name(), "--interval", "25h"}, "").err ==
        "cc-gateway route: --interval must be whole seconds from 1s to 24h, like \"60s\" or \"1m30s\", not '25h'\n");
}

TEST_CASE("route tells of units that are left as they were, which is no failure") {
  const RulesFile rules(R"x({"normalize_units": true})x");
  const Ran ran = run({"--rules", rules.name(), "--explain"},
                      "m,unit=Mbit/s value=1 1\nm,unit=Mbit/s value=2 1\nm,unit=byte value=3 1\n");
  CHECK(ran.code == 0);
  CHECK(ran.err == rules.name() +
                       ":1:21: 'normalize_units' left the unit of 2 messages as it was: 'Mbit/s' is no unit of "
                       "ClusterCockpit\n");
  CHECK(ran.out.contains("#   left: 'Mbit/s' is no unit of ClusterCockpit\nm,unit=Mbit/s value=1 1\n"));
  CHECK(ran.out.ends_with("m,unit=B value=3 1\n"));
}

TEST_CASE("route gives rules the topology of hosts") {
  const RulesFile rules(R"x({"drop_metrics_if": ["tag_type-id in getCpuListOfType('socket', '1')"]})x");
  const RulesFile cluster(
      R"({"subClusters": [{"nodes": "n[1-2]", "topology": {"node": [0, 1], "socket": [[0], [1]]}}]})");
  const std::string lines = "a,hostname=n1,type-id=0 value=1\na,hostname=n2,type-id=1 value=1\n";
  CHECK(run({"--rules", rules.name(), "--topology", cluster.name()}, lines).out == "a,hostname=n1,type-id=0 value=1\n");
  CHECK(run({"--rules", rules.name(), "--topology", cluster.name()}, lines).err.empty());
  const Ran elsewhere = run({"--rules", rules.name(), "--topology", cluster.name()},
                            "a,hostname=n1.site,type-id=1 value=1\nb,hostname=n2.site,type-id=1 value=1\n");
  CHECK(elsewhere.code == 0);
  CHECK(elsewhere.err ==
        "cc-gateway route: 2 series of hosts that the topology does not have, like 'n1.site': functions that ask for "
        "their hardware threads give nil\n");
  const Ran without = run({"--rules", rules.name()}, lines);
  CHECK(without.code == 2);
  CHECK(without.err.find("--topology") != std::string::npos);
  CHECK(run({"--rules", rules.name(), "--topology", rules.name()}, lines).code == 2);
}

TEST_CASE("route takes the rules of a configuration, and what they count in") {
  const std::string config = R"([gateway]
cluster = "c"
[nats]
url = "nats://h"
[router]
subscribe = "a.b"
queue = "q"
interval = "10s"
grace = "1s"
max_series = 5
future_max = "1m"
topology = "cluster.json"
interval_timestamp = true
drop_metrics = ["gone"]
[[router.manipulate_messages]]
rename_by = { a = "b" }
[[sink]]
name = "s"
type = "stdout"
)";
  const std::string lines = "a value=1 1700000009\ngone value=1 1700000009\n";
  const RulesFile file(config, "TOML");
  const Ran ran = run({"--rules", file.name()}, lines);
  CHECK(ran.err == "");
  CHECK(ran.out == "b value=1 1700000000\n");
  CHECK(run({"--rules", file.name(), "--interval", "60s"}, lines).out == "b value=1 1699999980\n");

  const auto refused = [](const std::string& text, std::string_view want) {
    CAPTURE(text);
    const RulesFile wrong(text, "toml");
    const Ran told = run({"--rules", wrong.name()}, "");
    CHECK(told.code == 2);
    CHECK(told.err.starts_with(wrong.name() + ":" + std::string(want)));
  };
  refused("[gateway]\ncluster = 'c'\n[router]\nrules = 'router.json'\n",
          "4:9: the rules stand in 'router.json', name that instead\n");
  refused("[gateway]\ncluster = 'c'\n", "1:2: this is a configuration without [router], and so without rules\n");
  refused("[router]\ninterval = '1500ms'\n", "2:12: 'interval' must be whole seconds from 1s to 24h");
  refused("[router]\nrename_metric = {a = 'b'}\n",
          "2:1: unknown key 'rename_metric' in [router], did you mean 'rename_metrics'?\n");
  refused("drop_metrics = ['a']\n[router]\n", "1:1: 'drop_metrics' stands beside [router]: put it into that table\n");
}

TEST_CASE("route waits for pipes whose writers are not ready yet") {
  const config_test::Fifo rules(R"x({"drop_metrics_if": ["tag_type-id in getCpuListOfType('socket', '1')"]})x");
  const config_test::Fifo cluster(
      R"({"subClusters": [{"nodes": "n1", "topology": {"node": [0, 1], "socket": [[0], [1]]}}]})");
  const Ran ran = run({"--rules", rules.name(), "--topology", cluster.name()},
                      "a,hostname=n1,type-id=0 value=1\na,hostname=n1,type-id=1 value=1\n");
  CHECK(ran.err == "");
  CHECK(ran.out == "a,hostname=n1,type-id=0 value=1\n");
}

TEST_CASE("route explains what each rule did, in comments, so that what it prints are lines still") {
  const RulesFile rules(
      R"({"rename_metrics": {"old": "new"}, "drop_metrics_if": ["type-id == 1", "value + 'x' == 'y'"]})");
  const Ran ran = run({"--rules", rules.name(), "--explain"},
                      "old,type-id=0 value=1 1700000000\nold,type-id=1 value=1 1700000000\n");
  const std::string at = "# " + rules.name();
  CHECK(ran.out ==
        at +
            ":1:72: drop_metrics_if: value + 'x' == 'y'\n#   - old,type-id=0 value=1 1700000000\n"
            "#   failed: '+' does not fit between float and text: int() or float() makes a number of a text\n" +
            at +
            ":1:21: rename_metrics: old -> new\n#   - old,type-id=0 value=1 1700000000\n"
            "#   + new,type-id=0 value=1 1700000000   meta: oldname=old\nnew,type-id=0 value=1 1700000000\n" +
            at + ":1:56: drop_metrics_if: type-id == 1\n#   - old,type-id=1 value=1 1700000000\n#   dropped\n");
  CHECK(ran.code == 1);
  CHECK(ran.err ==
        rules.name() +
            ":1:72: 'drop_metrics_if: value + 'x' == 'y'' failed on 1 message: '+' does not fit between float "
            "and text: int() or float() makes a number of a text\n");
}

TEST_CASE("route explains in comments whatever stands in rules, meta and lines") {
  const RulesFile rules(R"x({"process_messages": [
    {"add_meta_by": {"note": "x\ny value=1"}, "if": "name ==\n'm'"}, {"drop_by": "name == 'a' ||\nvalue == 7"}],
    "num_cache_intervals": 1, "interval_aggregates": [{"name": "n", "function": "count(values)\n+ 1", "if": "name == 'm'"}]})x");
  const std::string line = "m,hostname=n1 value=1 1700000000\n";
  const std::string aggregate = "n,hostname=n1 value=2i 1699999980\n";
  const Ran ran =
      run({"--rules", rules.name(), "--explain"}, line + "a,hostname=n1 text=\"two\nlines\",value=7 1700000000\n");
  CHECK(ran.code == 0);
  CHECK(ran.out.contains("note=x\\x0ay value=1\n"));
  const RulesFile none("", "toml");
  CHECK(run({"--rules", none.name()}, ran.out).out == line + aggregate);
}

TEST_CASE("route explains aggregates: what computed them, and what rules did to them") {
  const RulesFile rules(R"x({"num_cache_intervals": 1, "drop_metrics": ["gone"], "rename_metrics": {"sum": "total"},
    "interval_aggregates": [{"name": "sum", "function": "sum(a)", "meta": {"unit": "W"}},
                            {"name": "gone", "function": "max(a)"},
                            {"name": "none", "function": "max(b)"}]})x");
  const std::string line = "a,hostname=n1 value=1 1700000000000\n";
  const Ran ran = run({"--rules", rules.name(), "--explain"}, line);
  const std::string at = "# " + rules.name();
  CHECK(ran.out ==
        line + at + ":2:29: interval_aggregates: sum = sum(a)\n" +
            "#   + sum,hostname=n1 value=1 1699999980   meta: unit=W\n" + at + ":1:73: rename_metrics: sum -> total\n" +
            "#   - sum,hostname=n1 value=1 1699999980   meta: unit=W\n"
            "#   + total,hostname=n1 value=1 1699999980   meta: unit=W, oldname=sum\n"
            "total,hostname=n1 value=1 1699999980\n" +
            at + ":3:29: interval_aggregates: gone = max(a)\n" + "#   + gone,hostname=n1 value=1 1699999980\n" + at +
            ":1:45: drop_metrics: gone\n" + "#   - gone,hostname=n1 value=1 1699999980\n#   dropped\n");
  CHECK(ran.err.ends_with(
      ".json:4:29: 'interval_aggregates: none = max(b)' gave no aggregate 1 time: the host had no value of 'b'\n"));
  CHECK(ran.code == 0);
  CHECK(run({"--rules", rules.name()}, line).out == line + "total,hostname=n1 value=1 1699999980\n");
}

TEST_CASE("route tells what is wrong with rules and lines, and goes on behind a bad line") {
  const RulesFile broken("{\n  \"drop_metrics_if\": [\"metrc.Name() == 'x'\"]\n}\n");
  const Ran refused = run({"--rules", broken.name()}, "a value=1\n");
  CHECK(refused.code == 2);
  CHECK(refused.out.empty());
  CHECK(refused.err == broken.name() +
                           ":2:24: unknown name 'metrc', did you mean 'metric'\n"
                           "    \"drop_metrics_if\": [\"metrc.Name() == 'x'\"]\n"
                           "                         ^\n");
  {
    const RulesFile rules(R"({"process_messages": [{"move_fields_to_tags_by": {"text": "t"}}]})");
    const Ran ran = run({"--rules", rules.name()}, "a\nb value=1,text=\"\"\nc value=2,text=\"x\"\n");
    CHECK(ran.code == 1);
    CHECK(ran.out == "c,t=x value=2\n");
    CHECK(ran.err == "1:2: no fields\n2:1: what the rules make of it is no line: empty tag value\n");
  }
  CHECK(run({"--rules", "/nowhere.json"}, "").err == "/nowhere.json: cannot read it: No such file or directory\n");
  CHECK(run({}, "").err == "cc-gateway route: --rules FILE is missing\n");
  CHECK(run({"--rule", "x"}, "").code == 2);
  CHECK(run({"--help"}, "").code == 0);
}
