#include "gateway/router/rules/aggregate_series.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "gateway/config/problem.h"
#include "gateway/router/rules/condition_check.h"

namespace gw::rules {
namespace {

using expression::Node;

std::optional<std::string_view> value_of(const router::Aggregate& aggregate, std::string_view key) {
  const auto found = std::ranges::find(aggregate.tags, key, &codecs::Message::Tag::key);
  return found == aggregate.tags.end() ? std::nullopt : std::optional<std::string_view>(found->value);
}

/// Its name and tags, whose order says nothing.
std::vector<std::string_view> series_of(const router::Aggregate& aggregate) {
  std::vector<std::pair<std::string_view, std::string_view>> tags;
  tags.reserve(aggregate.tags.size());
  for (const codecs::Message::Tag& tag : aggregate.tags) tags.emplace_back(tag.key, tag.value);
  std::ranges::sort(tags);
  std::vector<std::string_view> series = {aggregate.name};
  for (const auto& [key, value] : tags) series.insert(series.end(), {key, value});
  return series;
}

bool is_computed_from(const router::Aggregate& aggregate, std::string_view name) {
  const auto wanted = aggregate.condition == nullptr ? std::nullopt : names_wanted(aggregate.condition->tree());
  return (wanted && wanted->names.contains(name)) || names_metric(aggregate.function->tree(), name);
}

/// As far as the rules say it. What has no type is of a node.
bool has_type_of_source(const router::Aggregate& aggregate) {
  const std::string_view type = value_of(aggregate, "type").value_or("node");
  const auto wanted = aggregate.condition == nullptr ? std::nullopt : tag_wanted(aggregate.condition->tree(), "type");
  if (type == router::copied || type == wanted) return true;
  return !wanted && !value_of(aggregate, "type");
}

}  // namespace

std::string named_rule(const router::RuleSet& rules, std::size_t rule) {
  const router::Rule& written = rules.rules[rule];
  return fmt::format("'{}' in line {}", written.text, written.at.line);
}

AggregateSeries::AggregateSeries(const router::RuleSet& rules) : rules_(rules) {
  for (const router::Aggregate& aggregate : rules.aggregates)
    first_of_series_.emplace(series_of(aggregate), &aggregate);
}

std::string AggregateSeries::why_lost(const router::Aggregate& aggregate) const {
  const Node* const condition = aggregate.condition == nullptr ? nullptr : &aggregate.condition->tree();
  const bool of_some_hosts = condition != nullptr && asks_tag(*condition, "hostname");
  const auto host = value_of(aggregate, "hostname");
  if (host && host != router::copied && !of_some_hosts)
    return fmt::format(
        "each host has this aggregate, and all are written as hostname={}: the last one overwrites the others; there "
        "are none of several hosts",
        *host);
  if (const auto type = value_of(aggregate, "type"); type && type != router::copied) {
    if (std::string why = why_no_part(*type); !why.empty()) return why;
  }
  if (const router::Aggregate* const other = earlier_of_its_series(aggregate); other != nullptr && !of_some_hosts)
    return fmt::format("it has the name and the tags of {}: one overwrites the other", named_rule(rules_, other->rule));
  if (!is_computed_from(aggregate, aggregate.name) || !has_type_of_source(aggregate)) return {};
  return fmt::format(
      "it has the name of a metric that it is computed from, '{}', and no tag 'type' of its own: it may overwrite that "
      "metric",
      aggregate.name);
}

const router::Aggregate* AggregateSeries::earlier_of_its_series(const router::Aggregate& aggregate) const {
  const router::Aggregate* const first = first_of_series_.at(series_of(aggregate));
  return first == &aggregate ? nullptr : first;
}

}  // namespace gw::rules
