#include "codecs/json_value.h"

#include "codecs/number.h"

namespace codecs {
namespace {

bool read_number(JsonScan& scan, JsonValue& value) {
  std::string_view text;
  if (!scan.read_number(text, {})) return false;
  if (text.find_first_of(".eE") == std::string_view::npos && text != "-0") {
    if (const auto number = parse_int64(text)) {
      value = *number;
      return true;
    }
    if (const auto number = parse_uint64(text)) {
      value = *number;
      return true;
    }
  }
  const auto number = parse_float(text);
  if (!number) return scan.fail_content("number out of range");
  value = *number;
  return true;
}

}  // namespace

bool read_json_value(JsonScan& scan, std::uint8_t depth, JsonValue& value) {
  const char c = scan.peek();
  const std::size_t start = scan.at();
  switch (c) {
    case '"':
      return scan.read_string(value.emplace<std::string_view>(), {});
    case 't':
    case 'f':
      return scan.read_bool(value.emplace<bool>(), {});
    case 'n':
      value = std::monostate();
      return scan.skip_value(depth);
    case '[':
    case '{':
      if (!scan.skip_value(depth)) return false;
      value = JsonRaw{scan.between(start, scan.at())};
      return true;
    default:
      break;
  }
  if (c == '-' || (c >= '0' && c <= '9')) return read_number(scan, value);
  return scan.skip_value(depth);  // which says what is wrong
}

}  // namespace codecs
