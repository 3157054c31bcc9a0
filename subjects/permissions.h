#pragma once
// nats-server permissions of the roles that meet on the bus.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "subjects/subject.h"

namespace subjects {

enum class Role { gateway, poller, subscriber, tap, control };
struct RoleRow {
  std::string_view name;
  Role role;
  std::string_view meaning;  ///< one line for --help
};
std::span<const RoleRow> roles();
std::optional<Role> role_of(std::string_view name);

/// A `permissions` block for a user of nats-server's configuration, with comments. The tap may publish nothing and
/// hears only what its allow-list names.
std::string permissions(const Tree& tree, Role role);

}  // namespace subjects
