// The first byte chooses the version, the rest is a request. Every series is bounded by it, keeps the rules, and is
// what protozero's reader finds at that place; encoded again it is the same.

#include <cstdint>
#include <exception>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "codecs/protobuf_wire.h"
#include "codecs/remote_write.h"
#include "codecs/remote_write_encode.h"
#include "tests/fuzz/require.h"

using namespace codecs;
using namespace codecs::remote_write;

namespace {

std::string bits_of(double value) { return std::to_string(std::bit_cast<std::uint64_t>(value)); }

void check_bounds(const Series& series, std::size_t body_bytes) {
  FUZZ_REQUIRE(!series.name.empty());
  FUZZ_REQUIRE(series.labels.size() <= labels_max && series.labels.size() <= body_bytes);
  FUZZ_REQUIRE(series.samples.size() <= body_bytes);
  FUZZ_REQUIRE(series.exemplars.size() <= exemplars_max);
  FUZZ_REQUIRE(series.histograms.size() <= histograms_max);
  FUZZ_REQUIRE(series.offset <= body_bytes);
  std::vector<Bucket> buckets;
  for (const NativeHistogram& histogram : series.histograms) {
    expand_buckets(histogram, buckets);
    FUZZ_REQUIRE(buckets.size() <= body_bytes + 1);
    for (const Bucket& bucket : buckets) {
      std::string name;
      append_bucket_name(name, bucket);
      FUZZ_REQUIRE(bucket.low <= bucket.high);
    }
  }
}

std::string show(const Series& series) {
  std::string out;
  for (const Label& label : series.labels) {
    FUZZ_REQUIRE(!label.name.empty() && !label.value.empty());
    (((out += label.name) += '=') += label.value) += ',';
  }
  for (const Sample& sample : series.samples)
    out += ' ' + bits_of(sample.value) + '@' + std::to_string(sample.time_ms) + '<' + std::to_string(sample.start_ms);
  for (const Exemplar& exemplar : series.exemplars) {
    out += " exemplar ";
    for (const Label& label : exemplar.labels) (((out += label.name) += '=') += label.value) += ',';
    out += bits_of(exemplar.value) + '@' + std::to_string(exemplar.time_ms);
  }
  for (const NativeHistogram& histogram : series.histograms) {
    out += " histogram " + bits_of(histogram.count()) + ' ' + bits_of(histogram.zero_count()) + ' ' +
           bits_of(histogram.sum) + '@' + std::to_string(histogram.time_ms) + '<' + std::to_string(histogram.start_ms);
    std::vector<Bucket> buckets;
    expand_buckets(histogram, buckets);
    for (const Bucket& bucket : buckets) {
      append_bucket_name(out += ' ', bucket);
      out += bits_of(bucket.count);
    }
  }
  return out;
}

std::string show(const Metadata& metadata) {
  std::string out = std::to_string(static_cast<int>(metadata.type));
  for (const std::string_view text : {metadata.family, metadata.help, metadata.unit}) (out += '/') += text;
  return out;
}

/// Everything that a walk gives; with `encoder`, all good records are added to it.
std::string walk(Decoder& decoder, Version version, std::string_view body, Encoder* encoder) {
  std::string out;
  std::size_t errors = 0;
  decoder.reset(version, body);
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::error) {
      const DecodeError& error = decoder.error();
      FUZZ_REQUIRE(!error.reason.empty() && error.offset <= body.size() && error.column == error.offset + 1);
      out += std::string(error.reason) + " @" + std::to_string(error.offset) + '\n';
      ++errors;
    } else if (decoder.is_metadata()) {
      out += show(decoder.metadata()) + '\n';
      if (encoder != nullptr) FUZZ_REQUIRE(encoder->add_metadata(decoder.metadata()).has_value());
    } else {
      const Series& series = decoder.series();
      check_bounds(series, body.size());
      out += show(series) + show(series.metadata) + '\n';
      if (encoder != nullptr) FUZZ_REQUIRE(encoder->add(series).has_value());
    }
  }
  FUZZ_REQUIRE(errors == decoder.errors());
  if (decoder.all_unknown()) FUZZ_REQUIRE(out.empty() && !body.empty());
  return out;
}

/// Labels (those with a value) and samples of a v1 series, read by protozero. Throws where that finds it broken.
std::string by_protozero(protozero::pbf_reader series) {
  using protozero::pbf_wire_type;
  std::string labels;
  std::string samples;
  while (series.next()) {
    const bool bytes = series.wire_type() == pbf_wire_type::length_delimited;
    if (bytes && series.tag() == 1) {
      protozero::pbf_reader label = series.get_message();
      std::string name;
      std::string value;
      while (label.next()) {
        if (label.tag() == 1 && label.wire_type() == pbf_wire_type::length_delimited) {
          name = label.get_string();
        } else if (label.tag() == 2 && label.wire_type() == pbf_wire_type::length_delimited) {
          value = label.get_string();
        } else {
          label.skip();
        }
      }
      if (!value.empty()) labels += name + '=' + value + ',';
    } else if (bytes && series.tag() == 2) {
      protozero::pbf_reader sample = series.get_message();
      double value = 0;
      std::int64_t time = 0;
      while (sample.next()) {
        if (sample.tag() == 1 && sample.wire_type() == pbf_wire_type::fixed64) {
          value = sample.get_double();
        } else if (sample.tag() == 2 && sample.wire_type() == pbf_wire_type::varint) {
          time = sample.get_int64();
        } else {
          sample.skip();
        }
      }
      samples += ' ' + bits_of(value) + '@' + std::to_string(time) + "<0";
    } else {
      series.skip();
    }
  }
  return labels + samples;
}

/// The series that decode well are walked in the order of the body, and so are the fields that hold them.
void compare_with_protozero(std::string_view body) {
  Decoder decoder;
  decoder.reset(Version::v1, body);
  WireReader fields(body);
  WireField field;
  for (Step step = decoder.next(); step != Step::end; step = decoder.next()) {
    if (step == Step::error || decoder.is_metadata()) continue;
    const char* const start = body.data() + decoder.series().offset;
    while (field.bytes.data() != start || field.number != 1) FUZZ_REQUIRE(fields.next(field));
    std::string theirs;
    try {
      theirs = by_protozero(protozero::pbf_reader(field.bytes.data(), field.bytes.size()));
    } catch (const std::exception&) {
      continue;  // groups, which it does not know
    }
    FUZZ_REQUIRE(show(decoder.series()).starts_with(theirs));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Version version = data[0] % 2 == 0 ? Version::v1 : Version::v2;
  const std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  static Decoder reused;
  Encoder encoder(version);
  const std::string all = walk(reused, version, body, &encoder);
  Decoder fresh;
  FUZZ_REQUIRE(walk(fresh, version, body, nullptr) == all);
  if (version == Version::v1) compare_with_protozero(body);

  const std::string once = encoder.take();
  const std::string again = walk(reused, version, once, &encoder);
  FUZZ_REQUIRE(reused.errors() == 0);
  FUZZ_REQUIRE(fresh.written() == reused.written());
  FUZZ_REQUIRE(encoder.take() == once);
  FUZZ_REQUIRE(walk(fresh, version, once, nullptr) == again);
  return 0;
}
