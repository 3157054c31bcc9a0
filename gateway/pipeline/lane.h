#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/pipeline/batcher.h"
#include "gateway/sinks/dead_letter.h"
#include "gateway/sinks/delivery.h"
#include "gateway/sinks/sink.h"

namespace gw {

/// One sink, what waits for it, and the thread that serves it. The egress thread adds lines and closes batches; `run`
/// delivers them in order. Bounded by hold_bytes: the egress thread asks `full` before it reads the bus.
class Lane {
 public:
  Lane(const config::Sink& settings, std::unique_ptr<Sink> sink, const std::filesystem::path& dead_letters,
       Account& account, const Clock& clock);

  /// `notify` is called by the sink's thread each time something was settled. Before `run`.
  void on_settled(std::function<void()> notify) { notify_ = std::move(notify); }

  // --- egress thread
  /// Adds an accepted line to the open batch. True where `frame` is new to that batch: one more settlement will come.
  bool add(std::string_view line, std::string_view host, std::uint64_t frame, SteadyTime now);
  /// Hands the open batch to the sink's thread where it is old enough, or in any case.
  void close_due(SteadyTime now);
  void close();
  /// When the open batch will be due.
  std::optional<SteadyTime> due() const { return open_.due(); }
  /// Deliveries whose lines in one batch are done with: one entry for each batch that they were in.
  std::vector<std::uint64_t> take_settled();

  // --- any thread
  bool full() const { return held_bytes_.load() >= hold_bytes_; }
  bool idle() const { return held_bytes_.load() == 0; }
  const std::string& name() const { return name_; }
  // --- the sink's thread
  /// Delivers until `stop`; then what is there is still delivered, and it returns when nothing is left or `give_up`.
  void run(const std::stop_token& stop);
  /// One round. Returns when the next one is due; nothing where there is nothing to do.
  std::optional<SteadyTime> step(Instant now);
  /// Any thread: no more attempts.
  void give_up();
  /// After `run`: counts what is left as `stopped`, names it in the log, returns how many lines that were.
  std::size_t abandon();

 private:
  void begin_next();
  void join_waiting();
  void settle();

  std::string name_;
  std::size_t hold_bytes_;
  std::unique_ptr<Sink> sink_;
  DeadLetter dead_letter_;
  Account& account_;
  const Clock& clock_;
  BatchDelivery delivery_;
  Batcher open_;  // the egress thread's
  std::function<void()> notify_ = [] {};
  std::atomic<std::size_t> held_bytes_{0};  // open, waiting and in delivery
  std::size_t delivering_bytes_ = 0;        // the sink thread's

  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<Batch> waiting_;           // guarded by mutex_
  std::vector<std::uint64_t> settled_;  // guarded by mutex_
  bool give_up_ = false;                // guarded by mutex_
  bool stopping_ = false;               // guarded by mutex_
};

}  // namespace gw
