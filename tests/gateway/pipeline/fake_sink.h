#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>

#include "gateway/sinks/sink.h"

/// A sink that keeps what it gets and refuses on demand. Thread-safe.
class FakeSink final : public gw::Sink {
 public:
  gw::Verdict attempt(std::string_view lines) override {
    const std::lock_guard lock(mutex_);
    ++attempts_;
    changed_.notify_all();
    if (down_) return {gw::Reaction::hold, "down", gw::Milliseconds(1)};
    if (!poison_.empty() && lines.find(poison_) != std::string_view::npos) return {gw::Reaction::bisect, "poison", {}};
    text_ += lines;
    return {gw::Reaction::written, "", {}};
  }
  void interrupt() override {}

  void set_down(bool down) {
    const std::lock_guard lock(mutex_);
    down_ = down;
  }
  void set_poison(std::string poison) {
    const std::lock_guard lock(mutex_);
    poison_ = std::move(poison);
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }
  /// False where it took longer than a minute.
  bool wait_attempts(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return attempts_ >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool down_ = false;
  std::string poison_;
  std::string text_;
  int attempts_ = 0;
};
