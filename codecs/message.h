#pragma once
// The one shape that every format can be brought to: what `cc-gateway decode` prints, and what round trips compare.
// For cold paths: it owns its text. Hot paths go from a decoder's views straight to encoded lines.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace codecs {

/// A named, timed set of values. All text is plain, without a format's escapes.
struct Message {
  struct Tag {
    std::string key;
    std::string value;
    friend bool operator==(const Tag&, const Tag&) = default;
  };
  using Value = std::variant<double, std::int64_t, std::uint64_t, bool, std::string>;
  struct Field {
    std::string key;
    Value value;
    friend bool operator==(const Field&, const Field&) = default;
  };

  std::string name;
  std::vector<Tag> tags;      ///< in the order of the format
  std::vector<Field> fields;  ///< in the order of the format
  std::optional<std::int64_t> time_ns;

  friend bool operator==(const Message&, const Message&) = default;
};

}  // namespace codecs
