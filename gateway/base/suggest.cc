#include "gateway/base/suggest.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gw {
namespace {

/// Longer words than any name of ours are not compared: the table below stays on the stack.
constexpr std::size_t length_max = 48;

/// "URL" and "type-id" are meant as "url" and "type_id".
char folded(char c) {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

/// Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, or swap two neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, length_max + 1>, length_max + 1> d{};
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (same ? 0 : 1)});
      const bool swapped =
          i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]);
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.size() > length_max) return {};
  // One slip in a short word, up to three in a long one: more would suggest what was not meant.
  const std::size_t slips_max = std::clamp<std::size_t>(word.size() / 3, 1, 3);
  std::string_view best;
  std::size_t best_slips = std::min(slips_max + 1, word.size());
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > length_max) continue;
    const std::size_t slips = distance(word, candidate);
    if (slips >= best_slips) continue;
    best = candidate;
    best_slips = slips;
  }
  return best;
}

}  // namespace gw
