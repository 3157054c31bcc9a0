#pragma once
// The numbers on a page of metrics. Used by the exposition decoder only.

#include <expected>
#include <optional>
#include <string_view>

#include "codecs/exposition.h"
#include "codecs/number.h"

namespace codecs {

/// A sample's value: what parse_float reads, with a '+' before it as well, or NaN, Inf, Infinity in any case, the last
/// two signed or not. As Go's strconv.ParseFloat without hexadecimal and '_', which Prometheus refuses.
std::expected<double, NumberProblem> parse_sample_value(std::string_view text);

/// Integer milliseconds, as in text 0.0.4. Nothing where `text` is none, or too large for 64 bits.
std::optional<SampleTime> parse_milliseconds(std::string_view text);

/// Decimal seconds with or without fraction and exponent, as in OpenMetrics, to the nanosecond without a detour over
/// binary fractions. Nothing where `text` is none.
std::optional<SampleTime> parse_seconds(std::string_view text);

}  // namespace codecs
