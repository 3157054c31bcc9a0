#include "gateway/pipeline/publisher.h"

#include <algorithm>
#include <utility>

#include "gateway/base/log.h"

namespace gw {
namespace {

/// One NATS payload. Big enough that the cost a message is small (64 KiB and more), small against the server's default
/// max_payload of 1 MiB.
constexpr std::size_t frame_bytes_max_default = 256 << 10;
/// What waits for the bus: about 600,000 lines, ten minutes of a thousand nodes with sixty metrics each minute.
constexpr std::size_t publisher_bytes_max = 64 << 20;
/// What is published before a flush: at most this much is sent twice when the connection breaks.
constexpr std::size_t round_bytes_max = 8 << 20;
constexpr Milliseconds flush_timeout{2'000};
constexpr Milliseconds away_wait{250};
constexpr Milliseconds failed_wait_max{5'000};
/// After an outage the other clients need a moment to subscribe again; what is published before is lost on core NATS.
constexpr Milliseconds settle_time{1'500};

void log_left_behind(const Frame& frame) {
  log::error("publish dropped=stopped subject={} first_line={}", frame.subject,
             log::value(std::string_view(frame.payload).substr(0, frame.payload.find('\n'))));
}

}  // namespace

Publisher::Publisher(Bus& bus, std::vector<Account*> sources, const Clock& clock)
    : bus_(bus), sources_(std::move(sources)), clock_(clock) {}

void Publisher::push(Frame frame) {
  const std::lock_guard lock(mutex_);
  frame.sequence = next_sequence_++;
  bytes_ += frame.payload.size();
  waiting_.push_back(std::move(frame));
  while (bytes_ > publisher_bytes_max && waiting_.size() > 1) {
    bytes_ -= waiting_.front().payload.size();
    drop(waiting_.front(), Reason::queue_full);
    waiting_.pop_front();
  }
  arrived_.notify_one();
}

std::size_t Publisher::frame_bytes_max() const {
  const std::size_t server = bus_.payload_bytes_max();
  return server == 0 ? frame_bytes_max_default : std::min(server, frame_bytes_max_default);
}

void Publisher::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    const std::lock_guard lock(mutex_);  // or the notice could come between the check and the wait
    arrived_.notify_all();
  });
  while (true) {
    const Milliseconds wait = step(clock_.now());
    std::unique_lock lock(mutex_);
    const bool empty = waiting_.empty() && offered_.empty();
    if (give_up_ || (stop.stop_requested() && empty)) return;
    if (wait.count() > 0)
      arrived_.wait_for(lock, wait, [this] { return give_up_; });
    else if (empty)
      arrived_.wait(lock, [&] { return give_up_ || stop.stop_requested() || !waiting_.empty(); });
  }
}

Milliseconds Publisher::step(Instant now) {
  const bool ready = settled(now);
  refill();
  if (offered_.empty()) return Milliseconds(0);
  if (!ready) return away_wait;
  return offer() ? Milliseconds(0) : std::max(away_wait, failed_wait_);
}

// Looked at also between ticks, so that a server that was restarted meanwhile is noticed. The connection that stands at
// the start is trusted: nothing of ours was waiting for it.
bool Publisher::settled(Instant now) {
  const auto since = bus_.connected_since();
  if (!std::exchange(looked_, true)) trusted_ = since;
  if (!since) {
    tell("not connected");
    return false;
  }
  if (trusted_ != since) {
    if (now.steady - *since < settle_time) return false;
    trusted_ = since;
  }
  return true;
}

void Publisher::refill() {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const Frame& frame : offered_) bytes += frame.payload.size();
  while (!waiting_.empty() && bytes < round_bytes_max) {
    bytes += waiting_.front().payload.size();
    offered_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
}

bool Publisher::offer() {
  // After a failure one frame asks whether it is over; the subscribers do not get everything again and again.
  const std::size_t whole = offered_.size();
  std::size_t sent = 0;
  while (sent < (failed_wait_.count() == 0 ? offered_.size() : std::min<std::size_t>(1, whole))) {
    const auto published = bus_.publish(offered_[sent]);
    if (published) {
      ++sent;
    } else if (published.error().kind == Error::Kind::rejected) {
      split(sent, published.error().text);
      if (offered_.empty()) return true;
    } else {
      tell(published.error().text);
      return false;
    }
  }
  if (const auto flushed = bus_.flush(flush_timeout); !flushed) {
    failed_wait_ = std::clamp(failed_wait_ * 2, away_wait, failed_wait_max);
    tell(flushed.error().text);
    return false;
  }
  failed_wait_ = Milliseconds(0);
  tell("");
  confirm(sent);
  return true;
}

void Publisher::confirm(std::size_t count) {
  std::size_t bytes = 0;
  for (; count > 0; --count) {
    bytes += offered_.front().payload.size();
    sources_[offered_.front().source]->out(offered_.front().lines);
    offered_.pop_front();
  }
  const std::lock_guard lock(mutex_);
  bytes_ -= bytes;
}

// The server takes less than it said when the frame was made (another server of the cluster, a new configuration): two
// frames stand in its place. A single line that is refused is dropped.
void Publisher::split(std::size_t i, std::string_view why) {
  Frame& whole = offered_[i];
  const std::size_t middle = whole.payload.find('\n', whole.payload.size() / 2) + 1;
  const std::size_t end = whole.lines < 2                 ? whole.payload.size()
                          : middle < whole.payload.size() ? middle
                                                          : whole.payload.rfind('\n', whole.payload.size() - 2) + 1;
  if (end == whole.payload.size()) {
    if (!std::exchange(too_large_told_, true))
      log::error("publish subject={} dropped=too_large bytes={} reason={} hint=\"told once; the rest is counted\"",
                 whole.subject, whole.payload.size(), log::value(why));
    drop(whole, Reason::too_large);
    const std::lock_guard lock(mutex_);
    bytes_ -= whole.payload.size();
    offered_.erase(offered_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
  Frame second = whole;
  second.payload.erase(0, end);
  second.lines = static_cast<std::uint32_t>(std::count(second.payload.begin(), second.payload.end(), '\n'));
  whole.payload.resize(end);
  whole.lines -= second.lines;
  {
    const std::lock_guard lock(mutex_);
    second.sequence = next_sequence_++;
  }
  offered_.insert(offered_.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(second));
}

std::size_t Publisher::abandon() {
  const std::lock_guard lock(mutex_);
  std::size_t lines = 0;
  for (std::deque<Frame>* frames : {&offered_, &waiting_}) {
    for (const Frame& frame : *frames) {
      if (lines == 0) log_left_behind(frame);
      lines += frame.lines;
      drop(frame, Reason::stopped);
    }
    frames->clear();
  }
  bytes_ = 0;
  return lines;
}

void Publisher::give_up() {
  const std::lock_guard lock(mutex_);
  give_up_ = true;
  arrived_.notify_all();
}

bool Publisher::idle() const {
  const std::lock_guard lock(mutex_);
  return bytes_ == 0;
}

void Publisher::drop(const Frame& frame, Reason reason) { sources_[frame.source]->drop(reason, frame.lines); }

void Publisher::tell(std::string trouble) {
  if (trouble == trouble_) return;
  if (trouble.empty())
    log::info("publish state=up");
  else
    log::warn("publish state=waiting reason={} hold=\"frames are kept and offered again\"", log::value(trouble));
  trouble_ = std::move(trouble);
}

}  // namespace gw
