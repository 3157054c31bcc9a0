#pragma once
// How a value may become another one by a new prefix than in ClusterCockpit's library, and why.

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <variant>

#include "codecs/line.h"

namespace cc_lib {

inline constexpr std::string_view rounds_twice =
    "cc-lib multiplies by a rounded factor: one unit of the last place or two";
inline constexpr std::string_view truncates = "cc-lib truncates what is no whole number";
inline constexpr std::string_view inexact = "cc-lib computes integers as doubles and truncates them";
inline constexpr std::string_view out_of_range = "beyond the integer's range, where Go says nothing of the result";

inline bool close(double a, double b) { return std::fabs(a - b) <= 4e-16 * std::fabs(a); }

/// As the program writes it: {"int":1}.
inline nlohmann::json value_of(const codecs::FieldValue& value) {
  if (const auto* const real = std::get_if<double>(&value)) return {{"float", *real}};
  if (const auto* const integer = std::get_if<std::int64_t>(&value)) return {{"int", *integer}};
  if (const auto* const natural = std::get_if<std::uint64_t>(&value)) return {{"uint", *natural}};
  if (const auto* const flag = std::get_if<bool>(&value)) return {{"bool", *flag}};
  return {{"string", std::get<codecs::StringValue>(value).text}};
}

inline double number(const nlohmann::json& value) { return value.front().get<double>(); }

/// The reason why a value has become another one here than there; nothing where that has none.
inline std::optional<std::string_view> reason_of(const nlohmann::json& before, const nlohmann::json& ours,
                                                 const nlohmann::json& theirs) {
  if (before.contains("float")) return close(number(ours), number(theirs)) ? std::optional(rounds_twice) : std::nullopt;
  const bool is_signed = before.contains("int");
  // Where a double is this large, it is no integer of that kind.
  if (std::fabs(number(ours)) >= (is_signed ? 0x1p63 : 0x1p64)) return out_of_range;
  const double apart = std::fabs(number(ours) - number(theirs));
  if (apart > 1 && apart > 4e-16 * std::fabs(number(ours))) return std::nullopt;
  return ours.contains("float") ? truncates : inexact;
}

}  // namespace cc_lib
