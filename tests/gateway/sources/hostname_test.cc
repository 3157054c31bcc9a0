#include "gateway/sources/hostname.h"

#include <doctest/doctest.h>

using gw::HostnameReader;
using gw::config::HostnameRule;

namespace {

std::string host(const HostnameRule& rule, std::string_view label) {
  const auto reader = HostnameReader::compile(rule);
  REQUIRE(reader);
  std::string buffer;
  return std::string(reader->read(label, buffer));
}

}  // namespace

TEST_CASE("a host name is read without its port, also of IPv6 addresses") {
  const auto check = [](std::string_view label, std::string_view want) {
    CAPTURE(label);
    CHECK(host({}, label) == want);
  };
  check("node01:9100", "node01");
  check("node01", "node01");
  check("node01.example.org:9100", "node01.example.org");
  check("10.0.0.7:9100", "10.0.0.7");
  check("[::1]:9100", "::1");
  check("[fe80::1]", "fe80::1");
  check("fe80::1", "fe80::1");  // bare: the last group is no port
  check("::1", "::1");
  check("[::1", "[::1");  // not an address: left as it is
  check("[::1]x", "[::1]x");
  check("node01:http", "node01:http");
  check("node01:", "node01:");
  check("", "");
}

TEST_CASE("the rules of a host name apply in their order: port, regex, suffix off, suffix on") {
  const auto check = [](const HostnameRule& rule, std::string_view label, std::string_view want) {
    CAPTURE(label);
    CHECK(host(rule, label) == want);
  };
  check({.strip_port = false}, "node01:9100", "node01:9100");
  check({.strip_suffix = ".example.org"}, "node01.example.org:9100", "node01");
  check({.strip_suffix = ".example.org"}, "node01.example.com:9100", "node01.example.com");
  check({.add_suffix = ".hpc"}, "node01:9100", "node01.hpc");
  check({.strip_suffix = ".a", .add_suffix = ".b"}, "n.a:1", "n.b");
  check({.regex = "^(n[0-9]+)-ib$"}, "n12-ib:9100", "n12");
  check({.regex = "n[0-9]+"}, "rack3-n12:9100", "n12");   // no group: the whole match
  check({.regex = "^(n[0-9]+)-ib$"}, "login1:9100", "");  // no match: no host name
  check({.regex = "^(n[0-9]+)$", .add_suffix = ".x"}, "login", "");
  check({.regex = "^([^.]+)"}, "node01.example.org:9100", "node01");
}

TEST_CASE("a host name rule that does not compile says what is wrong") {
  const auto reader = HostnameReader::compile({.regex = "n[0-9"});
  REQUIRE(!reader);
  CHECK(reader.error().text == "hostname_regex 'n[0-9': missing ]: [0-9");
}
