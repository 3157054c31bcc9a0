#pragma once
// Remembers something for each series, found by the bytes with which its lines start.
//
//   slots     open addressing by a keyed hash: the hash, and where the record is
//   record    header, key, text, in one piece: a line that is found touches neighbouring memory only
//
// Lines come in the same order interval after interval. Each record knows which one followed it the last time; where
// that is right again, nothing is hashed, and the record after it is on its way into the cache already.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "gateway/router/pieces.h"

namespace gw::router {

struct PlanNode;

/// What is remembered of a series. Its key and text stand behind it in memory.
struct SeriesRecord {
  enum class Action : std::uint8_t { emit, drop, program };
  static constexpr std::uint32_t no_rule = std::numeric_limits<std::uint32_t>::max();
  SeriesRecord* following = nullptr;
  PlanNode* program = nullptr;
  std::uint32_t key_size = 0;
  std::uint32_t text_size = 0;
  std::uint32_t rule = no_rule;  ///< of drop: that drops it; of emit: that left its unit as it was, where one did
  Action action = Action::program;

  std::string_view key() const { return {bytes(), key_size}; }
  std::string_view text() const { return {bytes() + key_size, text_size}; }

 private:
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
};

/// Not thread-safe. Records stay where they are until `clear`.
class SeriesMemo {
 public:
  explicit SeriesMemo(std::size_t series_max);

  /// Null where there is none of that key.
  SeriesRecord* find(std::string_view key);
  /// A record for `key`, of which there is none; null where there are `series_max` already.
  SeriesRecord* add(std::string_view key, const SeriesRecord& content, std::string_view text);
  void clear();

  std::size_t size() const { return size_; }
  /// Of slots and records.
  std::size_t bytes() const { return slots_.size() * sizeof(Slot) + pieces_.bytes(); }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    SeriesRecord* record = nullptr;
  };
  std::uint64_t hash_of(std::string_view key) const;
  SeriesRecord* look_up(std::string_view key) const;
  void put(std::uint64_t hash, SeriesRecord* record);
  void grow();

  std::size_t series_max_;
  std::uint64_t seed_;
  std::vector<Slot> slots_;  ///< a power of two of them, at most half of them taken
  std::size_t size_ = 0;
  Pieces pieces_;
  SeriesRecord* last_ = nullptr;  ///< what was found before
};

}  // namespace gw::router
