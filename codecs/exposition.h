#pragma once
// Pages of metrics as exporters print them: Prometheus text format 0.0.4 and OpenMetrics 1.0 (grammars at the head of
// exposition_line.cc, rules between lines at the head of exposition_family.cc).

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "codecs/cpu.h"
#include "codecs/decode.h"
#include "codecs/label.h"

namespace codecs {

enum class Exposition { text_0_0_4, openmetrics_1_0 };

/// Which of the two a page is written in, by the Content-Type it came with (RFC 9110, 8.3); nothing where that is
/// neither. The content never tells: half of all pages would pass as both, with different times.
std::optional<Exposition> exposition_format(std::string_view content_type);

/// Labels of one sample. Real ones have under 30; a page of more is hostile, and names are compared with each other.
inline constexpr std::size_t exposition_labels_max = 256;
/// One line. kube-state-metrics prints the annotations of an object as labels; Kubernetes allows 256 KiB of them, and
/// escapes may double that.
inline constexpr std::size_t exposition_line_bytes_max = std::size_t{512} * 1024;
/// Names of families that are remembered to see that none comes twice in an OpenMetrics page: bounds the decoder's
/// memory to 1 MiB. What comes behind that many is read, but no longer compared with what came before.
inline constexpr std::size_t family_names_max = std::size_t{64} * 1024;

enum class MetricType { unknown, counter, gauge, histogram, summary, gauge_histogram, state_set, info };
/// As a TYPE line of OpenMetrics says it: "gaugehistogram".
std::string_view metric_type_name(MetricType type);

/// What the metadata lines before a sample say of its metric.
struct MetricFamily {
  std::string_view name;  ///< of a counter, in OpenMetrics, without "_total"
  MetricType type = MetricType::unknown;
  std::string_view help;  ///< empty where there is none
  std::string_view unit;  ///< OpenMetrics only
};

/// When something was measured. `text` is the timestamp as it stands on the page, empty where there is none;
/// `nanoseconds` since 1970, rounded down, are absent where that is so, or where they would lie beyond 1677 to 2262.
struct SampleTime {
  std::string_view text;
  std::optional<std::int64_t> nanoseconds;
};

/// One event that stands for the many that a sample has counted.
struct ExpositionExemplar {
  std::span<const Label> labels;
  double value = 0;
  SampleTime time;
};

/// One decoded sample. All text is plain, without escapes, and valid UTF-8. Names are never empty, and no label name
/// stands twice or is "__name__". Views are valid until the next call of `ExpositionDecoder::next`.
struct ExpositionSample {
  std::string_view name;
  std::span<const Label> labels;  ///< in the order of the page
  double value = 0;               ///< may be NaN or infinite
  SampleTime time;
  const ExpositionExemplar* exemplar = nullptr;  ///< null where there is none; OpenMetrics only
  const MetricFamily* family = nullptr;          ///< null where the metadata lines before it speak of another metric
};

/// Walks a page (see codecs/decode.h) and hands out its samples; metadata lines become the `family` of the samples that
/// follow them. A bad line is reported and passed over. Prometheus refuses a page for one error, VictoriaMetrics keeps
/// the rest: that is the caller's decision (see `valid`). Allocates only while its buffers grow; reuse one decoder
/// for many pages. Not thread-safe.
class ExpositionDecoder {
 public:
  explicit ExpositionDecoder(Exposition format, Cpu cpu = best_cpu());
  ~ExpositionDecoder();
  ExpositionDecoder(const ExpositionDecoder&) = delete;
  ExpositionDecoder& operator=(const ExpositionDecoder&) = delete;

  /// The next page starts.
  void reset();
  /// `input` must outlive the walk over it.
  void feed(std::string_view input, bool last);
  Step next();
  /// After Step::record.
  const ExpositionSample& sample() const;
  /// After Step::record: the number of its line in the page, counted from 1.
  std::size_t line_number() const;
  /// After Step::error.
  const DecodeError& error() const;
  /// After Step::end: bytes of the input that are done with.
  std::size_t consumed() const;
  /// False after an error, of which an absent "# EOF" in OpenMetrics is one.
  bool valid() const;

 private:
  class Walk;
  std::unique_ptr<Walk> walk_;
};

}  // namespace codecs
