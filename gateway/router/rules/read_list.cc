// The list of ClusterCockpit's documentation (metric router, "Metric Processing"), with an action for all that cc-lib's
// flat object can do:
//
//   list   = [ item ] .
//   item   = { action, "if": condition } .                      without `if` it always holds
//   action = "add_base_tags": {k: v} | "add_tags_by": {k: v} | "delete_tags_by": [k]
//          | "add_meta_by", "delete_meta_by", "add_fields_by", "delete_fields_by": the same
//          | "move_tags_to_meta_by": {from: to}                 and so on between tags, meta and fields
//          | "drop_by": condition | "drop_by_name": [name] | "drop_by_type": [type]
//          | "rename_by": {old: new} | "rename_to": new
//          | "change_prefix_by": {name: prefix} | "change_prefix_to": prefix | "normalize_units": true .

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/router/rules/read_rules.h"

namespace gw::rules {

using router::Part;
using router::Step;

namespace {

/// What an action needs to be read.
struct Item {
  RuleReader& reader;
  StepMaker& maker;
  std::string_view key;
  Condition condition;
  KeyedKind kind;  ///< of read_pairs and read_keys
};

/// {key: value}, or {from: to}
Steps read_pairs(const Item& item) {
  Steps steps;
  for (const Node* const entry : item.reader.entries(item.key)) {
    const KeyAndValue text = {entry->key, entry->key_where, entry->text, entry->where};
    if (auto step = keyed_step(item.maker, item.key, entry->key_where, item.kind, text, item.condition))
      steps.push_back(*std::move(step));
  }
  return steps;
}

/// [key]
Steps read_keys(const Item& item) {
  Steps steps;
  for (const Node* const key : item.reader.texts(item.key)) {
    const KeyAndValue text = {key->text, key->where, {}, key->where};
    if (auto step = keyed_step(item.maker, item.key, key->where, item.kind, text, item.condition))
      steps.push_back(*std::move(step));
  }
  return steps;
}

Steps read_drop_by(const Item& item) {
  const Node* const text = item.reader.text(item.key);
  if (text == nullptr) return {};
  if (item.condition != nullptr) {
    item.maker.error(text->where, "'drop_by' is a condition itself: write both as one, \"(…) and (…)\"");
    return {};
  }
  return {item.maker.step(Step::Kind::drop, origin_of(item.key, *text), item.maker.condition(*text))};
}

struct Action {
  std::string_view key;
  Steps (*read)(const Item&);
  KeyedKind kind = {};
};
constexpr KeyedKind set(Part part) { return {Step::Kind::set, part, part}; }
constexpr KeyedKind erase(Part part) { return {Step::Kind::erase, part, part}; }
constexpr KeyedKind move(Part from, Part to) { return {Step::Kind::move, from, to}; }
constexpr Action actions[] = {
    {"add_base_tags", read_pairs, set(Part::tags)},
    {"add_tags_by", read_pairs, set(Part::tags)},
    {"add_meta_by", read_pairs, set(Part::meta)},
    {"add_fields_by", read_pairs, set(Part::fields)},
    {"delete_tags_by", read_keys, erase(Part::tags)},
    {"delete_meta_by", read_keys, erase(Part::meta)},
    {"delete_fields_by", read_keys, erase(Part::fields)},
    {"move_tags_to_meta_by", read_pairs, move(Part::tags, Part::meta)},
    {"move_tags_to_fields_by", read_pairs, move(Part::tags, Part::fields)},
    {"move_meta_to_tags_by", read_pairs, move(Part::meta, Part::tags)},
    {"move_meta_to_fields_by", read_pairs, move(Part::meta, Part::fields)},
    {"move_fields_to_tags_by", read_pairs, move(Part::fields, Part::tags)},
    {"move_fields_to_meta_by", read_pairs, move(Part::fields, Part::meta)},
    {"drop_by", read_drop_by},
    {"drop_by_name", [](const Item& i) { return read_drop_names(i.reader, i.key, i.maker, i.condition); }},
    {"drop_by_type", [](const Item& i) { return read_drop_types(i.reader, i.key, i.maker, i.condition); }},
    {"rename_by", [](const Item& i) { return read_giving_by_name(i.reader, i.key, renaming, i.maker, i.condition); }},
    {"rename_to", [](const Item& i) { return read_giving(i.reader, i.key, renaming, i.maker, i.condition); }},
    {"change_prefix_by",
     [](const Item& i) { return read_giving_by_name(i.reader, i.key, prefixing, i.maker, i.condition); }},
    {"change_prefix_to", [](const Item& i) { return read_giving(i.reader, i.key, prefixing, i.maker, i.condition); }},
    {"normalize_units", [](const Item& i) { return read_normalize(i.reader, i.key, i.maker, i.condition); }},
};

/// An item is one action: of two, nobody could tell which comes first.
Steps read_item(RuleReader& reader, StepMaker& maker) {
  const Condition condition = maker.condition_of(reader);
  Steps steps;
  std::string_view taken;
  for (const Action& action : actions) {
    const Node* const found = reader.find(action.key);
    if (found == nullptr) continue;
    if (taken.empty()) {
      taken = action.key;
      steps = action.read({reader, maker, action.key, condition, action.kind});
    } else {
      maker.error(found->key_where,
                  fmt::format("'{}' stands beside '{}': put it into an item of its own, so that their order is told",
                              action.key, taken));
    }
  }
  // A key that is unknown is told, and was meant for the action.
  if (reader.finish() && taken.empty())
    reader.error(reader.where(), fmt::format("nothing is done{}: add an action like 'drop_by_name', 'rename_by', "
                                             "'add_tags_by', 'delete_tags_by' or 'change_prefix_by'",
                                             reader.in_path()));
  return steps;
}

}  // namespace

Steps read_list(std::vector<RuleReader> items, StepMaker& maker) {
  Steps steps;
  for (RuleReader& item : items) std::ranges::move(read_item(item, maker), std::back_inserter(steps));
  return steps;
}

}  // namespace gw::rules
