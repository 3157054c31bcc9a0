#include "gateway/router/rules/write_rules.h"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/gateway/router/chance_rules.h"
#include "tests/gateway/router/routed.h"

using namespace gw;

namespace {

/// The converted form of rules in JSON; nothing where they are wrong.
std::optional<std::string> written(const std::string& json) {
  const rules::LoadedRules loaded = rules::read_rules_text(json, "r.json", Seconds(60));
  if (loaded.rules == nullptr) return std::nullopt;
  return rules::write_rules(*loaded.rules);
}

/// What comes out of rules, aggregates and all, and how often they failed.
std::string outcome(const std::string& text, const std::string& file, const std::vector<std::string>& lines) {
  const rules::LoadedRules loaded = rules::read_rules_text(text, file, Seconds(60));
  CHECK_MESSAGE(loaded.rules != nullptr, loaded.report());
  if (loaded.rules == nullptr) return loaded.report();
  router::Router router(loaded.rules);
  std::string out;
  codecs::LineDecoder decoder({.lenient = true});
  constexpr std::int64_t now_ns = 1'700'000'250'000'000'000;
  for (const std::string& line : lines) {
    decoder.reset(line);
    REQUIRE(decoder.next() == codecs::Step::record);
    const router::Routed routed = router.route(decoder.line(), now_ns, out);
    if (routed.kind == router::Routed::Kind::not_representable) out += "no line: " + std::string(routed.problem) + "\n";
  }
  router.end_all(now_ns, out);
  return out;
}

/// Rules in the shapes of before the documented list.
class OldShapes : public Chance {
 public:
  using Chance::Chance;

  std::string rules_of_any_shape() {
    switch (below(4)) {
      case 0:
        return rules();
      case 1:
        return "{" + flat() + "}";
      case 2:
        return "{" + legacy() + "}";
      default:
        return "{" + legacy() + R"(, "process_messages": {)" + flat() + "}}";
    }
  }

 private:
  template <std::size_t size>
  std::string some_of(const std::array<std::string, size>& rows) {
    std::string all;
    for (const std::string& row : rows) {
      if (below(3) == 0) all += (all.empty() ? "" : ",\n") + row;
    }
    return all.empty() ? R"("normalize_units": true)" : all;
  }

  std::string keyed(std::string_view key, std::string_view value) {
    static constexpr std::string_view keys[] = {"new", "unit", "type", "type-id", "was"};
    std::string rows;
    for (std::size_t i = 1 + below(3); i > 0; --i) {
      rows += fmt::format(R"({}{{"key": "{}", "value": "{}")", rows.empty() ? "" : ", ", of(keys), value);
      if (below(2) == 0) rows += fmt::format(R"(, "if": "{}")", below(4) == 0 ? "*" : condition());
      rows += "}";
    }
    return fmt::format(R"("{}": [{}])", key, rows);
  }

  /// With constants in it, sometimes.
  std::string rule() {
    static constexpr std::string_view with_constants[] = {"value > limit", "value - limit ** 2 < lowest",
                                                          "name == word && on", "tags[key] == 'n1' || tag.key == 'x'",
                                                          "{key: 1}['key'] == 1 ? on : not on"};
    return below(2) == 0 ? std::string(of(with_constants)) : condition();
  }

  std::string flat() {
    std::string order;
    if (below(3) == 0)
      order = R"(, "stage_order": ["rename", "drop_if", "add_tags_if", "delete_tag", "normalize_unit", "rename"])";
    return R"x("add_base_env": {"limit": -2, "lowest": 3.0, "word": "cpu_load", "on": true, "key": "host'name"},)x" +
           some_of(std::array{
               fmt::format(R"("drop_messages": ["other", "load"])"),
               fmt::format(R"("drop_by_message_type": ["event", "log"])"),
               fmt::format(R"("drop_messages_if": ["{}"])", rule()), keyed("add_tags_if", "x y"),
               keyed("delete_tags_if", ""), keyed("move_tag_to_meta_if", "unit"), keyed("move_tag_to_field_if", "text"),
               keyed("add_meta_if", "MB"), keyed("delete_meta_if", ""), keyed("move_meta_to_tag_if", "was"),
               keyed("move_meta_to_field_if", "f"), keyed("add_field_if", "1"), keyed("move_field_to_meta_if", "m"),
               fmt::format(R"("rename_messages": {{"mem_used": "mem_free", "mem_free": "mem used"}})"),
               fmt::format(R"("rename_messages_if": {{"{}": "hot"}})", rule()),
               fmt::format(R"("change_unit_prefix": {{"{}": "M"}})", rule()),
               fmt::format(R"("normalize_units": true)")}) +
           order;
  }

  std::string legacy() {
    return some_of(
        std::array{fmt::format(R"("drop_metrics": ["temp_core_1", "other"])"),
                   fmt::format(R"("drop_metrics_if": ["{}", "{}"])", condition(), condition()), keyed("add_tags", "b"),
                   keyed("delete_tags", ""), keyed("del_tags", ""), fmt::format(R"("interval_timestamp": true)"),
                   fmt::format(R"("rename_metrics": {{"cpu_load": "load", "load": "cpu_load"}})"),
                   fmt::format(R"("hostname_tag": "type")"), fmt::format(R"("max_forward": 50)"),
                   fmt::format(R"x("num_cache_intervals": 2, "interval_aggregates": [{{"name": "a b", "if": "{}",
          "function": "max(values) - min(values)", "tags": {{"type": "<copy>"}}, "meta": {{"unit": "KB"}}}}])x",
                               condition()),
                   fmt::format(R"("change_unit_prefix": {{"mem_used": "G", "load": "K"}})")});
  }
};

/// The examples in the documentation of ClusterCockpit's router, each an object as it stands there. None where the
/// document is not; CC_GATEWAY_SEEDS names its folder.
std::vector<std::string> documented_examples() {
  const char* const named = std::getenv("CC_GATEWAY_SEEDS");
  const std::filesystem::path folder = named != nullptr
                                           ? std::filesystem::path(named)
                                           : std::filesystem::path(CC_GATEWAY_SOURCE_DIR) / "../shared/seeds";
  std::vector<std::string> examples;
  std::ifstream in(folder / "004_24f79a95af7bcf34.txt");
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "{") examples.emplace_back();
    inside = inside || line == "{";
    if (inside) examples.back() += line + "\n";
    if (line == "}") inside = false;
  }
  return examples;
}

}  // namespace

TEST_CASE("rules of every shape route the same once they are converted") {
  std::size_t compared = 0;
  std::size_t changed = 0;
  for (std::uint32_t seed = 0; compared < 600; ++seed) {
    REQUIRE(seed < 1000);
    OldShapes chance(seed);
    const std::string json = chance.rules_of_any_shape();
    CAPTURE(json);
    const auto toml = written(json);
    if (!toml) continue;  // what chance makes may be wrong: two actions of one kind that no rule may do
    CAPTURE(*toml);
    std::vector<std::string> lines;
    std::string as_they_came;
    for (int i = 0; i < 100; ++i) {
      lines.push_back(chance.line());
      as_they_came += lines.back();
    }
    const std::string want = outcome(json, "r.json", lines);
    CHECK(outcome(*toml, "r.toml", lines) == want);
    ++compared;
    if (want != as_they_came) ++changed;
  }
  CHECK(changed > compared / 2);
}

TEST_CASE("every example of the documentation routes the same once it is converted") {
  const std::vector<std::string> examples = documented_examples();
  if (examples.empty()) {
    std::puts("skipped: the documentation of the metric router not found");
    return;
  }
  CHECK(examples.size() == 18);
  for (const std::string& json : examples) {
    CAPTURE(json);
    const auto toml = written(json);
    REQUIRE(toml);
    CAPTURE(*toml);
    Chance chance(1);
    std::vector<std::string> lines;
    for (int i = 0; i < 100; ++i) lines.push_back(chance.line());
    for (const char* const line :
         {"temp_package_id_0,hostname=n1,type=node value=71 1\n", "clock_mhz,hostname=n1,unit=Byte value=2 1\n",
          "old_name,hostname=n1 value=1 1\n", "cpu_idle,hostname=n1 value=1 1\n",
          "x,hostname=n1,type=cpu,type-id=0 value=1 1\n", "mem_total,hostname=n1,unit=kB value=1000000 1\n"})
      lines.emplace_back(line);
    CHECK(outcome(*toml, "r.toml", lines) == outcome(json, "r.json", lines));
  }
}

TEST_CASE("the documented order of router.json is written out, each rule with its line") {
  CHECK(written(R"x({
  "interval_timestamp": true, "hostname_tag": "node", "num_cache_intervals": 1,
  "add_tags": [
    {"key": "cluster", "value": "fritz", "if": "*"},
    {"key": "site", "value": "nhr"},
    {"key": "type", "value": "socket", "if": "name == 'temp_package_id_0'"}],
  "delete_tags": [{"key": "unit"}],
  "drop_metrics": ["debug", "a b"], "drop_metrics_if": ["name matches \"cpu\\\\d\"", "type == 'x' && msg.HasTag(\"y\")"],
  "rename_metrics": {"clock_mhz": "clock"},
  "change_unit_prefix": {"mem.used": "G"}, "normalize_units": true,
  "interval_aggregates": [{"name": "n", "function": "avg(values)", "tags": {"type": "node"}}]
})x") == R"x([router]
interval_timestamp = true
num_cache_intervals = 1
hostname_tag = "node"

[[router.manipulate_messages]]  # r.json:8
drop_by_name = ["debug", "a b"]

[[router.manipulate_messages]]  # r.json:8
drop_by = 'name matches "cpu\\d"'

[[router.manipulate_messages]]  # r.json:8
drop_by = "type == 'x' && msg.HasTag(\"y\")"

[[router.manipulate_messages]]  # r.json:4, 5
add_base_tags = { cluster = "fritz", site = "nhr" }

[[router.manipulate_messages]]  # r.json:6
if = "name == 'temp_package_id_0'"
add_tags_by = { type = "socket" }

[[router.manipulate_messages]]  # r.json:7
delete_tags_by = ["unit"]

[[router.manipulate_messages]]  # r.json:9
rename_by = { clock_mhz = "clock" }

[[router.manipulate_messages]]  # r.json:6, again, after renaming
if = "name == 'temp_package_id_0'"
add_tags_by = { type = "socket" }

[[router.manipulate_messages]]  # r.json:10
normalize_units = true

[[router.manipulate_messages]]  # r.json:10
change_prefix_by = { "mem.used" = "G" }

[[router.interval_aggregates]]  # r.json:11
name = "n"
function = "avg(values)"
tags = { type = "node" }
)x");
}

TEST_CASE("rules on tags are written a second time only where that may change a message") {
  const auto again = [](const std::string& members) {
    CAPTURE(members);
    const auto toml = written("{" + members + "}");
    REQUIRE(toml);
    std::size_t times = 0;
    for (std::size_t at = 0; (at = toml->find(", again", at)) != std::string::npos; ++at) ++times;
    return times;
  };
  const auto add = [](std::string_view key, std::string_view condition) {
    return fmt::format(R"({{"key": "{}", "value": "v", "if": "{}"}})", key, condition);
  };
  const auto adds = [&](const std::string& rules) { return fmt::format(R"("add_tags": [{}])", rules); };
  const std::string renames = R"(, "rename_metrics": {"x": "y"})";
  // No condition sees what was written.
  CHECK(again(adds(add("a", "name == 'x'"))) == 0);
  CHECK(again(adds(add("a", "name == 'x'") + "," + add("a", "name == 'y'")) +
              R"(, "delete_tags": [{"key": "a", "if": "value > 5"}])") == 0);
  CHECK(again(adds(add("a", "tag.b == '1' && tags['c'] == nil && msg.HasTag('d')"))) == 0);
  CHECK(again(adds(add("a", "type == 'node'")) + renames) == 0);
  // One does: the new name, or a tag that comes only later.
  CHECK(again(adds(add("a", "name == 'y'")) + renames) == 1);
  CHECK(again(adds(add("a", "metric.Name() == 'y'")) + renames) == 1);
  CHECK(again(adds(add("a", "oldname == 'x'")) + renames) == 1);
  CHECK(again(adds(add("a", "name == 'y'") + "," + add("b", "type == 'node'")) + renames) == 1);
  for (const std::string_view condition :
       {"b == 'v'", "tag_b == 'v'", "tag.b == 'v'", "tags['b'] == 'v'", "msg.GetTag('b') == 'v'", "msg.HasTag('b')",
        "tags[name] == 'v'", "len(tags) > 3", "len(msg.Tags()) > 3", "msg.GetTag(name) == 'v'"}) {
    CAPTURE(condition);
    CHECK(again(adds(add("a", condition) + "," + add("b", "*"))) == 1);
  }
  // What one rule of a tag gives for a moment, and another one takes, a third one sees between them.
  CHECK(again(adds(add("a", "name == 'x'") + "," + add("b", "tag.a == 'v'")) +
              R"(, "delete_tags": [{"key": "a", "if": "value > 5"}])") == 3);
}

TEST_CASE("names are written out as they stand, with the lines of each") {
  const auto toml = written(
      "{\"rename_metrics\": {\n\"z\": \"1\",\n\"a\": \"2\",\n\"m\": \"3\"},\n\"drop_metrics\": [\"y\",\n\"b\"]}");
  REQUIRE(toml);
  CHECK(*toml == R"x([router]

[[router.manipulate_messages]]  # r.json:5, 6
drop_by_name = ["y", "b"]

[[router.manipulate_messages]]  # r.json:2-4
rename_by = { z = "1", a = "2", m = "3" }
)x");
}

TEST_CASE("constants of rules are put in where they are named, and nowhere else") {
  const auto check = [](const std::string& condition, const std::string& want) {
    CAPTURE(condition);
    const auto toml = written(
        R"({"add_base_env": {"limit": -5, "half": 2.0, "least": -9223372036854775808, "word": "it's", "on": true},
        "drop_messages_if": [")" +
        condition + "\"]}");
    REQUIRE(toml);
    CHECK(toml->substr(toml->find("drop_by")) == "drop_by = \"" + want + "\"\n");
  };
  check("value > limit", "value > (-5)");
  check("value ** half == limit", "value ** 2.0 == (-5)");
  check("value == least", "value == (-9223372036854775807 - 1)");
  check("on and name == word", "true and name == 'it\\\\'s'");
  check("tag.word == 'limit' and tags[word] == nil", "tag.word == 'limit' and tags['it\\\\'s'] == nil");
  check("{word: 1, limit: on ? half : limit}['x'] == nil", "{word: 1, limit: true ? 2.0 : (-5)}['x'] == nil");
  check("true == on", "true == true");
}

TEST_CASE("long lists and tables do not become long lines") {
  std::string names;
  std::string renames;
  std::string tags;
  for (int i = 0; i < 12; ++i) {
    names += fmt::format("{}\"metric_{}\"", i == 0 ? "" : ", ", i);
    renames += fmt::format("{}\"metric_{}\": \"other_{}\"", i == 0 ? "" : ", ", i, i);
  }
  const std::string json = fmt::format(R"x({{"drop_metrics": [{0}], "rename_metrics": {{{1}}}, "num_cache_intervals": 1,
      "interval_aggregates": [{{"name": "n", "function": "count(values)", "tags": {{{1}}}, "meta": {{"unit": "x"}}}}]}})x",
                                       names, renames);
  const auto toml = written(json);
  REQUIRE(toml);
  CHECK(toml->find("drop_by_name = [\n  \"metric_0\",\n") != std::string::npos);
  CHECK(toml->find("[router.manipulate_messages.rename_by]\nmetric_0 = \"other_0\"\n") != std::string::npos);
  const std::vector<std::string> lines = {"metric_3 value=1 1\n", "x,hostname=h value=1 1\n"};
  CHECK(outcome(*toml, "r.toml", lines) == outcome(json, "r.json", lines));
}
