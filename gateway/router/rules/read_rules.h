#pragma once
// A file of rules to the router's steps, in each of the shapes that people have:
//
//   router.json of cc-metric-collector     add_tags, drop_metrics_if, rename_metrics, interval_aggregates, …
//   cc-lib's message processor             drop_messages, add_tags_if, stage_order, …: as `process_messages`, or alone
//   the list of the documentation          manipulate_messages, in `process_messages`, or alone
//
// all of it as JSON, or as TOML with the same keys. The order of the steps is written in read_router.cc.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/router/rule_set.h"
#include "gateway/router/rules/document.h"
#include "gateway/router/rules/step_maker.h"

namespace gw::rules {

struct RulesRead {
  std::shared_ptr<const router::RuleSet> rules;  ///< null where a problem is an error
  std::vector<config::Problem> problems;         ///< in the order of the file
};

/// `interval` is the site's: what interval_timestamp and interval_aggregates count in. Without `topology`, rules that
/// ask for it are refused.
RulesRead read_rules(const Document& document, Seconds interval,
                     std::shared_ptr<const router::Topology> topology = nullptr);

/// Whether rules of any shape have `key` at their top.
bool is_rule_key(std::string_view key);

/// The stages of cc-lib's message processor, in their default order.
enum class Stage : std::uint8_t {
  drop_by_name,
  drop_by_type,
  drop_if,
  add_tag,
  delete_tag,
  move_tag_to_meta,
  move_tag_to_fields,
  add_meta,
  delete_meta,
  move_meta_to_tags,
  move_meta_to_fields,
  add_field,
  delete_field,
  move_field_to_tags,
  move_field_to_meta,
  rename,
  rename_if,
  change_unit_prefix,
  normalize_unit,
  count_,
};
/// As `stage_order` has it.
std::string_view name_of(Stage stage);
inline constexpr std::size_t stage_count = static_cast<std::size_t>(Stage::count_);

/// cc-lib's flat object: the steps of each stage in the order of the file.
struct Stages {
  std::array<Steps, stage_count> steps;
  std::vector<Stage> order;  ///< `stage_order`; empty: the default
};
Stages read_flat(RuleReader& object, StepMaker& maker);
/// Its member `add_base_env`, for the conditions that are read from now on.
void read_constants(RuleReader& object, StepMaker& maker);
/// Whether it may have `key`.
bool is_flat_key(std::string_view key);
/// What shows that `object` is that flat object and no other shape: a key that no other has or, where it has nothing
/// but the keys that router.json has too, the one whose values say it. Null where it is none.
const Node* sign_of_flat(const Node& object);
/// Whether the text can only be a condition on messages and not the name of a metric.
bool is_condition(std::string_view text);

/// The documented list: each item an action, with or without `if`.
Steps read_list(std::vector<RuleReader> items, StepMaker& maker);

}  // namespace gw::rules
