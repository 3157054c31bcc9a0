#include "codecs/gzip.h"

#include <doctest/doctest.h>

#include "tests/codecs/allocations.h"

using namespace codecs;

TEST_CASE("gzip gives back what went in, in one member or several") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "cpu_load value=" + std::to_string(i) + "\n";
  const std::string packed = gzip(text);
  CHECK(packed.size() < text.size() / 2);
  CHECK(gunzip(packed, text.size()).value() == text);
  CHECK(gunzip(packed + gzip("") + gzip("end"), text.size() + 3).value() == text + "end");
  CHECK(gunzip(gzip(""), 0).value().empty());
}

TEST_CASE("gzip that is no gzip says so") {
  const std::string packed = gzip("some text that is long enough to be cut");
  for (std::size_t cut = 2; cut < packed.size(); ++cut) {
    CAPTURE(cut);
    CHECK(gunzip(packed.substr(0, cut), 1000).error() == "gzip that ends too early");
  }
  CHECK(gunzip("", 1000).error() == "not gzip");
  CHECK(gunzip("\x1f", 1000).error() == "not gzip");
  CHECK(gunzip("cpu value=1", 1000).error() == "not gzip");
  CHECK(gunzip(packed + "rest", 1000).error() == "broken gzip");
  std::string wrong = packed;
  wrong[packed.size() - 6] ^= 1;  // the checksum
  CHECK(gunzip(wrong, 1000).error() == "broken gzip");
}

TEST_CASE("a gzip bomb costs no more than its limit") {
  const std::string bomb = gzip(std::string(64 << 20, '\0'));
  CHECK(bomb.size() < 100'000);
  const Allocations allocations;
  CHECK(gunzip(bomb, 100'000).error() == "gzip of more bytes than are allowed");
  CHECK(allocations.peak_bytes() < 1 << 20);
}
