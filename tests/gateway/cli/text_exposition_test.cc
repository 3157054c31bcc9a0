#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "gateway/cli/decode.h"
#include "tests/gateway/cli/ran.h"

using namespace cli_test;

namespace {

Ran decoded(std::string_view format, const std::string& page) {
  return run(gw::cli::decode, {"--format", format}, page);
}

}  // namespace

TEST_CASE("decode reads a page of text exposition") {
  const Ran ran = decoded("text",
                          "# HELP a says what\n# TYPE a gauge\na{b=\"c\\n\",d=\"\"} 1.5 1722945600123\n"
                          "bad line\na NaN\n{\"x.y\"} 2\n");
  CHECK(ran.code == 1);
  CHECK(ran.out ==
        R"({"name":"a","tags":{"b":"c\n","d":""},"fields":{"value":{"float":1.5}},"time":1722945600123000000})"
        "\n"
        R"({"name":"a","tags":{},"fields":{"value":{"float":"NaN"}},"time":null})"
        "\n"
        R"({"name":"x.y","tags":{},"fields":{"value":{"float":2.0}},"time":null})"
        "\n");
  CHECK(ran.err == "4:5: invalid number\n");
}

TEST_CASE("decode reads a page of OpenMetrics, and loses no exemplar and no time without a word") {
  const Ran ran =
      decoded("openmetrics", "# TYPE a counter\na_total 1 1.5 # {t=\"x\",u=\"y\"} 0.5 12.25\na_total 1 1e30\n# EOF\n");
  CHECK(ran.code == 1);
  CHECK(ran.out == R"({"name":"a_total","tags":{},"fields":{"value":{"float":1.0}},"time":1500000000})"
                   "\n");
  CHECK(ran.err ==
        "note: line 2: exemplar {t=\"x\",u=\"y\"} 0.5 at 12.25\n"
        "3:11: the time is out of the range of nanoseconds (1677 to 2262)\n");
  CHECK(decoded("openmetrics", "a 1\n").err == "2:1: no '# EOF' at the end\n");
}
