#include "gateway/cli/convert.h"

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

Ran run(const Words& words) { return cli_test::run(convert, words); }

/// Converts `text` as a file of that name, which is left out of what comes back but for its last part.
Ran run_text(const std::string& text, const std::string& name) {
  const config_test::Folder folder;
  return without_folder(run({folder.file(name, text)}), folder.path().string());
}

}  // namespace

TEST_CASE("convert prints a router.json as a table of TOML, and says what it left out") {
  const Ran ran = run_text("{\n\"max_forward\": 50, // as ever\n\"drop_metrics\": [\"a\"]}", "router.json");
  CHECK(ran.err == "");
  CHECK(ran.code == 0);
  CHECK(ran.out ==
        "# From router.json, by 'cc-gateway convert'.\n"
        "# max_forward (router.json:2) is left out: here as many lines are taken at once as came in one message.\n"
        "[router]\n\n[[router.manipulate_messages]]  # router.json:3\ndrop_by_name = [\"a\"]\n");
}

TEST_CASE("convert tells what is wrong with rules as check does, and converts rules that are only warned of") {
  const Ran wrong = run_text("{\n  \"drop_metrics_if\": [\"metrc.Name() == 'x'\"]\n}\n", "router.json");
  CHECK(wrong.code == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err ==
        "router.json:2:24: unknown name 'metrc', did you mean 'metric'\n"
        "    \"drop_metrics_if\": [\"metrc.Name() == 'x'\"]\n"
        "                         ^\n");
  const Ran warned = run_text("{\"drop_metrics_if\": [\"nam == 'x'\"]}", "router.json");
  CHECK(warned.code == 0);
  CHECK(warned.err.find("warning: 'nam'") != std::string::npos);
  CHECK(warned.out.find("drop_by = \"nam == 'x'\"") != std::string::npos);
}

TEST_CASE("convert reads a script where the name ends in .py") {
  const std::string script = "CLUSTER_NAME = 'c'\nCCMS_URL = 'http://s'\nMETRIC_MAP = {'a': ('b', 'node', 1)}\n";
  const Ran whole = run_text("PROMETHEUS_URL = 'http://p'\n" + script, "prom.py");
  CHECK(whole.code == 0);
  CHECK(whole.err == "");
  CHECK(whole.out.find("[[source.query]]  # prom.py:4\nmetric = \"a\"\nquery = \"b\"\n") != std::string::npos);
  CHECK(whole.out.find("# token_file") != std::string::npos);
  const Ran comments = run_text(
      "INFLUXDB_URL = 'http://i'\nCLUSTER_NAME = 'c'\nCCMS_URL = 'http://s'\nMETRIC_MAP = {'a': 'b'}\n", "i.py");
  CHECK(comments.code == 1);
  CHECK(comments.out.starts_with("# From i.py"));
  CHECK(comments.err.starts_with("i.py:4:1: these are queries to InfluxDB"));
  const Ran wrong = run_text(script, "prom.py");
  CHECK(wrong.code == 2);
  CHECK(wrong.out == "");
  CHECK(wrong.err.starts_with("prom.py: there is no PROMETHEUS_URL = … in it"));
  CHECK(run({"/nowhere.py"}).err == "/nowhere.py: cannot read it: No such file or directory\n");
}

TEST_CASE("convert takes one file, which is not TOML already") {
  CHECK(run({}).code == 2);
  CHECK(run({"a.json", "b.json"}).code == 2);
  CHECK(run({"--rules"}).code == 2);
  CHECK(run({"--help"}).code == 0);
  CHECK(run({"a.toml"}).err == "cc-gateway convert: a.toml is TOML already\n");
  CHECK(run({"a.TOML"}).err == "cc-gateway convert: a.TOML is TOML already\n");
  CHECK(run({"/nowhere.json"}).err == "/nowhere.json: cannot read it: No such file or directory\n");
}

TEST_CASE("convert waits for a pipe whose writer is not ready yet") {
  const config_test::Fifo rules(R"({"drop_metrics": ["a"]})");
  CHECK(run({rules.name()}).out.contains("drop_by_name = [\"a\"]\n"));
  const config_test::Fifo script("METRIC_MAP = {}\n", "x.py");
  CHECK(!run({script.name()}).err.contains("empty"));
}

TEST_CASE("convert needs no topology for rules that ask for it") {
  const Ran ran = run_text("{\"drop_metrics_if\": [\"type-id in getCpuList()\"]}", "router.json");
  CHECK(ran.code == 0);
  CHECK(ran.out.find("drop_by = \"type-id in getCpuList()\"") != std::string::npos);
}
