#include "codecs/protobuf_wire.h"

namespace codecs {
namespace {

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
