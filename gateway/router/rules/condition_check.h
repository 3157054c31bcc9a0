#pragma once
// What a condition asks for, and what is hardly meant in it. Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "gateway/router/expression/node.h"
#include "gateway/router/rules/condition_parts.h"

namespace gw::rules {

/// What is compiled, but hardly meant: "'nam' is taken for …, did you mean 'name'?"; empty where there is none. `keys`
/// are of tags, meta values and fields that are known to be there sometimes.
std::string slip_in(const expression::Node& condition, const Words& keys);
/// The same of the function of an aggregate; `metrics` are known to be names of some.
std::string slip_in_function(const expression::Node& function, const Words& metrics);

/// Why no part of a host can have this value of the tag `type`, and what may be meant; empty where one can.
std::string why_no_part(std::string_view type);

struct WantedNames {
  Words names;
  bool alone = false;  ///< nothing else is asked
};
/// The names of metrics of which the condition wants one, where it does.
std::optional<WantedNames> names_wanted(const expression::Node& condition);
/// The value that it wants the tag `key` to have, where it wants one. A view into the tree.
std::optional<std::string_view> tag_wanted(const expression::Node& condition, std::string_view key);
/// The type of message that it wants, where it wants one. `keys` are of tags, meta values and fields that rules set.
std::optional<std::string_view> type_wanted(const expression::Node& condition, const Words& keys);
/// Whether it asks anything of the tag `key`.
bool asks_tag(const expression::Node& condition, std::string_view key);
/// The metrics without which the function of an aggregate has no value.
Words metrics_needed(const expression::Node& function);
/// A metric, which is a list of values, where the function of an aggregate needs a number; null where there is none.
const expression::Node* metric_as_number(const expression::Node& function);
/// Whether the function of an aggregate names the metric.
bool names_metric(const expression::Node& function, std::string_view metric);

}  // namespace gw::rules
