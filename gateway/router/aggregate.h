#pragma once
// Metrics that are computed from others, an interval at a time and host by host.
//
// An interval is a span of the messages' own time. Of each series the last value of an interval for which the
// aggregate's condition holds counts, so that a sum does not depend on how often its parts are measured. What is asked
// of an interval when it ends is computed from its values, and with num_cache_intervals > 1 from those of the ones
// before it too.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/router/rule_set.h"
#include "gateway/router/step.h"

namespace gw::router {

struct AggregatorOptions {
  std::int64_t interval_ns = 60'000'000'000;
  std::int64_t grace_ns = 10'000'000'000;  ///< how long after its end an interval still takes values
  std::size_t series_max = 1'000'000;      ///< that values are kept of; those of further ones are left out and counted
  /// Lines of a recording have their own time: no clock ends an interval. `take` gives the oldest ones where more than
  /// `recorded_intervals_max` take values, take_all the others.
  bool is_recording = false;
  std::size_t recorded_intervals_max = 1440;  ///< a day of minutes
  std::int64_t begin_ns = INT64_MIN;          ///< values of intervals that start before it are left out
};

struct AggregatorCounts {
  std::uint64_t late = 0;      ///< values whose interval had ended already
  std::uint64_t before = 0;    ///< values of intervals that started before AggregatorOptions::begin_ns
  std::uint64_t early = 0;     ///< values too far in the future; never of a recording
  std::uint64_t left_out = 0;  ///< values of series beyond series_max
};

/// An aggregate that was computed.
struct Computed {
  Message message;  ///< rules have not seen it yet
  std::size_t rule = 0;
};

/// What aggregates are computed for. Hosts of one name in two clusters are two.
struct HostId {
  std::string cluster;  ///< as its lines came: rules give one to what they keep, not to what they dropped before
  std::string name;
  friend auto operator<=>(const HostId&, const HostId&) = default;
};

/// What values of one series have in common that the same aggregates are computed from. Conditions may read the value:
/// a series has one for each answer of them.
struct AggregateSource {
  std::string
      key;      ///< of the series: name and tags before the rules, which may give its lines other ones by their value
  HostId host;  ///< its group; without a name where it has none
  std::string name;
  std::vector<codecs::Message::Tag> tags;
  std::vector<codecs::Message::Tag> meta;
  std::vector<std::size_t> aggregates;  ///< of RuleSet::aggregates
};

/// Not thread-safe.
class Aggregator {
 public:
  Aggregator(std::shared_ptr<const RuleSet> rules, AggregatorOptions options);

  /// Of the value of `message`, which came as `before`; null where no aggregate is computed from it. `aggregates`:
  /// those whose conditions hold.
  std::shared_ptr<const AggregateSource> source(const codecs::Message& before, const Message& message,
                                                std::vector<std::size_t> aggregates) const;
  /// The clock of intervals is so much behind what `add` is told; at first not at all.
  void set_behind(std::int64_t behind_ns) { behind_ns_ = behind_ns; }
  /// A value of `source`, which `source` made; a number.
  void add(const std::shared_ptr<const AggregateSource>& source, const codecs::FieldValue& value, std::int64_t time_ns,
           std::int64_t now_ns);

  /// What is computed from the intervals that have ended at `now_ns`, the grace included.
  std::vector<Computed> take(std::int64_t now_ns, std::vector<RuleCounts>& counts);
  /// The same for all intervals that have values: nothing more will come.
  std::vector<Computed> take_all(std::vector<RuleCounts>& counts);

  const AggregatorCounts& counts() const { return counts_; }
  std::size_t series() const { return series_.size(); }

 private:
  struct Series {
    std::int64_t last_interval = 0;  ///< in which there was a value
  };
  struct Sample {
    std::shared_ptr<const AggregateSource> source;
    codecs::FieldValue value;
    std::int64_t time_ns = 0;
  };
  /// What one aggregate is computed from in one interval: the last value of each series, in the order in which the
  /// series came first.
  struct Samples {
    std::vector<Sample> all;
    std::unordered_map<const Series*, std::size_t> places;
    /// Hosts of which values were left out: none of them has this aggregate. Where there would be more than
    /// partial_hosts_max, no host has it.
    std::set<HostId> partial_hosts;
    bool all_partial = false;

    bool is_partial(const HostId& host) const { return all_partial || partial_hosts.contains(host); }
  };
  using Interval = std::vector<Samples>;  ///< as RuleSet::aggregates
  struct Group;

  void leave_out(const AggregateSource& source, std::int64_t start);
  std::int64_t clock_end(std::int64_t now_ns) const;
  void make_room(std::int64_t start);
  std::vector<Computed> take_until(std::int64_t end, std::vector<RuleCounts>& counts);
  void close(std::int64_t start, std::vector<Computed>& out, std::vector<RuleCounts>& counts);
  void add_host(std::vector<codecs::Message::Tag>& tags, const HostId& id, const Group& group) const;
  std::optional<Message> compute(const Aggregate& aggregate, const HostId& host, const Group& group, std::int64_t start,
                                 std::vector<RuleCounts>& counts);
  void forget();
  std::int64_t first_cached(std::int64_t start) const;

  std::shared_ptr<const RuleSet> rules_;
  AggregatorOptions options_;
  std::int64_t behind_ns_ = 0;
  std::unordered_map<std::string, Series> series_;  ///< by key
  std::map<std::int64_t, Interval> intervals_;      ///< by start: those that are open, and cached ones
  std::int64_t ended_until_;                        ///< intervals that start before it take no values any more
  std::int64_t taken_until_ = INT64_MIN;            ///< and of these, all is computed
  expression::Arena arena_;
  AggregatorCounts counts_;
};

/// The names that functions of aggregates know: values, hostname, starttime, endtime (seconds), and those of metrics,
/// which are the lists of their values.
const expression::Environment& aggregate_environment();

}  // namespace gw::router
