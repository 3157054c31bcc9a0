#pragma once
// Conditions taken apart, for those who look at them without a message. Pure functions; any thread. What they give
// views the tree, and lives as long.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/router/expression/node.h"

namespace gw::rules {

using Words = std::set<std::string, std::less<>>;

bool is(const expression::Node& node, expression::Operator op);
/// A name of which only the messages know whether there is such a tag, meta value or field.
bool is_bare(const expression::Node& node);
/// What is compared: `name`, `tag.x` for each way to write it; empty for all but names and parts of tags, meta and
/// fields. A bare name is taken for the tag: where that is there, it is the same, and what equals something is there.
std::string path_of(const expression::Node& node);
std::string path_in(std::string_view part, std::string_view key);
/// As people wrote it, more or less.
std::string shown(const expression::Node& node);

/// The parts of a condition that must all hold.
std::vector<const expression::Node*> conjuncts_of(const expression::Node& node);

/// What is compared with what is asked by ==, != or in: one other side, or the items of a list.
struct Compared {
  const expression::Node* asked;
  std::string path;
  std::vector<const expression::Node*> with;
};
std::vector<Compared> compared_in(const expression::Node& node);

/// A text that two trees have in common where they are the same but for blanks and brackets, and only there.
std::string key_of(const expression::Node& node);

std::string word_of_key(std::string_view key);
/// What of messages a tree looks at: "name", "timestamp" and, for each key of tags, meta values or fields, its word.
/// Nothing where that cannot be said.
std::optional<Words> reads_in(const expression::Node& node);

/// What a condition says that looks at nothing but the name, of one; nothing where it has a problem, or takes more than
/// `steps_left`.
std::optional<bool> holds_for_name(const expression::Node& condition, std::string_view name, std::size_t& steps_left);

}  // namespace gw::rules
