#include "gateway/base/log.h"

#include <doctest/doctest.h>

#include <string>

#include "codecs/utf8.h"
#include "gateway/base/printable.h"
#include "gateway/config/problem.h"

TEST_CASE("a value of a log line is bare where it can be, else quoted, and never breaks the line") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(gw::log::value(in) == want);
  };
  check("up", "up");
  check("10.0.0.1:9100", "10.0.0.1:9100");
  check("", "\"\"");
  check("connection refused", "\"connection refused\"");
  check("a=b", "\"a=b\"");
  check("say \"no\" \\", "\"say \\\"no\\\" \\\\\"");
  check("two\nlines\x1b[31m", "\"two\\nlines\\x1b[31m\"");
  check(std::string(600, 'x'), "\"" + std::string(500, 'x') + "…\"");
}

TEST_CASE("a text that is cut ends with a whole character") {
  const std::string umlauts = "x\u00e4\u00e4";
  CHECK(gw::start_of(umlauts, 5) == umlauts);
  CHECK(gw::start_of(umlauts, 4) == "x\u00e4");
  CHECK(gw::start_of(umlauts, 3) == "x\u00e4");
  CHECK(gw::start_of(umlauts, 2) == "x");
  CHECK(gw::start_of("\xa4\xa4", 1).empty());
  std::string long_text = "a";
  for (int i = 0; i < 300; ++i) long_text += "\u00e4";
  for (const std::string& shown : {gw::log::value(long_text), gw::config::in_quotes(long_text)})
    CHECK(codecs::valid_utf8_prefix(shown) == shown.size());
}
