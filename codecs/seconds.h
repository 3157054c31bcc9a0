#pragma once
// Times as decimal seconds: 1700000000.123.

#include <cstdint>
#include <optional>
#include <string_view>

namespace codecs {

/// Milliseconds of `seconds`, a number by JSON's grammar. Rounds the decimal text itself, half away from zero: no way
/// through a double, whose nearest neighbour may lie on the other side. Nothing beyond +-9e15 (the year 287396), where
/// milliseconds are no longer exact in a double, as most peers hold them.
std::optional<std::int64_t> milliseconds_of_seconds(std::string_view seconds);

}  // namespace codecs
