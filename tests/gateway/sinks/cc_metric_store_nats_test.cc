#include <doctest/doctest.h>

#include "gateway/sinks/cc_metric_store.h"
#include "tests/fake_clock.h"
#include "tests/gateway/sinks/fakes.h"

using fakes::dump;

namespace {

struct Nats {
  Nats() {
    settings.name = "ccms";
    settings.transport = gw::config::Sink::Transport::nats;
    settings.subject = "store.metrics";
    settings.timeout = gw::Milliseconds{1'200};
    sink = gw::make_store_over_nats(settings, bus, clock);
  }
  /// What reached the bus, one frame a row.
  std::string frames() const {
    std::string text;
    for (const gw::Frame& frame : bus.frames)
      text += frame.subject + " " + std::to_string(frame.lines) + " " + std::to_string(frame.sequence) + " " +
              std::to_string(frame.payload.size()) + "\n";
    return text;
  }
  gw::config::Sink settings;
  FakeClock clock;
  fakes::FakeBus bus;
  std::unique_ptr<gw::Sink> sink;
};

}  // namespace

TEST_CASE("over NATS lines are split at line ends by what the server takes, then flushed once") {
  Nats nats;
  nats.bus.bytes_max = 10;
  CHECK(dump(nats.sink->attempt("aaa\nbbbbb\ncccccccc\nd\n")) == "written");
  CHECK(nats.frames() == "store.metrics 2 1 10\nstore.metrics 1 2 9\nstore.metrics 1 3 2\n");
  CHECK(nats.bus.frames[0].payload + nats.bus.frames[1].payload + nats.bus.frames[2].payload ==
        "aaa\nbbbbb\ncccccccc\nd\n");
  CHECK(nats.bus.flushes == std::vector{gw::Milliseconds{500}});
}

TEST_CASE("a line that the server does not take is halved down to") {
  Nats nats;
  nats.bus.bytes_max = 5;
  CHECK(dump(nats.sink->attempt("a\ntoo long\nb\n")) == "halve: larger than the server takes");
  CHECK(nats.bus.flushes.empty());
}

TEST_CASE("nothing is published while NATS is away") {
  Nats nats;
  nats.bus.since.reset();
  CHECK(dump(nats.sink->attempt("a\n")) == "hold: not connected to NATS");
  nats.bus.since = gw::SteadyTime{};
  nats.bus.bytes_max = 0;
  CHECK(dump(nats.sink->attempt("a\n")) == "hold: not connected to NATS");
  nats.bus.bytes_max = 100;
  nats.bus.problem = "the connection is gone";
  CHECK(dump(nats.sink->attempt("a\n")) == "hold: the connection is gone");
  CHECK(nats.bus.frames.empty());
}

TEST_CASE("after a reconnect the store gets time to subscribe again, at the start it does not need it") {
  Nats nats;
  CHECK(dump(nats.sink->attempt("a\n")) == "written");  // on the connection that stood when the sink was made
  nats.bus.since = nats.clock.now().steady + gw::Milliseconds{1};
  CHECK(dump(nats.sink->attempt("a\n")) == "hold 3001ms: NATS is back, the store may not have subscribed yet");
  nats.clock.advance(gw::Milliseconds{3'001});
  CHECK(dump(nats.sink->attempt("a\n")) == "written");
  CHECK(nats.bus.frames.size() == 2);
}

TEST_CASE("where NATS was away at the start the store gets the same time") {
  Nats nats;
  nats.bus.since.reset();
  nats.sink = gw::make_store_over_nats(nats.settings, nats.bus, nats.clock);
  nats.bus.since = nats.clock.now().steady;
  CHECK(dump(nats.sink->attempt("a\n")) == "hold 3000ms: NATS is back, the store may not have subscribed yet");
  nats.clock.advance(gw::Milliseconds{3'000});
  CHECK(dump(nats.sink->attempt("a\n")) == "written");
}

TEST_CASE("a flush is waited for up to the timeout, in pieces") {
  Nats nats;
  nats.bus.on_flush = [&nats](gw::Milliseconds timeout) -> gw::Result<void> {
    nats.clock.advance(timeout);
    return gw::unavailable("no answer");
  };
  CHECK(dump(nats.sink->attempt("a\n")) == "hold: no answer");
  CHECK(nats.bus.flushes == std::vector{gw::Milliseconds{500}, gw::Milliseconds{500}, gw::Milliseconds{200}});
}

TEST_CASE("a flush that was refused at once is not asked for again") {
  Nats nats;
  nats.bus.on_flush = [](gw::Milliseconds) -> gw::Result<void> { return gw::unavailable("no permission"); };
  CHECK(dump(nats.sink->attempt("a\n")) == "hold: no permission");
  CHECK(nats.bus.flushes.size() == 1);
}

TEST_CASE("an interruption ends the wait for a flush") {
  Nats nats;
  nats.bus.on_flush = [&nats](gw::Milliseconds timeout) -> gw::Result<void> {
    nats.clock.advance(timeout);
    nats.sink->interrupt();
    return gw::unavailable("no answer");
  };
  CHECK(dump(nats.sink->attempt("a\n")) == "hold: no answer");
  CHECK(nats.bus.flushes.size() == 1);
}
