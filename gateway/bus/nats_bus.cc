#include "gateway/bus/nats_bus.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include "gateway/base/log.h"
#include "gateway/bus/inbox.h"
#include "gateway/bus/nats_connection.h"
#include "subjects/subject.h"

namespace gw {
namespace {

// A login that is refused is tried again after 1, 2, 4, 8, 8 … s: soon enough after the secret was corrected, and not
// so often that the server's log fills.
constexpr Seconds first_back_off{1};
constexpr Seconds last_back_off{8};
/// An error of the server comes before the answer to a flush, its callback from another thread soon after.
constexpr Milliseconds refusal_wait{100};

/// The current connection, and what each new one has to subscribe to. Shared by the bus and its subscriptions.
class Roster {
 public:
  std::shared_ptr<NatsConnection> connection() const {
    const std::scoped_lock lock(mutex_);
    return connection_;
  }

  std::uint64_t add(NatsInterest interest) {
    std::shared_ptr<NatsConnection> connection;
    std::uint64_t id = 0;
    {
      const std::scoped_lock lock(mutex_);
      id = ++last_id_;
      interests_.emplace(id, interest);
      connection = connection_;
    }
    if (connection) subscribe(*connection, id, interest);
    return id;
  }

  void remove(std::uint64_t id) {
    std::shared_ptr<NatsConnection> connection;
    {
      const std::scoped_lock lock(mutex_);
      interests_.erase(id);
      connection = connection_;
    }
    if (connection) connection->unsubscribe(id);
  }

  /// Subscribes `fresh` to everything and puts it in the place of the current connection.
  void replace(const std::shared_ptr<NatsConnection>& fresh) {
    std::map<std::uint64_t, NatsInterest> interests;
    {
      const std::scoped_lock lock(mutex_);
      if (!stopped_) interests = interests_;
    }
    for (const auto& [id, interest] : interests) subscribe(*fresh, id, interest);
    std::shared_ptr<NatsConnection> old = fresh;
    bool stopped = false;
    {
      const std::scoped_lock lock(mutex_);
      connection_.swap(old);
      stopped = stopped_;
    }
    if (stopped) fresh->drain();
  }

  void stop() {
    std::shared_ptr<NatsConnection> connection;
    std::map<std::uint64_t, NatsInterest> interests;
    {
      const std::scoped_lock lock(mutex_);
      stopped_ = true;
      connection = connection_;
      interests = interests_;
    }
    if (connection) connection->drain();
    for (const auto& [id, interest] : interests) interest.inbox->close();
  }

  /// Ends the connection; the subscriptions keep what they have.
  void end() {
    stop();
    std::shared_ptr<NatsConnection> old;
    const std::scoped_lock lock(mutex_);
    connection_.swap(old);
  }

 private:
  /// What a connection refuses because it was closed this moment, the next one takes.
  static void subscribe(NatsConnection& connection, std::uint64_t id, const NatsInterest& interest) {
    if (const auto done = connection.subscribe(id, interest); !done)
      log::warn("bus=nats state=error reason={}", log::value(done.error().text));
  }

  mutable std::mutex mutex_;  // never held while the library is called
  std::shared_ptr<NatsConnection> connection_;
  std::map<std::uint64_t, NatsInterest> interests_;
  std::uint64_t last_id_ = 0;
  bool stopped_ = false;
};

class NatsSubscription final : public Subscription {
 public:
  NatsSubscription(std::shared_ptr<Roster> roster, NatsInterest interest)
      : roster_(std::move(roster)), inbox_(interest.inbox), id_(roster_->add(std::move(interest))) {}
  ~NatsSubscription() override { roster_->remove(id_); }
  NatsSubscription(const NatsSubscription&) = delete;
  NatsSubscription& operator=(const NatsSubscription&) = delete;

  std::optional<Received> next(Milliseconds wait) override {
    std::optional<Received> delivery = inbox_->next(wait);
    if (delivery) delivery->token = ++last_token_;
    return delivery;
  }
  void acknowledge(std::uint64_t /*token*/) override {}
  std::uint64_t lost() const override { return inbox_->lost(); }
  std::uint64_t pending() const override { return inbox_->pending(); }

 private:
  std::shared_ptr<Roster> roster_;
  std::shared_ptr<Inbox> inbox_;
  std::uint64_t id_;
  std::uint64_t last_token_ = 0;
};

class NatsBus final : public Bus {
 public:
  NatsBus(config::Nats nats, std::string_view producer)
      : nats_(std::move(nats)), producer_(producer), boot_(fmt::format("{:016x}", random_boot())) {}
  ~NatsBus() override {
    watch_->end();
    roster_->end();
  }
  NatsBus(const NatsBus&) = delete;
  NatsBus& operator=(const NatsBus&) = delete;

  /// The settings with the secrets as they are now.
  Result<NatsOptions> options() { return nats_options(nats_, "cc-gateway/" + producer_); }
  /// Makes a new connection in the place of the old one.
  Result<void> connect(NatsOptions options);

  Result<void> publish(const Frame& frame) override;
  Result<void> flush(Milliseconds timeout) override;
  Result<std::unique_ptr<Subscription>> subscribe(std::string_view subject, std::string_view queue) override;
  bool connected() const override { return watch_->up(); }
  std::size_t refused_subscriptions() const override { return watch_->refused_subscriptions(); }
  std::size_t payload_bytes_max() const override { return watch_->payload_bytes_max(); }
  std::optional<SteadyTime> connected_since() const override { return watch_->up_since(); }
  void stop_receiving() override { roster_->stop(); }
  void maintain(Instant now) override;

 private:
  /// One TCP connection among all that the bus has had.
  struct Epoch {
    std::uint64_t generation = 0;
    std::uint64_t reconnects = 0;
    friend bool operator==(const Epoch&, const Epoch&) = default;
  };
  static Epoch epoch_of(const NatsConnection& connection) {
    return {.generation = connection.generation(), .reconnects = connection.reconnects()};
  }
  static std::uint64_t random_boot() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
  }
  std::unexpected<Error> away() const { return unavailable("not connected to NATS: " + watch_->reason()); }
  natsStatus send(natsConnection* handle, const Frame& frame) const;

  config::Nats nats_;
  const std::string producer_;
  const std::string boot_;
  std::shared_ptr<NatsWatch> watch_ = std::make_shared<NatsWatch>();
  std::shared_ptr<Roster> roster_ = std::make_shared<Roster>();

  // Of the publishing thread.
  std::optional<Epoch> unflushed_;  // of the first publish since the last flush
  std::uint64_t refused_seen_ = 0;

  // Of the maintaining thread.
  SteadyTime next_try_;
  Seconds back_off_ = first_back_off;
};

Result<void> NatsBus::connect(NatsOptions options) {
  GW_TRY(const auto connection, NatsConnection::open(std::move(options), watch_));
  roster_->replace(connection);
  return {};
}

natsStatus NatsBus::send(natsConnection* handle, const Frame& frame) const {
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, frame.subject.c_str(), nullptr, frame.payload.data(),
                                     static_cast<int>(frame.payload.size()));
  if (status != NATS_OK) return status;
  const std::unique_ptr<natsMsg, decltype(&natsMsg_Destroy)> message(raw, natsMsg_Destroy);
  const std::pair<const char*, std::string> headers[] = {
      {"Ccgw-Producer", producer_},
      {"Ccgw-Boot", boot_},
      {"Ccgw-Sequence", std::to_string(frame.sequence)},
      {"Ccgw-Lines", std::to_string(frame.lines)},
  };
  for (const auto& [name, value] : headers) {
    status = natsMsgHeader_Set(raw, name, value.c_str());
    if (status != NATS_OK) return status;
  }
  return natsConnection_PublishMsg(handle, raw);
}

Result<void> NatsBus::publish(const Frame& frame) {
  // cnats sends any subject as it is: one with a blank makes the server hang up, one with a line end is an order to it.
  if (const std::string_view problem = subjects::subject_problem(frame.subject); !problem.empty())
    return rejected(fmt::format("the subject {} {}", log::value(frame.subject), problem));
  const std::shared_ptr<NatsConnection> connection = roster_->connection();
  if (!connection || !watch_->up()) return away();
  if (frame.payload.size() > payload_bytes_max())
    return rejected(
        fmt::format("{} bytes are over the {} that the NATS server takes", frame.payload.size(), payload_bytes_max()));
  if (!unflushed_) unflushed_ = epoch_of(*connection);
  const natsStatus status = send(connection->handle(), frame);
  if (status == NATS_OK) return {};
  if (status == NATS_MAX_PAYLOAD)
    return rejected(fmt::format("{} bytes are over what the NATS server takes", frame.payload.size()));
  return unavailable(fmt::format("cannot publish on NATS: {}", natsStatus_GetText(status)));
}

Result<void> NatsBus::flush(Milliseconds timeout) {
  const std::optional<Epoch> from = std::exchange(unflushed_, std::nullopt);
  const std::shared_ptr<NatsConnection> connection = roster_->connection();
  if (!connection || !watch_->up()) return away();
  const natsStatus status =
      natsConnection_FlushTimeout(connection->handle(), std::max<std::int64_t>(1, timeout.count()));
  if (status != NATS_OK) return unavailable(fmt::format("NATS did not answer: {}", natsStatus_GetText(status)));
  // The new TCP connection knows nothing of what was under way on the one before it.
  if (from && *from != epoch_of(*connection)) return unavailable("the connection to NATS was lost after the publish");

  const char* ignored = nullptr;
  if (natsConnection_GetLastError(connection->handle(), &ignored) != NATS_NOT_PERMITTED) return {};
  const std::optional<std::string> refused = watch_->refused_publish(refused_seen_, refusal_wait);
  refused_seen_ = watch_->refused_publishes();
  if (!refused) return {};
  return unavailable(
      fmt::format("the NATS server does not let this user publish on '{}': give it the permissions that "
                  "'cc-gateway subjects' prints for its role",
                  *refused));
}

Result<std::unique_ptr<Subscription>> NatsBus::subscribe(std::string_view subject, std::string_view queue) {
  if (const std::string_view problem = subjects::pattern_problem(subject); !problem.empty())
    return invalid(fmt::format("the subject {} {}", log::value(subject), problem));
  if (const std::string_view problem = subjects::token_problem(queue); !queue.empty() && !problem.empty())
    return invalid(fmt::format("the queue group {} {}", log::value(queue), problem));
  return std::make_unique<NatsSubscription>(roster_, NatsInterest{.subject = std::string(subject),
                                                                  .queue = std::string(queue),
                                                                  .inbox = std::make_shared<Inbox>(Inbox::Limits{})});
}

void NatsBus::maintain(Instant now) {
  if (!watch_->closed()) {
    if (watch_->up()) back_off_ = first_back_off;
    return;
  }
  if (now.steady < next_try_) return;
  if (auto fresh = options()) {
    [[maybe_unused]] const Result<void> recorded = connect(*std::move(fresh));  // and logged, by the watch
  } else {
    watch_->failed(watch_->begin(), fresh.error().text);
  }
  next_try_ = now.steady + back_off_;
  back_off_ = std::min(back_off_ * 2, last_back_off);
}

}  // namespace

Result<std::unique_ptr<Bus>> connect_nats(const config::Nats& nats, std::string_view producer) {
  // It becomes a header of each message.
  if (const std::string_view problem = subjects::subject_problem(producer); !problem.empty())
    return invalid(fmt::format("the producer {} {}", log::value(producer), problem));
  auto bus = std::make_unique<NatsBus>(nats, producer);
  GW_TRY(NatsOptions options, bus->options());
  const Result<void> first = bus->connect(std::move(options));
  if (!first && first.error().kind == Error::Kind::invalid) return std::unexpected(first.error());
  return bus;
}

}  // namespace gw
