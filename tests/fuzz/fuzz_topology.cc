// Any bytes as cluster.json: a topology, or problems with their places in it. What of hardware threads was read answers
// the functions of rules: a part that holds a thread is the one whose threads have it.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "codecs/utf8.h"
#include "gateway/router/rules/place.h"
#include "gateway/router/rules/read_topology.h"
#include "tests/fuzz/require.h"

using namespace gw;
using namespace gw::router;
using expression::Value;

namespace {

constexpr std::size_t bytes_max = 2048;         // lists of hosts grow by what they say, not by their bytes
constexpr std::size_t host_bytes_max = 255;     // of a name in DNS
constexpr std::int64_t thread_max = 1'000'000;  // as the file may number them

Value ask(const HostTopology& host, std::string_view function, Value argument) {
  const auto known = find_topology_function(function);
  FUZZ_REQUIRE(known);
  return call_topology_function(known->slot, &host, std::array{argument});
}

bool has(const expression::List& threads, std::int64_t thread) {
  return std::ranges::find(threads, thread, &Value::integer) != threads.end();
}

/// Each thread of the part is in a part of that kind, which has it.
void check_part(const HostTopology& host, HostPart part, std::string_view number_of, std::string_view threads_of) {
  for (const auto& [number, threads] : host.of(part)) {
    FUZZ_REQUIRE(number >= 0);
    for (const Value& thread : threads) {
      FUZZ_REQUIRE(thread.is(Value::Kind::integer) && thread.integer >= 0 && thread.integer <= thread_max);
      const Value holder = ask(host, number_of, thread);
      FUZZ_REQUIRE(holder.is(Value::Kind::integer) && holder.integer <= number);
      const Value all = ask(host, threads_of, holder);
      FUZZ_REQUIRE(all.is(Value::Kind::list) && has(*all.list, thread.integer));
    }
  }
}

void check_kind(const HostTopology& host) {
  check_part(host, HostPart::socket, "getCpuSocket", "getSockCpuList");
  check_part(host, HostPart::memory_domain, "getCpuNuma", "getNumaCpuList");
  check_part(host, HostPart::die, "getCpuDie", "getDieCpuList");
  check_part(host, HostPart::core, "getCpuCore", "getCoreCpuList");
  const Value all = ask(host, "getCpuList", Value());
  FUZZ_REQUIRE(all.is(Value::Kind::list));
  for (const auto& [thread, only] : host.of(HostPart::hwthread))
    FUZZ_REQUIRE(has(*all.list, thread) && has(only, thread));
}

void check(const Topology& topology) {
  FUZZ_REQUIRE(!topology.kinds.empty() && topology.hosts.size() <= rules::hosts_max);
  for (const HostTopology& kind : topology.kinds) check_kind(kind);
  for (const auto& [host, kind] : topology.hosts) {
    FUZZ_REQUIRE(!host.empty() && host.size() <= host_bytes_max);
    FUZZ_REQUIRE(kind < topology.kinds.size() && topology.find(host) == &topology.kinds[kind]);
  }
  FUZZ_REQUIRE(!topology.others || *topology.others < topology.kinds.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > bytes_max) return 0;
  const rules::LoadedTopology loaded =
      rules::read_topology_text(std::string(reinterpret_cast<const char*>(data), size), "cluster.json");
  for (const config::Problem& problem : loaded.problems)
    FUZZ_REQUIRE(!problem.text.empty() && rules::offset_of(loaded.source, problem.where));
  FUZZ_REQUIRE((loaded.topology == nullptr) == config::has_error(loaded.problems));
  const std::string report = loaded.report();
  FUZZ_REQUIRE(report.empty() == loaded.problems.empty());
  FUZZ_REQUIRE(codecs::valid_utf8_prefix(report) == report.size());
  if (loaded.topology != nullptr) check(*loaded.topology);
  return 0;
}
