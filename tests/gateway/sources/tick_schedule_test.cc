#include "gateway/sources/tick_schedule.h"

#include <doctest/doctest.h>

#include "tests/fake_clock.h"

using gw::Milliseconds;
using gw::Seconds;
using gw::TickSchedule;

namespace {

std::int64_t due(TickSchedule& schedule, const FakeClock& clock) {
  const auto tick = schedule.due(clock.now());
  return tick ? gw::unix_seconds(*tick) : -1;
}

gw::WallTime at(double seconds) {
  return gw::WallTime(std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9)));
}

}  // namespace

TEST_CASE("ticks are multiples of the interval, and the current one is due at once") {
  FakeClock clock;
  clock.set_wall(at(1'000'037.5));
  TickSchedule schedule(Seconds(60), Milliseconds(0));
  CHECK(due(schedule, clock) == 1'000'020);
  CHECK(due(schedule, clock) == -1);
  clock.set_wall(at(1'000'079.999));
  CHECK(due(schedule, clock) == -1);
  clock.set_wall(at(1'000'080));
  CHECK(due(schedule, clock) == 1'000'080);
}

TEST_CASE("a day of ticks gives each minute once, in order") {
  FakeClock clock;
  clock.set_wall(at(1'728'000'000));
  TickSchedule schedule(Seconds(60), Milliseconds(500));
  int ticks = 0;
  std::int64_t last = 0;
  const auto end = clock.now().wall + std::chrono::hours(24);
  while (clock.now().wall < end) {
    const std::int64_t tick = due(schedule, clock);
    if (tick >= 0) {
      CHECK(tick % 60 == 0);
      if (ticks++ > 0) CHECK(tick == last + 60);
      last = tick;
    }
    const auto wait = schedule.next(clock.now()) - clock.now().steady;
    CHECK(wait > std::chrono::nanoseconds(0));
    CHECK(wait <= std::chrono::seconds(1));
    clock.advance(std::chrono::ceil<Milliseconds>(wait));
  }
  CHECK(ticks == 24 * 60 + 1);
}

TEST_CASE("a tick is polled `delay` after it happened, and keeps its own time") {
  FakeClock clock;
  clock.set_wall(at(6'000'000));
  TickSchedule schedule(Seconds(60), Milliseconds(5'000));
  CHECK(due(schedule, clock) == 5'999'940);
  clock.set_wall(at(6'000'004.9));
  CHECK(due(schedule, clock) == -1);
  clock.set_wall(at(6'000'005));
  CHECK(due(schedule, clock) == 6'000'000);
}

TEST_CASE("after a pause only the newest tick is due") {
  FakeClock clock;
  clock.set_wall(at(6'000'000));
  TickSchedule schedule(Seconds(60), Milliseconds(0));
  CHECK(due(schedule, clock) == 6'000'000);
  clock.set_wall(at(6'000'605));
  CHECK(due(schedule, clock) == 6'000'600);
  CHECK(due(schedule, clock) == -1);
}

TEST_CASE("a clock set back a little waits, one set back far starts anew") {
  FakeClock clock;
  clock.set_wall(at(6'000'000));
  TickSchedule schedule(Seconds(60), Milliseconds(0));
  CHECK(due(schedule, clock) == 6'000'000);
  clock.set_wall(at(5'999'999));  // the same minute would be polled twice
  CHECK(due(schedule, clock) == -1);
  clock.set_wall(at(5'996'400));
  CHECK(due(schedule, clock) == 5'996'400);
}
