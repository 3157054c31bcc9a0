#include "gateway/config/problem.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "gateway/base/printable.h"
#include "gateway/base/suggest.h"

namespace gw::config {
namespace {

constexpr std::size_t shown_bytes_max = 80;

/// What a syntax error of toml++ mostly comes from. The first row whose text is found is shown.
struct SyntaxHint {
  std::string_view found;
  std::string_view hint;
};
constexpr std::array<SyntaxHint, 9> syntax_hints{
    {{"cannot redefine", "it stands twice, remove one"},
     {"not representable in 64 bits", "the number is too large"},
     {"parsing string: unescaped control", "is the closing quote missing?"},
     {"expected a comment or whitespace", "text stands in quotes, and each key on a line of its own"},
     {"unknown escape sequence", "write it in single quotes, where a backslash is only a backslash"},
     {"parsing boolean", "text and durations stand in quotes, true and false without"},
     {"parsing decimal integer", "text and durations stand in quotes: \"60s\""},
     {"parsing floating-point", "text and durations stand in quotes: \"60s\""},
     {"parsing value", "text and durations stand in quotes: \"60s\""}}};

/// "cannot redefine existing array 'source.query' as array-of-tables": it began as a list, or as one table.
std::string list_hint(std::string_view description) {
  const bool of_tables = description.ends_with(" as array-of-tables");
  const std::size_t table = of_tables ? description.find("existing table '") : std::string_view::npos;
  const std::size_t start = std::min(description.find("existing array '"), table);
  const std::size_t end = description.rfind("' as ");
  if (start == std::string_view::npos || end == std::string_view::npos) return {};
  const std::size_t name = description.find('\'', start) + 1;
  return fmt::format("write all of them as [[{}]]", description.substr(name, end - name));
}

}  // namespace

bool has_error(std::span<const Problem> problems) {
  return std::ranges::find(problems, Problem::Severity::error, &Problem::severity) != problems.end();
}

void sort_by_place(std::span<Problem> problems) {
  std::ranges::stable_sort(problems, {},
                           [](const Problem& problem) { return std::pair(problem.where.line, problem.where.column); });
}

std::string line_of(std::string_view file, const Problem& problem) {
  const std::string_view kind = problem.severity == Problem::Severity::warning ? "warning: " : "";
  if (problem.where.line == 0) return fmt::format("{}: {}{}", file, kind, problem.text);
  return fmt::format("{}:{}:{}: {}{}", file, problem.where.line, problem.where.column, kind, problem.text);
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : start_of(text, shown_bytes_max)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + (text.size() > shown_bytes_max ? "…'" : "'");
}

std::string list_of(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + in_quotes(name);
  return out;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string_view best = nearest(word, candidates);
  return best.empty() ? "" : fmt::format(", did you mean {}?", in_quotes(best));
}

std::string_view json_error_text(std::string_view what) {
  const std::size_t end = what.find("] ");
  return end == std::string_view::npos ? what : what.substr(end + 2);
}

std::string toml_syntax_text(std::string_view description) {
  const auto* row = std::find_if(syntax_hints.begin(), syntax_hints.end(), [&](const SyntaxHint& hint) {
    return description.find(hint.found) != std::string_view::npos;
  });
  std::string hint = list_hint(description);
  if (hint.empty() && row != syntax_hints.end()) hint = row->hint;
  constexpr std::string_view start = "Error while parsing ";
  const bool says_where = description.starts_with(start);
  if (says_where) description.remove_prefix(start.size());
  return fmt::format("syntax error{} {}{}{}", says_where ? " in" : ":", description, hint.empty() ? "" : "; ", hint);
}

}  // namespace gw::config
