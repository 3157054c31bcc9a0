#include "gateway/sources/query_plan.h"

#include <doctest/doctest.h>

#include <limits>

using codecs::Label;
using codecs::QuerySample;
using gw::QueryPlan;
using gw::config::Query;

namespace {

Query query_of(std::string metric) {
  Query query;
  query.metric = std::move(metric);
  query.query = "up";
  return query;
}

/// The line, or the reason in angle brackets.
std::string mapped(const Query& query, std::vector<Label> labels, double value, bool histogram = false) {
  auto plan = QueryPlan::compile(query, "fritz");
  REQUIRE(plan);
  QuerySample sample;
  sample.labels = labels;
  sample.value = value;
  if (histogram) sample.kind = QuerySample::Kind::histogram;
  const auto line = plan->map(sample, 1'700'000'000);
  if (!line) return "<" + std::string(name(line.error())) + ">";
  return std::string(line->line);
}

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("a sample becomes a line with tags in byte order and the tick's second") {
  Query query = query_of("cpu_load");
  CHECK(mapped(query, {{"instance", "n1:9100"}}, 0.5) ==
        "cpu_load,cluster=fritz,hostname=n1,type=node value=0.5 1700000000\n");

  query.scale = 100;
  query.unit = "%";
  query.type = "hwthread";
  query.type_id = "cpu";
  CHECK(mapped(query, {{"cpu", "3"}, {"instance", "[::1]:9100"}}, 0.25) ==
        "cpu_load,cluster=fritz,hostname=::1,type=hwthread,type-id=3,unit=% value=25 1700000000\n");

  Query io = query_of("io");
  io.tags = {{"stype", "filesystem"}};
  io.labels = {{"stype-id", "mountpoint"}};
  CHECK(mapped(io, {{"instance", "n1"}, {"mountpoint", "/home a"}}, 1) ==
        "io,cluster=fritz,hostname=n1,stype=filesystem,stype-id=/home\\ a,type=node value=1 1700000000\n");
  // A label that a series lacks leaves its tag out: an empty tag would make the store refuse the batch.
  CHECK(mapped(io, {{"instance", "n1"}}, 1) ==
        "io,cluster=fritz,hostname=n1,stype=filesystem,type=node value=1 1700000000\n");
  CHECK(mapped(query_of("a,b c"), {{"instance", "x=y z,"}}, 1) ==
        "a\\,b\\ c,cluster=fritz,hostname=x\\=y\\ z\\,,type=node value=1 1700000000\n");
}

TEST_CASE("a sample that cannot be sent is dropped alone, by reason") {
  const auto check = [](double value, std::string_view want) {
    CAPTURE(value);
    CHECK(mapped(query_of("m"), {{"instance", "n1"}}, value) == want);
  };
  check(nan, "<nan>");
  check(inf, "<infinite>");
  check(-inf, "<infinite>");
  check(1.7e308, "<out_of_range>");
  check(-1.1e300, "<out_of_range>");
  check(1e300, "m,cluster=fritz,hostname=n1,type=node value=1e+300 1700000000\n");
  check(-0.0, "m,cluster=fritz,hostname=n1,type=node value=-0 1700000000\n");

  CHECK(mapped(query_of("m"), {}, 1) == "<no_hostname>");
  CHECK(mapped(query_of("m"), {{"instance", ""}}, 1) == "<no_hostname>");
  CHECK(mapped(query_of("m"), {{"instance", "n1"}}, 0, true) == "<histogram>");
  CHECK(mapped(query_of("m"), {{"instance", "n1\n"}}, 1) == "<not_representable>");
  CHECK(mapped(query_of("m"), {{"instance", "n1\\"}}, 1) == "<not_representable>");
  Query scaled = query_of("m");
  scaled.scale = 1e10;
  CHECK(mapped(scaled, {{"instance", "n1"}}, 1e299) == "<out_of_range>");
  Query threads = query_of("m");
  threads.type = "hwthread";
  threads.type_id = "cpu";
  CHECK(mapped(threads, {{"instance", "n1"}}, 1) == "<no_type_id>");
}

TEST_CASE("the key holds what the store tells series by, the labels are shown as Prometheus writes them") {
  Query query = query_of("m");
  query.type = "core";
  query.type_id = "core";
  query.labels = {{"stype-id", "dev"}, {"rack", "rack"}};
  auto plan = QueryPlan::compile(query, "c");
  REQUIRE(plan);
  const std::vector<Label> labels = {{"core", "1"}, {"dev", "sda"}, {"instance", "n1:1"}, {"rack", "r9"}};
  QuerySample sample;
  sample.labels = labels;
  sample.value = 1;
  const auto line = plan->map(sample, 1);
  REQUIRE(line);
  CHECK(line->key == ",hostname=n1,stype-id=sda,type=core,type-id=1");
  CHECK(line->labels == R"({core="1",dev="sda",instance="n1:1",rack="r9"})");
}

TEST_CASE("under type=node the store knows no stype: two devices of a node are one series") {
  Query query = query_of("m");
  query.labels = {{"stype-id", "dev"}};
  auto plan = QueryPlan::compile(query, "c");
  REQUIRE(plan);
  const std::vector<Label> labels = {{"dev", "sda"}, {"instance", "n1:1"}};
  QuerySample sample;
  sample.labels = labels;
  sample.value = 1;
  const auto line = plan->map(sample, 1);
  REQUIRE(line);
  CHECK(line->key == ",hostname=n1,type=node");
}

TEST_CASE("types and type-ids tell series, whether they are constant or come from a label") {
  const auto key = [](const Query& query, std::vector<Label> labels) {
    auto plan = QueryPlan::compile(query, "c");
    REQUIRE(plan);
    QuerySample sample;
    sample.labels = labels;
    sample.value = 1;
    const auto line = plan->map(sample, 1);
    REQUIRE(line);
    return std::string(line->key);
  };
  Query socket = query_of("m");
  socket.type = "socket";
  socket.tags = {{"type-id", "0"}};
  Query domain = socket;
  domain.type = "memoryDomain";
  Query other = socket;
  other.tags = {{"type-id", "1"}};
  Query labelled = socket;
  labelled.tags.clear();
  labelled.type_id = "package";
  CHECK(key(socket, {{"instance", "n1"}}) != key(domain, {{"instance", "n1"}}));
  CHECK(key(socket, {{"instance", "n1"}}) != key(other, {{"instance", "n1"}}));
  CHECK(key(socket, {{"instance", "n1"}}) == key(labelled, {{"instance", "n1"}, {"package", "0"}}));
}
