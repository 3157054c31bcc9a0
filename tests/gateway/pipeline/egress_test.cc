// Egress and lanes together, on the in-memory bus: from messages to what a sink gets, acknowledgements and accounts.

#include "gateway/pipeline/egress.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "gateway/bus/memory_bus.h"
#include "tests/fake_clock.h"
#include "tests/gateway/pipeline/fake_sink.h"
#include "tests/gateway/router/routed.h"

using gw::Reason;

namespace {

/// Stepped by hand: egress thread and sink threads are this one.
struct Rig {
  explicit Rig(std::size_t sinks = 1, std::size_t hold_bytes = 1 << 20) {
    for (std::size_t i = 0; i < sinks; ++i) ledger.add_sink("sink" + std::to_string(i));
    for (std::size_t i = 0; i < sinks; ++i) {
      gw::config::Sink settings;
      settings.name = "sink" + std::to_string(i);
      settings.batch_bytes = 4096;
      settings.hold_bytes = hold_bytes;
      auto sink = std::make_unique<FakeSink>();
      fakes.push_back(sink.get());
      lanes.push_back(std::make_unique<gw::Lane>(settings, std::move(sink), folder, ledger.sink(i), clock));
    }
    std::vector<std::unique_ptr<gw::Subscription>> subscriptions;
    auto subscription = bus.subscribe("c.metrics", "q");
    REQUIRE(subscription);
    subscriptions.push_back(std::move(*subscription));
    egress = std::make_unique<gw::Egress>(std::move(subscriptions), lanes, routing, gw::Acceptor("c", gw::Seconds(600)),
                                          ledger, clock);
  }
  ~Rig() { std::filesystem::remove_all(folder); }

  void send(std::string payload) {
    gw::Frame frame;
    frame.subject = "c.metrics";
    frame.payload = std::move(payload);
    REQUIRE(bus.publish(frame));
    REQUIRE(bus.flush(gw::Seconds(1)));
  }
  /// Reads everything, lets batches grow old, delivers, settles.
  void settle() {
    while (egress->step(gw::Milliseconds(0))) {
    }
    clock.advance(gw::Seconds(2));
    egress->step(gw::Milliseconds(0));
    for (const auto& lane : lanes)
      while (const auto due = lane->step(clock.now())) {
        if (*due > clock.now().steady) break;
      }
    egress->step(gw::Milliseconds(0));
  }

  FakeClock clock;
  gw::MemoryBus bus;
  gw::Ledger ledger;
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("cc-gateway-egress-test-" + std::to_string(::getpid()));
  std::vector<FakeSink*> fakes;
  std::vector<std::unique_ptr<gw::Lane>> lanes;
  gw::Routing routing{gw::config::Router{}, std::nullopt};  // no rules
  std::unique_ptr<gw::Egress> egress;
};

std::string line(std::string_view metric, std::string_view host) {
  return std::string(metric) + ",cluster=c,hostname=" + std::string(host) + ",type=node value=1 1700000000\n";
}

}  // namespace

TEST_CASE("lines go to every sink, sorted by host, and the message is acknowledged when all sinks have it") {
  Rig rig(2);
  rig.send(line("a", "n2") + line("a", "n1"));
  rig.send(line("b", "n2"));
  rig.settle();
  const std::string want = line("a", "n1") + line("a", "n2") + line("b", "n2");
  CHECK(rig.fakes[0]->text() == want);
  CHECK(rig.fakes[1]->text() == want);
  CHECK(rig.bus.acknowledged().size() == 2);
  CHECK(rig.egress->outstanding() == 0);
  CHECK(rig.ledger.receive().in_total() == 3);
  CHECK(rig.ledger.sink(0).out_total() == 3);
  CHECK(rig.ledger.sink(1).held() == 0);
}

TEST_CASE("a message is not acknowledged while one sink still holds its lines") {
  Rig rig(2);
  rig.fakes[1]->set_down(true);
  rig.send(line("a", "n1"));
  rig.settle();
  CHECK(rig.fakes[0]->text() == line("a", "n1"));
  CHECK(rig.bus.acknowledged().empty());
  CHECK(rig.ledger.sink(1).held() == 1);
  rig.fakes[1]->set_down(false);
  rig.settle();
  CHECK(rig.fakes[1]->text() == line("a", "n1"));
  CHECK(rig.bus.acknowledged().size() == 1);
}

TEST_CASE("bad lines are dropped by reason, their neighbours are written, the message is acknowledged") {
  Rig rig;
  rig.send(line("a", "n1") + "broken\n" + "m,hostname=n1 value=\"up\" 1\n" + line("b", "n1"));
  rig.send("broken\n");  // nothing of it reaches a sink
  rig.settle();
  CHECK(rig.fakes[0]->text() == line("a", "n1") + line("b", "n1"));
  CHECK(rig.ledger.receive().in_total() == 5);
  CHECK(rig.ledger.receive().out_total() == 2);
  CHECK(rig.ledger.receive().dropped(Reason::syntax) == 2);
  CHECK(rig.ledger.receive().dropped(Reason::not_a_number) == 1);
  CHECK(rig.ledger.receive().held() == 0);
  CHECK(rig.bus.acknowledged().size() == 2);
}

TEST_CASE("what ClusterCockpit's own components write a little wrong is written all the same, and counted") {
  Rig rig;
  rig.send("a,cluster=c,hostname=n1,type=node,type-id= value=1 1700000000\n" + line("b", "n1"));
  rig.settle();
  CHECK(rig.fakes[0]->text() == line("a", "n1") + line("b", "n1"));
  CHECK(rig.ledger.leniencies == 1);
  CHECK(rig.ledger.balance().find("1 commas without a tag or tags without a value passed over") != std::string::npos);
}

TEST_CASE("a line that the sink refuses is found, kept apart and counted; the rest is written") {
  Rig rig;
  rig.fakes[0]->set_poison("hostname=n5,");
  std::string all;
  for (int i = 0; i < 9; ++i) all += line("a", "n" + std::to_string(i));
  rig.send(all);
  rig.settle();
  CHECK(rig.ledger.sink(0).out_total() == 8);
  CHECK(rig.ledger.sink(0).dropped(Reason::refused) == 1);
  CHECK(rig.ledger.sink(0).held() == 0);
  CHECK(rig.fakes[0]->text().find("n5") == std::string::npos);
  CHECK(rig.bus.acknowledged().size() == 1);
  CHECK(std::filesystem::exists(rig.folder / "sink0.lp"));
}

TEST_CASE("a full lane stops the reading of the bus, and nothing is lost") {
  Rig rig(1, 200);
  rig.fakes[0]->set_down(true);
  std::string all;
  for (int i = 0; i < 20; ++i) {
    rig.send(line("a", "n" + std::to_string(10 + i)));
    all += line("a", "n" + std::to_string(10 + i));
  }
  rig.settle();
  CHECK(rig.egress->pending() > 10);
  CHECK(rig.ledger.receive().in_total() < 10);
  rig.fakes[0]->set_down(false);
  for (int i = 0; i < 30; ++i) rig.settle();
  CHECK(rig.egress->pending() == 0);
  CHECK(rig.fakes[0]->text() == all);
  CHECK(rig.bus.acknowledged().size() == 20);
}

TEST_CASE("at the end a lane writes what it can, and names and counts the rest") {
  Rig rig;
  rig.fakes[0]->set_down(true);
  rig.send(line("a", "n1") + line("b", "n1"));
  rig.settle();
  rig.send(line("c", "n1"));
  rig.egress->step(gw::Milliseconds(0));
  CHECK(rig.lanes[0]->abandon() == 3);
  CHECK(rig.lanes[0]->idle());
  CHECK(rig.ledger.sink(0).dropped(Reason::stopped) == 3);
  CHECK(rig.ledger.sink(0).held() == 0);
}

TEST_CASE("with their threads running, egress and lanes lose nothing on a stop, and end") {
  Rig rig(2);
  std::string want;
  {
    std::jthread lane0([&](const std::stop_token& stop) { rig.lanes[0]->run(stop); });
    std::jthread lane1([&](const std::stop_token& stop) { rig.lanes[1]->run(stop); });
    std::jthread egress([&](const std::stop_token& stop) { rig.egress->run(stop); });
    for (int i = 0; i < 2000; ++i) rig.send(line("a" + std::to_string(i), "n1"));
    for (int i = 0; i < 2000; ++i) want += line("a" + std::to_string(i), "n1");
    egress.request_stop();
    egress.join();
    CHECK(rig.egress->ended());
  }
  CHECK(rig.fakes[0]->text() == want);
  CHECK(rig.fakes[1]->text() == want);
  CHECK(rig.ledger.receive().in_total() == 2000);
  CHECK(rig.ledger.sink(0).out_total() == 2000);
}

TEST_CASE("a lane that is told to give up ends although its sink is down") {
  Rig rig;
  rig.fakes[0]->set_down(true);
  std::jthread lane([&](const std::stop_token& stop) { rig.lanes[0]->run(stop); });
  rig.send(line("a", "n1"));
  rig.egress->step(gw::Milliseconds(0));
  rig.lanes[0]->close();
  CHECK(rig.fakes[0]->wait_attempts(1));
  lane.request_stop();
  rig.lanes[0]->give_up();
  lane.join();
  CHECK(rig.lanes[0]->abandon() == 1);
}

TEST_CASE("what waits behind a batch in delivery is given up too, and every line of both is counted") {
  Rig rig;
  rig.fakes[0]->set_down(true);
  rig.send(line("a", "n1") + line("b", "n1"));
  rig.settle();
  rig.send(line("c", "n1"));
  rig.settle();
  CHECK(rig.ledger.sink(0).held() == 3);
  CHECK(rig.lanes[0]->abandon() == 3);
  CHECK(rig.lanes[0]->idle());
  CHECK(rig.ledger.sink(0).dropped(Reason::stopped) == 3);
  CHECK(rig.ledger.sink(0).held() == 0);
  rig.egress->step(gw::Milliseconds(0));
  CHECK(rig.egress->outstanding() == 0);
}

namespace {

gw::config::Router router_settings(std::string_view rules) {
  gw::config::Router router;
  router.rules = rules_of(rules);
  return router;
}

}  // namespace

TEST_CASE("rules change and drop lines before they are made acceptable; what they drop is counted, and acknowledged") {
  Rig rig;
  rig.routing.replace(router_settings(R"x({"drop_metrics": ["b"], "rename_metrics": {"a": "z"},
    "add_tags": [{"key": "rack", "value": "r1", "if": "name == 'z'"}]})x"));
  rig.send(line("a", "n1") + line("b", "n1") + line("c", "n1"));
  rig.settle();
  CHECK(rig.fakes[0]->text() == "z,cluster=c,hostname=n1,type=node,rack=r1 value=1 1700000000\n" + line("c", "n1"));
  CHECK(rig.ledger.receive().in_total() == 3);
  CHECK(rig.ledger.receive().dropped(Reason::rule) == 1);
  CHECK(rig.ledger.receive().out_total() == 2);
  CHECK(rig.ledger.receive().held() == 0);
  CHECK(rig.bus.acknowledged().size() == 1);
}

TEST_CASE("new rules begin with the next message") {
  Rig rig;
  rig.send(line("a", "n1"));
  rig.settle();
  rig.routing.replace(router_settings(R"x({"rename_metrics": {"a": "z"}})x"));
  rig.send(line("a", "n2"));
  rig.settle();
  CHECK(rig.fakes[0]->text() == line("a", "n1") + line("z", "n2"));
}

TEST_CASE("what rules make of a line and no line can carry is counted") {
  Rig rig;
  rig.routing.replace(router_settings(R"x({"process_messages": {"manipulate_messages": [
    {"move_fields_to_tags_by": {"text": "text"}}]}})x"));
  rig.send("a,hostname=n1 value=1,text=\"two\nlines\" 1700000000\n" + line("c", "n1"));
  rig.settle();
  CHECK(rig.fakes[0]->text() == line("c", "n1"));
  CHECK(rig.ledger.receive().dropped(Reason::not_representable) == 1);
  CHECK(rig.ledger.receive().held() == 0);
}

TEST_CASE("aggregates are written like lines that were received, and stand in the account as made") {
  Rig rig;
  rig.routing.replace(router_settings(R"x({"num_cache_intervals": 1, "interval_aggregates": [
    {"name": "sum", "function": "sum(values)", "tags": {"type": "node"}}]})x"));
  rig.settle();  // the rules are in force now, and the next interval is the first
  rig.clock.advance(gw::Seconds(60));
  const std::string now = std::to_string(gw::unix_seconds(rig.clock.now().wall));
  rig.send("a,hostname=n1,type=core,type-id=0 value=1 " + now + "\na,hostname=n1,type=core,type-id=1 value=2 " + now +
           "\n");
  rig.settle();
  rig.clock.advance(gw::Seconds(90));
  rig.settle();
  rig.settle();
  CHECK(rig.fakes[0]->text().find("sum,cluster=c,hostname=n1,type=node value=3 ") != std::string::npos);
  CHECK(rig.ledger.receive().in_total() == 2);
  CHECK(rig.ledger.receive().made_total() == 1);
  CHECK(rig.ledger.receive().out_total() == 3);
  CHECK(rig.ledger.receive().held() == 0);
  CHECK(rig.bus.acknowledged().size() == 1);
  CHECK(rig.egress->outstanding() == 0);
  CHECK(rig.ledger.balance().find("2 received + 1 made by rules = 3 accepted + 0 dropped + 0 held") !=
        std::string::npos);
}

TEST_CASE("what has waited on the bus is not late for its aggregate, down to the last message") {
  Rig rig;
  rig.routing.replace(router_settings(R"x({"num_cache_intervals": 1, "interval_aggregates": [
    {"name": "sum", "function": "sum(values)", "tags": {"type": "node"}}]})x"));
  rig.settle();
  rig.clock.advance(gw::Seconds(60));
  const std::string then = std::to_string(gw::unix_seconds(rig.clock.now().wall));
  for (int id = 0; id < 3; ++id)
    rig.send("a,hostname=n1,type=core,type-id=" + std::to_string(id) + " value=1 " + then + "\n");
  rig.clock.advance(gw::Seconds(600));
  rig.settle();
  rig.settle();
  CHECK(rig.fakes[0]->text().find("sum,cluster=c,hostname=n1,type=node value=3 ") != std::string::npos);
  CHECK(rig.routing.report().find("too late") == std::string::npos);
}

TEST_CASE("an aggregate that a rule drops, or that no line can carry, was made and stands in the account") {
  Rig rig;
  rig.routing.replace(
      router_settings(R"x({"num_cache_intervals": 1, "drop_metrics_if": ["name == 'sum' && type == 'node'"],
    "process_messages": [{"move_meta_to_tags_by": {"note": "note"}}],
    "interval_aggregates": [
      {"name": "sum", "function": "sum(values)", "tags": {"type": "node"}},
      {"name": "max", "function": "max(values)", "meta": {"note": "two\nlines"}},
      {"name": "min", "function": "min(values)", "tags": {"type": "node"}}]})x"));
  rig.settle();
  rig.clock.advance(gw::Seconds(60));
  rig.send("a,hostname=n1,type=core,type-id=0 value=1 " + std::to_string(gw::unix_seconds(rig.clock.now().wall)) +
           "\n");
  rig.settle();
  rig.clock.advance(gw::Seconds(90));
  rig.settle();
  rig.settle();
  CHECK(rig.fakes[0]->text().find("min,") != std::string::npos);
  CHECK(rig.ledger.receive().made_total() == 3);
  CHECK(rig.ledger.receive().dropped(Reason::rule) == 1);
  CHECK(rig.ledger.receive().dropped(Reason::not_representable) == 1);
  CHECK(rig.ledger.receive().out_total() == 2);
  CHECK(rig.ledger.receive().held() == 0);
}

TEST_CASE("at the end aggregates of intervals that have ended are written too") {
  Rig rig;
  rig.routing.replace(router_settings(R"x({"num_cache_intervals": 1, "interval_aggregates": [
    {"name": "sum", "function": "sum(values)", "tags": {"type": "node"}}]})x"));
  rig.settle();
  rig.clock.advance(gw::Seconds(60));
  const std::string now = std::to_string(gw::unix_seconds(rig.clock.now().wall));
  rig.send("a,hostname=n1,type=core,type-id=0 value=4 " + now + "\n");
  rig.settle();
  rig.clock.advance(gw::Seconds(60));
  std::stop_source stop;
  stop.request_stop();
  rig.egress->run(stop.get_token());
  while (const auto due = rig.lanes[0]->step(rig.clock.now())) {
    if (*due > rig.clock.now().steady) break;
  }
  CHECK(rig.fakes[0]->text().find("sum,cluster=c,hostname=n1,type=node value=4 ") != std::string::npos);
  CHECK(rig.ledger.receive().held() == 0);
}

TEST_CASE("aggregates of hosts that stand under another tag than hostname_tag are written like the lines they are of") {
  Rig rig;
  rig.routing.replace(router_settings(R"x({"hostname_tag": "node", "num_cache_intervals": 1, "interval_aggregates": [
    {"name": "sum", "function": "sum(values)", "tags": {"type": "node"}}]})x"));
  rig.settle();
  rig.clock.advance(gw::Seconds(60));
  const std::string now = std::to_string(gw::unix_seconds(rig.clock.now().wall));
  rig.send("a,hostname=n1 value=1 " + now + "\na,hostname=relay,node=n2 value=2 " + now + "\na,host=n3 value=3 " + now +
           "\n");
  rig.settle();
  rig.clock.advance(gw::Seconds(90));
  rig.settle();
  rig.settle();
  const std::string text = rig.fakes[0]->text();
  CHECK(text.find("sum,cluster=c,hostname=n1,type=node value=1 ") != std::string::npos);
  CHECK(text.find("sum,cluster=c,hostname=relay,node=n2,type=node value=2 ") != std::string::npos);
  CHECK(text.find("sum,cluster=c,hostname=n3,type=node value=3 ") != std::string::npos);
  CHECK(rig.ledger.receive().dropped(Reason::bad_host) == 0);
}
