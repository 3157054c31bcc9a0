#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "codecs/line_protocol.h"
#include "gateway/base/clock.h"
#include "gateway/base/ledger.h"

namespace gw {

/// Makes lines acceptable to cc-metric-store. One line that is not makes the store drop the rest of its batch, some
/// are filed under the wrong host, in the wrong second or one level too deep without a word; so every line is written
/// anew: only the field `value`, numeric and |value| <= 1e300; cluster, hostname and type present; no type-id under
/// type=node; whole seconds. Not thread-safe.
class Acceptor {
 public:
  Acceptor(std::string cluster, Seconds future_max) : cluster_(std::move(cluster)), future_max_(future_max) {}

  /// The acceptable line, or why there is none. Views are valid until the next call.
  struct Accepted {
    std::string_view line;  ///< with its '\n'
    std::string_view host;  ///< as on the wire: what batches are sorted by
  };
  std::expected<Accepted, Reason> accept(const codecs::Line& line, WallTime now);

 private:
  struct Tags;
  static std::expected<Tags, Reason> read_tags(const codecs::Line& line);
  std::expected<void, Reason> append_value(const codecs::Line& line);

  std::string cluster_;
  Seconds future_max_;
  std::string out_;
};

}  // namespace gw
