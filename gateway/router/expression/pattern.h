#pragma once
// Regular expressions, in RE2's syntax.

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace gw::expression {

/// Compiled. Immutable: any thread may use it.
using Pattern = std::shared_ptr<const re2::RE2>;

/// Where `text` is none, why.
std::expected<Pattern, std::string> compile_pattern(const std::string& text);
/// Whether `text` has a match of it anywhere.
bool has_match(const re2::RE2& pattern, std::string_view text);
/// Instructions: a match takes time by the text's size times this, at worst.
std::size_t program_size(const re2::RE2& pattern);

/// ClusterCockpit's documentation writes '%' for a backslash. In match(): each one.
std::string without_percent(std::string_view pattern);
/// In `matches`: where a class follows, as in "%d". Elsewhere it is a percent sign, as it is for expr-lang.
std::string without_percent_classes(std::string_view pattern);

}  // namespace gw::expression
