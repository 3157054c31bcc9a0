#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "gateway/config/toml_depth.h"
#include "gateway/router/rules/document.h"
#include "gateway/router/rules/place.h"

namespace gw::rules {
namespace {

using config::Position;
using config::Problem;
using Built = std::expected<Node, Problem>;

Position position_of(const toml::source_region& region) {
  return {static_cast<std::uint32_t>(region.begin.line), static_cast<std::uint32_t>(region.begin.column)};
}

std::unexpected<Problem> refused(Position where, std::string text) {
  return std::unexpected(Problem{Problem::Severity::error, where, std::move(text)});
}

Built build(const toml::node& from, std::size_t depth);

std::expected<void, Problem> add_items(Node& node, const toml::array& array, std::size_t depth) {
  for (const toml::node& item : array) {
    Built built = build(item, depth);
    if (!built) return std::unexpected(std::move(built).error());
    node.children.push_back(*std::move(built));
  }
  return {};
}

std::expected<void, Problem> add_members(Node& node, const toml::table& table, std::size_t depth) {
  for (const auto& [key, value] : table) {
    const Position where = position_of(key.source());
    if (auto problem = null_problem(key.str(), where)) return std::unexpected(*std::move(problem));
    Built built = build(value, depth);
    if (!built) return std::unexpected(std::move(built).error());
    built->key = key.str();
    built->key_where = where;
    node.children.push_back(*std::move(built));
  }
  // toml++ keeps them by name.
  std::stable_sort(node.children.begin(), node.children.end(), [](const Node& a, const Node& b) {
    return std::pair(a.key_where.line, a.key_where.column) < std::pair(b.key_where.line, b.key_where.column);
  });
  return {};
}

Built build(const toml::node& from, std::size_t depth) {
  Node node;
  node.where = position_of(from.source());
  if (depth > depth_max) return refused(node.where, fmt::format("more than {} levels within each other", depth_max));
  if (const auto* const flag = from.as_boolean()) {
    node.kind = Node::Kind::boolean;
    node.boolean = flag->get();
  } else if (const auto* const integer = from.as_integer()) {
    node.kind = Node::Kind::integer;
    node.integer = integer->get();
  } else if (const auto* const real = from.as_floating_point()) {
    node.kind = Node::Kind::real;
    node.real = real->get();
  } else if (const auto* const text = from.as_string()) {
    node.kind = Node::Kind::text;
    node.text = text->get();
    if (auto problem = null_problem(node.text, node.where)) return std::unexpected(*std::move(problem));
  } else if (const toml::array* const array = from.as_array()) {
    node.kind = Node::Kind::array;
    if (auto added = add_items(node, *array, depth + 1); !added) return std::unexpected(std::move(added).error());
  } else if (const toml::table* const table = from.as_table()) {
    node.kind = Node::Kind::object;
    if (auto added = add_members(node, *table, depth + 1); !added) return std::unexpected(std::move(added).error());
  } else {
    return refused(node.where, "rules have no dates and times; write a text in quotes");
  }
  return node;
}

}  // namespace

Parsed from_toml(const toml::table& table, std::string_view source, std::string file, std::string path,
                 std::vector<std::string> other_keys) {
  Built root = build(table, 1);
  if (!root) return std::unexpected(std::move(root).error());
  return Document{Document::Format::toml, std::move(file), std::string(source),
                  *std::move(root),       std::move(path), std::move(other_keys)};
}

Parsed parse_toml(std::string_view source, std::string file) {
  if (auto problem = encoding_problem(source)) return std::unexpected(*std::move(problem));
  if (auto problem = config::depth_problem(source, depth_max)) return std::unexpected(*std::move(problem));
  try {
    return from_toml(toml::parse(source), source, std::move(file), {}, {});
  } catch (const toml::parse_error& error) {
    const Position where = position_of(error.source());
    // At the end of the file, toml++ is one character behind it.
    const bool inside = offset_of(source, where).has_value();
    return refused(inside ? where : place_of(source, source.size()), config::toml_syntax_text(error.description()));
  }
}

}  // namespace gw::rules
