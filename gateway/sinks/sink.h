#pragma once
// Where lines leave the program.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"

namespace gw {

class Bus;

/// What a delivery does after an attempt.
enum class Reaction {
  written,  ///< the sink has all lines
  bisect,   ///< some line is bad: halve until it stands alone, then it goes to the dead-letter file
  halve,    ///< too large as one request
  hold,     ///< keep everything, try again later
};

struct Verdict {
  Reaction reaction = Reaction::hold;
  std::string reason;                       ///< for people; empty when written, and only then
  std::optional<Milliseconds> retry_after;  ///< the peer's own wish
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// One thread drives one sink, so a sink needs no locks, except for `interrupt`.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Tries once to deliver whole lines. Blocks for the request's timeout at most.
  virtual Verdict attempt(std::string_view lines) = 0;
  /// Makes a running `attempt` return soon with hold, and later ones try once and briefly. Any thread.
  virtual void interrupt() = 0;
  /// True where another attempt is worth making before the back-off ends (the token file changed).
  virtual bool wants_retry() { return false; }
};

}  // namespace gw
