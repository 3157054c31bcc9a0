#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/sinks/delivery.h"

namespace gw {

/// Collects accepted lines into batches by bytes and age, and sorts each by host: the store finds a host once a batch
/// instead of once a line. Lines of one host keep their order. Not thread-safe.
class Batcher {
 public:
  Batcher(std::size_t bytes_max, Milliseconds age_max) : bytes_max_(bytes_max), age_max_(age_max) {}

  bool empty() const { return lines_.empty(); }
  std::size_t bytes() const { return text_.size(); }
  /// The batch must be taken before `line` goes in.
  bool full(std::string_view line) const { return !empty() && text_.size() + line.size() > bytes_max_; }
  /// When the batch is old enough to go; nothing while it is empty.
  std::optional<SteadyTime> due() const;
  /// `line` ends in '\n'; `host` is what it is sorted by; `frame` the delivery that it came by. True where that
  /// delivery is new to this batch.
  bool add(std::string_view line, std::string_view host, std::uint64_t frame, SteadyTime now);
  Batch take();

 private:
  struct Entry {
    std::size_t begin = 0;
    std::size_t size = 0;
    std::size_t host_begin = 0;
    std::size_t host_size = 0;
  };
  std::size_t bytes_max_;
  Milliseconds age_max_;
  std::string text_;
  std::string hosts_;
  std::vector<Entry> lines_;
  std::vector<std::uint64_t> frames_;
  SteadyTime opened_{};
};

}  // namespace gw
