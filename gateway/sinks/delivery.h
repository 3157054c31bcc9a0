#pragma once
// How one batch gets into one sink: attempts, bisection, back-off.

#include <cstdint>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ledger.h"
#include "gateway/sinks/dead_letter.h"
#include "gateway/sinks/sink.h"

namespace gw {

/// Lines for one sink, as one request would carry them: sorted by host, order of a host kept.
struct Batch {
  std::string text;                   ///< whole lines, each with its '\n'
  std::vector<std::uint32_t> ends;    ///< offset after each line
  std::vector<std::uint64_t> frames;  ///< deliveries whose lines are (partly) in here, to be told when it is settled
  std::size_t lines() const { return ends.size(); }
  /// Lines [first, last).
  std::string_view slice(std::size_t first, std::size_t last) const;
};

/// Delivers one batch after another. A state machine without thread or sleep: `step` does at most one attempt.
class BatchDelivery {
 public:
  /// All references must outlive the delivery. `name` is the sink's, for the log.
  BatchDelivery(std::string name, Sink& sink, DeadLetter& dead_letter, Account& account, std::uint64_t jitter_seed);

  bool idle() const { return parts_.empty(); }
  /// Requires idle().
  void begin(Batch batch);
  /// One attempt where it is due, or where the sink wants one now. Returns when to call again: `now` = go on at once;
  /// while it waits, at the latest in a second, because the sink may want to go on earlier. The wait after a failure
  /// counts from the attempt's start.
  SteadyTime step(Instant now);
  /// The next attempt is due at `now` at the latest, whatever the back-off. Once a batch.
  void hurry(Instant now);
  /// The finished batch's frames, once idle.
  std::vector<std::uint64_t> settle();
  /// Counts what is left as dropped (`stopped`) and names it; afterwards idle(). Returns how many lines that were.
  std::size_t abandon();
  /// Lines of the batch that are not yet written or dropped.
  std::size_t held() const;

 private:
  struct Part {
    std::size_t first = 0;
    std::size_t last = 0;
  };
  void react(const Verdict& verdict, Instant now);
  void split(Part part);
  void refuse(std::string_view line, const std::string& reason, WallTime now);
  void log_refused(std::string_view line, const std::string& reason);
  void answered(Instant now);
  void failed(const Verdict& verdict, Instant now);
  Milliseconds back_off(const Verdict& verdict);

  std::string name_;
  Sink& sink_;
  DeadLetter& dead_letter_;
  Account& account_;
  std::minstd_rand jitter_;
  Batch batch_;
  std::deque<Part> parts_;  ///< what is still to be written, in order
  std::string trouble_;
  unsigned failures_ = 0;  ///< since the sink last worked
  SteadyTime down_since_;
  SteadyTime due_;
  bool hurried_ = false;                  ///< `hurry` was used up by this batch
  std::set<std::string> reasons_logged_;  ///< of refused lines; bounded
};

}  // namespace gw
