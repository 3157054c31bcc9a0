#pragma once
// The parts of an answer of Prometheus' query API that make up samples (grammar at the head of prometheus_json.cc).
// For prometheus_json.cc alone. Each reader answers false with the scanner's trouble.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "codecs/json_scan.h"
#include "codecs/prometheus_json.h"

namespace codecs {

/// A sample's value: a float as Go writes it, or NaN, Inf, +Inf, -Inf.
std::optional<double> sample_value(std::string_view text);

/// An object of labels; `count` of them are kept in `labels`, `cut` says whether there were more.
bool read_labels(JsonScan& scan, std::span<Label> labels, std::size_t& count, bool& cut);

/// [time, "value"] into time_ms, value and value_text.
bool read_point(JsonScan& scan, QuerySample& sample);

/// [time, "text"] into time_ms and value_text.
bool read_text_point(JsonScan& scan, QuerySample& sample);

/// [time, histogram] into time_ms and histogram, whose buckets lie in `buckets`. `depth` arrays and objects are open
/// around it.
bool read_histogram_point(JsonScan& scan, QuerySample& sample, std::vector<Bucket>& buckets, std::uint8_t depth);

}  // namespace codecs
