#pragma once
// What drops leave for the rules behind them.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/router/rules/condition_parts.h"
#include "gateway/router/step.h"

namespace gw::rules {

/// Is told each step in turn, and asked in between which earlier rule has dropped all that a later one is for. What it
/// says is sure; what takes long to see, it does not say. The steps must outlive it. Not thread-safe.
class EarlierDrops {
 public:
  void remember(const router::Step& step);

  /// The rule that dropped all messages of that name, by a condition on the name alone.
  std::optional<std::size_t> dropper_of_name(std::string_view name);
  /// The one that dropped all that fulfil `condition`: that wants what it dropped, and what it asks for is as it was.
  std::optional<std::size_t> dropper_of(const expression::Node& condition) const;
  /// The one that dropped all of a type, like "metric".
  std::optional<std::size_t> dropper_of_type(std::string_view type) const;

 private:
  using Place = std::size_t;  ///< of a step, from 1
  struct Drop {
    Place place = 0;
    std::size_t rule = 0;
    const expression::Node* condition = nullptr;
    std::optional<Words> reads;
  };

  void remember_condition(const router::Step& step);
  void remember_changes(const router::Step& step);
  void change(const std::string& word) { changed_[word] = any_change_ = place_; }
  /// The messages of that name are others than those that an earlier step saw.
  void give_name(const std::string& name) { named_[name] = place_; }
  bool holds_still(const Drop& drop) const;

  Place place_ = 0;
  std::map<std::string, Drop, std::less<>> by_condition_;  ///< by what it wants
  std::vector<Drop> by_name_;                              ///< of these, those that ask for the name alone
  std::map<std::string, std::size_t, std::less<>> by_type_;
  std::map<std::string, Place, std::less<>> changed_;  ///< what conditions read, and the last step that changed it
  std::map<std::string, Place, std::less<>> named_;
  Place any_change_ = 0;
  std::size_t questions_left_ = 200'000;
  std::size_t steps_left_ = 1'000'000;
};

}  // namespace gw::rules
