// duration = 1*( number unit )     units in falling order, each at most once
// unit     = "h" / "m" / "s" / "ms"
// size     = number ( "B" / "KiB" / "MiB" / "GiB" / "KB" / "MB" / "GB" )
// number   = 1*12DIGIT

#include "gateway/config/units.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace gw::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 4> duration_units{{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 7> size_units{{{"GiB", 1ULL << 30},
                                          {"MiB", 1ULL << 20},
                                          {"KiB", 1ULL << 10},
                                          {"B", 1},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"KB", 1'000}}};
constexpr std::uint64_t duration_max = 366ULL * 24 * 3'600'000;
constexpr std::uint64_t size_max = 1ULL << 40;
constexpr std::size_t digits_max = 12;  // times the largest factor it still fits 64 bits

/// Takes a number off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > digits_max) return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : text.substr(0, digits)) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  text.remove_prefix(digits);
  return number;
}

}  // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
  std::uint64_t total = 0;
  auto unit = duration_units.begin();
  do {
    const std::optional<std::uint64_t> number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    unit = std::find_if(unit, duration_units.end(), [name](const Unit& u) { return u.name == name; });
    if (unit == duration_units.end() || *number > duration_max / unit->factor) return std::nullopt;
    total += *number * unit->factor;
    if (total > duration_max) return std::nullopt;
    text.remove_prefix(name.size());
    ++unit;
  } while (!text.empty());
  return Milliseconds(total);
}

std::optional<Seconds> parse_interval(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration || *duration < interval_min || *duration > interval_max || *duration % Seconds(1) != Milliseconds(0))
    return std::nullopt;
  return std::chrono::duration_cast<Seconds>(*duration);
}

std::string duration_text(Milliseconds duration) {
  auto rest = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
  std::string text;
  for (const Unit& unit : duration_units) {
    if (rest >= unit.factor) text += fmt::format("{}{}", rest / unit.factor, unit.name);
    rest %= unit.factor;
  }
  return text.empty() ? "0s" : text;
}

std::optional<std::size_t> parse_size(std::string_view text) {
  const std::optional<std::uint64_t> number = take_number(text);
  if (!number) return std::nullopt;
  const auto unit =
      std::find_if(size_units.begin(), size_units.end(), [text](const Unit& u) { return u.name == text; });
  if (unit == size_units.end() || *number > size_max / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

std::string size_text(std::size_t bytes) {
  const auto unit = std::find_if(size_units.begin(), size_units.end(),
                                 [bytes](const Unit& u) { return bytes >= u.factor && bytes % u.factor == 0; });
  return unit == size_units.end() ? fmt::format("{}B", bytes) : fmt::format("{}{}", bytes / unit->factor, unit->name);
}

}  // namespace gw::config
