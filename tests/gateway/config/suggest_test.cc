#include "gateway/base/suggest.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

TEST_CASE("the nearest name is what was meant, or there is none") {
  const auto check = [](std::string_view word, std::string_view want) {
    constexpr std::array<std::string_view, 9> names{"interval", "delay", "type",    "type_id",     "url",
                                                    "ca",       "user",  "max_age", "memoryDomain"};
    CAPTURE(word);
    CHECK(gw::nearest(word, names) == want);
  };
  check("interval", "interval");
  check("intervall", "interval");   // one too many
  check("intrval", "interval");     // one too few
  check("inverval", "interval");    // another one
  check("itnerval", "interval");    // two swapped
  check("intervalls", "interval");  // two slips in a long word
  check("Interval", "interval");    // case is no slip
  check("URL", "url");
  check("type-id", "type_id");  // nor is '-' for '_'
  check("typ", "type");
  check("memory_domain", "memoryDomain");
  check("cb", "ca");
  check("uzeer", "");  // two slips in a short word
  check("a", "");      // every letter of it would be a slip
  check("xyz", "");
  check("frequency", "");
  check("", "");
}

TEST_CASE("the first of two equally near names is taken") {
  constexpr std::array<std::string_view, 2> names{"cat", "bat"};
  CHECK(gw::nearest("rat", names) == "cat");
}

TEST_CASE("words of any length are safe") {
  const std::string longest(48, 'a');
  const std::string longer(49, 'a');
  const std::array<std::string_view, 2> names{longest, longer};
  CHECK(gw::nearest(longest.substr(1), names) == longest);
  CHECK(gw::nearest(longer, names).empty());
  CHECK(gw::nearest(std::string(1 << 20, 'a'), names).empty());
  CHECK(gw::nearest("a", {}).empty());
}
