#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/router/router.h"

namespace gw {

/// The rules that are in force, and those that come next. One thread routes; `replace` may be called by any.
///
/// An interval's aggregates are computed by the rules that were in force when it began, from all of its lines: rules
/// that were replaced see lines until the last of their intervals has ended, and give nothing but aggregates. Of an
/// interval that began before `since` there are none. Meanwhile both remember series: memory for two sets of rules.
///
/// Time is that of the bus: while lines wait there to be read, the time of intervals stands still, so that what was
/// held up on its way is not late for its aggregates. It waits for 15 intervals at most. Where the clock is set back by
/// more than an interval, aggregates begin anew.
class Routing {
 public:
  /// No `since`: what comes until `end` is all there is, and all intervals are whole.
  Routing(const config::Router& settings, std::optional<WallTime> since);

  /// These are used from the next `begin` on.
  void replace(const config::Router& settings);

  // --- the routing thread
  /// Between two frames. True where there are rules. The time of intervals stands still.
  bool begin(WallTime now);
  /// All that had come at `begin` was routed: the time of intervals goes on to then.
  void catch_up();
  /// Appends what the rules make of `line`, with its '\n', to `text`.
  router::Routed route(const codecs::Line& line);
  /// Appends the aggregates of the intervals that have ended, the grace included, to `text`. Logs what went wrong with
  /// rules, once a rule.
  router::Made end_intervals();
  /// The same for intervals that have ended without the grace: nothing more will come.
  router::Made end(WallTime now);
  /// Routed lines since `clear`.
  const std::string& text() const { return text_; }
  void clear() { text_.clear(); }

  /// What each rule in force dropped and where it failed, and what aggregates left out: lines of the balance.
  std::string report() const;

 private:
  struct Rules;

  void make(const config::Router& settings, std::optional<std::int64_t> since_ns);
  void swap(const config::Router& settings, std::int64_t now_ns);
  void begin_anew(std::int64_t back_ns);
  const Rules* any_rules() const;  ///< those in force, or else the last that were replaced; null: none
  void advance_intervals(std::int64_t to_ns);
  static void tell_replaced(const Rules& rules);
  static void tell_ended(const Rules& rules);

  bool whole_;
  std::int64_t now_ns_ = 0;
  std::int64_t intervals_ns_ = INT64_MIN;       ///< the time of intervals
  std::shared_ptr<Rules> rules_;                ///< null: none
  std::vector<std::shared_ptr<Rules>> ending_;  ///< were replaced
  std::string text_;
  std::optional<WallTime> replaced_;  ///< when the rules came that are in force, where they are not the first

  std::mutex mutex_;
  std::optional<config::Router> next_;  ///< guarded by mutex_
};

}  // namespace gw
