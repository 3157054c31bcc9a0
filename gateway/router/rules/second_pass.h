#pragma once
#include <vector>

#include "gateway/router/rule_set.h"

namespace gw::rules {

/// Tags are added and deleted twice for router.json's sake: before metrics are renamed and after it.
enum class Pass {
  only,   ///< of the first time too
  again,  ///< the rule had its turn before
  idle,   ///< the same, and this time it cannot change a message: it may be left out, with all idle ones together
};

/// Of each step.
std::vector<Pass> passes_of(const router::RuleSet& rules);

}  // namespace gw::rules
