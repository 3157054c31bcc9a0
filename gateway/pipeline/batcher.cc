#include "gateway/pipeline/batcher.h"

#include <algorithm>

namespace gw {

std::optional<SteadyTime> Batcher::due() const {
  if (empty()) return std::nullopt;
  return opened_ + age_max_;
}

bool Batcher::add(std::string_view line, std::string_view host, std::uint64_t frame, SteadyTime now) {
  if (empty()) opened_ = now;
  // Neighbours mostly share their host: keep its name once.
  const bool same =
      !lines_.empty() && std::string_view(hosts_).substr(lines_.back().host_begin, lines_.back().host_size) == host;
  const Entry previous = same ? lines_.back() : Entry{0, 0, hosts_.size(), host.size()};
  if (!same) hosts_ += host;
  lines_.push_back({text_.size(), line.size(), previous.host_begin, previous.host_size});
  text_ += line;
  if (!frames_.empty() && frames_.back() == frame) return false;  // deliveries come one after the other
  frames_.push_back(frame);
  return true;
}

Batch Batcher::take() {
  const std::string_view hosts = hosts_;
  std::stable_sort(lines_.begin(), lines_.end(), [hosts](const Entry& a, const Entry& b) {
    return hosts.substr(a.host_begin, a.host_size) < hosts.substr(b.host_begin, b.host_size);
  });
  Batch batch;
  batch.text.reserve(text_.size());
  batch.ends.reserve(lines_.size());
  for (const Entry& entry : lines_) {
    batch.text.append(text_, entry.begin, entry.size);
    batch.ends.push_back(static_cast<std::uint32_t>(batch.text.size()));
  }
  batch.frames.swap(frames_);
  text_.clear();
  hosts_.clear();
  lines_.clear();
  return batch;
}

}  // namespace gw
