#include "gateway/router/series_memo.h"

#include <xxhash.h>

#include <algorithm>
#include <new>
#include <random>

namespace gw::router {

namespace {

constexpr std::size_t slots_min = 1024;

std::uint64_t random_seed() {
  std::random_device device;  // 32 bits a draw
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

// The hash is keyed: it is hard to send series that all fall into one place.
SeriesMemo::SeriesMemo() : seed_(random_seed()), slots_(slots_min) {}

std::uint64_t SeriesMemo::hash_of(std::string_view key) const {
  return XXH3_64bits_withSeed(key.data(), key.size(), seed_);
}

SeriesRecord* SeriesMemo::look_up(std::string_view key) const {
  const std::uint64_t hash = hash_of(key);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.record == nullptr) return nullptr;
    if (slot.hash == hash && slot.record->key() == key) return slot.record;
  }
}

SeriesRecord* SeriesMemo::find(std::string_view key) {
  SeriesRecord* found = last_ == nullptr ? nullptr : last_->following;
  if (found == nullptr || found->key() != key) {
    found = look_up(key);
    if (found == nullptr) return nullptr;
    if (last_ != nullptr) last_->following = found;
  }
  last_ = found;
  __builtin_prefetch(found->following);
  return found;
}

SeriesRecord& SeriesMemo::add(std::string_view key, const SeriesRecord& content, const Head& head) {
  if (2 * (size_ + 1) > slots_.size()) grow();
  char* const at = pieces_.room(sizeof(SeriesRecord) + key.size() + head.text.size(), alignof(SeriesRecord));
  auto* const record = new (at) SeriesRecord(content);
  record->key_size = static_cast<std::uint16_t>(key.size());
  record->kept = static_cast<std::uint16_t>(head.kept);
  record->text_size = static_cast<std::uint32_t>(head.text.size());
  std::ranges::copy(head.text, std::ranges::copy(key, at + sizeof(SeriesRecord)).out);
  put(hash_of(key), record);
  ++size_;
  if (last_ != nullptr) last_->following = record;
  last_ = record;
  return *record;
}

SeriesEnd& SeriesMemo::add_end(SeriesRecord& record, const Head& head) {
  char* const at = pieces_.room(sizeof(SeriesEnd) + head.text.size(), alignof(SeriesEnd));
  auto* const end = new (at) SeriesEnd{.kept = head.kept, .text_size = static_cast<std::uint32_t>(head.text.size())};
  std::ranges::copy(head.text, at + sizeof(SeriesEnd));
  SeriesEnd** last = &record.ends;
  while (*last != nullptr) last = &(*last)->next;
  *last = end;
  return *end;
}

void SeriesMemo::put(std::uint64_t hash, SeriesRecord* record) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].record != nullptr) at = (at + 1) & mask;
  slots_[at] = {hash, record};
}

void SeriesMemo::grow() {
  std::vector<Slot> before(slots_.size() * 2);
  before.swap(slots_);
  for (const Slot& slot : before) {
    if (slot.record != nullptr) put(slot.hash, slot.record);
  }
}

void SeriesMemo::clear() {
  slots_ = std::vector<Slot>(slots_min);
  pieces_.clear();
  size_ = 0;
  last_ = nullptr;
}

}  // namespace gw::router
