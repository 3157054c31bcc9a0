#pragma once
// A whole answer to an instant query: all of it, or the reason why not.

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/prometheus_json.h"

namespace codecs {

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
  /// Hands each sample of `body` to `take`, in order: the elements of a vector, or a scalar as one sample without
  /// labels. All or none: the body is walked twice, so that an answer with an error anywhere in it hands over nothing.
  std::expected<InstantAnswer, QueryError> decode(std::string_view body,
                                                  const std::function<void(const QuerySample&)>& take);

 private:
  QueryDecoder decoder_;
};

}  // namespace codecs
