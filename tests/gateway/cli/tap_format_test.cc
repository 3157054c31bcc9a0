#include "gateway/cli/tap_format.h"

#include <doctest/doctest.h>

#include <sstream>

using gw::cli::TapFormat;

namespace {

struct Shown {
  bool more;
  std::string out;
  std::string err;
};

Shown shown(TapFormat format, std::string_view payload, std::uint64_t count_max = 0) {
  std::ostringstream out;
  std::ostringstream err;
  gw::cli::TapPrinter printer(format, out, err);
  const bool more = printer.print({"c.metrics", std::string(payload), 0}, count_max);
  return {more, out.str(), err.str()};
}

}  // namespace

TEST_CASE("the tap shows lines as they came, as JSON or as a table") {
  const std::string_view in = "a\\ b,hostname=n1,type=node value=1.5,text=\"x\\\"y\" 1700000000\n";
  CHECK(shown(TapFormat::line, in).out == in);
  CHECK(
      shown(TapFormat::json, in).out ==
      R"({"subject":"c.metrics","name":"a b","tags":{"hostname":"n1","type":"node"},"fields":{"value":{"float":1.5},"text":{"string":"x\"y"}},"time":1700000000000000000})"
      "\n");
  CHECK(
      shown(TapFormat::json, "m v=1i,w=2u,x=t\n").out ==
      R"({"subject":"c.metrics","name":"m","tags":{},"fields":{"v":{"int":1},"w":{"uint":2},"x":{"bool":true}},"time":null})"
      "\n");
  // In a measurement `\=` is no escape: the backslash belongs to the name.
  CHECK(shown(TapFormat::json, "a\\=b v=1i\n").out.find(R"("name":"a\\=b")") != std::string::npos);
  const std::string table = shown(TapFormat::table, "m,hostname=n1,type=socket,type-id=0 value=2 1700000000\n").out;
  CHECK(
      table ==
      "time                  subject              name                 host                 type           fields\n"
      "2023-11-14T22:13:20Z  c.metrics            m                    n1                   socket0        value=2\n");
}

TEST_CASE("a bad line is told with its position, its neighbours are shown, and the count ends the tap") {
  const Shown bad = shown(TapFormat::line, "a v=1 1\nbroken\nb v=2 2\n");
  CHECK(bad.out == "a v=1 1\nb v=2 2\n");
  CHECK(bad.err.starts_with("c.metrics: 2:"));
  CHECK(bad.err.ends_with(" in broken\n"));
  const Shown counted = shown(TapFormat::line, "a v=1 1\nb v=2 2\nc v=3 3\n", 2);
  CHECK(counted.out == "a v=1 1\nb v=2 2\n");
  CHECK(!counted.more);
}
