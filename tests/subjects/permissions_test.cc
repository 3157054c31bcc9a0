#include "subjects/permissions.h"

#include <doctest/doctest.h>

#include <string>

using namespace subjects;

TEST_CASE("each role has a name that finds it and a meaning") {
  std::string names;
  for (const RoleRow& row : roles()) {
    names += std::string(row.name) + " ";
    CHECK(role_of(row.name) == row.role);
    CHECK(!row.meaning.empty());
  }
  CHECK(names == "gateway poller subscriber tap control ");
  CHECK(role_of("Gateway") == std::nullopt);
  CHECK(role_of("") == std::nullopt);
}

TEST_CASE("the permissions of each role are a block for nats-server's configuration") {
  const auto check = [](Role role, std::string_view want) { CHECK(permissions({"", "fritz"}, role) == want); };
  check(Role::gateway, R"(# gateway: polls and writes: poller and subscriber in one process
permissions: {
  # A sink with transport = "nats" publishes to its own subject: allow that one too.
  publish: { allow: ["fritz.metrics", "fritz.events.>", "fritz.log.>"] }
  # A subject allows its queue groups too. To allow one group only, name it: "SUBJECT GROUP".
  subscribe: { allow: ["fritz.metrics"] }
}
)");
  check(Role::poller, R"(# poller: publishes what it polls, hears nothing
permissions: {
  publish: { allow: ["fritz.metrics", "fritz.events.>", "fritz.log.>"] }
  subscribe: { deny: ">" }
}
)");
  check(Role::subscriber, R"(# subscriber: hears the metrics and writes them to the store, publishes nothing
permissions: {
  # A sink with transport = "nats" publishes to its own subject: allow that one too.
  publish: { deny: ">" }
  # A subject allows its queue groups too. To allow one group only, name it: "SUBJECT GROUP".
  subscribe: { allow: ["fritz.metrics"] }
}
)");
  check(Role::tap, R"(# tap: hears metrics, events and log messages, publishes nothing
permissions: {
  publish: { deny: ">" }
  # An allow-list: a subscription of ">" would hear the inboxes of all others, and control messages.
  # A subscription wider than the list is refused as a whole. No queue groups: a tap that joins the gateways' group
  # would take their messages away.
  subscribe: { allow: ["fritz.metrics", "fritz.events.>", "fritz.log.>"], deny: "> >" }
}
)");
  check(Role::control, R"(# control: sends control messages and hears their answers
permissions: {
  publish: { allow: ["fritz.control", "fritz.control.>"] }
  # Answers come to a private inbox, which the client must ask for: nats --inbox-prefix=_INBOX_ctl req …
  subscribe: { allow: ["_INBOX_ctl.>"] }
}
)");
}

TEST_CASE("a prefix stands before every subject of the block") {
  const std::string block = permissions({"site.a", "fritz"}, Role::gateway);
  CHECK(block.contains(R"(allow: ["site.a.fritz.metrics", "site.a.fritz.events.>", "site.a.fritz.log.>"])"));
  CHECK(block.contains(R"(subscribe: { allow: ["site.a.fritz.metrics"] })"));
}

TEST_CASE("quotes and backslashes of a cluster's name cannot leave their string") {
  const std::string block = permissions({"", "a\"b\\c"}, Role::subscriber);
  CHECK(block.contains(R"(subscribe: { allow: ["a\"b\\c.metrics"] })"));
}
