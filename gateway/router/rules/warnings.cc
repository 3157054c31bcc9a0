#include "gateway/router/rules/warnings.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/router/rules/aggregate_series.h"
#include "gateway/router/rules/condition_check.h"
#include "gateway/router/rules/contradiction.h"
#include "gateway/router/rules/earlier_drops.h"
#include "gateway/router/rules/names_written.h"
#include "gateway/router/topology.h"

namespace gw::rules {

using expression::Node;
using router::Part;
using router::Step;

namespace {

/// The key of the tag that the step sets; empty where it sets none.
std::string_view tag_set_by(const Step& step) {
  if (step.to != Part::tags) return {};
  return step.kind == Step::Kind::set ? step.key : step.kind == Step::Kind::move ? step.value : std::string_view();
}

/// Fields that rules give are texts.
bool makes_value_text(const Step& step) {
  return step.to == Part::fields && ((step.kind == Step::Kind::set && step.key == "value") ||
                                     (step.kind == Step::Kind::move && step.value == "value"));
}

bool takes_tag(const Step& step) {
  return step.from == Part::tags && (step.kind == Step::Kind::erase || step.kind == Step::Kind::move);
}

bool is_drop(const Step& step) {
  return step.kind == Step::Kind::drop || step.kind == Step::Kind::drop_name || step.kind == Step::Kind::drop_type;
}

/// Of `names` only what is a name of metrics.
bool asks_names(const Step& step) { return !step.names.empty() && step.kind != Step::Kind::drop_type; }

/// What comes of lines without a tag that ClusterCockpit's documentation says never to delete (pipeline/accept.h).
std::string_view cost_of(std::string_view key) {
  if (key == "hostname")
    return "without the tag 'hostname' cc-metric-store takes no line, and the gateway drops it as bad_host";
  if (key == "type")
    return "without the tag 'type' a line goes to the store as type=node: the values of all parts of a host overwrite "
           "each other";
  if (key == "type-id")
    return "without the tag 'type-id' the values of all parts of a host overwrite each other in cc-metric-store";
  return {};
}

std::string one_of(const Words& names) {
  const std::vector<std::string_view> all(names.begin(), names.end());
  return names.size() == 1 ? config::in_quotes(all[0]) : "to be one of " + config::list_of(all);
}

/// "getSockCpuList(7)": the first call in `tree` that has a value on no host of `topology`, as far as its arguments are
/// written down; empty where there is none. No more than `calls_left` are asked, each of all threads.
std::string asked_in_vain(const Node& tree, const router::Topology& topology, std::size_t& calls_left) {
  if (tree.kind == Node::Kind::method && tree.slot >= router::topology_slots && calls_left > 0) {
    --calls_left;
    std::vector<expression::Value> arguments;
    std::string shown;
    for (std::size_t i = 1; i < tree.parts.size(); ++i) {
      const Node& part = *tree.parts[i];
      const bool is_text = part.kind == Node::Kind::text;
      if (!is_text && part.kind != Node::Kind::integer) return {};
      arguments.push_back(is_text ? expression::Value::of(std::string_view(part.text))
                                  : expression::Value::of(part.integer));
      shown += (i == 1 ? "" : ", ") + (is_text ? config::in_quotes(part.text) : std::to_string(part.integer));
    }
    const auto has_none = [&](const router::HostTopology& host) {
      return router::call_topology_function(tree.slot, &host, arguments).is_nil();
    };
    if (std::ranges::all_of(topology.kinds, has_none)) return fmt::format("{}({})", tree.text, shown);
  }
  for (const auto& part : tree.parts) {
    if (std::string call = asked_in_vain(*part, topology, calls_left); !call.empty()) return call;
  }
  return {};
}

/// Goes through the steps in order and knows which names get no further.
class Walk {
 public:
  explicit Walk(const router::RuleSet& rules) : rules_(rules), series_(rules) {
    for (const Step& step : rules.steps) {
      if (step.kind == Step::Kind::set) keys_.insert(step.key);
      if (step.kind == Step::Kind::move) keys_.insert(step.value);
    }
    for (std::size_t i = 0; i < rules.steps.size(); ++i) {
      const Step& step = rules.steps[i];
      if (const std::string_view key = tag_set_by(step); !key.empty()) last_setting_[key] = i;
      if (tag_set_by(step) == "type" && step.value == "node") made_node_.insert(key_of_condition(step));
      if (step.kind != Step::Kind::prefix_by) continue;
      for (const auto& [name, row] : step.names) prefixes_[name] = row.value;
    }
  }

  std::vector<config::Problem> run() {
    for (std::size_t i = 0; i < rules_.steps.size(); ++i) {
      look_at(rules_.steps[i]);
      look_at_tags(rules_.steps[i], i);
      look_at_given(rules_.steps[i]);
    }
    // What is dropped is still there to compute from.
    std::erase_if(gone_, [](const auto& entry) { return !entry.second.for_aggregates; });
    earlier_ = {};
    for (const router::Aggregate& aggregate : rules_.aggregates) {
      look_at(aggregate);
      if (std::string why = series_.why_lost(aggregate); !why.empty()) warn(aggregate.rule, std::move(why));
    }
    for (const auto& [rule, reached] : reached_) {
      if (reached.never == reached.times) warn(rule, reached.why);
    }
    return std::move(problems_);
  }

 private:
  /// Why messages of a name get no further.
  struct Gone {
    std::size_t rule = 0;
    std::string how;
    bool for_aggregates = false;
  };
  /// Steps may stand twice in the list, and a rule does nothing where none of its steps does.
  struct Reached {
    std::size_t times = 0;
    std::size_t never = 0;
    std::string why;
  };

  void warn(std::size_t rule, std::string text) {
    if (!told_.insert(rule).second) return;
    problems_.push_back({config::Problem::Severity::warning, rules_.rules[rule].at, std::move(text)});
  }

  /// `why` is empty where something may get to the rule.
  void reach(std::size_t rule, std::string why) {
    Reached& reached = reached_[rule];
    ++reached.times;
    if (why.empty()) return;
    ++reached.never;
    if (reached.why.empty()) reached.why = std::move(why);
  }

  void look_at_calls(const Node& tree, std::size_t rule) {
    if (rules_.topology == nullptr) return;
    const std::string call = asked_in_vain(tree, *rules_.topology, calls_left_);
    if (!call.empty())
      warn(rule, fmt::format("no host of the topology has what {} asks for; parts are counted from 0", call));
  }

  void look_at_condition(const Node& condition, std::size_t rule) {
    look_at_calls(condition, rule);
    const std::string why = contradiction(condition);
    if (!why.empty()) return warn(rule, fmt::format("this rule can never match: {}", why));
    if (std::string slip = slip_in(condition, keys_); !slip.empty()) warn(rule, std::move(slip));
  }

  void look_at(const Step& step) {
    if (step.condition != nullptr) look_at_condition(step.condition->tree(), step.rule);
    look_at_names(step);
    const auto wanted = step.condition == nullptr ? std::nullopt : names_wanted(step.condition->tree());
    std::string why = why_nothing(step);
    if (why.empty()) why = why_gone(wanted);
    if (why.empty() && step.kind == Step::Kind::drop_type) {
      for (const auto& [type, row] : step.names) reach(row.rule, why_no_type(type));
    } else if (why.empty() && asks_names(step)) {
      for (const auto& [name, row] : step.names) reach(row.rule, why_gone(name));
    } else {
      reach(step.rule, why);  // of many names one word is enough
    }
    if (!dropper_) remember(step, wanted);
    earlier_.remember(step);
  }

  /// Why nothing gets to the step, whatever its name; empty where something may.
  std::string why_nothing(const Step& step) const {
    if (dropper_) return fmt::format("nothing gets to this rule: {} drops every message", place_of(*dropper_));
    const bool of_units =
        step.kind == Step::Kind::normalize || step.kind == Step::Kind::prefix || step.kind == Step::Kind::prefix_by;
    std::string why = of_units ? why_no_type("metric") : std::string();
    if (!why.empty() || step.condition == nullptr) return why;
    const Node& condition = step.condition->tree();
    if (const auto type = type_wanted(condition, keys_)) why = why_no_type(*type);
    if (!why.empty()) return why;
    const auto dropper = earlier_.dropper_of(condition);
    return dropper ? fmt::format("nothing gets to this rule: {} drops all that fulfils it", place_of(*dropper)) : why;
  }

  std::string why_no_type(std::string_view type) const {
    const auto dropper = earlier_.dropper_of_type(type);
    return dropper ? fmt::format("nothing gets to this rule: {} drops every {}", place_of(*dropper), type)
                   : std::string();
  }

  /// Names are no patterns.
  void look_at_names(const Step& step) {
    if (!asks_names(step)) return;
    for (const auto& [name, row] : step.names) {
      if (name.find_first_of("*?[") == std::string::npos) continue;
      warn(row.rule, fmt::format("'{}' is the name of one metric and no pattern; patterns stand in conditions, like "
                                 "match('^temp_', name)",
                                 name));
    }
  }

  /// Empty where it has none.
  static std::string key_of_condition(const Step& step) {
    return step.condition == nullptr ? std::string() : key_of(step.condition->tree());
  }

  void look_at_tags(const Step& step, std::size_t place) {
    if (!takes_tag(step)) return;
    const std::string_view cost = cost_of(step.key);
    if (cost.empty()) return;
    const auto setting = last_setting_.find(step.key);
    if (setting != last_setting_.end() && setting->second > place) return;
    // Of type=node there is one value a host, and the store has no use for its type-id.
    const bool is_node = step.condition != nullptr && tag_wanted(step.condition->tree(), "type") == "node";
    if (step.key != "hostname" && (is_node || made_node_.contains("") || made_node_.contains(key_of_condition(step))))
      return;
    warn(step.rule, std::string(cost));
  }

  void look_at_given(const Step& step) {
    if (makes_value_text(step))
      warn(step.rule,
           "the field 'value' becomes a text, and lines without a number there are dropped as not_a_number: rules "
           "change a number by the prefix of its unit only; put a text under another key");
    if (step.kind != Step::Kind::set || step.to != Part::tags) return;
    if (step.key == "type") {
      if (std::string why = why_no_part(step.value); !why.empty()) warn(step.rule, std::move(why));
    }
    if (step.condition != nullptr) return;
    if (step.key == "hostname") {
      warn(step.rule, fmt::format("all hosts are written as hostname={}: the last one overwrites the others; give the "
                                  "rule a condition, like hostname == nil for lines without a host",
                                  step.value));
    } else if (step.key == rules_.hostname_tag && !rules_.aggregates.empty()) {
      warn(step.rule, fmt::format("all hosts get {}={}, and by this tag, 'hostname_tag', aggregates tell them apart: "
                                  "there are none of several hosts; give the rule a condition",
                                  step.key, step.value));
    }
  }

  void look_at(const router::Aggregate& aggregate) {
    const auto wanted = aggregate.condition == nullptr ? std::nullopt : names_wanted(aggregate.condition->tree());
    if (aggregate.condition != nullptr) look_at_condition(aggregate.condition->tree(), aggregate.rule);
    look_at_calls(aggregate.function->tree(), aggregate.rule);
    std::string slip = slip_in_function(aggregate.function->tree(), wanted ? wanted->names : Words());
    if (!slip.empty()) return warn(aggregate.rule, std::move(slip));
    if (std::string why = why_gone(wanted); !why.empty()) return warn(aggregate.rule, std::move(why));
    if (is_dropped_again(aggregate))
      return warn(aggregate.rule,
                  fmt::format("it is never written: the rules, which aggregates go through too, drop {}",
                              config::in_quotes(aggregate.name)));
    const Words needed = metrics_needed(aggregate.function->tree());
    if (std::string why = why_mixed(needed); !why.empty()) return warn(aggregate.rule, std::move(why));
    if (!wanted) return;
    for (const std::string_view metric : needed) {
      if (wanted->names.contains(metric)) continue;
      return warn(aggregate.rule,
                  fmt::format("it is never made: its function needs '{}', and its 'if' wants the name {}", metric,
                              one_of(wanted->names)));
    }
  }

  /// False too where that would take too long.
  bool is_dropped_again(const router::Aggregate& aggregate) {
    const NamesWritten written = names_written(rules_, aggregate.name, 0, steps_left_);
    return written.is_whole && written.names.empty();
  }

  /// Why numbers of `metrics` do not fit together; empty where nothing says so.
  std::string why_mixed(const Words& metrics) const {
    const auto has_prefix = [this](const std::string& metric) { return prefixes_.contains(metric); };
    const auto given = std::ranges::find_if(metrics, has_prefix);
    if (given == metrics.end()) return {};
    const std::string_view prefix = prefixes_.at(*given);
    for (const std::string& metric : metrics) {
      const auto other = prefixes_.find(metric);
      if (other != prefixes_.end() && other->second == prefix) continue;
      return fmt::format("the rules give '{}' the prefix {} and '{}' {}: together they may give a wrong number", *given,
                         config::in_quotes(prefix), metric,
                         other == prefixes_.end() ? "none" : config::in_quotes(other->second));
    }
    return {};
  }

  std::string why_gone(const std::string& name) {
    const Gone* const gone = find_gone(name);
    if (gone == nullptr) return {};
    return fmt::format("'{}' does not get to this rule: {} {}", name, place_of(gone->rule), gone->how);
  }

  std::string why_gone(const std::optional<WantedNames>& wanted) {
    if (!wanted || wanted->names.empty()) return {};
    const auto is_gone = [this](const std::string& name) { return find_gone(name) != nullptr; };
    return std::ranges::all_of(wanted->names, is_gone) ? why_gone(*wanted->names.begin()) : std::string();
  }

  const Gone* find_gone(const std::string& name) {
    const auto found = gone_.find(name);
    if (found != gone_.end()) return &found->second;
    const auto dropper = earlier_.dropper_of_name(name);
    return dropper ? &gone_.emplace(name, Gone{*dropper, "drops it", false}).first->second : nullptr;
  }

  void remember(const Step& step, const std::optional<WantedNames>& wanted) {
    const bool by_name_alone = wanted && wanted->alone;
    const std::string renamed = fmt::format("renames it to '{}'", step.value);
    switch (step.kind) {
      case Step::Kind::drop:
        if (step.condition == nullptr) dropper_ = step.rule;
        if (!by_name_alone) break;
        for (const std::string& name : wanted->names) gone_.emplace(name, Gone{step.rule, "drops it", false});
        break;
      case Step::Kind::drop_name:
        if (step.condition != nullptr) break;
        for (const auto& [name, row] : step.names) gone_.emplace(name, Gone{row.rule, "drops it", false});
        break;
      case Step::Kind::rename:
        if (by_name_alone) {
          for (const std::string& name : wanted->names) gone_.emplace(name, Gone{step.rule, renamed, !drops_});
        }
        gone_.erase(step.value);  // there may be messages of that name again
        break;
      case Step::Kind::rename_by:
        remember_renames(step);
        break;
      default:
        break;
    }
    drops_ = drops_ || is_drop(step);
  }

  void remember_renames(const Step& step) {
    if (step.condition == nullptr) {
      for (const auto& [name, row] : step.names)
        gone_.emplace(name, Gone{row.rule, fmt::format("renames it to '{}'", row.value), !drops_});
    }
    for (const auto& [name, row] : step.names) gone_.erase(row.value);
  }

  std::string place_of(std::size_t rule) const { return named_rule(rules_, rule); }

  const router::RuleSet& rules_;
  AggregateSeries series_;
  std::map<std::string_view, std::size_t> last_setting_;  ///< of RuleSet::steps, by the key of the tag
  Words made_node_;                                       ///< the conditions under which the tag type becomes node
  Words keys_;                                            ///< of tags, meta values and fields that rules set
  std::vector<config::Problem> problems_;
  std::set<std::size_t> told_;
  std::map<std::size_t, Reached> reached_;
  std::map<std::string, Gone, std::less<>> gone_;
  EarlierDrops earlier_;
  std::map<std::string_view, std::string_view> prefixes_;  ///< that rules give, by the name of the metric
  std::size_t steps_left_ = names_steps_max;               ///< that names of aggregates may be taken through
  std::size_t calls_left_ = 1000;                          ///< of the topology: more would take long of a large one
  bool drops_ = false;                                     ///< some messages, before the step that is looked at
  std::optional<std::size_t> dropper_;                     ///< of everything
};

}  // namespace

std::vector<config::Problem> warnings(const router::RuleSet& rules) { return Walk(rules).run(); }

}  // namespace gw::rules
