#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace gw {

/// `text` with its control characters as \x1b: a terminal must not be steered by what came from outside.
std::string printable(std::string_view text);

/// The start of `text`, of no more than `bytes_max` bytes, which ends with a whole character.
std::string_view start_of(std::string_view text, std::size_t bytes_max);

}  // namespace gw
