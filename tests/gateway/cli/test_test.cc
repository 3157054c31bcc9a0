#include "gateway/cli/test.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/gateway/cli/ran.h"
#include "tests/gateway/config/fifo.h"
#include "tests/gateway/config/folder.h"

using namespace gw::cli;
using cli_test::Ran;
using cli_test::Words;

namespace {

Ran run(const Words& words) { return cli_test::run(test, words); }

/// A file of cases, with rules beside it; both go with the test. Its name is left out of what comes back.
Ran run_cases(const std::string& cases, const std::string& rules = "{}") {
  const config_test::Folder folder;
  const std::string file = folder.file("cases.toml", cases);
  folder.file("router.json", rules);
  return without_folder(run({file}), folder.path().string());
}

}  // namespace

TEST_CASE("cases of rules pass, whatever the order of tags and the spelling of numbers") {
  const Ran ran = run_cases(R"x(rules = "router.json"
[[case]]
name = "dropped"
in = """
# temperatures
temp_core_1,hostname=n1,type=core,type-id=1 value=40 1700000000

cpu_load,hostname=n1,type=node value=1 1700000000
"""
out = "cpu_load,type=node,hostname=n1 value=1.0 1700000000000000000"
[[case]]
name = "all of it"
in = "temp_core_2 value=1 1700000000"
out = ""
[[case]]
name = "integers"
in = "a value=2 1700000000"
out = "a value=2i 1700000000"
)x",
                            R"x({"drop_metrics_if": ["match('temp_core_%d+', name)"]})x");
  CHECK(ran.err == "");
  CHECK(ran.out == "3 passed, 0 failed\n");
  CHECK(ran.code == 0);
}

TEST_CASE("a failed case tells what is missing, what came instead, and which rule did it") {
  const Ran ran = run_cases(R"x(rules = "router.json"
[[case]]
name = "right"
in = "a value=1 1"
out = "b value=1 1"

[[case]]
name = "wrong"
in = """
z value=0 1
a value=1 1
c value=2 1
d value=3 1"""
out = """
z value=0 1
a value=1 1
c value=2 1
d value=3 1
"""
)x",
                            R"({
  "rename_metrics": {"a": "b"},
  "drop_metrics_if": ["name == 'c'", "name == 'd' && value + 'x' == 'y'"]
})");
  CHECK(ran.code == 3);
  CHECK(ran.err == "");
  CHECK(ran.out ==
        "cases.toml:7:1: failed: wrong\n"
        "      z value=0 1\n"
        "    - a value=1 1\n"
        "    - c value=2 1\n"
        "    + b value=1 1\n"
        "        router.json:2:22: rename_metrics: a -> b\n"
        "      d value=3 1\n"
        "    dropped: c value=2 1\n"
        "        router.json:3:23: drop_metrics_if: name == 'c'\n"
        "    router.json:3:38: drop_metrics_if: name == 'd' && value + 'x' == 'y': failed: '+' does not fit between "
        "float and text: int() or float() makes a number of a text\n"
        "1 passed, 1 failed\n");
}

TEST_CASE("numbers are the same where they are the same number, however large") {
  const auto passes = [](const std::string& in, const std::string& out) {
    return run_cases("rules = {}\n[[case]]\nname = \"x\"\nin = \"a value=" + in + " 1\"\nout = \"a value=" + out +
                     " 1\"\n")
               .code == 0;
  };
  CHECK(passes("9223372036854775807u", "9223372036854775807i"));
  CHECK(passes("18446744073709551615u", "18446744073709551615u"));
  CHECK_FALSE(passes("18446744073709551615u", "-1i"));
  CHECK_FALSE(passes("9223372036854775808u", "-9223372036854775808i"));
}

TEST_CASE("the order of lines counts") {
  const Ran ran = run_cases(
      "rules = {}\n[[case]]\nname = \"x\"\nin = \"a value=1 1\\nb value=1 1\"\nout = \"b value=1 1\\na value=1 1\"\n");
  CHECK(ran.code == 3);
}

TEST_CASE("each case begins anew, and what is computed from its lines comes at its end") {
  const Ran ran = run_cases(R"x(interval = "10s"
[[case]]
name = "first"
in = "a,hostname=n1 value=1 1700000009"
out = "a,hostname=n1 value=1 1700000000\nn,hostname=n1 value=1 1700000000"
[[case]]
name = "second"
in = "a,hostname=n1 value=2 1700000001"
out = "a,hostname=n1 value=2 1700000000"
[rules]
interval_timestamp = true
num_cache_intervals = 1
interval_aggregates = [{name = "n", function = "sum(a)"}]
)x");
  CHECK(ran.code == 3);
  CHECK(ran.out ==
        "cases.toml:6:1: failed: second\n"
        "      a,hostname=n1 value=2 1700000000\n"
        "    + n,hostname=n1 value=2 1700000000\n"
        "        cases.toml:13:24: interval_aggregates: n = sum(a)\n"
        "1 passed, 1 failed\n");
}

TEST_CASE("a failed case tells which rules an aggregate met, and why others were not made") {
  const Ran ran = run_cases(R"x(rules = "router.json"
[[case]]
name = "wrong"
in = "a,hostname=n1 value=1 1700000000"
out = "total,hostname=n1 value=1 1699999980"
)x",
                            R"x({
  "num_cache_intervals": 1, "drop_metrics": ["a", "gone"], "rename_metrics": {"sum": "total_of_a"},
  "interval_aggregates": [{"name": "sum", "function": "sum(a)"}, {"name": "gone", "function": "max(a)"},
                          {"name": "no", "function": "max(b)"}]})x");
  CHECK(ran.code == 3);
  CHECK(
      ran.out ==
      "cases.toml:2:1: failed: wrong\n"
      "    - total,hostname=n1 value=1 1699999980\n"
      "    + total_of_a,hostname=n1 value=1 1699999980\n"
      "        router.json:3:27: interval_aggregates: sum = sum(a)\n"
      "        router.json:2:79: rename_metrics: sum -> total_of_a\n"
      "    dropped: a,hostname=n1 value=1 1700000000\n"
      "        router.json:2:46: drop_metrics: a\n"
      "    dropped: gone,hostname=n1 value=1 1699999980\n"
      "        router.json:3:66: interval_aggregates: gone = max(a)\n"
      "        router.json:2:51: drop_metrics: gone\n"
      "    router.json:4:27: interval_aggregates: no = max(b): gave no aggregate 1 time: the host had no value of 'b'\n"
      "0 passed, 1 failed\n");
}

TEST_CASE("a line without a time is of the latest time of its case, not of the day of the test") {
  const Ran ran = run_cases(R"x(rules = {drop_metrics_if = ["timestamp != 1700000060"]}
[[case]]
name = "a"
in = "a value=1\nb value=1 1700000060\nc value=1 1700000000"
out = "a value=1\nb value=1 1700000060"
)x");
  CHECK(ran.out == "1 passed, 0 failed\n");
}

TEST_CASE("a case may have lines of many intervals, in any order") {
  const Ran ran = run_cases(R"x([rules]
drop_metrics = ["a"]
num_cache_intervals = 1
interval_aggregates = [{name = "n", function = "sum(a)"}]
[[case]]
name = "a"
in = "a value=1 1800000000\na value=2 1700000040\na value=4 1700000039"
out = "n value=4 1699999980\nn value=2 1700000040\nn value=1 1800000000"
)x");
  CHECK(ran.out == "1 passed, 0 failed\n");
}

TEST_CASE("a failed case tells which values came too late for its aggregates") {
  std::string lines;
  for (int minute = 0; minute <= 1440; ++minute)
    lines += "a value=1 " + std::to_string(1'700'000'040 + 60 * minute) + "\n";
  const Ran ran = run_cases(R"x([rules]
num_cache_intervals = 1
interval_aggregates = [{name = "n", function = "sum(a)"}]
[[case]]
name = "a"
in = """
)x" + lines + R"x(a value=1 1700000040"""
out = ""
)x");
  CHECK(ran.code == 3);
  CHECK(
      ran.out.ends_with("    1 value too late for aggregates, the interval had ended: sort the lines by time\n"
                        "0 passed, 1 failed\n"));
}

TEST_CASE("a failed case of many lines is told without a search for what it has in common with what was expected") {
  const auto minuses = [](int lines) {
    std::string in;
    for (int i = 0; i < lines; ++i) in += "a value=" + std::to_string(i) + " 1\n";
    const Ran ran = run_cases("rules = {}\n[[case]]\nname = \"x\"\nin = \"\"\"\n" + in +
                              "\"\"\"\nout = \"\"\"\nb value=1 1\n" + in + "\"\"\"\n");
    CHECK(ran.code == 3);
    int count = 0;
    for (std::size_t at = 0; (at = ran.out.find("\n    - ", at)) != std::string::npos; ++at) ++count;
    return count;
  };
  CHECK(minuses(2000) == 1);
  CHECK(minuses(2100) == 2101);
}

TEST_CASE("rules of cases may ask for the topology, which stands in a file of its own") {
  const std::string cases = R"x(rules = {drop_metrics_if = ["type-id in getSockCpuList(1)"]}
topology = "router.json"
[[case]]
name = "a"
in = "a,hostname=n1,type-id=1 value=1\na,hostname=n1,type-id=0 value=2"
out = "a,hostname=n1,type-id=0 value=2"
)x";
  const std::string cluster =
      R"({"subClusters": [{"nodes": "n1", "topology": {"node": [0, 1], "socket": [[0], [1]]}}]})";
  CHECK(run_cases(cases, cluster).out == "1 passed, 0 failed\n");
  const Ran wrong = run_cases(cases, "{\"subClusters\": []}");
  CHECK(wrong.code == 2);
  CHECK(wrong.err.starts_with("router.json:1:17: no subcluster has a 'topology'\n"));
}

TEST_CASE("what is wrong with a file of cases is told with its place, and no case of it is run") {
  const auto check = [](const std::string& cases, std::string_view problem) {
    CAPTURE(cases);
    const Ran ran = run_cases(cases, "{\"drop_metrics_if\": [\"metrc.Name() == 'a'\"]}");
    CHECK(ran.code == 2);
    CHECK(ran.err.substr(0, ran.err.find('\n')) == problem);
    CHECK(ran.out == "0 passed, 0 failed\n");
  };
  const std::string good = "[[case]]\nname = \"x\"\nin = \"a value=1\"\nout = \"\"\n";
  check("rules = {}\n", "cases.toml: there is no case in it: [[case]] with name = \"…\", in = \"…\" and out = \"…\"");
  check(good, "cases.toml:1:1: missing key 'rules', for example: rules = \"router.json\"");
  check("rules = 1\n" + good,
        "cases.toml:1:9: 'rules' must be the name of a file like \"router.json\", or a table of rules");
  check("rules = \"other.json\"\n" + good, "other.json: cannot read it: No such file or directory");
  check("rules = \"router.json\"\n" + good, "router.json:1:23: unknown name 'metrc', did you mean 'metric'");
  check("rules = {drop = 1}\n" + good, "cases.toml:1:10: unknown key 'drop'");
  check("rules = {}\ninterval = \"1500ms\"\n" + good,
        "cases.toml:2:12: 'interval' must be whole seconds from 1s to 24h, like \"60s\" or \"1m30s\"");
  check("rules = {}\ninterval = \"25h\"\n" + good,
        "cases.toml:2:12: 'interval' must be whole seconds from 1s to 24h, like \"60s\" or \"1m30s\"");
  check("rules = {}\ninterval = 60\n" + good,
        "cases.toml:2:12: 'interval' must be whole seconds from 1s to 24h, like \"60s\" or \"1m30s\"");
  check("rules = {}\nintervall = \"60s\"\n" + good,
        "cases.toml:2:1: unknown key 'intervall', did you mean 'interval'?");
  check("rules = {}\n[[case]]\nnam = \"x\"\nin = \"a value=1\"\nout = \"\"\n",
        "cases.toml:2:1: missing key 'name' in case[0], for example: name = \"temperatures of cores are dropped\"");
  check("rules = {}\n[[case]]\nname = \"x\"\nin = \"\"\nout = \"\"\n",
        "cases.toml:4:6: 'in' has no line: it would show nothing");
  check("rules = {}\n[[case]]\nname = \"x\"\nin = \"\"\"\na value=1\nb\n\"\"\"\nout = \"\"\n",
        "cases.toml:6:2: this line cannot be read: no fields");
  // That line alone is told, and not that there is none.
  check("rules = {}\n[[case]]\nname = \"x\"\nin = \"b\"\nout = \"\"\n",
        "cases.toml:4:8: this line cannot be read: no fields");
  check("rules = {}\n[[case]]\nname = \"x\"\nin = \"a value=1\"\nout = \"a value=\"\n",
        "cases.toml:5:16: this line cannot be read: no field value");
  check("rules = {}\n[[case]]\nname = 1\nin = \"a value=1\"\nout = \"\"\n",
        "cases.toml:3:8: 'name' must be a text like \"node\", not the integer 1");
  check("rules = {\n", "cases.toml:1:10: syntax error in inline table: expected key or closing '}', saw '\\n'");
}

TEST_CASE("of very many lines that cannot be read the first ones are shown, and the others counted") {
  std::string lines;
  for (int i = 0; i < 500'000; ++i) lines += "x\n";
  const Ran ran = run_cases("rules = {}\n[[case]]\nname = \"x\"\nin = \"\"\"\n" + lines + "\"\"\"\nout = \"x\"\n");
  CHECK(ran.code == 2);
  CHECK(ran.err.starts_with("cases.toml:5:2: this line cannot be read: no fields\n"));
  CHECK(ran.err.contains("cases.toml:104:2: this line cannot be read: no fields\n"));
  CHECK(ran.err.ends_with("cases.toml: … and 499901 more\n"));
}

TEST_CASE("cases may be of the rules in a configuration, and count as it says unless they say otherwise") {
  const config_test::Folder folder;
  folder.file("gateway.toml", "[gateway]\ncluster='c'\n[router]\ninterval='10s'\ninterval_timestamp=true\n");
  const auto passes = [&](const std::string& interval, const std::string& time) {
    const std::string cases = folder.file(
        "cases.toml", "rules = \"gateway.toml\"\n" + interval +
                          "[[case]]\nname = \"n\"\nin = \"a value=1 1700000009\"\nout = \"a value=1 " + time + "\"\n");
    const Ran ran = run({cases});
    CHECK(ran.err == "");
    CHECK(ran.out == "1 passed, 0 failed\n");
  };
  passes("", "1700000000");
  passes("interval = \"60s\"\n", "1699999980");
}

TEST_CASE("cases and their rules may come from pipes whose writers are not ready yet") {
  const config_test::Fifo rules(R"({"drop_metrics": ["a"]})", "router.json");
  const config_test::Fifo cases("rules = \"" + rules.name() +
                                "\"\n[[case]]\nname = \"n\"\nin = \"a value=1 1\"\nout = \"\"\n");
  const Ran ran = run({cases.name()});
  CHECK(ran.err == "");
  CHECK(ran.out == "1 passed, 0 failed\n");
}

TEST_CASE("several files are one sum, and one that is wrong does not hide the others") {
  const config_test::Folder folder;
  const std::string good = "rules = {}\n[[case]]\nname = \"x\"\nin = \"a value=1\"\nout = ";
  const std::string passes = folder.file("passes.toml", good + "\"a value=1\"\n");
  const std::string fails = folder.file("fails.toml", good + "\"\"\n");
  CHECK(run({passes, fails}).code == 3);
  CHECK(run({passes, passes}).out == "2 passed, 0 failed\n");
  const Ran ran = run({"/nowhere.toml", passes});
  CHECK(ran.code == 2);
  CHECK(ran.err == "/nowhere.toml: cannot read it: No such file or directory\n");
  CHECK(ran.out == "1 passed, 0 failed\n");
  CHECK(run({}).code == 2);
  CHECK(run({"--config"}).code == 2);
  CHECK(run({"--help"}).code == 0);
}

TEST_CASE("the cases in conf/ pass") {
  const std::string file = std::string(CC_GATEWAY_SOURCE_DIR) + "/conf/router_test.toml";
  const Ran ran = run({file});
  CHECK(ran.err == "");
  CHECK(ran.out == "7 passed, 0 failed\n");
}
