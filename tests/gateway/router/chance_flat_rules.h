#pragma once
// Rules of cc-lib's flat object and messages from chance, for the library and for us. Most of them mean the same to
// both; where they do not, the trial says by what.

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/gateway/router/chance_rules.h"

namespace cc_lib {

/// In the order in which it is written: cc-lib's maps have none, our rules do.
using Rules = nlohmann::ordered_json;

/// What the library understands otherwise than we do.
enum class Odd : std::uint8_t {
  nothing,
  unknown_name,     ///< a condition that is documented; the library refuses to start
  no_condition,     ///< a rule without `if`; the same
  key_as_stage,     ///< stage_order with the keys of the rules; the same
  base_env,         ///< names for conditions; the same
  unknown_prefix,   ///< we refuse it
  protected_field,  ///< we refuse it
  no_line,          ///< a tag that line protocol cannot carry: we refuse it
  number_in_tag,    ///< a text compared with a number
  percent,          ///< `%` for `\` in a pattern
  has_type_id,      ///< msg.HasTag('type-id')
  integer_time,     ///< timestamp == 1700000000
  message_type,     ///< of a message with several fields
  stale_type_id,    ///< a condition on type-id after a rule changed it
  stale_unit,       ///< a condition on the unit after a rule changed it
};

/// A condition, and one that means to us what the first means to the library: empty where it means what it meant to the
/// message before all rules.
struct OddCondition {
  std::string_view text;
  std::vector<std::string_view> library;
};

struct Trial {
  Rules rules = Rules::object();
  Odd odd = Odd::nothing;
  OddCondition condition;  ///< of some kinds of Odd
  std::vector<nlohmann::json> messages;
};

/// Fails on every message; no name is an integer.
inline constexpr std::string_view always_fails = "int(name) == 1";

class ChanceTrial {
 public:
  explicit ChanceTrial(std::uint32_t seed) : chance_(seed), seed_(seed) {}

  Trial make(std::size_t messages) {
    if (chance_.below(3) == 0) choose_odd();
    if (chance_.below(3) == 0) choose_order();
    add_stages();
    add_odd();
    if (!order_.empty()) trial_.rules["stage_order"] = order_;
    for (std::size_t i = 0; i < messages; ++i) trial_.messages.push_back(message());
    return std::move(trial_);
  }

 private:
  using Texts = std::vector<std::string_view>;
  bool one_in(std::size_t n) { return chance_.below(n) == 0; }
  template <std::size_t size>
  std::string_view of(const std::string_view (&rows)[size]) {
    return chance_.of(rows);
  }

  void choose_odd() {
    constexpr Odd kinds[] = {Odd::unknown_name,    Odd::no_condition,  Odd::key_as_stage, Odd::base_env,
                             Odd::unknown_prefix,  Odd::no_line,       Odd::percent,      Odd::number_in_tag,
                             Odd::protected_field, Odd::number_in_tag, Odd::has_type_id,  Odd::integer_time,
                             Odd::message_type,    Odd::stale_type_id, Odd::stale_unit};
    trial_.odd = chance_.of(kinds);
    const auto choose = [this](const std::vector<OddCondition>& rows) {
      trial_.condition = rows[chance_.below(rows.size())];
    };
    switch (trial_.odd) {
      case Odd::unknown_name:
        return choose({{"value > 70", {}},
                       {"type == 'socket'", {}},
                       {"metric.Name() == 'cpu_load'", {}},
                       {"match('temp_core_%d+', name)", {}},
                       {"type-id == 0", {}},
                       {"tag_type == 'node'", {}},
                       {"hostname == 'n1'", {}},
                       {"*", {}}});
      case Odd::percent:
        return choose({{"name matches 'temp_core_%d+'", {"name matches 'temp_core_@d+'"}},
                       {"name matches '^%w+$'", {"name matches '^@w+$'"}}});
      case Odd::number_in_tag:
        return choose({{"tag.typeid == 0", {"tag.typeid == 'no number'"}},
                       {"tags['type-id'] != 1", {"tag.typeid != 'no number'"}},
                       {"tag.typeid in [0, 1]", {"tag.typeid in ['no number']"}},
                       {"field.text == 7", {"field.text == 'no number'"}},
                       {"tag.typeid > 0", {always_fails}}});
      case Odd::has_type_id:
        return choose({{"msg.HasTag('type-id')", {"msg.HasTag('none')"}},
                       {"msg.GetTag('type-id') == '0'", {"msg.GetTag('none') == '0'"}}});
      case Odd::integer_time:
        return choose({{"timestamp == 1700000000", {always_fails}}, {"timestamp != 1700000030", {always_fails}}});
      case Odd::message_type:
        return choose({{"messagetype == 'metric'", {"true", "false"}},
                       {"msgtype != 'event'", {"true", "false"}},
                       {"messagetype in ['log', 'control']", {"true", "false"}}});
      case Odd::stale_type_id:
        return choose(
            {{"tag.typeid == '0'", {}}, {"tags['type-id'] == nil", {}}, {"tag.typeid in ['1', 'moved']", {}}});
      case Odd::stale_unit:
        trial_.condition = {"meta.unit == 'KB'", {"true", "false"}};
        return;
      default:
        return;
    }
  }

  /// Units come last, for what comes after them would see what they made of the value: that differs where it is no
  /// whole number.
  void choose_order() {
    Texts names = {"drop_by_name", "drop_by_type",       "drop_if",
                   "add_tag",      "delete_tag",         "move_tag_to_meta",
                   "add_meta",     "delete_meta",        "add_field",
                   "delete_field", "move_meta_to_tags",  "move_tag_to_fields",
                   "rename",       "rename_if",          "add_tag",
                   "drop_if",      "move_field_to_tags", "move_meta_to_fields",
                   "rename_if",    "delete_tag",         "move_field_to_meta"};
    for (std::size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[chance_.below(i)]);
    names.resize(1 + chance_.below(names.size()));
    if (!one_in(3)) names.emplace_back("change_unit_prefix");
    if (!one_in(3)) names.emplace_back("normalize_unit");
    if (one_in(2) && !one_in(3) && names.back() == "normalize_unit") std::swap(names[names.size() - 2], names.back());
    for (const std::string_view name : names) order_.emplace_back(name);
  }

  /// Of what is the same for all messages of a series.
  std::string_view still_condition() {
    static constexpr std::string_view rows[] = {"name == 'cpu_load'",
                                                "name matches '^mem_.*'",
                                                "name startsWith 'temp'",
                                                "name endsWith '1'",
                                                "not (name contains 'load')",
                                                "name in ['cpu_load', 'mem_used', 'job']",
                                                "msg.Name() != 'mem_free'",
                                                "len(name) > 8",
                                                "upper(name) == 'JOB'",
                                                "tag.type == 'socket'",
                                                "tags['type'] == 'node'",
                                                "tag.stype == nil",
                                                "tag.cluster != nil",
                                                "tag['hostname'] matches 'n[12]'",
                                                "tag.nothing contains 'x'",
                                                "tag?.nothing == 'x'",
                                                "(tag.cluster ?? 'none') == 'none'",
                                                "'cluster' in tags",
                                                "msg.HasTag('cluster')",
                                                "msg.GetTag('hostname') == 'n1'",
                                                "msg.GetTag('cluster') == ''",
                                                "msg.Tags()['type'] == 'node'",
                                                "message.HasMeta('source')",
                                                "msg.GetMeta('group') != ''",
                                                "meta.source == 'MemstatCollector'",
                                                "meta.group contains 'I'",
                                                "meta.oldname == nil",
                                                "any(keys(meta), # == 'source')",
                                                "tag.type == 'node' ? name == 'cpu_load' : meta.group == 'IPMI'"};
    return of(rows);
  }
  std::string_view moving_condition() {
    static constexpr std::string_view rows[] = {"field.value > 70",
                                                "fields.value <= 3",
                                                "fields['value'] == 2",
                                                "field.value != 0",
                                                "field.value in [1, 2, 3]",
                                                "field.value + 1 > 2.5",
                                                "0 - field.value < 0",
                                                "string(field.value) == '1e+06'",
                                                "field.nothing == nil",
                                                "'extra' in fields",
                                                "msg.HasField('extra')",
                                                "field.extra != nil",
                                                "msg.GetField('value') == 2",
                                                "field.event contains 'start'",
                                                "msg.IsMetric()",
                                                "msg.IsEvent()",
                                                "message.IsLog()",
                                                "msg.IsControl()",
                                                "timestamp > 1700000100",
                                                "timestamp % 120 < 60",
                                                "timestamp <= 1700000000 and name != 'job'"};
    return of(rows);
  }
  std::string_view failing_condition() {
    static constexpr std::string_view rows[] = {"field.nothing > 1", "int(tag.hostname) > 0", "tag.type - 1 == 2",
                                                "tag.cluster",       "tag.nothing.x == 'a'",  "meta.group / 2 > 1",
                                                "field.event > 70"};
    return of(rows);
  }
  std::string simple_condition() {
    if (one_in(25)) return std::string(failing_condition());
    return std::string(one_in(2) ? still_condition() : moving_condition());
  }
  std::string condition() {
    switch (chance_.below(7)) {
      case 3:  // not beside others: the library's compiler takes `… || true` for true, whether the rest fails or not
        return "true";
      case 0:
        return fmt::format("{} && {}", simple_condition(), simple_condition());
      case 1:
        return fmt::format("({}) || {}", simple_condition(), simple_condition());
      case 2:
        return fmt::format("!({})", simple_condition());
      default:
        return simple_condition();
    }
  }

  Rules rule(std::string_view key, std::string_view value) {
    Rules rule = {{"if", condition()}, {"key", key}};
    if (!value.empty()) rule["value"] = value;
    return rule;
  }

  /// Mostly one rule a stage: the library takes several in an order from chance.
  template <class Make>
  void add_rules(std::string_view name, Make make) {
    if (!one_in(5)) return;
    Rules list = Rules::array();
    const bool several = several_left_ > 0 && one_in(5);
    for (std::size_t n = several ? 2 + chance_.below(2) : 1; n > 0; --n) list.push_back(make());
    if (several) --several_left_;
    trial_.rules[std::string(name)] = list;
  }

  static constexpr std::string_view tag_keys_[] = {"cluster", "new", "rack", "unit", "type"};
  static constexpr std::string_view meta_keys_[] = {"source", "group", "unit", "note", "was"};
  static constexpr std::string_view names_[] = {"cpu_load",    "mem_used",     "mem_free",
                                                "temp_core_1", "temp_core_12", "job"};

  void add_stages() {
    static constexpr std::string_view tag_values[] = {"a", "b c", "fritz", "node"};
    // What becomes a unit is one: the library takes much else for one.
    const auto set = [this](std::string_view key) { return rule(key, key == "unit" ? "MB" : of(tag_values)); };
    const auto move = [this](std::string_view from, std::string_view to) {
      return rule(from, (from == "unit") == (to == "unit") ? to : std::string_view("new"));
    };
    if (one_in(6)) trial_.rules["drop_messages"] = Rules::array({of(names_), of(names_)});
    if (one_in(6))
      trial_.rules["drop_by_message_type"] =
          Rules::array({one_in(2) ? "event" : "metric", one_in(2) ? "log" : "control"});
    add_rules("drop_messages_if", [&] { return Rules(condition() + " && name != 'mem_free'"); });
    add_rules("add_tags_if", [&] { return set(of(tag_keys_)); });
    add_rules("delete_tags_if", [&] { return rule(of(tag_keys_), ""); });
    add_rules("move_tag_to_meta_if", [&] { return move(of(tag_keys_), of(meta_keys_)); });
    add_rules("move_tag_to_field_if", [&] { return move(of(tag_keys_), one_in(2) ? "extra" : "text"); });
    add_rules("add_meta_if", [&] { return set(of(meta_keys_)); });
    add_rules("delete_meta_if", [&] { return rule(of(meta_keys_), ""); });
    add_rules("move_meta_to_tag_if", [&] { return move(of(meta_keys_), of(tag_keys_)); });
    add_rules("move_meta_to_field_if", [&] { return move(of(meta_keys_), one_in(2) ? "extra" : "text"); });
    add_rules("add_field_if", [&] { return rule(one_in(3) ? "value" : "text", "word"); });
    add_rules("delete_field_if", [&] { return rule(one_in(2) ? "extra" : "text", ""); });
    add_rules("move_field_to_tag_if", [&] { return move(one_in(2) ? "extra" : "text", of(tag_keys_)); });
    add_rules("move_field_to_meta_if", [&] { return move(one_in(2) ? "extra" : "text", of(meta_keys_)); });
    if (one_in(4))
      trial_.rules["rename_messages"] =
          Rules::object({{"cpu_load", "load"}, {"mem_used", "mem_free"}, {"mem_free", "mem_used"}});
    if (one_in(5)) {
      trial_.rules["rename_messages_if"][condition()] = "other";
      if (one_in(5)) trial_.rules["rename_messages_if"][condition()] = "third";
    }
    if (one_in(2)) add_prefixes();
    if (one_in(3)) trial_.rules["normalize_units"] = true;
  }

  std::string_view prefix() {
    static constexpr std::string_view rows[] = {"K", "M", "G", "", "Ki", "Mi", "T", "k", "K", "M", "m"};
    return of(rows);
  }

  /// Of one message at most one rule changes the prefix.
  void add_prefixes() {
    Rules& prefixes = trial_.rules["change_unit_prefix"];
    if (one_in(2)) {
      prefixes[condition()] = prefix();
    } else {
      prefixes["name == 'cpu_load' || name == 'load'"] = prefix();
      prefixes["name startsWith 'mem_'"] = prefix();
      prefixes["not (name matches '^(cpu_|mem_|load)')"] = prefix();
    }
  }

  static Rules one(Rules item) {
    Rules list = Rules::array();
    list.push_back(std::move(item));
    return list;
  }

  /// The condition that is odd, alone or with another one.
  std::string odd_condition() {
    if (trial_.condition.text == "*" || one_in(2)) return std::string(trial_.condition.text);
    const std::string_view before = one_in(2) ? "(" : "not (";
    return fmt::format("{}{}) && {}", before, trial_.condition.text, still_condition());
  }

  /// In a place of its own, before or behind what else is there.
  void put(std::string_view name, std::string_view stage, Rules list) {
    trial_.rules[std::string(name)] = std::move(list);
    if (order_.empty() || std::ranges::find(order_, stage) != order_.end()) return;
    order_.insert(order_.begin(), std::string(stage));
  }

  void add_odd() {
    switch (trial_.odd) {
      case Odd::nothing:
        return;
      case Odd::no_condition:
        return put("add_tags_if", "add_tag", one(Rules::object({{"key", "cluster"}, {"value", "x"}})));
      case Odd::key_as_stage:
        order_.insert(order_.begin(), "drop_messages_if");
        return;
      case Odd::base_env: {
        // The library keeps them for good: each has a name of its own.
        const std::string name = fmt::format("limit{}", seed_);
        trial_.rules["add_base_env"][name] = 70;
        return put("drop_messages_if", "drop_if", one(fmt::format("field.value > {}", name)));
      }
      case Odd::unknown_prefix:
        trial_.rules["change_unit_prefix"][condition()] = one_in(2) ? "kilo" : "q";
        return;
      case Odd::protected_field:
        if (one_in(2)) return put("delete_field_if", "delete_field", one(rule("value", "")));
        return put("move_field_to_tag_if", "move_field_to_tags", one(rule("value", "new")));
      case Odd::no_line:
        return put("add_tags_if", "add_tag", one(Rules::object({{"if", condition()}, {"key", "new"}, {"value", ""}})));
      case Odd::stale_type_id:
        order_ = {"add_tag", "delete_tag", "drop_if", "rename_if", "change_unit_prefix", "normalize_unit"};
        trial_.rules.erase("rename_messages_if");
        put("add_tags_if", "add_tag", one(rule("type-id", "moved")));
        put("delete_tags_if", "delete_tag", one(rule("type-id", "")));
        return put("drop_messages_if", "drop_if", one(odd_condition()));
      case Odd::stale_unit:
        order_ = {"change_unit_prefix", "normalize_unit", "add_tag"};
        if (one_in(2)) std::swap(order_[0], order_[1]);
        return put("add_tags_if", "add_tag",
                   one(Rules::object({{"if", trial_.condition.text}, {"key", "kilo"}, {"value", "yes"}})));
      default:
        switch (chance_.below(3)) {
          case 0:
            return put("drop_messages_if", "drop_if", one(odd_condition()));
          case 1:
            return put("add_meta_if", "add_meta",
                       one(Rules::object({{"if", odd_condition()}, {"key", "note"}, {"value", "odd"}})));
          default:
            return put("rename_messages_if", "rename_if", Rules::object({{odd_condition(), "odd"}}));
        }
    }
  }

  nlohmann::json message() {
    using nlohmann::json;
    static constexpr std::string_view hosts[] = {"n1", "n2", "n3", "n 4"};
    // First what both know, then what the library takes for another one, then what is none.
    static constexpr std::string_view units[] = {"KB",  "kB",     "MByte/s", "Bytes", "GFlops/s", "%",    "s",
                                                 "mHz", "degC",   "packets", "GF/s",  "Watts",    "KiB",  "MB",
                                                 "kB",  "Mbit/s", "kWh",     "state", "GB/min",   "MT/s", "µs"};
    static const std::vector<json> values = {{{"float", 1.0}},
                                             {{"float", 2.5}},
                                             {{"float", 72.5}},
                                             {{"float", 1e6}},
                                             {{"float", 123456789.0}},
                                             {{"float", -7.25}},
                                             {{"float", 1e-5}},
                                             {{"float", 1e308}},
                                             {{"int", 2}},
                                             {{"int", 75}},
                                             {{"int", 1500}},
                                             {{"int", -3000}},
                                             {{"int", 0}},
                                             {{"uint", 3}},
                                             {{"uint", 3000U}},
                                             {{"int", 9007199254740993}},
                                             {{"uint", 18446744073709551615U}},
                                             {{"bool", true}},
                                             {{"string", "text"}}};
    json out = {{"name", of(names_)},
                {"tags", {{"hostname", of(hosts)}}},
                {"meta", json::object()},
                {"fields", json::object()}};
    json& tags = out["tags"];
    switch (chance_.below(3)) {
      case 0:
        tags["type"] = "node";
        break;
      case 1:
        tags["type"] = "socket";
        tags["type-id"] = one_in(2) ? "0" : "1";
        break;
      default:
        tags["type"] = "hwthread";
        tags["type-id"] = "12";
        tags["stype"] = "core";
    }
    if (one_in(3)) tags["cluster"] = "fritz";
    if (one_in(4)) tags["method"] = one_in(3) ? "POST" : (one_in(2) ? "GET" : "PUT");
    if (one_in(2)) out["meta"]["source"] = one_in(2) ? "MemstatCollector" : "TempCollector";
    if (one_in(2)) out["meta"]["group"] = one_in(2) ? "IPMI" : "Memory";
    if (!one_in(4)) (one_in(2) ? tags : out["meta"])["unit"] = of(units);
    add_fields(out["fields"], values);
    static constexpr std::int64_t seconds[] = {1'700'000'000, 1'700'000'030, 1'700'000'061, 1'700'000'185};
    out["time"] = chance_.of(seconds) * 1'000'000'000 + static_cast<std::int64_t>(chance_.below(1'000'000'000));
    return out;
  }

  void add_fields(nlohmann::json& fields, const std::vector<nlohmann::json>& values) {
    switch (chance_.below(10)) {
      case 0:
        fields["event"] = {{"string", "start of a job"}};
        break;
      case 1:
        fields["log"] = {{"string", "a b"}};
        break;
      case 2:
        fields["control"] = {{"string", "150"}};
        break;
      case 3:
        if (one_in(2)) {
          fields["event"] = {{"int", 2}};
        } else {
          fields["text"] = {{"string", "7"}};
        }
        break;
      default:
        fields["value"] = values[chance_.below(values.size())];
    }
    if (one_in(6)) fields["extra"] = values[chance_.below(values.size())];
    if (one_in(20)) fields["log"] = {{"string", "both"}};
  }

  Chance chance_;
  std::uint32_t seed_;
  Trial trial_;
  std::vector<std::string> order_;
  int several_left_ = 2;  ///< stages that may have several rules: who compares tries their orders
};

}  // namespace cc_lib
