#include "gateway/router/rules/earlier_drops.h"

#include <algorithm>
#include <utility>

namespace gw::rules {

using router::Part;
using router::Step;

namespace {

/// What tells the type of a message, the first that it has.
constexpr std::string_view type_fields[] = {"value", "event", "log", "control"};

bool is_type_field(std::string_view key) { return std::ranges::find(type_fields, key) != std::end(type_fields); }

/// The same for conditions that want the same, in whatever order.
std::string key_of_parts(std::vector<std::string> keys) {
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  std::string all;
  for (const std::string& key : keys) all += key + '&';
  return all;
}

std::vector<std::string> keys_of_parts(const expression::Node& condition) {
  std::vector<std::string> keys;
  for (const expression::Node* const part : conjuncts_of(condition)) keys.push_back(key_of(*part));
  return keys;
}

}  // namespace

void EarlierDrops::remember(const Step& step) {
  ++place_;
  if (step.kind == Step::Kind::drop && step.condition != nullptr) remember_condition(step);
  if (step.kind == Step::Kind::drop_type && step.condition == nullptr) {
    for (const auto& [type, row] : step.names) by_type_.emplace(type, row.rule);
  }
  remember_changes(step);
}

void EarlierDrops::remember_condition(const Step& step) {
  const expression::Node& condition = step.condition->tree();
  Drop drop{place_, step.rule, &condition, reads_in(condition)};
  if (drop.reads == Words{"name"}) by_name_.push_back(drop);
  const auto [at, is_first] = by_condition_.try_emplace(key_of_parts(keys_of_parts(condition)), drop);
  if (!is_first && !holds_still(at->second)) at->second = std::move(drop);
}

void EarlierDrops::remember_changes(const Step& step) {
  switch (step.kind) {
    case Step::Kind::set:
    case Step::Kind::erase:
      change(word_of_key(step.key));
      break;
    case Step::Kind::move:
      change(word_of_key(step.key));
      change(word_of_key(step.value));
      break;
    case Step::Kind::rename:
      give_name(step.value);
      break;
    case Step::Kind::rename_by:
      for (const auto& [name, row] : step.names) give_name(row.value);
      break;
    case Step::Kind::normalize:
      change(word_of_key("unit"));
      break;
    case Step::Kind::prefix:
    case Step::Kind::prefix_by:
      change(word_of_key("unit"));
      change(word_of_key("value"));
      break;
    case Step::Kind::interval_time:
      change("timestamp");
      break;
    default:
      break;
  }
  if (step.kind == Step::Kind::rename || step.kind == Step::Kind::rename_by) {
    change("name");
    change(word_of_key("oldname"));  // where the old one is kept, in meta
  }
  const std::string& given = step.kind == Step::Kind::move ? step.value : step.key;
  const bool gives = step.kind == Step::Kind::set || step.kind == Step::Kind::move;
  if (gives && step.to == Part::fields && is_type_field(given)) by_type_.clear();
}

bool EarlierDrops::holds_still(const Drop& drop) const {
  if (!drop.reads) return any_change_ < drop.place;
  return std::ranges::none_of(*drop.reads, [&](const std::string& word) {
    const auto found = changed_.find(word);
    return found != changed_.end() && found->second >= drop.place;
  });
}

std::optional<std::size_t> EarlierDrops::dropper_of_name(std::string_view name) {
  const auto named = named_.find(name);
  for (const Drop& drop : by_name_) {
    if (questions_left_ == 0 || steps_left_ == 0) return std::nullopt;
    --questions_left_;
    if (named != named_.end() && named->second >= drop.place) continue;
    if (holds_for_name(*drop.condition, name, steps_left_) == true) return drop.rule;
  }
  return std::nullopt;
}

std::optional<std::size_t> EarlierDrops::dropper_of(const expression::Node& condition) const {
  std::vector<std::string> keys = keys_of_parts(condition);
  std::vector<std::string> wanted;
  wanted.reserve(keys.size() + 1);
  for (const std::string& key : keys) wanted.push_back(key_of_parts({key}));
  wanted.push_back(key_of_parts(std::move(keys)));
  for (const std::string& key : wanted) {
    const auto found = by_condition_.find(key);
    if (found != by_condition_.end() && holds_still(found->second)) return found->second.rule;
  }
  return std::nullopt;
}

std::optional<std::size_t> EarlierDrops::dropper_of_type(std::string_view type) const {
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace gw::rules
