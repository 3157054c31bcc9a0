#pragma once
// Private to gateway/bus: one connection of cnats.

#include <nats/nats.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/base/result.h"
#include "gateway/bus/inbox.h"
#include "gateway/bus/nats_options.h"
#include "gateway/bus/nats_watch.h"

namespace gw {

/// What a connection subscribes to, and where the messages go.
struct NatsInterest {
  std::string subject;
  std::string queue;  ///< empty: a plain subscription
  std::shared_ptr<Inbox> inbox;
};

/// One connection from connect to close. cnats repairs it after most losses (then it also subscribes again, before it
/// lets new publishes out); what cnats gives up is replaced by a new NatsConnection. Thread-safe.
class NatsConnection {
 public:
  /// Tries each server once, at most 2 s each. unavailable: none took us. invalid: a setting cannot be used.
  static Result<std::shared_ptr<NatsConnection>> open(NatsOptions options, std::shared_ptr<NatsWatch> watch);
  ~NatsConnection();
  NatsConnection(const NatsConnection&) = delete;
  NatsConnection& operator=(const NatsConnection&) = delete;

  natsConnection* handle() const { return handle_; }
  std::uint64_t generation() const { return generation_; }
  /// How often cnats has repaired it.
  std::uint64_t reconnects() const;

  Result<void> subscribe(std::uint64_t id, const NatsInterest& interest);
  void unsubscribe(std::uint64_t id);
  /// Unsubscribes all, and waits (up to 2 s) until what was under way has arrived in the inboxes.
  void drain();

 private:
  using Subscription = std::shared_ptr<natsSubscription>;

  NatsConnection(std::shared_ptr<NatsWatch> watch, std::uint64_t generation, natsConnection* handle);

  std::shared_ptr<NatsWatch> watch_;
  std::uint64_t generation_;
  natsConnection* handle_;
  std::mutex mutex_;  // never held while the library is called
  std::map<std::uint64_t, Subscription> subscriptions_;
};

}  // namespace gw
