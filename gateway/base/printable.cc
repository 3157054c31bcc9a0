#include "gateway/base/printable.h"

#include <fmt/format.h>

#include <algorithm>

#include "codecs/utf8.h"

namespace gw {
namespace {

/// The bytes of the character at the start of `text`; 0 where a terminal does more with it than to show it: C0, DEL, C1
/// (U+0080 to U+009F), and bytes that are no UTF-8.
std::size_t shown_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return lead < 0x20 || lead == 0x7f ? 0 : 1;
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (size > text.size() || codecs::valid_utf8_prefix(text.substr(0, size)) < size) return 0;
  return lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0 ? 0 : size;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t shown = shown_bytes(text);
    if (shown == 0) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    out += text.substr(0, shown);
    text.remove_prefix(std::max<std::size_t>(shown, 1));
  }
  return out;
}

std::string_view start_of(std::string_view text, std::size_t bytes_max) {
  std::size_t end = bytes_max;
  if (end >= text.size()) return text;
  while (end > 0 && codecs::continues_character(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace gw
