#pragma once
// Decimal floats as line protocol and Prometheus' JSON write them.

#include <expected>
#include <string_view>

namespace codecs {

enum class NumberProblem { malformed, out_of_range };

/// Reads all of `text`: 1, -0, 007, .5, 5., 1e-05. No sign '+', blanks, '_', hexadecimal, NaN or Inf. Rounds to the
/// nearest double; what is too small for one is 0, what is too large is out_of_range.
std::expected<double, NumberProblem> parse_float(std::string_view text);

}  // namespace codecs
