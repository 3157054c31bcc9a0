// What every bus promises (gateway/bus/bus.h), asked of the one in memory and of the one on a real server.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gateway/bus/memory_bus.h"
#include "gateway/bus/nats_bus.h"
#include "tests/gateway/bus/bus_fixture.h"

namespace {

using gw::Error;
using gw::Frame;

constexpr gw::Milliseconds no_wait{0};

/// A bus, and the means to take its server away and to bring it back.
class Rig {
 public:
  virtual ~Rig() = default;
  virtual gw::Bus& bus() = 0;
  virtual void away() = 0;
  virtual void back() = 0;
};

class MemoryRig final : public Rig {
 public:
  gw::Bus& bus() override { return bus_; }
  void away() override { bus_.connect(false); }
  void back() override { bus_.connect(true); }

 private:
  gw::MemoryBus bus_;
};

class NatsRig final : public Rig {
 public:
  NatsRig() {
    auto bus = gw::connect_nats(server_.settings(), "contract");
    REQUIRE(bus);
    bus_ = *std::move(bus);
  }
  gw::Bus& bus() override { return *bus_; }
  void away() override {
    server_.kill();
    REQUIRE(eventually([this] { return !bus_->connected(); }));
  }
  void back() override {
    server_.start();
    REQUIRE(comes_up(*bus_));
  }

 private:
  NatsServer server_;
  std::unique_ptr<gw::Bus> bus_;
};

void for_each_bus(const std::function<void(Rig&)>& test) {
  {
    INFO("MemoryBus");
    MemoryRig memory;
    test(memory);
  }
  if (!nats_server_program()) {
    MESSAGE("skipped: no nats-server");
    return;
  }
  INFO("NatsBus");
  NatsRig nats;
  test(nats);
}

Frame frame(std::string payload, std::string subject = "fritz.metrics") {
  return {.subject = std::move(subject), .payload = std::move(payload), .lines = 1, .sequence = 1, .source = 0};
}

std::unique_ptr<gw::Subscription> subscription(gw::Bus& bus, std::string_view subject, std::string_view queue = "") {
  auto result = bus.subscribe(subject, queue);
  REQUIRE(result);
  return *std::move(result);
}

/// Publishes each payload; all have reached the server afterwards.
void send(gw::Bus& bus, const std::vector<std::string>& payloads, const std::string& subject = "fritz.metrics") {
  for (const std::string& payload : payloads) REQUIRE(bus.publish(frame(payload, subject)));
  REQUIRE(bus.flush(patience));
}

/// The next `count` payloads, each with a blank behind it.
std::string take(gw::Subscription& subscription, std::size_t count) {
  std::string taken;
  for (std::size_t i = 0; i < count; ++i) {
    const auto delivery = subscription.next(patience);
    taken += delivery ? delivery->payload + " " : "nothing ";
  }
  return taken;
}

TEST_CASE("every plain subscription gets each message, in order and whole") {
  for_each_bus([](Rig& rig) {
    const auto first = subscription(rig.bus(), "fritz.metrics");
    const auto second = subscription(rig.bus(), "fritz.metrics");
    send(rig.bus(), {"a", "b", "c"});
    CHECK(take(*first, 3) == "a b c ");
    CHECK(take(*second, 3) == "a b c ");
    CHECK(!first->next(no_wait));

    const std::string binary("x\0\r\n\xff", 5);
    send(rig.bus(), {"", binary});
    CHECK(payload_of(first->next(patience)).empty());
    const auto delivery = first->next(patience);
    REQUIRE(delivery);
    CHECK(delivery->payload == binary);
    CHECK(delivery->subject == "fritz.metrics");
  });
}

TEST_CASE("a queue group shares the messages: none twice, none missing") {
  for_each_bus([](Rig& rig) {
    const auto first = subscription(rig.bus(), "fritz.metrics", "gw");
    const auto second = subscription(rig.bus(), "fritz.metrics", "gw");
    const auto other_group = subscription(rig.bus(), "fritz.metrics", "audit");
    constexpr std::size_t count = 200;
    send(rig.bus(), std::vector<std::string>(count, "x"));
    CHECK(eventually([&] { return first->pending() + second->pending() == count; }));
    CHECK(eventually([&] { return other_group->pending() == count; }));
    CHECK(first->pending() > 0);
    CHECK(second->pending() > 0);
  });
}

TEST_CASE("a subscription that has ended gets nothing more of its queue group") {
  for_each_bus([](Rig& rig) {
    const auto stays = subscription(rig.bus(), "fritz.metrics", "gw");
    subscription(rig.bus(), "fritz.metrics", "gw").reset();
    send(rig.bus(), std::vector<std::string>(50, "x"));
    CHECK(eventually([&] { return stays->pending() == 50; }));
  });
}

TEST_CASE("wildcards in a subscription match as NATS says") {
  for_each_bus([](Rig& rig) {
    const auto one = subscription(rig.bus(), "*.metrics");
    const auto rest = subscription(rig.bus(), "fritz.>");
    send(rig.bus(), {"metrics"}, "fritz.metrics");
    send(rig.bus(), {"event"}, "fritz.events.slurm");
    send(rig.bus(), {"other"}, "alex.metrics");
    CHECK(take(*one, 2) == "metrics other ");
    CHECK(take(*rest, 2) == "metrics event ");
    CHECK(rest->pending() == 0);
  });
}

TEST_CASE("acknowledging is for each message by its own token") {
  for_each_bus([](Rig& rig) {
    const auto subscriber = subscription(rig.bus(), "fritz.metrics");
    send(rig.bus(), {"a", "b"});
    const auto a = subscriber->next(patience);
    const auto b = subscriber->next(patience);
    REQUIRE(a);
    REQUIRE(b);
    CHECK(a->token != b->token);
    subscriber->acknowledge(b->token);
    subscriber->acknowledge(a->token);
    CHECK(subscriber->lost() == 0);
  });
}

TEST_CASE("a subject that cannot be sent is rejected, and the connection stands") {
  for_each_bus([](Rig& rig) {
    const auto check = [&rig](const std::string& subject) {
      CAPTURE(subject);
      const auto result = rig.bus().publish(frame("x", subject));
      REQUIRE(!result);
      CHECK(result.error().kind == Error::Kind::rejected);
      CHECK(result.error().text.starts_with("the subject "));
    };
    check("");
    check("fritz metrics");
    check("fritz.metrics\r\nPUB evil 1");
    check("fritz..metrics");
    check("fritz.*");
    check("fritz.>");
    const auto subscriber = subscription(rig.bus(), "fritz.metrics");
    send(rig.bus(), {"still here"});
    CHECK(take(*subscriber, 1) == "still here ");
  });
}

TEST_CASE("a subscription that cannot be is refused") {
  for_each_bus([](Rig& rig) {
    const auto check = [&rig](std::string_view subject, std::string_view queue, std::string_view want) {
      CAPTURE(subject);
      const auto result = rig.bus().subscribe(subject, queue);
      REQUIRE(!result);
      CHECK(result.error().kind == Error::Kind::invalid);
      CHECK(result.error().text.starts_with(want));
    };
    check("", "", "the subject ");
    check("a b", "", "the subject ");
    check("fritz.>.x", "", "the subject ");
    check("fritz.metrics", "two words", "the queue group ");
  });
}

TEST_CASE("the largest payload passes, one byte more is rejected") {
  for_each_bus([](Rig& rig) {
    const std::size_t most = rig.bus().payload_bytes_max();
    CHECK(most == (1 << 20) - 1024);
    const auto subscriber = subscription(rig.bus(), "fritz.metrics");
    send(rig.bus(), {std::string(most, 'x')});
    const auto delivery = subscriber->next(patience);
    REQUIRE(delivery);
    CHECK(delivery->payload.size() == most);

    const auto result = rig.bus().publish(frame(std::string(most + 1, 'x')));
    REQUIRE(!result);
    CHECK(result.error().kind == Error::Kind::rejected);
    CHECK(result.error().text.starts_with("1047553 bytes are over the 1047552 that the "));
  });
}

TEST_CASE("publish says at once that the server is away, and goes on when it is back") {
  for_each_bus([](Rig& rig) {
    const auto subscriber = subscription(rig.bus(), "fritz.metrics", "gw");
    CHECK(rig.bus().connected());
    CHECK(rig.bus().connected_since());
    send(rig.bus(), {"before"});

    rig.away();
    const auto publish = rig.bus().publish(frame("away"));
    REQUIRE(!publish);
    CHECK(publish.error().kind == Error::Kind::unavailable);
    CHECK(publish.error().text.starts_with("not connected to "));
    const auto flush = rig.bus().flush(patience);
    REQUIRE(!flush);
    CHECK(flush.error().kind == Error::Kind::unavailable);
    CHECK(!rig.bus().connected_since());
    CHECK(rig.bus().payload_bytes_max() > 0);

    rig.back();
    CHECK(rig.bus().connected_since());
    send(rig.bus(), {"after"});
    CHECK(take(*subscriber, 2) == "before after ");
    CHECK(!subscriber->next(no_wait));
  });
}

TEST_CASE("flush does not vouch for what was published on a connection that was lost since") {
  for_each_bus([](Rig& rig) {
    REQUIRE(rig.bus().publish(frame("perhaps")));
    rig.away();
    rig.back();
    const auto flush = rig.bus().flush(patience);
    REQUIRE(!flush);
    CHECK(flush.error().kind == Error::Kind::unavailable);
    CHECK(flush.error().text.ends_with("was lost after the publish"));
    send(rig.bus(), {"offered again"});
  });
}

TEST_CASE("after stop_receiving what was received can be read, and nothing new comes") {
  for_each_bus([](Rig& rig) {
    const auto subscriber = subscription(rig.bus(), "fritz.metrics", "gw");
    const auto empty = subscription(rig.bus(), "fritz.events.>");
    send(rig.bus(), {"a", "b", "c"});
    rig.bus().stop_receiving();
    send(rig.bus(), {"too late"});
    CHECK(take(*subscriber, 3) == "a b c ");
    CHECK(!subscriber->next(patience));  // at once: a test of this file would take as long as `patience`
    CHECK(!empty->next(patience));
    CHECK(subscriber->lost() == 0);
    // It stays so, whatever the connection does.
    rig.away();
    rig.back();
    send(rig.bus(), {"much too late"});
    CHECK(!subscriber->next(patience));
  });
}

TEST_CASE("stop_receiving does not wait for a server that is away") {
  for_each_bus([](Rig& rig) {
    const auto subscriber = subscription(rig.bus(), "fritz.metrics", "gw");
    send(rig.bus(), {"a"});
    CHECK(eventually([&] { return subscriber->pending() == 1; }));
    rig.away();
    const auto start = std::chrono::steady_clock::now();
    rig.bus().stop_receiving();
    CHECK(std::chrono::steady_clock::now() - start < gw::Seconds{1});  // a drain would wait 2 s for an answer
    CHECK(take(*subscriber, 1) == "a ");
    CHECK(!subscriber->next(patience));
    rig.back();
    send(rig.bus(), {"too late"});
    CHECK(!subscriber->next(patience));
  });
}

}  // namespace
