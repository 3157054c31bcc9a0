#pragma once
// Makes the router's steps from what stands in a file of rules.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/router/rule_set.h"
#include "gateway/router/rules/document.h"
#include "gateway/router/rules/place.h"
#include "gateway/router/rules/rule_reader.h"

namespace gw::rules {

using Steps = std::vector<router::Step>;
/// Null: it always holds.
using Condition = std::shared_ptr<const expression::Expression>;

/// Where a rule stands that consists of several values: errors name `where`, people see `text`.
struct Origin {
  config::Position where;
  std::string text;
};

/// The names of `base`, constants of the rules, and the functions that ask for the topology, where that is known.
class RuleEnvironment final : public expression::Environment {
 public:
  RuleEnvironment(const expression::Environment& base, bool has_topology) : base_(base), has_topology_(has_topology) {}

  /// `value` is a text, a number, true or false. False where the name has a meaning already.
  bool add(const Node& value);
  std::optional<expression::Known> find_name(std::string_view name) const override;
  std::optional<expression::Known> find_method(std::string_view name) const override;
  std::optional<expression::Known> find_function(std::string_view name) const override;
  std::string_view why_no_function(std::string_view name) const override;
  std::string_view why_no_name(std::string_view name) const override;
  std::string why_no_value(std::string_view function, std::span<const std::string_view> texts) const override;
  std::span<const std::string_view> names() const override;
  std::span<const std::string_view> methods() const override;

 private:
  const expression::Environment& base_;
  bool has_topology_;
  std::map<std::string, Node, std::less<>> constants_;
};

/// Reports what is wrong with the document; what it makes then is good for nothing but going on.
class StepMaker {
 public:
  StepMaker(const Document& document, std::vector<config::Problem>& problems, router::RuleSet& rules,
            bool has_topology);

  void error(config::Position where, std::string text);
  void warn(config::Position where, std::string text);
  /// A name for the conditions that are made from now on.
  void add_constant(const Node& value);

  /// Of a text: a condition on a message. "*" always holds.
  Condition condition(const Node& text);
  /// The same where it is the key of a member.
  Condition condition_in_key(const Node& member);
  /// The member `if` of an object; where there is none, it always holds.
  Condition condition_of(RuleReader& object);
  /// The function of an aggregate.
  Condition function(const Node& text);

  /// A step of that kind with its rule; the rest is up to the caller.
  router::Step step(router::Step::Kind kind, Origin origin, Condition condition = nullptr);
  /// One that looks up what `rows`, texts of the list or the table `key`, have for a name or a type: each row is a rule
  /// of its own.
  router::Step step_by_name(router::Step::Kind kind, std::string_view key, const std::vector<const Node*>& rows,
                            Condition condition);
  /// What `key` may be in `part`; what is wrong is said of `where`.
  bool check_key(router::Part part, std::string_view key, config::Position where);
  bool check_value(router::Part part, std::string_view value, config::Position where);
  bool check_name(const Node& name);
  bool check_prefix(const Node& prefix);
  std::size_t add_rule(Origin origin);

 private:
  Condition compile(std::string_view text, const Node& node, bool in_key, const expression::Environment& environment,
                    expression::Type::Kind wanted);

  PlaceIndex places_;
  std::vector<config::Problem>& problems_;
  router::RuleSet& rules_;
  RuleEnvironment conditions_;  ///< on messages
  RuleEnvironment functions_;   ///< of aggregates
};

/// `name: text`, as people recognise a rule.
Origin origin_of(std::string_view name, const Node& text);

// What several shapes have under different keys.

/// [name]: one step for all of them.
Steps read_drop_names(RuleReader& object, std::string_view key, StepMaker& maker, const Condition& condition = nullptr);
/// [metric | event | log | control]
Steps read_drop_types(RuleReader& object, std::string_view key, StepMaker& maker, const Condition& condition = nullptr);
/// [condition]
Steps read_drops(RuleReader& object, std::string_view key, StepMaker& maker);
/// What gives a message one thing, which is checked: another name, or another prefix of its unit.
struct GivingKind {
  router::Step::Kind kind;
  router::Step::Kind kind_by_name;
  bool (StepMaker::*check)(const Node& text);
};
inline constexpr GivingKind renaming = {router::Step::Kind::rename, router::Step::Kind::rename_by,
                                        &StepMaker::check_name};
inline constexpr GivingKind prefixing = {router::Step::Kind::prefix, router::Step::Kind::prefix_by,
                                         &StepMaker::check_prefix};
/// new
Steps read_giving(RuleReader& object, std::string_view key, GivingKind kind, StepMaker& maker,
                  const Condition& condition);
/// {name: new}: a name is looked up once, so that a: b and b: a change places.
Steps read_giving_by_name(RuleReader& object, std::string_view key, GivingKind kind, StepMaker& maker,
                          const Condition& condition = nullptr);
/// {condition: new}
Steps read_giving_by_condition(RuleReader& object, std::string_view key, GivingKind kind, StepMaker& maker);
/// true
Steps read_normalize(RuleReader& object, std::string_view key, StepMaker& maker, const Condition& condition = nullptr);

/// What a step does to keys: of kind set (`to`), erase (`from`) or move.
struct KeyedKind {
  router::Step::Kind kind;
  router::Part from;
  router::Part to;
};
/// `value` says nothing of erasing.
struct KeyAndValue {
  std::string_view key;
  config::Position key_where;
  std::string_view value;
  config::Position value_where;
};
/// A step of the rule `name` at `where`; nothing where key or value cannot be, which is reported of their places.
std::optional<router::Step> keyed_step(StepMaker& maker, std::string_view name, config::Position where, KeyedKind kind,
                                       const KeyAndValue& text, Condition condition);
/// [{"if": condition, "key": k, "value": v}]
Steps read_keyed(RuleReader& object, std::string_view key, KeyedKind kind, StepMaker& maker);

}  // namespace gw::rules
