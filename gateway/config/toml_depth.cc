// What counts as a level: a '.' of a key, or of a number, and a bracket.
//
//   a.b = [{c.d = 1}]     4: "." "[" "{" "."

#include "gateway/config/toml_depth.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "gateway/router/rules/place.h"

namespace gw::config {
namespace {

/// Behind the text that begins at `at` with a quote; the end of the source where it does not end.
std::size_t behind_text(std::string_view source, std::size_t at) {
  const std::string_view three = source.substr(at, 3);
  const bool several_lines = three == R"(""")" || three == "'''";
  const std::string_view quotes = several_lines ? three : three.substr(0, 1);
  const bool has_escapes = quotes[0] == '"';
  for (at += quotes.size(); at < source.size(); ++at) {
    if (source.substr(at).starts_with(quotes)) {
      at += quotes.size();
      // Up to two quotes may stand before the three that end it: """a"""""
      for (int i = 0; several_lines && i < 2 && at < source.size() && source[at] == quotes[0]; ++i) ++at;
      return at;
    }
    if (has_escapes && source[at] == '\\') ++at;
    if (!several_lines && at < source.size() && source[at] == '\n') return at;  // toml++ refuses it
  }
  return source.size();
}

}  // namespace

std::optional<Problem> depth_problem(std::string_view source, std::size_t levels_max) {
  std::vector<std::size_t> outer;  // the levels around each bracket that is open
  std::size_t levels = 0;
  std::size_t at = 0;
  while (at < source.size()) {
    switch (source[at]) {
      case '"':
      case '\'':
        at = behind_text(source, at);
        continue;
      case '#':
        at = std::min(source.find('\n', at), source.size());
        continue;
      case '[':
      case '{':
        outer.push_back(levels);
        ++levels;
        break;
      case ']':
      case '}':
        if (!outer.empty()) {
          levels = outer.back();
          outer.pop_back();
        }
        break;
      case ',':
      case '\n':  // what comes is another key, or another item
        levels = outer.empty() ? 0 : outer.back() + 1;
        break;
      case '.':
        ++levels;
        break;
      default:
        break;
    }
    if (levels > levels_max)
      return Problem{Problem::Severity::error, rules::place_of(source, at),
                     fmt::format("more than {} levels within each other", levels_max)};
    ++at;
  }
  return std::nullopt;
}

}  // namespace gw::config
