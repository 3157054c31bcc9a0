#pragma once
// Remembers something for each series, found by the bytes with which its lines start.
//
//   slots     open addressing by a keyed hash: the hash, and where the record is
//   record    header, key, text, in one piece: a line that is found touches neighbouring memory only
//   ends      what is written for a series and kept of it, where that depends on its lines: a list
//
// Lines come in the same order interval after interval. Each record knows which one followed it the last time; where
// that is right again, nothing is hashed, and the record after it is on its way into the cache already.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "gateway/router/pieces.h"

namespace gw::router {

struct AggregateSource;
struct PlanNode;

/// What stands before the fields of a line that is written. Most rules leave the start of a line as it was.
struct Head {
  std::uint32_t kept = 0;  ///< so many bytes of the key
  std::string_view text;   ///< and this
  friend bool operator==(const Head&, const Head&) = default;
};

/// One of the ends that lines of a series come to. Its text stands behind it in memory.
struct SeriesEnd {
  SeriesEnd* next = nullptr;
  const std::shared_ptr<const AggregateSource>* source = nullptr;  ///< what the value is kept for, where it is
  std::uint32_t kept = 0;
  std::uint32_t text_size = 0;

  Head head() const { return {.kept = kept, .text = {reinterpret_cast<const char*>(this + 1), text_size}}; }
};

/// What is remembered of a series. Its key and text stand behind it in memory.
struct SeriesRecord {
  enum class Action : std::uint8_t { emit, drop, plain, program };
  SeriesRecord* following = nullptr;
  const PlanNode* program = nullptr;
  SeriesEnd* ends = nullptr;  ///< of the program, by number
  std::uint32_t rule = 0;     ///< of drop
  std::uint32_t text_size = 0;
  std::uint16_t key_size = 0;
  std::uint16_t kept = 0;  ///< of emit
  std::uint8_t ways = 0;   ///< through the program that were learnt
  Action action = Action::program;

  std::string_view key() const { return {bytes(), key_size}; }
  const SeriesEnd& end(std::uint32_t number) const {
    const SeriesEnd* at = ends;
    while (number-- > 0) at = at->next;
    return *at;
  }
  /// Of emit.
  Head head() const { return {.kept = kept, .text = {bytes() + key_size, text_size}}; }

 private:
  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
};

/// Not thread-safe. Records and ends stay where they are until `clear`.
class SeriesMemo {
 public:
  /// Of a key, and of the text of a head: what is longer is not remembered.
  static constexpr std::size_t text_bytes_max = 4096;

  SeriesMemo();

  /// Null where there is none of that key.
  SeriesRecord* find(std::string_view key);
  /// A record for `key`, of which there is none.
  SeriesRecord& add(std::string_view key, const SeriesRecord& content, const Head& head);
  /// One more end of a series.
  SeriesEnd& add_end(SeriesRecord& record, const Head& head);
  void clear();

  std::size_t size() const { return size_; }
  /// Of slots, records and ends.
  std::size_t bytes() const { return slots_.capacity() * sizeof(Slot) + pieces_.bytes(); }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    SeriesRecord* record = nullptr;
  };

  std::uint64_t hash_of(std::string_view key) const;
  SeriesRecord* look_up(std::string_view key) const;
  void put(std::uint64_t hash, SeriesRecord* record);
  void grow();

  std::uint64_t seed_;
  std::vector<Slot> slots_;  ///< a power of two of them, at most half of them taken
  std::size_t size_ = 0;
  Pieces pieces_;
  SeriesRecord* last_ = nullptr;  ///< what was found before
};

}  // namespace gw::router
