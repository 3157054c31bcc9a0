#include "gateway/router/rules/read_topology.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>
#include <string_view>

using namespace gw;
using namespace gw::rules;

namespace {

LoadedTopology of_nodes(std::string_view nodes) {
  return read_topology_text(
      fmt::format(R"({{"subClusters": [{{"nodes": "{}", "topology": {{"node": [0]}}}}]}})", nodes), "cluster.json");
}

std::string hosts_of(std::string_view nodes) {
  const LoadedTopology loaded = of_nodes(nodes);
  std::string out = loaded.report().substr(0, loaded.report().find('\n'));
  if (loaded.topology == nullptr) return out;
  for (const auto& [host, kind] : loaded.topology->hosts) out += (out.empty() ? "" : " ") + host;
  return out;
}

}  // namespace

TEST_CASE("lists of hosts are those of cc-backend") {
  const auto check = [](std::string_view nodes, std::string_view want) {
    CAPTURE(nodes);
    CHECK(hosts_of(nodes) == want);
  };
  check("login1", "login1");
  check("host120,host121", "host120 host121");
  check("f[0099-0101]", "f0099 f0100 f0101");
  check("w11[27-28,49-50],login", "login w1127 w1128 w1149 w1150");
  check("cn-00[1-2],cn-01[1-1]", "cn-001 cn-002 cn-011");
  check("r[1-2]n[08-09].site", "r1n08.site r1n09.site r2n08.site r2n09.site");
  check("f[01,03-04]", "f01 f03 f04");
}

TEST_CASE("what is wrong with a list of hosts is told with its place") {
  const auto check = [](std::string_view nodes, std::string_view want) {
    CAPTURE(nodes);
    CHECK(hosts_of(nodes) == "cluster.json:1:" + std::string(want));
  };
  check("a,,b", "31: a host name is missing here");
  check("a,", "31: a host name is missing here");
  check("f[01-", "31: a range is like 01-16");
  check("f[01-02", "30: this '[' has no ']'");
  check("f[01-02]]", "37: a ']' without a '['");
  check("f[]", "31: a range is like 01-16");
  check("f[a-b]", "31: a range is like 01-16");
  check("f[8-10]", "31: '8' and '10' have different numbers of digits: write zeros before");
  check("f[10-08]", "31: '10' is greater than '08'");
  check("f[0000000000-0000000001]", "31: a number has at most 9 digits");
  check("f[000000-100000]", "31: there are more than 100000 hosts");
  check("f[000-999][000-999]", "48: there are more than 100000 hosts");
  check("f[00000-99999],g", "45: there are more than 100000 hosts");
  check("f[00000-59999,00000-59999]", "43: there are more than 100000 hosts");
  check("f[1][2][3][4][5][6][7][8][9]", "54: a host name has at most 8 ranges");
  check(std::string(256, 'f'), "29: a host name has at most 255 characters");
}

TEST_CASE("cluster.json gives each host the topology of its subcluster") {
  const LoadedTopology loaded = read_topology_text(R"({
    "name": "fritz", "metricConfig": [{"name": "cpu_load"}],
    "subClusters": [
      {"name": "main", "nodes": "f[01-02]", "socketsPerNode": 2,
       "topology": {"node": [0, 1, 2, 3], "socket": [[0, 1], [2, 3]], "memoryDomain": [[0], [1], [2], [3]],
                    "core": [[0, 2], [1, 3]], "accelerators": [{"id": "0"}]}},
      {"name": "old", "nodes": "g1"},
      {"name": "rest", "nodes": "*", "topology": {"node": [0]}}
    ]})",
                                                   "cluster.json");
  CHECK(loaded.report().empty());
  REQUIRE(loaded.topology != nullptr);
  const router::HostTopology* const main = loaded.topology->find("f02");
  REQUIRE(main != nullptr);
  CHECK(main == loaded.topology->find("f01"));
  CHECK(main->of(router::HostPart::node).at(0).size() == 4);
  CHECK(main->of(router::HostPart::socket).at(1)[0].integer == 2);
  CHECK(main->of(router::HostPart::memory_domain).size() == 4);
  CHECK(main->of(router::HostPart::die).empty());
  CHECK(main->of(router::HostPart::hwthread).at(3).size() == 1);
  REQUIRE(loaded.topology->find("h9") != nullptr);
  CHECK(loaded.topology->find("h9")->of(router::HostPart::node).at(0).size() == 1);
  CHECK(
      read_topology_text(R"({"subClusters": [{"nodes": "a", "topology": {"node": [0]}}]})", "c").topology->find("b") ==
      nullptr);
}

TEST_CASE("a subcluster that names no hosts is that of all the others") {
  const auto check = [](std::string_view nodes) {
    CAPTURE(nodes);
    const LoadedTopology loaded = read_topology_text(
        fmt::format(R"({{"subClusters": [{{{}"topology": {{"node": [0, 1]}}}}]}})", nodes), "cluster.json");
    CHECK(loaded.report().empty());
    REQUIRE(loaded.topology != nullptr);
    CHECK(loaded.topology->hosts.empty());
    CHECK(loaded.topology->others == 0);
  };
  check("");
  check(R"("nodes": "", )");
  check(R"("nodes": "*", )");
}

TEST_CASE("what is wrong with cluster.json is told with its place") {
  const auto check = [](std::string_view source, std::string_view want) {
    CAPTURE(source);
    const LoadedTopology loaded = read_topology_text(std::string(source), "c.json");
    CHECK(loaded.report().substr(0, loaded.report().find('\n')) == want);
    CHECK((loaded.topology == nullptr) == (want.find("warning") == std::string_view::npos));
  };
  check("", R"(c.json:1:1: the file is empty; a cluster is an object, for example: {"subClusters": []})");
  check("[]", R"(c.json:1:1: a cluster is an object, for example: {"subClusters": []})");
  check(
      "{}",
      R"(c.json:1:1: missing key 'subClusters', for example: "subClusters": [{"name": "main", "nodes": "f[01-16]", "topology": {…}}])");
  check(R"({"subClusters": [{"nodes": "a"}]})", "c.json:1:17: no subcluster has a 'topology'");
  check(R"({"subClusters": [{"nodes": "a", "topology": {}}]})",
        "c.json:1:45: missing key 'node' in subClusters[0].topology, for example: \"node\": [0, 1, 2, 3]");
  check(R"({"subClusters": [{"nodes": "a", "topology": {"node": [0, "1"]}}]})",
        "c.json:1:54: 'node' must be a list of hardware threads like [0, 1, 2, 3]");
  check(R"({"subClusters": [{"nodes": "a", "topology": {"node": [0], "socket": [[0], 1]}}]})",
        "c.json:1:75: 'socket' must be a list of lists of hardware threads like [[0, 1], [2, 3]]");
  check(R"({"subClusters": [{"nodes": "a,b", "topology": {"node": [0]}}, {"nodes": "b", "topology": {"node": [0]}}]})",
        "c.json:1:73: warning: 'b' is in an earlier subcluster too, whose topology it has");
  check(R"({"subClusters": [{"topology": {"node": [0]}}, {"nodes": "*", "topology": {"node": [0]}}]})",
        "c.json:1:57: warning: another subcluster has all the other hosts already: this one has none");
  check(R"({"subClusters": [{"nodes": 1, "topology": {"node": [0]}}]})",
        "c.json:1:28: 'nodes' must be a text like \"n[001-100],m1\", not the integer 1");
  check(R"({"subClusters": [{"nodes": "a", "topology": {"node": [0, 1], "core": [[0], [1, 0]]}}]})",
        "c.json:1:80: warning: hardware thread 0 is in 'core' twice");
  check(R"({"subClusters": [{"nodes": "a", "topology": {"node": [0, 1], "socket": [[0, 1, 2]]}}]})",
        "c.json:1:80: warning: hardware thread 2 is in 'socket', and not in 'node'");
  // In the order of the file.
  check(R"({"subClusters": [{"nodes": "a,,", "topology": {"node": [0], "core": 1}}]})",
        "c.json:1:31: a host name is missing here");
  check(
      R"({"subClusters": [{"nodes": "a[00000-59999]", "topology": {"node": [0]}}, {"nodes": "a[00000-59999]", "topology": {"node": [0]}}]})",
      "c.json:1:87: there are more than 100000 hosts");
  // What a wrong list has made counts too.
  const LoadedTopology wrong = read_topology_text(
      R"({"subClusters": [{"nodes": "a[00001-99999],]", "topology": {"node": [0]}}, {"nodes": "b[1-2]", "topology": {"node": [0]}}]})",
      "c.json");
  CHECK(wrong.report().contains("c.json:1:44: a ']' without a '['\n"));
  CHECK(wrong.report().contains(": there are more than 100000 hosts\n"));
  CHECK(load_topology("/nonexistent/cluster.json").report() ==
        "/nonexistent/cluster.json: cannot read it: No such file or directory\n");
}
