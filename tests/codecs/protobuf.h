#pragma once
// Spells protobuf fields by hand, the wrong ones too.

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace proto {

inline std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out += static_cast<char>(value);
}
inline std::string zigzag(std::int64_t value) {
  return varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}
inline std::string raw_double(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return {reinterpret_cast<const char*>(&bits), sizeof bits};
}

inline std::string tag(std::uint32_t number, unsigned type) { return varint(std::uint64_t{number} << 3 | type); }
inline std::string number(std::uint32_t field, std::uint64_t value) { return tag(field, 0) + varint(value); }
inline std::string floating(std::uint32_t field, double value) { return tag(field, 1) + raw_double(value); }
inline std::string bytes(std::uint32_t field, std::string_view content) {
  return tag(field, 2) + varint(content.size()) + std::string(content);
}

// Parts of remote_write's messages.

inline std::string label(std::string_view name, std::string_view value) {
  return bytes(1, bytes(1, name) + bytes(2, value));
}
inline std::string sample(double value, std::int64_t time_ms) {
  return bytes(2, floating(1, value) + number(2, static_cast<std::uint64_t>(time_ms)));
}

}  // namespace proto
