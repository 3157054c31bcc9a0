#include "gateway/router/rules/rule_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/gateway/router/rules/show.h"

using namespace gw::rules;
using namespace rules_test;

namespace {

constexpr std::string_view json_rules = R"({
  // as cc-metric-collector's users write it
  "interval_timestamp": true,
  "num_cache_intervals": 2,
  "hostname_tag": null,
  "drop_metrics": ["b", "a"],
  "rename_metrics": {"z": "y", "c": "d"},
  "process_messages": {
    "manipulate_messages": [{"if": "name == 'x'"}, {"if": "true"}]
  }
})";

constexpr std::string_view toml_rules = R"(
interval_timestamp = true
num_cache_intervals = 2
drop_metrics = ["b", "a"]
rename_metrics = {z = "y", c = "d"}
[[process_messages.manipulate_messages]]
if = "name == 'x'"
[[process_messages.manipulate_messages]]
if = "true"
)";

/// All that a reader says of rules of the kinds that there are, then its problems.
std::string read(const Parsed& document) {
  REQUIRE_MESSAGE(document, show(document));
  std::vector<gw::config::Problem> problems;
  RuleReader reader(*document, problems);
  bool timestamp = false;
  std::int64_t intervals = 7;
  reader.boolean("interval_timestamp", timestamp);
  reader.integer("num_cache_intervals", 0, 100, intervals);
  std::string out = fmt::format("{} {}", timestamp, intervals);
  const Node* const tag = reader.text("hostname_tag");
  out += tag == nullptr ? " -" : " " + tag->text;
  for (const Node* text : reader.texts("drop_metrics")) out += " " + text->text;
  for (const Node* member : reader.entries("rename_metrics")) out += fmt::format(" {}>{}", member->key, member->text);
  if (std::optional<RuleReader> process = reader.object("process_messages")) {
    for (RuleReader& step : process->objects("manipulate_messages")) {
      const Node* const condition = step.text("if");
      if (condition == nullptr) step.missing("if", "\"true\"");
      if (condition != nullptr) out += fmt::format(" ({})", condition->text);
      step.finish();
    }
    process->finish();
  }
  reader.finish();
  for (const gw::config::Problem& problem : problems) out += "\n" + gw::config::line_of("f", problem);
  return out;
}

}  // namespace

TEST_CASE("rules read alike from JSON and from TOML") {
  const std::string want = "true 2 - b a z>y c>d (name == 'x') (true)";
  CHECK(read(parse_json(json_rules, "f")) == want);
  CHECK(read(parse_toml(toml_rules, "f")) == want);
}

TEST_CASE("what is missing or null leaves the default") {
  const std::string want = "false 7 -";
  CHECK(read(parse_json("{}", "f")) == want);
  CHECK(read(parse_json("{\"hostname_tag\": null, \"drop_metrics\": null, \"process_messages\": null}", "f")) == want);
  CHECK(read(parse_toml("", "f")) == want);
}

TEST_CASE("a value of the wrong type is told with what stands there and what is wanted") {
  const auto check = [](std::string_view member, std::string_view want) {
    CAPTURE(member);
    CHECK(read(parse_json("{" + std::string(member) + "}", "f")) == "false 7 -\nf:1:" + std::string(want));
  };
  check(R"("interval_timestamp": "true")", "24: 'interval_timestamp' must be true or false, not the text 'true'");
  check(R"("interval_timestamp": 1)", "24: 'interval_timestamp' must be true or false, not the integer 1");
  check(R"("num_cache_intervals": 1.5)",
        "25: 'num_cache_intervals' must be an integer from 0 to 100, not the float 1.5");
  check(R"("num_cache_intervals": -1)",
        "25: 'num_cache_intervals' must be an integer from 0 to 100, not the integer -1");
  check(R"("num_cache_intervals": 101)",
        "25: 'num_cache_intervals' must be an integer from 0 to 100, not the integer 101");
  check(R"("hostname_tag": [])", "18: 'hostname_tag' must be a text like \"node\", not a list");
  check(R"("drop_metrics": "a")",
        "18: 'drop_metrics' must be a list of texts like [\"cpu_idle\", \"mem_cached\"], not the text 'a'");
  check(R"("drop_metrics": [null])", "19: 'drop_metrics[0]' must be a text like \"node\", not null");
  check(R"("rename_metrics": ["a"])",
        "20: 'rename_metrics' must be an object of texts like {\"old\": \"new\"}, not a "
        "list");
  check(R"("rename_metrics": {"a": 1})", "26: 'rename_metrics.a' must be a text like \"node\", not the integer 1");
  check(R"("process_messages": [])", "22: 'process_messages' must be an object like {…}, not a list");
  check(R"("process_messages": {"manipulate_messages": {}})",
        "46: 'manipulate_messages' must be a list of objects like [{…}, {…}], not an object");
  check(R"("process_messages": {"manipulate_messages": [true]})",
        "47: 'manipulate_messages[0]' must be an object like {…}, not true");
  CHECK(read(parse_toml("rename_metrics = 1.5", "f")) ==
        "false 7 -\nf:1:18: 'rename_metrics' must be a table of texts like {old = \"new\"}, not the float 1.5");
}

TEST_CASE("a key that is there and wrong is not missing") {
  CHECK(read(parse_json(R"({"process_messages": {"manipulate_messages": [{"if": 1}]}})", "f")) ==
        "false 7 -\nf:1:54: 'if' must be a condition like \"name == 'cpu_idle'\", not the integer 1");
}

TEST_CASE("all problems are told, and unknown keys with what they may mean") {
  CHECK(read(parse_json(R"({
  "interval_timestamps": true,
  "drop_metrics": ["a", 1, "b", {}],
  "process_messages": {
    "manipulate_messages": [{"if": "a"}, {"IF": "a", "other": 1}],
    "manipulate": []
  }
})",
                        "f")) ==
        "false 7 - a b (a)\n"
        "f:3:25: 'drop_metrics[1]' must be a text like \"node\", not the integer 1\n"
        "f:3:33: 'drop_metrics[3]' must be a text like \"node\", not an object\n"
        "f:5:42: missing key 'if' in process_messages.manipulate_messages[1], for example: \"if\": \"true\"\n"
        "f:5:43: unknown key 'IF' in process_messages.manipulate_messages[1], did you mean 'if'?\n"
        "f:5:54: unknown key 'other' in process_messages.manipulate_messages[1]\n"
        "f:6:5: unknown key 'manipulate' in process_messages\n"
        "f:2:3: unknown key 'interval_timestamps', did you mean 'interval_timestamp'?");
  CHECK(read(parse_toml("[[process_messages.manipulate_messages]]\n", "f")) ==
        "false 7 -\n"
        "f:1:1: missing key 'if' in process_messages.manipulate_messages[0], for example: if = \"true\"");
}
