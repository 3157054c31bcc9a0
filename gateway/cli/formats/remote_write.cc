// A sample or a histogram becomes a message; what has no place in one (exemplars, metadata, start times, reset hints) a
// note.

#include "codecs/remote_write.h"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "codecs/prometheus_json.h"
#include "codecs/remote_write_encode.h"
#include "gateway/cli/formats/format.h"

namespace gw::cli {
namespace {

using namespace codecs::remote_write;
using codecs::Label;

Version version_of(const FormatOptions& options) { return options.dialect == "v2" ? Version::v2 : Version::v1; }

class MessagesToRequest : public MessageEncoder {
 public:
  explicit MessagesToRequest(Version version) : encoder_(version) {}

  std::expected<void, std::string> add(const codecs::Message& message) override {
    const auto added = encoder_.add(message);
    if (!added) return std::unexpected(std::string(added.error()));
    return {};
  }
  std::string take() override { return encoder_.take(); }

 private:
  Encoder encoder_;
};

std::string text_of(std::span<const Label> labels) {
  std::string text;
  codecs::append_labels(text, labels);
  return text;
}

/// up{instance="n1",job="node"}
std::string name_of(const Series& series) {
  std::vector<Label> labels(series.labels.begin(), series.labels.end());
  std::erase_if(labels, [](const Label& label) { return label.name == "__name__"; });
  return std::string(series.name) + text_of(labels);
}

void tell_metadata(Findings& findings, std::string_view of, const Metadata& metadata) {
  static constexpr std::array types{"unknown",         "counter", "gauge", "histogram",
                                    "gauge histogram", "summary", "info",  "stateset"};
  findings.note(fmt::format("{} is of type {}, unit '{}': {}", of, types[static_cast<std::size_t>(metadata.type)],
                            metadata.unit, metadata.help));
}

/// As in the query API: each bucket becomes a field of one line.
static_assert(codecs::query_buckets_max == 4096);
constexpr std::string_view too_many_buckets = "a histogram with more than 4096 buckets";

std::size_t buckets_of(const codecs::NativeHistogram& histogram) {
  std::size_t count = 0;
  for (const auto* const side : {&histogram.negative, &histogram.positive})
    count += side->deltas.size() + side->counts.size();
  return count;
}

class SeriesToMessages {
 public:
  SeriesToMessages(const Series& series, Findings& findings)
      : series_(series), findings_(findings), who_(name_of(series)) {
    message_.name = series.name;
    for (const codecs::Label& label : series.labels) {
      if (label.name != "__name__") message_.tags.push_back({std::string(label.name), std::string(label.value)});
    }
  }

  void tell() {
    for (const Sample& sample : series_.samples) {
      message_.fields = {{"value", sample.value}};
      if (is_stale(sample.value)) message_.fields.push_back({"stale", true});
      tell_message(sample.time_ms, sample.start_ms);
    }
    for (const codecs::NativeHistogram& histogram : series_.histograms) tell_histogram(histogram);
    for (const Exemplar& exemplar : series_.exemplars) {
      findings_.note(fmt::format("exemplar of {}: {} {} at {} ms", who_, text_of(exemplar.labels), exemplar.value,
                                 exemplar.time_ms));
    }
    if (series_.metadata != Metadata()) tell_metadata(findings_, who_, series_.metadata);
    if (series_.empty_labels > 0)
      findings_.note(fmt::format("{} labels without value are left out of {}", series_.empty_labels, who_));
    if (series_.samples.empty() && series_.histograms.empty() && series_.exemplars.empty())
      findings_.note(fmt::format("{} has no samples", who_));
  }

 private:
  void tell_message(std::int64_t time_ms, std::int64_t start_ms) {
    message_.time_ns = codecs::to_nanoseconds(time_ms, codecs::Precision::milliseconds);
    if (!message_.time_ns.has_value()) {
      findings_.problem(1, series_.offset + 1, "the time is too far away for nanoseconds");
      return;
    }
    findings_.message(message_);
    if (start_ms != 0) findings_.note(fmt::format("{} at {} ms counts since {} ms", who_, time_ms, start_ms));
  }

  void tell_histogram(const codecs::NativeHistogram& histogram) {
    if (buckets_of(histogram) > codecs::query_buckets_max) {
      findings_.problem(1, series_.offset + 1, too_many_buckets);
      return;
    }
    using Hint = codecs::NativeHistogram::ResetHint;
    message_.fields = {{"count", histogram.count()}, {"sum", histogram.sum}};
    if (is_stale(histogram.sum)) message_.fields.push_back({"stale", true});
    codecs::expand_buckets(histogram, buckets_);
    for (const codecs::Bucket& bucket : buckets_) {
      if (bucket.count == 0) continue;
      std::string name;
      codecs::append_bucket_name(name, bucket);
      // Next to zero a float cannot tell the bounds of buckets apart.
      if (message_.fields.back().key == name) {
        std::get<double>(message_.fields.back().value) += bucket.count;
      } else {
        message_.fields.push_back({std::move(name), bucket.count});
      }
    }
    tell_message(histogram.time_ms, histogram.start_ms);
    static constexpr std::array hints{"", "is the first after a reset", "was not reset", "is a gauge"};
    if (histogram.reset_hint != Hint::unknown)
      findings_.note(fmt::format("histogram {} at {} ms {}", who_, histogram.time_ms,
                                 hints[static_cast<std::size_t>(histogram.reset_hint)]));
  }

  const Series& series_;
  Findings& findings_;
  std::string who_;
  codecs::Message message_;
  std::vector<codecs::Bucket> buckets_;
};

}  // namespace

void decode_remote_write(std::string_view body, const FormatOptions& options, Findings& findings) {
  const Version version = version_of(options);
  Decoder decoder;
  decoder.reset(version, body);
  for (codecs::Step step = decoder.next(); step != codecs::Step::end; step = decoder.next()) {
    if (step == codecs::Step::error) {
      findings.problem(decoder.error().line, decoder.error().column, decoder.error().reason);
    } else if (decoder.is_metadata()) {
      tell_metadata(findings, decoder.metadata().family, decoder.metadata());
    } else {
      SeriesToMessages(decoder.series(), findings).tell();
    }
  }
  if (!decoder.all_unknown()) return;
  findings.problem(1, 1,
                   version == Version::v1 ? "no series: is this a request of version 2? (--dialect v2)"
                                          : "no series: is this a request of version 1? (--dialect v1)");
}

std::unique_ptr<MessageEncoder> encode_remote_write(const FormatOptions& options) {
  return std::make_unique<MessagesToRequest>(version_of(options));
}

}  // namespace gw::cli
