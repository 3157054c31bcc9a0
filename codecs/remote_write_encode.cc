#include "codecs/remote_write_encode.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <protozero/pbf_writer.hpp>
#include <variant>

#include "codecs/timestamp.h"
#include "codecs/utf8.h"

namespace codecs::remote_write {
namespace {

using protozero::pbf_writer;

bool is_text(std::string_view text) { return valid_utf8_prefix(text) == text.size(); }

// proto3 leaves out what is zero. One field of each message is written all the same: protozero takes an empty message
// within a message back, and a sample of value 0 would be lost.

/// A negative zero is another value than zero.
void write_double(pbf_writer& writer, protozero::pbf_tag_type tag, double value) {
  if (std::bit_cast<std::uint64_t>(value) != 0) writer.add_double(tag, value);
}
void write_int64(pbf_writer& writer, protozero::pbf_tag_type tag, std::int64_t value) {
  if (value != 0) writer.add_int64(tag, value);
}

void write_samples(pbf_writer& parent, std::span<const Sample> samples) {
  for (const Sample& sample : samples) {
    pbf_writer writer(parent, 2);
    writer.add_double(1, sample.value);
    write_int64(writer, 2, sample.time_ms);
    write_int64(writer, 3, sample.start_ms);
  }
}

void write_labels(pbf_writer& parent, std::span<const Label> labels) {
  for (const Label& label : labels) {
    pbf_writer writer(parent, 1);
    writer.add_string(1, label.name.data(), label.name.size());
    writer.add_string(2, label.value.data(), label.value.size());
  }
}

/// `first` is the field of the spans; deltas and counts stand behind it.
void write_side(pbf_writer& parent, protozero::pbf_tag_type first, const NativeHistogram::Side& side) {
  for (const BucketSpan& span : side.spans) {
    pbf_writer writer(parent, first);
    if (span.offset != 0) writer.add_sint32(1, span.offset);
    writer.add_uint32(2, span.length);
  }
  parent.add_packed_sint64(first + 1, side.deltas.begin(), side.deltas.end());
  parent.add_packed_double(first + 2, side.counts.begin(), side.counts.end());
}

void write_histogram(pbf_writer& parent, protozero::pbf_tag_type tag, const NativeHistogram& histogram) {
  pbf_writer writer(parent, tag);
  // A member of a oneof is written even where it is zero: it says which form the histogram has.
  if (histogram.is_float) {
    writer.add_double(2, histogram.count_float);
  } else {
    writer.add_uint64(1, histogram.count_int);
  }
  write_double(writer, 3, histogram.sum);
  if (histogram.schema != 0) writer.add_sint32(4, histogram.schema);
  write_double(writer, 5, histogram.zero_threshold);
  if (histogram.is_float) {
    writer.add_double(7, histogram.zero_count_float);
  } else {
    writer.add_uint64(6, histogram.zero_count_int);
  }
  write_side(writer, 8, histogram.negative);
  write_side(writer, 11, histogram.positive);
  if (histogram.reset_hint != NativeHistogram::ResetHint::unknown)
    writer.add_enum(14, static_cast<std::int32_t>(histogram.reset_hint));
  write_int64(writer, 15, histogram.time_ms);
  writer.add_packed_double(16, histogram.custom_values.begin(), histogram.custom_values.end());
  write_int64(writer, 17, histogram.start_ms);
}

std::string_view labels_problem(std::span<const Label> sorted) {
  bool named = false;
  const Label* previous = nullptr;
  for (const Label& label : sorted) {
    if (label.name.empty()) return "label without a name";
    if (label.value.empty()) return "label without a value";
    if (!is_text(label.name) || !is_text(label.value)) return "text is not valid UTF-8";
    if (previous != nullptr && previous->name == label.name) return "two labels with the same name";
    previous = &label;
    named = named || label.name == "__name__";
  }
  if (sorted.size() > labels_max) return "series with too many labels";
  return named ? std::string_view() : "series without a metric name";
}

std::string_view exemplars_problem(std::span<const Exemplar> exemplars) {
  std::size_t labels = 0;
  for (const Exemplar& exemplar : exemplars) {
    labels += exemplar.labels.size();
    for (const Label& label : exemplar.labels) {
      if (!is_text(label.name) || !is_text(label.value)) return "text is not valid UTF-8";
    }
  }
  if (exemplars.size() > exemplars_max || labels > labels_max) return "series with too many exemplars";
  return {};
}

std::size_t varint_bytes(std::uint64_t value) { return static_cast<std::size_t>((std::bit_width(value | 1) + 6) / 7); }

/// What the lists of one side, and the bounds, take in the body, as Decoder counts it: each field and a byte more.
std::size_t list_bytes(const NativeHistogram::Side& side) {
  std::size_t bytes = side.counts.empty() ? 0 : side.counts.size() * sizeof(double) + 1;
  for (const BucketSpan& span : side.spans) {
    if (span.offset != 0) bytes += 1 + varint_bytes(protozero::encode_zigzag32(span.offset));
    bytes += 1 + varint_bytes(span.length) + 1;
  }
  for (const std::int64_t delta : side.deltas) bytes += varint_bytes(protozero::encode_zigzag64(delta));
  return bytes + (side.deltas.empty() ? 0 : 1);
}
std::size_t list_bytes(const NativeHistogram& histogram) {
  const std::size_t bounds = histogram.custom_values.empty() ? 0 : histogram.custom_values.size() * sizeof(double) + 1;
  return bounds + list_bytes(histogram.negative) + list_bytes(histogram.positive);
}

std::string_view histograms_problem(std::span<const NativeHistogram> histograms) {
  std::size_t bytes = 0;
  for (const NativeHistogram& histogram : histograms) bytes += list_bytes(histogram);
  if (bytes >= histogram_list_bytes_max) return "histograms with too many buckets";
  for (const NativeHistogram& histogram : histograms) {
    if (const std::string_view problem = histogram_problem(histogram); !problem.empty()) return problem;
  }
  return histograms.size() > histograms_max ? "series with too many histograms" : std::string_view();
}

bool has_start(const Series& series) {
  return std::ranges::any_of(series.samples, [](const Sample& sample) { return sample.start_ms != 0; }) ||
         std::ranges::any_of(series.histograms, [](const NativeHistogram& one) { return one.start_ms != 0; });
}

struct ExactDouble {
  std::expected<double, std::string_view> operator()(double value) const { return value; }
  std::expected<double, std::string_view> operator()(bool) const { return refused; }
  std::expected<double, std::string_view> operator()(const std::string&) const { return refused; }
  template <class Integer>
  std::expected<double, std::string_view> operator()(Integer value) const {
    // The largest integers round up to a power of two, which no integer of the type equals.
    const auto rounded = static_cast<double>(value);
    if (rounded >= std::ldexp(1.0, std::numeric_limits<Integer>::digits) || static_cast<Integer>(rounded) != value)
      return std::unexpected("the value is an integer that a float cannot hold exactly");
    return rounded;
  }
  static constexpr std::unexpected<std::string_view> refused{"the value is no number"};
};

/// The one value of a message that a sample can be.
std::expected<double, std::string_view> value_of(const Message& message) {
  const Message::Field* value = nullptr;
  bool stale = false;
  for (const Message::Field& field : message.fields) {
    const bool* const flag = std::get_if<bool>(&field.value);
    if (field.key == "value" && value == nullptr) {
      value = &field;
    } else if (field.key == "stale" && flag != nullptr) {
      stale = *flag;
    } else {
      return std::unexpected("only a field 'value' can be sent");
    }
  }
  if (value == nullptr) return std::unexpected("no field 'value'");
  if (stale) return std::bit_cast<double>(stale_bits);
  return std::visit(ExactDouble(), value->value);
}

}  // namespace

Encoder::Encoder(Version version) : version_(version) {}

std::expected<void, std::string_view> Encoder::add(const Series& series) {
  labels_.assign(series.labels.begin(), series.labels.end());
  std::ranges::sort(labels_, {}, &Label::name);
  if (const std::string_view found = problem(series); !found.empty()) return std::unexpected(found);
  if (version_ == Version::v1) {
    write_v1(series);
  } else {
    write_v2(series);
  }
  return {};
}

/// What forbids to write `series` with the labels in `labels_`.
std::string_view Encoder::problem(const Series& series) {
  if (const std::string_view found = labels_problem(labels_); !found.empty()) return found;
  if (const std::string_view found = exemplars_problem(series.exemplars); !found.empty()) return found;
  if (const std::string_view found = histograms_problem(series.histograms); !found.empty()) return found;
  if (series.samples.size() > samples_max) return "series with too many samples";
  if (version_ == Version::v1) {
    if (series.metadata != Metadata()) return "metadata of a series can only be sent in v2";
    return has_start(series) ? "start times can only be sent in v2" : std::string_view();
  }
  if (!series.metadata.family.empty()) return "a metric family can only be named in v1";
  if (!is_text(series.metadata.help) || !is_text(series.metadata.unit)) return "text is not valid UTF-8";
  if (!series.samples.empty() && !series.histograms.empty()) return "series has both samples and histograms";
  const bool nothing = series.samples.empty() && series.histograms.empty() && series.exemplars.empty();
  return nothing ? "series has no samples" : std::string_view();
}

void Encoder::write_v1(const Series& series) {
  pbf_writer request(fields_);
  pbf_writer writer(request, 1);
  write_labels(writer, labels_);
  write_samples(writer, series.samples);
  for (const Exemplar& exemplar : series.exemplars) {
    pbf_writer inner(writer, 3);
    write_labels(inner, exemplar.labels);
    inner.add_double(2, exemplar.value);
    write_int64(inner, 3, exemplar.time_ms);
  }
  for (const NativeHistogram& histogram : series.histograms) write_histogram(writer, 4, histogram);
}

void Encoder::write_v2(const Series& series) {
  pbf_writer request(fields_);
  pbf_writer writer(request, 5);
  const std::vector<std::uint32_t>& series_refs = refs(labels_);
  writer.add_packed_uint32(1, series_refs.begin(), series_refs.end());
  write_samples(writer, series.samples);
  for (const NativeHistogram& histogram : series.histograms) write_histogram(writer, 3, histogram);
  for (const Exemplar& exemplar : series.exemplars) {
    pbf_writer inner(writer, 4);
    const std::vector<std::uint32_t>& exemplar_refs = refs(exemplar.labels);
    inner.add_packed_uint32(1, exemplar_refs.begin(), exemplar_refs.end());
    inner.add_double(2, exemplar.value);
    write_int64(inner, 3, exemplar.time_ms);
  }
  if (series.metadata == Metadata()) return;
  pbf_writer inner(writer, 5);
  inner.add_enum(1, static_cast<std::int32_t>(series.metadata.type));
  inner.add_uint32(3, symbol(series.metadata.help));
  inner.add_uint32(4, symbol(series.metadata.unit));
}

std::expected<void, std::string_view> Encoder::add_metadata(const Metadata& metadata) {
  if (version_ == Version::v2) return std::unexpected("metadata without a series can only be sent in v1");
  if (!is_text(metadata.family) || !is_text(metadata.help) || !is_text(metadata.unit))
    return std::unexpected("text is not valid UTF-8");
  pbf_writer request(fields_);
  pbf_writer writer(request, 3);
  writer.add_enum(1, static_cast<std::int32_t>(metadata.type));
  if (!metadata.family.empty()) writer.add_string(2, metadata.family.data(), metadata.family.size());
  if (!metadata.help.empty()) writer.add_string(4, metadata.help.data(), metadata.help.size());
  if (!metadata.unit.empty()) writer.add_string(5, metadata.unit.data(), metadata.unit.size());
  return {};
}

std::expected<void, std::string_view> Encoder::add(const Message& message) {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  if (!message.time_ns.has_value()) return std::unexpected("no time");
  if (*message.time_ns % ns_per_ms != 0) return std::unexpected("the time is finer than a millisecond");
  if (message.name.empty()) return std::unexpected("series without a metric name");
  const std::expected<double, std::string_view> value = value_of(message);
  if (!value) return std::unexpected(value.error());
  std::vector<Label> labels{{"__name__", message.name}};
  for (const Message::Tag& tag : message.tags) labels.push_back({tag.key, tag.value});
  const Sample sample{*value, *message.time_ns / ns_per_ms, 0};
  Series series;
  series.labels = labels;
  series.samples = std::span(&sample, 1);
  return add(series);
}

std::uint32_t Encoder::symbol(std::string_view text) {
  if (symbol_refs_.empty()) {
    symbol_refs_.emplace("", 0);
    pbf_writer(symbols_).add_string(4, "", 0);
  }
  const auto known = symbol_refs_.find(text);
  if (known != symbol_refs_.end()) return known->second;
  const auto ref = static_cast<std::uint32_t>(symbol_refs_.size());
  symbol_refs_.emplace(text, ref);
  pbf_writer(symbols_).add_string(4, text.data(), text.size());
  return ref;
}

/// Valid until the next call.
const std::vector<std::uint32_t>& Encoder::refs(std::span<const Label> labels) {
  refs_.clear();
  for (const Label& label : labels) {
    refs_.push_back(symbol(label.name));
    refs_.push_back(symbol(label.value));
  }
  return refs_;
}

std::string Encoder::take() {
  std::string request = std::move(symbols_) + fields_;
  symbols_.clear();
  fields_.clear();
  symbol_refs_.clear();
  return request;
}

}  // namespace codecs::remote_write
