#pragma once
// Times as text: 2024-08-06T12:05:45.5Z (grammar at the head of rfc3339.cc).

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace codecs {

enum class TimeProblem {
  malformed,     ///< not a time, or a day that its month does not have
  out_of_range,  ///< a time that 64 bits of nanoseconds cannot hold: before 1677-09-21 or after 2262-04-11
};

/// What a time without a zone is.
enum class Zoneless {
  refused,
  utc,  ///< InfluxDB 3 and SQL leave the zone out and mean UTC
};

/// Reads all of `text` as nanoseconds since 1970-01-01T00:00:00Z, exactly.
std::expected<std::int64_t, TimeProblem> parse_rfc3339(std::string_view text, Zoneless zoneless = Zoneless::refused);

/// Appends a time as Go's RFC3339Nano does: in UTC, fractions without zeros at their end.
void append_rfc3339(std::string& out, std::int64_t time_ns);

}  // namespace codecs
