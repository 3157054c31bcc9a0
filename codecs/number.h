#pragma once
// Decimal numbers as line protocol, Prometheus and InfluxDB write them. Pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

namespace codecs {

enum class NumberProblem { malformed, out_of_range };

/// Reads all of `text`: 1, -0, 007, .5, 5., 1e-05. No sign '+', blanks, '_', hexadecimal, NaN or Inf. Rounds to the
/// nearest double; what is too small for one is 0, what is too large is out_of_range.
std::expected<double, NumberProblem> parse_float(std::string_view text);

/// Reads all of `text`: digits, with a '-' before them where they are signed.
std::expected<std::int64_t, NumberProblem> parse_int64(std::string_view text);
std::expected<std::uint64_t, NumberProblem> parse_uint64(std::string_view text);

/// Room for every double and 64-bit integer in its shortest form.
inline constexpr std::size_t number_chars_max = 32;
/// Writes a double in the shortest form that reads back the same, as std::to_chars does: 1e+06, 0.1, -0, 1. Answers
/// where the text ends. `to` has room for number_chars_max.
char* write_float(char* to, double value);

}  // namespace codecs
