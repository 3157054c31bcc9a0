#include "gateway/sources/promql_age.h"

#include <doctest/doctest.h>

TEST_CASE("every instant selector of a query is bound, and nothing else changes") {
  const auto check = [](std::string_view in, std::string_view want) {
    CAPTURE(in);
    CHECK(gw::bound_sample_age(in, gw::Seconds(120)) == want);
  };
  check("a", "(a and last_over_time(a[120s]))");
  check(" a{b=\"}\"} ", " (a{b=\"}\"} and last_over_time(a{b=\"}\"}[120s])) ");
  check("{__name__=~'a|b'}", "({__name__=~'a|b'} and last_over_time({__name__=~'a|b'}[120s]))");
  check("ns:a_b {c!='d'}", "(ns:a_b {c!='d'} and last_over_time(ns:a_b {c!='d'}[120s]))");
  check("a offset 5m", "(a offset 5m and last_over_time(a[120s] offset 5m))");
  check("a OFFSET -1h30m + 2", "(a OFFSET -1h30m and last_over_time(a[120s] OFFSET -1h30m)) + 2");
  check("a @ start() offset 1m", "(a @ start() offset 1m and last_over_time(a[120s] @ start() offset 1m))");
  check("a @1700000000.5", "(a @1700000000.5 and last_over_time(a[120s] @1700000000.5))");
  check("max by(instance)(a)", "max by(instance)((a and last_over_time(a[120s])))");
  check("sum(a) by (b, c)", "sum((a and last_over_time(a[120s]))) by (b, c)");
  check("(a - b) / (1024*1024)", "((a and last_over_time(a[120s])) - (b and last_over_time(b[120s]))) / (1024*1024)");
  check("a * on(x) group_left(y) b",
        "(a and last_over_time(a[120s])) * on(x) group_left(y) (b and last_over_time(b[120s]))");
  check("a > bool 1e-5 and b or c unless d",
        "(a and last_over_time(a[120s])) > bool 1e-5 and (b and last_over_time(b[120s])) or (c and "
        "last_over_time(c[120s])) unless (d and last_over_time(d[120s]))");
  check("topk(5, a)", "topk(5, (a and last_over_time(a[120s])))");
  check("label_replace(a, \"x\", \"$1\", 'y', `\\`)",
        "label_replace((a and last_over_time(a[120s])), \"x\", \"$1\", 'y', `\\`)");
  check("a # b\n+ c", "(a and last_over_time(a[120s])) # b\n+ (c and last_over_time(c[120s]))");
}

TEST_CASE("what has a range or an age of its own stays as it is") {
  const auto same = [](std::string_view text) {
    CAPTURE(text);
    CHECK(gw::bound_sample_age(text, gw::Seconds(120)) == text);
  };
  same("");
  same("rate(a[2m])");
  same("100 * avg by(instance)(rate(a{mode=\"user\"}[2m]))");
  same("max_over_time(a [5m:1m] offset 1h)");
  same("max_over_time(rate(a[1m])[5m:1m] @ 17)");
  same("time() - timestamp(a)");
  same("absent(a{b='c'})");
  same("vector(1) + Inf - NaN ^ 0x1F % .5");
  same("'text'");
}

TEST_CASE("a query that is cut anywhere gives a text that ends") {
  constexpr std::string_view whole =
      "sum by(x)(rate(a{b=\"c\\\"\"}[2m] offset 1m)) # d\n / on(y) {e='f'} @ end() > `g`";
  for (std::size_t size = 0; size <= whole.size(); ++size)
    CHECK(gw::bound_sample_age(whole.substr(0, size), gw::Seconds(1)).size() >= size);
}
