#include "gateway/router/expression/pattern.h"

#include <re2/re2.h>

#include <algorithm>

namespace gw::expression {

std::expected<Pattern, std::string> compile_pattern(const std::string& text) {
  re2::RE2::Options options(re2::RE2::Quiet);
  // Of each pattern of a configuration, and of one that a message brings. What needs more is no pattern for a name.
  options.set_max_mem(std::int64_t{1} << 20);
  auto pattern = std::make_shared<const re2::RE2>(text, options);
  if (!pattern->ok()) return std::unexpected("not a regular expression: " + pattern->error());
  return pattern;
}

bool has_match(const re2::RE2& pattern, std::string_view text) {
  return re2::RE2::PartialMatch({text.data(), text.size()}, pattern);
}

std::size_t program_size(const re2::RE2& pattern) {
  return static_cast<std::size_t>(std::max(pattern.ProgramSize(), 0));
}

std::string without_percent(std::string_view pattern) {
  std::string out(pattern);
  std::ranges::replace(out, '%', '\\');
  return out;
}

std::string without_percent_classes(std::string_view pattern) {
  constexpr std::string_view classes = "dDsSwWbB";
  std::string out(pattern);
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i] == '%' && classes.contains(out[i + 1])) out[i] = '\\';
  }
  return out;
}

}  // namespace gw::expression
