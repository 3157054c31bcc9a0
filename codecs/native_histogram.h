#pragma once
// Prometheus' native histograms: their buckets from the compact form in which they travel
// (https://prometheus.io/docs/specs/native_histograms/, "Buckets", "Schema"; the messages of remote_write use the same
// form, prompb/types.proto, message Histogram).
//
//   schema -4 .. 8: bucket i is (b^(i-1), b^i] with b = 2^(2^-schema); negative ones mirrored: [-b^i, -b^(i-1))
//   schema -53:     bucket i is (custom_values[i-1], custom_values[i]]; the first reaches from -Inf, the last to +Inf
//   zero bucket:    [-zero_threshold, zero_threshold]
//
// Spans say which buckets follow: `offset` of the first span is the index of the first bucket, later ones are gaps.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace codecs {

struct BucketSpan {
  std::int32_t offset = 0;
  std::uint32_t length = 0;
  friend bool operator==(const BucketSpan&, const BucketSpan&) = default;
};

/// One observation of a histogram as it travels. An integer histogram has `deltas` (each bucket's count less that of
/// the one before), a float histogram has `counts`.
struct NativeHistogram {
  static constexpr std::int32_t custom_buckets = -53;
  static constexpr std::int32_t schema_min = -4;
  static constexpr std::int32_t schema_max = 8;

  enum class ResetHint : std::uint8_t { unknown = 0, yes = 1, no = 2, gauge = 3 };

  struct Side {
    std::vector<BucketSpan> spans;
    std::vector<std::int64_t> deltas;
    std::vector<double> counts;
    friend bool operator==(const Side&, const Side&) = default;
  };

  bool is_float = false;
  std::uint64_t count_int = 0;
  std::uint64_t zero_count_int = 0;
  double count_float = 0;
  double zero_count_float = 0;
  double sum = 0;  ///< the stale marker stands here
  std::int32_t schema = 0;
  double zero_threshold = 0;
  ResetHint reset_hint = ResetHint::unknown;
  Side negative;
  Side positive;
  std::vector<double> custom_values;
  std::int64_t time_ms = 0;
  std::int64_t start_ms = 0;  ///< 0: not told

  double count() const { return is_float ? count_float : static_cast<double>(count_int); }
  double zero_count() const { return is_float ? zero_count_float : static_cast<double>(zero_count_int); }
  /// As new, but keeps the memory of its arrays.
  void clear();

  friend bool operator==(const NativeHistogram&, const NativeHistogram&) = default;
};

/// One bucket with its own count (not the sum of those below).
struct Bucket {
  double low = 0;
  double high = 0;
  bool low_inclusive = false;
  bool high_inclusive = false;
  double count = 0;
  friend bool operator==(const Bucket&, const Bucket&) = default;
};

/// Empty where the histogram keeps the format's rules, else static text that says which it breaks. What it takes is
/// bounded by the arrays, whatever the spans say.
std::string_view histogram_problem(const NativeHistogram& histogram);

/// Replaces `out` by all buckets that are spelled out, from low to high, the zero bucket among them where it has a
/// count; as many as there are deltas or counts, and one more. Requires histogram_problem() to be empty.
void expand_buckets(const NativeHistogram& histogram, std::vector<Bucket>& out);

/// Appends a bucket's name as Prometheus prints it: (0.5,1], [-0.001,0.001].
void append_bucket_name(std::string& out, const Bucket& bucket);

}  // namespace codecs
