#pragma once
// All that a plan remembers: which tree the lines of a series go through, and what they come to at its ends.

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string_view>

#include "gateway/router/plan_tree.h"
#include "gateway/router/series_memo.h"

namespace gw::router {

/// Where lines of a series come to that go one way.
struct WayEnd {
  PlanNodeKind kind = PlanNodeKind::plain;             ///< emit, drop or plain
  std::uint32_t rule = 0;                              ///< of drop
  Head head;                                           ///< of emit
  std::shared_ptr<const AggregateSource> source = {};  ///< what the value is kept for, where it is
};

/// Not thread-safe.
class PlanMemory {
 public:
  /// Null where nothing is known of that series. Valid until `forget`.
  SeriesRecord* find(std::string_view key) { return memo_.find(key); }
  /// That lines of the series `key` which go `way` come to `end`. Where that is too long a way, all of its lines are
  /// plain. `record` is null where there is none yet.
  void remember(SeriesRecord* record, std::string_view key, std::span<const Turn> way, const WayEnd& end);
  void forget();

  PlanTrees& trees() { return trees_; }
  /// Series.
  std::size_t size() const { return memo_.size(); }
  /// Of series, trees, conditions, and what values are kept for.
  std::size_t bytes() const { return memo_.bytes() + trees_.bytes() + source_bytes_; }

 private:
  std::uint32_t number_of(SeriesRecord& record, const WayEnd& end);

  SeriesMemo memo_;
  PlanTrees trees_;
  std::deque<std::shared_ptr<const AggregateSource>> sources_;  ///< of ends
  std::size_t source_bytes_ = 0;
};

}  // namespace gw::router
