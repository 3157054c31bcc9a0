#pragma once
// Answers of Prometheus' HTTP API to /api/v1/query and /api/v1/query_range, as they arrive
// (https://prometheus.io/docs/prometheus/latest/querying/api/; grammar at the head of prometheus_json.cc).

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/cpu.h"
#include "codecs/decode.h"
#include "codecs/json_scan.h"
#include "codecs/label.h"
#include "codecs/native_histogram.h"

namespace codecs {

/// What has to be in memory at one time: an element of a vector, a point of a matrix, a text. A native histogram takes
/// some 60 bytes a bucket, and servers keep to some hundreds of buckets.
inline constexpr std::size_t query_record_bytes_max = 1 << 20;
/// Labels of one series; node_exporter's widest has 13.
inline constexpr std::size_t query_labels_max = 64;
/// Buckets of one native histogram; client libraries are told to keep to 160.
inline constexpr std::size_t query_buckets_max = 4096;
/// Of warnings, and of infos, as people read them; and bytes of any one text that the answer keeps.
inline constexpr std::size_t query_notes_max = 20;
inline constexpr std::size_t query_text_bytes_max = 1024;

/// A native histogram. `buckets` holds those that are not empty.
struct QueryHistogram {
  double count = 0;
  double sum = 0;
  std::span<const Bucket> buckets;
};

/// One element of a vector, one point of a matrix, or the one value of a scalar or string. All views are valid until
/// the next call of `QueryDecoder::next`.
struct QuerySample {
  enum class Kind : std::uint8_t {
    number,
    histogram,  ///< it has no single value: `value` is NaN
    text,       ///< the result of a string: `value` is NaN, the string is `value_text`
  };
  std::span<const Label> labels;  ///< in the order of the answer, without their escapes
  std::int64_t time_ms = 0;       ///< milliseconds since the epoch, rounded from the decimal text
  double value = 0;               ///< NaN and infinities as they came
  std::string_view value_text;    ///< as it stood in the answer; empty for a histogram
  bool labels_cut = false;        ///< it has more labels than are handed over: it cannot be told from others
  Kind kind = Kind::number;
  QueryHistogram histogram;
};

/// What an answer says beside its samples. Final once `complete`.
struct QueryAnswer {
  enum class Status : std::uint8_t { missing, success, error, other };
  enum class Type : std::uint8_t { missing, vector, matrix, scalar, string, other };

  bool complete = false;  ///< all of the body was there, and it is JSON
  Status status = Status::missing;
  std::string status_text;
  Type type = Type::missing;
  std::string type_text;
  std::string error_type;  ///< both of status error; cut, as all texts here
  std::string error;
  std::vector<std::string> warnings;  ///< the data stands; these are for people
  std::vector<std::string> infos;
  std::size_t notes_left_out = 0;  ///< warnings and infos beyond `query_notes_max`, or no strings
  bool partial = false;            ///< isPartial: not every storage node answered
  std::size_t series = 0;
  std::size_t samples = 0;
  std::size_t refused = 0;  ///< errors
};

/// Where a decoder is in the document; not for callers. A part of the grammar that the input does not hold completely
/// is read again when more is there, from the place at its start.
struct QueryPlace {
  enum class State : std::uint8_t {
    start,     ///< before the document
    members,   ///< in the document's object or in `data`, between members
    skip,      ///< in a value that is passed over
    elements,  ///< in `result`, between elements
    series,    ///< in an element of a matrix, between members
    points,    ///< in its `values` or `histograms`, between points
    trailing,  ///< behind the document
    over,
  };
  State state = State::start;
  State after_skip = State::start;
  bool in_data = false;
  bool in_histograms = false;
  bool first = true;       ///< of the items between which it is
  std::uint32_t seen = 0;  ///< keys of which the first has come: it counts
  JsonSkip skip;
};

/// Walks an answer of one body after another; a wrong element or point is reported and passed over, what is no JSON
/// ends the walk with an error. Whether the query went well is known at the end only, and stands in `answer`: samples
/// may come before the status that says error, or before the place at which the body was cut. Needs memory for one
/// record (`query_record_bytes_max`), and allocates only while its buffers grow. Not thread-safe.
class QueryDecoder {
 public:
  explicit QueryDecoder(Cpu cpu = best_cpu());
  QueryDecoder(const QueryDecoder&) = delete;
  QueryDecoder& operator=(const QueryDecoder&) = delete;

  void reset();
  /// `input` is what was left over of the one before and what follows it; it must outlive the walk over it.
  void feed(std::string_view input, bool last);
  Step next();

  const QuerySample& sample() const { return sample_; }
  const DecodeError& error() const { return error_; }
  const QueryAnswer& answer() const { return answer_; }
  /// Bytes of the input that are done with.
  std::size_t consumed() const { return position_; }

 private:
  using State = QueryPlace::State;
  enum class Found : std::uint8_t { nothing, record, error, end, trouble };

  bool take_fast_element();
  bool take_fast_point();
  Found advance();
  Found step();
  Found at_end_of_input();
  Found trouble();
  Found fatal(std::string_view reason, std::size_t where);
  Found refuse(std::size_t item, std::uint8_t depth);
  Found record();
  void count_lines(std::size_t end);
  void set_error(std::string_view reason, std::size_t where, std::string_view text);

  Found step_start();
  Found step_member();
  Found step_skip();
  Found step_element();
  Found step_series();
  Found step_point();
  Found describe_no_json();
  Found begin_skip(State after);
  Found root_member(std::string_view key);
  Found data_member(std::string_view key);
  Found enter_data();
  Found enter_result();
  Found read_single(std::size_t start);
  Found release_pending();
  bool once(std::uint32_t key);
  Found read_text(std::string& out);
  Found read_status();
  Found read_type();
  Found read_partial();
  Found read_notes(std::vector<std::string>& notes);
  bool read_element();
  bool enter_points(bool histograms);
  bool find_metric();
  void keep_labels();
  std::string_view problem_at_end() const;

  using FastElement = std::size_t (*)(const char* begin, const char* end, std::span<Label> labels, QuerySample& sample);
  FastElement fast_element_;

  std::string_view input_;
  std::size_t position_ = 0;  ///< of `input_`: what is before it is done with
  bool last_ = false;
  std::size_t counted_ = 0;  ///< of `input_`: up to here its newlines are counted
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;  ///< offsets of the body: of the line that `counted_` is in, and of `input_`
  std::size_t input_start_ = 0;

  JsonScan scan_;
  QueryPlace place_;
  QueryPlace before_;  ///< at `position_`
  QuerySample sample_;
  DecodeError error_;
  QueryAnswer answer_;
  std::array<Label, query_labels_max> labels_;
  std::size_t label_count_ = 0;
  std::string series_text_;  ///< the labels of the series whose points are read: they outlive the input
  std::vector<Bucket> buckets_;
  std::string pending_text_;  ///< of a scalar or string that came before its type
};

}  // namespace codecs
