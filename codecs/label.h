#pragma once
#include <string_view>

namespace codecs {

/// A label of a Prometheus series.
struct Label {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Label&, const Label&) = default;
};

}  // namespace codecs
