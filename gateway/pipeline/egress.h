#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <vector>

#include "codecs/line_protocol.h"
#include "gateway/base/ledger.h"
#include "gateway/bus/bus.h"
#include "gateway/pipeline/accept.h"
#include "gateway/pipeline/lane.h"
#include "gateway/pipeline/routing.h"

namespace gw {

/// The subscriber: reads frames from the bus, takes their lines through the rules, makes them acceptable, gives each
/// line to every sink's lane, and acknowledges a frame when all lanes are done with its lines. While a lane is full the
/// bus is not read. Driven by one thread.
class Egress {
 public:
  Egress(std::vector<std::unique_ptr<Subscription>> subscriptions, std::vector<std::unique_ptr<Lane>>& lanes,
         Routing& routing, Acceptor acceptor, Ledger& ledger, const Clock& clock);

  /// Until `stop`. Then what the bus has already delivered is still read, batches are closed, and it returns; earlier
  /// where `give_up` was called.
  void run(const std::stop_token& stop);
  /// One round: settlements, due batches, at most one delivery for which it waits up to `wait`. True where there was
  /// one.
  bool step(Milliseconds wait);
  void give_up();
  /// `run` has returned, or is about to. Any thread.
  bool ended() const { return ended_; }
  /// Deliveries that are not yet acknowledged. The egress thread, or after `run` has returned.
  std::size_t outstanding() const { return outstanding_.size(); }
  /// Messages that wait in the bus client.
  std::uint64_t pending() const;

 private:
  /// A delivery from the bus that is not yet acknowledged.
  struct Origin {
    std::optional<std::size_t> subscription;  ///< none: its lines were made here
    std::uint64_t token = 0;
    std::size_t shares = 0;  ///< batches that hold lines of it, and one while it is being taken apart
  };

  bool a_lane_is_full();
  void settle();
  void release(std::uint64_t frame);
  bool read_one(Milliseconds wait);
  void take(std::size_t subscription, const Received& received);
  void route_line(const codecs::Line& line);
  void take_routed(std::uint64_t frame, Instant now);
  void take_line(const codecs::Line& line, std::uint64_t frame, Instant now);
  void take_made(const router::Made& made, Instant now);
  void drop_line(std::string_view text, Reason reason, std::string_view detail);
  Milliseconds until_due(Milliseconds wait) const;
  void count_lost();

  std::vector<std::unique_ptr<Subscription>> subscriptions_;
  std::vector<std::unique_ptr<Lane>>& lanes_;
  Routing& routing_;
  Acceptor acceptor_;
  codecs::LineDecoder decoder_{{.lenient = true}};
  codecs::LineDecoder routed_decoder_{{.lenient = true}};
  Ledger& ledger_;
  const Clock& clock_;

  std::unordered_map<std::uint64_t, Origin> outstanding_;
  std::uint64_t next_frame_ = 1;
  std::size_t next_subscription_ = 0;  // served in turn
  SteadyTime next_look_{};             // at the intervals of aggregates
  bool was_full_ = false;
  std::array<bool, reason_count> told_{};  // reasons of which one line was logged

  std::mutex mutex_;
  std::condition_variable_any settled_;
  bool something_settled_ = false;  // guarded by mutex_
  std::atomic<bool> give_up_{false};
  std::atomic<bool> ended_{false};
};

}  // namespace gw
