#pragma once
// What the writers of whole lines and of their parts have in common. Text is copied eight bytes at a time while nothing
// in it needs an escape or a closer look.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <variant>

#include "codecs/line.h"
#include "codecs/number.h"
#include "codecs/word.h"

namespace codecs {

/// What gets a backslash in a measurement, and in a tag key, tag value or field key.
inline constexpr std::string_view measurement_escapes = " ,";
inline constexpr std::string_view name_escapes = " ,=";

/// The bytes that a name may not hold to be copied as it is. Where it does, it is looked at byte by byte.
inline constexpr auto odd_in_name = [](std::uint64_t word) {
  return any_less(word, '\x21') | any_delete_or_high(word) | any_equal(word, ',') | any_equal(word, '=') |
         any_equal(word, '\\');
};

/// Copies `text` to `to`, which has room for a word more; false where `odd` finds something in it.
template <class Odd>
bool copy_plain(char* to, std::string_view text, Odd odd) {
  const char* const bytes = text.data();
  const std::size_t size = text.size();
  if (size < word_bytes) {
    const std::uint64_t word = load_short_word(bytes, size) | repeated('x') << (8 * size);
    std::memcpy(to, &word, word_bytes);
    return odd(word) == 0;
  }
  std::uint64_t found = 0;
  for (std::size_t at = 0; at < size; at += word_bytes) {
    const std::size_t from = std::min(at, size - word_bytes);
    const std::uint64_t word = load_word(bytes + from);
    std::memcpy(to + from, &word, word_bytes);
    found |= odd(word);
  }
  return found == 0;
}

/// Why `name`, which is not empty, cannot stand in a line; empty where it can.
std::string_view name_problem(std::string_view name);

/// Copies `text` to `to`, which has room for twice as much, with a backslash before each of `escapes`; answers the end.
char* copy_escaped(char* to, std::string_view text, std::string_view escapes);

/// Writes a value that is no string to `to`, which has room for number_chars_max and its letter; answers the end.
inline char* write_plain_value(char* to, const FieldValue& value) {
  if (const auto* const number = std::get_if<double>(&value)) return write_float(to, *number);
  if (const auto* const integer = std::get_if<std::int64_t>(&value)) {
    to = std::to_chars(to, to + number_chars_max, *integer).ptr;
    *to++ = 'i';
  } else if (const auto* const natural = std::get_if<std::uint64_t>(&value)) {
    to = std::to_chars(to, to + number_chars_max, *natural).ptr;
    *to++ = 'u';
  } else {
    const std::string_view word = std::get<bool>(value) ? "true" : "false";
    to = std::copy(word.begin(), word.end(), to);
  }
  return to;
}

}  // namespace codecs
