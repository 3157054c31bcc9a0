#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ledger.h"
#include "gateway/bus/bus.h"
#include "gateway/sources/source.h"

namespace gw {

/// Frames of all sources on their way to the bus. A frame is published when the server has answered the flush that
/// followed it; until then it stays here and is offered again. While the bus is away it holds up to
/// `publisher_bytes_max`; beyond that the oldest frames are dropped (queue_full), the newest data is worth most.
/// `push` from the ingress thread, `run` on a thread of its own (publishing may block on the network).
class Publisher final : public FrameQueue {
 public:
  Publisher(Bus& bus, std::vector<Account*> sources, const Clock& clock);

  void push(Frame frame) override;
  std::size_t frame_bytes_max() const override;

  /// Publishes until `stop`. Then goes on until nothing is left or `give_up` was called.
  void run(const std::stop_token& stop);
  /// One round: what waits is published and flushed. Returns how long to wait before the next one.
  Milliseconds step(Instant now);
  /// Gives up what is left: it is counted as `stopped`. Returns how many lines that were. After `run` has ended.
  std::size_t abandon();
  bool idle() const;
  /// Makes `run` return although frames are left.
  void give_up();

 private:
  void refill();
  bool settled(Instant now);
  bool offer();
  void confirm(std::size_t count);
  void split(std::size_t i, std::string_view why);
  void drop(const Frame& frame, Reason reason);
  void tell(std::string trouble);

  Bus& bus_;
  std::vector<Account*> sources_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<Frame> waiting_;        // guarded by mutex_
  std::size_t bytes_ = 0;            // guarded by mutex_: of waiting_ and offered_
  bool give_up_ = false;             // guarded by mutex_
  std::uint64_t next_sequence_ = 1;  // guarded by mutex_

  std::deque<Frame> offered_;  // the run thread's: taken from waiting_, not yet confirmed
  std::string trouble_;
  bool looked_ = false;                // at the bus, for the first time
  std::optional<SteadyTime> trusted_;  // begin of the connection on which the peers are known to be back
  Milliseconds failed_wait_{0};        // after a flush that failed: 0 = the last one did not
  bool too_large_told_ = false;
};

}  // namespace gw
