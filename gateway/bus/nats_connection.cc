#include "gateway/bus/nats_connection.h"

#include <fmt/core.h>

#include <utility>
#include <vector>

namespace gw {
namespace {

constexpr int drain_timeout_ms = 2'000;

/// What the library hands back with each message; freed by its last callback of the subscription.
struct Receiver {
  std::shared_ptr<Inbox> inbox;
  std::shared_ptr<NatsWatch> watch;
};

/// Takes messages off the library at once: at 3.4.1 what still waits inside a subscription is lost, uncounted, when
/// the connection is closed.
void on_message(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsMsg* message, void* closure) {
  const Receiver& receiver = *static_cast<const Receiver*>(closure);
  const auto size = static_cast<std::size_t>(natsMsg_GetDataLength(message));
  Received delivery{.subject = natsMsg_GetSubject(message),
                    .payload = size == 0 ? std::string() : std::string(natsMsg_GetData(message), size)};
  natsMsg_Destroy(message);
  const std::string subject = delivery.subject;
  if (!receiver.inbox->push(std::move(delivery))) receiver.watch->lost(subject, receiver.inbox->lost());
}

void on_complete(void* closure) { delete static_cast<Receiver*>(closure); }

bool is_setting(natsStatus status) {
  return status == NATS_INVALID_ARG || status == NATS_ADDRESS_MISSING || status == NATS_NOT_FOUND;
}

}  // namespace

Result<std::shared_ptr<NatsConnection>> NatsConnection::open(NatsOptions options, std::shared_ptr<NatsWatch> watch) {
  const std::uint64_t generation = watch->begin();
  NatsCallbacks* const callbacks = set_callbacks(options.get(), watch, generation);
  natsConnection* handle = nullptr;
  const natsStatus status = natsConnection_Connect(&handle, options.get());
  if (status != NATS_OK) {
    std::string text = last_error_text(status);
    forget_callbacks(callbacks);
    watch->failed(generation, text);
    if (is_setting(status)) return invalid("[nats] url: " + text);
    return unavailable(std::move(text));
  }
  watch->opened(generation, peer_of(handle));
  return std::shared_ptr<NatsConnection>(new NatsConnection(std::move(watch), generation, handle));
}

NatsConnection::NatsConnection(std::shared_ptr<NatsWatch> watch, std::uint64_t generation, natsConnection* handle)
    : watch_(std::move(watch)), generation_(generation), handle_(handle) {}

NatsConnection::~NatsConnection() {
  subscriptions_.clear();
  natsConnection_Destroy(handle_);
}

std::uint64_t NatsConnection::reconnects() const {
  natsStatistics* raw = nullptr;
  if (natsStatistics_Create(&raw) != NATS_OK) return 0;
  const std::unique_ptr<natsStatistics, decltype(&natsStatistics_Destroy)> statistics(raw, natsStatistics_Destroy);
  std::uint64_t ignored = 0;
  std::uint64_t count = 0;
  natsConnection_GetStats(handle_, raw);
  natsStatistics_GetCounts(raw, &ignored, &ignored, &ignored, &ignored, &count);
  return count;
}

Result<void> NatsConnection::subscribe(std::uint64_t id, const NatsInterest& interest) {
  auto receiver = std::make_unique<Receiver>(interest.inbox, watch_);
  natsSubscription* raw = nullptr;
  const natsStatus status =
      interest.queue.empty()
          ? natsConnection_Subscribe(&raw, handle_, interest.subject.c_str(), on_message, receiver.get())
          : natsConnection_QueueSubscribe(&raw, handle_, interest.subject.c_str(), interest.queue.c_str(), on_message,
                                          receiver.get());
  if (status != NATS_OK)
    return unavailable(fmt::format("cannot subscribe to '{}': {}", interest.subject, last_error_text(status)));
  Subscription subscription(raw, natsSubscription_Destroy);
  Receiver* const owned = receiver.release();
  // Refused only where the connection was closed this moment; then a message may be on its way to the receiver, and
  // its few bytes are left rather than freed under it.
  natsSubscription_SetOnCompleteCB(raw, on_complete, owned);
  const std::scoped_lock lock(mutex_);
  subscriptions_[id] = std::move(subscription);
  return {};
}

void NatsConnection::unsubscribe(std::uint64_t id) {
  Subscription subscription;  // ends after the lock: this writes to the server
  const std::scoped_lock lock(mutex_);
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end()) return;
  subscription = std::move(found->second);
  subscriptions_.erase(found);
}

void NatsConnection::drain() {
  std::vector<Subscription> all;
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [id, subscription] : subscriptions_) all.push_back(std::move(subscription));
    subscriptions_.clear();
  }
  // A server that is away has nothing under way, and would let each drain wait in vain.
  if (!watch_->up()) return;
  for (const Subscription& subscription : all) natsSubscription_DrainTimeout(subscription.get(), drain_timeout_ms);
  for (const Subscription& subscription : all)
    natsSubscription_WaitForDrainCompletion(subscription.get(), drain_timeout_ms);
}

}  // namespace gw
