// A warning that is wrong is worse than none: what is said never to match or to be reached is tried with messages.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/router/message.h"
#include "gateway/router/rules/contradiction.h"
#include "tests/gateway/router/routed.h"

using namespace gw;

namespace {

const std::vector<std::string> parts = {
    "name == 'a'",
    "name in ['a', 'b']",
    "match('^a', name)",
    "metric.Name() != 'a'",
    "tag.name == 'a'",
    "type == 'x'",
    "tag.type == 'x'",
    "tags['type'] in ['x', 'y']",
    "meta.type == 'x'",
    "type != 'x'",
    "tag_type != 'x'",
    "msg.GetTag('type') == 'x'",
    "msg.GetTag('type') == ''",
    "tag.type == nil",
    "msg.HasTag('type')",
    "type-id == 0",
    "type-id == '0'",
    "type-id in [0, 2]",
    "tag.type-id > 1",
    "value > 1",
    "field.value <= 1",
    "value in [0, 1]",
    "msg.IsMetric()",
    "messagetype == 'metric'",
    "timestamp > 100",
    "unit == 'B'",
    "len(tags) > 2",
    "tag.oldname == 'a' || meta.oldname == 'a'",
    "(name == 'a' && type == 'x')",
    "(name == 'b' || value < 0)",
    "1 > 2",
};

std::vector<std::string> with_opposites() {
  std::vector<std::string> all = parts;
  for (const std::string& part : parts) all.push_back("not (" + part + ")");
  return all;
}

/// Each with each of these, or none of it.
const std::vector<std::string> names = {"a", "b", "ab"};
const std::vector<std::string> types = {"", "x", "y"};
const std::vector<std::string> ids = {"", "0", "2"};
const std::vector<std::string> numbers = {"-1", "0", "1", "2.5"};

std::vector<router::MessageView> views() {
  using expression::Value;
  const auto text = [](const std::string& value) { return Value::of(std::string_view(value)); };
  std::vector<router::MessageView> all;
  for (const std::string& name : names) {
    for (const std::string& type : types) {
      for (const std::string& meta_type : types) {
        for (const std::string& id : ids) {
          for (const double value : {-1.0, 0.0, 1.0, 2.5}) {
            router::MessageView view{.name = name, .fields = {{"value", Value::of(value)}}, .timestamp_s = 99};
            if (!type.empty()) view.tags.emplace_back("type", text(type));
            if (!id.empty()) view.tags.emplace_back("type-id", text(id));
            if (!meta_type.empty()) view.meta.emplace_back("type", text(meta_type));
            if (value > 1) view.tags.emplace_back("name", Value::of(std::string_view("a")));
            if (value > 1) view.tags.emplace_back("value", Value::of(std::string_view("0")));
            all.push_back(view);
          }
        }
      }
    }
  }
  return all;
}

std::string lines() {
  std::string all;
  for (const std::string& name : names) {
    for (const std::string& type : types) {
      for (const std::string& id : ids) {
        for (const std::string& number : numbers) {
          all += name + ",hostname=n1,unit=KB";
          if (!type.empty()) all += ",type=" + type;
          if (!id.empty()) all += ",type-id=" + id;
          if (number == "0") all += ",name=a,b=x";
          all += " value=" + number + " 99\n";
        }
      }
    }
  }
  return all + "a,type=x event=\"e\" 99\nb,type=y log=\"l\" 101\n";
}

}  // namespace

TEST_CASE("no message fulfils what is said never to match") {
  const std::vector<router::MessageView> messages = views();
  const std::vector<std::string> all = with_opposites();
  expression::Arena arena;
  std::size_t warned = 0;
  for (const std::string& first : all) {
    for (const std::string& second : all) {
      const std::string source = first + " && " + second;
      CAPTURE(source);
      const auto condition =
          expression::Expression::compile(source, router::message_environment(), expression::Type::Kind::boolean);
      REQUIRE(condition);
      const std::string why = rules::contradiction(condition->tree());
      if (why.empty()) continue;
      CAPTURE(why);
      ++warned;
      for (const router::MessageView& message : messages) {
        arena.clear();
        const auto holds = condition->decide(router::MessageVariables(message), arena);
        if (!holds || !*holds) continue;
        FAIL_CHECK("it matches");
        break;
      }
    }
  }
  CHECK(warned > 150);
}

TEST_CASE("a rule that nothing is said to get to does nothing") {
  const std::vector<std::string> changes = {R"({"add_base_tags": {"k": "v"}})",
                                            R"({"add_tags_by": {"type": "x"}, "if": "value > 1"})",
                                            R"({"delete_tags_by": ["type-id"]})",
                                            R"({"move_tags_to_meta_by": {"type": "type"}})",
                                            R"({"move_tags_to_meta_by": {"b": "type"}})",
                                            R"({"add_meta_by": {"type": "x"}})",
                                            R"({"rename_by": {"b": "a"}})",
                                            R"({"rename_to": "a", "if": "type-id == '0'"})",
                                            R"({"add_fields_by": {"value": "1"}})",
                                            R"({"normalize_units": true})",
                                            R"({"change_prefix_to": "M"})",
                                            R"({"drop_by_type": ["metric"]})"};
  const std::string input = lines();
  std::size_t warned = 0;
  const auto check = [&](const std::string& first, const std::string& second) {
    for (const std::string& change : changes) {
      const std::string text = fmt::format(
          R"x({{"manipulate_messages": [{{"drop_by": "{}"}}, {}, {{"add_meta_by": {{"m": "1"}}, "if": "{}"}}]}})x",
          first, change, second);
      const rules::LoadedRules loaded = rules::read_rules_text(text, "rules.json", Seconds(60));
      REQUIRE(loaded.rules != nullptr);
      const std::size_t rule = loaded.rules->steps.back().rule;
      const auto says_so = [&](const config::Problem& problem) {
        const bool never = problem.text.contains("to this rule") || problem.text.contains("never match");
        return problem.where == loaded.rules->rules[rule].at && never;
      };
      if (std::ranges::none_of(loaded.problems, says_so)) continue;
      ++warned;
      // It drops instead: that tells whether anything got to it.
      router::RuleSet dropping = *loaded.rules;
      dropping.steps.back().kind = router::Step::Kind::drop;
      router::Router router(std::make_shared<const router::RuleSet>(std::move(dropping)));
      routed(router, input);
      if (router.rule_counts()[rule].dropped > 0) FAIL_CHECK(text << '\n' << loaded.report());
    }
  };
  for (const std::string& first : parts) {
    for (const std::string& second : parts) check(first, second);
  }
  CHECK(warned > 150);
}
