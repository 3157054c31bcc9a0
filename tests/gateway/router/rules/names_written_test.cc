#include "gateway/router/rules/names_written.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/gateway/router/routed.h"

using namespace gw;

namespace {

/// "a b, unsure"
std::string written(std::string_view steps, const std::string& name) {
  const auto rules = rules_of("{\"manipulate_messages\": [" + std::string(steps) + "]}");
  std::size_t steps_left = rules::names_steps_max;
  const rules::NamesWritten after = rules::names_written(*rules, name, 0, steps_left);
  std::string text;
  for (const std::string& each : after.names) text += (text.empty() ? "" : " ") + each;
  return text + (after.is_sure ? "" : ", unsure");
}

}  // namespace

TEST_CASE("the names under which a metric is written follow from rules on names") {
  CHECK(written("", "a") == "a");
  CHECK(written(R"x({"rename_by": {"a": "b", "b": "c"}})x", "a") == "b");
  CHECK(written(R"x({"rename_by": {"a": "b"}}, {"rename_to": "c", "if": "name == 'b'"})x", "a") == "c");
  CHECK(written(R"x({"rename_to": "c", "if": "match('^temp_', name)"})x", "temp_core_0") == "c");
  CHECK(written(R"x({"rename_to": "c", "if": "metric.Name() startsWith 'mem'"})x", "temp_core_0") == "temp_core_0");
  CHECK(written(R"x({"drop_by_name": ["a"]})x", "a").empty());
  CHECK(written(R"x({"drop_by": "name == 'a'"})x", "a").empty());
  CHECK(written(R"x({"drop_by_type": ["metric"], "if": "name in ['a', 'b']"})x", "a").empty());
  CHECK(written(R"x({"drop_by_type": ["event"]})x", "a") == "a");
  CHECK(written(R"x({"add_base_tags": {"k": "v"}, "if": "value > 1"})x", "a") == "a");
}

TEST_CASE("what is done for a name is bounded, whatever its conditions take") {
  const auto rules = rules_of(R"x({"manipulate_messages": [{"drop_by": "all(1..9999, # > 0) and name == 'b'"},
                                                           {"drop_by": "tag.x matches (name + '(a{9})')"}]})x");
  std::size_t steps_left = rules::names_steps_max;
  std::size_t times = 0;
  while (rules::names_written(*rules, "a", 0, steps_left).is_whole) ++times;
  CHECK(times > 3);
  CHECK(times < 100);
  CHECK(steps_left == 0);
}

TEST_CASE("steps without a condition are counted too") {
  const auto rules = rules_of(R"x({"manipulate_messages": [{"rename_by": {"a": "b"}}, {"rename_by": {"b": "c"}}]})x");
  std::size_t steps_left = 2;
  CHECK(rules::names_written(*rules, "a", 0, steps_left).names == std::set<std::string>{"c"});
  CHECK(steps_left == 0);
  CHECK_FALSE(rules::names_written(*rules, "a", 0, steps_left).is_whole);
}

TEST_CASE("where more than the name decides, the names are not sure") {
  CHECK(written(R"x({"rename_to": "b", "if": "type == 'node'"})x", "a") == "a b, unsure");
  CHECK(written(R"x({"rename_to": "b", "if": "name == 'a' && value > 1"}, {"rename_by": {"a": "c"}})x", "a") ==
        "b c, unsure");
  CHECK(written(R"x({"rename_to": "b", "if": "name == 'x' && value > 1"})x", "a") == "a");
  CHECK(written(R"x({"drop_by": "hostname == 'n1'"})x", "a") == "a, unsure");
}

TEST_CASE("names are not followed without end") {
  std::string steps;
  for (int i = 0; i < 1000; ++i)
    steps += std::string(i == 0 ? "" : ", ") + R"x({"if": "value > 1", "rename_to": "m)x" + std::to_string(i) + "\"}";
  const std::string after = written(steps, "a");
  CHECK(std::ranges::count(after, ' ') < 100);
  CHECK(after.ends_with(", unsure"));
}
