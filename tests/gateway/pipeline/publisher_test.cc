#include "gateway/pipeline/publisher.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "gateway/bus/memory_bus.h"
#include "tests/fake_clock.h"

using gw::Frame;
using gw::Reason;

namespace {

struct Rig {
  void push(std::string payload) {
    Frame frame;
    frame.subject = "c.metrics";
    frame.lines = static_cast<std::uint32_t>(std::count(payload.begin(), payload.end(), '\n'));
    frame.payload = std::move(payload);
    account.in(frame.lines);
    publisher.push(std::move(frame));
  }
  gw::Milliseconds step() { return publisher.step(clock.now()); }
  std::string published() const {
    std::string text;
    for (const Frame& frame : bus.published()) text += frame.payload;
    return text;
  }
  FakeClock clock;
  gw::MemoryBus bus;
  gw::Account account{"poll", "p"};
  gw::Publisher publisher{bus, {&account}, clock};
};

}  // namespace

TEST_CASE("frames are published in order and counted once the server has answered") {
  Rig rig;
  rig.push("a 1\n");
  rig.push("b 1\nc 1\n");
  CHECK(!rig.publisher.idle());
  rig.step();
  CHECK(rig.published() == "a 1\nb 1\nc 1\n");
  CHECK(rig.account.out_total() == 3);
  CHECK(rig.publisher.idle());
  const auto frames = rig.bus.published();
  CHECK(frames[0].sequence == 1);
  CHECK(frames[1].sequence == 2);
}

TEST_CASE("what the server has not confirmed counts as not published and is offered again") {
  Rig rig;
  rig.bus.refuse_flushes(1);
  rig.push("a 1\n");
  CHECK(rig.step() > gw::Milliseconds(0));
  CHECK(rig.account.out_total() == 0);
  rig.step();
  CHECK(rig.published() == "a 1\na 1\n");
  CHECK(rig.account.out_total() == 1);
}

TEST_CASE("while the bus is away frames wait; after it is back, peers get a moment to subscribe again") {
  Rig rig;
  rig.bus.connect(false);
  rig.step();
  rig.push("a 1\n");
  rig.step();
  CHECK(rig.published().empty());
  rig.bus.connect(true, rig.clock.now().steady);
  rig.step();
  CHECK(rig.published().empty());
  rig.clock.advance(gw::Milliseconds(1'500));
  rig.step();
  CHECK(rig.published() == "a 1\n");
  CHECK(rig.account.held() == 0);
}

TEST_CASE("beyond its bound the publisher drops the oldest frames, by count") {
  Rig rig;
  rig.bus.set_payload_bytes_max(2 << 20);
  rig.bus.connect(false);
  std::string big(1 << 20, 'x');
  big += '\n';
  for (int i = 0; i < 70; ++i) rig.push(big);
  CHECK(rig.account.dropped(Reason::queue_full) == 7);  // 63 x (1 MiB + 1) fit into 64 MiB
  CHECK(rig.account.held() == 63);
  rig.bus.connect(true);
  rig.clock.advance(gw::Seconds(10));
  while (!rig.publisher.idle()) rig.step();
  CHECK(rig.account.out_total() == 63);
  CHECK(rig.bus.published().front().sequence == 8);
}

TEST_CASE("a frame that is too large for the server is split at line ends, a line that is too large is dropped") {
  Rig rig;
  rig.bus.set_payload_bytes_max(20);
  rig.push("aaaaaaa 1\nbbbbbbb 1\nccccccc 1\nddddddd 1\n");
  rig.push(std::string(30, 'x') + "\n");
  while (!rig.publisher.idle()) rig.step();
  CHECK(rig.published() == "aaaaaaa 1\nbbbbbbb 1\nccccccc 1\nddddddd 1\n");
  CHECK(rig.account.out_total() == 4);
  CHECK(rig.account.dropped(Reason::too_large) == 1);
  for (const Frame& frame : rig.bus.published()) CHECK(frame.payload.size() <= 20);
}

TEST_CASE("what is left at the end is counted as stopped") {
  Rig rig;
  rig.bus.connect(false);
  rig.push("a 1\nb 1\n");
  rig.step();
  rig.push("c 1\n");
  CHECK(rig.publisher.abandon() == 3);
  CHECK(rig.account.dropped(Reason::stopped) == 3);
  CHECK(rig.account.held() == 0);
  CHECK(rig.publisher.idle());
}

TEST_CASE("the publisher's thread ends when all is published, or when told to give up") {
  const gw::SystemClock clock;
  gw::MemoryBus bus;
  gw::Account account{"poll", "p"};
  Frame frame;
  frame.subject = "c.metrics";
  frame.payload = "a 1\n";
  frame.lines = 1;
  {
    gw::Publisher publisher(bus, {&account}, clock);
    std::jthread thread([&](const std::stop_token& stop) { publisher.run(stop); });
    publisher.push(frame);
    thread.request_stop();
    thread.join();
    CHECK(account.out_total() == 1);
  }
  bus.connect(false);
  gw::Publisher publisher(bus, {&account}, clock);
  std::jthread thread([&](const std::stop_token& stop) { publisher.run(stop); });
  publisher.push(frame);
  thread.request_stop();
  publisher.give_up();
  thread.join();
  CHECK(publisher.abandon() == 1);
}

TEST_CASE("a server that was restarted between two ticks is given the same moment") {
  Rig rig;
  rig.push("a 1\n");
  rig.step();
  CHECK(rig.published() == "a 1\n");
  rig.bus.connect(false);
  rig.bus.connect(true, rig.clock.now().steady);
  rig.push("b 1\n");
  CHECK(rig.step() > gw::Milliseconds(0));
  CHECK(rig.published() == "a 1\n");
  rig.clock.advance(gw::Milliseconds(1'500));
  rig.step();
  CHECK(rig.published() == "a 1\nb 1\n");
}

TEST_CASE("while the server does not confirm, one frame asks, ever more rarely") {
  Rig rig;
  rig.bus.refuse_flushes(3);
  rig.push("a 1\n");
  rig.push("b 1\n");
  const gw::Milliseconds first = rig.step();
  CHECK(rig.published() == "a 1\nb 1\n");
  const gw::Milliseconds second = rig.step();
  CHECK(second > first);
  rig.step();
  CHECK(rig.published() == "a 1\nb 1\na 1\na 1\n");
  CHECK(rig.step() == gw::Milliseconds(0));  // confirmed: the rest follows at once
  CHECK(rig.account.out_total() == 1);
  rig.step();
  CHECK(rig.account.out_total() == 2);
  CHECK(rig.publisher.idle());
}
