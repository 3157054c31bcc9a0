#include "codecs/decode.h"

#include <doctest/doctest.h>

#include <string>

using namespace codecs;

TEST_CASE("chunks join what was not used with what comes next") {
  Chunks chunks(100);
  CHECK(chunks.add("abc", false) == "abc");
  chunks.used(1);
  CHECK(chunks.add("defgh", false) == "bcdefgh");
  chunks.used(7);
  CHECK(chunks.add("x", true) == "x");
}

TEST_CASE("a long record in small chunks is not looked at for each of them") {
  Chunks chunks(1 << 20);
  std::size_t looked_at = 0;
  const std::string chunk(10, 'x');
  for (int i = 0; i < 1000; ++i) {
    looked_at += chunks.add(chunk, false).size();
    chunks.used(0);
  }
  CHECK(looked_at < 4 * 10 * 1000);
  CHECK(chunks.add("y", true).size() == 10'001);
}

TEST_CASE("a record beyond its limit is told") {
  Chunks chunks(8);
  chunks.add("12345678", false);
  chunks.used(0);
  CHECK(!chunks.full());
  CHECK(chunks.add("9", false) == "123456789");
  chunks.used(0);
  CHECK(chunks.full());
}
