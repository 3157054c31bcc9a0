// A user's permissions in nats-server's configuration:
//
//   permissions = "permissions: {" "publish: {" rule "}" "subscribe: {" rule "}" "}" .
//   rule        = "allow: [" subject { ", " subject } "]" [ `, deny: "> >"` ] | `deny: ">"` .
//
// "SUBJECT QUEUE" in a rule speaks of queue groups only: "> >" is every group on every subject.
// Both halves always stand there: one that is left out allows everything.

#include "subjects/permissions.h"

#include <algorithm>
#include <vector>

namespace subjects {
namespace {

constexpr RoleRow role_rows[] = {
    {"gateway", Role::gateway, "polls and writes: poller and subscriber in one process"},
    {"poller", Role::poller, "publishes what it polls, hears nothing"},
    {"subscriber", Role::subscriber, "hears the metrics and writes them to the store, publishes nothing"},
    {"tap", Role::tap, "hears metrics, events and log messages, publishes nothing"},
    {"control", Role::control, "sends control messages and hears their answers"},
};

constexpr std::string_view private_inbox = "_INBOX_ctl.>";

constexpr std::string_view queue_note =
    "  # A subject allows its queue groups too. To allow one group only, name it: \"SUBJECT GROUP\".\n";
constexpr std::string_view sink_note =
    "  # A sink with transport = \"nats\" publishes to its own subject: allow that one too.\n";
constexpr std::string_view tap_note =
    "  # An allow-list: a subscription of \">\" would hear the inboxes of all others, and control messages.\n"
    "  # A subscription wider than the list is refused as a whole. No queue groups: a tap that joins the gateways' "
    "group\n"
    "  # would take their messages away.\n";
constexpr std::string_view inbox_note =
    "  # Answers come to a private inbox, which the client must ask for: nats --inbox-prefix=_INBOX_ctl req …\n";

using Subjects = std::vector<std::string>;

Subjects published(const Tree& tree) {
  return {tree.metrics(), tree.pattern(Category::events), tree.pattern(Category::log)};
}

enum class QueueGroups { allowed, denied };

/// What a role may do; an empty list is nothing at all.
struct Grant {
  std::string_view publish_note;
  Subjects publish;
  std::string_view subscribe_note;
  Subjects subscribe;
  QueueGroups queue_groups = QueueGroups::allowed;
};

Grant grant_of(const Tree& tree, Role role) {
  switch (role) {
    case Role::gateway:
      return {sink_note, published(tree), queue_note, {tree.metrics()}};
    case Role::poller:
      return {"", published(tree), "", {}};
    case Role::subscriber:
      return {sink_note, {}, queue_note, {tree.metrics()}};
    case Role::tap:
      return {"", {}, tap_note, published(tree), QueueGroups::denied};
    case Role::control:
      return {"", {tree.control(), tree.control() + ".>"}, inbox_note, {std::string(private_inbox)}};
  }
  return {};
}

/// Tokens may hold quotes and backslashes; in a configuration they need a backslash.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string rule(std::string_view action, const Subjects& subjects, QueueGroups queue_groups = QueueGroups::allowed) {
  std::string out = "  " + std::string(action) + ": { ";
  if (subjects.empty()) return out + "deny: \">\" }\n";
  out += "allow: [";
  for (const std::string& subject : subjects) {
    if (&subject != &subjects.front()) out += ", ";
    out += quoted(subject);
  }
  return out + (queue_groups == QueueGroups::denied ? "], deny: \"> >\" }\n" : "] }\n");
}

}  // namespace

std::span<const RoleRow> roles() { return role_rows; }

std::optional<Role> role_of(std::string_view name) {
  const auto* const row = std::ranges::find(role_rows, name, &RoleRow::name);
  if (row == std::end(role_rows)) return std::nullopt;
  return row->role;
}

std::string permissions(const Tree& tree, Role role) {
  const auto* const row = std::ranges::find(role_rows, role, &RoleRow::role);
  const Grant grant = grant_of(tree, role);
  std::string out = "# " + std::string(row->name) + ": " + std::string(row->meaning) + "\n";
  out += "permissions: {\n";
  out += grant.publish_note;
  out += rule("publish", grant.publish);
  out += grant.subscribe_note;
  out += rule("subscribe", grant.subscribe, grant.queue_groups);
  return out + "}\n";
}

}  // namespace subjects
