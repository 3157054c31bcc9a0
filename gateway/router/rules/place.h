#pragma once
// Bytes of a source: their places, as gateway/config/problem.h counts them, and whether they are text.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "codecs/utf8.h"
#include "gateway/config/problem.h"

namespace gw::rules {

/// The places of bytes that are asked for from front to back. `source` is UTF-8 and must outlive it.
class Places {
 public:
  explicit Places(std::string_view source);
  /// From `offset` on, which is at `where`.
  Places(std::string_view source, std::size_t offset, config::Position where)
      : source_(source), offset_(offset), where_(where) {}
  /// `offset` is not before the last one, which would have the last one's place.
  config::Position at(std::size_t offset);

 private:
  std::string_view source_;
  std::size_t offset_ = 0;
  config::Position where_{1, 1};
};

/// Places of bytes and bytes of places in any order, of one source: each costs a look at some hundred bytes. Immutable.
/// `source` is UTF-8 and must outlive it.
class PlaceIndex {
 public:
  explicit PlaceIndex(std::string_view source);
  config::Position at(std::size_t offset) const;
  /// source.size() for its end. Nothing where there is no such place.
  std::optional<std::size_t> offset_of(config::Position where) const;
  std::string_view source() const { return source_; }

 private:
  struct Mark {
    std::size_t offset = 0;
    config::Position where;
  };
  std::string_view source_;
  std::vector<Mark> marks_;  ///< characters, some hundred bytes from one to the next
};

/// The same for one byte.
config::Position place_of(std::string_view source, std::size_t offset);
/// The byte at a place; source.size() for its end. Nothing where there is no such place.
std::optional<std::size_t> offset_of(std::string_view source, config::Position where);

using codecs::continues_character;

/// Bytes of the mark that editors of some systems begin a file with; 0 where there is none.
constexpr std::size_t byte_order_mark(std::string_view source) { return source.starts_with("\xef\xbb\xbf") ? 3 : 0; }

/// Why `source` is no text that can be parsed: too large, a NUL, UTF-16, not UTF-8.
std::optional<config::Problem> encoding_problem(std::string_view source);
/// A null character in the key or text that stands at `where`.
std::optional<config::Problem> null_problem(std::string_view text, config::Position where);

}  // namespace gw::rules
