#include "codecs/decode.h"

namespace codecs {

std::string_view Chunks::add(std::string_view chunk, bool last) {
  if (rest_.empty()) return view_ = chunk;
  rest_ += chunk;
  waiting_ = !last && rest_.size() < 2 * looked_at_ && rest_.size() <= record_bytes_max_;
  return view_ = waiting_ ? std::string_view() : rest_;
}

void Chunks::used(std::size_t bytes) {
  if (waiting_) return;
  if (rest_.empty()) {
    rest_.assign(view_.substr(bytes));
  } else {
    rest_.erase(0, bytes);
  }
  looked_at_ = rest_.size();
}

}  // namespace codecs
