#include "gateway/router/rules/read_rules.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/gateway/router/routed.h"

using namespace gw;

TEST_CASE("the legacy keys of router.json run in the documented order") {
  // A tag for the new name is there, and so is one for the old one; the prefix is changed last.
  CHECK(routed(R"x({"rename_metrics": {"old": "new"}, "change_unit_prefix": {"new": "M"}, "normalize_units": true,
                   "add_tags": [{"key": "a", "value": "1", "if": "name == 'old'"}, {"key": "b", "value": "2", "if": "name == 'new'"}],
                   "delete_tags": [{"key": "c", "if": "name == 'new'"}], "del_tags": [{"key": "d", "if": "*"}],
                   "drop_metrics": ["gone"], "drop_metrics_if": ["a == '1'", "type-id == 7"]})x",
               "old,c=x,d=x,unit=kByte value=1500i 1\ngone value=1\nx,type-id=7 value=1\n") ==
        "new,unit=MB,a=1,b=2 value=1.5 1\n");
}

TEST_CASE("cc-lib's flat object runs by stages, in the order of the file within each") {
  const auto check = [](std::string_view rules, std::string_view want) {
    CAPTURE(rules);
    CHECK(routed(rules, "m,t=1 value=2 1\n") == want);
    CHECK(routed(R"x({"process_messages": )x" + std::string(rules) + "}", "m,t=1 value=2 1\n") == want);
  };
  check(R"x({"rename_messages": {"m": "n"}, "drop_messages_if": ["name == 'n'"]})x", "n,t=1 value=2 1\n");
  check(
      R"x({"rename_messages": {"m": "n"}, "drop_messages_if": ["name == 'n'"], "stage_order": ["rename", "drop_if"]})x",
      "");
  check(R"x({"rename_messages": {"m": "n"}, "drop_messages_if": ["name == 'n'"],
            "stage_order": ["rename_messages", "drop_messages_if"]})x",
        "");
  check(
      R"x({"add_tags_if": [{"key": "t", "value": "2", "if": "true"}, {"key": "u", "value": "3", "if": "t == '2'"}]})x",
      "m,t=2,u=3 value=2 1\n");
  check(R"x({"delete_tags_if": [{"key": "t", "if": "value > 1"}]})x", "m value=2 1\n");
  check(R"x({"move_tag_to_field_if": [{"key": "t", "value": "f", "if": "true"}]})x", "m value=2,f=\"1\" 1\n");
  check(R"x({"move_tag_to_meta_if": [{"key": "t", "value": "v", "if": "true"}],
            "move_meta_to_tag_if": [{"key": "v", "value": "w", "if": "meta.v == '1'"}]})x",
        "m,w=1 value=2 1\n");
  check(
      R"x({"add_field_if": [{"key": "f", "value": "1", "if": "true"}], "move_field_to_tag_if": [{"key": "f", "value": "t"}]})x",
      "m,t=1 value=2 1\n");
  check(R"x({"rename_messages_if": {"tag.t == '1'": "x"}})x", "x,t=1 value=2 1\n");
  check(R"x({"drop_by_message_type": ["event", "metric"]})x", "");
  check(
      R"x({"add_base_env": {"limit": 1.5, "word": "1", "on": true}, "rename_messages_if": {"on && value > limit && t == word": "x"}})x",
      "x,t=1 value=2 1\n");
  check(R"x({"change_unit_prefix": {"name == 'm'": "K"}})x", "m,t=1 value=2 1\n");
}

TEST_CASE("what router.json and cc-lib's object both have is told apart by its values") {
  const std::string_view line = "m,unit=kB value=2000 1\n";
  CHECK(routed(R"x({"change_unit_prefix": {"name == 'm'": "M"}})x", line) == "m,unit=MB value=2 1\n");
  CHECK(routed(R"x({"change_unit_prefix": {"*": "M"}, "normalize_units": true})x", line) == "m,unit=MB value=2 1\n");
  CHECK(routed(R"x({"change_unit_prefix": {"m": "M"}, "normalize_units": true})x", line) == "m,unit=MB value=2 1\n");
  CHECK(routed(R"x({"change_unit_prefix": {"cpu-load": "M", "a.b": "M", "m": "M"}})x", line) ==
        "m,unit=MB value=2 1\n");
  CHECK(routed(R"x({"normalize_units": true})x", line) == "m,unit=KB value=2000 1\n");
  // Beside a key of router.json, or a name, it is router.json's.
  CHECK(problems_of(R"x({"change_unit_prefix": {"name == 'm'": "M"}, "hostname_tag": "host"})x") ==
        "1:25: warning: 'name == 'm'' is taken for the name of a metric; conditions stand in 'change_unit_prefix' of "
        "'process_messages'\n");
  CHECK(problems_of(R"x({"change_unit_prefix": {"m": "M", "value > 2": "M"}})x") ==
        "1:35: warning: 'value > 2' is taken for the name of a metric; conditions stand in 'change_unit_prefix' of "
        "'process_messages'\n");
}

TEST_CASE("the documented list runs as it is written") {
  const auto check = [](std::string_view items, std::string_view want) {
    CAPTURE(items);
    const std::string list = "[" + std::string(items) + "]";
    const std::string_view line = "m,t=1,unit=kB value=2000 1\n";
    CHECK(routed(R"x({"process_messages": {"manipulate_messages": )x" + list + "}}", line) == want);
    CHECK(routed(R"x({"process_messages": )x" + list + "}", line) == want);
    CHECK(routed(R"x({"manipulate_messages": )x" + list + "}", line) == want);
  };
  check(R"x({"rename_by": {"m": "n"}, "if": "value > 1"}, {"drop_by_name": ["m"]}, {"add_base_tags": {"a": "b"}})x",
        "n,t=1,unit=kB,a=b value=2000 1\n");
  check(R"x({"drop_by": "value > 5"})x", "");
  check(R"x({"add_tags_by": {"hot": "yes"}, "if": "value > 5"}, {"add_tags_by": {"cold": "yes"}, "if": "value < 5"})x",
        "m,t=1,unit=kB,hot=yes value=2000 1\n");
  check(R"x({"rename_to": "n", "if": "t == '1'"}, {"delete_tags_by": ["t"]})x", "n,unit=kB value=2000 1\n");
  check(R"x({"change_prefix_to": "M"})x", "m,t=1,unit=MB value=2 1\n");
  check(R"x({"change_prefix_by": {"m": "G"}}, {"normalize_units": true})x", "m,t=1,unit=GB value=0.002 1\n");
  check(R"x({"normalize_units": true})x", "m,t=1,unit=KB value=2000 1\n");
  check(R"x({"drop_by_type": ["metric"], "if": "t == '2'"})x", "m,t=1,unit=kB value=2000 1\n");
  check(R"x({"move_tags_to_fields_by": {"t": "f"}}, {"add_fields_by": {"g": "h"}}, {"delete_fields_by": ["f"]})x",
        "m,unit=kB value=2000,g=\"h\" 1\n");
}

TEST_CASE("each name that a rule is for is a rule of its own") {
  router::Router router(rules_of(R"x({"drop_metrics": ["a",
 "b"], "change_unit_prefix": {"m": "K", "n": "M"}, "rename_metrics": {"x": "y"},
 "process_messages": {"drop_by_message_type": ["log", "event"]}})x"));
  CHECK(
      routed(router,
             "b value=1 1\nb value=2 2\nn,unit=kWh value=1 1\nn,unit=kWh value=2 2\ne event=\"x\" 1\nx value=1 1\n") ==
      "n,unit=kWh value=1 1\nn,unit=kWh value=2 2\ny value=1 1\n");
  std::string counts;
  for (std::size_t i = 0; i < router.rules().rules.size(); ++i) {
    const auto& [at, text] = router.rules().rules[i];
    const router::RuleCounts& rule = router.rule_counts()[i];
    counts += std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + text + ": " +
              std::to_string(rule.dropped) + " dropped, " + std::to_string(rule.units_left) + " left\n";
  }
  CHECK(counts ==
        "1:19: drop_metrics: a: 0 dropped, 0 left\n"
        "2:2: drop_metrics: b: 2 dropped, 0 left\n"
        "2:71: rename_metrics: x -> y: 0 dropped, 0 left\n"
        "2:31: change_unit_prefix: m -> K: 0 dropped, 0 left\n"
        "2:41: change_unit_prefix: n -> M: 0 dropped, 2 left\n"
        "3:48: drop_by_message_type: log: 0 dropped, 0 left\n"
        "3:55: drop_by_message_type: event: 1 dropped, 0 left\n");
}

TEST_CASE("a rule that takes the prefix away says so") {
  const auto text = [](std::string_view rules) { return rules_of(rules)->rules.at(0).text; };
  CHECK(text(R"x({"change_unit_prefix": {"m": ""}})x") == "change_unit_prefix: m -> no prefix");
  CHECK(text(R"x({"process_messages": {"change_unit_prefix": {"name == 'm'": ""}}})x") ==
        "change_unit_prefix: name == 'm' -> no prefix");
  CHECK(text(R"x({"process_messages": [{"change_prefix_to": ""}]})x") == "change_prefix_to: no prefix");
}

TEST_CASE("a field that is moved becomes text as Go writes it") {
  const auto check = [](std::string_view field, std::string_view want) {
    CAPTURE(field);
    CHECK(routed(R"x({"manipulate_messages": [{"move_fields_to_tags_by": {"f": "t"}}]})x",
                 "m value=1,f=" + std::string(field) + " 1\n") == "m,t=" + std::string(want) + " value=1 1\n");
  };
  check("2.50", "2.5");
  check("123456789.0", "1.23456789e+08");
  check("-1000000.0", "-1e+06");
  check("1000000i", "1000000");
  check("18446744073709551615u", "18446744073709551615");
  check("true", "true");
}

TEST_CASE("only what is measured has a unit") {
  const std::string_view rules = R"x({"normalize_units": true, "change_unit_prefix": {"m": "M"}})x";
  CHECK(routed(rules, "m,unit=kByte event=\"a\" 1\n") == "m,unit=kByte event=\"a\" 1\n");
  CHECK(routed(rules, "m,unit=kByte value=\"a\" 1\n") == "m,unit=kByte value=\"a\" 1\n");
  CHECK(routed(rules, "m,unit=kByte value=true 1\n") == "m,unit=KB value=true 1\n");
  // A condition may ask for what only metrics have.
  router::Router router(rules_of(R"x({"manipulate_messages": [{"normalize_units": true, "if": "value > 1"}]})x"));
  CHECK(routed(router, "m,unit=kByte event=\"a\" 1\n") == "m,unit=kByte event=\"a\" 1\n");
  CHECK(router.rule_counts()[0].failed == 0);
}

TEST_CASE("process_messages and the legacy keys run together") {
  // A flat object: stage by stage. The prefix of process_messages knows the new name of rename_metrics.
  CHECK(routed(R"x({"rename_metrics": {"m": "n"}, "drop_metrics_if": ["added == '1'"],
                   "process_messages": {"add_tags_if": [{"key": "added", "value": "1", "if": "true"}],
                                        "change_unit_prefix": {"name == 'n'": ""}}})x",
               "m,unit=KB value=2 1\n") == "n,unit=B,added=1 value=2000 1\n");
  // Tags are deleted again after the rename.
  CHECK(routed(R"x({"rename_metrics": {"m": "n"}, "delete_tags": [{"key": "t", "if": "name == 'n'"}],
                   "process_messages": {"add_meta_if": [{"key": "a", "value": "b"}]}})x",
               "m,t=1 value=2 1\n") == "n value=2 1\n");
  // The flat object reads between them: behind the legacy tags that are added, before and behind those that are
  // deleted.
  const std::string legacy =
      R"x({"add_tags": [{"key": "a", "value": "1"}], "delete_tags": [{"key": "g"}], "rename_metrics": {"m": "n"},
      "normalize_units": true, "change_unit_prefix": {"n": "M"}, "process_messages": )x";
  const auto check = [&](std::string_view flat, std::string_view want) {
    CAPTURE(flat);
    CHECK(routed(legacy + std::string(flat) + "}", "m,t=1,g=1,unit=kByte value=2000 1\n") == want);
  };
  const std::string_view all = "n,t=1,unit=MB,a=1 value=2 1\n";
  check(R"x({"drop_messages_if": ["a == '1' || g == nil"]})x", all);
  check(R"x({"add_tags_if": [{"key": "s", "value": "1", "if": "a == '1' || g == nil"}]})x", all);
  check(R"x({"delete_tags_if": [{"key": "t", "if": "a == '1' && g == '1'"}]})x", "n,unit=MB,a=1 value=2 1\n");
  check(R"x({"move_tag_to_meta_if": [{"key": "t", "value": "t", "if": "a == '1' && g == nil"}]})x",
        "n,unit=MB,a=1 value=2 1\n");
  check(R"x({"rename_messages_if": {"unit == 'kByte'": "o"}})x", "o,t=1,unit=KB,a=1 value=2000 1\n");
  check(R"x({"change_unit_prefix": {"name == 'n' && unit == 'MB'": "G"}})x", "n,t=1,unit=GB,a=1 value=0.002 1\n");
  // After the rename too, tags are added before they are deleted.
  CHECK(routed(R"x({"rename_metrics": {"m": "n"}, "add_tags": [{"key": "a", "value": "1", "if": "name == 'n'"}],
                   "delete_tags": [{"key": "a", "if": "name == 'n'"}],
                   "process_messages": {"drop_messages_if": ["name == 'n'"]}})x",
               "m value=2 1\n") == "n value=2 1\n");
  // A list, or stage_order: before them.
  CHECK(routed(R"x({"drop_metrics_if": ["added == '1'"], "process_messages": [{"add_base_tags": {"added": "1"}}]})x",
               "m value=2 1\n")
            .empty());
}

TEST_CASE("constants are known to all conditions of a file") {
  const auto check = [](std::string_view rules) {
    CAPTURE(rules);
    CHECK(problems_of(rules).empty());
    CHECK(routed(rules, "m value=71 1\nm value=70 2\n") == "m value=70 2\n");
  };
  check(
      R"x({"process_messages": {"add_base_env": {"limit": 70}, "manipulate_messages": [{"drop_by": "value > limit"}]}})x");
  check(
      R"x({"process_messages": {"manipulate_messages": [{"drop_by": "value > limit"}], "add_base_env": {"limit": 70}}})x");
  check(
      R"x({"manipulate_messages": [{"drop_by": "value > limit"}], "process_messages": {"add_base_env": {"limit": 70}}})x");
  check(R"x({"drop_metrics_if": ["value > limit"], "process_messages": {"add_base_env": {"limit": 70}}})x");
  check(R"x({"drop_messages_if": ["value > limit"], "add_base_env": {"limit": 70}})x");
}

TEST_CASE("interval_timestamp sets the start of the interval, in the precision of the line") {
  CHECK(routed(R"x({"interval_timestamp": true})x",
               "m value=1 1700000000\nm value=1 1700000000123\nm value=1 1699999980\nm value=1\n") ==
        "m value=1 1699999980\nm value=1 1699999980000\nm value=1 1699999980\nm value=1 1699999980000000000\n");
}

TEST_CASE("what is wrong with rules is told with its place") {
  const auto check = [](std::string_view rules, std::string_view want) {
    CAPTURE(rules);
    CHECK(problems_of(rules) == want);
  };
  check(R"x({"drop_metric": ["a"]})x", "1:2: unknown key 'drop_metric', did you mean 'drop_metrics'?\n");
  check(R"x({"drop_metrics_if": ["metrc.Name() == 'x'"]})x", "1:23: unknown name 'metrc', did you mean 'metric'\n");
  check(R"x({"drop_metrics_if": ["name = 'x'"]})x", "1:28: '=' assigns nothing here: 'is equal' is '=='\n");
  check("{\n  \"rename_messages_if\": {\"nmae ==\": \"x\"}}",
        "2:34: the expression ends here although something must follow\n");
  check(R"x({"add_tags": [{"key": "a"}]})x",
        "1:15: missing key 'value' in add_tags[0], for example: \"value\": \"fritz\"\n");
  check(R"x({"add_tags": [{"key": "a", "value": ""}]})x",
        "1:37: '' cannot be the value of a tag: it is empty or holds what line protocol cannot carry\n");
  check(R"x({"manipulate_messages": [{"move_tags_to_meta_by": {"a": ""}}]})x",
        "1:57: the key of a meta value cannot be empty\n");
  check(R"x({"move_meta_to_tag_if": [{"key": "a", "value": ""}]})x",
        "1:48: '' cannot be the key of a tag: it is empty or holds what line protocol cannot carry\n");
  check(R"x({"delete_field_if": [{"key": "value", "if": "true"}]})x",
        "1:30: the field 'value' makes the message what it is: to be rid of both, drop the message\n");
  check(R"x({"add_base_env": {"name": "x", "list": []}})x",
        "1:19: 'name' has a meaning already\n1:40: a constant is a text, a number, true or false\n");
  check(R"x({"change_unit_prefix": {"m": "kilo"}})x",
        "1:30: unknown prefix 'kilo': there are K, M, G, T, P, E, Z, Y, m, u, n, Ki, Mi, Gi, Ti, Pi, Ei, Zi, Yi and "
        "\"\" for none\n");
  check(R"x({"drop_messages": ["a"], "stage_order": ["drop_by_nam"]})x",
        "1:42: unknown stage 'drop_by_nam', did you mean 'drop_by_name'?\n");
  std::string twice;
  for (int i = 0; i < 38; ++i) twice += "\"rename\", ";
  CHECK(problems_of("{\"rename_messages\": {\"a\": \"b\"}, \"stage_order\": [" + twice + "\n\"rename\"]}") ==
        "2:1: 'stage_order' has more than 38 stages\n");
  CHECK(problems_of(R"x({"drop_messages": ["a"], "stage_order": ["frob"]})x")
            .starts_with("1:42: unknown stage 'frob'; there are 'drop_by_name', 'drop_by_type', "));
  check(R"x({"drop_by_message_type": ["metrics"]})x",
        "1:27: unknown type of message 'metrics', did you mean 'metric'?\n");
  check(R"x({"drop_by_message_type": ["number"]})x",
        "1:27: unknown type of message 'number': there are 'metric', 'event', 'log', 'control'\n");
  check(R"x({"add_meta_if": [{"key": "", "value": "a"}]})x", "1:26: the key of a meta value cannot be empty\n");
  check(R"x({"drop_messages_if": ["name >= 5"]})x", "1:29: '>=' does not fit between text and integer\n");
  check(R"x({"drop_messages_if": ["name endsWith 5"]})x", "1:29: 'endsWith' does not fit between text and integer\n");
  check(R"x({"process_messages": [{"drop_by": "name == 'a'", "if": "value > 1"}]})x",
        "1:35: 'drop_by' is a condition itself: write both as one, \"(…) and (…)\"\n");
  check(
      R"x({"process_messages": [{"drop_by_name": ["a"], "rename_by": {"a": "b"}}]})x",
      "1:47: 'rename_by' stands beside 'drop_by_name': put it into an item of its own, so that their order is told\n");
  check(R"x({"process_messages": [{"if": "true"}]})x",
        "1:23: nothing is done in process_messages[0]: add an action like 'drop_by_name', 'rename_by', 'add_tags_by', "
        "'delete_tags_by' or 'change_prefix_by'\n");
  check(R"x({"process_messages": [{"drop_by_nam": ["a"]}]})x",
        "1:24: unknown key 'drop_by_nam' in process_messages[0], did you mean 'drop_by_name'?\n");
  check(R"x({"process_messages": [{"drop_by": ["a"]}]})x",
        "1:35: 'drop_by' must be a condition like \"name == 'cpu_idle'\", not a list\n");
  check(R"x({"rename_messages_if": ["a"]})x",
        "1:24: 'rename_messages_if' must be an object of texts like {\"name == 'old'\": \"new\"}, not a list\n");
  check(
      R"x({"num_cache_intervals": 1, "interval_aggregates": [{"name": "a", "function": "avg(values)", "tags": {"type": ""}}]})x",
      "1:110: '' cannot be the value of a tag: it is empty or holds what line protocol cannot carry\n");
  check(
      R"x({"num_cache_intervals": 0, "interval_aggregates": [{"name": "a", "function": "avg(values)"}]})x",
      "1:28: 'interval_aggregates' needs 'num_cache_intervals' of at least 1: nothing is kept to compute them from\n");
}

TEST_CASE("keys of router.json and of cc-lib's object on one level are told apart") {
  CHECK(problems_of("{\"add_tags\": [{\"key\": \"a\", \"value\": \"b\"}],\n\"drop_messages\": [\"a\"], \"x\": 1}") ==
        "1:2: 'add_tags' is a key of router.json, but 'drop_messages' in line 2 one of cc-lib's message processor: put "
        "that and all others of cc-lib's into 'process_messages'\n2:25: unknown key 'x'\n");
  CHECK(problems_of(R"x({"stage_order": ["rename"], "manipulate_messages": []})x") ==
        "1:29: 'manipulate_messages' is a key of router.json, but 'stage_order' in line 1 one of cc-lib's message "
        "processor: put that and all others of cc-lib's into 'process_messages'\n");
}

TEST_CASE("the main configuration of cc-metric-collector is told as what it is") {
  CHECK(problems_of(R"x({"main": {"interval": "10s"}, "sinks": "s.json", "collectors": "c.json", "receivers": "r.json",
"router": "./router.json", "interval": "10s", "duration": "1s"})x") ==
        "1:31: this is the main configuration of cc-metric-collector: the rules stand in './router.json', name that "
        "instead\n");
  CHECK(problems_of(R"x({"sinks-file": "s.json", "collectors-file": "c.json", "router-file": "rules.json"})x") ==
        "1:2: this is the main configuration of cc-metric-collector: the rules stand in 'rules.json', name that "
        "instead\n");
  CHECK(problems_of(R"x({"sinks": {}, "collectors": {}, "router": {}})x") ==
        "1:2: this is the main configuration of cc-metric-collector: the rules stand in its 'router', make a file of "
        "that\n");
  CHECK(problems_of(R"x({"sinks": {}})x") == "1:2: unknown key 'sinks'\n");
}

TEST_CASE("rules are read although they are warned of") {
  const rules::LoadedRules loaded = rules::read_rules_text(R"x({"max_forward": 1})x", "rules.json", Seconds(60));
  CHECK(loaded.rules != nullptr);
  CHECK(loaded.report() ==
        "rules.json:1:17: warning: the documentation wants 'max_forward' to be greater than 1; here it says nothing, "
        "leave it out\n  {\"max_forward\": 1}\n                  ^\n");
  CHECK(problems_of(R"x({"max_forward": 2})x").empty());
  CHECK(problems_of(R"x({"max_forward": 0})x") ==
        "1:17: 'max_forward' must be an integer from 1 to 1000000, not the integer 0\n");
}

TEST_CASE("aggregates without num_cache_intervals are computed from one interval, which is said") {
  const std::string_view rules = R"x({"interval_aggregates": [{"name": "a", "function": "avg(values)"}]})x";
  CHECK(problems_of(rules) ==
        "1:2: warning: 'num_cache_intervals' is missing: 1 is taken, to compute 'interval_aggregates' from\n");
  CHECK(rules::read_rules_text(std::string(rules), "rules.json", Seconds(60)).rules->cache_intervals == 1);
}
