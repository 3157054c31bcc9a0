#include "gateway/router/rules/names_written.h"

#include <optional>
#include <utility>

#include "gateway/router/expression/specialise.h"
#include "gateway/router/message.h"

namespace gw::rules {

using expression::Node;
using router::Step;

namespace {

/// More are not followed: each step is asked for each.
constexpr std::size_t names_max = 64;

bool reads_name(const Node& part) {
  return part.kind == Node::Kind::method ? part.text == "Name" : part.kind == Node::Kind::name && part.text == "name";
}

/// Whether the condition holds for all metrics of that name, or for none; nothing where more decides.
std::optional<bool> holds(const expression::Expression* condition, const std::string& name, std::size_t& steps_left) {
  if (condition == nullptr) return true;
  const router::MessageView message{.name = name};
  const auto special =
      expression::specialise(condition->tree(), router::MessageVariables(message), reads_name, {}, steps_left);
  if (special->kind != Node::Kind::boolean) return std::nullopt;
  return special->integer != 0;
}

/// Where the step does something to metrics of `name`: their new name, empty where it drops them.
std::optional<std::string> given_by(const Step& step, const std::string& name) {
  const auto row = step.names.find(name);
  switch (step.kind) {
    case Step::Kind::drop:
      return "";
    case Step::Kind::drop_type:
      return step.names.contains("metric") ? std::optional<std::string>("") : std::nullopt;
    case Step::Kind::drop_name:
      return row == step.names.end() ? std::nullopt : std::optional<std::string>("");
    case Step::Kind::rename:
      return step.value;
    case Step::Kind::rename_by:
      return row == step.names.end() ? std::nullopt : std::optional(row->second.value);
    default:
      return std::nullopt;
  }
}

}  // namespace

NamesWritten names_written(const router::RuleSet& rules, const std::string& name, std::size_t first,
                           std::size_t& steps_left) {
  NamesWritten written{.names = {name}};
  for (std::size_t i = first; i < rules.steps.size(); ++i) {
    const Step& step = rules.steps[i];
    std::set<std::string> after;
    for (const std::string& before : written.names) {
      if (steps_left == 0) return {.names = {}, .is_sure = false, .is_whole = false};
      --steps_left;
      const std::optional<std::string> given = given_by(step, before);
      const std::optional<bool> acts = given ? holds(step.condition.get(), before, steps_left) : false;
      if (acts != true) after.insert(before);
      if (acts != false && given && !given->empty()) after.insert(*given);
      written.is_sure = written.is_sure && acts.has_value();
    }
    written.names = std::move(after);
    if (written.names.size() > names_max) return {std::move(written.names), false};
  }
  return written;
}

}  // namespace gw::rules
