#pragma once
#include "gateway/base/clock.h"

/// A clock that a test sets. Not thread-safe.
class FakeClock final : public gw::Clock {
 public:
  gw::Instant now() const override { return now_; }
  void advance(gw::Milliseconds by) {
    now_.wall += by;
    now_.steady += by;
  }
  void set_wall(gw::WallTime wall) { now_.wall = wall; }

 private:
  gw::Instant now_{gw::WallTime{std::chrono::seconds{1'700'000'000}}, gw::SteadyTime{std::chrono::hours{1}}};
};
