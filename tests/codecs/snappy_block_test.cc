#include "codecs/snappy_block.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "tests/codecs/allocations.h"
#include "tests/codecs/protobuf.h"

using namespace codecs;

namespace {

std::string reason(std::string_view block, std::size_t max = snappy_content_bytes_max) {
  SnappyBlock snappy;
  const auto content = snappy.decompress(block, max);
  return std::string(content ? "content" : content.error());
}

}  // namespace

TEST_CASE("what is compressed comes back, through one buffer") {
  SnappyBlock snappy;
  std::minstd_rand random(7);
  for (const std::size_t size : {0U, 1U, 60U, 1000U, 100'000U, 20U, 300'000U, 5U}) {
    std::string content;
    while (content.size() < size) content += static_cast<char>('a' + random() % 4);
    const std::string block = snappy_compress(content);
    const auto back = snappy.decompress(block);
    REQUIRE(back.has_value());
    CHECK(*back == content);
  }
}

TEST_CASE("a block that cannot be right is refused with the reason") {
  const std::string good = snappy_compress(std::string(1000, 'a') + "bcd");
  CHECK(reason(good) == "content");
  CHECK(reason("") == "snappy: no length at the start");
  CHECK(reason("\xff\xff") == "snappy: no length at the start");
  CHECK(reason(std::string(6, '\xff')) == "snappy: no length at the start");
  CHECK(reason(std::string("\xff\x06\x00\x00sNaPpY\x01\x02\x00\x00", 14)) ==
        "snappy: framed format where a block is needed");
  CHECK(reason(good, 1003) == "content");
  CHECK(reason(good, 1002) == "snappy: declares more content than is allowed");
  CHECK(reason(proto::varint(1000) + std::string(44, '\0')) == "snappy: declares more content than it can hold");
  CHECK(reason(proto::varint(1000) + std::string(45, '\0')) == "snappy: the block is corrupt");
  for (std::size_t size = 1; size < good.size(); ++size) CHECK(reason(good.substr(0, size)) != "content");
  CHECK(reason(good + "x") == "snappy: the block is corrupt");
}

TEST_CASE("the densest block that the format allows is within the bound") {
  // One literal, then copies of 64 bytes from one byte back.
  constexpr std::size_t copies = 340;
  std::string block = proto::varint(1 + 64 * copies) + std::string("\0a", 2);
  for (std::size_t i = 0; i < copies; ++i) block += std::string("\xfe\x01\x00", 3);
  SnappyBlock snappy;
  const auto content = snappy.decompress(block);
  REQUIRE(content.has_value());
  CHECK(*content == std::string(1 + 64 * copies, 'a'));
  CHECK(content->size() > snappy_content_bound(block.size()) * 99 / 100);
}

TEST_CASE("a hostile length costs no memory") {
  const std::string body = proto::varint(snappy_content_bytes_max) + std::string(1000, '\0');
  SnappyBlock snappy;
  const Allocations allocations;
  CHECK(!snappy.decompress(body).has_value());
  CHECK(allocations.peak_bytes() == 0);
}

TEST_CASE("once the buffer has grown, nothing is allocated") {
  SnappyBlock snappy;
  const std::string block = snappy_compress(std::string(10'000, 'x'));
  REQUIRE(snappy.decompress(block).has_value());
  const Allocations allocations;
  for (int i = 0; i < 100; ++i) REQUIRE(snappy.decompress(block).has_value());
  CHECK(allocations.count() == 0);
}
