#include "gateway/router/rules/warnings.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/suggest.h"
#include "gateway/router/expression/node.h"

namespace gw::rules {

using expression::Node;
using expression::Operator;
using router::Step;

namespace {

bool is(const Node& node, Operator op) { return node.kind == Node::Kind::binary && node.op == op; }

/// What is compared, by the way it is written: name, tag.type and tags['type'] are each their own.
std::string path_of(const Node& node) {
  if (node.kind == Node::Kind::name || node.kind == Node::Kind::text) return node.text;
  if (node.kind == Node::Kind::member && node.parts[1]->kind == Node::Kind::text)
    return path_of(*node.parts[0]) + "." + node.parts[1]->text;
  if (node.kind == Node::Kind::method && node.parts.size() == 1 && node.text == "Name") return "name";
  return {};
}

/// `path == 'text'`, whichever way round.
std::optional<std::pair<std::string, std::string_view>> equality_of(const Node& node) {
  if (!is(node, Operator::equal)) return std::nullopt;
  const Node* left = node.parts[0].get();
  const Node* right = node.parts[1].get();
  if (left->kind == Node::Kind::text) std::swap(left, right);
  const std::string path = path_of(*left);
  if (path.empty() || left->kind == Node::Kind::text || right->kind != Node::Kind::text) return std::nullopt;
  return std::pair(path, std::string_view(right->text));
}

/// The parts of a condition that must all hold.
void conjuncts_of(const Node& node, std::vector<const Node*>& into) {
  if (is(node, Operator::logical_and)) {
    for (const auto& part : node.parts) conjuncts_of(*part, into);
  } else {
    into.push_back(&node);
  }
}

/// Why nothing fulfils the condition; empty where something may.
std::string contradiction(const Node& condition) {
  std::vector<const Node*> conjuncts;
  conjuncts_of(condition, conjuncts);
  std::map<std::string, std::string_view> wanted;
  for (const Node* const part : conjuncts) {
    if (part->kind == Node::Kind::boolean && part->integer == 0) return "it is never true";
    const auto equality = equality_of(*part);
    if (!equality) continue;
    const auto [at, first] = wanted.emplace(*equality);
    if (!first && at->second != equality->second)
      return fmt::format("{} cannot be both '{}' and '{}'", equality->first, at->second, equality->second);
  }
  return {};
}

/// Names that conditions have for what a message of ClusterCockpit mostly has.
constexpr std::string_view usual_names[] = {
    "cluster", "control", "event", "group", "hostname", "log",  "source", "stype", "stype-id", "type",    "type-id",
    "unit",    "value",   "name",  "tags",  "tag",      "meta", "fields", "field", "metric",   "message", "timestamp"};

/// A name that only the messages could know, but that looks like a slip; empty where there is none.
std::pair<std::string_view, std::string_view> slip_in(const Node& tree) {
  if (tree.kind == Node::Kind::name && tree.reads == expression::Reads::perhaps &&
      std::ranges::find(usual_names, tree.text) == std::end(usual_names)) {
    if (const std::string_view meant = nearest(tree.text, usual_names); !meant.empty()) return {tree.text, meant};
  }
  for (const auto& part : tree.parts) {
    if (const auto slip = slip_in(*part); !slip.first.empty()) return slip;
  }
  return {};
}

/// The names of which the condition wants one, where it does.
std::optional<std::set<std::string>> names_wanted(const Node& condition) {
  std::vector<const Node*> conjuncts;
  conjuncts_of(condition, conjuncts);
  for (const Node* const part : conjuncts) {
    if (const auto equality = equality_of(*part); equality && equality->first == "name")
      return std::set<std::string>{std::string(equality->second)};
    if (!is(*part, Operator::in) || path_of(*part->parts[0]) != "name" || part->parts[1]->kind != Node::Kind::list)
      continue;
    std::set<std::string> names;
    const auto& items = part->parts[1]->parts;
    for (const auto& item : items) names.insert(item->text);
    if (std::ranges::all_of(items, [](const auto& item) { return item->kind == Node::Kind::text; })) return names;
  }
  return std::nullopt;
}

/// Goes through the steps in order and knows which names have been dropped.
class Walk {
 public:
  explicit Walk(const router::RuleSet& rules) : rules_(rules) {}

  std::vector<config::Problem> run() {
    for (const Step& step : rules_.steps) look_at(step);
    for (const router::Aggregate& aggregate : rules_.aggregates) {
      if (aggregate.condition != nullptr) look_at_condition(aggregate.condition->tree(), aggregate.rule);
    }
    return std::move(problems_);
  }

 private:
  /// Steps may stand twice in the list.
  void warn(std::size_t rule, std::string text) {
    if (!told_.insert(rule).second) return;
    problems_.push_back({config::Problem::Severity::warning, rules_.rules[rule].at, std::move(text)});
  }

  void look_at_condition(const Node& condition, std::size_t rule) {
    const std::string why = contradiction(condition);
    if (!why.empty()) return warn(rule, fmt::format("this rule can never match: {}", why));
    const auto [name, meant] = slip_in(condition);
    if (!name.empty())
      warn(rule,
           fmt::format("'{}' is taken for a tag, meta value or field of that name; did you mean '{}'?", name, meant));
  }

  void look_at(const Step& step) {
    if (dropper_) {
      warn(step.rule, fmt::format("nothing gets to this rule: {} drops every message", place_of(*dropper_)));
      return;
    }
    if (step.condition != nullptr) look_at_condition(step.condition->tree(), step.rule);
    const auto wanted = step.condition == nullptr ? std::nullopt : names_wanted(step.condition->tree());
    if (wanted) {
      const auto gone = std::ranges::find_if(*wanted, [this](const auto& name) { return !dropped_.contains(name); });
      if (!wanted->empty() && gone == wanted->end()) warn_of_dropped(step.rule, *wanted->begin());
    }
    for (const auto& [name, row] : step.names) {
      if (step.kind != Step::Kind::drop_type && dropped_.contains(name)) warn_of_dropped(row.rule, name);
    }
    remember(step, wanted);
  }

  void warn_of_dropped(std::size_t rule, const std::string& name) {
    warn(rule, fmt::format("'{}' does not get to this rule: {} drops it", name, place_of(dropped_.at(name))));
  }

  void remember(const Step& step, const std::optional<std::set<std::string>>& wanted) {
    switch (step.kind) {
      case Step::Kind::drop:
        if (step.condition == nullptr) dropper_ = step.rule;
        if (wanted && is_only_names(step.condition->tree())) {
          for (const std::string& name : *wanted) dropped_.emplace(name, step.rule);
        }
        break;
      case Step::Kind::drop_name:
        if (step.condition != nullptr) break;
        for (const auto& [name, row] : step.names) dropped_.emplace(name, row.rule);
        break;
      case Step::Kind::rename:
        dropped_.erase(step.value);  // there may be messages of that name again
        break;
      case Step::Kind::rename_by:
        for (const auto& [name, row] : step.names) dropped_.erase(row.value);
        break;
      default:
        break;
    }
  }

  static bool is_only_names(const Node& condition) { return !is(condition, Operator::logical_and); }

  std::string place_of(std::size_t rule) const {
    const router::Rule& written = rules_.rules[rule];
    return fmt::format("'{}' in line {}", written.text, written.at.line);
  }

  const router::RuleSet& rules_;
  std::vector<config::Problem> problems_;
  std::set<std::size_t> told_;
  std::map<std::string, std::size_t, std::less<>> dropped_;  ///< names, and the rules that drop them
  std::optional<std::size_t> dropper_;                       ///< of everything
};

}  // namespace

std::vector<config::Problem> warnings(const router::RuleSet& rules) { return Walk(rules).run(); }

}  // namespace gw::rules
