#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "codecs/prometheus_json.h"
#include "gateway/base/ledger.h"
#include "gateway/base/result.h"
#include "gateway/config/config.h"
#include "gateway/sources/hostname.h"

namespace gw {

/// One query's way from a sample to a line, prepared once: the constant parts are written, tags stand in byte order.
/// Keeps its buffers; not thread-safe.
class QueryPlan {
 public:
  /// invalid: the host name rule does not compile.
  static Result<QueryPlan> compile(const config::Query& query, std::string_view cluster);

  /// A sample as a line. Views are valid until the next call.
  struct Mapped {
    std::string_view key;     ///< the tags that the store tells series by, as they stand in the line
    std::string_view labels;  ///< the sample's labels as {a="b",c="d"}
    std::string_view line;    ///< with its '\n'
  };
  std::expected<Mapped, Reason> map(const codecs::QuerySample& sample, std::int64_t unix_seconds);

 private:
  /// A piece of the line: constant text, then the value of a label (or nothing).
  struct Piece {
    enum class Kind { constant, hostname, required_label, optional_label };
    Kind kind = Kind::constant;
    std::string text;         // constant: all of it; else ",key="
    std::string label;        // whose value follows
    bool identity = false;    // its tag is part of the key
    std::size_t last_at = 0;  // where the label stood in the sample before: samples of one answer look alike
  };
  QueryPlan(const config::Query& query, HostnameReader hostname);
  std::expected<void, Reason> append_piece(Piece& piece, const codecs::QuerySample& sample);

  double scale_;
  HostnameReader hostname_;
  std::vector<Piece> pieces_;
  std::string host_buffer_;
  std::string key_;
  std::string labels_;
  std::string line_;
};

}  // namespace gw
