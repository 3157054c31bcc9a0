#include "gateway/cli/scripts/convert_script.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/config/load.h"
#include "tests/gateway/config/folder.h"

using namespace gw;
using namespace gw::cli;
using Kind = ConvertedScript::Kind;

namespace {

constexpr std::string_view constants = R"x(PROMETHEUS_URL = "http://prom:9090"
CCMS_URL = "http://ccms:8080"
JWT_TOKEN = "eyJ0"
CLUSTER_NAME = "fritz"
)x";

ConvertedScript convert(std::string_view map, std::string_view before = constants) {
  return convert_script(std::string(before) + std::string(map), "prom2ccms.py");
}

/// The configuration as it is loaded, with the token beside it.
config::Config loaded(const std::string& text) {
  const config_test::Folder folder;
  folder.file("ccms.jwt", "token");
  const config::Loaded all = config::load_text(text, (folder.path() / "gateway.toml").string(),
                                               [](std::string_view) { return std::optional<std::string>("value"); });
  CAPTURE(text);
  CHECK(all.report() == "");
  return all.config;
}

/// A script of ClusterCockpit's documentation, as it stands there: its first line after the #! is known.
/// CC_GATEWAY_SEEDS names the folder of the document.
std::optional<std::string> documented_script(std::string_view title) {
  const char* const named = std::getenv("CC_GATEWAY_SEEDS");
  const std::filesystem::path folder = named != nullptr
                                           ? std::filesystem::path(named)
                                           : std::filesystem::path(CC_GATEWAY_SOURCE_DIR) / "../shared/seeds";
  std::ifstream in(folder / "000_da88ce0bc80b38b2.txt");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  constexpr std::string_view last = "    main()\n";
  const std::size_t begin = text.find("#!/usr/bin/env python3\n\"\"\"" + std::string(title));
  const std::size_t end = begin == std::string::npos ? begin : text.find(last, begin);
  if (end == std::string::npos) {
    std::puts("skipped: the documentation of the scripts not found");
    return std::nullopt;
  }
  return text.substr(begin, end + last.size() - begin);
}

/// `text` with `to` for each `from`, which is there.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  REQUIRE(text.find(from) != std::string::npos);
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("the script for Prometheus, as it is documented, becomes a configuration that polls the same") {
  const auto script = documented_script("Sync metrics from Prometheus");
  if (!script) return;
  const ConvertedScript converted = convert_script(*script, "prom2ccms.py");
  CHECK(converted.report == "");
  REQUIRE(converted.kind == Kind::whole);
  CHECK(converted.text.starts_with(
      "# From prom2ccms.py, by 'cc-gateway convert': the same queries, names and values.\n"));
  CHECK(converted.text.find("eyJ0") == std::string::npos);
  const config::Config config = loaded(converted.text);
  CHECK(config.gateway.cluster == "mycluster");
  REQUIRE(config.sources.size() == 1);
  const auto& queries = config.sources[0].queries;
  REQUIRE(queries.size() == 4);
  CHECK(queries[0].metric == "cpu_load");
  CHECK(queries[0].query == "node_load1");
  CHECK(queries[1].query == R"x(100 * avg by(instance)(rate(node_cpu_seconds_total{mode="user"}[2m])))x");
  CHECK(queries[2].query == "(node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes) / (1024*1024)");
  CHECK(queries[3].metric == "net_bw");
  CHECK(queries[3].query == R"x(sum by(instance)(rate(node_network_receive_bytes_total{device!="lo"}[2m]))x"
                            R"x( + rate(node_network_transmit_bytes_total{device!="lo"}[2m])))x");
  CHECK(queries[3].type == "node");
  REQUIRE(config.sinks.size() == 1);
}

TEST_CASE("the script for InfluxDB becomes comments, and it is said why") {
  const auto script = documented_script("Sync metrics from InfluxDB");
  if (!script) return;
  const ConvertedScript converted = convert_script(*script, "influx2ccms.py");
  CHECK(converted.kind == Kind::nothing_runs);
  CHECK(converted.report.find(
            "influx2ccms.py:23:1: these are queries to InfluxDB, which the gateway cannot poll yet") == 0);
  CHECK(converted.text.find("your-influxdb-token") == std::string::npos);
  CHECK(converted.text.find("#         from(bucket: \"telegraf\")\n") != std::string::npos);
  CHECK(converted.text.find("map(fn: (r) => ({ r with _value: r._value / 1048576.0 }))") != std::string::npos);
  for (std::size_t line = 0; line < converted.text.size(); line = converted.text.find('\n', line) + 1)
    CHECK(converted.text[line] == '#');
}

TEST_CASE("what is not as documented in a script is told, and that it is not in the configuration") {
  const auto script = documented_script("Sync metrics from Prometheus");
  if (!script) return;
  const auto check = [&](std::string_view from, std::string_view to, std::string_view warnings, std::string_view head) {
    CAPTURE(to);
    const ConvertedScript converted = convert_script(replaced(*script, from, to), "prom2ccms.py");
    CHECK(converted.kind == Kind::whole);
    CHECK(converted.report == warnings);
    const std::string want =
        "# From prom2ccms.py, by 'cc-gateway convert': the same queries. Not as in ClusterCockpit's\n"
        "# script, and not in here, is what these do:\n" +
        std::string(head);
    CHECK(converted.text.substr(0, want.size()) == want);
  };
  const std::string main_changed =
      "prom2ccms.py:87:5: warning: 'main' is not as documented: its rules are not in what is written; see hostname, "
      "scale, and the rules of [router]\n";
  const std::string hostname_changed =
      "prom2ccms.py:58:5: warning: 'instance_to_hostname' is not as documented: its rules are not in what is written; "
      "see strip_port, hostname_regex, strip_suffix\n";
  check("instance.rsplit(\":\", 1)[0]", "instance.split(\".\", 1)[0]", hostname_changed,
        "#   'instance_to_hostname' (prom2ccms.py:58)\n#\n# To do:");
  check("(\"instance\", \"\")", "(\"nodename\", \"\")", main_changed, "#   'main' (prom2ccms.py:87)\n");
  check("* scale\n", "* scale * 2\n", main_changed, "#   'main' (prom2ccms.py:87)\n");
  // What a line does depends on how deep it stands: this one now skips every series.
  check("                continue\n            hostname", "            continue\n            hostname", main_changed,
        "#   'main' (prom2ccms.py:87)\n");
  check("type={metric_type} value", "type={metric_type},rack=1 value",
        "prom2ccms.py:63:5: warning: 'build_line_protocol' is not as documented: its rules are not in what is written; "
        "see type, type_id, labels, tags, and the rules of [router]\n",
        "#   'build_line_protocol' (prom2ccms.py:63)\n");
  check("\nif __name__", "\ninstance_to_hostname = short\n\n\nif __name__", replaced(hostname_changed, "58:5", "115:1"),
        "#   'instance_to_hostname' (prom2ccms.py:115)\n");
  check("\nif __name__", "\n@cache\ndef rack(host):\n    return host[:2]\n\n\nif __name__",
        "prom2ccms.py:116:5: warning: 'rack' is not in the documented script: its rules are not in what is written\n",
        "#   'rack' (prom2ccms.py:116)\n");
  check("    main()\n", "    while True:\n        main()\n        time.sleep(10)\n",
        "prom2ccms.py:115:1: warning: this statement is not in the documented script: its rules are not in what is "
        "written\n",
        "#   a statement (prom2ccms.py:115)\n");
  check("def push_to_ccms", "def push",
        "prom2ccms.py:72:5: warning: 'push' is not in the documented script: its rules are not in what is written\n"
        "prom2ccms.py: warning: there is no 'push_to_ccms' in it: its rules are not in what is written; see [[sink]]\n",
        "#   'push' (prom2ccms.py:72)\n#   'push_to_ccms' (missing)\n");
  check("    main()\n", "    main()\nsend('",
        "prom2ccms.py:117:1: warning: this statement is not in the documented script: its rules are not in what is "
        "written\n"
        "prom2ccms.py:117:6: warning: the text that begins here is not closed: nothing that follows is in what is "
        "written\n",
        "#   a statement (prom2ccms.py:117)\n#   what follows (prom2ccms.py:117)\n");
}

TEST_CASE("comments, docstrings, blanks, quotes, logging and names of constants do not make a script another one") {
  const auto script = documented_script("Sync metrics from Prometheus");
  if (!script) return;
  const auto check = [&](std::string_view from, std::string_view to) {
    CAPTURE(to);
    const ConvertedScript converted = convert_script(replaced(*script, from, to), "prom2ccms.py");
    CHECK(converted.kind == Kind::whole);
    CHECK(converted.report == "");
    CHECK(converted.text.find("the same queries, names and values.\n") != std::string::npos);
  };
  check("\n", "\r\n");
  check("\n", "  # as ever\n\n");
  check("    ", "  ");
  check("    ", "\t");
  check("#!/usr", "\xef\xbb\xbf#!/usr");
  check("    \"\"\"Strip port from Prometheus instance label (e.g., 'node01:9100' -> 'node01').\"\"\"\n", "\n");
  check("metric_type: str,\n                        value", "metric_type: str, value");
  check("\"instance\", \"\"", "'instance', ''");
  check("level=logging.INFO", "level=logging.DEBUG");
  check("import sys\n", "import os\nimport sys\nfrom typing import Any\n");
  check("CLUSTER_NAME", "CLUSTER");
  check("PROMETHEUS_URL", "PROM_URL");
  check("JWT_TOKEN      = \"eyJ0eXAiOiJKV1QiLC...\"", "TIMEOUT = 5\nJWT_TOKEN = os.environ[\"JWT\"]");
}

TEST_CASE("a changed script for InfluxDB is told too, and one of another kind not without end") {
  const auto script = documented_script("Sync metrics from InfluxDB");
  if (!script) return;
  const ConvertedScript changed =
      convert_script(replaced(*script, "row.get(\"host\", \"\")", "row.get(\"node\", \"\")"), "influx2ccms.py");
  CHECK(changed.kind == Kind::nothing_runs);
  CHECK(changed.report.starts_with(
      "influx2ccms.py:60:5: warning: 'query_influxdb' is not as documented: its rules are not in what is written\n"));
  CHECK(changed.text.find("# Not as in ClusterCockpit's script, and not in here, is what these do:\n"
                          "#   'query_influxdb' (influx2ccms.py:60)\n") != std::string::npos);
  std::string other(*script);
  for (int i = 0; i < 30; ++i) other += "sync()\n";
  const ConvertedScript many = convert_script(other, "influx2ccms.py");
  CHECK(many.report.find("influx2ccms.py: warning: 10 more places are not as documented\n") != std::string::npos);
  CHECK(many.text.find("#   10 more\n") != std::string::npos);
}

TEST_CASE("constants alone do not say that values stay the same") {
  const ConvertedScript converted = convert("METRIC_MAP = {'a': ('b', 'node', 1)}\n");
  CHECK(converted.report == "");
  CHECK(converted.text.starts_with(
      "# From prom2ccms.py, by 'cc-gateway convert': the same queries. Nothing in the script\n"));
}

TEST_CASE("scales, types and texts of a script keep what they mean") {
  const ConvertedScript converted = convert(R"x(MB = 1024 * 1024
METRIC_MAP = {
  "mem": ("label_replace(m, 'a', '${1}', 'b', '(.*)')", "node", 1 / MB),
  "power": ("""
rate(x[1m])
  > 0""", "socket", -2),
}
)x");
  CHECK(converted.report == "");
  const config::Config config = loaded(converted.text);
  REQUIRE(config.sources.size() == 1);
  const auto& queries = config.sources[0].queries;
  REQUIRE(queries.size() == 2);
  CHECK(queries[0].query == "label_replace(m, 'a', '${1}', 'b', '(.*)')");
  CHECK(queries[0].scale == 1.0 / 1048576);
  CHECK(queries[1].query == "\nrate(x[1m])\n  > 0");
  CHECK(queries[1].scale == -2);
  CHECK(queries[1].type == "socket");
  CHECK(queries[1].tags.at("type-id") == "0");
}

TEST_CASE("what a script takes from the environment, the configuration does too") {
  const ConvertedScript converted = convert("METRIC_MAP = {'a': ('b', 'node', 1.0)}\n",
                                            "PROM_URL = os.environ.get('PROM_URL', 'http://prom:9090')\n"
                                            "CC_URL = os.environ['CC_URL']\nTOKEN = os.environ['TOKEN']\n"
                                            "CLUSTER = 'fritz'\n");
  CHECK(converted.report == "");
  CHECK(converted.text.find("url = \"http://prom:9090\"\n") != std::string::npos);
  CHECK(converted.text.find("url = \"${CC_URL}\"\n") != std::string::npos);
  CHECK(converted.text.find("token = \"${TOKEN}\"\n") != std::string::npos);
  CHECK(converted.text.find("ccms.jwt") == std::string::npos);
}

TEST_CASE("a login in a URL is left out, told, and not shown") {
  const ConvertedScript converted = convert("METRIC_MAP = {'a': ('b', 'node', 1.0)}\n",
                                            "PROM_URL = 'http://jane:s3cret@db:9090/x?a=@'\n"
                                            "CC_URL = 'https://joe:s3cr%40t@ccms'\nCLUSTER = 'fritz'\n");
  CHECK(converted.kind == Kind::whole);
  CHECK(converted.report ==
        "prom2ccms.py:1:1: warning: the login in PROMETHEUS_URL is left out, for a URL is logged: set user and "
        "password_file in [[source]]\n"
        "prom2ccms.py:2:1: warning: the login in CCMS_URL is left out, for a URL is logged: the store takes a token, "
        "set token_file\n");
  CHECK(converted.text.contains(
      "\nurl = \"http://db:9090/x?a=@\"  # without its login: set user and password_file in [[source]]\n"));
  CHECK(
      converted.text.contains("\nurl = \"https://ccms\"  # without its login: the store takes a token, set "
                              "token_file\n"));
  for (const std::string_view secret : {"s3cr", "jane", "joe"}) CHECK(!converted.text.contains(secret));
  CHECK(loaded(converted.text).sources[0].url == "http://db:9090/x?a=@");

  const ConvertedScript influxdb = convert("METRIC_MAP = {'a': 'from'}\n",
                                           "INFLUX_URL = 'http://jane:s3cret@db'\nCC_URL = 'http://ccms'\n"
                                           "CLUSTER = 'fritz'\n");
  CHECK(influxdb.report.starts_with("prom2ccms.py:1:1: warning: the login in INFLUXDB_URL is left out"));
  CHECK(!influxdb.text.contains("s3cret"));
  CHECK(!influxdb.report.contains("s3cret"));
}

TEST_CASE("what is wrong with a script is told with its place") {
  const auto check = [](std::string_view map, std::string_view want) {
    CAPTURE(map);
    const ConvertedScript converted = convert(map);
    CHECK(converted.kind == Kind::wrong);
    CHECK(converted.text == "");
    CHECK(converted.report.substr(0, converted.report.find('\n')) == want);
  };
  check("",
        "prom2ccms.py: there is no METRIC_MAP = … in it: convert reads scripts like prom2ccms.py and influx2ccms.py of "
        "ClusterCockpit's documentation");
  check("METRIC_MAP = load()", "prom2ccms.py:5:14: 'load' is computed, and no Python is run: write the value itself");
  check("METRIC_MAP = []", "prom2ccms.py:5:1: METRIC_MAP must be a dict of metrics and their queries, written as {…}");
  check("METRIC_MAP = {'a': ('b', 'node')}",
        "prom2ccms.py:5:20: 'a' must be (query, type, scale), a text, a text and a number");
  check("METRIC_MAP = {'a': ('b', 'nod', 1)}", "prom2ccms.py:5:26: there is no type 'nod', did you mean 'node'?");
  check("METRIC_MAP = {'a': ('b', 'node', 0)}",
        "prom2ccms.py:5:34: a scale of 0 makes all values 0: leave the metric out");
  check("METRIC_MAP = {'a': ('b', 'node', 1)}\nCLUSTER_NAME = 7", "prom2ccms.py:6:1: CLUSTER_NAME must be a text");
  check("METRIC_MAP = {'a': ('b', 'node', 1)}\nPROMETHEUS_URL += '/x'",
        "prom2ccms.py:6:1: PROMETHEUS_URL is changed here, and no Python is run to tell how");
  check("METRIC_MAP = {'a': (\xff)}", "prom2ccms.py:5:21: byte 0xff is no UTF-8, save the file as UTF-8");
}
