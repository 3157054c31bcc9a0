// A text in its source, of JSON and TOML alike: only TOML has ' and three quotes, only JSON has pairs of surrogates.
//   "…"      escapes
//   '…'      none
//   """…"""  escapes; a line break after the opening quotes is no part of it, and neither is a backslash that ends a
//   line
//            with all blanks and line breaks after it
//   '''…'''  a line break after the opening quotes is no part of it
// A line break is one byte, '\n', whether the file has "\n" or "\r\n". A key of TOML may stand without quotes.

#include "gateway/router/rules/document.h"

#include <algorithm>
#include <optional>

#include "gateway/router/rules/place.h"

namespace gw::rules {
namespace {

/// A part of the source and what it became.
struct Piece {
  std::size_t source_bytes = 1;
  std::size_t text_bytes = 1;
};

std::size_t utf8_bytes(std::uint32_t code_point) {
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

/// The value of the `count` hexadecimal digits that begin at `at`; the source was parsed, so they are there.
std::uint32_t hex(std::string_view source, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (const char c : source.substr(std::min(at, source.size()), count)) {
    const std::uint32_t digit = c >= 'a'   ? static_cast<std::uint32_t>(c - 'a') + 10
                                : c >= 'A' ? static_cast<std::uint32_t>(c - 'A') + 10
                                           : static_cast<std::uint32_t>(c - '0');
    value = value << 4 | (digit & 0xf);
  }
  return value;
}

/// Walks over a text of the source, which begins with its quotes.
class Walk {
 public:
  Walk(std::string_view source, std::size_t at) : source_(source), at_(at) {
    const std::string_view start = source.substr(at);
    quote_ = start.starts_with('"') || start.starts_with('\'') ? start[0] : '\0';
    if (quote_ == '\0') return;
    several_lines_ = start.starts_with(R"(""")") || start.starts_with("'''");
    at_ += several_lines_ ? 3 : 1;
    if (several_lines_) at_ += line_break(at_);
  }

  std::size_t at() const { return at_; }
  bool done() const { return at_ >= source_.size(); }

  Piece next() const {
    if (quote_ == '"' && source_[at_] == '\\') return escape();
    if (several_lines_ && line_break(at_) > 0) return {line_break(at_), 1};
    Piece character;
    while (at_ + character.source_bytes < source_.size() &&
           continues_character(source_[at_ + character.source_bytes])) {
      ++character.source_bytes;
    }
    character.text_bytes = character.source_bytes;
    return character;
  }

  void pass(const Piece& piece) { at_ = std::min(at_ + piece.source_bytes, source_.size()); }

 private:
  /// Bytes of the line break that begins at `at`; 0 where there is none.
  std::size_t line_break(std::size_t at) const {
    const std::string_view rest = source_.substr(std::min(at, source_.size()));
    return rest.starts_with('\n') ? 1 : rest.starts_with("\r\n") ? 2 : 0;
  }

  Piece escape() const {
    const char kind = at_ + 1 < source_.size() ? source_[at_ + 1] : '\0';
    if (kind == 'U') return {10, utf8_bytes(hex(source_, at_ + 2, 8))};
    if (kind == 'u') {
      const std::uint32_t unit = hex(source_, at_ + 2, 4);
      const bool pair = unit >= 0xd800 && unit < 0xdc00;
      return pair ? Piece{12, 4} : Piece{6, utf8_bytes(unit)};
    }
    if (several_lines_ && (kind == ' ' || kind == '\t' || kind == '\r' || kind == '\n')) {
      const std::size_t end = source_.find_first_not_of(" \t\r\n", at_ + 1);
      return {std::min(end, source_.size()) - at_, 0};
    }
    return {2, 1};
  }

  std::string_view source_;
  std::size_t at_;
  char quote_ = '\0';
  bool several_lines_ = false;
};

config::Position place_within(const PlaceIndex& places, config::Position where, std::size_t offset) {
  const std::optional<std::size_t> start = places.offset_of(where);
  if (!start) return where;
  Walk walk(places.source(), *start);
  std::size_t passed = 0;
  while (!walk.done()) {
    const Piece piece = walk.next();
    if (piece.text_bytes > 0 && passed + piece.text_bytes > offset) break;
    passed += piece.text_bytes;
    walk.pass(piece);
  }
  return places.at(walk.at());
}

}  // namespace

config::Position place_in(const PlaceIndex& places, const Node& text, std::size_t offset) {
  return place_within(places, text.where, std::min(offset, text.text.size()));
}

config::Position place_in_key(const PlaceIndex& places, const Node& member, std::size_t offset) {
  return place_within(places, member.key_where, std::min(offset, member.key.size()));
}

}  // namespace gw::rules
