#include "gateway/base/log.h"

#include <doctest/doctest.h>

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
