#pragma once
// What of corpora/expr-lang is decided otherwise than by ClusterCockpit's library, and why.

#include <array>
#include <map>
#include <string>
#include <string_view>

inline constexpr std::string_view documented =
    "documented, but unknown to the library: the documentation's promise holds";
inline constexpr std::string_view any_name = "a name that is no other is the tag, meta value or field of that name";
inline constexpr std::string_view numbers_in_tags =
    "tags are texts: a decimal number in one compares with numbers, as in the documented match('cpu', type) && type-id "
    "== 0";
inline constexpr std::string_view no_go = "dates, JSON and Go's own environment are not part of the language";

inline const std::map<std::string, std::string_view> condition_differences = {
    {"value > 1", documented},
    {"event != ''", documented},
    {"log == 'x'", documented},
    {"time > 0", any_name},
    {"timestamp == 1740027951", "the library fails on its own integer types"},
    {"metric.Name() == 'x'", documented},
    {"undefined_var == 1", any_name},
    {"true || undefined_var", any_name},
    {"tag_type == 'node'", documented},
    {"tag_type-id in ['0']", documented},
    {"match('temp_core_%d+', name)", documented},
    {"name matches '^temp_core_%d+$'", documented},
    {"tags.typeid == 7", numbers_in_tags},
    {"fields.value == '1.5'", numbers_in_tags},
    {R"(toJSON({"a":1}) == '{\n  "a": 1\n}')", no_go},
    {R"(fromJSON('{"a":1}').a == 1)", no_go},
    {"now().Year() > 2000", no_go},
    {"duration('1h').Hours() == 1", no_go},
    {"date('2024-01-01').Year() == 2024", no_go},
    {"$env.name == 'cpu_load'", no_go},
    {"$env['name'] == 'cpu_load'", no_go},
    {"$env?.undefined == nil", no_go},
};

/// Problems of general expressions for which expr-lang has a value, by a part of their text: where it refuses a kind
/// that it knows beforehand and takes it when only the data tells, we refuse both.
struct Refusal {
  std::string_view text;
  std::string_view reason;
};
inline constexpr std::array<Refusal, 7> refusals = {{
    {"does not fit between", "operators take the same kinds, known beforehand or not"},
    {"goes over a list", "a text is no list of its bytes"},
    {"must be a list", "what is no list has no first item and is not sorted"},
    {"is no number", "only numbers have a sum, a least and a greatest"},
    {"an integer", "a float is no place in a list"},
    {"is no 64-bit integer", "a number that is none has no integer"},
    {"has no parts", "a member of what has none is a mistake"},
}};

/// expr-lang's findLast within a closure sees the outer list.
inline constexpr std::string_view wrong_in_reference = "array | map(array | findLast(true))";
