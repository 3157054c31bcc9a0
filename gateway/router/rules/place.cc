#include "gateway/router/rules/place.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "codecs/utf8.h"
#include "gateway/config/units.h"
#include "gateway/router/rules/document.h"

namespace gw::rules {

Places::Places(std::string_view source) : source_(source), offset_(byte_order_mark(source)) {}

config::Position Places::at(std::size_t offset) {
  for (; offset_ < std::min(offset, source_.size()); ++offset_) {
    if (source_[offset_] == '\n') {
      where_ = {where_.line + 1, 1};
    } else if (offset_ + 1 == source_.size() || !continues_character(source_[offset_ + 1])) {
      ++where_.column;  // once its last byte is passed: within a character it is the character's place
    }
  }
  return where_;
}

namespace {

constexpr std::size_t bytes_between_marks = 512;

/// Goes on from `offset`, which is at `at` and not behind `where`.
std::optional<std::size_t> offset_from(std::string_view source, std::size_t offset, config::Position at,
                                       config::Position where) {
  for (; at.line < where.line; ++at.line, at.column = 1) {
    const std::size_t end = source.find('\n', offset);
    if (end == std::string_view::npos) return std::nullopt;
    offset = end + 1;
  }
  for (; at.column < where.column; ++at.column) {
    if (offset == source.size() || source[offset] == '\n') return std::nullopt;
    ++offset;
    while (offset < source.size() && continues_character(source[offset])) ++offset;
  }
  return offset;
}

bool is_before(config::Position a, config::Position b) {
  return std::pair(a.line, a.column) < std::pair(b.line, b.column);
}

}  // namespace

PlaceIndex::PlaceIndex(std::string_view source) : source_(source), marks_{{byte_order_mark(source), {1, 1}}} {
  Places places(source);
  for (std::size_t offset = bytes_between_marks; offset < source.size(); offset += bytes_between_marks) {
    while (offset < source.size() && continues_character(source[offset])) ++offset;
    marks_.push_back({offset, places.at(offset)});
  }
}

config::Position PlaceIndex::at(std::size_t offset) const {
  const auto behind = std::ranges::upper_bound(marks_, offset, {}, &Mark::offset);
  const Mark& mark = behind == marks_.begin() ? *behind : *std::prev(behind);
  return Places(source_, mark.offset, mark.where).at(offset);
}

std::optional<std::size_t> PlaceIndex::offset_of(config::Position where) const {
  if (where.line == 0 || where.column == 0) return std::nullopt;
  const auto behind = std::ranges::upper_bound(marks_, where, is_before, &Mark::where);
  const Mark& mark = *std::prev(behind);  // the first one is at 1:1
  return offset_from(source_, mark.offset, mark.where, where);
}

config::Position place_of(std::string_view source, std::size_t offset) { return Places(source).at(offset); }

std::optional<std::size_t> offset_of(std::string_view source, config::Position where) {
  if (where.line == 0 || where.column == 0) return std::nullopt;
  return offset_from(source, byte_order_mark(source), {1, 1}, where);
}

std::optional<config::Problem> encoding_problem(std::string_view source) {
  const auto problem = [](config::Position where, std::string text) {
    return config::Problem{config::Problem::Severity::error, where, std::move(text)};
  };
  if (source.size() > source_bytes_max) {
    return problem({}, fmt::format("it has more than {}", config::size_text(source_bytes_max)));
  }
  if (source.starts_with("\xff\xfe") || source.starts_with("\xfe\xff")) {
    return problem({1, 1}, "the file is UTF-16, save it as UTF-8");
  }
  const std::size_t valid = codecs::valid_utf8_prefix(source);
  const std::size_t null = source.find('\0');
  if (null < valid) {
    return problem(place_of(source, null), "a NUL (byte 0x00) stands here, remove it or save the file as UTF-8");
  }
  if (valid < source.size()) {
    return problem(place_of(source, valid), fmt::format("byte 0x{:02x} is no UTF-8, save the file as UTF-8",
                                                        static_cast<unsigned char>(source[valid])));
  }
  return std::nullopt;
}

std::optional<config::Problem> null_problem(std::string_view text, config::Position where) {
  if (text.find('\0') == std::string_view::npos) return std::nullopt;
  return config::Problem{config::Problem::Severity::error, where,
                         "a null character must not stand in a text, remove it"};
}

}  // namespace gw::rules
