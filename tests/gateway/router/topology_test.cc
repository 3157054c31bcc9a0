// Functions that ask how the hardware threads of a host belong together.

#include "gateway/router/topology.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>

#include "gateway/router/router.h"
#include "gateway/router/rules/read_topology.h"
#include "tests/gateway/router/routed.h"

using namespace gw;
using namespace gw::router;

namespace {

std::shared_ptr<const Topology> cluster() {
  const rules::LoadedTopology loaded = rules::read_topology_text(R"({"subClusters": [
    {"nodes": "f[1-2]", "topology": {"node": [0, 1, 2, 3], "socket": [[0, 1], [2, 3]], "memoryDomain": [[0], [1], [2], [3]],
                                     "die": [[0, 1, 2, 3]], "core": [[0, 2], [1, 3]]}},
    {"nodes": "g1", "topology": {"node": [0, 1], "socket": [[0, 1]], "memoryDomain": [[0, 1]]}}]})",
                                                                 "cluster.json");
  CHECK(loaded.report().empty());
  return loaded.topology;
}

Router router_of(std::string_view rules, bool remembers = true) {
  const rules::LoadedRules loaded = rules::read_rules_text(std::string(rules), "rules.json", Seconds(60), cluster());
  CHECK_MESSAGE(loaded.report().empty(), loaded.report());
  REQUIRE(loaded.rules != nullptr);
  return Router(loaded.rules, {.plan = {.series_max = remembers ? 1000U : 0U}, .aggregates = {}});
}

/// What `function` gives for a host with values 1 and 2; "" where that is no number.
std::string value_of(std::string_view function, std::string_view host = "f1") {
  Router router = router_of(
      R"x({"drop_metrics": ["m"], "num_cache_intervals": 1, "interval_aggregates": [{"name": "x", "function": ")x" +
      std::string(function) + R"x("}]})x");
  const std::string h(host);
  std::string out = routed(
      router, "m,hostname=" + h + ",type-id=0 value=1 1700000000\nm,hostname=" + h + ",type-id=1 value=2 1700000000\n");
  router.end_all(1'700'000'000'000'000'000, out);
  const std::size_t at = out.find("value=");
  return at == std::string::npos ? "" : out.substr(at + 6, out.find(' ', at) - at - 6);
}

}  // namespace

TEST_CASE("aggregates ask for the topology of the host that they are computed for") {
  const auto check = [](std::string_view function, std::string_view want) {
    CAPTURE(function);
    CHECK(value_of(function) == want);
  };
  check("sum(values) / len(getCpuList())", "0.75");
  check("len(getCpuListOfNode())", "4i");
  check("getCpuSocket(2)", "1i");
  check("getCpuSocket('3')", "1i");
  check("getCpuSocket(2.0)", "1i");
  check("getCpuCore(3)", "1i");
  check("getCpuNuma(3)", "3i");
  check("getCpuNumaDomain(3)", "3i");
  check("getCpuDie(3)", "0i");
  check("sum(getSockCpuList(1))", "5i");
  check("sum(getCpuListOfSocket(1))", "5i");
  check("sum(getCoreCpuList(1))", "4i");
  check("sum(getCpuListOfCore(1))", "4i");
  check("sum(getNumaCpuList(2))", "2i");
  check("sum(getCpuListOfNumaDomain(2))", "2i");
  check("sum(getDieCpuList(0))", "6i");
  check("sum(getCpuListOfDie(0))", "6i");
  check("sum(getCpuListOfType('node'))", "6i");
  check("sum(getCpuListOfType('socket', '1'))", "5i");
  check("sum(getCpuListOfType('memoryDomain', 3))", "3i");
  check("sum(getCpuListOfType('numadomain', 3))", "3i");
  check("sum(getCpuListOfType('die', 0))", "6i");
  check("sum(getCpuListOfType('core', 1))", "4i");
  check("sum(getCpuListOfType('hwthread', 3))", "3i");
  check("sum(getCpuListOfType('cpu', 3))", "3i");
  check("2 in getSockCpuList(1) ? 1 : 0", "1i");
  check("0 | getSockCpuList() | sum()", "1i");
  CHECK(value_of("len(getCpuList())", "g1") == "2i");
  // There is no such part, or nothing is known of the host.
  for (const std::string_view function :
       {"getCpuSocket(2 + 2)", "getCpuSocket('x' + '')", "getCpuSocket(0.5)", "getSockCpuList(1 + 1)",
        "getCpuListOfType('hwthread', 2 + 2)", "getCpuListOfType(0 + 1, 1)"}) {
    CAPTURE(function);
    CHECK(value_of(std::string(function) + " == nil ? 1 : 0") == "1i");
  }
  CHECK(value_of("getCpuDie(0) == nil ? 1 : 0", "g1") == "1i");
  CHECK(value_of("getCpuList() == nil ? 1 : 0", "h1") == "1i");
}

TEST_CASE("conditions ask for the topology of the host of the message") {
  const std::string_view rules = R"x({"hostname_tag": "node", "process_messages": [
      {"add_tags_by": {"socket": "1"}, "if": "type == 'hwthread' && tag_type-id in getCpuListOfType('socket', '1')"},
      {"drop_by": "not (type-id in getCpuList())"},
      {"add_tags_by": {"inside": "yes"}, "if": "value in getSockCpuList(1)"}]})x";
  const std::string_view lines =
      "m,node=f1,type=hwthread,type-id=1 value=1 1\nm,node=f1,type=hwthread,type-id=2 value=2 1\n"
      "m,hostname=f2,type=hwthread,type-id=3 value=3 1\nm,host=g1,type=hwthread,type-id=2 value=1 1\n"
      "m,node=h1,type=hwthread,type-id=2 value=1 1\n";
  const std::string want =
      "m,node=f1,type=hwthread,type-id=1 value=1 1\nm,node=f1,type=hwthread,type-id=2,socket=1,inside=yes value=2 1\n"
      "m,hostname=f2,type=hwthread,type-id=3,socket=1,inside=yes value=3 1\n";
  for (const bool remembers : {true, false}) {
    Router router = router_of(rules, remembers);
    CHECK(routed(router, lines) == want);
    CHECK(routed(router, lines) == want);  // by what was remembered
  }
  // Decided once for a series.
  Router router = router_of(R"x({"drop_metrics_if": ["type-id in getSockCpuList(0)"]})x");
  routed(router, "m,hostname=f1,type-id=0 value=1 1\nm,hostname=f1,type-id=2 value=1 1\n");
  routed(router, "m,hostname=f1,type-id=0 value=1 1\nm,hostname=f1,type-id=2 value=1 1\n");
  CHECK(router.rule_counts()[0].dropped == 2);
  CHECK(router.plan().counts().plain == 0);
}

TEST_CASE("series of hosts that the topology does not have are counted, and one is named") {
  Router router = router_of(R"x({"process_messages": [{"drop_by": "type-id in getSockCpuList(1)"}]})x");
  routed(router, "m,hostname=f1,type-id=0 value=1 1\nm,type-id=2 value=1 1\n");
  CHECK(router.plan().counts().elsewhere == 0);
  const std::string_view lines = "m,hostname=f1.site,type-id=2 value=1 1\nm,hostname=h1,type-id=2 value=1 1\n";
  CHECK(routed(router, lines) == lines);
  CHECK(routed(router, lines) == lines);  // known series are not counted again
  CHECK(router.plan().counts().elsewhere == 2);
  CHECK(router.plan().counts().elsewhere_host == "f1.site");
  // A rule may mend the name.
  Router mending = router_of(R"x({"process_messages": [
      {"add_tags_by": {"hostname": "f1"}, "if": "hostname == 'f1.site'"}, {"drop_by": "type-id in getSockCpuList(1)"}]})x");
  routed(mending, lines);
  CHECK(mending.plan().counts().elsewhere == 1);
  CHECK(mending.plan().counts().elsewhere_host == "h1");
  // Where nothing is asked of it, no host is missing.
  Router asking_nothing = router_of(R"x({"drop_metrics_if": ["type-id in [1]"]})x");
  CHECK(asking_nothing.rules().topology == nullptr);
  routed(asking_nothing, lines);
  CHECK(asking_nothing.plan().counts().elsewhere == 0);
  Router asking_deep = router_of(R"x({"drop_metrics": ["m"], "num_cache_intervals": 1, "interval_aggregates": [
      {"name": "x", "function": "sum(values) / (1 + len(getCpuList()))"}]})x");
  CHECK(asking_deep.rules().topology != nullptr);
}

TEST_CASE("aggregates of one socket take the values of its hardware threads") {
  Router router = router_of(R"x({"drop_metrics": ["m"], "num_cache_intervals": 1, "interval_aggregates": [
      {"name": "x", "if": "name == 'm' && type-id in getCpuListOfType('socket', '1')", "function": "sum(values)",
       "tags": {"type": "socket", "type-id": "1"}}]})x");
  std::string out =
      routed(router,
             "m,hostname=f1,type=hwthread,type-id=0 value=1 1700000000\nm,hostname=f1,type=hwthread,type-id=2 "
             "value=2 1700000000\nm,hostname=f1,type=hwthread,type-id=3 value=4 1700000000\n");
  router.end_all(0, out);
  CHECK(out == "x,hostname=f1,type=socket,type-id=1 value=6 1699999980\n");
}

TEST_CASE("rules that ask for a topology are refused where none is given, and where they ask wrongly") {
  const std::string_view needs =
      " asks how the hardware threads of a host belong together: give cluster.json of cc-backend as 'topology' in "
      "[router], or as --topology\n";
  CHECK(problems_of(R"x({"drop_metrics_if": ["type-id in getCpuListOfType('socket', 1)"]})x") ==
        "1:34: 'getCpuListOfType'" + std::string(needs));
  CHECK(problems_of(
            R"x({"num_cache_intervals": 1, "interval_aggregates": [{"name": "a", "function": "getCpuCore(0)"}]})x") ==
        "1:79: 'getCpuCore'" + std::string(needs));
  const auto check = [](std::string_view condition, std::string_view want) {
    CAPTURE(condition);
    const rules::LoadedRules loaded = rules::read_rules_text(
        R"x({"drop_metrics_if": [")x" + std::string(condition) + R"x("]})x", "rules.json", Seconds(60), cluster());
    REQUIRE(loaded.problems.size() == 1);
    CHECK(loaded.problems[0].text == want);
  };
  check("type-id in getCpuLists()", "there is no function 'getCpuLists'");
  check("getCpuSocket() == 1", "'getCpuSocket' needs 1 argument, not 0");
  check("type-id in getCpuList(1)", "'getCpuList' needs 0 arguments, not 1");
  check("type-id in getCpuListOfType()", "'getCpuListOfType' needs 1 to 2 arguments, not 0");
  check("type-id in getCpuListOfType('node', 1, 2)", "'getCpuListOfType' needs 1 to 2 arguments, not 3");
  // What there never is.
  check("type-id in getCpuListOfType('sockett', 1)", "a host has no parts of type 'sockett', did you mean 'socket'?");
  check("type-id in getCpuListOfType('x', 1)",
        "a host has no parts of type 'x': there are 'node', 'socket', 'memoryDomain', 'numadomain', 'die', 'core', "
        "'hwthread', 'cpu'");
  check("type-id in getCpuListOfType('socket')", "which socket? Its number is missing: getCpuListOfType('socket', 0)");
  check("type-id in getCpuListOfType('socket', 'x')", "'x' is not the number of a socket");
  check("type-id in getSockCpuList('x')", "'x' is not the number of a socket");
  check("getCpuCore('x') == 0", "'x' is not the number of a hardware thread");
  // Nor has a host of this topology.
  check("type-id in getSockCpuList(7)",
        "no host of the topology has what getSockCpuList(7) asks for; parts are counted from 0");
  check("value > 1 || getCpuListOfType('core', '99') == nil",
        "no host of the topology has what getCpuListOfType('core', '99') asks for; parts are counted from 0");
}
