#include "gateway/router/rules/diagnosis.h"

#include <fmt/core.h>

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

/// The line at `offset` without its line break, and where it starts.
struct Line {
  std::string_view text;
  std::size_t start = 0;
};
Line line_at(std::string_view source, std::size_t offset) {
  const std::size_t before = offset == 0 ? std::string_view::npos : source.rfind('\n', offset - 1);
  const std::size_t start = before == std::string_view::npos ? byte_order_mark(source) : before + 1;
  std::string_view line = source.substr(start, source.find('\n', start) - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return {line, start};
}

/// The first `most` characters, each as it is shown. Tabs stay: a terminal knows how wide they are.
std::vector<std::string> characters_of(std::string_view line, std::size_t most) {
  std::vector<std::string> characters;
  while (!line.empty() && characters.size() < most) {
    std::size_t bytes = 1;
    while (bytes < line.size() && continues_character(line[bytes])) ++bytes;
    characters.push_back(line[0] == '\t' ? "\t" : printable(line.substr(0, bytes)));
    line.remove_prefix(bytes);
  }
  return characters;
}

/// What is shown of a line, whatever its length.
struct Window {
  std::vector<std::string> characters;
  std::size_t caret = 0;  ///< of `characters`, or their end
  bool more_before = false;
  bool more_behind = false;
};
Window window_of(std::string_view line, std::size_t caret) {
  caret = std::min(caret, line.size());
  std::size_t start = caret;
  std::size_t before = 0;
  for (; start > 0 && before < shown_characters_max; ++before) {
    --start;
    while (start > 0 && continues_character(line[start])) --start;
  }
  Window window;
  window.characters = characters_of(line.substr(start), before + shown_characters_max + 1);
  const std::size_t shown = std::min(window.characters.size(), shown_characters_max);
  const std::size_t first = std::min(before - std::min(before, shown / 2), window.characters.size() - shown);
  window.caret = before - first;
  window.more_before = start > 0 || first > 0;
  window.more_behind = first + shown < window.characters.size();
  window.characters.resize(first + shown);
  window.characters.erase(window.characters.begin(), window.characters.begin() + static_cast<std::ptrdiff_t>(first));
  return window;
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

  const Line whole = line_at(source, *offset);
  const Window window = window_of(whole.text, *offset - whole.start);
  std::string line(margin);
  std::string below(margin);
  if (window.more_before) {
    line += "…";
    below += " ";
  }
  for (std::size_t i = 0; i < window.characters.size(); ++i) {
    line += window.characters[i];
    if (i < window.caret) below += blanks_for(window.characters[i]);
  }
  if (window.more_behind) line += "…";
  return text + line + "\n" + below + "^\n";
}

std::string diagnoses(std::string_view file, std::string_view source, std::span<const config::Problem> problems) {
  std::vector<const config::Problem*> shown;
  for (const auto severity : {config::Problem::Severity::error, config::Problem::Severity::warning}) {
    for (const config::Problem& problem : problems) {
      if (problem.severity == severity && shown.size() < diagnoses_max) shown.push_back(&problem);
    }
  }
  std::ranges::sort(shown);  // as they stand in `problems`
  std::string text;
  for (const config::Problem* const problem : shown) text += diagnosis(file, source, *problem);
  if (shown.size() < problems.size())
    text += printable(fmt::format("{}: … and {} more", file, problems.size() - shown.size())) + "\n";
  return text;
}

}  // namespace gw::rules
