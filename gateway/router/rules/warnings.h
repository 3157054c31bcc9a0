#pragma once
#include <vector>

#include "gateway/config/problem.h"
#include "gateway/router/rule_set.h"

namespace gw::rules {

/// Rules that can never do anything, as far as that can be seen without a message: conditions that nothing fulfils, and
/// rules for what an earlier one drops or renames. Names that are hardly meant, tags that lines cannot do without, and
/// aggregates that overwrite one another.
std::vector<config::Problem> warnings(const router::RuleSet& rules);

}  // namespace gw::rules
