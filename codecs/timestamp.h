#pragma once
// Times as integers since 1970-01-01T00:00:00Z in one of four precisions. Pure functions; any thread.

#include <cstdint>
#include <optional>

namespace codecs {

/// The precisions in which a timestamp may be written.
enum class Precision { seconds, milliseconds, microseconds, nanoseconds };

/// Tells the precision by magnitude, as InfluxDB 3 does: |t| < 5e9 s, < 5e12 ms, < 5e15 us, else ns.
Precision precision_of(std::int64_t timestamp);

/// Whole seconds, rounded down.
std::int64_t to_seconds(std::int64_t timestamp, Precision precision);

/// Nothing where that many nanoseconds do not fit (1677 to 2262): an overflow is an error, never another time.
std::optional<std::int64_t> to_nanoseconds(std::int64_t timestamp, Precision precision);

/// Nanoseconds in the given precision, rounded down.
std::int64_t from_nanoseconds(std::int64_t nanoseconds, Precision precision);

}  // namespace codecs
