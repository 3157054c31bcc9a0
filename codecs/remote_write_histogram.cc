// Native histograms of both versions:
//
//   Histogram   1 count_int (uint64) or 2 count_float (double)  3 sum (double)  4 schema (sint32)
//               5 zero_threshold (double)  6 zero_count_int (uint64) or 7 zero_count_float (double)
//               8 negative_spans*  9 negative_deltas* (sint64)  10 negative_counts* (double)
//               11 positive_spans*  12 positive_deltas* (sint64)  13 positive_counts* (double)
//               14 reset_hint  15 timestamp  16 custom_values* (double)  17 start_timestamp (v2)
//   BucketSpan  1 offset (sint32)  2 length (uint32)

#include "codecs/protobuf_wire.h"
#include "codecs/remote_write.h"

namespace codecs::remote_write {
namespace {

/// Fields that are one floating-point number. Of the two forms of a count the last one stands.
void read_double(std::uint32_t number, double value, NativeHistogram& out) {
  switch (number) {
    case 2:
      out.is_float = true;
      out.count_int = 0;
      out.count_float = value;
      break;
    case 3:
      out.sum = value;
      break;
    case 5:
      out.zero_threshold = value;
      break;
    case 7:
      out.zero_count_int = 0;
      out.zero_count_float = value;
      break;
    default:
      break;
  }
}

/// The same for integers.
void read_integer(std::uint32_t number, std::uint64_t value, NativeHistogram& out) {
  using Hint = NativeHistogram::ResetHint;
  switch (number) {
    case 1:
      out.is_float = false;
      out.count_float = 0;
      out.count_int = value;
      break;
    case 4:
      out.schema = from_zigzag32(value);
      break;
    case 6:
      out.zero_count_float = 0;
      out.zero_count_int = value;
      break;
    case 14:
      out.reset_hint = value < 4 ? static_cast<Hint>(value) : Hint::unknown;
      break;
    case 15:
      out.time_ms = static_cast<std::int64_t>(value);
      break;
    case 17:
      out.start_ms = static_cast<std::int64_t>(value);
      break;
    default:
      break;
  }
}

void read_number(const WireField& field, NativeHistogram& out) {
  if (field.type == WireType::fixed64) read_double(field.number, std::bit_cast<double>(field.value), out);
  if (field.type == WireType::varint) read_integer(field.number, field.value, out);
}

std::string_view read_span(const WireField& field, std::vector<BucketSpan>& out) {
  if (field.type != WireType::bytes) return {};
  BucketSpan span;
  WireReader reader(field.bytes);
  WireField inner;
  while (reader.next(inner)) {
    if (inner.type != WireType::varint) continue;
    if (inner.number == 1) span.offset = from_zigzag32(inner.value);
    if (inner.number == 2) span.length = static_cast<std::uint32_t>(inner.value);
  }
  out.push_back(span);
  return reader.problem();
}

/// Fields that are lists: 8 to 13 and 16. Answers what is wrong.
std::string_view read_list(const WireField& field, NativeHistogram& out) {
  NativeHistogram::Side& side = field.number < 11 ? out.negative : out.positive;
  bool good = true;
  switch (field.number) {
    case 8:
    case 11:
      return read_span(field, side.spans);
    case 9:
    case 12:
      if (field.type == WireType::bytes || field.type == WireType::varint)
        good = for_each_varint(field, [&](std::uint64_t value) { side.deltas.push_back(from_zigzag(value)); });
      break;
    case 10:
    case 13:
    case 16:
      if (field.type == WireType::bytes || field.type == WireType::fixed64) {
        std::vector<double>& doubles = field.number == 16 ? out.custom_values : side.counts;
        good = for_each_double(field, [&](double value) { doubles.push_back(value); });
      }
      break;
    default:
      break;
  }
  return good ? std::string_view() : "protobuf: a number is cut off";
}

/// About what a field takes in the body; no number takes less than a byte.
std::size_t bytes_of(const WireField& field) { return field.type == WireType::bytes ? field.bytes.size() + 1 : 1; }

}  // namespace

bool Decoder::read_histogram(std::string_view message) {
  if (!check_count(histogram_count_, histograms_max, "series with too many histograms", message)) return false;
  if (histogram_count_ == histograms_.size()) histograms_.emplace_back();
  NativeHistogram& histogram = histograms_[histogram_count_];
  histogram.clear();
  WireReader reader(message);
  WireField field;
  while (reader.next(field)) {
    const bool list = (field.number >= 8 && field.number <= 13) || field.number == 16;
    if (!list) {
      if (field.number != 17 || version_ == Version::v2) read_number(field, histogram);
      continue;
    }
    histogram_list_bytes_ += bytes_of(field);
    if (!check_count(histogram_list_bytes_, histogram_list_bytes_max, "histograms with too many buckets", message))
      return false;
    if (const std::string_view problem = read_list(field, histogram); !problem.empty()) return refuse(problem, message);
  }
  if (!reader.problem().empty()) return refuse(reader);
  // The form is that of the count; a zero count of the other form says nothing.
  if (histogram.is_float) histogram.zero_count_int = 0;
  if (!histogram.is_float) histogram.zero_count_float = 0;
  if (const std::string_view problem = histogram_problem(histogram); !problem.empty()) return refuse(problem, message);
  ++histogram_count_;
  return true;
}

}  // namespace codecs::remote_write
