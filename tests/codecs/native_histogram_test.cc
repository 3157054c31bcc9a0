#include "codecs/native_histogram.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/codecs/allocations.h"

using namespace codecs;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

NativeHistogram integer(std::int32_t schema, std::vector<BucketSpan> spans, std::vector<std::int64_t> deltas) {
  NativeHistogram histogram;
  histogram.schema = schema;
  histogram.count_int = 1000;
  histogram.positive.spans = std::move(spans);
  histogram.positive.deltas = std::move(deltas);
  return histogram;
}

NativeHistogram custom(std::vector<double> bounds, std::vector<BucketSpan> spans, std::vector<std::int64_t> deltas) {
  NativeHistogram histogram = integer(-53, std::move(spans), std::move(deltas));
  histogram.custom_values = std::move(bounds);
  return histogram;
}

std::string dump(const NativeHistogram& histogram) {
  if (const auto problem = histogram_problem(histogram); !problem.empty()) return std::string(problem);
  std::vector<Bucket> buckets;
  expand_buckets(histogram, buckets);
  std::string out;
  for (const Bucket& bucket : buckets) {
    append_bucket_name(out, bucket);
    out += ":" + std::to_string(std::llround(bucket.count)) + " ";
  }
  return out;
}

void check(const NativeHistogram& histogram, std::string_view want) { CHECK(dump(histogram) == want); }

}  // namespace

TEST_CASE("buckets have the bounds and names that Prometheus prints") {
  check(integer(0, {{0, 4}, {2, 1}}, {2, -1, 2, -1, 1}), "(0.5,1]:2 (1,2]:1 (2,4]:3 (4,8]:2 (32,64]:3 ");
  check(integer(-4, {{0, 2}}, {1, 1}), "(1.52587890625e-05,1]:1 (1,65536]:2 ");
  check(integer(-1, {{-1, 3}}, {1, 0, 0}), "(0.0625,0.25]:1 (0.25,1]:1 (1,4]:1 ");
  check(integer(1, {{0, 3}}, {1, 0, 0}), "(0.7071067811865475,1]:1 (1,1.414213562373095]:1 (1.414213562373095,2]:1 ");
  check(integer(3, {{1, 1}}, {4}), "(1,1.0905077326652577]:4 ");
  check(integer(3, {{-4, 2}}, {4, 0}),
        "(0.6484197773255048,0.7071067811865475]:4 (0.7071067811865475,0.7711054127039704]:4 ");
  check(integer(8, {{1, 1}}, {4}), "(1,1.0027112750502025]:4 ");
  check(integer(8, {{0, 1}}, {4}), "(0.9972960560854698,1]:4 ");
  check(integer(8, {{-236, 2}}, {4, 0}),
        "(0.526395386502313,0.5278225891802786]:4 (0.5278225891802786,0.5292536613972564]:4 ");
  check(integer(0, {}, {}), "");
}

TEST_CASE("the negative side is mirrored, and the zero bucket stands between") {
  NativeHistogram histogram = integer(0, {{0, 1}}, {7});
  histogram.negative = {{{0, 2}}, {2, 1}, {}};
  histogram.zero_threshold = 0.001;
  check(histogram, "[-2,-1):3 [-1,-0.5):2 (0.5,1]:7 ");
  histogram.zero_count_int = 4;
  check(histogram, "[-2,-1):3 [-1,-0.5):2 [-0.001,0.001]:4 (0.5,1]:7 ");
}

TEST_CASE("the ends of the range of doubles have their buckets") {
  check(integer(0, {{1024, 2}}, {1, 0}),
        "(8.98846567431158e+307,1.7976931348623157e+308]:1 (1.7976931348623157e+308,+Inf]:1 ");
  check(integer(-4, {{64, 2}}, {1, 0}),
        "(2.7430620343968443e+303,1.7976931348623157e+308]:1 (1.7976931348623157e+308,+Inf]:1 ");
  check(integer(0, {{-1074, 1}}, {1}), "(0,5e-324]:1 ");
  check(integer(0, {{2147483646, 1}}, {1}), "(+Inf,+Inf]:1 ");
  check(integer(0, {{-2147483647, 1}}, {1}), "(0,0]:1 ");
}

TEST_CASE("custom buckets reach from -Inf to +Inf") {
  check(custom({1, 2.5}, {{0, 3}}, {1, 0, 0}), "[-Inf,1]:1 (1,2.5]:1 (2.5,+Inf]:1 ");
  check(custom({-1, 0}, {{1, 1}}, {5}), "(-1,0]:5 ");
  check(custom({}, {{0, 1}}, {5}), "[-Inf,+Inf]:5 ");
}

TEST_CASE("float histograms have absolute counts") {
  NativeHistogram histogram;
  histogram.is_float = true;
  histogram.count_float = 1;  // not compared with the buckets: floats need not add up
  histogram.positive = {{{0, 3}}, {}, {1.0, 0.0, 3.0}};
  check(histogram, "(0.5,1]:1 (1,2]:0 (2,4]:3 ");
}

TEST_CASE("a histogram that breaks a rule is named") {
  check(integer(9, {}, {}), "histogram: unknown schema");
  check(integer(-5, {}, {}), "histogram: unknown schema");
  check(integer(-54, {}, {}), "histogram: unknown schema");
  check(integer(0, {{0, 2}}, {1}), "histogram: the spans are for another number of buckets");
  check(integer(0, {{0, 1}}, {1, 1}), "histogram: the spans are for another number of buckets");
  check(integer(0, {{0, 4294967295}, {0, 4294967295}}, {1}), "histogram: a bucket's index is out of range");
  check(integer(0, {{2147483647, 1}, {2147483647, 1}}, {1, 1}), "histogram: a bucket's index is out of range");
  check(integer(0, {{0, 1}, {-1, 1}}, {1, 1}), "histogram: a span goes back");
  check(integer(0, {{0, 2}}, {1, -2}), "histogram: a bucket's count is negative");
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  check(integer(0, {{0, 2}}, {most, 1}), "histogram: a bucket's count is negative");
  check(integer(0, {{0, 3}}, {most, 0, 0}), "histogram: its buckets hold more than its count");
  check(integer(0, {{0, 2}}, {999, -998}), "(0.5,1]:999 (1,2]:1 ");
  check(integer(0, {{0, 2}}, {999, -997}), "histogram: its buckets hold more than its count");
  NativeHistogram mixed = integer(0, {{0, 1}}, {1});
  mixed.positive.counts = {1};
  check(mixed, "histogram: float counts in an integer histogram");
  mixed.is_float = true;
  check(mixed, "histogram: deltas in a float histogram");
  mixed.positive.deltas.clear();
  mixed.positive.counts = {-1};
  check(mixed, "histogram: a bucket's count is negative");
  mixed.positive.counts = {1};
  mixed.count_float = -1;
  check(mixed, "histogram: a count is negative");
}

TEST_CASE("a zero threshold is a distance") {
  NativeHistogram histogram = integer(0, {}, {});
  histogram.zero_threshold = -1;
  check(histogram, "histogram: the zero threshold is negative");
  histogram.zero_threshold = std::nan("");
  check(histogram, "histogram: the zero threshold is negative");
  histogram.zero_threshold = 0;
  histogram.zero_count_int = 1;
  check(histogram, "[-0,0]:1 ");
}

TEST_CASE("custom buckets have rules of their own") {
  check(custom({1, 1}, {}, {}), "histogram: custom bounds must be finite and go up");
  check(custom({1, 0}, {}, {}), "histogram: custom bounds must be finite and go up");
  check(custom({infinity}, {}, {}), "histogram: custom bounds must be finite and go up");
  check(custom({-infinity}, {}, {}), "histogram: custom bounds must be finite and go up");
  check(custom({std::nan("")}, {}, {}), "histogram: custom bounds must be finite and go up");
  check(custom({1}, {{0, 3}}, {1, 0, 0}), "histogram: a bucket has no custom bounds");
  check(custom({1}, {{-1, 1}}, {1}), "histogram: a bucket has no custom bounds");
  NativeHistogram histogram = custom({1}, {}, {});
  histogram.zero_count_int = 1;
  check(histogram, "histogram: custom buckets have no zero bucket");
  histogram = custom({1}, {}, {});
  histogram.negative.spans = {{0, 0}};
  check(histogram, "histogram: custom buckets have no negative side");
  histogram = integer(0, {}, {});
  histogram.custom_values = {1};
  check(histogram, "histogram: custom bounds without custom buckets");
}

TEST_CASE("clearing keeps the memory of the arrays") {
  NativeHistogram histogram = custom({1, 2, 3}, {{0, 2}}, {1, 1});
  histogram.negative = {{{0, 1}}, {1}, {1.0}};
  const Allocations allocations;
  histogram.clear();
  CHECK(histogram == NativeHistogram());
  histogram.custom_values.assign(3, 1);
  histogram.negative.counts.assign(1, 1);
  CHECK(allocations.count() == 0);
}
