#include "gateway/sources/series_table.h"

#include <doctest/doctest.h>

#include <set>

using gw::SeriesTable;
using Added = gw::SeriesTable::Added;

TEST_CASE("of two series with one identity the first by label order stays, whatever order they come in") {
  const auto check = [](std::string_view first, std::string_view second) {
    SeriesTable table;
    CHECK(table.add("n1", first, first) == Added::fresh);
    CHECK(table.add("n1", second, second) == Added::duplicate);
    REQUIRE(table.size() == 1);
    CHECK(table.line(0) == "{job=\"a\"}");
    CHECK(table.kept_labels() == "{job=\"a\"}");
    CHECK(table.dropped_labels() == "{job=\"b\"}");
  };
  check("{job=\"a\"}", "{job=\"b\"}");
  check("{job=\"b\"}", "{job=\"a\"}");
}

TEST_CASE("the table keeps every identity once, through growth and reuse") {
  SeriesTable table;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5000; ++i) {
      const std::string key = "host" + std::to_string(i);
      CHECK(table.add(key, "{}", key) == Added::fresh);
      CHECK(table.add(key, "{}", "other") == Added::duplicate);
    }
    REQUIRE(table.size() == 5000);
    std::set<std::string_view> lines;
    for (std::size_t i = 0; i < table.size(); ++i) lines.insert(table.line(i));
    CHECK(lines.size() == 5000);
    CHECK(table.line(4999) == "host4999");  // order of arrival
    table.clear();
    CHECK(table.size() == 0);
  }
}
