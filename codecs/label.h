#pragma once
// What the decoders of Prometheus' formats hand out for a label.

#include <span>
#include <string>
#include <string_view>

namespace codecs {

/// A label of a Prometheus series, as views: how long they are valid says who hands it out.
struct Label {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Label&, const Label&) = default;
};

/// Appends labels as people know them: {instance="n1:9100",job="node"}. For people: nothing in them is escaped.
void append_labels(std::string& out, std::span<const Label> labels);

}  // namespace codecs
