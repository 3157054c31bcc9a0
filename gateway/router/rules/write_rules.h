#pragma once
#include <string>

#include "gateway/router/rule_set.h"

namespace gw::rules {

/// The table [router] of TOML with `rules` in the documented list's form, each with the place it comes from as a
/// comment. Read again it routes as `rules` do: the same steps in the same order, but for those that say again what
/// holds already.
std::string write_rules(const router::RuleSet& rules);

}  // namespace gw::rules
