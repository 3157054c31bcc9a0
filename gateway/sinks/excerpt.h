#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace gw {

/// `text` of a peer as one line for people: control characters become blanks, ends trimmed, cut to `bytes_max` with an
/// ellipsis.
std::string excerpt(std::string_view text, std::size_t bytes_max);

}  // namespace gw
