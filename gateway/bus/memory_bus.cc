#include "gateway/bus/memory_bus.h"

#include <fmt/core.h>

#include <map>
#include <mutex>
#include <utility>

#include "gateway/base/log.h"
#include "subjects/subject.h"

namespace gw {
namespace {

/// What a server with the default max_payload leaves for payloads.
constexpr std::size_t default_payload_bytes_max = (1 << 20) - 1024;

struct Member {
  std::uint64_t id = 0;
  std::string pattern;
  std::string queue;
  std::shared_ptr<Inbox> inbox;
};

}  // namespace

struct MemoryBus::Core {
  explicit Core(Inbox::Limits inbox_limits) : limits(inbox_limits) {}

  const Inbox::Limits limits;
  std::mutex mutex;
  bool up = true;
  SteadyTime since;
  bool stopped = false;
  std::size_t refused_publishes = 0;
  std::size_t refused_flushes = 0;
  std::size_t payload_bytes_max = default_payload_bytes_max;
  bool unflushed = false;
  bool lost = false;  // what was published before the connection was lost
  std::vector<Member> members;
  std::map<std::string, std::size_t> turns;  // of each queue group
  std::vector<Frame> published;
  std::vector<std::uint64_t> acknowledged;
  std::size_t maintained = 0;
  std::uint64_t last_id = 0;
  std::uint64_t last_token = 0;

  /// To every plain subscription, and to one member of each queue group in turn. Requires the lock.
  void deliver(const Frame& frame) {
    std::map<std::string, std::vector<const Member*>> groups;
    for (const Member& member : members) {
      if (!subjects::matches(member.pattern, frame.subject)) continue;
      if (member.queue.empty()) {
        hand_over(member, frame);
      } else {
        groups[member.queue].push_back(&member);
      }
    }
    for (const auto& [queue, group] : groups) hand_over(*group[turns[queue]++ % group.size()], frame);
  }

  void hand_over(const Member& member, const Frame& frame) {
    member.inbox->push({.subject = frame.subject, .payload = frame.payload, .token = ++last_token});
  }
};

class MemoryBus::Subscriber final : public Subscription {
 public:
  Subscriber(std::shared_ptr<Core> core, std::shared_ptr<Inbox> inbox, std::uint64_t id)
      : core_(std::move(core)), inbox_(std::move(inbox)), id_(id) {}
  ~Subscriber() override {
    const std::scoped_lock lock(core_->mutex);
    std::erase_if(core_->members, [this](const Member& member) { return member.id == id_; });
  }
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  std::optional<Received> next(Milliseconds wait) override { return inbox_->next(wait); }
  void acknowledge(std::uint64_t token) override {
    const std::scoped_lock lock(core_->mutex);
    core_->acknowledged.push_back(token);
  }
  std::uint64_t lost() const override { return inbox_->lost(); }
  std::uint64_t pending() const override { return inbox_->pending(); }

 private:
  std::shared_ptr<Core> core_;
  std::shared_ptr<Inbox> inbox_;
  std::uint64_t id_;
};

MemoryBus::MemoryBus(Inbox::Limits limits) : core_(std::make_shared<Core>(limits)) {}

MemoryBus::~MemoryBus() { stop_receiving(); }

Result<void> MemoryBus::publish(const Frame& frame) {
  if (const std::string_view problem = subjects::subject_problem(frame.subject); !problem.empty())
    return rejected(fmt::format("the subject {} {}", log::value(frame.subject), problem));
  const std::scoped_lock lock(core_->mutex);
  if (!core_->up) return unavailable("not connected to the bus");
  if (frame.payload.size() > core_->payload_bytes_max)
    return rejected(
        fmt::format("{} bytes are over the {} that the bus takes", frame.payload.size(), core_->payload_bytes_max));
  if (core_->refused_publishes > 0) {
    --core_->refused_publishes;
    return unavailable("refused by the test");
  }
  core_->unflushed = true;
  core_->published.push_back(frame);
  core_->deliver(frame);
  return {};
}

Result<void> MemoryBus::flush(Milliseconds /*timeout*/) {
  const std::scoped_lock lock(core_->mutex);
  core_->unflushed = false;
  const bool lost = std::exchange(core_->lost, false);
  if (!core_->up) return unavailable("not connected to the bus");
  if (lost) return unavailable("the connection was lost after the publish");
  if (core_->refused_flushes > 0) {
    --core_->refused_flushes;
    return unavailable("refused by the test");
  }
  return {};
}

Result<std::unique_ptr<Subscription>> MemoryBus::subscribe(std::string_view subject, std::string_view queue) {
  if (const std::string_view problem = subjects::pattern_problem(subject); !problem.empty())
    return invalid(fmt::format("the subject {} {}", log::value(subject), problem));
  if (const std::string_view problem = subjects::token_problem(queue); !queue.empty() && !problem.empty())
    return invalid(fmt::format("the queue group {} {}", log::value(queue), problem));
  auto inbox = std::make_shared<Inbox>(core_->limits);
  const std::scoped_lock lock(core_->mutex);
  const std::uint64_t id = ++core_->last_id;
  if (!core_->stopped) core_->members.push_back({id, std::string(subject), std::string(queue), inbox});
  return std::make_unique<Subscriber>(core_, std::move(inbox), id);
}

bool MemoryBus::connected() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->up;
}

std::size_t MemoryBus::payload_bytes_max() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->payload_bytes_max;
}

std::optional<SteadyTime> MemoryBus::connected_since() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->up ? std::optional(core_->since) : std::nullopt;
}

void MemoryBus::stop_receiving() {
  const std::scoped_lock lock(core_->mutex);
  core_->stopped = true;
  for (const Member& member : core_->members) member.inbox->close();
  core_->members.clear();
}

void MemoryBus::maintain(Instant /*now*/) {
  const std::scoped_lock lock(core_->mutex);
  ++core_->maintained;
}

void MemoryBus::connect(bool up, SteadyTime since) {
  const std::scoped_lock lock(core_->mutex);
  if (!up && core_->unflushed) core_->lost = true;
  core_->up = up;
  core_->since = since;
}

void MemoryBus::refuse_publishes(std::size_t count) {
  const std::scoped_lock lock(core_->mutex);
  core_->refused_publishes = count;
}

void MemoryBus::refuse_flushes(std::size_t count) {
  const std::scoped_lock lock(core_->mutex);
  core_->refused_flushes = count;
}

void MemoryBus::set_payload_bytes_max(std::size_t bytes) {
  const std::scoped_lock lock(core_->mutex);
  core_->payload_bytes_max = bytes;
}

std::vector<Frame> MemoryBus::published() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->published;
}

std::vector<std::uint64_t> MemoryBus::acknowledged() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->acknowledged;
}

std::size_t MemoryBus::maintained() const {
  const std::scoped_lock lock(core_->mutex);
  return core_->maintained;
}

}  // namespace gw
