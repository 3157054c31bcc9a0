// cc-lib's messageProcessor (README.md of cc-lib/v2 v2.12.0, "messageProcessor"):
//
//   { "drop_messages": [name], "drop_by_message_type": [type], "drop_messages_if": [condition],
//     "add_tags_if": [{"if": condition, "key": k, "value": v}], "delete_tags_if": [{"if": condition, "key": k}],
//     "move_tag_to_meta_if": [{"if": condition, "key": from, "value": to}],
//     …the same of meta and fields…,
//     "rename_messages": {old: new}, "rename_messages_if": {condition: new},
//     "change_unit_prefix": {condition: prefix}, "normalize_units": bool,
//     "add_base_env": {name: constant}, "stage_order": [stage] }
//
// Without `if` a rule always holds.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "gateway/config/types.h"
#include "gateway/router/expression/expression.h"
#include "gateway/router/message.h"
#include "gateway/router/rules/read_rules.h"

namespace gw::rules {

using router::Part;
using router::Step;

namespace {

/// Each has all rules of its stage once more: some may well run twice, before and after a renaming.
constexpr std::size_t order_max = 2 * stage_count;

constexpr std::array<std::string_view, stage_count> stage_names = {"drop_by_name",
                                                                   "drop_by_type",
                                                                   "drop_if",
                                                                   "add_tag",
                                                                   "delete_tag",
                                                                   "move_tag_to_meta",
                                                                   "move_tag_to_fields",
                                                                   "add_meta",
                                                                   "delete_meta",
                                                                   "move_meta_to_tags",
                                                                   "move_meta_to_fields",
                                                                   "add_field",
                                                                   "delete_field",
                                                                   "move_field_to_tags",
                                                                   "move_field_to_meta",
                                                                   "rename",
                                                                   "rename_if",
                                                                   "change_unit_prefix",
                                                                   "normalize_unit"};

/// A key whose value is a list of {"if", "key", "value"}.
struct KeyedRules {
  std::string_view key;
  Stage stage;
  KeyedKind kind;
};
constexpr KeyedRules keyed_rules[] = {
    {"add_tags_if", Stage::add_tag, {Step::Kind::set, Part::tags, Part::tags}},
    {"delete_tags_if", Stage::delete_tag, {Step::Kind::erase, Part::tags, Part::tags}},
    {"move_tag_to_meta_if", Stage::move_tag_to_meta, {Step::Kind::move, Part::tags, Part::meta}},
    {"move_tag_to_field_if", Stage::move_tag_to_fields, {Step::Kind::move, Part::tags, Part::fields}},
    {"add_meta_if", Stage::add_meta, {Step::Kind::set, Part::meta, Part::meta}},
    {"delete_meta_if", Stage::delete_meta, {Step::Kind::erase, Part::meta, Part::meta}},
    {"move_meta_to_tag_if", Stage::move_meta_to_tags, {Step::Kind::move, Part::meta, Part::tags}},
    {"move_meta_to_field_if", Stage::move_meta_to_fields, {Step::Kind::move, Part::meta, Part::fields}},
    {"add_field_if", Stage::add_field, {Step::Kind::set, Part::fields, Part::fields}},
    {"delete_field_if", Stage::delete_field, {Step::Kind::erase, Part::fields, Part::fields}},
    {"move_field_to_tag_if", Stage::move_field_to_tags, {Step::Kind::move, Part::fields, Part::tags}},
    {"move_field_to_meta_if", Stage::move_field_to_meta, {Step::Kind::move, Part::fields, Part::meta}},
};

/// The other keys, with the stage that `stage_order` may call by them.
constexpr std::pair<std::string_view, Stage> other_keys[] = {
    {"drop_messages", Stage::drop_by_name},     {"drop_by_message_type", Stage::drop_by_type},
    {"drop_messages_if", Stage::drop_if},       {"rename_messages", Stage::rename},
    {"rename_messages_if", Stage::rename_if},   {"change_unit_prefix", Stage::change_unit_prefix},
    {"normalize_units", Stage::normalize_unit},
};

/// By its own name, or by the key that has its rules.
std::optional<Stage> stage_of(std::string_view name) {
  const auto* const own = std::ranges::find(stage_names, name);
  if (own != stage_names.end()) return static_cast<Stage>(own - stage_names.begin());
  const auto* const keyed = std::ranges::find(keyed_rules, name, &KeyedRules::key);
  if (keyed != std::end(keyed_rules)) return keyed->stage;
  const auto* const other = std::ranges::find(other_keys, name, &std::pair<std::string_view, Stage>::first);
  return other != std::end(other_keys) ? std::optional(other->second) : std::nullopt;
}

class FlatReader {
 public:
  FlatReader(RuleReader& object, StepMaker& maker) : object_(object), maker_(maker) {}

  Stages run() {
    steps(Stage::drop_by_name) = read_drop_names(object_, "drop_messages", maker_);
    steps(Stage::drop_by_type) = read_drop_types(object_, "drop_by_message_type", maker_);
    steps(Stage::drop_if) = read_drops(object_, "drop_messages_if", maker_);
    for (const KeyedRules& row : keyed_rules) steps(row.stage) = read_keyed(object_, row.key, row.kind, maker_);
    steps(Stage::rename) = read_giving_by_name(object_, "rename_messages", renaming, maker_);
    steps(Stage::rename_if) = read_giving_by_condition(object_, "rename_messages_if", renaming, maker_);
    steps(Stage::change_unit_prefix) = read_giving_by_condition(object_, "change_unit_prefix", prefixing, maker_);
    steps(Stage::normalize_unit) = read_normalize(object_, "normalize_units", maker_);
    read_order();
    return std::move(stages_);
  }

 private:
  Steps& steps(Stage stage) { return stages_.steps[static_cast<std::size_t>(stage)]; }

  void read_order() {
    const Node* const order = object_.find("stage_order");
    if (order != nullptr && order->kind == Node::Kind::array && order->children.empty())
      maker_.warn(order->where, "'stage_order' is empty: the stages run in their default order; leave it out");
    for (const Node* const name : object_.texts("stage_order")) {
      if (stages_.order.size() == order_max)
        return maker_.error(name->where, fmt::format("'stage_order' has more than {} stages", order_max));
      if (const auto stage = stage_of(name->text)) {
        stages_.order.push_back(*stage);
      } else {
        const std::string meant = config::did_you_mean(name->text, stage_names);
        maker_.error(name->where, fmt::format("unknown stage {}{}", config::in_quotes(name->text),
                                              meant.empty() ? "; there are " + config::list_of(stage_names) : meant));
      }
    }
  }

  RuleReader& object_;
  StepMaker& maker_;
  Stages stages_;
};

}  // namespace

std::string_view name_of(Stage stage) { return stage_names[static_cast<std::size_t>(stage)]; }

void read_constants(RuleReader& object, StepMaker& maker) {
  const Node* const constants = object.find("add_base_env");
  if (constants == nullptr) return;
  if (constants->kind != Node::Kind::object) {
    maker.error(constants->where, R"('add_base_env' must be an object like {"limit": 70})");
    return;
  }
  for (const Node& constant : constants->children) maker.add_constant(constant);
}

Stages read_flat(RuleReader& object, StepMaker& maker) { return FlatReader(object, maker).run(); }

bool is_condition(std::string_view text) {
  if (text == "*") return true;
  const auto compiled =
      expression::Expression::compile(text, router::message_environment(), expression::Type::Kind::boolean);
  return compiled && compiled->type().is(expression::Type::Kind::boolean);
}

bool is_flat_key(std::string_view key) {
  return key == "stage_order" || key == "add_base_env" ||
         std::ranges::find(keyed_rules, key, &KeyedRules::key) != std::end(keyed_rules) ||
         std::ranges::find(other_keys, key, &std::pair<std::string_view, Stage>::first) != std::end(other_keys);
}

namespace {

bool is_shared_with_router(const Node& member) {
  return member.key == "normalize_units" || member.key == "change_unit_prefix";
}

bool is_only_of_flat(const Node& member) { return !is_shared_with_router(member) && is_flat_key(member.key); }

bool has_conditions(const Node& prefixes) {
  return !prefixes.children.empty() &&
         std::ranges::all_of(prefixes.children, [](const Node& entry) { return is_condition(entry.key); });
}

}  // namespace

const Node* sign_of_flat(const Node& object) {
  const auto own = std::ranges::find_if(object.children, is_only_of_flat);
  if (own != object.children.end()) return &*own;
  const auto prefixes = std::ranges::find(object.children, "change_unit_prefix", &Node::key);
  const bool is_flat = prefixes != object.children.end() &&
                       std::ranges::all_of(object.children, is_shared_with_router) && has_conditions(*prefixes);
  return is_flat ? &*prefixes : nullptr;
}

}  // namespace gw::rules
