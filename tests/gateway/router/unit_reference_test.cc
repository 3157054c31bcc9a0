// Units against ClusterCockpit's own library: which texts are units, how they are written, and what values become.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/router/unit.h"
#include "tests/gateway/router/cc_lib.h"
#include "tests/gateway/router/value_differences.h"

using namespace gw::router;
using codecs::FieldValue;
using nlohmann::json;
using namespace cc_lib;

namespace {

/// Why we differ; each counted.
using Differences = std::map<std::string_view, std::size_t>;
constexpr std::string_view begins_like = "the text only begins like a measure: cc-lib does not look at the rest";
constexpr std::string_view unknown_denominator = "cc-lib drops a denominator that it does not know";
constexpr std::string_view odd_denominator =
    "cc-lib takes a denominator that begins like a measure, or drops more of them";
constexpr std::string_view small_letter = "p, z and y mean parts of what has parts: cc-lib reads peta, zetta and yotta";
constexpr std::string_view no_prefix =
    "cc-lib leaves out what is before a percent without looking whether it is a prefix";
constexpr std::string_view micro_and_nano = "cc-lib writes u and n before a measure, but does not read them";
constexpr std::string_view says_another =
    "the text with the new prefix says another unit (mB is Megabytes, K% percent)";

void print(std::string_view what, std::size_t alike, std::size_t all, const Differences& differences) {
  std::printf("%.*s as cc-lib has them: %zu of %zu\n", static_cast<int>(what.size()), what.data(), alike, all);
  for (const auto& [reason, count] : differences)
    std::printf("  %zu: %.*s\n", count, static_cast<int>(reason.size()), reason.data());
}

// What texts are made of. Of each part, first what means what it says, then what cc-lib takes for something else or
// does not know; `small` letters are parts of a measure that has parts.
const std::vector<std::string> large = {"",   "k",  "K",  "m",  "M",  "g",  "G",  "t",  "T",  "P",  "e",    "E",   "Z",
                                        "Y",  "ki", "Ki", "Mi", "gi", "Gi", "ti", "Ti", "pi", "Pi", "ei",   "Ei",  "zi",
                                        "Zi", "yi", "Yi", "u",  "n",  "mi", "i",  "µ",  "da", "x",  "kilo", "Mega"};
const std::vector<std::string> small = {"p", "z", "y"};
const std::vector<std::string> without_parts = {"B",      "b",       "byte",  "Byte",    "bytes",    "BYTES", "F",
                                                "f",      "flop",    "Flops", "FLOPS",   "cy",       "cyc",   "Cycle",
                                                "cycles", "req",     "reqs",  "request", "Requests", "pkt",   "pkts",
                                                "packet", "Packets", "event", "EveNts",  "events"};
const std::vector<std::string> with_parts = {
    "degC",  "degc", "°C", "°c",  "degF", "degf",   "°F",      "°f", "rpm",  "RPM",   "Hz", "hz",    "HZ",
    "hertz", "s",    "S",  "sec", "Secs", "second", "seconds", "W",  "watt", "Watts", "J",  "Joule", "joules"};
const std::vector<std::string> percent = {"%", "percent", "Percent", "percentage"};
const std::vector<std::string> not_measures = {
    "bit",     "bits", "bps",  "b/",      "by",       "bytess",     "bandwidth", "B ",       "foobar",
    "fps",     "fs",   "fan",  "flopz",   "fl",       "state",      "socket",    "sd",       "so",
    "sec.",    "s^2",  "Wh",   "wh",      "wa",       "weight",     "jobs",      "java",     "jo",
    "cyt",     "cycl", "CyX",  "requ",    "req_rate", "pkts.",      "pckt",      "evnt",     "ent",
    "events!", "rpms", "hzz",  "herz",    "htz",      "degCelsius", "°Cx",       "percents", "%x",
    "PERCENT", "pct",  "C",    "celsius", "DegC",     "DEGF",       "h",         "min",      "V",
    "A",       "ops",  "IOPS", "count",   "none",     "1",          "",          " B"};
const std::vector<std::string> denominators = {"/s",    "/sec", "/S",       "/Seconds", "/B",
                                               "/byte", "/cyc", "/request", "/event",   "/W"};
const std::vector<std::string> odd_denominators = {"/session", "/bit", "/s ", "/fan", "/s/s", "/B/op"};
const std::vector<std::string> unknown_denominators = {"/", "/min", "/h", "/op", "/ms", "/kB", "/core"};
const std::vector<std::string> targets = {"",  "k",  "K",  "M",  "g",  "G",  "T",  "P",  "E",  "Z",  "Y",  "m", "u",
                                          "n", "ki", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi", "mi", "q", "kilo"};

struct Text {
  std::string text;
  std::string_view reason;   ///< why cc-lib should be wrong to call it a unit; empty where it should be right
  bool small_parts = false;  ///< its prefix is u or n
};

/// Every prefix before every measure, and some of them before every denominator.
std::vector<Text> make_texts() {
  std::vector<Text> texts;
  const auto add_denominators = [&texts](const std::string& numerator, std::string_view reason) {
    const auto add = [&](const std::vector<std::string>& some, std::string_view own_reason) {
      for (const std::string& denominator : some)
        texts.push_back({numerator + denominator, reason.empty() ? own_reason : reason});
    };
    add(denominators, {});
    add(odd_denominators, odd_denominator);
    add(unknown_denominators, unknown_denominator);
  };
  const auto add_measures = [&](const std::string& prefix, const std::vector<std::string>& some,
                                std::string_view reason) {
    for (const std::string& measure : some) {
      texts.push_back({prefix + measure, reason, prefix == "u" || prefix == "n"});
      if (prefix.empty() || prefix == "K" || prefix == "m" || prefix == "p") add_denominators(prefix + measure, reason);
    }
  };
  for (const auto& [some, letters] : {std::pair(large, std::string_view()), std::pair(small, small_letter)}) {
    for (const std::string& prefix : some) {
      add_measures(prefix, without_parts, {});
      add_measures(prefix, percent, prefix == "i" || prefix == "mi" ? no_prefix : std::string_view());
      add_measures(prefix, with_parts, letters);
      add_measures(prefix, not_measures, begins_like);
    }
  }
  return texts;
}

/// The change of prefix, where both know the unit. The reason why it is not the same, or nothing.
std::optional<std::string_view> compare_change(const Unit& unit, std::string_view target, const json& theirs) {
  const auto to = parse_prefix(target);
  CHECK(to.has_value() == theirs.contains("changed"));
  if (!to || !theirs.contains("changed")) return std::nullopt;
  const double our_factor = std::get<double>(convert(1.0, unit.prefix, *to));
  const double their_factor = theirs["factor"];
  CHECK(close(our_factor, their_factor));
  const auto changed = with_prefix(unit, *to);
  if (!changed) {
    CHECK((*to == Prefix::milli || unit.measure == Measure::percent));
    return says_another;
  }
  CHECK(short_text(*changed) == theirs["changed"].get<std::string>());
  return our_factor == their_factor ? std::nullopt : std::optional(rounds_twice);
}

const std::vector<FieldValue> values = {
    0.0,
    1.0,
    1.5,
    1234.0,
    4.35,
    -0.1,
    1e200,
    std::int64_t{0},
    std::int64_t{1},
    std::int64_t{-1},
    std::int64_t{1500},
    std::int64_t{-1500},
    std::int64_t{2000},
    std::int64_t{4096},
    std::int64_t{15625},
    std::int64_t{9007199254740993},
    std::int64_t{1000000000000000000},
    std::numeric_limits<std::int64_t>::max(),
    std::numeric_limits<std::int64_t>::min(),
    std::uint64_t{0},
    std::uint64_t{1500},
    std::uint64_t{2000},
    std::uint64_t{18000000000000000000U},
    std::uint64_t{1} << 63,
    std::numeric_limits<std::uint64_t>::max(),
    true,
    codecs::StringValue{"1000"},
};

}  // namespace

TEST_CASE("units are read and change their prefix as ClusterCockpit's library does it, where it does it right") {
  const std::vector<Text> texts = make_texts();
  std::vector<json> questions;
  questions.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i)
    questions.push_back({{"unit", texts[i].text}, {"prefix", targets[i % targets.size()]}});
  const auto answers = ask_cc_lib("units", questions);
  if (!answers) return;
  REQUIRE(answers->size() == texts.size());

  std::size_t units = 0;
  std::size_t alike = 0;
  std::size_t changed_alike = 0;
  Differences differences;
  Differences changes;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const json& theirs = (*answers)[i];
    const auto ours = parse_unit(texts[i].text);
    CAPTURE(texts[i].text);
    CAPTURE(texts[i].reason);
    CAPTURE(questions[i].dump());
    CAPTURE(theirs.dump());
    if (!texts[i].reason.empty() && theirs["valid"].get<bool>()) {
      CHECK(!ours);
      ++differences[texts[i].reason];
      continue;
    }
    if (texts[i].small_parts && ours) {
      CHECK(!theirs["valid"].get<bool>());
      ++differences[micro_and_nano];
      continue;
    }
    CHECK(ours.has_value() == theirs["valid"].get<bool>());
    ++alike;
    if (!ours || !theirs["valid"].get<bool>()) continue;
    CHECK(short_text(*ours) == theirs["short"].get<std::string>());
    ++units;
    const auto reason = compare_change(*ours, targets[i % targets.size()], theirs);
    ++(reason ? changes[*reason] : changed_alike);
  }
  print("texts that are units or not", alike, texts.size(), differences);
  print("units of those, with another prefix", changed_alike, units, changes);
  CHECK(texts.size() >= 5000);
  CHECK(units >= 2000);
  CHECK(differences.size() == 6);
  CHECK(changes.size() == 2);
}

TEST_CASE("values change their prefix as in ClusterCockpit's library, but exactly") {
  std::vector<json> questions;
  std::vector<FieldValue> ours;
  for (const std::string& from : targets) {
    const auto unit = parse_unit(from + "s");
    if (!unit || from == "u" || from == "n") continue;  // cc-lib does not read these
    for (const std::string& to : targets) {
      const auto prefix = parse_prefix(to);
      if (!prefix) continue;
      for (const FieldValue& value : values) {
        questions.push_back({{"unit", from + "s"}, {"prefix", to}, {"value", value_of(value)}});
        ours.push_back(convert(value, unit->prefix, *prefix));
      }
    }
  }
  const auto answers = ask_cc_lib("units", questions);
  if (!answers) return;
  REQUIRE(answers->size() == questions.size());

  std::size_t alike = 0;
  Differences differences;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const json our_value = value_of(ours[i]);
    const json& their_value = (*answers)[i]["value"];
    CAPTURE(questions[i].dump());
    CAPTURE(our_value.dump());
    CAPTURE(their_value.dump());
    if (our_value == their_value && our_value.items().begin().key() == their_value.items().begin().key()) {
      ++alike;
      continue;
    }
    const auto reason = reason_of(questions[i]["value"], our_value, their_value);
    CHECK(reason);
    if (reason) ++differences[*reason];
  }
  print("values with another prefix", alike, questions.size(), differences);
  CHECK(differences.size() == 4);
}
