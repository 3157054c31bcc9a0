#include "gateway/sinks/reactions.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/gateway/sinks/fakes.h"
#include "tests/gateway/sinks/tokens.h"

using fakes::dump;
using fakes::response;
using gw::http::Answer;
using gw::http::Failure;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT
const gw::WallTime now{gw::Seconds{784'111'777}};
const std::string token = tokens::make(R"({"sub":"gateway"})");

gw::Verdict react(const Answer& answer) {
  return gw::react(answer,
                   {.url = "http://store:8082/api/write/?cluster=a", .token = token, .token_file = "/etc/gw.jwt"}, now);
}

}  // namespace

TEST_CASE("each answer to a write has its reaction, and each row of the table an answer") {
  std::set<const gw::ReactionRow*> used;
  const auto check = [&used](const Answer& answer, std::string_view want) {
    CAPTURE(answer->status);
    CAPTURE(answer->body);
    used.insert(&gw::reaction_to(*answer));
    CHECK(dump(react(answer)) == want);
  };
  const std::string not_a_store = "hold: probably not a metric store: ";
  const std::string url = "http://store:8082/api/write/";

  check(response(200, "application/json", ""), "written");
  check(response(200, "", " \n"), "written");
  check(response(200, "application/json", "{}"), "written");
  check(response(200, "text/plain", "ok"), not_a_store + "HTTP 200 (text/plain) from " + url + ", it says 'ok'");
  check(response(200, "text/HTML; charset=utf-8", ""), not_a_store + "HTTP 200 (text/HTML; charset=utf-8) from " + url);
  check(response(200, "text/plain", "\n<!DOCTYPE html><title>Grafana</title>"),
        not_a_store + "HTTP 200 (text/plain) from " + url);
  check(response(204, "", ""), not_a_store + "HTTP 204 (no content type) from " + url);
  check(response(302, "text/html", "<a>", "https://login.example.org/?next=x"),
        not_a_store + "HTTP 302 (text/html) from " + url + ", which redirects to https://login.example.org/?next=x");
  check(response(307, "", "", "https://store\r\n:8082/"),
        not_a_store + "HTTP 307 (no content type) from " + url + ", which redirects to https://store  :8082/");
  check(response(404, "text/plain; charset=utf-8", "404 page not found\n"),
        not_a_store + "HTTP 404 (text/plain; charset=utf-8) from " + url + ", it says '404 page not found'");
  check(response(405, "text/plain", ""), not_a_store + "HTTP 405 (text/plain) from " + url);

  check(response(400, "application/json", R"({"status":"Bad Request","error":"at line 1:7: expected value"})"),
        "bisect: HTTP 400: at line 1:7: expected value");
  check(response(400, "application/json", R"({"error":{"type":"parse"}})"),
        not_a_store + "HTTP 400 (application/json) from " + url + R"(, it says '{"error":{"type":"parse"}}')");
  check(response(400, "text/plain", "Client sent an HTTP request to an HTTPS server.\n"),
        not_a_store + "HTTP 400 (text/plain) from " + url +
            ", it says 'Client sent an HTTP request to an HTTPS server.'");
  check(response(400, "text/html", R"({"status":"Bad Request","error":"x"})"),
        not_a_store + "HTTP 400 (text/html) from " + url);
  check(response(418, "", "tea"), not_a_store + "HTTP 418 (no content type) from " + url + ", it says 'tea'");

  check(response(401, "text/plain", "ed25519: verification error\n"),
        "hold: HTTP 401: the token is signed by another key than the store's jwt-public-key: mint a new one and write "
        "it to /etc/gw.jwt, it is read again at once");
  check(response(403, "", ""),
        "hold: HTTP 403: the token looks right from here, so it is probably signed by another key than the store's "
        "jwt-public-key");
  check(response(401, "text/html", "<html>"), not_a_store + "HTTP 401 (text/html) from " + url);

  check(response(413, "text/html", "<html>"), "halve: HTTP 413: too large as one request");
  check(response(408, "", ""), "hold: HTTP 408 (no content type) from " + url);
  check(response(429, "", "", "", "7"), "hold 7000ms: HTTP 429 (no content type) from " + url);
  check(response(500, "application/json", R"({"status":"Internal Server Error","error":"disk"})"),
        "hold: HTTP 500 (application/json) from " + url + ", it says 'disk'");
  check(response(502, "text/html", "<html>nginx</html>"), "hold: HTTP 502 (text/html) from " + url);
  check(response(503, "", "", "", "86400"), "hold 300000ms: HTTP 503 (no content type) from " + url);

  CHECK(used.size() == gw::reaction_rows().size());
}

TEST_CASE("a request without complete answer is held with the reason") {
  std::set<Failure::Kind> used;
  const auto check = [&used](Failure::Kind kind, std::string_view want) {
    used.insert(kind);
    CHECK(dump(react(std::unexpected(Failure{kind, "what\nhappened"}))) == want);
  };
  check(Failure::Kind::resolve, "hold: no address: what happened");
  check(Failure::Kind::connect, "hold: no connection: what happened");
  check(Failure::Kind::tls, "hold: TLS: what happened");
  check(Failure::Kind::timeout, "hold: no answer in time: what happened");
  check(Failure::Kind::too_large, "hold: probably not a metric store: what happened");
  check(Failure::Kind::truncated, "hold: no whole answer: what happened");
  check(Failure::Kind::cancelled, "hold: the request was cut short: what happened");
  check(Failure::Kind::other, "hold: no answer: what happened");
  CHECK(used.size() == gw::failure_rows().size());
}

TEST_CASE("Retry-After is read in each form that HTTP has, and bounded") {
  const auto check = [](std::string_view text, std::optional<gw::Milliseconds> want) {
    CAPTURE(text);
    CHECK((gw::retry_wait(text, now) == want));
  };
  using gw::Milliseconds;
  check("", std::nullopt);
  check("0", Milliseconds{0});
  check(" 8 ", Milliseconds{8'000});
  check("300", Milliseconds{300'000});
  check("301", Milliseconds{300'000});
  check("99999999999999999999999999", Milliseconds{300'000});
  check("-1", std::nullopt);
  check("1.5", std::nullopt);
  check("soon", std::nullopt);
  check("Sun, 06 Nov 1994 08:49:47 GMT", Milliseconds{10'000});
  check("Sunday, 06-Nov-94 08:49:47 GMT", Milliseconds{10'000});
  check("Sun Nov  6 08:49:47 1994", Milliseconds{10'000});
  check("Sun, 06 Nov 1994 08:49:27 GMT", Milliseconds{0});
  check("Sun, 06 Nov 2094 08:49:27 GMT", Milliseconds{300'000});
  check("Sun, 06 Nov 1994 08:49:47 GMT and more", std::nullopt);
}

TEST_CASE("the token stands in no verdict, also where the peer echoes it") {
  const auto check = [](int status, const std::string& body, std::string_view want) {
    CAPTURE(status);
    CHECK(dump(react(response(status, "text/plain", body))) == want);
  };
  const std::string place = " (text/plain) from http://store:8082/api/write/, it says '";
  check(404, "Authorization: Bearer " + token,
        "hold: probably not a metric store: HTTP 404" + place + "Authorization: Bearer ***'");
  check(500, token, "hold: HTTP 500" + place + "***'");
  check(400, R"({"status":"Bad Request","error":"bad )" + token + R"("})", "bisect: HTTP 400: bad ***");
  // Where the text is cut in the middle of the token too.
  const std::string before(190, 'x');
  check(500, before + token, "hold: HTTP 500" + place + before + "***'");
  const std::string long_before(390, 'x');
  check(400, R"({"status":"Bad Request","error":")" + long_before + token + R"("})",
        "bisect: HTTP 400: " + long_before + "***");
}

TEST_CASE("what a peer says is cut to a line of bounded length") {
  const gw::Verdict page = react(response(404, std::string(5'000, 't'), std::string(200'000, 'x')));
  CHECK(page.reason == "probably not a metric store: HTTP 404 (" + std::string(200, 't') +
                           "…) from http://store:8082/api/write/, it says '" + std::string(200, 'x') + "…'");
  const gw::Verdict error = react(
      response(400, "application/json", R"({"status":"Bad Request","error":")" + std::string(5'000, 'e') + "\"}"));
  CHECK(error.reason == "HTTP 400: " + std::string(400, 'e') + "…");
  // Not in the middle of a character.
  const gw::Verdict umlauts = react(response(404, "t", std::string(199, 'x') + "ü"));
  CHECK(umlauts.reason == "probably not a metric store: HTTP 404 (t) from http://store:8082/api/write/, it says '" +
                              std::string(199, 'x') + "…'");
}
