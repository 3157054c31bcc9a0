#include "codecs/prometheus_json_element.h"

#include <limits>

#include "codecs/number.h"
#include "codecs/seconds.h"

namespace codecs {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

constexpr std::string_view bad_point = "a point that is not [time, \"value\"]";
constexpr std::string_view bad_histogram = "a histogram that is not [time, {count, sum, buckets}]";
constexpr std::string_view bad_bucket = "a bucket that is not [0 to 3, \"low\", \"high\", \"count\"]";

/// "[" time ","
bool read_time(JsonScan& scan, std::int64_t& time_ms, std::string_view reason) {
  std::string_view text;
  if (!scan.open('[', reason) || !scan.next_item(true) || !scan.read_number(text, reason)) {
    return scan.fail_shape(reason);
  }
  const std::optional<std::int64_t> time = milliseconds_of_seconds(text);
  if (!time) return scan.fail_content("a time that is out of range");
  time_ms = *time;
  return scan.next_item(false) || scan.fail_shape(reason);
}

bool read_end(JsonScan& scan, std::string_view reason) {
  if (scan.next_item(false)) return scan.fail_shape(reason);
  return scan.ok();
}

bool read_value(JsonScan& scan, double& value, std::string_view reason) {
  std::string_view text;
  if (!scan.read_string(text, reason)) return false;
  const std::optional<double> number = sample_value(text);
  if (!number) return scan.fail_content(reason);
  value = *number;
  return true;
}

bool read_bucket(JsonScan& scan, Bucket& bucket) {
  std::string_view bounds;
  if (!scan.open('[', bad_bucket) || !scan.next_item(true) || !scan.read_number(bounds, bad_bucket)) {
    return scan.fail_shape(bad_bucket);
  }
  if (bounds.size() != 1 || bounds.front() > '3') return scan.fail_content(bad_bucket);
  bucket.low_inclusive = bounds.front() == '1' || bounds.front() == '3';
  bucket.high_inclusive = bounds.front() == '0' || bounds.front() == '3';
  for (double* const number : {&bucket.low, &bucket.high, &bucket.count}) {
    if (!scan.next_item(false) || !read_value(scan, *number, bad_bucket)) return scan.fail_shape(bad_bucket);
  }
  return read_end(scan, bad_bucket);
}

bool read_buckets(JsonScan& scan, std::vector<Bucket>& buckets) {
  if (!scan.open('[', "a histogram with buckets that are no array")) return false;
  for (bool first = true; scan.next_item(first); first = false) {
    if (buckets.size() == query_buckets_max) return scan.fail_shape("a histogram with more than 4096 buckets");
    Bucket bucket;
    if (!read_bucket(scan, bucket)) return false;
    buckets.push_back(bucket);
  }
  return scan.ok();
}

bool read_histogram(JsonScan& scan, QueryHistogram& histogram, std::vector<Bucket>& buckets, std::uint8_t depth) {
  bool has_count = false;
  bool has_sum = false;
  bool has_buckets = false;
  std::string_view key;
  if (!scan.open('{', bad_histogram)) return false;
  for (bool first = true; scan.next_member(first, key); first = false) {
    bool good = false;
    if (key == "count" && !has_count) {
      good = has_count = read_value(scan, histogram.count, "a histogram with a count that is no number");
    } else if (key == "sum" && !has_sum) {
      good = has_sum = read_value(scan, histogram.sum, "a histogram with a sum that is no number");
    } else if (key == "buckets" && !has_buckets) {
      good = has_buckets = read_buckets(scan, buckets);
    } else {
      good = scan.skip_value(depth);
    }
    if (!good) return false;
  }
  if (!has_count || !has_sum) return scan.fail_shape("a histogram without count or sum");
  histogram.buckets = buckets;
  return scan.ok();
}

}  // namespace

std::optional<double> sample_value(std::string_view text) {
  if (const auto number = parse_float(text)) return *number;
  if (text == "NaN") return no_value;
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

bool read_labels(JsonScan& scan, std::span<Label> labels, std::size_t& count, bool& cut) {
  count = 0;
  cut = false;
  Label label;
  if (!scan.open('{', "a 'metric' that is no object")) return false;
  for (bool first = true; scan.next_member(first, label.name); first = false) {
    if (!scan.read_string(label.value, "a label that is no string")) return false;
    if (count == labels.size()) {
      cut = true;
    } else {
      labels[count++] = label;
    }
  }
  return scan.ok();
}

bool read_point(JsonScan& scan, QuerySample& sample) {
  if (!read_text_point(scan, sample)) return false;
  const std::optional<double> value = sample_value(sample.value_text);
  if (!value) return scan.fail_content("a value that is no number");
  sample.value = *value;
  sample.kind = QuerySample::Kind::number;
  return true;
}

bool read_text_point(JsonScan& scan, QuerySample& sample) {
  if (!read_time(scan, sample.time_ms, bad_point)) return false;
  if (!scan.read_string(sample.value_text, bad_point) || !read_end(scan, bad_point)) return false;
  sample.value = no_value;
  sample.kind = QuerySample::Kind::text;
  return true;
}

bool read_histogram_point(JsonScan& scan, QuerySample& sample, std::vector<Bucket>& buckets, std::uint8_t depth) {
  buckets.clear();
  if (!read_time(scan, sample.time_ms, bad_histogram)) return false;
  if (!read_histogram(scan, sample.histogram, buckets, static_cast<std::uint8_t>(depth + 2)) ||
      !read_end(scan, bad_histogram))
    return false;
  sample.value = no_value;
  sample.value_text = {};
  sample.kind = QuerySample::Kind::histogram;
  return true;
}

}  // namespace codecs
