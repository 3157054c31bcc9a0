#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/router/rule_set.h"

namespace gw::rules {

/// As texts name it: "'drop_metrics: a' in line 3".
std::string named_rule(const router::RuleSet& rules, std::size_t rule);

/// The series that aggregates are written as. Lines of one series and one time overwrite each other in the store.
class AggregateSeries {
 public:
  /// `rules` must outlive it.
  explicit AggregateSeries(const router::RuleSet& rules);
  /// Why values of the aggregate, or those that it overwrites, are lost in the store; empty where nothing says so.
  std::string why_lost(const router::Aggregate& aggregate) const;

 private:
  const router::Aggregate* earlier_of_its_series(const router::Aggregate& aggregate) const;

  const router::RuleSet& rules_;
  std::map<std::vector<std::string_view>, const router::Aggregate*> first_of_series_;
};

}  // namespace gw::rules
