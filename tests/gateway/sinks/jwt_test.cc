#include "gateway/sinks/jwt.h"

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "tests/gateway/sinks/tokens.h"

using gw::explain_refused_token;

namespace {

constexpr std::int64_t now_seconds = 1'795'380'000;  // 2026-11-22T20:40:00Z
const gw::WallTime now{gw::Seconds{now_seconds}};

std::string claims(std::string_view name, std::int64_t seconds_from_now) {
  return tokens::make("{\"" + std::string(name) + "\":" + std::to_string(now_seconds + seconds_from_now) + "}");
}

}  // namespace

TEST_CASE("a refused token is explained by what it holds and by what the store said") {
  const auto check = [](const std::string& token, std::string_view answer, std::string_view want) {
    CAPTURE(token);
    CAPTURE(answer);
    CHECK(explain_refused_token(token, answer, now) == want);
  };
  const std::string valid = tokens::make(R"({"sub":"gateway"})");
  check("", "Use JWT Authentication", "the store wants a token, and none is configured: set token_file");
  check(valid, "Use JWT Authentication", "the token did not reach the store: a proxy between takes the header away");

  check("secret", "token contains an invalid number of segments",
        "the token is no JWT (expected three parts separated by dots): mint a new one");
  check("a.b", "", "the token is no JWT (expected three parts separated by dots): mint a new one");
  check("a.b.c.d", "", "the token is no JWT (expected three parts separated by dots): mint a new one");
  check("!!!.e30.x", "", "the token is no JWT (its first part is no JSON object in base64url): mint a new one");
  check("e30=.e30.x", "", "the token is no JWT (its first part is no JSON object in base64url): mint a new one");
  check("e30.bm8.x", "", "the token is no JWT (its second part is no JSON object in base64url): mint a new one");
  check(std::string(9000, 'a'), "", "the token is no JWT (it is longer than 8 KiB): mint a new one");

  check(tokens::make("{}", R"({"alg":"HS256"})"), "signing method HS256 is invalid",
        "the token's alg is HS256, the store accepts EdDSA only: mint a new one");
  check(tokens::make("{}", "{}"), "", "the token's alg is missing, the store accepts EdDSA only: mint a new one");
  check(tokens::make("{}", R"({"alg":7})"), "",
        "the token's alg is missing, the store accepts EdDSA only: mint a new one");

  check(claims("exp", -10'805), "Token is expired", "the token expired 3 h ago (2026-11-22T17:39:55Z): mint a new one");
  check(claims("exp", 0), "Token is expired", "the token expired 0 s ago (2026-11-22T20:40:00Z): mint a new one");
  check(claims("exp", -119), "", "the token expired 119 s ago (2026-11-22T20:38:01Z): mint a new one");
  check(claims("exp", -120), "", "the token expired 2 min ago (2026-11-22T20:38:00Z): mint a new one");
  check(claims("exp", -7'200), "", "the token expired 2 h ago (2026-11-22T18:40:00Z): mint a new one");
  check(claims("exp", -172'800), "", "the token expired 2 d ago (2026-11-20T20:40:00Z): mint a new one");
  check(claims("nbf", 60), "Token is not valid yet",
        "the token is not valid before 2026-11-22T20:41:00Z: wait, or mint a new one");
  check(claims("iat", 60), "Token used before issued",
        "the token was issued in the future (iat 2026-11-22T20:41:00Z): check the clocks of both machines");
  check(tokens::make(R"({"iat":1795380000000})"), "Token used before issued",
        "the token was issued in the future (iat 1795380000000): check the clocks of both machines");

  check(claims("exp", 60), "Token is expired",
        "the token is expired by the store's clock, but not by this machine's: check the clocks of both machines");
  check(claims("iat", -1), "Token used before issued",
        "the token was issued in the future by the store's clock (iat 2026-11-22T20:39:59Z): "
        "check the clocks of both machines");
  check(claims("nbf", -1), "Token is not valid yet",
        "the token is not yet valid by the store's clock: check the clocks of both machines");
  check(valid, "token is malformed: could not base64 decode signature", "the token is malformed: mint a new one");
  check(valid, "ed25519: verification error",
        "the token is signed by another key than the store's jwt-public-key: mint a new one");
  check(claims("exp", -60), "ed25519: verification error\n",
        "the token is signed by another key than the store's jwt-public-key, and it expired at 2026-11-22T20:39:00Z: "
        "mint a new one");
  check(valid, "go away\n",
        "the token looks right from here, so it is probably signed by another key than the store's jwt-public-key "
        "(the store says 'go away')");
  check(valid, "",
        "the token looks right from here, so it is probably signed by another key than the store's jwt-public-key");
}

TEST_CASE("what stands around a token is named, and nothing else is asked for") {
  const auto check = [](std::string_view token, std::string_view want) {
    CAPTURE(token);
    const std::string text =
        want.empty() ? "" : fmt::format("the token does not stand alone: remove {} around it", want);
    CHECK(gw::token_problem(token, now) == text);
    if (!want.empty()) CHECK(explain_refused_token(token, "token is malformed", now) == text);
  };
  const std::string valid = tokens::make(R"({"sub":"gateway"})");
  check(valid, "");
  check("Bearer " + valid, "'Bearer '");
  check("Authorization: Bearer " + valid, "'Authorization:' and the blanks and 'Bearer '");
  check("\"" + valid + "\"", "the quotes");
  check("'" + valid + "'", "the quotes");
  check("  " + valid + " ", "the blanks");
  check("\xef\xbb\xbf" + valid, "the byte order mark");
  check("\xef\xbb\xbf\"Bearer " + valid + " \"", "the byte order mark and the quotes and 'Bearer ' and the blanks");
  CHECK(gw::token_problem("Bearer " + valid, now, "/etc/gw.jwt") ==
        "the token does not stand alone: remove 'Bearer ' from /etc/gw.jwt, it is read again at once");
  // What is in it is no token either.
  for (const std::string_view token : {"Bearer secret", "\"secret\"", "\"", " ", "Bearer "})
    CHECK(gw::token_problem(token, now) ==
          "the token is no JWT (expected three parts separated by dots): mint a new one");
}

TEST_CASE("a token is judged before the store has seen it") {
  CHECK(gw::token_problem(claims("exp", 60), now) == "");
  CHECK(gw::token_problem(claims("exp", -60), now) ==
        "the token expired 60 s ago (2026-11-22T20:39:00Z): mint a new one");
  CHECK(gw::token_problem(tokens::make("{}", R"({"alg":"HS256"})"), now) ==
        "the token's alg is HS256, the store accepts EdDSA only: mint a new one");
}

TEST_CASE("a token from a file is mended by writing that file") {
  CHECK(explain_refused_token(claims("exp", -60), "Token is expired", now, "/etc/gw.jwt") ==
        "the token expired 60 s ago (2026-11-22T20:39:00Z): mint a new one and write it to /etc/gw.jwt, it is read "
        "again at once");
}

TEST_CASE("an explanation never repeats the token, also where the store does") {
  const std::string token = tokens::make(R"({"sub":"gateway"})");
  const std::string payload = token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1);
  CHECK(explain_refused_token(token, "bad token " + token + " with " + payload, now) ==
        "the token looks right from here, so it is probably signed by another key than the store's jwt-public-key "
        "(the store says 'bad token *** with ***')");
  CHECK(explain_refused_token("no-jwt-but-a-secret", "no-jwt-but-a-secret?", now) ==
        "the token is no JWT (expected three parts separated by dots): mint a new one");
}

TEST_CASE("claims of the wrong type or beyond all clocks do not break the explanation") {
  const auto check = [](std::string_view payload, std::string_view want) {
    CAPTURE(payload);
    CHECK(explain_refused_token(tokens::make(payload), "Token is expired", now) == want);
  };
  const std::string_view clocks =
      "the token is expired by the store's clock, but not by this machine's: check the clocks of both machines";
  check(R"({"exp":"soon"})", clocks);
  check(R"({"exp":null})", clocks);
  check(R"({"exp":1e308})", clocks);
  check(R"({"exp":-1e10})", "the token expired 136520 d ago (-10000000000): mint a new one");
}
