#include "gateway/http/client.h"

#include <doctest/doctest.h>

using namespace gw::http;

TEST_CASE("a URL that cannot be used says why") {
  const auto check = [](std::string_view url, std::string_view want) {
    CAPTURE(url);
    CHECK(url_problem(url) == want);
  };
  check("http://127.0.0.1:9090", "");
  check("https://prometheus.example.org/select/0/prometheus/", "");
  check("http://[::1]:9090", "");
  check("", "must start with http:// or https://");
  check("prometheus:9090", "must start with http:// or https://");
  check("ftp://x", "must start with http:// or https://");
  check("http://", "is no URL (No host part in the URL)");
  check("http://a b", "holds a blank or control character");
  check("http://host:99999", "is no URL (Port number was not a decimal number between 0 and 65535)");
  check("http://user:secret@host", "holds a user or password: use the keys for them, a URL is logged");
}

TEST_CASE("URLs are joined with one slash, and query text is percent-encoded") {
  CHECK(join_url("http://a", "b/c") == "http://a/b/c");
  CHECK(join_url("http://a/", "/b") == "http://a/b");
  CHECK(join_url("http://a/x//", "b") == "http://a/x/b");
  CHECK(url_encode("a b+c&d={x=~\"1|2\"}/µ~") == "a%20b%2Bc%26d%3D%7Bx%3D~%221%7C2%22%7D%2F%C2%B5~");
}

TEST_CASE("the time that a peer wrote is read in all three spellings of HTTP") {
  const gw::WallTime want{std::chrono::seconds(784'111'777)};
  CHECK(time_of("Sun, 06 Nov 1994 08:49:37 GMT") == want);
  CHECK(time_of("Sunday, 06-Nov-94 08:49:37 GMT") == want);
  CHECK(time_of("Sun Nov  6 08:49:37 1994") == want);
  for (const char* const no_time : {"", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT"}) {
    CAPTURE(no_time);
    CHECK(!time_of(no_time));
  }
}

TEST_CASE("a request without a server fails with a reason, and a cancelled one completes as cancelled") {
  const auto client = make_client(2);
  Request request;
  request.url = "http://127.0.0.1:1/";  // nobody listens on port 1
  const std::uint64_t id = client->start(request);
  std::vector<Completed> completed;
  for (int i = 0; i < 100 && completed.empty(); ++i) client->poll(gw::Milliseconds(100), completed);
  REQUIRE(completed.size() == 1);
  CHECK(completed[0].id == id);
  REQUIRE(!completed[0].answer);
  CHECK(completed[0].answer.error().kind == Failure::Kind::connect);
  CHECK(completed[0].answer.error().text == "Failed to connect to 127.0.0.1 port 1: Couldn't connect to server");

  completed.clear();
  const std::uint64_t second = client->start(request);
  client->cancel_all();
  client->poll(gw::Milliseconds(0), completed);
  REQUIRE(completed.size() == 1);
  CHECK(completed[0].id == second);
  CHECK(completed[0].answer.error().kind == Failure::Kind::cancelled);
}
