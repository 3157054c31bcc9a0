#pragma once
// Answers of Prometheus' HTTP API, /api/v1/query (https://prometheus.io/docs/prometheus/latest/querying/api/).

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace codecs {

struct Label {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Label&, const Label&) = default;
};

/// Appends labels as people know them: {instance="n1:9100",job="node"}.
void append_labels(std::string& out, std::span<const Label> labels);

/// One element of an instant query's answer. Views are valid during the call that hands it over.
struct InstantSample {
  std::span<const Label> labels;  ///< in the order of the answer
  std::int64_t time_ms = 0;       ///< milliseconds since the epoch, rounded from the decimal text
  double value = 0;               ///< NaN and infinities as they came
  std::string_view value_text;    ///< as it stood in the answer; empty for a histogram
  bool labels_cut = false;        ///< it has more labels than are handed over: it cannot be told from others
  bool histogram = false;         ///< a native histogram: it has no single value
};

/// Why an answer could not be used.
struct QueryError {
  enum class Kind {
    not_json,      ///< HTML of a proxy, a truncated body, …
    api_error,     ///< {"status":"error"}; text is "errorType: error"
    wrong_shape,   ///< JSON, but not this API's
    wrong_result,  ///< a matrix or string where an instant vector or scalar is needed
  };
  Kind kind;
  std::string text;
};

struct InstantAnswer {
  std::size_t samples = 0;
  std::vector<std::string> warnings;  ///< `warnings` and `infos`: to be logged, the data stands
};

/// Decodes answers one after another with the same buffers. Not thread-safe.
class InstantDecoder {
 public:
  InstantDecoder();
  ~InstantDecoder();
  InstantDecoder(const InstantDecoder&) = delete;
  InstantDecoder& operator=(const InstantDecoder&) = delete;

  /// Hands each sample of `body` to `take`, in order. A vector or a scalar (which comes as one sample without
  /// labels) is taken. On error `take` may have been called for samples before the error: the caller decides
  /// whether to keep them; a truncated body is found before any sample is handed over.
  /// `body` may be reallocated to give the JSON parser the padding it needs.
  std::expected<InstantAnswer, QueryError> decode(std::string& body,
                                                  const std::function<void(const InstantSample&)>& take);

 private:
  struct Parser;  // keeps simdjson's header out of everybody's way
  std::unique_ptr<Parser> parser_;
  std::vector<Label> labels_;
};

}  // namespace codecs
