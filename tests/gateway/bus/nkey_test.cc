#include "gateway/bus/nkey.h"

#include <doctest/doctest.h>

#include "tests/gateway/bus/bus_fixture.h"

namespace {

// The pair of the NATS manual.
const std::string seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
const std::string key = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

TEST_CASE("the public key of a user seed is what nsc says") {
  const auto check = [](const std::string& text, const std::string& want) {
    CAPTURE(text);
    const auto got = gw::nkey_public_key(text);
    CHECK((got ? *got : got.error().text) == want);
    if (!got) CHECK(got.error().text.find(text.substr(2, 8)) == std::string::npos);
  };
  const std::string not_a_seed = "holds no user seed (58 characters that begin with SU)";
  const std::string mistyped = "holds a seed with a wrong checksum: a character is missing or mistyped";
  check(seed, key);
  check(key, not_a_seed);
  check(seed.substr(0, 57), not_a_seed);
  check("SAACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY", not_a_seed);  // of an account
  check("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VX", mistyped);
  check("SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3V1", mistyped);  // 1 is no digit of base32
}

TEST_CASE("a seed file holds the seed alone or as nsc writes it") {
  const TempFolder folder;
  const auto check = [&folder](const std::string& text, const std::string& want) {
    CAPTURE(text);
    write_file(folder / "seed", text);
    const auto got = gw::nkey_public_key_of_file(folder / "seed");
    CHECK((got ? *got : got.error().text) == want);
  };
  check(seed, key);
  check(seed + "\n", key);
  check("-----BEGIN USER NKEY SEED-----\n" + seed + "\n------END USER NKEY SEED------\n", key);
  check("", (folder / "seed").string() + " holds no user seed (58 characters that begin with SU)");

  const auto missing = gw::nkey_public_key_of_file("/does/not/exist");
  REQUIRE(!missing);
  CHECK(missing.error().kind == gw::Error::Kind::invalid);
  CHECK(missing.error().text == "cannot read /does/not/exist: No such file or directory");
}

}  // namespace
