#include "gateway/base/toml_text.h"

#include <fmt/core.h>

#include <algorithm>

namespace gw {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

}  // namespace

std::string toml_text(std::string_view text) {
  const auto no_line = [](char c) { return is_control(c) && c != '\n' && c != '\t'; };
  const bool fits_lines = text.find('\n') != std::string_view::npos && text.find("'''") == std::string_view::npos &&
                          !text.ends_with('\'') && std::ranges::none_of(text, no_line);
  if (fits_lines) return fmt::format("'''\n{}'''", text);
  const bool has_escapes = text.find_first_of("\"\\") != std::string_view::npos;
  const bool fits_single = text.find('\'') == std::string_view::npos && std::ranges::none_of(text, is_control);
  if (has_escapes && fits_single) return fmt::format("'{}'", text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (is_control(c)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

std::string toml_key(std::string_view key) {
  const bool bare = !key.empty() && std::ranges::all_of(key, is_bare);
  return bare ? std::string(key) : toml_text(key);
}

}  // namespace gw
