// A condition that is and-ed together of parts wants something of each thing that they ask about. What all wants leave
// may be nothing:
//
//   texts     type == 'a' && type in ['b', 'c']          sets of them, which have nothing in common
//             type == 'a' && type != 'a'                 … or nothing but what is excluded
//   numbers   value > 5 && value in [1, 2]               ranges
//   names     name == 'x' && match('^y', name)           what asks for the name alone is asked of each name
//   parts     value > x && not (value > x)               the same part wanted and not wanted
//   nothing   1 > 2, not true, name in []                what looks at no message has its value already

#include "gateway/router/rules/contradiction.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "gateway/config/problem.h"
#include "gateway/router/rules/condition_parts.h"

namespace gw::rules {

using expression::Node;
using expression::Operator;

namespace {

/// To see what a part says that looks at no message, or at one name.
constexpr std::size_t steps_max = 10'000;
/// More are not asked one by one.
constexpr std::size_t names_max = 100;

struct Bound {
  double number = 0;
  bool open = false;  ///< the number itself is not in it
  std::string text;   ///< "> 5"
};
/// `path > 5` and the like, whichever way round.
struct Comparison {
  const Node* asked;
  std::string path;
  Operator op;
  double number;
};

std::optional<Comparison> comparison_of(const Node& node) {
  constexpr std::array<Operator, 5> orders = {Operator::equal, Operator::less, Operator::greater, Operator::less_equal,
                                              Operator::greater_equal};
  if (node.kind != Node::Kind::binary || std::ranges::find(orders, node.op) == orders.end()) return std::nullopt;
  const Node* asked = node.parts[0].get();
  std::optional<double> number = number_written(*node.parts[1]);
  Operator op = node.op;
  if (!number) {
    asked = node.parts[1].get();
    number = number_written(*node.parts[0]);
    op = expression::mirrored(op);
  }
  std::string path = path_of(*asked);
  if (!number || path.empty()) return std::nullopt;
  return Comparison{asked, std::move(path), op, *number};
}

/// The same of one that says what it is: `path in [1, 2]` is from 1 to 2.
std::vector<Comparison> comparisons_in(const Node& node) {
  if (auto comparison = comparison_of(node)) return {*std::move(comparison)};
  if (!is(node, Operator::in)) return {};
  for (const Compared& compared : compared_in(node)) {
    std::vector<double> numbers;
    for (const Node* const item : compared.with) {
      if (const auto number = number_written(*item)) numbers.push_back(*number);
    }
    if (compared.path.empty() || numbers.empty() || numbers.size() < compared.with.size()) continue;
    const auto [least, most] = std::ranges::minmax(numbers);
    if (least == most) return {{compared.asked, compared.path, Operator::equal, least}};
    return {{compared.asked, compared.path, Operator::greater_equal, least},
            {compared.asked, compared.path, Operator::less_equal, most}};
  }
  return {};
}

/// What is left for one path by all comparisons with numbers.
class Range {
 public:
  /// Why there is nothing left; empty where there is.
  std::string add(const Comparison& comparison) {
    const bool open = comparison.op == Operator::less || comparison.op == Operator::greater;
    const auto bound = [&](std::string_view sign) {
      return Bound{comparison.number, open, fmt::format("{}{} {}", sign, open ? "" : "=", comparison.number)};
    };
    const bool above = comparison.op == Operator::greater || comparison.op == Operator::greater_equal;
    const bool below = comparison.op == Operator::less || comparison.op == Operator::less_equal;
    const Bound given = bound(above ? ">" : below ? "<" : "=");
    if (!below && (!low_ || given.number > low_->number || (given.number == low_->number && given.open))) low_ = given;
    if (!above && (!high_ || given.number < high_->number || (given.number == high_->number && given.open)))
      high_ = given;
    const bool empty = low_ && high_ &&
                       (low_->number > high_->number || (low_->number == high_->number && (low_->open || high_->open)));
    return empty ? fmt::format("{} cannot be both {} and {}", shown(*comparison.asked), low_->text, high_->text) : "";
  }

 private:
  std::optional<Bound> low_;
  std::optional<Bound> high_;
};

/// `path == 'text'`, whichever way round, or `path in ['text', …]`.
struct Texts {
  const Node* asked;
  std::string path;
  std::set<std::string_view> all;
};
std::optional<Texts> texts_in(const Node& node) {
  if (!is(node, Operator::equal) && !is(node, Operator::in)) return std::nullopt;
  for (const Compared& compared : compared_in(node)) {
    // GetTag gives "" also where there is no such tag: that says nothing.
    const auto is_said = [](const Node* other) { return other->kind == Node::Kind::text && !other->text.empty(); };
    if (compared.path.empty() || !std::ranges::all_of(compared.with, is_said)) continue;
    Texts texts{compared.asked, compared.path, {}};
    for (const Node* const text : compared.with) texts.all.insert(text->text);
    return texts;
  }
  return std::nullopt;
}

std::string said(const std::set<std::string_view>& texts) {
  const std::vector<std::string_view> all(texts.begin(), texts.end());
  return texts.size() == 1  ? config::in_quotes(all[0])
         : texts.size() < 5 ? "one of " + config::list_of(all)
                            : fmt::format("one of {}, …", config::list_of(std::span(all).first(3)));
}

/// What the texts of one path are left to be.
class Choice {
 public:
  /// Why there is nothing left; empty where there is.
  std::string add(const Texts& texts) {
    std::set<std::string_view> left;
    if (left_.empty()) {
      left = texts.all;
    } else {
      std::ranges::set_intersection(left_, texts.all, std::inserter(left, left.end()));
    }
    if (left.empty())
      return fmt::format("{} cannot be both {} and {}", shown(*texts.asked), said(left_), said(texts.all));
    left_ = std::move(left);
    return {};
  }
  const std::set<std::string_view>& left() const { return left_; }

 private:
  std::set<std::string_view> left_;  ///< empty: nothing was added yet
};

/// What the parts of one condition want together.
class Wants {
 public:
  explicit Wants(const std::vector<const Node*>& parts) : parts_(parts) {}

  /// Why nothing has all of it; empty where something may.
  std::string why_nothing() {
    for (const Node* const part : parts_) {
      if (std::string why = add(*part); !why.empty()) return why;
    }
    for (const auto& [asked, excluded] : excluded_) {
      if (std::string why = why_excluded(asked, excluded); !why.empty()) return why;
    }
    if (std::string why = why_no_name(); !why.empty()) return why;
    const auto is_excluded = [this](const std::string& part) { return excluded_parts_.contains(part); };
    return std::ranges::any_of(wanted_parts_, is_excluded) ? "it wants a part of it both to hold and not to hold" : "";
  }

 private:
  /// What one spelling of a tag, a meta value, a field or the name must not be.
  struct Excluded {
    std::string shown;
    std::set<std::string_view> texts;
  };

  std::string add(const Node& part) {
    if (const auto texts = texts_in(part)) {
      if (std::string why = wanted_[texts->path].add(*texts); !why.empty()) return why;
      // Where there is no tag `type`, `type` may be a meta value: only the same spelling asks for the same thing.
      std::ignore = wanted_as_spelled_[key_of(*texts->asked)].add(*texts);
    }
    for (const Comparison& comparison : comparisons_in(part)) {
      if (std::string why = numbers_[comparison.path].add(comparison); !why.empty()) return why;
    }
    const Node* core = &part;
    bool excluded = false;
    for (; core->kind == Node::Kind::unary && core->op == Operator::logical_not; core = core->parts[0].get())
      excluded = !excluded;
    if (is(*core, Operator::not_equal)) excluded = !excluded;
    if (excluded) exclude(*core);
    (excluded ? excluded_parts_ : wanted_parts_).insert(positive_key(*core));
    return {};
  }

  void exclude(const Node& node) {
    for (const Compared& compared : compared_in(node)) {
      if (compared.path.empty()) continue;
      Excluded& excluded = excluded_[key_of(*compared.asked)];
      excluded.shown = shown(*compared.asked);
      for (const Node* const other : compared.with) {
        if (other->kind == Node::Kind::text) excluded.texts.insert(other->text);
      }
    }
  }

  /// `a != b` is `not (a == b)`.
  static std::string positive_key(const Node& part) {
    const bool equality = is(part, Operator::equal) || is(part, Operator::not_equal);
    return equality ? key_of(*part.parts[0]) + "==" + key_of(*part.parts[1]) : key_of(part);
  }

  std::string why_excluded(const std::string& asked, const Excluded& excluded) const {
    const auto wanted = wanted_as_spelled_.find(asked);
    if (wanted == wanted_as_spelled_.end()) return {};
    const std::set<std::string_view>& left = wanted->second.left();
    if (left.empty() || !std::ranges::includes(excluded.texts, left)) return {};
    return fmt::format("{} cannot be {} and not be {}", excluded.shown, said(left), said(left));
  }

  std::string why_no_name() const {
    const auto wanted = wanted_.find("name");
    if (wanted == wanted_.end() || wanted->second.left().size() > names_max) return {};
    std::vector<const Node*> asking;
    for (const Node* const part : parts_) {
      if (reads_in(*part) == Words{"name"}) asking.push_back(part);
    }
    std::size_t steps_left = steps_max;
    for (const std::string_view name : wanted->second.left()) {
      const auto holds = [&](const Node* part) { return holds_for_name(*part, name, steps_left) != false; };
      if (std::ranges::all_of(asking, holds)) return {};
    }
    return fmt::format("the name cannot be {} and all else that it asks of the name", said(wanted->second.left()));
  }

  const std::vector<const Node*>& parts_;
  std::map<std::string, Choice> wanted_;  ///< by path
  std::map<std::string, Choice> wanted_as_spelled_;
  std::map<std::string, Range> numbers_;      ///< by path
  std::map<std::string, Excluded> excluded_;  ///< as wanted_as_spelled_
  std::set<std::string> wanted_parts_;
  std::set<std::string> excluded_parts_;
};

/// Of what looks at no message.
bool is_never_true(const Node& node) {
  if (is(node, Operator::in) && node.parts[1]->kind == Node::Kind::list && node.parts[1]->parts.empty()) return true;
  if (reads_in(node) != Words()) return false;
  std::size_t steps_left = steps_max;
  return holds_for_name(node, "", steps_left) == false;
}

}  // namespace

std::string contradiction(const Node& condition) {
  const std::vector<const Node*> parts = conjuncts_of(condition);
  for (const Node* const part : parts) {
    if (is_never_true(*part)) return "it is never true";
    if (!is(*part, Operator::logical_or)) continue;
    std::string why = contradiction(*part->parts[0]);
    if (!why.empty() && !contradiction(*part->parts[1]).empty()) return why;
  }
  return Wants(parts).why_nothing();
}

}  // namespace gw::rules
