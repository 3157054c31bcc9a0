#pragma once
#include <cstddef>
#include <set>
#include <string>

#include "gateway/router/rule_set.h"

namespace gw::rules {

/// What becomes of the metrics of one name, as far as that is seen without one.
struct NamesWritten {
  std::set<std::string> names;  ///< those that they may have in the end; empty where all are dropped
  bool is_sure = true;          ///< nothing but the name decides: there is one name, or none
};

/// By the steps from number `first` on.
NamesWritten names_written(const router::RuleSet& rules, const std::string& name, std::size_t first = 0);

}  // namespace gw::rules
