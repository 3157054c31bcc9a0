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
  bool is_whole = true;         ///< else it would have taken too long: of `names` nothing is known
};

/// What may be done for all names of a file: seconds at the worst.
inline constexpr std::size_t names_steps_max = 1'000'000;

/// By the steps from number `first` on. Takes what it does from `steps_left`.
NamesWritten names_written(const router::RuleSet& rules, const std::string& name, std::size_t first,
                           std::size_t& steps_left);

}  // namespace gw::rules
