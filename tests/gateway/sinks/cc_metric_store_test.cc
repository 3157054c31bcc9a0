#include "gateway/sinks/cc_metric_store.h"

#include <doctest/doctest.h>

#include "tests/fake_clock.h"
#include "tests/gateway/sinks/fakes.h"
#include "tests/gateway/sinks/tokens.h"

using fakes::dump;
using fakes::response;

namespace {

constexpr std::string_view write_url = "http://store:8082/api/write/";
const gw::http::Answer accepted = response(200, "application/json", "");
const gw::http::Answer refused = response(401, "text/plain", "ed25519: verification error\n");

/// A REST sink with a peer that a script answers for.
struct Rest {
  explicit Rest(gw::config::Secret token = {}, std::string url = "http://store:8082") {
    settings.name = "ccms";
    settings.url = std::move(url);
    settings.token = std::move(token);
    sink = gw::make_store_over_rest(settings, std::make_unique<fakes::FakeTransport>(peer), clock);
  }
  void answers(std::deque<gw::http::Answer> answers, std::string_view url = write_url) {
    peer.answers[std::string(url)] = std::move(answers);
  }
  gw::config::Sink settings;
  FakeClock clock;
  fakes::FakeTransport::Script peer;
  std::unique_ptr<gw::Sink> sink;
};

std::string headers_of(const gw::http::Request& request) {
  std::string text;
  for (const std::string& header : request.headers) text += header + "\n";
  return text;
}

}  // namespace

TEST_CASE("lines are posted as they are, with the token and without compression") {
  Rest rest(gw::config::Secret::of_text("abc.def.ghi"));
  rest.answers({accepted});
  CHECK(dump(rest.sink->attempt("a,hostname=n1 value=1 1\n")) == "written");
  REQUIRE(rest.peer.requests.size() == 1);
  const gw::http::Request& request = rest.peer.requests[0];
  CHECK(request.method == "POST");
  CHECK(request.url == write_url);
  CHECK(request.body == "a,hostname=n1 value=1 1\n");
  CHECK(request.timeout == gw::Milliseconds{10'000});
  CHECK(headers_of(request) == "Content-Type: text/plain; charset=utf-8\nAuthorization: Bearer abc.def.ghi\n");
}

TEST_CASE("a store without authentication gets no Authorization header") {
  Rest rest;
  rest.answers({accepted});
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) == "written");
  CHECK(headers_of(rest.peer.requests[0]) == "Content-Type: text/plain; charset=utf-8\n");
}

TEST_CASE("the write URL is found from the store's URL in each way to write it") {
  const auto check = [](const std::string& url, std::string_view want) {
    CAPTURE(url);
    Rest rest({}, url);
    static_cast<void>(rest.sink->attempt("a value=1 1\n"));
    CHECK(rest.peer.requests[0].url == want);
  };
  check("http://s:8082", "http://s:8082/api/write/");
  check("http://s:8082/", "http://s:8082/api/write/");
  check("https://s/ccms/", "https://s/ccms/api/write/");
  check("http://s:8082/api/write", "http://s:8082/api/write");
  check("http://s:8082/api/write/", "http://s:8082/api/write/");
  check("http://s:8082/api/write?cluster=a", "http://s:8082/api/write?cluster=a");
  check("http://s:8082?cluster=a", "http://s:8082/api/write/?cluster=a");
}

TEST_CASE("a token that changed on disk is used by the next attempt, and asked for before its time") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "token";
  fakes::write(file, "old.old.old\n");
  Rest rest(gw::config::Secret::of_file(file));
  rest.answers({refused, accepted});
  CHECK_FALSE(rest.sink->wants_retry());
  CHECK(rest.sink->attempt("a value=1 1\n").reaction == gw::Reaction::hold);
  CHECK_FALSE(rest.sink->wants_retry());

  fakes::write(file, "fresh.fresh.fresh\n");
  CHECK(rest.sink->wants_retry());
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) == "written");
  CHECK(headers_of(rest.peer.requests[1]) ==
        "Content-Type: text/plain; charset=utf-8\nAuthorization: Bearer fresh.fresh.fresh\n");

  fakes::write(file, "another.one.even.longer\n");
  CHECK_FALSE(rest.sink->wants_retry());
}

TEST_CASE("only a refused token is worth a try before its time, not a store that is away") {
  const fakes::Folder folder;
  fakes::write(folder / "token", "old.old.old");
  Rest rest(gw::config::Secret::of_file(folder / "token"));
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) == "hold: no connection: nobody at http://store:8082/api/write/");
  fakes::write(folder / "token", "fresh.fresh.fresh");
  CHECK_FALSE(rest.sink->wants_retry());
}

TEST_CASE("without a readable token nothing is sent, until there is one") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "token";
  Rest rest(gw::config::Secret::of_file(file));
  rest.answers({accepted});
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) ==
        "hold: cannot read " + file.string() + ": No such file or directory");
  CHECK(rest.peer.requests.empty());
  CHECK_FALSE(rest.sink->wants_retry());
  fakes::write(file, "a.b.c");
  CHECK(rest.sink->wants_retry());
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) == "written");
}

TEST_CASE("a token that would add headers of its own is never sent, nor shown") {
  const auto check = [](const std::string& token) {
    Rest rest(gw::config::Secret::of_text(token));
    rest.answers({accepted});
    CHECK(dump(rest.sink->attempt("a value=1 1\n")) == "hold: the token holds a control character");
    CHECK(rest.peer.requests.empty());
    CHECK_FALSE(rest.sink->wants_retry());
  };
  check("secret\r\nX-Evil: 1");
  check("secret\nX");
  check(std::string("sec\0ret", 7));
  check("sec\x7fret");

  const fakes::Folder folder;
  fakes::write(folder / "token", "sec\tret");
  Rest rest(gw::config::Secret::of_file(folder / "token"));
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) ==
        "hold: the token in " + (folder / "token").string() + " holds a control character");
}

TEST_CASE("a refused token is explained with the file to mend") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "token";
  const std::string token = tokens::make(R"({"exp":1699989200})");  // 3 h before the fake clock
  fakes::write(file, token);
  Rest rest(gw::config::Secret::of_file(file));
  rest.answers({response(401, "text/plain", "Token is expired\n")});
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) ==
        "hold: HTTP 401: the token expired 3 h ago (2023-11-14T19:13:20Z): mint a new one and write it to " +
            file.string() + ", it is read again at once");
}

TEST_CASE("an interruption ends the running attempt, and later ones try once and briefly") {
  Rest rest;
  rest.peer.silent = true;
  rest.peer.while_waiting = [&rest] { rest.sink->interrupt(); };
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) == "hold: the request was cut short: cancelled");
  CHECK(rest.peer.cancelled == 1);
  CHECK(rest.peer.woken >= 1);

  rest.peer.silent = false;
  rest.peer.while_waiting = nullptr;
  rest.answers({accepted});
  CHECK(dump(rest.sink->attempt("a value=1 1\n")) == "written");
  CHECK(rest.peer.requests[1].timeout == gw::Milliseconds{1'000});
  CHECK(rest.peer.cancelled == 1);
}
