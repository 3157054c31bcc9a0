#pragma once
#include <cstddef>
#include <string_view>

namespace codecs {

/// The length of the longest start of `text` that is valid UTF-8: text.size() where all of it is. Surrogates, overlong
/// forms and what lies beyond U+10FFFF are invalid.
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace codecs
