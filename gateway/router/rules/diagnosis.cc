#include "gateway/router/rules/diagnosis.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "gateway/base/printable.h"
#include "gateway/router/rules/place.h"

namespace gw::rules {
namespace {

constexpr std::size_t shown_characters_max = 100;
constexpr std::string_view margin = "  ";

/// The line at `offset` without its line break.
std::string_view line_at(std::string_view source, std::size_t offset) {
  const std::size_t before = offset == 0 ? std::string_view::npos : source.rfind('\n', offset - 1);
  const std::size_t start = before == std::string_view::npos ? byte_order_mark(source) : before + 1;
  std::string_view line = source.substr(start, source.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// Each character as it is shown. Tabs stay: a terminal knows how wide they are.
std::vector<std::string> characters_of(std::string_view line) {
  std::vector<std::string> characters;
  while (!line.empty()) {
    std::size_t bytes = 1;
    while (bytes < line.size() && continues_character(line[bytes])) ++bytes;
    characters.push_back(line[0] == '\t' ? "\t" : printable(line.substr(0, bytes)));
    line.remove_prefix(bytes);
  }
  return characters;
}

/// Blanks as wide as `shown`.
std::string blanks_for(std::string_view shown) {
  if (shown == "\t") return "\t";
  return std::string(
      static_cast<std::size_t>(std::ranges::count_if(shown, [](char c) { return !continues_character(c); })), ' ');
}

}  // namespace

std::string diagnosis(std::string_view file, std::string_view source, const config::Problem& problem) {
  std::string text = printable(config::line_of(file, problem)) + "\n";
  const std::optional<std::size_t> offset = offset_of(source, problem.where);
  if (!offset || !problem.quotable) return text;

  const std::vector<std::string> characters = characters_of(line_at(source, *offset));
  const std::size_t caret = std::min<std::size_t>(problem.where.column - 1, characters.size());
  const std::size_t shown = std::min(characters.size(), shown_characters_max);
  const std::size_t start = std::min(caret - std::min(caret, shown / 2), characters.size() - shown);
  std::string line(margin);
  std::string below(margin);
  if (start > 0) {
    line += "…";
    below += " ";
  }
  for (std::size_t i = start; i < start + shown; ++i) {
    line += characters[i];
    if (i < caret) below += blanks_for(characters[i]);
  }
  if (start + shown < characters.size()) line += "…";
  return text + line + "\n" + below + "^\n";
}

}  // namespace gw::rules
