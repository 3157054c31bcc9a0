#include "gateway/router/rules/condition_parts.h"

#include <fmt/core.h>

#include <iterator>
#include <utility>

#include "gateway/router/expression/expression.h"
#include "gateway/router/expression/functions.h"
#include "gateway/router/message.h"

namespace gw::rules {

using expression::Node;
using expression::Operator;

bool is(const Node& node, Operator op) { return node.kind == Node::Kind::binary && node.op == op; }

bool is_bare(const Node& node) { return node.kind == Node::Kind::name && node.reads == expression::Reads::perhaps; }

std::string path_in(std::string_view part, std::string_view key) {
  if (part == "tag" || part == "tags") return fmt::format("tag.{}", key);
  if (part == "field" || part == "fields") return fmt::format("field.{}", key);
  return part == "meta" ? fmt::format("meta.{}", key) : std::string();
}

namespace {

/// `tag_x` and the like: the part and the key.
std::optional<std::pair<std::string_view, std::string_view>> part_and_key(std::string_view name) {
  for (const std::string_view part : {"tag", "meta", "field"}) {
    if (name.starts_with(part) && name.substr(part.size()).starts_with('_'))
      return std::pair(part, name.substr(part.size() + 1));
  }
  return std::nullopt;
}

/// `tags.x` and the like, where the key is written down.
bool is_part(const Node& node) {
  return (node.kind == Node::Kind::member || node.kind == Node::Kind::maybe_member) &&
         node.parts[0]->kind == Node::Kind::name && node.parts[1]->kind == Node::Kind::text &&
         !path_in(node.parts[0]->text, "").empty();
}

}  // namespace

std::string path_of(const Node& node) {
  if (is_bare(node)) return path_in("tag", node.text);
  if (node.kind == Node::Kind::name && node.slot >= 0) {
    if (const auto found = part_and_key(node.text)) return path_in(found->first, found->second);
    return node.text == "msgtype" ? "messagetype" : node.text;
  }
  if (node.kind == Node::Kind::member && is_part(node)) return path_in(node.parts[0]->text, node.parts[1]->text);
  if (node.kind != Node::Kind::method) return {};
  if (node.parts.size() == 1) return node.text == "Name" ? "name" : "";
  if (node.parts[1]->kind != Node::Kind::text) return {};
  return node.text == "GetTag" ? path_in("tag", node.parts[1]->text) : "";
}

std::string word_of_key(std::string_view key) { return fmt::format(".{}", key); }

std::string shown(const Node& node) { return is_bare(node) ? node.text : path_of(node); }

namespace {

void conjuncts_of(const Node& node, std::vector<const Node*>& into) {
  if (is(node, Operator::logical_and)) {
    for (const auto& part : node.parts) conjuncts_of(*part, into);
  } else {
    into.push_back(&node);
  }
}

}  // namespace

std::vector<const Node*> conjuncts_of(const Node& node) {
  std::vector<const Node*> conjuncts;
  conjuncts_of(node, conjuncts);
  return conjuncts;
}

std::vector<Compared> compared_in(const Node& node) {
  if (is(node, Operator::in) && node.parts[1]->kind == Node::Kind::list) {
    Compared compared{node.parts[0].get(), path_of(*node.parts[0]), {}};
    for (const auto& item : node.parts[1]->parts) compared.with.push_back(item.get());
    return {std::move(compared)};
  }
  if (!is(node, Operator::equal) && !is(node, Operator::not_equal)) return {};
  const Node* const left = node.parts[0].get();
  const Node* const right = node.parts[1].get();
  return {{left, path_of(*left), {right}}, {right, path_of(*right), {left}}};
}

namespace {

/// GetTag and the like give another value than tag.x where there is no such tag.
bool has_path(const Node& node) {
  return node.kind == Node::Kind::member || (node.kind == Node::Kind::name && node.slot >= 0 && !is_bare(node));
}

void add_key(const Node& node, std::string& into) {
  std::string text = has_path(node) ? path_of(node) : std::string();
  const bool is_path = !text.empty();
  if (!is_path) text = node.text;
  fmt::format_to(std::back_inserter(into), "{}:{}:{}:{}:{:a}:{}:{}:", is_path ? -1 : static_cast<int>(node.kind),
                 static_cast<int>(node.op), is_path ? 0 : node.slot, node.integer, node.real, text.size(), text);
  if (is_path) return;
  if (node.function != nullptr) into += node.function->name;
  into += '(';
  for (const auto& part : node.parts) add_key(*part, into);
  into += ')';
}

}  // namespace

std::string key_of(const Node& node) {
  std::string key;
  add_key(node, key);
  return key;
}

namespace {

/// False where it cannot be said.
bool add_reads(const Node& node, Words& into) {
  if (is_part(node)) {
    into.insert(word_of_key(node.parts[1]->text));
    return true;
  }
  if (node.kind == Node::Kind::name && node.slot >= 0) {
    if (const auto found = part_and_key(node.text)) {
      into.insert(word_of_key(found->second));
    } else if (!node.type.is(expression::Type::Kind::message)) {
      into.insert(is_bare(node) ? word_of_key(node.text) : node.text);
    }
    return is_bare(node) || node.text == "name" || node.text == "timestamp" || part_and_key(node.text) ||
           node.type.is(expression::Type::Kind::message);
  }
  if (node.kind == Node::Kind::method) {
    const bool has_key = node.parts.size() == 2 && node.parts[1]->kind == Node::Kind::text;
    if (node.parts[0]->kind == Node::Kind::nothing || (node.text != "Name" && !has_key)) return false;
    into.insert(has_key ? word_of_key(node.parts[1]->text) : "name");
    return true;
  }
  for (const auto& part : node.parts) {
    if (!add_reads(*part, into)) return false;
  }
  return true;
}

/// Nothing else is asked for.
class NameAlone final : public expression::Variables {
 public:
  explicit NameAlone(std::string_view name) { view_.name = name; }
  expression::Value get(int slot, std::string_view name) const override { return variables_.get(slot, name); }
  expression::Value call(int slot, std::span<const expression::Value> arguments) const override {
    return variables_.call(slot, arguments);
  }

 private:
  router::MessageView view_;
  router::MessageVariables variables_{view_};
};

}  // namespace

std::optional<Words> reads_in(const Node& node) {
  Words words;
  return add_reads(node, words) ? std::optional(std::move(words)) : std::nullopt;
}

std::optional<bool> holds_for_name(const Node& condition, std::string_view name, std::size_t& steps_left) {
  expression::Arena arena;
  const auto value = expression::evaluate_part(condition, NameAlone(name), arena, 0, steps_left);
  if (!value) return std::nullopt;
  return value->is(expression::Value::Kind::boolean) && value->boolean;
}

}  // namespace gw::rules
