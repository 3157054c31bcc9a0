#include "codecs/label.h"

namespace codecs {

void append_labels(std::string& out, std::span<const Label> labels) {
  char before = '{';
  for (const Label& label : labels) {
    out += before;
    out += label.name;
    out += "=\"";
    out += label.value;
    out += '"';
    before = ',';
  }
  if (labels.empty()) out += before;
  out += '}';
}

}  // namespace codecs
