#include <utility>

#include "codecs/ascii.h"
#include "codecs/exposition.h"
#include "codecs/media_type.h"

namespace codecs {
namespace {

bool version_fits(Exposition format, std::string_view version) {
  // 1.0.0 of the text format only allows names in quotes, which are read in any version.
  if (format == Exposition::text_0_0_4) return version == "0.0.4" || version == "1.0.0";
  return version == "1.0.0" || version == "0.0.1";
}

}  // namespace

std::optional<Exposition> exposition_format(std::string_view content_type) {
  MediaType type(content_type);
  const bool text = type.is("text/plain");
  if (!text && !type.is("application/openmetrics-text")) return std::nullopt;
  const Exposition format = text ? Exposition::text_0_0_4 : Exposition::openmetrics_1_0;
  bool has_version = false;
  bool has_charset = false;
  // Others are passed over, such as escaping=underscores, which changes names, not how they are read.
  while (type.next()) {
    if (same_word(type.name(), "version")) {
      if (std::exchange(has_version, true) || !version_fits(format, type.value())) return std::nullopt;
    } else if (same_word(type.name(), "charset")) {
      const bool fits = same_word(type.value(), "utf-8") || same_word(type.value(), "us-ascii");
      if (std::exchange(has_charset, true) || !fits) return std::nullopt;
    }
  }
  return type.valid() ? std::optional(format) : std::nullopt;
}

}  // namespace codecs
