#pragma once
// Units as ClusterCockpit writes them: a prefix, what is measured and perhaps what it is divided by, as in KB or
// GFlops/s. The prefixes, measures and names are cc-lib's. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codecs/line.h"

namespace gw::router {

enum class Prefix : std::uint8_t {
  base,
  kilo,
  mega,
  giga,
  tera,
  peta,
  exa,
  zetta,
  yotta,
  milli,
  micro,
  nano,
  kibi,
  mebi,
  gibi,
  tebi,
  pebi,
  exbi,
  zebi,
  yobi,
};

enum class Measure : std::uint8_t {
  bytes,
  flops,
  percent,
  celsius,
  fahrenheit,
  rotation,
  frequency,
  time,
  watt,
  joule,
  cycles,
  requests,
  packets,
  events,
};

struct Unit {
  Prefix prefix = Prefix::base;
  Measure measure = Measure::bytes;
  std::optional<Measure> denominator;
  friend bool operator==(const Unit&, const Unit&) = default;
};

/// Nothing where `text` is no unit, or one that cc-lib takes for another than it is (Mbit/s, kWh, B/min): what has such
/// a unit is better left alone.
std::optional<Unit> parse_unit(std::string_view text);
/// As cc-lib writes it: KB, MB/s, GFlops/s.
std::string short_text(const Unit& unit);

/// "" is the base.
std::optional<Prefix> parse_prefix(std::string_view text);
/// `unit` with another prefix. Nothing where its text says another unit: mB is Megabytes, and K% is
/// percent.
std::optional<Unit> with_prefix(const Unit& unit, Prefix prefix);

/// `value`, of the prefix `from`, with the prefix `to`. An integer stays one of its kind where the result is whole and
/// fits; else it becomes a double: 1500 from base to kilo is 1.5. That is the nearest one for integers up to 2^53 and
/// factors up to 10^22, else within two units of the last place. A double beyond the range of doubles becomes infinite.
/// What is no number is left as it is.
codecs::FieldValue convert(const codecs::FieldValue& value, Prefix from, Prefix to);

}  // namespace gw::router
