#pragma once
// Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding/), for reading messages whose schema
// the caller knows. Our own because a bad message must be answered with its place and must cost no exception, and
// because groups of an unknown field are skipped, as the format wants.
//
//   message = *( tag value )
//   tag     = varint( field number << 3 | type )           field number 1 .. 2^29 - 1
//   value   = varint | 8 bytes | varint length, bytes | group: message, tag of type 4 with the same number | 4 bytes
//   varint  = *( byte >= 0x80 ) byte, seven bits each, low ones first; at most ten bytes, bits beyond 64 are ignored
//
// Numbers are little-endian. A repeated number may come as many fields or "packed": one field of bytes holding all.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace codecs {

/// Groups within groups: what Google's readers allow, and what bounds our stack.
inline constexpr int group_depth_max = 100;
inline constexpr std::uint32_t field_number_max = (1U << 29) - 1;

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, group = 3, fixed32 = 5 };

/// One field. The schema says what `value` means; where the type is not the schema's, the field counts as unknown.
struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;  ///< of varint, fixed64 and fixed32
  std::string_view bytes;   ///< of bytes; points into the message
};

constexpr std::int64_t from_zigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}
constexpr std::int32_t from_zigzag32(std::uint64_t value) {
  return static_cast<std::int32_t>(from_zigzag(static_cast<std::uint32_t>(value)));
}

/// Reads 8 bytes as the bits of a number.
inline std::uint64_t load_fixed64(const char* bytes) {
  static_assert(std::endian::native == std::endian::little, "the wire's order of bytes");
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits;
}
inline double load_double(const char* bytes) { return std::bit_cast<double>(load_fixed64(bytes)); }

/// Null where the varint is cut off or longer than ten bytes, else the byte behind it.
const char* read_long_varint(const char* at, const char* end, std::uint64_t& value);
inline const char* read_varint(const char* at, const char* end, std::uint64_t& value) {
  // One byte and two are nearly all that come; bit 7 says that another follows.
  const auto byte = [at](int i) { return static_cast<std::uint64_t>(static_cast<std::uint8_t>(at[i])); };
  if (at < end && byte(0) < 0x80) {
    value = byte(0);
    return at + 1;
  }
  if (end - at >= 2 && byte(1) < 0x80) {
    value = (byte(0) & 0x7f) | byte(1) << 7;
    return at + 2;
  }
  return read_long_varint(at, end, value);
}

/// Walks the fields of one message. Not thread-safe; the message must outlive it.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

  /// False at the end of the message, or where it is broken (see `problem`).
  bool next(WireField& field);
  /// Static text; empty where all is well.
  std::string_view problem() const { return problem_; }
  /// Behind the last field; where the message is broken, at the start of the broken field.
  const char* position() const { return at_; }

 private:
  const char* read_value(const char* at, WireField& field);
  const char* skip_group(const char* at, std::uint32_t number, int depth);

  const char* at_;
  const char* end_;
  std::string_view problem_;
};

inline bool WireReader::next(WireField& field) {
  if (at_ == end_ || !problem_.empty()) return false;
  std::uint64_t tag = 0;
  const char* at = read_varint(at_, end_, tag);
  if (at == nullptr || tag >> 3 == 0 || tag >> 3 > field_number_max) {
    problem_ = "protobuf: no field starts here";
    return false;
  }
  field.number = static_cast<std::uint32_t>(tag >> 3);
  field.type = static_cast<WireType>(tag & 7);
  at = read_value(at, field);
  if (at == nullptr) {
    if (problem_.empty()) problem_ = "protobuf: a field is longer than what holds it";
    return false;
  }
  at_ = at;
  return true;
}

/// Null where the value is cut off or, with `problem_` set, wrong otherwise; else the byte behind it.
inline const char* WireReader::read_value(const char* at, WireField& field) {
  const auto left = static_cast<std::size_t>(end_ - at);
  switch (field.type) {
    case WireType::varint:
      return read_varint(at, end_, field.value);
    case WireType::fixed64:
      if (left < 8) return nullptr;
      field.value = load_fixed64(at);
      return at + 8;
    case WireType::bytes: {
      std::uint64_t length = 0;
      at = read_varint(at, end_, length);
      if (at == nullptr || length > static_cast<std::size_t>(end_ - at)) return nullptr;
      field.bytes = {at, static_cast<std::size_t>(length)};
      return at + length;
    }
    case WireType::group:
      return skip_group(at, field.number, 1);
    case WireType::fixed32: {
      if (left < 4) return nullptr;
      std::uint32_t bits = 0;
      std::memcpy(&bits, at, sizeof bits);
      field.value = bits;
      return at + 4;
    }
  }
  problem_ = "protobuf: no such wire type";  // 4 outside of a group, 6, 7
  return nullptr;
}

/// Hands each number of a repeated varint field to `take`, packed or not. False where the packed form is cut off.
template <class Take>
bool for_each_varint(const WireField& field, Take take) {
  if (field.type == WireType::varint) {
    take(field.value);
    return true;
  }
  const char* at = field.bytes.data();
  const char* const end = at + field.bytes.size();
  while (at != end) {
    std::uint64_t value = 0;
    at = read_varint(at, end, value);
    if (at == nullptr) return false;
    take(value);
  }
  return true;
}

/// The same for doubles.
template <class Take>
bool for_each_double(const WireField& field, Take take) {
  if (field.type == WireType::fixed64) {
    take(std::bit_cast<double>(field.value));
    return true;
  }
  if (field.bytes.size() % sizeof(double) != 0) return false;
  for (std::size_t i = 0; i < field.bytes.size(); i += sizeof(double)) take(load_double(field.bytes.data() + i));
  return true;
}

}  // namespace codecs
