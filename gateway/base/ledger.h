#pragma once
// The accounts. At every stage in + made = out + dropped by reason + held; what does not balance is a bug.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace gw {

/// Why a sample or line was dropped. Names stand in `reason_rows` of ledger.cc.
enum class Reason {
  // map: a sample becomes a line
  nan,
  infinite,
  out_of_range,  // |value| > 1e300: sums in the store would overflow and break its answers
  no_hostname,
  no_type_id,
  histogram,
  not_representable,  // a label that line protocol cannot carry; also what rules make of a line
  duplicate,          // a second series for the same host, metric, type and type-id in one tick
  too_many_samples,
  // publish
  queue_full,
  too_large,  // a line that alone is larger than the server's max_payload
  // route
  rule,  // a rule says so
  // accept: a line is made acceptable to the store
  syntax,
  no_value,
  not_a_number,
  bad_host,
  bad_cluster,
  future,
  // write
  refused,  // by the sink, alone in its request: goes to the dead-letter file
  lost,     // the same, and that file does not take it: it stands in the log only
  // any stage: the gateway ended before it could be handed on
  stopped,
  count_,
};
inline constexpr std::size_t reason_count = static_cast<std::size_t>(Reason::count_);
std::string_view name(Reason reason);

/// One stage's account, in samples or lines. Thread-safe (relaxed counters): any thread may read at any time;
/// sums agree once the stage is idle.
class Account {
 public:
  Account(std::string_view stage, std::string_view who) : stage_(stage), who_(who) {}

  void in(std::uint64_t n = 1) { in_.fetch_add(n, std::memory_order_relaxed); }
  void out(std::uint64_t n = 1) { out_.fetch_add(n, std::memory_order_relaxed); }
  void drop(Reason reason, std::uint64_t n = 1) {
    dropped_[static_cast<std::size_t>(reason)].fetch_add(n, std::memory_order_relaxed);
  }

  /// Lines that begin here: aggregates.
  void made(std::uint64_t n) { made_.fetch_add(n, std::memory_order_relaxed); }

  std::uint64_t in_total() const { return in_.load(std::memory_order_relaxed); }
  std::uint64_t made_total() const { return made_.load(std::memory_order_relaxed); }
  std::uint64_t out_total() const { return out_.load(std::memory_order_relaxed); }
  std::uint64_t dropped(Reason reason) const {
    return dropped_[static_cast<std::size_t>(reason)].load(std::memory_order_relaxed);
  }
  std::uint64_t dropped_total() const;
  /// What came in or was made, and has neither left nor been dropped.
  std::uint64_t held() const { return in_total() + made_total() - out_total() - dropped_total(); }

  const std::string& stage() const { return stage_; }
  const std::string& who() const { return who_; }

 private:
  std::string stage_;
  std::string who_;
  std::atomic<std::uint64_t> in_{0};
  std::atomic<std::uint64_t> made_{0};
  std::atomic<std::uint64_t> out_{0};
  std::array<std::atomic<std::uint64_t>, reason_count> dropped_{};
};

/// All accounts of a process. `add_…` are for start-up only; references stay valid for the ledger's life.
class Ledger {
 public:
  void add_source(std::string_view source) { sources_.emplace_back("poll", source); }
  void add_sink(std::string_view sink) { sinks_.emplace_back("write", sink); }

  Account& source(std::size_t i) { return sources_[i]; }  ///< samples polled -> lines published
  Account& receive() { return receive_; }                 ///< lines received -> lines accepted
  Account& sink(std::size_t i) { return sinks_[i]; }      ///< lines accepted -> lines written

  /// Messages that the bus client threw away because nobody read them in time: their lines were never received.
  std::atomic<std::uint64_t> messages_lost{0};
  /// Messages that had come, but were not read any more when the gateway stopped.
  std::atomic<std::uint64_t> messages_unread{0};

  /// Tags without a value and commas without a tag that were left out of received lines: no line protocol, but what
  /// ClusterCockpit's own components write.
  std::atomic<std::uint64_t> leniencies{0};

  /// The balance as a table for people, one line an account and one a reason. `rules`: lines that tell what rules did.
  std::string balance(std::string_view rules = {}) const;
  /// Lines of all sources that are with the server, and those that were dropped because it was away for too long.
  std::uint64_t published() const;
  std::uint64_t queue_full() const;
  /// Lines that sinks refused and no dead-letter file took.
  std::uint64_t lost() const;
  const Account& receive() const { return receive_; }

 private:
  std::deque<Account> sources_;
  Account receive_{"accept", "router"};
  std::deque<Account> sinks_;
};

}  // namespace gw
