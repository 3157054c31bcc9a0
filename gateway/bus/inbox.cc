#include "gateway/bus/inbox.h"

#include <utility>

namespace gw {

bool Inbox::push(Received delivery) {
  const std::scoped_lock lock(mutex_);
  const std::size_t bytes = delivery.payload.size();
  if (closed_ || waiting_.size() >= limits_.messages || bytes > limits_.bytes - bytes_) {
    ++lost_;
    return false;
  }
  bytes_ += bytes;
  waiting_.push_back(std::move(delivery));
  arrived_.notify_one();
  return true;
}

std::optional<Received> Inbox::next(Milliseconds wait) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, wait, [this] { return closed_ || !waiting_.empty(); });
  if (waiting_.empty()) return std::nullopt;
  Received oldest = std::move(waiting_.front());
  waiting_.pop_front();
  bytes_ -= oldest.payload.size();
  return oldest;
}

void Inbox::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  arrived_.notify_all();
}

std::uint64_t Inbox::lost() const {
  const std::scoped_lock lock(mutex_);
  return lost_;
}

std::uint64_t Inbox::pending() const {
  const std::scoped_lock lock(mutex_);
  return waiting_.size();
}

}  // namespace gw
