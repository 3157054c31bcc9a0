// The switches of the twin; what it shares with the real bus is in bus_contract_test.cc.

#include "gateway/bus/memory_bus.h"

#include <doctest/doctest.h>

#include "tests/gateway/bus/bus_fixture.h"

namespace {

using gw::Milliseconds;

gw::Frame frame(std::string payload) {
  return {.subject = "fritz.metrics", .payload = std::move(payload), .lines = 1, .sequence = 0, .source = 0};
}

TEST_CASE("the memory bus refuses as often as it was told") {
  gw::MemoryBus bus;
  bus.refuse_publishes(2);
  CHECK(bus.publish(frame("a")).error().kind == gw::Error::Kind::unavailable);
  CHECK(bus.publish(frame("a")).error().kind == gw::Error::Kind::unavailable);
  CHECK(bus.publish(frame("a")));
  bus.refuse_flushes(1);
  CHECK(bus.flush(Milliseconds{0}).error().kind == gw::Error::Kind::unavailable);
  CHECK(bus.flush(Milliseconds{0}));
  REQUIRE(bus.published().size() == 1);
  CHECK(bus.published()[0].payload == "a");
}

TEST_CASE("the memory bus lists what was acknowledged, in order") {
  gw::MemoryBus bus;
  const auto subscription = *bus.subscribe("fritz.metrics", "gw");
  CHECK(bus.publish(frame("a")));
  CHECK(bus.publish(frame("b")));
  const std::uint64_t a = subscription->next(Milliseconds{0}).value_or(gw::Received{}).token;
  const std::uint64_t b = subscription->next(Milliseconds{0}).value_or(gw::Received{}).token;
  subscription->acknowledge(b);
  subscription->acknowledge(a);
  CHECK(bus.acknowledged() == std::vector<std::uint64_t>{b, a});
}

TEST_CASE("the memory bus takes payloads up to the size it was told") {
  gw::MemoryBus bus;
  bus.set_payload_bytes_max(3);
  CHECK(bus.payload_bytes_max() == 3);
  CHECK(bus.publish(frame("abc")));
  CHECK(bus.publish(frame("abcd")).error().text == "4 bytes are over the 3 that the bus takes");
}

TEST_CASE("the memory bus loses what its subscriptions cannot hold") {
  gw::MemoryBus bus({.messages = 2, .bytes = 100});
  const auto subscription = *bus.subscribe("fritz.metrics", "gw");
  for (int i = 0; i < 5; ++i) CHECK(bus.publish(frame("x")));
  CHECK(subscription->pending() == 2);
  CHECK(subscription->lost() == 3);
}

TEST_CASE("the memory bus is connected since the moment it was told") {
  gw::MemoryBus bus;
  const gw::SteadyTime since{std::chrono::hours{7}};
  bus.connect(true, since);
  CHECK(bus.connected_since() == since);
  bus.connect(false);
  CHECK(bus.connected_since() == std::nullopt);
  bus.maintain({});
  CHECK(bus.maintained() == 1);
}

TEST_CASE("a subscription may outlive its memory bus") {
  auto bus = std::make_unique<gw::MemoryBus>();
  const auto subscription = *bus->subscribe("fritz.metrics", "");
  CHECK(bus->publish(frame("a")));
  bus.reset();
  CHECK(payload_of(subscription->next(Milliseconds{60'000})) == "a");
  CHECK(!subscription->next(Milliseconds{60'000}));
}

}  // namespace
