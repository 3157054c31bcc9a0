#pragma once
// Times as decimal seconds: 1700000000.123.

#include <cstdint>
#include <optional>
#include <string_view>

namespace codecs {

/// Of either sign: beyond 1677 and 2262 nanoseconds do not fit 64 bits, and all that we hand on is in nanoseconds.
inline constexpr std::int64_t milliseconds_max = 9'223'372'036'854;

/// Milliseconds of `seconds`, a number by JSON's grammar. Rounds the decimal text itself, half away from zero: no way
/// through a double, whose nearest neighbour may lie on the other side. Nothing beyond `milliseconds_max`.
std::optional<std::int64_t> milliseconds_of_seconds(std::string_view seconds);

}  // namespace codecs
