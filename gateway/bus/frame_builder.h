#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "gateway/bus/bus.h"

namespace gw {

/// Collects lines into frames of at most `bytes_max`. `full` says that the frame must be taken before the next line.
class FrameBuilder {
 public:
  FrameBuilder(std::string subject, std::size_t source) : subject_(std::move(subject)), source_(source) {}

  bool empty() const { return frame_.lines == 0; }
  bool full(std::string_view next_line, std::size_t bytes_max) const {
    return !empty() && frame_.payload.size() + next_line.size() > bytes_max;
  }
  /// `line` ends in '\n'.
  void add(std::string_view line) {
    frame_.payload += line;
    ++frame_.lines;
  }
  Frame take() {
    frame_.subject = subject_;
    frame_.source = source_;
    return std::exchange(frame_, Frame{});
  }

 private:
  std::string subject_;
  std::size_t source_;
  Frame frame_;
};

}  // namespace gw
