#pragma once
// The bus inside one process, for tests: the same contract, and switches for everything that goes wrong.

#include <memory>
#include <vector>

#include "gateway/bus/bus.h"
#include "gateway/bus/inbox.h"

namespace gw {

/// Connected from the start. Thread-safe; subscriptions may outlive it.
class MemoryBus final : public Bus {
 public:
  explicit MemoryBus(Inbox::Limits limits = {});
  ~MemoryBus() override;
  MemoryBus(const MemoryBus&) = delete;
  MemoryBus& operator=(const MemoryBus&) = delete;

  Result<void> publish(const Frame& frame) override;
  Result<void> flush(Milliseconds timeout) override;
  Result<std::unique_ptr<Subscription>> subscribe(std::string_view subject, std::string_view queue) override;
  bool connected() const override;
  std::size_t refused_subscriptions() const override { return 0; }
  std::size_t payload_bytes_max() const override;
  std::optional<SteadyTime> connected_since() const override;
  void stop_receiving() override;
  void maintain(Instant now) override;

  /// The server goes away, or is back (since `since`). What was published and not flushed before it went is delivered,
  /// but the next flush does not know it.
  void connect(bool up, SteadyTime since = {});
  /// The next `count` publishes answer unavailable.
  void refuse_publishes(std::size_t count);
  /// The next `count` flushes answer unavailable.
  void refuse_flushes(std::size_t count);
  void set_payload_bytes_max(std::size_t bytes);

  /// What has been taken by `publish`, in order.
  std::vector<Frame> published() const;
  /// The tokens of what has been acknowledged, in order, of all subscriptions.
  std::vector<std::uint64_t> acknowledged() const;
  /// How often `maintain` has been called.
  std::size_t maintained() const;

 private:
  struct Core;
  class Subscriber;
  std::shared_ptr<Core> core_;
};

}  // namespace gw
