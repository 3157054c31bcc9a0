#include "codecs/utf8.h"

#include <doctest/doctest.h>

#include <string>

using namespace codecs;

TEST_CASE("the valid start of a text ends before its first byte that is no UTF-8") {
  const auto row = [](const std::string& text, std::size_t want) {
    // Wherever it stands, and with more behind it.
    for (std::size_t before = 0; before < 20; ++before) {
      for (const std::string& behind : {std::string(), std::string("a"), std::string(20, 'a')}) {
        std::string whole(before, 'x');
        whole += text;
        whole += behind;
        CAPTURE(whole);
        CHECK(valid_utf8_prefix(whole) == (want == text.size() ? whole.size() : before + want));
      }
    }
  };
  row("", 0);
  row("a\x7f", 2);
  row(std::string(1, '\0'), 1);
  row("\xc2\x80", 2);
  row("\xdf\xbf", 2);
  row("\xe0\xa0\x80", 3);
  row("\xed\x9f\xbf", 3);
  row("\xee\x80\x80", 3);
  row("\xf0\x90\x80\x80", 4);
  row("\xf4\x8f\xbf\xbf", 4);
  row("\x80", 0);
  row("a\xff", 1);
  row("\xc0\x80", 0);
  row("\xc1\xbf", 0);
  row("\xe0\x9f\xbf", 0);
  row("\xed\xa0\x80", 0);
  row("\xf0\x8f\xbf\xbf", 0);
  row("\xf4\x90\x80\x80", 0);
  row("\xf5\x80\x80\x80", 0);
  row("\xc2\xb5\xc2", 2);
  row("\xe2\x82", 0);
  row("\xf0\x9f\x98", 0);
}

TEST_CASE("ASCII has no byte of 0x80 or above, wherever it stands") {
  for (std::size_t size = 0; size < 100; ++size) {
    std::string text(size, '\x7f');
    CHECK(is_ascii(text));
    for (std::size_t at = 0; at < size; ++at) {
      CAPTURE(at);
      text[at] = '\x80';
      CHECK_FALSE(is_ascii(text));
      text[at] = '\x7f';
    }
  }
}

TEST_CASE("every character is appended as UTF-8 writes it") {
  const auto utf8 = [](std::uint32_t code) {
    std::string out = "a";
    append_utf8(out, code);
    return out.substr(1);
  };
  CHECK(utf8(0) == std::string(1, '\0'));
  CHECK(utf8(0x7f) == "\x7f");
  CHECK(utf8(0x80) == "\xc2\x80");
  CHECK(utf8(0x7ff) == "\xdf\xbf");
  CHECK(utf8(0x800) == "\xe0\xa0\x80");
  CHECK(utf8(0xffff) == "\xef\xbf\xbf");
  CHECK(utf8(0x10000) == "\xf0\x90\x80\x80");
  CHECK(utf8(0x10ffff) == "\xf4\x8f\xbf\xbf");
}
