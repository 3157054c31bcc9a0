#include "codecs/protobuf_wire.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "tests/codecs/protobuf.h"

using namespace codecs;

namespace {

std::string dump(std::string_view message) {
  // A copy, so that reading past its end is found.
  const std::string copy(message);
  WireReader reader(copy);
  WireField field;
  std::string out;
  while (reader.next(field)) {
    out += std::to_string(field.number) + ":";
    switch (field.type) {
      case WireType::bytes:
        out += "'" + std::string(field.bytes) + "'";
        break;
      case WireType::group:
        out += "group";
        break;
      default:
        out += std::to_string(field.value);
    }
    out += ' ';
  }
  out += reader.problem();
  if (!reader.problem().empty()) out += " @" + std::to_string(reader.position() - copy.data());
  return out;
}

std::string nested_groups(int depth) {
  std::string out;
  for (int i = 0; i < depth; ++i) out += proto::tag(7, 3);
  for (int i = 0; i < depth; ++i) out += proto::tag(7, 4);
  return out;
}

}  // namespace

TEST_CASE("fields of every wire type are read") {
  const auto check = [](const std::string& message, std::string_view want) { CHECK(dump(message) == want); };
  check("", "");
  check(proto::number(1, 0), "1:0 ");
  check(proto::number(1, 300), "1:300 ");
  check(proto::number(1, ~std::uint64_t{0}), "1:18446744073709551615 ");
  check(proto::number((1U << 29) - 1, 1), "536870911:1 ");
  check(proto::tag(2, 1) + std::string(8, '\1'), "2:72340172838076673 ");
  check(proto::tag(2, 5) + std::string(4, '\1'), "2:16843009 ");
  check(proto::bytes(3, "abc") + proto::bytes(3, ""), "3:'abc' 3:'' ");
  check(proto::bytes(3, std::string(300, 'x')), "3:'" + std::string(300, 'x') + "' ");
  // Longer than it needs to be, and with bits that 64 do not hold.
  check(std::string("\x08\x81\x80\x00", 4), "1:1 ");
  check(std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11), "1:18446744073709551615 ");
}

TEST_CASE("groups are passed over whole") {
  const std::string inside = proto::number(1, 5) + proto::bytes(2, "x") + proto::floating(3, 1) + nested_groups(3);
  CHECK(dump(proto::tag(9, 3) + inside + proto::tag(9, 4) + proto::number(1, 1)) == "9:group 1:1 ");
  CHECK(dump(nested_groups(group_depth_max)) == "7:group ");
  CHECK(dump(nested_groups(group_depth_max + 1)) == "protobuf: groups are nested too deep @0");
  CHECK(dump(nested_groups(100'000)) == "protobuf: groups are nested too deep @0");
  CHECK(dump(proto::tag(9, 3) + proto::tag(8, 4)) == "protobuf: no such wire type @0");
  CHECK(dump(proto::tag(9, 3) + proto::tag(0, 0)) == "protobuf: no field starts here @0");
  CHECK(dump(proto::tag(9, 3) + inside) == "protobuf: a field is longer than what holds it @0");
}

TEST_CASE("a broken message is told with its place") {
  const auto check = [](const std::string& broken, std::string_view reason) {
    CHECK(dump(proto::number(1, 1) + broken) == "1:1 " + std::string(reason) + " @2");
  };
  check("\x80", "protobuf: no field starts here");
  check(std::string(11, '\xff'), "protobuf: no field starts here");
  check(proto::tag(0, 0), "protobuf: no field starts here");
  check(proto::varint(std::uint64_t{1} << 32) + "x", "protobuf: no field starts here");
  check(proto::tag(1, 4), "protobuf: no such wire type");
  check(proto::tag(1, 6), "protobuf: no such wire type");
  check(proto::tag(1, 7), "protobuf: no such wire type");
  for (const std::string& whole : {proto::number(5, 300), proto::floating(5, 1), proto::bytes(5, "abc"),
                                   proto::tag(5, 5) + "abcd", proto::tag(5, 3) + proto::tag(5, 4)}) {
    for (std::size_t size = 1; size < whole.size(); ++size)
      check(whole.substr(0, size), "protobuf: a field is longer than what holds it");
  }
  check(proto::tag(5, 0) + std::string(11, '\x80'), "protobuf: a field is longer than what holds it");
  check(proto::tag(5, 2) + proto::varint(~std::uint64_t{0}), "protobuf: a field is longer than what holds it");
}

TEST_CASE("repeated numbers are read packed and one by one") {
  const auto varints = [](const std::string& message) {
    WireReader reader(message);
    WireField field;
    std::string out;
    while (reader.next(field)) {
      if (!for_each_varint(field, [&](std::uint64_t value) { out += std::to_string(value) + " "; })) out += "cut";
    }
    return out;
  };
  CHECK(varints(proto::bytes(1, proto::varint(1) + proto::varint(300)) + proto::number(1, 7)) == "1 300 7 ");
  CHECK(varints(proto::bytes(1, "")) == "");
  CHECK(varints(proto::bytes(1, "\x01\x80")) == "1 cut");

  const auto doubles = [](const std::string& message) {
    WireReader reader(message);
    WireField field;
    std::string out;
    while (reader.next(field)) {
      if (!for_each_double(field, [&](double value) { out += std::to_string(value) + " "; })) out += "cut";
    }
    return out;
  };
  CHECK(doubles(proto::bytes(1, proto::raw_double(1) + proto::raw_double(2)) + proto::floating(1, 3)) ==
        "1.000000 2.000000 3.000000 ");
  CHECK(doubles(proto::bytes(1, "1234567")) == "cut");
}

TEST_CASE("zigzag puts small numbers of either sign into small varints") {
  const auto check = [](std::uint64_t wire, std::int64_t want) { CHECK(from_zigzag(wire) == want); };
  check(0, 0);
  check(1, -1);
  check(2, 1);
  check(0xfffffffffffffffe, std::numeric_limits<std::int64_t>::max());
  check(0xffffffffffffffff, std::numeric_limits<std::int64_t>::min());
  CHECK(from_zigzag32(0xffffffff) == std::numeric_limits<std::int32_t>::min());
  CHECK(from_zigzag32(0xfffffffe) == std::numeric_limits<std::int32_t>::max());
  CHECK(from_zigzag32(std::uint64_t{1} << 32 | 3) == -2);
}
