#include "gateway/router/rules/place.h"

#include <fmt/core.h>

#include <algorithm>
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

config::Position place_of(std::string_view source, std::size_t offset) { return Places(source).at(offset); }

std::optional<std::size_t> offset_of(std::string_view source, config::Position where) {
  std::size_t offset = byte_order_mark(source);
  if (where.line == 0 || where.column == 0) return std::nullopt;
  for (std::uint32_t line = 1; line < where.line; ++line) {
    const std::size_t end = source.find('\n', offset);
    if (end == std::string_view::npos) return std::nullopt;
    offset = end + 1;
  }
  for (std::uint32_t column = 1; column < where.column; ++column) {
    if (offset == source.size() || source[offset] == '\n') return std::nullopt;
    ++offset;
    while (offset < source.size() && continues_character(source[offset])) ++offset;
  }
  return offset;
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
