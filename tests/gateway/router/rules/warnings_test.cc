#include "gateway/router/rules/warnings.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "gateway/router/rules/read_topology.h"
#include "tests/gateway/router/routed.h"

using namespace gw;

namespace {

void check(std::string_view rules, std::string_view want) {
  CAPTURE(rules);
  CHECK(problems_of(rules) == want);
}

/// Of one condition, without its place.
void check_condition(std::string_view condition, std::string_view want) {
  CAPTURE(condition);
  const std::string problems = problems_of(R"x({"drop_metrics_if": [")x" + std::string(condition) + "\"]}");
  CHECK(problems == (want.empty() ? "" : "1:22: warning: " + std::string(want) + "\n"));
}

const std::string text_value =
    ": warning: the field 'value' becomes a text, and lines without a number there are dropped as not_a_number: rules "
    "change a number by the prefix of its unit only; put a text under another key\n";

/// As many of `row` as a file of rules can have, on one line.
std::string large_file(std::string_view head, std::string_view row, std::string_view tail) {
  std::string text(head);
  while (text.size() + row.size() + tail.size() + 1 <= rules::source_bytes_max) (text += row) += ',';
  text.pop_back();
  return text.append(tail);
}

}  // namespace

// No clock here: what looks at all rules for each one takes minutes, and the test then hangs.
TEST_CASE("what is wrong with files that are as large as they may be is told at once") {
  const auto check_file = [](std::string_view head, std::string_view row, std::string_view tail) {
    CAPTURE(row);
    const std::string text = large_file(head, row, tail);
    const rules::LoadedRules loaded = rules::read_rules_text(text, "rules.json", Seconds(60));
    const std::size_t rows = (text.size() - head.size() - tail.size() + 1) / (row.size() + 1);
    CHECK(loaded.problems.size() == rows);
    CHECK(loaded.report().ends_with(" more\n"));
  };
  check_file(R"({"delete_tags": [)", R"({"key": "type"})", "]}");
  check_file(R"({"drop_metrics_if": [)", R"("nam == 1")", "]}");
  check_file(R"({"drop_metrics_if": [)", R"("1 == = 1")", "]}");
  check_file(R"({"drop_metrics": [)", "1", "]}");
  check_file(R"x({"num_cache_intervals": 1, "interval_aggregates": [{"name": "a", "function": "sum(m)"},)x",
             R"x({"name": "a", "function": "sum(m)"})x", "]}");
}

TEST_CASE("conditions that contradict themselves are warned of") {
  const auto never = [](std::string_view condition, const std::string& why) {
    check_condition(condition, why.empty() ? why : "this rule can never match: " + why);
  };
  never("name == 'a' && value > 1 && 'b' == name", "name cannot be both 'a' and 'b'");
  never("metric.Name() == 'a' && name == 'b'", "name cannot be both 'a' and 'b'");
  never("false", "it is never true");
  // Each spelling of a tag is that tag.
  never("type == 'a' && tag.type == 'b'", "tag.type cannot be both 'a' and 'b'");
  never("tags['type'] == 'a' && type == 'b'", "type cannot be both 'a' and 'b'");
  never("msg.GetTag('type') == 'a' && tag_type == 'b'", "tag.type cannot be both 'a' and 'b'");
  never("tag.type == 'a' && tag.type-id == 'b' && metric.Name() == 'x'", "");
  never("msg.GetTag('type') == '' && type == 'b'", "");  // of meta
  never("tag.type == 'a' && meta.type == 'b'", "");
  never("tag.name == 'a' && name == 'b'", "");
  never("name == 'a' || name == 'b'", "");
  // Numbers.
  never("value > 5 && value < 3", "value cannot be both > 5 and < 3");
  never("5 < value && name == 'a' && value <= 5", "value cannot be both > 5 and <= 5");
  never("value == 1 && value == 2.5", "value cannot be both == 2.5 and == 1");
  never("value < -2 && value >= -1", "value cannot be both >= -1 and < -2");
  never("type-id == 0 && tag.type-id == 1", "tag.type-id cannot be both == 1 and == 0");
  never("value >= 5 && value <= 5", "");
  never("value >= 5 && value > 5 && value <= 5", "value cannot be both > 5 and <= 5");
  never("value <= 5 && value < 5 && value >= 5", "value cannot be both >= 5 and < 5");
  never("value > 3 && value < 4", "");
  never("value > 5 || value < 3", "");
  never("field.value > 5 && value < 3", "");  // there may be a tag of that name
  never("timestamp > 9223372036854775806 && timestamp < 9223372036854775807", "");
  never("value > 5 && value in [1, 2]", "value cannot be both > 5 and <= 2");
  never("value > 1 && value in [1, 2]", "");
  never("value in [3] && value != 1 && value < 3", "value cannot be both == 3 and < 3");
  // Lists of texts.
  never("type in ['a'] && tag.type == 'b'", "tag.type cannot be both 'a' and 'b'");
  never("name in ['a', 'b'] && name == 'c'", "name cannot be both one of 'a', 'b' and 'c'");
  never("name in ['a', 'b', 'c'] && name in ['b', 'c'] && name in ['a', 'd']",
        "name cannot be both one of 'b', 'c' and one of 'a', 'd'");
  never("name in ['a', 'b'] && name in ['b', 'c']", "");
  never("type in ['a', source] && type == 'b'", "");
  never("name in []", "it is never true");
  // What is excluded: only as it is spelled, since the bare name may be a meta value's.
  never("type == 'a' && type != 'a'", "type cannot be 'a' and not be 'a'");
  never("not (type in ['b', 'a', 'c']) && type in ['a', 'b']",
        "type cannot be one of 'a', 'b' and not be one of 'a', 'b'");
  never("tags['type'] == 'a' && tag.type != 'a'", "tag.type cannot be 'a' and not be 'a'");
  never("type == 'a' && tag.type != 'a'", "");
  never("type in ['a', 'b'] && type != 'a'", "");
  never("msg.GetTag('x') == 'a' && tag.x != 'b'", "");
  // A part and its opposite.
  never("type == 'a' && not (type == 'a')", "type cannot be 'a' and not be 'a'");
  never("(value > 5) && not (value > 5)", "it wants a part of it both to hold and not to hold");
  never("type-id == 0 && type-id != 0", "it wants a part of it both to hold and not to hold");
  never("msg.HasTag('a') && not msg.HasTag('b')", "");
  never("type == 'a' && type-id != 0", "");
  // What looks at no message.
  never("1 > 2", "it is never true");
  never("not true && name == 'a'", "it is never true");
  never("nil == 1", "it is never true");
  never("2 > 1 && not false", "");
  never("name == 'a' && name == 'b' || 1 > 2", "name cannot be both 'a' and 'b'");
  never("value > 1 && (1 > 2 || (value < 1 && value > 2))", "it is never true");
  never("name == 'a' && name == 'b' || value > 2", "");
  // What is asked of the name alone.
  never("name == 'x' && match('^y', name)", "the name cannot be 'x' and all else that it asks of the name");
  never("name in ['x', 'z'] && (name == 'y' || metric.Name() startsWith 'a')",
        "the name cannot be one of 'x', 'z' and all else that it asks of the name");
  never("name in ['x', 'y'] && match('^y', name)", "");
  never("name == 'x' && (match('^y', name) || value > 1)", "");
  // So many names are not asked one by one.
  const auto names = [](int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += fmt::format("{}'x{:03}'", i == 0 ? "" : ", ", i);
    return "name startsWith 'y' && name in [" + all + "]";
  };
  never(names(100), "the name cannot be one of 'x000', 'x001', 'x002', … and all else that it asks of the name");
  never(names(101), "");
}

TEST_CASE("names and texts that are hardly meant are warned of") {
  check_condition("nam == 'x'", "'nam' is taken for a tag, meta value or field of that name; did you mean 'name'?");
  check_condition("hostname == 'a'", "");
  check_condition(
      "name == temp",
      "'temp' is taken for a tag, meta value or field of that name; did you mean the text 'temp', in quotes?");
  check_condition(
      "value > 1 || name in ['load', temp]",
      "'temp' is taken for a tag, meta value or field of that name; did you mean the text 'temp', in quotes?");
  check_condition(
      "node != tag.type",
      "'node' is taken for a tag, meta value or field of that name; did you mean the text 'node', in quotes?");
  check_condition("name == source || hostname == other_host", "");
  check_condition("messagetype == 'metrics'", "there is no type of message 'metrics', did you mean 'metric'?");
  check_condition("not (msgtype in ['event', 'number'])",
                  "there is no type of message 'number': there are 'metric', 'event', 'log', 'control', 'unknown'");
  check_condition("type == 'hwthred' && value > 1",
                  "cc-metric-store knows no type 'hwthred', did you mean 'hwthread'?");
  check_condition("type == 'numadomain'", "cc-metric-store knows no type 'numadomain', did you mean 'memoryDomain'?");
  check_condition("tag.type in ['core', 'Socket']", "cc-metric-store knows no type 'Socket', did you mean 'socket'?");
  check_condition("type == 'hwthread' || type == 'gpu' || type == 'filesystem' || name == 'cores'", "");
  check_condition("match(name, 'temp_%d+')", "the pattern comes first: match('temp_%d+', name)");
  check_condition("match(tag.x, 'eth') || match('^' + type, name) || match('eth', stype-id)",
                  "the pattern comes first: match('eth', tag.x)");
  check_condition("match(type, name)", "");
  check_condition("messagetype == 'unknown' || messagetype != 'log'", "");
  check_condition("unit == None", "'None' is taken for a tag, meta value or field of that name; did you mean 'nil'?");
  check_condition("value > 1 && tag.hot == True",
                  "'True' is taken for a tag, meta value or field of that name; did you mean 'true'?");
  check_condition("unit == nil", "");
  check_condition("value == 'abc'", "the value of a metric is a number, and 'abc' is none");
  check_condition("name == 'a' || field.value in [1, 'abc']", "the value of a metric is a number, and 'abc' is none");
  check_condition("value == '1.5' || tag.value == 'abc' || event == 'abc'", "");
  check(R"x({"process_messages": [{"add_tags_by": {"value": "a"}}, {"drop_by": "value == 'a'"}]})x", "");
  // A tag that another rule adds is there.
  check(R"x({"process_messages": [{"add_tags_by": {"alias": "a"}}, {"drop_by": "name == alias"}]})x", "");
}

TEST_CASE("names in functions of aggregates that are hardly meant are warned of") {
  const auto check_function = [](std::string_view function, std::string_view want) {
    check(
        R"x({"num_cache_intervals": 1, "interval_aggregates": [{"name": "a", "if": "name == 'valves'", "function": ")x" +
            std::string(function) + "\"}]}",
        want.empty() ? "" : "1:52: warning: " + std::string(want) + "\n");
  };
  check_function("avg(value)", "'value' is taken for the name of a metric; did you mean 'values'?");
  check_function("1 + sum(vales)", "'vales' is taken for the name of a metric; did you mean 'values'?");
  check_function("sum(values) + (hostnam == 'a' ? 1 : 2)",
                 "'hostnam' is taken for the name of a metric; did you mean 'hostname'?");
  check_function("name == 'a' ? sum(values) : 0",
                 "'name' is taken for the name of a metric; what lines have is asked for in 'if'");
  check_function("sum(valves)", "");  // the condition says that there is such a metric
  check_function("sum(valves) + len(values) + endtime - starttime", "");
}

TEST_CASE("functions of aggregates that give no number are refused, with what to write") {
  const auto check_function = [](std::string_view function, std::string_view want) {
    check(R"x({"num_cache_intervals": 1, "interval_aggregates": [{"name": "a", "function": ")x" +
              std::string(function) + "\"}]}",
          want.empty() ? "" : "1:" + std::string(want) + "\n");
  };
  check_function("'abc'", "79: an aggregate is a number, and this is text");
  check_function("sum(a) > 3", "86: an aggregate is a number, and this is true or false");
  check_function("values",
                 "79: an aggregate is a number, and this is a list: take its sum, min, max, avg, median or len");
  check_function("mem_free",
                 "79: 'mem_free' is a list, the values of a metric: take its sum, min, max, avg, median or len");
  check_function("max(a) - (-b * 2)",
                 "90: 'b' is a list, the values of a metric: take its sum, min, max, avg, median or len");
  check_function(
      "sum(mem-free)",
      "83: 'mem' is a list, the values of a metric: take its sum, min, max, avg, median or len; '-' is minus: "
      "if 'mem-free' is the name of one metric, rename it by a rule to one without '-'");
  for (const std::string_view minus : {"mem - sum(free)", "mem-sum(free)", "mem - free"})
    check_function(minus, "79: 'mem' is a list, the values of a metric: take its sum, min, max, avg, median or len");
  check_function("sum(b) / len(c) + b[0]", "");
  check_function("hostname", "79: an aggregate is a number, and this is text");
  check_function("nil", "79: an aggregate is a number, and this is nil");
  check_function("let total = sum(values); total", "");
  check_function("values[0]", "");
  check_function("hostname == 'a' ? 1 : 2.5", "");
  // cc-metric-collector's names.
  check_function("sum(values) / numHWThreads", "93: 'numHWThreads' is no metric; write len(getCpuList())");
  check_function("numSockets", "79: 'numSockets' is no metric; write len(getCpuList()) / len(getSockCpuList(0))");
  check_function("numNumaDomains",
                 "79: 'numNumaDomains' is no metric; write len(getCpuList()) / len(getNumaCpuList(0))");
  check_function("numDies", "79: 'numDies' is no metric; write len(getCpuList()) / len(getDieCpuList(0))");
  check_function("smtWidth", "79: 'smtWidth' is no metric; write len(getCoreCpuList(0))");
}

TEST_CASE("aggregates that their condition never lets be made are warned of") {
  const auto check_aggregate = [](std::string_view condition, std::string_view function, std::string_view want) {
    check(R"x({"num_cache_intervals": 1, "interval_aggregates": [{"name": "a", "if": ")x" + std::string(condition) +
              R"x(", "function": ")x" + std::string(function) + "\"}]}",
          want.empty() ? "" : "1:52: warning: it is never made: its function needs " + std::string(want) + "\n");
  };
  check_aggregate("name == 'mem_total'", "sum(mem_total) - sum(mem_free)",
                  "'mem_free', and its 'if' wants the name 'mem_total'");
  check_aggregate("value > 1 && name in ['a1', 'b1']", "-max(a1) * 2 + min(c1)",
                  "'c1', and its 'if' wants the name to be one of 'a1', 'b1'");
  check_aggregate("name in ['mem_total', 'mem_free']", "sum(mem_total) - sum(mem_free)", "");
  check_aggregate("name == 'a1' || name == 'b1'", "sum(b1)", "");
  check_aggregate("value > 1", "sum(b1)", "");
  // It has a value without that metric.
  check_aggregate("name == 'a1'", "sum(a1) - sum(b1 ?? [0])", "");
  check_aggregate("name == 'a1'", "b1 == nil ? 1 : sum(b1)", "");
}

TEST_CASE("aggregates of metrics whose prefixes the rules make different are warned of") {
  const auto check_prefixes = [](std::string_view prefixes, std::string_view want) {
    check(fmt::format(
              R"x({{"num_cache_intervals": 1, "interval_aggregates": [{{"name": "u", "function": "sum(a) - sum(b)"}}],
"change_unit_prefix": {{{}}}}})x",
              prefixes),
          want.empty() ? "" : "1:52: warning: " + std::string(want) + ": together they may give a wrong number\n");
  };
  check_prefixes(R"("a": "G")", "the rules give 'a' the prefix 'G' and 'b' none");
  check_prefixes(R"("b": "G", "c": "M")", "the rules give 'b' the prefix 'G' and 'a' none");
  check_prefixes(R"("a": "G", "b": "M")", "the rules give 'a' the prefix 'G' and 'b' 'M'");
  check_prefixes(R"("a": "G", "b": "G")", "");
  check_prefixes(R"("c": "G")", "");
}

TEST_CASE("aggregates that the rules drop again are warned of") {
  const auto check_rules = [](std::string_view rules, bool is_dropped) {
    check(fmt::format(
              R"x({{"num_cache_intervals": 1, "interval_aggregates": [{{"name": "mem_used", "function": "sum(m)"}}],
{}}})x",
              rules),
          is_dropped
              ? "1:52: warning: it is never written: the rules, which aggregates go through too, drop 'mem_used'\n"
              : "");
  };
  check_rules(R"x("drop_metrics": ["mem_used"])x", true);
  check_rules(R"x("drop_metrics_if": ["name startsWith 'mem_'"])x", true);
  check_rules(R"x("process_messages": [{"rename_by": {"mem_used": "x"}}, {"drop_by_name": ["x"]}])x", true);
  check_rules(R"x("drop_metrics_if": ["name startsWith 'mem_' && type != nil"])x", false);
  check_rules(R"x("drop_metrics": ["m"])x", false);
}

TEST_CASE("a file of very many rules and aggregates is checked without what would take long") {
  std::string drops;
  for (int i = 1; i < 1000; ++i) drops += fmt::format("\"name startsWith 'x{}' && value > 1\", ", i);
  drops += "\"name startsWith 'made'\"";
  std::string aggregates;
  for (int i = 0; i < 300; ++i)
    aggregates += fmt::format(R"x({}{{"name": "made_{}", "function": "sum(m{})"}})x", i == 0 ? "" : ", ", i, i);
  const std::string problems = problems_of(fmt::format(
      R"({{"num_cache_intervals": 1, "interval_aggregates": [{}], "drop_metrics_if": [{}]}})", aggregates, drops));
  const auto told = std::ranges::count(problems, '\n');
  CHECK(told > 10);
  CHECK(told < 300);
}

TEST_CASE("patterns where only names stand are warned of") {
  check(R"x({"drop_metrics": ["temp_*", "b"]})x",
        "1:19: warning: 'temp_*' is the name of one metric and no pattern; patterns stand in conditions, like "
        "match('^temp_', name)\n");
  check(R"x({"manipulate_messages": [{"rename_by": {"temp[0-9]": "b"}}]})x",
        "1:41: warning: 'temp[0-9]' is the name of one metric and no pattern; patterns stand in conditions, like "
        "match('^temp_', name)\n");
}

TEST_CASE("aggregates that overwrite each other, or what they are computed from, are warned of") {
  const auto check_aggregates = [](std::string_view aggregates, std::string_view want) {
    check(R"x({"num_cache_intervals": 1, "interval_aggregates": [)x" + std::string(aggregates) + "]}",
          want.empty() ? "" : std::string(want) + "\n");
  };
  check_aggregates(R"x({"name": "a", "function": "sum(values)", "tags": {"hostname": "all"}})x",
                   "1:52: warning: each host has this aggregate, and all are written as hostname=all: the last one "
                   "overwrites the others; there are none of several hosts");
  check_aggregates(R"x({"name": "a", "if": "hostname == 'n1'", "function": "sum(m)", "tags": {"hostname": "n2"}})x",
                   "");
  check_aggregates(R"x({"name": "a", "function": "sum(m)", "tags": {"hostname": "<copy>"}})x", "");
  check_aggregates(R"x({"name": "a", "function": "sum(m)"}, {"name": "a", "function": "sum(n)"})x",
                   "1:89: warning: it has the name and the tags of 'interval_aggregates: a = sum(m)' in line 1: one "
                   "overwrites the other");
  check_aggregates(R"x({"name": "a", "function": "sum(m)"}, {"name": "a", "function": "sum(n)", "tags": {"of": "n"}})x",
                   "");
  check_aggregates(
      R"x({"name": "a", "if": "hostname == 'n1'", "function": "sum(m)"},
 {"name": "a", "if": "tag.hostname != 'n1'", "function": "sum(n)"})x",
      "");
  const std::string itself =
      "1:52: warning: it has the name of a metric that it is computed from, 'm', and no tag 'type' of its own: it may "
      "overwrite that metric";
  check_aggregates(R"x({"name": "m", "function": "sum(m)"})x", itself);
  check_aggregates(R"x({"name": "m", "if": "name == 'm'", "function": "sum(values)"})x", itself);
  check_aggregates(R"x({"name": "m", "if": "name == 'm'", "function": "sum(values)", "tags": {"type": "<copy>"}})x",
                   itself);
  check_aggregates(
      R"x({"name": "m", "if": "name == 'm' && type == 'core'", "function": "sum(values)", "tags": {"type": "core"}})x",
      itself);
  check_aggregates(R"x({"name": "m", "if": "name == 'm' && type == 'core'", "function": "sum(values)"})x", "");
  check_aggregates(R"x({"name": "m", "if": "name == 'm'", "function": "sum(values)", "tags": {"type": "node"}})x", "");
}

TEST_CASE("what aggregates cannot copy is warned of") {
  const auto check_copy = [](std::string_view rules, std::string_view members, std::string_view want) {
    CAPTURE(members);
    check(fmt::format(R"x({{{}"num_cache_intervals": 1,
"interval_aggregates": [{{"name": "a", "function": "sum(m)", {}}}]}})x",
                      rules, members),
          want.empty() ? "" : std::string(want) + "\n");
  };
  check_copy("", R"("tags": {"unit": "<copy>"})", "");
  check_copy("", R"("tags": {"unit": "<Copy>"})",
             "2:78: warning: '<Copy>' is taken as it stands, did you mean '<copy>'?");
  check_copy("", R"("meta": {"unit": "< copy >"})",
             "2:78: warning: '< copy >' is taken as it stands, did you mean '<copy>'?");
  check_copy("", R"("tags": {"unit": "copy"})", "");
  const std::string nothing =
      "2:78: warning: there is nothing to copy: no line carries meta, and no rule sets 'unit' there; put it under "
      "'tags'";
  check_copy("", R"("meta": {"unit": "<copy>"})", nothing);
  check_copy("", R"("meta": {"unit": "<copy>", "group": "<copy>"})", nothing);
  check_copy("", R"("meta": {"unit": "W"})", "");
  check_copy(R"x("process_messages": {"move_tag_to_meta_if": [{"key": "unit", "value": "unit"}]}, )x",
             R"("meta": {"unit": "<copy>"})", "");
  check_copy(R"x("process_messages": {"add_meta_if": [{"key": "x", "value": "unit"}]}, )x",
             R"("meta": {"unit": "<copy>"})", nothing);
  check_copy(R"x("rename_metrics": {"m": "n"}, )x", R"("meta": {"oldname": "<copy>"})", "");
}

TEST_CASE("rules for what an earlier one drops are warned of") {
  check(R"x({"drop_metrics": ["a"], "rename_metrics": {"a": "b"}})x",
        "1:44: warning: 'a' does not get to this rule: 'drop_metrics: a' in line 1 drops it\n");
  check(R"x({"process_messages": [{"drop_by_name": ["a"]}, {"rename_by": {"b": "a"}}, {"drop_by_name": ["a"]}]})x", "");
  check(R"x({"drop_metrics_if": ["*"], "change_unit_prefix": {"m": "K", "n": "K"}})x",
        "1:51: warning: nothing gets to this rule: 'drop_metrics_if: *' in line 1 drops every message\n");
  check(
      R"x({"process_messages": [{"drop_by": "name in ['a', 'b']"}, {"add_tags_by": {"x": "y"}, "if": "name == 'b' && value > 1"}]})x",
      "1:75: warning: 'b' does not get to this rule: 'drop_by: name in ['a', 'b']' in line 1 drops it\n");
  // Of each name by itself, and once though these rules stand twice among the steps.
  check("{\"drop_metrics\": [\"x\",\n \"a\"], \"rename_metrics\": {\"y\": \"z\",\n \"a\": \"b\"}}",
        "3:2: warning: 'a' does not get to this rule: 'drop_metrics: a' in line 2 drops it\n");
  check(R"x({"drop_metrics": ["a"], "add_tags": [{"key": "k", "value": "v", "if": "name == 'a'"}]})x",
        "1:38: warning: 'a' does not get to this rule: 'drop_metrics: a' in line 1 drops it\n");
  // Some of them get further.
  check(
      R"x({"drop_metrics_if": ["name == 'a' && value > 1", "name == 'a' && value < 0"], "rename_metrics": {"a": "b"}})x",
      "");
  check(R"x({"process_messages": [{"drop_by_name": ["a"], "if": "value > 1"}, {"rename_by": {"a": "b"}}]})x", "");
}

TEST_CASE("rules for what an earlier condition drops are warned of") {
  // Names that a pattern drops.
  const std::string_view cores = R"x({"drop_metrics_if": ["match('temp_core_%d+', name)"])x";
  const auto check_behind = [&](std::string_view rules, std::string_view want) {
    check(std::string(cores) + std::string(rules),
          want.empty()
              ? ""
              : "1:" + std::string(want) + ": 'drop_metrics_if: match('temp_core_%d+', name)' in line 1 " +
                    (want.ends_with("nothing gets to this rule") ? "drops all that fulfils it\n" : "drops it\n"));
  };
  check_behind(R"x(, "rename_metrics": {"temp_core_1": "b"}})x",
               "74: warning: 'temp_core_1' does not get to this rule");
  check_behind(R"x(, "change_unit_prefix": {"temp_core_1": "K"}})x",
               "78: warning: 'temp_core_1' does not get to this rule");
  check_behind(R"x(, "add_tags": [{"key": "k", "value": "v", "if": "name == 'temp_core_1' && value > 1"}]})x",
               "68: warning: 'temp_core_1' does not get to this rule");
  check_behind(R"x(, "add_tags": [{"key": "k", "value": "v", "if": "value > 1 && match('temp_core_%d+', name)"}]})x",
               "68: warning: nothing gets to this rule");
  check_behind(R"x(, "rename_metrics": {"temp_core": "b"}})x", "");
  check_behind(R"x(, "add_tags": [{"key": "k", "value": "v", "if": "name in ['temp_core_1', 'a']"}]})x", "");
  // A name that is given again, and aggregates of what was dropped.
  check_behind(R"x(, "rename_metrics": {"a": "temp_core_1"}, "change_unit_prefix": {"temp_core_1": "K"}})x", "");
  check_behind(
      R"x(, "interval_aggregates": [{"name": "c", "if": "name == 'temp_core_1'", "function": "avg(values)"}],
 "num_cache_intervals": 1})x",
      "");

  const auto check_list = [](std::string_view steps, std::string_view want) {
    check(R"x({"manipulate_messages": [)x" + std::string(steps) + "]}", want.empty() ? "" : std::string(want) + "\n");
  };
  // The same condition again, or more than it.
  check_list(R"x({"drop_by": "type == 'a'"}, {"add_tags_by": {"k": "v"}, "if": "tag.unit == 'x' && type == 'a'"})x",
             "1:71: warning: nothing gets to this rule: 'drop_by: type == 'a'' in line 1 drops all that fulfils it");
  check_list(R"x({"drop_by": "type == 'a' && value > 1"}, {"drop_by": "value > 1 && (type == 'a')"})x",
             "1:79: warning: nothing gets to this rule: 'drop_by: type == 'a' && value > 1' in line 1 drops all that "
             "fulfils it");
  check_list(
      R"x({"drop_by": "tag.type == 'a'"}, {"drop_by": "tags['type'] == 'a' && value > 1"})x",
      "1:70: warning: nothing gets to this rule: 'drop_by: tag.type == 'a'' in line 1 drops all that fulfils it");
  check_list(R"x({"drop_by": "type == 'a' && value > 1"}, {"drop_by": "type == 'a'"})x", "");
  check_list(R"x({"drop_by": "type == 'a'"}, {"drop_by": "tag.type == 'b'"})x", "");
  // What it asks for has changed since.
  for (const std::string_view change :
       {R"x({"add_base_tags": {"type": "core"}})x", R"x({"move_meta_to_tags_by": {"b": "type"}})x",
        R"x({"add_meta_by": {"type": "core"}, "if": "value > 1"})x"}) {
    check_list(R"x({"drop_by": "type == 'core'"}, )x" + std::string(change) + R"x(, {"drop_by": "type == 'core'"})x",
               "");
  }
  check_list(R"x({"drop_by": "type == 'a'"}, {"add_base_tags": {"k": "v"}}, {"drop_by": "type == 'a'"})x",
             "1:97: warning: nothing gets to this rule: 'drop_by: type == 'a'' in line 1 drops all that fulfils it");
  check_list(R"x({"drop_by": "value > 1"}, {"change_prefix_to": "K"}, {"drop_by": "value > 1"})x", "");
  check_list(R"x({"drop_by": "unit == 'a'"}, {"normalize_units": true}, {"drop_by": "unit == 'a'"})x", "");
  check_list(R"x({"drop_by": "metric.Name() startsWith 'a' && value > 1"}, {"rename_to": "ab", "if": "value < 0"},
 {"drop_by": "metric.Name() startsWith 'a' && value > 1"})x",
             "");
  check_list(R"x({"drop_by": "len(tags) > 3"}, {"add_base_tags": {"k": "v"}}, {"drop_by": "len(tags) > 3"})x", "");
  check(
      R"x({"manipulate_messages": [{"drop_by": "msg.IsMetric()"}, {"add_fields_by": {"value": "1"}}, {"drop_by": "msg.IsMetric()"}]})x",
      "1:76" + text_value);
}

TEST_CASE("what asks for the topology of a host asks for the host") {
  const auto check_between = [](std::string_view step, bool is_warned) {
    const auto loaded = rules::read_rules_text(
        fmt::format(R"x({{"manipulate_messages": [{{"drop_by": "getCpuSocket('5') == 0"}}, {}
 {{"drop_by": "type == 'a' && getCpuSocket('5') == 0"}}]}})x",
                    step),
        "rules.json", Seconds(60),
        rules::read_topology_text(
            R"({"subClusters": [{"nodes": "*", "topology": {"node": [0, 5], "socket": [[0, 5]]}}]})", "cluster.json")
            .topology);
    CAPTURE(loaded.report());
    CHECK(loaded.problems.size() == (is_warned ? 1 : 0));
  };
  check_between("", true);
  check_between(R"x({"add_tags_by": {"hostname": "a"}, "if": "hostname == nil"},)x", false);
}

TEST_CASE("names are asked of patterns only so often") {
  const auto check_names = [](int count, std::string_view want) {
    std::string steps;
    for (int i = 0; i < 1000; ++i) steps += fmt::format(R"x({{"drop_by": "name startsWith 'd{}_'"}}, )x", i);
    for (int i = 0; i < count; ++i) steps += fmt::format(R"x({{"rename_by": {{"a{}": "n{}"}}}}, )x", i, i);
    check("{\"manipulate_messages\": [{\"drop_by\": \"name startsWith 'z_'\"}, " + steps +
              "\n{\"rename_by\": {\"z_1\": \"y\"}}]}",
          want);
  };
  check_names(100,
              "2:16: warning: 'z_1' does not get to this rule: 'drop_by: name startsWith 'z_'' in line 1 drops it\n");
  check_names(200, "");
}

TEST_CASE("rules for a type of message that an earlier one drops are warned of") {
  const auto check_list = [](std::string_view steps, std::string_view want) {
    check(R"x({"manipulate_messages": [{"drop_by_type": ["metric"]}, )x" + std::string(steps) + "]}",
          want.empty() ? ""
                       : std::string(want) +
                             ": warning: nothing gets to this rule: 'drop_by_type: metric' in line 1 "
                             "drops every metric\n");
  };
  check_list(R"x({"normalize_units": true})x", "1:76");
  check_list(R"x({"change_prefix_to": "K"})x", "1:77");
  check_list(R"x({"change_prefix_by": {"m": "K"}})x", "1:78");
  check_list(R"x({"drop_by": "name == 'a' && value > 1"})x", "1:68");
  check_list(R"x({"drop_by": "5 == field.value"})x", "1:68");
  check_list(R"x({"drop_by": "messagetype == 'metric'"})x", "1:68");
  check_list(R"x({"drop_by_type": ["event", "metric"]})x", "1:83");
  check_list(R"x({"drop_by": "messagetype == 'event'"}, {"rename_by": {"a": "b"}})x", "");
  check_list(R"x({"drop_by": "value > 1 || event == 'a'"})x", "");
  check(
      R"x({"manipulate_messages": [{"drop_by_type": ["metric"]}, {"add_fields_by": {"value": "1"}}, {"normalize_units": true}]})x",
      "1:75" + text_value);
  check(R"x({"manipulate_messages": [{"drop_by_type": ["event"]}, {"normalize_units": true}]})x", "");
  check(R"x({"manipulate_messages": [{"drop_by_type": ["metric"], "if": "type == 'a'"}, {"normalize_units": true}]})x",
        "");
}

TEST_CASE("rules for a name that an earlier one takes away are warned of") {
  check(
      R"x({"rename_metrics": {"mem_used": "mem"}, "change_unit_prefix": {"mem_used": "G"}})x",
      "1:64: warning: 'mem_used' does not get to this rule: 'rename_metrics: mem_used -> mem' in line 1 renames it to "
      "'mem'\n");
  check(
      R"x({"manipulate_messages": [{"rename_to": "b", "if": "name == 'a'"}, {"drop_by": "name == 'a' && value > 1"}]})x",
      "1:79: warning: 'a' does not get to this rule: 'rename_to: b' in line 1 renames it to 'b'\n");
  check(R"x({"rename_metrics": {"a": "b"}, "num_cache_intervals": 1,
 "interval_aggregates": [{"name": "c", "if": "name == 'a'", "function": "avg(values)"}]})x",
        "2:26: warning: 'a' does not get to this rule: 'rename_metrics: a -> b' in line 1 renames it to 'b'\n");
  // The tag is added before the rename, where it stands too.
  check(R"x({"rename_metrics": {"a": "b"}, "add_tags": [{"key": "k", "value": "v", "if": "name == 'a'"}]})x", "");
  check(R"x({"manipulate_messages": [{"rename_by": {"a": "b", "b": "a"}}, {"drop_by_name": ["a", "b"]}]})x", "");
  check(
      R"x({"manipulate_messages": [{"drop_by_name": ["b"]}, {"rename_by": {"a": "b"}, "if": "value > 1"}, {"drop_by_name": ["b"]}]})x",
      "");
  check(R"x({"manipulate_messages": [{"rename_by": {"a": "b"}, "if": "value > 1"}, {"drop_by_name": ["a"]}]})x", "");
  check(R"x({"manipulate_messages": [{"rename_to": "b", "if": "name == 'a' && value > 1"}, {"drop_by_name": ["a"]}]})x",
        "");
  check(
      R"x({"manipulate_messages": [{"rename_by": {"a": "b"}}, {"rename_to": "a", "if": "value > 1"}, {"drop_by_name": ["a"]}]})x",
      "");
  // What is dropped before keeps its name, and aggregates are computed from it.
  check(R"x({"drop_metrics_if": ["value > 1"], "rename_metrics": {"a": "b"}, "num_cache_intervals": 1,
 "interval_aggregates": [{"name": "c", "if": "name == 'a'", "function": "avg(values)"}]})x",
        "");
}

TEST_CASE("rules that take away what makes a line acceptable are warned of") {
  check(R"x({"delete_tags": [{"key": "hostname"}]})x",
        "1:18: warning: without the tag 'hostname' cc-metric-store takes no line, and the gateway drops it as "
        "bad_host\n");
  check(
      R"x({"manipulate_messages": [{"move_tags_to_meta_by": {"type": "was"}, "if": "value > 1"}]})x",
      "1:52: warning: without the tag 'type' a line goes to the store as type=node: the values of all parts of a host "
      "overwrite each other\n");
  check(R"x({"delete_tags_if": [{"key": "type-id", "if": "name == 'a'"}]})x",
        "1:21: warning: without the tag 'type-id' the values of all parts of a host overwrite each other in "
        "cc-metric-store\n");
  check(R"x({"delete_tags": [{"key": "unit"}], "process_messages": [{"delete_meta_by": ["hostname"]}]})x", "");
  // It is given again, or there is one value a host.
  check(
      R"x({"manipulate_messages": [{"delete_tags_by": ["hostname"]}, {"add_base_tags": {"hostname": "a"}, "if": "hostname == nil"}]})x",
      "");
  check(R"x({"manipulate_messages": [{"delete_tags_by": ["type-id"], "if": "type == 'node'"}]})x", "");
  check(R"x({"manipulate_messages": [{"add_base_tags": {"type": "node"}}, {"delete_tags_by": ["type-id"]}]})x", "");
  check(
      R"x({"manipulate_messages": [{"delete_tags_by": ["type-id"], "if": "name == 'x'"}, {"add_tags_by": {"type": "node"}, "if": "(name == 'x')"}]})x",
      "");
  // Not of all that loses its type-id, nor has it a host.
  check(R"x({"manipulate_messages": [{"delete_tags_by": ["hostname"], "if": "type == 'node'"}]})x",
        "1:46: warning: without the tag 'hostname' cc-metric-store takes no line, and the gateway drops it as "
        "bad_host\n");
  check(
      R"x({"manipulate_messages": [{"add_tags_by": {"type": "node"}, "if": "name == 'x'"}, {"delete_tags_by": ["type-id"]}]})x",
      "1:102: warning: without the tag 'type-id' the values of all parts of a host overwrite each other in "
      "cc-metric-store\n");
  check(R"x({"manipulate_messages": [{"add_base_tags": {"type": "node"}}, {"delete_tags_by": ["hostname"]}]})x",
        "1:83: warning: without the tag 'hostname' cc-metric-store takes no line, and the gateway drops it as "
        "bad_host\n");
}

TEST_CASE("rules that make the value of metrics a text are warned of") {
  check(R"x({"manipulate_messages": [{"add_fields_by": {"value": "3"}, "if": "name == 'a'"}]})x", "1:45" + text_value);
  check(R"x({"add_field_if": [{"key": "value", "value": "3", "if": "true"}]})x", "1:19" + text_value);
  check(R"x({"process_messages": [{"move_tags_to_fields_by": {"level": "value"}}]})x", "1:51" + text_value);
  check(R"x({"process_messages": {"move_meta_to_field_if": [{"key": "level", "value": "value"}]}})x",
        "1:49" + text_value);
  check(R"x({"process_messages": [{"add_fields_by": {"values": "3"}}, {"add_meta_by": {"value": "3"}}]})x", "");
}

TEST_CASE("tags that no host, or all hosts alike, can have are warned of") {
  const std::string all_hosts =
      ": warning: all hosts are written as hostname=x: the last one overwrites the others; give the rule a condition, "
      "like hostname == nil for lines without a host\n";
  check(R"x({"process_messages": [{"add_tags_by": {"hostname": "x"}}]})x", "1:40" + all_hosts);
  check(R"x({"add_tags": [{"key": "hostname", "value": "x", "if": "*"}]})x", "1:15" + all_hosts);
  check(R"x({"process_messages": [{"add_tags_by": {"hostname": "x"}, "if": "hostname == nil"}]})x", "");
  check(R"x({"hostname_tag": "node", "add_tags": [{"key": "node", "value": "x"}]})x", "");
  check(R"x({"hostname_tag": "node", "add_tags": [{"key": "node", "value": "x"}], "num_cache_intervals": 1,
"interval_aggregates": [{"name": "a", "function": "sum(m)"}]})x",
        "1:39: warning: all hosts get node=x, and by this tag, 'hostname_tag', aggregates tell them apart: there are "
        "none of several hosts; give the rule a condition\n");

  const auto check_type = [](std::string_view type, const std::string& want) {
    check(fmt::format(R"x({{"process_messages": [{{"add_tags_by": {{"type": "{}"}}, "if": "name == 'a'"}}]}})x", type),
          want.empty() ? want : "1:40: warning: ClusterCockpit has no type " + want + "\n");
  };
  check_type("cpu", "'cpu', did you mean 'hwthread'?");
  check_type("gpu", "'gpu', did you mean 'accelerator'?");
  check_type("numadomain", "'numadomain', did you mean 'memoryDomain'?");
  check_type("Socket", "'Socket', did you mean 'socket'?");
  check_type("filesystem",
             "'filesystem': there are 'node', 'socket', 'die', 'memoryDomain', 'llc', 'core', 'hwthread', "
             "'accelerator'");
  for (const std::string_view type : {"node", "llc", "hwthread", "accelerator"}) check_type(type, "");
  check(R"x({"num_cache_intervals": 1,
"interval_aggregates": [{"name": "a", "function": "sum(m)", "tags": {"type": "cpu"}}]})x",
        "2:25: warning: ClusterCockpit has no type 'cpu', did you mean 'hwthread'?\n");
}

TEST_CASE("stages that stage_order leaves out are warned of, and do not run") {
  const std::string_view rules =
      R"x({"rename_messages": {"m": "n"}, "drop_messages": ["m"], "drop_messages_if": [], "stage_order": ["rename"]})x";
  check(rules, "1:51: warning: the rules of the stage 'drop_by_name' never run: 'stage_order' leaves it out\n");
  router::Router router(rules::read_rules_text(std::string(rules), "rules.json", Seconds(60)).rules);
  CHECK(routed(router, "m value=1 1\n") == "n value=1 1\n");
  check(R"x({"drop_messages": ["m"], "stage_order": []})x",
        "1:41: warning: 'stage_order' is empty: the stages run in their default order; leave it out\n");
}

TEST_CASE("a rule that stands twice among the steps is warned of once") {
  check(R"x({"add_tags": [{"key": "k", "value": "v", "if": "nam == 'x'"}]})x",
        "1:15: warning: 'nam' is taken for a tag, meta value or field of that name; did you mean 'name'?\n");
  check(R"x({"drop_metrics": ["a", "a"]})x", "1:24: warning: 'a' stands in this list already\n");
}
