#include "gateway/pipeline/lane.h"

#include <algorithm>
#include <random>
#include <utility>

#include "gateway/base/log.h"

namespace gw {
namespace {

/// How often a sink is asked whether it wants to try before its back-off ends (a new token on disk).
constexpr Milliseconds ask_sink_every{500};

}  // namespace

Lane::Lane(const config::Sink& settings, std::unique_ptr<Sink> sink, const std::filesystem::path& dead_letters,
           Account& account, const Clock& clock)
    : name_(settings.name),
      hold_bytes_(settings.hold_bytes),
      sink_(std::move(sink)),
      dead_letter_(dead_letters / (settings.name + ".lp"), settings.dead_letter_bytes),
      account_(account),
      clock_(clock),
      delivery_(settings.name, *sink_, dead_letter_, account, std::random_device()()),
      open_(settings.batch_bytes, settings.batch_age) {}

bool Lane::add(std::string_view line, std::string_view host, std::uint64_t frame, SteadyTime now) {
  if (open_.full(line)) close();
  account_.in();
  held_bytes_ += line.size();
  return open_.add(line, host, frame, now);
}

void Lane::close_due(SteadyTime now) {
  if (const auto due = open_.due(); due && *due <= now) close();
}

void Lane::close() {
  if (open_.empty()) return;
  Batch batch = open_.take();
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(batch));
  arrived_.notify_one();
}

std::vector<std::uint64_t> Lane::take_settled() {
  const std::lock_guard lock(mutex_);
  return std::exchange(settled_, {});
}

void Lane::run(const std::stop_token& stop) {
  const std::stop_callback on_stop(stop, [this] {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    arrived_.notify_all();
  });
  while (true) {
    const std::optional<SteadyTime> due = step(clock_.now());
    std::unique_lock lock(mutex_);
    if (give_up_) return;
    if (!due) {
      if (stopping_ && waiting_.empty()) return;
      arrived_.wait(lock, [this] { return give_up_ || stopping_ || !waiting_.empty(); });
      continue;
    }
    const SteadyTime now = clock_.now().steady;
    if (*due > now) {
      const bool was_stopping = stopping_;
      arrived_.wait_for(lock, std::min<SteadyTime::duration>(*due - now, ask_sink_every),
                        [&] { return give_up_ || stopping_ != was_stopping; });
    }
  }
}

std::optional<SteadyTime> Lane::step(Instant now) {
  if (delivery_.idle()) begin_next();
  if (delivery_.idle()) return std::nullopt;
  {
    // The end is near: no back-off keeps a batch from its last chance.
    const std::lock_guard lock(mutex_);
    if (stopping_) delivery_.hurry(now);
  }
  const SteadyTime due = delivery_.step(now);
  if (!delivery_.idle()) return due;
  settle();
  return now.steady;
}

void Lane::begin_next() {
  std::unique_lock lock(mutex_);
  if (waiting_.empty()) return;
  Batch batch = std::move(waiting_.front());
  waiting_.pop_front();
  lock.unlock();
  delivering_bytes_ = batch.text.size();
  delivery_.begin(std::move(batch));
}

void Lane::settle() {
  const std::vector<std::uint64_t> frames = delivery_.settle();
  {
    const std::lock_guard lock(mutex_);
    settled_.insert(settled_.end(), frames.begin(), frames.end());
  }
  held_bytes_ -= std::exchange(delivering_bytes_, 0);
  notify_();
}

void Lane::give_up() {
  sink_->interrupt();
  const std::lock_guard lock(mutex_);
  give_up_ = true;
  arrived_.notify_all();
}

void Lane::join_waiting() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return;
  Batch all;
  for (const Batch& batch : waiting_) {
    for (const std::uint32_t end : batch.ends) all.ends.push_back(static_cast<std::uint32_t>(all.text.size()) + end);
    all.text += batch.text;
    all.frames.insert(all.frames.end(), batch.frames.begin(), batch.frames.end());
  }
  waiting_.clear();
  waiting_.push_back(std::move(all));
}

std::size_t Lane::abandon() {
  std::size_t lines = 0;
  close();
  join_waiting();  // one line in the log for all of them, not one each
  for (;;) {
    if (delivery_.idle()) begin_next();
    if (delivery_.idle()) return lines;
    lines += delivery_.abandon();
    settle();
  }
}

}  // namespace gw
