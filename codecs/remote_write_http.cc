#include "codecs/remote_write_http.h"

#include <algorithm>
#include <string>

namespace codecs::remote_write {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Takes what stands before the next `;` off `rest`, and that `;`; one within quotes does not count.
std::string_view take_part(std::string_view& rest) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != ';'); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (quoted && rest[end] == '\\') ++end;
  }
  end = std::min(end, rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

/// A parameter's value: a token, or the text of a quoted string.
std::string unquoted(std::string_view value) {
  if (!value.starts_with('"')) return std::string(value);
  std::string text;
  for (std::size_t i = 1; i < value.size() && value[i] != '"'; ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    text += value[i];
  }
  return text;
}

}  // namespace

std::optional<Version> version_of(std::string_view content_type) {
  std::string_view rest = trim(content_type);
  if (rest.empty()) return Version::v1;
  if (!same_word(take_part(rest), "application/x-protobuf")) return std::nullopt;
  std::optional<Version> version;
  while (!rest.empty()) {
    const std::string_view part = take_part(rest);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || !same_word(trim(part.substr(0, equals)), "proto")) continue;
    const std::string schema = unquoted(trim(part.substr(equals + 1)));
    const bool v2 = schema == "io.prometheus.write.v2.Request";
    if (!v2 && schema != "prometheus.WriteRequest") return std::nullopt;
    if (version.has_value() && (*version == Version::v2) != v2) return std::nullopt;  // both are said
    version = v2 ? Version::v2 : Version::v1;
  }
  return version.value_or(Version::v1);
}

bool is_snappy(std::string_view content_encoding) {
  const std::string_view encoding = trim(content_encoding);
  return encoding.empty() || same_word(encoding, "snappy");
}

}  // namespace codecs::remote_write
