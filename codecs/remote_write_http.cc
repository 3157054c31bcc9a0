#include "codecs/remote_write_http.h"

#include "codecs/ascii.h"
#include "codecs/media_type.h"

namespace codecs::remote_write {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::optional<Version> version_of(std::string_view content_type) {
  if (trim(content_type).empty()) return Version::v1;
  MediaType type(content_type);
  if (!type.is("application/x-protobuf")) return std::nullopt;
  std::optional<Version> version;
  while (type.next()) {
    if (!same_word(type.name(), "proto")) continue;
    const bool v2 = type.value() == "io.prometheus.write.v2.Request";
    if (!v2 && type.value() != "prometheus.WriteRequest") return std::nullopt;
    if (version.has_value() && (*version == Version::v2) != v2) return std::nullopt;  // both are said
    version = v2 ? Version::v2 : Version::v1;
  }
  return type.valid() ? std::optional(version.value_or(Version::v1)) : std::nullopt;
}

bool is_snappy(std::string_view content_encoding) {
  const std::string_view encoding = trim(content_encoding);
  return encoding.empty() || same_word(encoding, "snappy");
}

}  // namespace codecs::remote_write
