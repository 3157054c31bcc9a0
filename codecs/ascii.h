#pragma once
// Words of protocols, whose letters are ASCII. Pure; any thread.

#include <algorithm>
#include <string_view>

namespace codecs {

inline char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// True where the two differ at most by the case of ASCII letters.
inline bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

}  // namespace codecs
