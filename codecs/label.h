#pragma once
// What the decoders of Prometheus' formats hand out for a label.

#include <string_view>

namespace codecs {

/// A label of a Prometheus series, as views: how long they are valid says who hands it out.
struct Label {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Label&, const Label&) = default;
};

}  // namespace codecs
