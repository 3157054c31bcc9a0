#pragma once
// Rules and lines from chance, few of a kind, so that they meet.

#include <fmt/format.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

class Chance {
 public:
  explicit Chance(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  template <class Row, std::size_t size>
  const Row& of(const Row (&rows)[size]) {
    return rows[below(size)];
  }

  std::string condition() {
    static constexpr std::string_view simple[] = {
        "name == 'cpu_load'",
        "name matches 'mem_.*'",
        "match('temp_core_%d+', name)",
        "type == 'socket' && type-id == 0",
        "type-id > 1",
        "tag.hostname == 'n1'",
        "unit == 'KB'",
        "msg.HasTag('unit')",
        "meta.oldname != nil",
        "value > 70",
        "value * 1 > 1.5",
        "value * 1 > 2.5",
        "((value > 1 && event) ?? (value > 2 && event))",
        "field.value <= 3.5",
        "value == 2",
        "1 < value && value <= 75",
        "not (value >= 3 || 2 == field.value)",
        "value != 9223372036854775807",
        "timestamp % 120 < 60",
        "timestamp > 1700000100",
        "messagetype == 'metric'",
        "msg.IsEvent()",
        "nothing == 'x'",
        "tags['new'] == 'a'",
        "len(tags) > 2",
        "value in [1, 2, 3]",
        "name + string(value) == 'cpu_load2'",
        "hostname + type == 'n1node'",
        "int(type-id) % 2 == 0",
        "value > 1e300 * 1e10",
        "len(keys(tags)) > int(value)",
        "true",
    };
    switch (below(6)) {
      case 0:
        return fmt::format("{} && {}", of(simple), of(simple));
      case 1:
        return fmt::format("{} || {}", of(simple), of(simple));
      case 2:
        return fmt::format("not ({})", of(simple));
      default:
        return std::string(of(simple));
    }
  }

  /// An item of manipulate_messages, as JSON.
  std::string item() {
    static constexpr std::string_view actions[] = {
        R"("add_tags_by": {"new": "a"})",
        R"("add_tags_by": {"new": "b c"})",
        R"("add_tags_by": {"type": "node"})",
        R"("add_base_tags": {"cluster": "x"})",
        R"("add_meta_by": {"unit": "MB"})",
        R"("delete_tags_by": ["unit"])",
        R"("delete_tags_by": ["type-id", "new"])",
        R"("delete_meta_by": ["unit"])",
        R"("move_tags_to_meta_by": {"unit": "unit"})",
        R"("move_meta_to_tags_by": {"oldname": "was"})",
        R"("move_tags_to_fields_by": {"new": "text"})",
        R"("add_fields_by": {"extra": "1"})",
        R"("delete_fields_by": ["extra"])",
        R"("move_fields_to_tags_by": {"extra": "new"})",
        R"("move_fields_to_meta_by": {"extra": "unit"})",
        R"("rename_by": {"cpu_load": "load", "mem_used": "mem_free", "mem_free": "mem_used"})",
        R"("rename_to": "other")",
        R"("drop_by_name": ["temp_core_1", "other"])",
        R"("drop_by_type": ["event", "log"])",
        R"("change_prefix_to": "M")",
        R"("change_prefix_to": "")",
        R"("change_prefix_by": {"mem_used": "Gi", "load": "Y"})",
        R"("normalize_units": true)",
    };
    if (below(5) == 0) return fmt::format(R"({{"drop_by": "{}"}})", condition());
    if (below(3) == 0) return fmt::format("{{{}}}", of(actions));
    return fmt::format(R"({{{}, "if": "{}"}})", of(actions), condition());
  }

  std::string rules() {
    std::string text = R"({"manipulate_messages": [)";
    const std::size_t count = 1 + below(8);
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",\n") + item();
    text += "]";
    if (below(3) == 0) text += R"(, "interval_timestamp": true)";
    if (below(2) == 0) {
      text += fmt::format(R"(, "num_cache_intervals": {}, "interval_aggregates": [)", 1 + below(3));
      text += R"x({"name": "total", "function": "sum(values)", "if": ")x" + condition() + R"x("},)x";
      text += R"x({"name": "hot", "function": "count(values)", "if": ")x" + condition() + R"x("},)x";
      text += R"x({"name": "mid", "function": "median(values) + count(values)", "if": "name matches 'mem'", )x";
      text += R"x("tags": {"type": "<copy>"}, "meta": {"unit": "<copy>"}}])x";
    }
    return text + "}";
  }

  std::string line() {
    static constexpr std::string_view names[] = {"cpu_load",    "mem_used",    "mem_free",
                                                 "temp_core_1", "temp_core_2", "load"};
    static constexpr std::string_view hosts[] = {"n1", "n2", "n3", "n\\ 4"};
    static constexpr std::string_view types[] = {"node", "socket,type-id=0", "socket,type-id=1", "hwthread,type-id=12"};
    static constexpr std::string_view units[] = {"",         "", ",unit=KB", ",unit=MBytes", ",unit=%", ",unit=Mbit/s",
                                                 ",unit=kWh"};
    static constexpr std::string_view fields[] = {"value=1",
                                                  "value=2.50",
                                                  "value=75i",
                                                  "value=3000u",
                                                  "value=0.0",
                                                  "value=1e308",
                                                  "value=-7",
                                                  "value=-1.5e9",
                                                  "value=true",
                                                  "value=\"text\"",
                                                  "event=\"x\"",
                                                  "value=1,extra=2i",
                                                  "log=\"a b\",value=3",
                                                  "value=9223372036854775807i",
                                                  "value=18446744073709551615u"};
    static constexpr std::string_view times[] = {"",
                                                 " 1700000000",
                                                 " 1700000030",
                                                 " 1700000061",
                                                 " 1700000121",
                                                 " 1700000185000",
                                                 " 1700000190000000000",
                                                 "  1700000240"};
    return fmt::format("{},hostname={},type={}{} {}{}\n", of(names), of(hosts), of(types), of(units), of(fields),
                       of(times));
  }

 private:
  std::mt19937 random_;
};
