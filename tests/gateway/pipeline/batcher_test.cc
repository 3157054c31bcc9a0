#include "gateway/pipeline/batcher.h"

#include <doctest/doctest.h>

using gw::Batch;
using gw::Batcher;
using gw::Milliseconds;
using gw::SteadyTime;

TEST_CASE("a batch is sorted by host, and the lines of one host keep their order") {
  Batcher batcher(1 << 20, Milliseconds(1000));
  const SteadyTime now{};
  batcher.add("a n2\n", "n2", 1, now);
  batcher.add("a n1\n", "n1", 1, now);
  batcher.add("b n2\n", "n2", 2, now);
  batcher.add("b n1\n", "n1", 2, now);
  batcher.add("c n1\n", "n1", 2, now);
  const Batch batch = batcher.take();
  CHECK(batch.text == "a n1\nb n1\nc n1\na n2\nb n2\n");
  CHECK(batch.ends == std::vector<std::uint32_t>{5, 10, 15, 20, 25});
  CHECK(batch.frames == std::vector<std::uint64_t>{1, 2});
  CHECK(batcher.empty());
  CHECK(batcher.bytes() == 0);
}

TEST_CASE("a batch is due by its age, and full by its bytes") {
  Batcher batcher(10, Milliseconds(1000));
  const SteadyTime begin{std::chrono::hours(1)};
  CHECK(!batcher.due());
  CHECK(!batcher.full("a line longer than the batch may be\n"));  // alone it goes all the same
  CHECK(batcher.add("12345\n", "h", 7, begin));
  CHECK(!batcher.add("678\n", "h", 7, begin + Milliseconds(500)));  // the same delivery
  CHECK(batcher.add("", "h", 8, begin));
  CHECK(batcher.due() == begin + Milliseconds(1000));
  CHECK(batcher.full("x"));
  CHECK(batcher.take().text == "12345\n678\n");
  CHECK(!batcher.due());
  // The next batch counts its own age and frames.
  CHECK(batcher.add("9\n", "h", 8, begin + Milliseconds(3000)));
  CHECK(batcher.due() == begin + Milliseconds(4000));
}
