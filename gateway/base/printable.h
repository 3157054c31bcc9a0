#pragma once
#include <string>
#include <string_view>

namespace gw {

/// `text` with its control characters as \x1b: a terminal must not be steered by what came from outside.
std::string printable(std::string_view text);

}  // namespace gw
