#include "gateway/router/rules/rule_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace gw::rules {
namespace {

/// What the value of a key must be, where it is no plain text.
std::string_view wanted_text(std::string_view name) {
  const bool is_condition = name == "if" || name == "drop_by" || name.starts_with("drop_metrics_if[") ||
                            name.starts_with("drop_messages_if[");
  if (is_condition) return R"(a condition like "name == 'cpu_idle'")";
  return name == "nodes" ? R"(a text like "n[001-100],m1")" : R"(a text like "node")";
}

std::string wanted_entries(std::string_view key, Document::Format format) {
  const bool has_conditions = key == "rename_messages_if";
  const std::string_view from = !has_conditions                    ? "old"
                                : format == Document::Format::json ? "name == 'old'"
                                                                   : "\"name == 'old'\"";
  return format == Document::Format::json ? fmt::format(R"(an object of texts like {{"{}": "new"}})", from)
                                          : fmt::format(R"(a table of texts like {{{} = "new"}})", from);
}

/// What stands there: "the integer 5".
std::string described(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::boolean:
      return node.boolean ? "true" : "false";
    case Node::Kind::integer:
      return fmt::format("the integer {}", node.integer);
    case Node::Kind::real:
      return fmt::format("the float {}", node.real);
    case Node::Kind::text:
      return fmt::format("the text {}", config::in_quotes(node.text));
    case Node::Kind::array:
      return "a list";
    case Node::Kind::object:
      return "an object";
  }
  return {};
}

}  // namespace

RuleReader::RuleReader(const Document& document, std::vector<config::Problem>& problems)
    : document_(document),
      object_(document.root),
      problems_(problems),
      path_(document.path),
      known_(document.other_keys) {}

RuleReader::RuleReader(const RuleReader& parent, const Node& object, std::string path)
    : document_(parent.document_), object_(object), problems_(parent.problems_), path_(std::move(path)) {}

void RuleReader::error(config::Position where, std::string text) const {
  problems_.push_back({config::Problem::Severity::error, where, std::move(text)});
}

std::string RuleReader::path_to(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

const Node* RuleReader::find(std::string_view key) {
  known_.emplace_back(key);
  const auto found = std::ranges::find(object_.children, key, &Node::key);
  return found == object_.children.end() || found->kind == Node::Kind::null ? nullptr : &*found;
}

std::string RuleReader::in_path() const {
  if (path_.empty()) return {};
  return path_ == document_.path ? fmt::format(" in [{}]", path_) : fmt::format(" in {}", path_);
}

void RuleReader::missing(std::string_view key, std::string_view example) const {
  if (std::ranges::find(object_.children, key, &Node::key) != object_.children.end()) return;
  const std::string line = document_.format == Document::Format::json ? fmt::format("\"{}\": {}", key, example)
                                                                      : fmt::format("{} = {}", key, example);
  error(where(), fmt::format("missing key '{}'{}, for example: {}", key, in_path(), line));
}

void RuleReader::wrong_type(const Node& node, std::string_view name, std::string_view wanted) const {
  error(node.where, fmt::format("{} must be {}, not {}", config::in_quotes(name), wanted, described(node)));
}

bool RuleReader::is_text(const Node& node, std::string_view name) const {
  if (node.kind == Node::Kind::text) return true;
  wrong_type(node, name, wanted_text(name));
  return false;
}

const Node* RuleReader::text(std::string_view key) {
  const Node* const node = find(key);
  return node != nullptr && is_text(*node, key) ? node : nullptr;
}

std::vector<const Node*> RuleReader::texts(std::string_view key) {
  const Node* const node = find(key);
  if (node == nullptr) return {};
  if (node->kind != Node::Kind::array) {
    wrong_type(*node, key,
               key.ends_with("_if") ? R"(a list of conditions like ["name == 'cpu_idle'"])"
                                    : R"(a list of texts like ["cpu_idle", "mem_cached"])");
    return {};
  }
  std::vector<const Node*> all;
  for (std::size_t i = 0; i < node->children.size(); ++i) {
    const Node& item = node->children[i];
    if (is_text(item, fmt::format("{}[{}]", key, i))) all.push_back(&item);
  }
  return all;
}

void RuleReader::boolean(std::string_view key, bool& into) {
  const Node* const node = find(key);
  if (node == nullptr) return;
  if (node->kind != Node::Kind::boolean) return wrong_type(*node, key, "true or false");
  into = node->boolean;
}

void RuleReader::integer(std::string_view key, std::int64_t min, std::int64_t max, std::int64_t& into) {
  const Node* const node = find(key);
  if (node == nullptr) return;
  const bool fits = node->kind == Node::Kind::integer && node->integer >= min && node->integer <= max;
  if (!fits) return wrong_type(*node, key, fmt::format("an integer from {} to {}", min, max));
  into = node->integer;
}

std::vector<const Node*> RuleReader::entries(std::string_view key) {
  const Node* const node = find(key);
  if (node == nullptr) return {};
  if (node->kind != Node::Kind::object) {
    wrong_type(*node, key, wanted_entries(key, document_.format));
    return {};
  }
  std::vector<const Node*> all;
  for (const Node& member : node->children) {
    if (is_text(member, fmt::format("{}.{}", key, member.key))) all.push_back(&member);
  }
  return all;
}

std::vector<RuleReader> RuleReader::objects(std::string_view key) {
  const Node* const node = find(key);
  if (node == nullptr) return {};
  if (node->kind != Node::Kind::array) {
    wrong_type(*node, key, "a list of objects like [{…}, {…}]");
    return {};
  }
  std::vector<RuleReader> all;
  for (std::size_t i = 0; i < node->children.size(); ++i) {
    const Node& item = node->children[i];
    if (item.kind == Node::Kind::object) {
      all.push_back(RuleReader(*this, item, fmt::format("{}[{}]", path_to(key), i)));
    } else {
      wrong_type(item, fmt::format("{}[{}]", key, i), "an object like {…}");
    }
  }
  return all;
}

std::optional<RuleReader> RuleReader::object(std::string_view key) {
  const Node* const node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == Node::Kind::object) return RuleReader(*this, *node, path_to(key));
  wrong_type(*node, key, "an object like {…}");
  return std::nullopt;
}

bool RuleReader::finish() const {
  const std::vector<std::string_view> candidates(known_.begin(), known_.end());
  bool all_known = true;
  for (const Node& member : object_.children) {
    if (std::ranges::find(known_, member.key) != known_.end()) continue;
    all_known = false;
    // A key of the configuration that has strayed here may be a password.
    const bool quotable = document_.path.empty() || path_ != document_.path;
    problems_.push_back({config::Problem::Severity::error, member.key_where,
                         fmt::format("unknown key {}{}{}", config::in_quotes(member.key), in_path(),
                                     config::did_you_mean(member.key, candidates)),
                         quotable});
  }
  return all_known;
}

}  // namespace gw::rules
