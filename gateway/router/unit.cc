// unit    = [prefix] measure ["/" measure]
// prefix  = a text of the table of prefixes; a letter that can be one is one
// measure = a spelling of the table of measures
//
// The names are those of cc-lib 2.12.0, ccUnits/ccUnitPrefix.go and ccUnitMeasure.go. There a measure is whatever
// begins like one (bit and bps are Bytes, state is seconds, kWh is KW) and an unknown denominator is dropped (GB/min is
// GB): not here, so that no value is called what nobody wrote. Letters count as little as there, though: b is a Byte
// (Mb is MB, kb is KB), S is a second. us and nW, which it writes, are not read there; here they are.

#include "gateway/router/unit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <variant>

#include "codecs/ascii.h"

namespace gw::router {
namespace {

/// A factor is 2^twos * 5^fives.
struct PrefixRow {
  Prefix prefix;
  std::string_view text;  ///< as written
  std::string_view also;  ///< read too
  int twos;
  int fives;
};
constexpr PrefixRow prefixes[] = {
    {Prefix::base, "", "", 0, 0},      {Prefix::kilo, "K", "k", 3, 3},    {Prefix::mega, "M", "M", 6, 6},
    {Prefix::giga, "G", "g", 9, 9},    {Prefix::tera, "T", "t", 12, 12},  {Prefix::peta, "P", "p", 15, 15},
    {Prefix::exa, "E", "e", 18, 18},   {Prefix::zetta, "Z", "z", 21, 21}, {Prefix::yotta, "Y", "y", 24, 24},
    {Prefix::milli, "m", "m", -3, -3}, {Prefix::micro, "u", "u", -6, -6}, {Prefix::nano, "n", "n", -9, -9},
    {Prefix::kibi, "Ki", "ki", 10, 0}, {Prefix::mebi, "Mi", "Mi", 20, 0}, {Prefix::gibi, "Gi", "gi", 30, 0},
    {Prefix::tebi, "Ti", "ti", 40, 0}, {Prefix::pebi, "Pi", "pi", 50, 0}, {Prefix::exbi, "Ei", "ei", 60, 0},
    {Prefix::zebi, "Zi", "zi", 70, 0}, {Prefix::yobi, "Yi", "yi", 80, 0},
};

enum class Case : bool { exact, any };
/// Whether there are parts of one: Milliseconds, but no Millibytes.
enum class Parts : bool { none, some };

struct MeasureRow {
  std::string_view text;                      ///< as written
  std::array<std::string_view, 5> spellings;  ///< those read; "" is none
  Measure measure;
  Case letters;
  Parts parts;
};
constexpr MeasureRow measures[] = {
    {"B", {"b", "byte", "bytes"}, Measure::bytes, Case::any, Parts::none},
    {"Flops", {"f", "flop", "flops"}, Measure::flops, Case::any, Parts::none},
    {"%", {"%", "percent", "Percent", "percentage", "Percentage"}, Measure::percent, Case::exact, Parts::some},
    {"degC", {"degC", "degc", "°C", "°c"}, Measure::celsius, Case::exact, Parts::some},
    {"degF", {"degF", "degf", "°F", "°f"}, Measure::fahrenheit, Case::exact, Parts::some},
    {"RPM", {"rpm"}, Measure::rotation, Case::any, Parts::some},
    {"Hz", {"hz", "hertz"}, Measure::frequency, Case::any, Parts::some},
    {"s", {"s", "sec", "secs", "second", "seconds"}, Measure::time, Case::any, Parts::some},
    {"W", {"w", "watt", "watts"}, Measure::watt, Case::any, Parts::some},
    {"J", {"j", "joule", "joules"}, Measure::joule, Case::any, Parts::some},
    {"cyc", {"cy", "cyc", "cycle", "cycles"}, Measure::cycles, Case::any, Parts::none},
    {"requests", {"req", "reqs", "request", "requests"}, Measure::requests, Case::any, Parts::none},
    {"packets", {"pkt", "pkts", "packet", "packets"}, Measure::packets, Case::any, Parts::none},
    {"events", {"event", "events"}, Measure::events, Case::any, Parts::none},
};

// The rows stand in the order of the enumerators, so that they are their own index.
const PrefixRow& row(Prefix prefix) { return prefixes[static_cast<std::size_t>(prefix)]; }
const MeasureRow& row(Measure measure) { return measures[static_cast<std::size_t>(measure)]; }
template <class Row, std::size_t size>
constexpr bool in_order(const Row (&rows)[size], auto key) {
  for (std::size_t i = 0; i < size; ++i) {
    if (static_cast<std::size_t>(rows[i].*key) != i) return false;
  }
  return true;
}
static_assert(in_order(prefixes, &PrefixRow::prefix) && in_order(measures, &MeasureRow::measure));

std::optional<Measure> parse_measure(std::string_view text) {
  if (text.empty()) return std::nullopt;
  for (const MeasureRow& candidate : measures) {
    const auto is_text = [&](std::string_view spelling) {
      return candidate.letters == Case::any ? codecs::same_word(spelling, text) : spelling == text;
    };
    if (std::ranges::any_of(candidate.spellings, is_text)) return candidate.measure;
  }
  return std::nullopt;
}

/// The prefix that `text` with this measure behind it is.
std::optional<Prefix> prefix_of(std::string_view text, Measure measure) {
  const std::optional<Prefix> prefix = parse_prefix(text);
  if (!prefix) return std::nullopt;
  if (measure == Measure::percent) return Prefix::base;
  if (row(measure).parts == Parts::none) return prefix == Prefix::milli ? Prefix::mega : prefix;
  // Where there are parts, small letters mean some: ps are picoseconds. cc-lib reads Petaseconds.
  const bool small = text == "p" || text == "z" || text == "y";
  return small ? std::nullopt : prefix;
}

std::optional<Unit> parse_numerator(std::string_view text) {
  const std::size_t letter = !text.empty() && std::string_view("kKmMgGtTpPeEzZyYun").contains(text[0]) ? 1 : 0;
  const std::size_t size = letter + (text.substr(letter).starts_with('i') ? 1 : 0);
  if (const auto measure = parse_measure(text.substr(size))) {
    const auto prefix = prefix_of(text.substr(0, size), *measure);
    return prefix ? std::optional(Unit{.prefix = *prefix, .measure = *measure}) : std::nullopt;
  }
  // The P of packets and the e of events are no prefixes.
  const auto measure = parse_measure(text);
  return measure ? std::optional(Unit{.measure = *measure}) : std::nullopt;
}

double power_of_5(int exponent) {
  double power = 1;
  for (int i = 0; i < exponent; ++i) power *= 5;  // exact up to 5^22
  return power;
}

/// What from / to is: 2^twos * 5^fives.
struct Ratio {
  Ratio(Prefix from, Prefix to) : twos(row(from).twos - row(to).twos), fives(row(from).fives - row(to).fives) {}
  int twos;
  int fives;
};

// One rounding: multiplied or divided by a power of 5, which is exact, as is any power of 2.
double times(double value, Ratio ratio) {
  return ratio.fives >= 0 ? value * std::ldexp(power_of_5(ratio.fives), ratio.twos)
                          : value / std::ldexp(power_of_5(-ratio.fives), -ratio.twos);
}

/// Takes or adds `count` factors, which is negative where they are taken. False where that leaves no whole number of 64
/// bits.
bool scale(std::uint64_t& value, std::uint64_t factor, int count) {
  for (; count < 0; ++count) {
    if (value % factor != 0) return false;
    value /= factor;
  }
  for (; count > 0; --count) {
    if (value > std::numeric_limits<std::uint64_t>::max() / factor) return false;
    value *= factor;
  }
  return true;
}

template <class Integer>
codecs::FieldValue times_exactly(Integer value, Ratio ratio) {
  const bool negative = value < 0;
  std::uint64_t size = static_cast<std::uint64_t>(value);
  if (negative) size = 0 - size;
  // What is taken goes first: it makes room.
  const bool whole = ratio.twos < 0 ? scale(size, 2, ratio.twos) && scale(size, 5, ratio.fives)
                                    : scale(size, 5, ratio.fives) && scale(size, 2, ratio.twos);
  const std::uint64_t most = static_cast<std::uint64_t>(std::numeric_limits<Integer>::max()) + (negative ? 1 : 0);
  if (!whole || size > most) return times(static_cast<double>(value), ratio);
  return static_cast<Integer>(negative ? 0 - size : size);
}

}  // namespace

std::optional<Unit> parse_unit(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::optional<Unit> unit = parse_numerator(text.substr(0, slash));
  if (!unit || slash == std::string_view::npos) return unit;
  unit->denominator = parse_measure(text.substr(slash + 1));
  return unit->denominator ? unit : std::nullopt;
}

std::string short_text(const Unit& unit) {
  std::string text(row(unit.prefix).text);
  text += row(unit.measure).text;
  if (unit.denominator) text.append("/").append(row(*unit.denominator).text);
  return text;
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  for (const PrefixRow& candidate : prefixes) {
    if (candidate.text == text || candidate.also == text) return candidate.prefix;
  }
  return std::nullopt;
}

std::optional<Unit> with_prefix(const Unit& unit, Prefix prefix) {
  Unit changed = unit;
  changed.prefix = prefix;
  return parse_unit(short_text(changed)) == changed ? std::optional(changed) : std::nullopt;
}

codecs::FieldValue convert(const codecs::FieldValue& value, Prefix from, Prefix to) {
  const Ratio ratio(from, to);
  return std::visit(
      [ratio](const auto& number) -> codecs::FieldValue {
        using Kind = std::decay_t<decltype(number)>;
        if constexpr (std::is_same_v<Kind, double>) {
          return times(number, ratio);
        } else if constexpr (std::is_same_v<Kind, std::int64_t> || std::is_same_v<Kind, std::uint64_t>) {
          return times_exactly(number, ratio);
        } else {
          return number;
        }
      },
      value);
}

}  // namespace gw::router
