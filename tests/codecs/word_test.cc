#include "codecs/word.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace codecs;
using namespace std::string_view_literals;

TEST_CASE("a sort key orders texts by their first eight bytes") {
  const auto check = [](std::string_view text, std::uint64_t want) {
    CAPTURE(text);
    CHECK(sort_key<Behind::unreadable>(text) == want);
    if (text.empty()) return;
    const std::string followed = std::string(text) + "\xff\xff\xff\xff\xff\xff\xff\xff";
    CHECK(sort_key<Behind::readable>(std::string_view(followed).substr(0, text.size())) == want);
  };
  check("", 0);
  check("a", 0x6100000000000000);
  check("ab", 0x6162000000000000);
  check("abc", 0x6162630000000000);
  check("abcd", 0x6162636400000000);
  check("abcdefg", 0x6162636465666700);
  check("__name__", 0x5f5f6e616d655f5f);
  check("abcdefghi", 0x6162636465666768);
  check("\xff", 0xff00000000000000);
  check("\0"sv, 0);
}

TEST_CASE("a short word has the bytes of its text, the first lowest, and zeros above") {
  const std::string text = "abcdefgh";
  std::uint64_t want = 0;
  for (std::size_t size = 0; size <= word_bytes; ++size) {
    CAPTURE(size);
    const std::string exact = text.substr(0, size);
    CHECK(load_short_word(exact.data(), size) == want);
    if (size < word_bytes) want |= std::uint64_t{static_cast<std::uint8_t>(text[size])} << (8 * size);
  }
  CHECK(load_word(text.data()) == want);
}

TEST_CASE("the first byte of a kind is found in a word") {
  const auto first = [](std::uint64_t found) { return found == 0 ? -1 : std::countr_zero(found) / 8; };
  const auto check = [&](const std::string& text, int quote, bool control, bool delete_or_high) {
    CAPTURE(text);
    const std::uint64_t word = load_word(text.data());
    CHECK(first(any_equal(word, '"')) == quote);
    CHECK((any_less(word, ' ') != 0) == control);
    CHECK((any_delete_or_high(word) != 0) == delete_or_high);
  };
  check("abcdefgh", -1, false, false);
  check("\"bcdefgh", 0, false, false);
  check("abc\"\"#gh", 3, false, false);
  check("abcdefg\"", 7, false, false);
  check("abcdefg\x1f", -1, true, false);
  check(std::string("\0bcdefgh"sv), -1, true, false);
  check("abcdefg ", -1, false, false);
  check("abcdefg~", -1, false, false);
  check(
      "\x7f"
      "bcdefgh",
      -1, false, true);
  check("abcdefg\x80", -1, false, true);
  check("\xa2\xff\"defgh", 2, false, true);
}
