#include "gateway/base/ledger.h"

#include <doctest/doctest.h>

#include <set>

using gw::Ledger;
using gw::Reason;

TEST_CASE("every reason has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < gw::reason_count; ++i) names.insert(gw::name(static_cast<Reason>(i)));
  CHECK(names.size() == gw::reason_count);
  CHECK(!names.contains(""));
}

TEST_CASE("the balance shows each account, and each reason that occurred") {
  Ledger ledger;
  ledger.add_source("prometheus");
  ledger.add_sink("ccms");
  ledger.source(0).in(10);
  ledger.source(0).out(7);
  ledger.source(0).drop(Reason::nan, 2);
  ledger.source(0).drop(Reason::duplicate);
  ledger.receive().in(7);
  ledger.receive().out(7);
  ledger.sink(0).in(7);
  ledger.sink(0).out(5);
  CHECK(ledger.source(0).held() == 0);
  CHECK(ledger.sink(0).held() == 2);
  CHECK(ledger.balance() ==
        "  poll    prometheus          10 polled = 7 published + 3 dropped + 0 held\n"
        "    dropped nan               2\n"
        "    dropped duplicate         1\n"
        "  accept  router              7 received = 7 accepted + 0 dropped + 0 held\n"
        "  write   ccms                7 accepted = 5 written + 0 dropped + 2 held\n");
  ledger.messages_lost = 3;
  CHECK(ledger.balance().find("3 messages lost before they were received") != std::string::npos);
}
