#include "gateway/bus/inbox.h"

#include <doctest/doctest.h>

#include <thread>

#include "tests/gateway/bus/bus_fixture.h"

namespace {

gw::Received delivery(std::string payload) { return {.subject = "s", .payload = std::move(payload), .token = 0}; }

TEST_CASE("a full inbox loses the newest message and counts it") {
  gw::Inbox by_count({.messages = 2, .bytes = 1000});
  CHECK(by_count.push(delivery("a")));
  CHECK(by_count.push(delivery("b")));
  CHECK(!by_count.push(delivery("c")));
  CHECK(by_count.lost() == 1);
  CHECK(by_count.pending() == 2);
  CHECK(payload_of(by_count.next({})) == "a");
  CHECK(by_count.push(delivery("d")));
  CHECK(payload_of(by_count.next({})) == "b");
  CHECK(payload_of(by_count.next({})) == "d");

  gw::Inbox by_bytes({.messages = 100, .bytes = 10});
  CHECK(by_bytes.push(delivery("123456789")));
  CHECK(!by_bytes.push(delivery("ab")));
  CHECK(by_bytes.push(delivery("a")));
  CHECK(!by_bytes.push(delivery("b")));
  CHECK(by_bytes.push(delivery("")));
  CHECK(by_bytes.lost() == 2);
  CHECK(by_bytes.next({}));
  CHECK(by_bytes.push(delivery("12345678")));
}

TEST_CASE("a closed inbox hands out what it has, takes nothing and does not wait") {
  gw::Inbox inbox({});
  CHECK(inbox.push(delivery("a")));
  inbox.close();
  CHECK(!inbox.push(delivery("b")));
  CHECK(payload_of(inbox.next(gw::Milliseconds{60'000})) == "a");
  CHECK(!inbox.next(gw::Milliseconds{60'000}));
  CHECK(inbox.lost() == 1);
}

TEST_CASE("a reader that waits is woken by a message and by the end") {
  gw::Inbox inbox({});
  std::string read;
  std::jthread reader([&] {
    while (const auto next = inbox.next(gw::Milliseconds{60'000})) read += next->payload;
  });
  CHECK(inbox.push(delivery("a")));
  CHECK(inbox.push(delivery("b")));
  inbox.close();
  reader.join();
  CHECK(read == "ab");
}

}  // namespace
