#include "codecs/native_histogram.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "codecs/number.h"

namespace codecs {
namespace {

using Side = NativeHistogram::Side;

constexpr std::string_view too_many = "histogram: its buckets hold more than its count";
constexpr double infinity = std::numeric_limits<double>::infinity();

/// What Prometheus holds an index in; schema 8 reaches every double within a thousandth of it.
constexpr std::int64_t bucket_index_max = std::numeric_limits<std::int32_t>::max();

/// 2^(1/2), 2^(1/4) … 2^(1/256). Products of these, from the left, are bit for bit the bounds in Prometheus' table
/// (model/histogram/generic.go, exponentialBounds); the first is not the double nearest to the root, and neither is
/// what stands in that table. So a bucket has the same name whichever way it comes.
constexpr double roots[] = {0x1.6a09e667f3bccp+0, 0x1.306fe0a31b715p+0, 0x1.172b83c7d517bp+0, 0x1.0b5586cf9890fp+0,
                            0x1.059b0d3158574p+0, 0x1.02c9a3e778061p+0, 0x1.0163da9fb3335p+0, 0x1.00b1afa5abcbfp+0};

/// The upper bound of positive bucket `index`. The last bucket of regular numbers ends at the largest of them, so that
/// the one behind it, which ends at +Inf, holds the infinities.
double exponential_bound(std::int64_t index, std::int32_t schema) {
  std::int64_t exponent = schema > 0 ? index >> schema : index * (std::int64_t{1} << -schema);
  double fraction = 1;
  for (std::int32_t i = 0; i < schema; ++i) {
    if ((index >> (schema - 1 - i) & 1) != 0) fraction *= roots[i];
  }
  if (exponent == std::numeric_limits<double>::max_exponent && fraction == 1) return std::numeric_limits<double>::max();
  constexpr std::int64_t beyond = 2000;  // further than any double, either way
  exponent = std::clamp(exponent, -beyond, beyond);
  return std::ldexp(fraction, static_cast<int>(exponent));
}

/// The count of the buckets that the spans announce, or nothing where their indices leave all reason.
std::optional<std::uint64_t> announced(std::span<const BucketSpan> spans) {
  std::uint64_t buckets = 0;
  std::int64_t index = 0;
  for (const BucketSpan& span : spans) {
    buckets += span.length;
    index += std::int64_t{span.offset} + span.length;
    if (std::abs(index) > bucket_index_max) return std::nullopt;
  }
  return buckets;
}

std::string_view spans_problem(const Side& side, std::size_t buckets) {
  for (std::size_t i = 1; i < side.spans.size(); ++i) {
    if (side.spans[i].offset < 0) return "histogram: a span goes back";
  }
  const std::optional<std::uint64_t> spanned = announced(side.spans);
  if (!spanned.has_value()) return "histogram: a bucket's index is out of range";
  if (*spanned != buckets) return "histogram: the spans are for another number of buckets";
  return {};
}

/// Adds the counts of an integer histogram's side to `total`.
std::string_view deltas_problem(const Side& side, std::uint64_t& total) {
  std::int64_t count = 0;
  for (const std::int64_t delta : side.deltas) {
    if (__builtin_add_overflow(count, delta, &count) || count < 0) return "histogram: a bucket's count is negative";
    if (__builtin_add_overflow(total, static_cast<std::uint64_t>(count), &total)) return too_many;
  }
  return {};
}

std::string_view side_problem(const NativeHistogram& histogram, const Side& side, std::uint64_t& total) {
  if (!histogram.is_float) {
    if (!side.counts.empty()) return "histogram: float counts in an integer histogram";
    if (const std::string_view problem = spans_problem(side, side.deltas.size()); !problem.empty()) return problem;
    return deltas_problem(side, total);
  }
  if (!side.deltas.empty()) return "histogram: deltas in a float histogram";
  for (const double count : side.counts) {
    if (count < 0) return "histogram: a bucket's count is negative";
  }
  return spans_problem(side, side.counts.size());
}

std::string_view custom_problem(const NativeHistogram& histogram) {
  if (histogram.zero_count() != 0 || histogram.zero_threshold != 0)
    return "histogram: custom buckets have no zero bucket";
  if (!histogram.negative.spans.empty() || !histogram.negative.deltas.empty() || !histogram.negative.counts.empty())
    return "histogram: custom buckets have no negative side";
  double previous = -infinity;
  for (const double bound : histogram.custom_values) {
    if (!(bound > previous) || bound == infinity) return "histogram: custom bounds must be finite and go up";
    previous = bound;
  }
  std::int64_t behind = 0;
  for (const BucketSpan& span : histogram.positive.spans) behind += std::int64_t{span.offset} + span.length;
  const bool before = !histogram.positive.spans.empty() && histogram.positive.spans.front().offset < 0;
  // One bucket more than bounds: the last reaches to +Inf.
  if (before || behind > static_cast<std::int64_t>(histogram.custom_values.size()) + 1)
    return "histogram: a bucket has no custom bounds";
  return {};
}

/// Hands index and count of each bucket of a side to `take`, from the zero bucket outwards.
template <class Take>
void for_each_count(const NativeHistogram& histogram, const Side& side, Take take) {
  std::int64_t index = 0;
  std::int64_t running = 0;
  std::size_t position = 0;
  for (const BucketSpan& span : side.spans) {
    index += span.offset;
    for (std::uint32_t i = 0; i < span.length; ++i, ++index, ++position) {
      if (!histogram.is_float) running += side.deltas[position];
      take(index, histogram.is_float ? side.counts[position] : static_cast<double>(running));
    }
  }
}

double custom_bound(std::int64_t index, std::span<const double> bounds) {
  if (index < 0) return -infinity;
  return static_cast<std::size_t>(index) < bounds.size() ? bounds[static_cast<std::size_t>(index)] : infinity;
}

void append_bound(std::string& out, double bound) {
  if (std::isinf(bound)) {
    out += bound < 0 ? "-Inf" : "+Inf";
  } else {
    std::array<char, number_chars_max> text;
    out.append(text.data(), write_float(text.data(), bound));
  }
}

}  // namespace

void NativeHistogram::clear() {
  // What an assignment would free is kept: the next histogram likely needs as much.
  NativeHistogram fresh;
  std::swap(fresh.negative, negative);
  std::swap(fresh.positive, positive);
  std::swap(fresh.custom_values, custom_values);
  for (Side* const side : {&fresh.negative, &fresh.positive}) {
    side->spans.clear();
    side->deltas.clear();
    side->counts.clear();
  }
  fresh.custom_values.clear();
  *this = std::move(fresh);
}

std::string_view histogram_problem(const NativeHistogram& histogram) {
  const bool custom = histogram.schema == NativeHistogram::custom_buckets;
  if (!custom && (histogram.schema < NativeHistogram::schema_min || histogram.schema > NativeHistogram::schema_max))
    return "histogram: unknown schema";
  if (histogram.count() < 0 || histogram.zero_count() < 0) return "histogram: a count is negative";
  if (!(histogram.zero_threshold >= 0)) return "histogram: the zero threshold is negative";
  std::uint64_t total = histogram.zero_count_int;
  for (const Side* const side : {&histogram.negative, &histogram.positive}) {
    if (const std::string_view problem = side_problem(histogram, *side, total); !problem.empty()) return problem;
  }
  // Less is right: what is observed as NaN counts, but is in no bucket.
  if (!histogram.is_float && total > histogram.count_int) return too_many;
  if (custom) return custom_problem(histogram);
  if (!histogram.custom_values.empty()) return "histogram: custom bounds without custom buckets";
  return {};
}

void expand_buckets(const NativeHistogram& histogram, std::vector<Bucket>& out) {
  out.clear();
  if (histogram.schema == NativeHistogram::custom_buckets) {
    for_each_count(histogram, histogram.positive, [&](std::int64_t index, double count) {
      out.push_back({custom_bound(index - 1, histogram.custom_values), custom_bound(index, histogram.custom_values),
                     index == 0, true, count});
    });
    return;
  }
  for_each_count(histogram, histogram.negative, [&](std::int64_t index, double count) {
    out.push_back({-exponential_bound(index, histogram.schema), -exponential_bound(index - 1, histogram.schema), true,
                   false, count});
  });
  std::reverse(out.begin(), out.end());
  if (histogram.zero_count() != 0)
    out.push_back({-histogram.zero_threshold, histogram.zero_threshold, true, true, histogram.zero_count()});
  for_each_count(histogram, histogram.positive, [&](std::int64_t index, double count) {
    out.push_back({exponential_bound(index - 1, histogram.schema), exponential_bound(index, histogram.schema), false,
                   true, count});
  });
}

void append_bucket_name(std::string& out, const Bucket& bucket) {
  out += bucket.low_inclusive ? '[' : '(';
  append_bound(out, bucket.low);
  out += ',';
  append_bound(out, bucket.high);
  out += bucket.high_inclusive ? ']' : ')';
}

}  // namespace codecs
