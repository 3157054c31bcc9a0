#pragma once
// Where in line protocol something may end or start, for readers that jump from one such place to the next. Used by
// PlainLines only. A pure function; any thread.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codecs/cpu.h"

namespace codecs {

/// Beyond the positions themselves `index_line_bytes` writes over that many.
inline constexpr std::size_t line_index_slack = 8;

/// Writes the position of each byte of `text` that parts a line, `,` `=` blank and newline, or that needs a closer
/// look, quote, backslash, control characters and what is no ASCII; answers how many there are. `positions` has room
/// for text.size() + line_index_slack of them.
std::size_t index_line_bytes(Cpu cpu, std::string_view text, std::uint32_t* positions);

}  // namespace codecs
