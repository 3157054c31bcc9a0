#pragma once
#include <fmt/core.h>

#include <string>
#include <string_view>

#include "gateway/router/rules/document.h"

namespace rules_test {

inline std::string show(gw::config::Position where) { return fmt::format("{}:{}", where.line, where.column); }

/// Each value with its place: {a@1:2: 1@1:7, b@1:10: [true@1:16]@1:15}@1:1
inline std::string show(const gw::rules::Node& node) {
  using Kind = gw::rules::Node::Kind;
  std::string out;
  for (const gw::rules::Node& child : node.children) {
    if (!out.empty()) out += ", ";
    if (node.kind == Kind::object) out += fmt::format("{}@{}: ", child.key, show(child.key_where));
    out += show(child);
  }
  switch (node.kind) {
    case Kind::null:
      out = "null";
      break;
    case Kind::boolean:
      out = node.boolean ? "true" : "false";
      break;
    case Kind::integer:
      out = fmt::format("{}", node.integer);
      break;
    case Kind::real:
      out = fmt::format("{:e}", node.real);
      break;
    case Kind::text:
      out = fmt::format("'{}'", node.text);
      break;
    case Kind::array:
      out = fmt::format("[{}]", out);
      break;
    case Kind::object:
      out = fmt::format("{{{}}}", out);
      break;
  }
  return fmt::format("{}@{}", out, show(node.where));
}

/// The tree, or the problem as `check` prints it.
inline std::string show(const gw::rules::Parsed& parsed) {
  return parsed ? show(parsed->root) : gw::config::line_of("f", parsed.error());
}

}  // namespace rules_test
