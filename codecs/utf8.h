#pragma once
// UTF-8 (RFC 3629), which every format here wants of its names and values. Pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace codecs {

/// The length of the longest start of `text` that is valid UTF-8: text.size() where all of it is. Surrogates, overlong
/// forms and what lies beyond U+10FFFF are invalid.
std::size_t valid_utf8_prefix(std::string_view text);

/// True where no byte is 0x80 or above: then it is valid UTF-8, and this is the quick way to know.
bool is_ascii(std::string_view text);

/// True for the second and further bytes of a character.
constexpr bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

/// Appends the character U+`code`: no surrogate, and not beyond U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace codecs
