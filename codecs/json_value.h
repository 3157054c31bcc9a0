#pragma once
// Values of JSON whose type only the body knows.

#include <cstdint>
#include <string_view>
#include <variant>

#include "codecs/json_scan.h"

namespace codecs {

/// An array or object, as it stands.
struct JsonRaw {
  std::string_view text;
  friend bool operator==(const JsonRaw&, const JsonRaw&) = default;
};
/// std::monostate is null. A number without fraction and exponent is an integer where 64 bits hold it, else, and for
/// -0, it is a double: Go writes a float of 1e20 with all its digits.
using JsonValue = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view, JsonRaw>;

/// Reads what stands next, with `depth` arrays and objects open around it. False with the scanner's trouble.
bool read_json_value(JsonScan& scan, std::uint8_t depth, JsonValue& value);

}  // namespace codecs
