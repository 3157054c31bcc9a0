#pragma once
// The functions of the language: those of expr-lang (https://expr-lang.org/docs/language-definition, "Built-in
// functions") that need neither clock nor Go's types, and ClusterCockpit's `match`.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/router/expression/pattern.h"
#include "gateway/router/expression/type.h"
#include "gateway/router/expression/value.h"

namespace gw::expression {

/// What a function gets and answers with.
struct Call {
  std::span<const Value> arguments;
  Arena& arena;
  const re2::RE2* pattern = nullptr;  ///< the first argument, where it was compiled beforehand
  std::size_t steps = 0;              ///< taken beyond one look at the arguments
  std::string problem;                ///< not empty: there is no answer

  Value fail(std::string text) {
    problem = std::move(text);
    return {};
  }
};

/// Functions that go over a list with a closure; the evaluator walks for them.
enum class Walk : std::uint8_t {
  none,  ///< no such function
  all,
  no_one,
  any,
  one,
  filter,
  map,
  find,
  find_index,
  find_last,
  find_last_index,
  count,
  sum,
  reduce,
  sort_by,
};

/// Steps that it costs to compile a pattern which only the data tells.
inline constexpr std::size_t compile_steps = 10'000;
/// Steps that a search takes at worst.
std::size_t search_steps(const re2::RE2& pattern, std::string_view text);

/// More than an expression may have parts.
inline constexpr std::uint16_t any_number = std::numeric_limits<std::uint16_t>::max();

struct Function {
  std::string_view name;
  Value (*call)(Call&);  ///< null where the evaluator walks
  Type result;
  std::uint16_t arguments_min;
  std::uint16_t arguments_max;
  Walk walk = Walk::none;
  std::int8_t closure = -1;  ///< which argument is one; -1: none
};

/// Null where there is none of that name.
const Function* find_function(std::string_view name);
std::span<const std::string_view> function_names();

/// The places of `keys` in order, the greatest first where `down`; equal ones stay as they stand. Nothing where they
/// are neither all numbers nor all texts, but for one alone.
std::optional<std::vector<std::size_t>> order_of(const List& keys, bool down);

/// As Go prints it: 1.5, 1e+06, <nil>, [1 2].
std::string text_of(const Value& value);

}  // namespace gw::expression
