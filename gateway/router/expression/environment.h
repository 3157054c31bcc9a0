#pragma once
// What an expression can name beside its own variables: the checker asks before, the evaluator while it runs.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/router/expression/type.h"
#include "gateway/router/expression/value.h"

namespace gw::expression {

/// A name or a method that is known. `slot` is the environment's own number for it, 0 or more.
struct Known {
  int slot = 0;
  Type type;
  std::size_t arguments = 0;      ///< of a method or a function
  std::size_t optional = 0;       ///< how many of them, the last ones, may be left out
  bool own = true;                ///< false: only the data tells whether there is something of that name
  Reads reads = Reads::message;   ///< what asking for it looks at; the environment says it for each of its slots
  std::optional<Value> constant;  ///< what the name stands for, where that is always the same; no list and no map
};

class Environment {
 public:
  virtual ~Environment() = default;
  virtual std::optional<Known> find_name(std::string_view name) const = 0;
  virtual std::optional<Known> find_method(std::string_view name) const = 0;
  /// A function beside those of the language. Its slot is none of a method's.
  virtual std::optional<Known> find_function(std::string_view) const { return std::nullopt; }
  /// Why a function, or a name, is not known that others know; empty where there is no more to say.
  virtual std::string_view why_no_function(std::string_view) const { return {}; }
  virtual std::string_view why_no_name(std::string_view) const { return {}; }
  /// Why a known function never has a value for these arguments, empty where it may have one. `texts` are those that
  /// are written down as such, empty for all others.
  virtual std::string why_no_value(std::string_view, std::span<const std::string_view>) const { return {}; }
  /// What to suggest from where a name is not known.
  virtual std::span<const std::string_view> names() const = 0;
  virtual std::span<const std::string_view> methods() const = 0;
};

/// The values behind the slots of one environment, for one evaluation.
class Variables {
 public:
  virtual ~Variables() = default;
  virtual Value get(int slot, std::string_view name) const = 0;
  /// Of a method or a function.
  virtual Value call(int slot, std::span<const Value> arguments) const = 0;
};

}  // namespace gw::expression
