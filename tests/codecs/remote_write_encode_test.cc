#include "codecs/remote_write_encode.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace codecs;
using namespace codecs::remote_write;

namespace {

/// A series that owns what it is made of.
struct OwnSeries {
  struct OwnLabel {
    std::string name;
    std::string value;
    friend bool operator==(const OwnLabel&, const OwnLabel&) = default;
  };
  struct OwnExemplar {
    std::vector<OwnLabel> labels;
    std::uint64_t value_bits = 0;
    std::int64_t time_ms = 0;
    friend bool operator==(const OwnExemplar&, const OwnExemplar&) = default;
  };
  struct OwnSample {
    std::uint64_t value_bits = 0;  // bits, so that a NaN equals itself
    std::int64_t time_ms = 0;
    std::int64_t start_ms = 0;
    friend bool operator==(const OwnSample&, const OwnSample&) = default;
  };

  std::vector<OwnLabel> labels;
  std::vector<OwnSample> samples;
  std::vector<OwnExemplar> exemplars;
  std::vector<NativeHistogram> histograms;
  Metadata::Type type = Metadata::Type::unknown;
  std::string help;
  friend bool operator==(const OwnSeries&, const OwnSeries&) = default;
};

std::vector<OwnSeries::OwnLabel> own(std::span<const Label> labels) {
  std::vector<OwnSeries::OwnLabel> out;
  for (const Label& label : labels) out.push_back({std::string(label.name), std::string(label.value)});
  return out;
}

OwnSeries own(const Series& series) {
  OwnSeries out;
  out.labels = own(series.labels);
  for (const Sample& one : series.samples)
    out.samples.push_back({std::bit_cast<std::uint64_t>(one.value), one.time_ms, one.start_ms});
  for (const Exemplar& one : series.exemplars)
    out.exemplars.push_back({own(one.labels), std::bit_cast<std::uint64_t>(one.value), one.time_ms});
  out.histograms.assign(series.histograms.begin(), series.histograms.end());
  out.type = series.metadata.type;
  out.help = series.metadata.help;
  return out;
}

std::vector<Label> views(const std::vector<OwnSeries::OwnLabel>& labels) {
  std::vector<Label> out;
  for (const auto& label : labels) out.push_back({label.name, label.value});
  return out;
}

std::expected<void, std::string_view> add(Encoder& encoder, const OwnSeries& own_series) {
  const std::vector<Label> labels = views(own_series.labels);
  std::vector<Sample> samples;
  for (const auto& one : own_series.samples)
    samples.push_back({std::bit_cast<double>(one.value_bits), one.time_ms, one.start_ms});
  std::vector<std::vector<Label>> exemplar_labels;
  std::vector<Exemplar> exemplars;
  for (const auto& one : own_series.exemplars) exemplar_labels.push_back(views(one.labels));
  for (std::size_t i = 0; i < exemplar_labels.size(); ++i) {
    const auto& one = own_series.exemplars[i];
    exemplars.push_back({exemplar_labels[i], std::bit_cast<double>(one.value_bits), one.time_ms});
  }
  Series series;
  series.labels = labels;
  series.samples = samples;
  series.exemplars = exemplars;
  series.histograms = own_series.histograms;
  series.metadata.type = own_series.type;
  series.metadata.help = own_series.help;
  return encoder.add(series);
}

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  OwnSeries series(Version version) {
    OwnSeries out;
    out.labels.push_back({"__name__", text()});
    const std::size_t more = below(10) == 0 ? below(40) : below(8);
    // Names that start with a letter behind '_' are in order behind __name__.
    for (std::size_t i = 0; i < more; ++i) out.labels.push_back({label_name(i), text()});
    const bool v2 = version == Version::v2;
    const std::size_t kind = below(4);
    if (kind < 2) {
      for (std::size_t i = below(3) + 1; i > 0; --i) out.samples.push_back({bits(), time(), v2 ? time() : 0});
    } else if (kind == 2) {
      for (std::size_t i = below(2) + 1; i > 0; --i) out.histograms.push_back(histogram(v2));
    }
    if (kind == 3 || below(4) == 0) out.exemplars.push_back({{{"trace_id", text()}}, bits(), time()});
    if (v2 && below(2) == 0) {
      out.type = static_cast<Metadata::Type>(below(8));
      out.help = text();
    }
    return out;
  }

 private:
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  std::uint64_t bits() {
    constexpr std::uint64_t odd[] = {0, std::uint64_t{1} << 63, stale_bits, 0x7ff8000000000001, 0x7ff0000000000000, 1};
    return below(4) == 0 ? odd[below(std::size(odd))] : std::uniform_int_distribution<std::uint64_t>()(random_);
  }
  std::int64_t time() {
    if (below(4) == 0) return static_cast<std::int64_t>(bits());
    return static_cast<std::int64_t>(1'795'000'000'000 + below(1'000'000'000));
  }
  std::string text() {
    static const std::string pieces[] = {"node", "_",  "1", "\"", "\\", "\n", "\xc3\xa4", "\xf0\x9f\x98\x80",
                                         " ",    "xyz"};
    std::string out;
    for (std::size_t i = below(12) == 0 ? below(200) + 1 : below(5) + 1; i > 0; --i)
      out += pieces[below(std::size(pieces))];
    return out;
  }
  std::string label_name(std::size_t i) { return "a" + std::to_string(1000 + i) + (below(2) == 0 ? text() : ""); }

  NativeHistogram histogram(bool v2) {
    NativeHistogram out;
    out.is_float = below(2) == 0;
    out.sum = 12.5;
    out.schema = static_cast<std::int32_t>(below(13)) - 4;
    out.reset_hint = static_cast<NativeHistogram::ResetHint>(below(4));
    out.time_ms = time();
    if (v2) out.start_ms = time();
    if (below(4) == 0) {
      out.schema = NativeHistogram::custom_buckets;
      out.custom_values = {-1, 0.5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
    } else {
      out.zero_threshold = 1e-128;
      side(out.is_float, out.negative);
      (out.is_float ? out.zero_count_float : out.count_float) = 0;
      if (out.is_float) out.zero_count_float = 2.5;
      if (!out.is_float) out.zero_count_int = below(1000);
    }
    side(out.is_float, out.positive);
    if (out.is_float) out.count_float = 1e6;
    if (!out.is_float) out.count_int = std::uint64_t{1} << 60;
    return out;
  }
  void side(bool is_float, NativeHistogram::Side& out) {
    for (std::size_t spans = below(3); spans > 0; --spans) {
      const auto length = static_cast<std::uint32_t>(below(4));
      out.spans.push_back({static_cast<std::int32_t>(below(3)), length});
      for (std::uint32_t i = 0; i < length; ++i) {
        if (is_float) out.counts.push_back(static_cast<double>(below(100)));
        if (!is_float) out.deltas.push_back(static_cast<std::int64_t>(below(100)));
      }
    }
  }

  std::mt19937 random_;
};

#if defined(__SANITIZE_ADDRESS__)
constexpr int rounds = 100;
#else
constexpr int rounds = 5'000;
#endif
constexpr int series_a_request = 100;

Message message(std::vector<Message::Field> fields, std::optional<std::int64_t> time_ns = 1'000'000) {
  return {.name = "up", .tags = {{"a", "1"}}, .fields = std::move(fields), .time_ns = time_ns};
}

}  // namespace

TEST_CASE("what is encoded decodes to the same, and encodes again to the same bytes") {
  for (const Version version : {Version::v1, Version::v2}) {
    Generator generator(4711);
    Encoder encoder(version);
    Decoder decoder;
    int wrong = 0;
    for (int round = 0; round < rounds; ++round) {
      std::vector<OwnSeries> want;
      for (int i = 0; i < series_a_request; ++i) {
        want.push_back(generator.series(version));
        const auto added = add(encoder, want.back());
        if (!added) FAIL(std::string(added.error()));
      }
      const std::string body = encoder.take();
      std::vector<OwnSeries> got;
      decoder.reset(version, body);
      Step step = Step::end;
      while ((step = decoder.next()) == Step::record) {
        got.push_back(own(decoder.series()));
        wrong += encoder.add(decoder.series()).has_value() ? 0 : 1;
      }
      wrong += step == Step::end && got == want ? 0 : 1;
      wrong += encoder.take() == body ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a message becomes a series of one sample, and the same message again") {
  for (const Version version : {Version::v1, Version::v2}) {
    const auto check = [version](const Message& in, double want) {
      Encoder encoder(version);
      REQUIRE(encoder.add(in).has_value());
      const std::string body = encoder.take();
      Decoder decoder;
      decoder.reset(version, body);
      REQUIRE(decoder.next() == Step::record);
      const Series& series = decoder.series();
      CHECK(series.name == in.name);
      REQUIRE(series.labels.size() == in.tags.size() + 1);
      for (std::size_t i = 0; i < in.tags.size(); ++i)
        CHECK(series.labels[i + 1] == Label{in.tags[i].key, in.tags[i].value});
      REQUIRE(series.samples.size() == 1);
      CHECK(std::bit_cast<std::uint64_t>(series.samples[0].value) == std::bit_cast<std::uint64_t>(want));
      CHECK(series.samples[0].time_ms * 1'000'000 == in.time_ns);
      CHECK(decoder.next() == Step::end);
    };
    check(message({{"value", 1.5}}), 1.5);
    check(message({{"value", -0.0}}, -5'000'000), -0.0);
    check(message({{"value", std::int64_t{-7}}}), -7);
    check(message({{"value", std::uint64_t{1} << 63}}), 9223372036854775808.0);
    check(message({{"value", std::numeric_limits<std::int64_t>::min()}}), -9223372036854775808.0);
    const double stale = std::bit_cast<double>(stale_bits);
    check(message({{"value", std::numeric_limits<double>::quiet_NaN()}, {"stale", true}}), stale);
    check(message({{"value", 1.0}, {"stale", false}}), 1);
  }
}

TEST_CASE("a message that remote_write cannot carry is refused, and the others stay") {
  Encoder encoder(Version::v1);
  const auto check = [&](const Message& in, std::string_view want) {
    const auto added = encoder.add(in);
    REQUIRE(!added.has_value());
    CHECK(added.error() == want);
  };
  REQUIRE(encoder.add(message({{"value", 1.0}})).has_value());
  check(message({}), "no field 'value'");
  check(message({{"idle", 1.0}}), "only a field 'value' can be sent");
  check(message({{"value", 1.0}, {"value", 2.0}}), "only a field 'value' can be sent");
  check(message({{"value", 1.0}, {"stale", 1.0}}), "only a field 'value' can be sent");
  check(message({{"value", true}}), "the value is no number");
  check(message({{"value", std::string("1")}}), "the value is no number");
  constexpr std::string_view inexact = "the value is an integer that a float cannot hold exactly";
  check(message({{"value", std::int64_t{9007199254740993}}}), inexact);
  check(message({{"value", std::numeric_limits<std::int64_t>::max()}}), inexact);
  check(message({{"value", std::numeric_limits<std::uint64_t>::max()}}), inexact);
  check(message({{"value", 1.0}}, std::nullopt), "no time");
  check(message({{"value", 1.0}}, 1'000'001), "the time is finer than a millisecond");
  Message other = message({{"value", 1.0}});
  other.name.clear();
  check(other, "series without a metric name");
  other = message({{"value", 1.0}});
  other.tags = {{"a", "1"}, {"a", "2"}};
  check(other, "two labels with the same name");
  other.tags = {{"__name__", "1"}};
  check(other, "two labels with the same name");
  other.tags = {{"", "1"}};
  check(other, "label without a name");
  other.tags = {{"a", ""}};
  check(other, "label without a value");
  other.tags = {{"a", "\xff"}};
  check(other, "text is not valid UTF-8");
  REQUIRE(encoder.add(message({{"value", 2.0}})).has_value());
  const std::string body = encoder.take();
  Decoder decoder;
  decoder.reset(Version::v1, body);
  while (decoder.next() != Step::end) continue;
  CHECK(decoder.written().samples == 2);
  CHECK(decoder.errors() == 0);
  CHECK(encoder.take().empty());
}

TEST_CASE("a series that its version cannot carry is refused") {
  const std::vector<Label> labels{{"__name__", "up"}};
  const Sample sample{1, 1, 0};
  const Sample started{1, 1, 1};
  NativeHistogram histogram;
  Series series;
  series.labels = labels;
  const auto check = [&](Version version, std::string_view want) {
    Encoder encoder(version);
    const auto added = encoder.add(series);
    CHECK((added ? "" : added.error()) == want);
  };
  check(Version::v1, "");
  check(Version::v2, "series has no samples");
  series.samples = std::span(&sample, 1);
  series.histograms = std::span(&histogram, 1);
  check(Version::v1, "");
  check(Version::v2, "series has both samples and histograms");
  series.histograms = {};
  series.samples = std::span(&started, 1);
  check(Version::v1, "start times can only be sent in v2");
  check(Version::v2, "");
  series.samples = {};
  histogram.start_ms = 1;
  series.histograms = std::span(&histogram, 1);
  check(Version::v1, "start times can only be sent in v2");
  histogram.schema = 100;
  check(Version::v1, "histogram: unknown schema");
  series.histograms = {};
  series.samples = std::span(&sample, 1);
  series.metadata.unit = "s";
  check(Version::v1, "metadata of a series can only be sent in v2");
  check(Version::v2, "");
  series.metadata.unit = "\xff";
  check(Version::v2, "text is not valid UTF-8");
  series.metadata = {.family = "up"};
  check(Version::v2, "a metric family can only be named in v1");
  series.metadata = {};
  const std::vector<Label> bad{{"a", "\xff"}};
  const Exemplar exemplar{bad, 1, 1};
  series.exemplars = std::span(&exemplar, 1);
  check(Version::v2, "text is not valid UTF-8");
}

TEST_CASE("histograms are taken up to the size that the decoder takes") {
  const std::vector<Label> labels{{"__name__", "h"}};
  const auto taken = [&labels](std::size_t buckets) {
    NativeHistogram histogram;
    histogram.is_float = true;
    histogram.positive.spans = {{-3, static_cast<std::uint32_t>(buckets)}};
    histogram.positive.counts.assign(buckets, 1.0);
    Series series;
    series.labels = labels;
    series.histograms = std::span(&histogram, 1);
    Encoder encoder(Version::v1);
    const auto added = encoder.add(series);
    if (!added) {
      CHECK(added.error() == "histograms with too many buckets");
      return false;
    }
    const std::string body = encoder.take();
    Decoder decoder;
    decoder.reset(Version::v1, body);
    CHECK(decoder.next() == Step::record);
    return true;
  };
  // A float a bucket, its field, and a span of six bytes in its own.
  const std::size_t most = (histogram_list_bytes_max - 1 - 1 - 7) / sizeof(double);
  CHECK(taken(most));
  CHECK(!taken(most + 1));
}

TEST_CASE("metadata without a series is for v1") {
  const Metadata metadata{.type = Metadata::Type::summary, .family = "f", .help = "h", .unit = "u"};
  Encoder encoder(Version::v1);
  REQUIRE(encoder.add_metadata(metadata).has_value());
  REQUIRE(encoder.add_metadata({}).has_value());
  CHECK(encoder.add_metadata({.help = "\xff"}).error() == "text is not valid UTF-8");
  const std::string body = encoder.take();
  Decoder decoder;
  decoder.reset(Version::v1, body);
  REQUIRE(decoder.next() == Step::record);
  CHECK(decoder.is_metadata());
  CHECK(decoder.metadata() == metadata);
  REQUIRE(decoder.next() == Step::record);
  CHECK(decoder.metadata() == Metadata());
  CHECK(decoder.next() == Step::end);
  CHECK(Encoder(Version::v2).add_metadata(metadata).error() == "metadata without a series can only be sent in v1");
}
