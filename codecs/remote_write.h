#pragma once
// Prometheus remote_write: one request holds many series (https://prometheus.io/docs/specs/prw/remote_write_spec/ and
// …/remote_write_spec_2_0/). Schemas: prometheus.WriteRequest (v1: prompb/remote.proto, prompb/types.proto) and
// io.prometheus.write.v2.Request (v2: prompb/io/prometheus/write/v2/types.proto). On the wire a request is a snappy
// block (snappy_block.h); here it is plain protobuf, as a whole: neither a block nor a message within a message can be
// used before its end is there, and v2's names may stand behind the series that use them.
//
//   v1 WriteRequest   1 TimeSeries*  3 MetricMetadata*
//      TimeSeries     1 Label*  2 Sample*  3 Exemplar*  4 Histogram*
//      Label          1 name  2 value
//      Exemplar       1 Label*  2 value (double)  3 timestamp
//      MetricMetadata 1 type  2 metric_family_name  4 help  5 unit
//   v2 Request        4 symbols*  5 TimeSeries*
//      TimeSeries     1 labels_refs*  2 Sample*  3 Histogram*  4 Exemplar*  5 Metadata
//      Exemplar       1 labels_refs*  2 value (double)  3 timestamp
//      Metadata       1 type  3 help_ref  4 unit_ref
//   both: Sample      1 value (double)  2 timestamp  3 start_timestamp (v2)
//         Histogram   at the head of remote_write_histogram.cc
//
// All times are milliseconds since the epoch. What the specifications leave open is decided so:
//   - labels that are not sorted are taken (VictoriaMetrics' agent does not sort), a label without value counts as none
//     and is left out, a label without name or a second one of the same name makes the series bad;
//   - a series of v1 may have no sample at all; one of v2 needs a sample, a histogram or an exemplar, and has not both
//     samples and histograms;
//   - of v2's TimeSeries the former field 6 (created_timestamp) is passed over like every unknown field.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "codecs/decode.h"
#include "codecs/label.h"
#include "codecs/native_histogram.h"

namespace codecs {
class WireReader;
struct WireField;
}  // namespace codecs

namespace codecs::remote_write {

/// Labels of one series, and of its exemplars together. Stores refuse series of more than some dozens.
inline constexpr std::size_t labels_max = 1024;
/// Samples of one series: more than a request of 32 MiB can hold of real ones (18 bytes each).
inline constexpr std::size_t samples_max = std::size_t{2} << 20;
/// Exemplars and histograms of one series: Prometheus sends up to 2000 in a whole request.
inline constexpr std::size_t exemplars_max = 2048;
inline constexpr std::size_t histograms_max = 2048;
/// Bytes of the lists (spans, deltas, counts, bounds) in all histograms of one series: 2000 lists of 500 bytes.
inline constexpr std::size_t histogram_list_bytes_max = std::size_t{1} << 20;
/// Symbols of a v2 request: more than 32 MiB can hold of real ones (8 bytes each and their head).
inline constexpr std::size_t symbols_max = std::size_t{4} << 20;

enum class Version : std::uint8_t { v1, v2 };

struct Sample {
  double value = 0;  ///< keeps its bits, see is_stale
  std::int64_t time_ms = 0;
  std::int64_t start_ms = 0;  ///< of a counter, v2 only; 0: not told
};

struct Exemplar {
  std::span<const Label> labels;
  double value = 0;
  std::int64_t time_ms = 0;  ///< 0: not told
};

struct Metadata {
  enum class Type : std::uint8_t { unknown, counter, gauge, histogram, gauge_histogram, summary, info, stateset };
  Type type = Type::unknown;
  std::string_view family;  ///< v1 only
  std::string_view help;
  std::string_view unit;
  friend bool operator==(const Metadata&, const Metadata&) = default;
};

struct Series {
  std::string_view name;          ///< the value of label __name__
  std::span<const Label> labels;  ///< all with a value, __name__ among them, in the order of the body
  std::span<const Sample> samples;
  std::span<const Exemplar> exemplars;
  std::span<const NativeHistogram> histograms;
  Metadata metadata;             ///< v2 only; all empty where there is none
  std::size_t empty_labels = 0;  ///< labels without value, left out of `labels`
  std::size_t offset = 0;        ///< its first byte in the body
};

/// What a receiver says it has taken: X-Prometheus-Remote-Write-{Samples,Histograms,Exemplars}-Written.
struct Written {
  std::uint64_t samples = 0;
  std::uint64_t histograms = 0;
  std::uint64_t exemplars = 0;
  friend bool operator==(const Written&, const Written&) = default;
};

/// The one NaN that says "this series ended"; every other NaN is a value. In a histogram it is the sum.
inline constexpr std::uint64_t stale_bits = 0x7ff0000000000002;
inline bool is_stale(double value) { return std::bit_cast<std::uint64_t>(value) == stale_bits; }

/// Walks requests as codecs/decode.h says, but each body as a whole. A record is a series or, in v1, the metadata of a
/// metric family. A series that breaks the rules is an error, and the walk goes on behind it; where the request itself
/// is broken, the error is the last step. Allocates only while its arrays grow, and for histograms with more than 64
/// KiB of lists in a series, whose memory is given back. Not thread-safe.
class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// `body` must outlive the walk.
  void reset(Version version, std::string_view body);
  Step next();

  /// True where the last record is metadata and not a series.
  bool is_metadata() const { return is_metadata_; }
  /// All views are valid until the next call of `next`.
  const Series& series() const { return series_; }
  const Metadata& metadata() const { return metadata_; }
  /// Line 1, the column is the byte.
  const DecodeError& error() const { return error_; }

  /// Of the series handed over since `reset`.
  const Written& written() const { return written_; }
  /// Errors since `reset`: where there is any, the answer to the sender is 400.
  std::size_t errors() const { return errors_; }
  /// True where the walked body is not empty, but has no field that this version knows: most likely a request of the
  /// other version. No error, because v2 reserves the fields of v1 so that each reads as an empty request of the other
  /// (answered with 204); to be told where somebody misses the series.
  bool all_unknown() const { return !body_.empty() && !known_ && symbols_.empty() && errors_ == 0; }

 private:
  // What reads answers false where it has called `refuse`. `where` starts at the fault and is within the body.
  bool read_symbols();
  bool read_series_v1(std::string_view message);
  bool read_series_v2(std::string_view message);
  bool read_field_v1(const WireField& field);
  bool read_field_v2(const WireField& field);
  bool read_label(std::string_view message, std::vector<Label>& out);
  bool read_refs(const WireField& field, std::vector<Label>& out, std::optional<std::uint32_t>& name_ref);
  bool add_ref(std::uint32_t ref, std::string_view where, std::vector<Label>& out,
               std::optional<std::uint32_t>& name_ref);
  bool read_family(std::string_view message);
  bool read_series_metadata(std::string_view message);
  bool read_sample(std::string_view message);
  bool read_exemplar(std::string_view message);
  bool read_histogram(std::string_view message);

  void start_series(std::string_view message);
  bool finish_series();
  bool check_labels();
  bool check_names_unique();
  bool check_text(std::string_view text);
  bool check_count(std::size_t count, std::size_t max, std::string_view reason, std::string_view where);
  bool symbol(std::uint32_t ref, std::string_view where, std::string_view& out);
  bool refuse(std::string_view reason, std::string_view where);
  bool refuse(const WireReader& broken);
  Step taken(bool good);

  Version version_ = Version::v1;
  std::string_view body_;
  const char* at_ = nullptr;  ///< the next field of the request
  bool started_ = false;
  bool over_ = true;    ///< nothing more can be told of this request
  bool known_ = false;  ///< a series or metadata was met
  bool is_metadata_ = false;
  Series series_;
  Metadata metadata_;
  DecodeError error_;
  Written written_;
  std::size_t errors_ = 0;

  std::vector<std::string_view> symbols_;  ///< data() is null where one is not UTF-8
  std::vector<Label> labels_;
  std::optional<std::uint32_t> name_ref_;  ///< of v2: the label whose value is still to come
  std::vector<Sample> samples_;
  std::vector<Exemplar> exemplars_;
  std::vector<Label> exemplar_labels_;
  std::vector<std::size_t> exemplar_label_ends_;
  std::vector<NativeHistogram> histograms_;  ///< the first `histogram_count_` are the series'
  std::size_t histogram_count_ = 0;
  std::size_t histogram_list_bytes_ = 0;
  std::vector<std::string_view> names_;  ///< to find doubles among unsorted ones
};

}  // namespace codecs::remote_write
