#include "codecs/protobuf_wire.h"

namespace codecs {
namespace {

constexpr std::uint32_t field_number_max = (1U << 29) - 1;
constexpr std::uint64_t group_end = 4;
constexpr int varint_bytes_max = 10;

}  // namespace

const char* read_long_varint(const char* at, const char* end, std::uint64_t& value) {
  value = 0;
  for (int i = 0; i < varint_bytes_max && at < end; ++i) {
    const auto byte = static_cast<std::uint8_t>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return at;
  }
  return nullptr;
}

bool WireReader::next(WireField& field) {
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
const char* WireReader::read_value(const char* at, WireField& field) {
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

const char* WireReader::skip_group(const char* at, std::uint32_t number, int depth) {
  if (depth > group_depth_max) {
    problem_ = "protobuf: groups are nested too deep";
    return nullptr;
  }
  while (true) {
    std::uint64_t tag = 0;
    at = read_varint(at, end_, tag);
    if (at == nullptr) return nullptr;
    if (tag == (static_cast<std::uint64_t>(number) << 3 | group_end)) return at;
    if (tag >> 3 == 0 || tag >> 3 > field_number_max) {
      problem_ = "protobuf: no field starts here";
      return nullptr;
    }
    WireField inner;
    inner.number = static_cast<std::uint32_t>(tag >> 3);
    inner.type = static_cast<WireType>(tag & 7);
    at = inner.type == WireType::group ? skip_group(at, inner.number, depth + 1) : read_value(at, inner);
    if (at == nullptr) return nullptr;
  }
}

}  // namespace codecs
