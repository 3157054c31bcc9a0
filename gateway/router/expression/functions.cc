#include "gateway/router/expression/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <compare>
#include <limits>
#include <numeric>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "codecs/utf8.h"
#include "gateway/base/printable.h"

namespace gw::expression {
namespace {

using Kind = Value::Kind;
using T = Type::Kind;

std::optional<std::string_view> text_at(const Call& call, std::size_t i) {
  if (i >= call.arguments.size() || !call.arguments[i].is(Kind::text)) return std::nullopt;
  return call.arguments[i].text;
}
std::optional<std::int64_t> integer_at(const Call& call, std::size_t i) {
  if (i >= call.arguments.size() || !call.arguments[i].is(Kind::integer)) return std::nullopt;
  return call.arguments[i].integer;
}
const List* list_at(const Call& call, std::size_t i) {
  return i < call.arguments.size() && call.arguments[i].is(Kind::list) ? call.arguments[i].list : nullptr;
}
Value wrong(Call& call, std::size_t i, std::string_view wanted) {
  return call.fail(fmt::format("argument {} must be {} {}, not {}", i + 1, wanted.starts_with('i') ? "an" : "a", wanted,
                               i < call.arguments.size() ? kind_name(call.arguments[i].kind) : "absent"));
}
Value kept(Call& call, std::string text) {
  if (!call.arena.spend(text.size())) return call.fail("the expression makes too much text");
  return Value::of(call.arena.keep(std::move(text)));
}
Value kept(Call& call, List list) {
  if (!call.arena.spend(list.size() * sizeof(Value))) return call.fail("the expression makes too long a list");
  return Value::of(call.arena.keep(std::move(list)));
}

// ---- numbers

template <double (*round_)(double)>
Value rounded(Call& call) {
  if (!call.arguments[0].is_number()) return wrong(call, 0, "number");
  return Value::of(round_(call.arguments[0].as_real()));
}
Value absolute(Call& call) {
  const Value value = call.arguments[0];
  if (value.is(Kind::integer)) return value.integer < 0 ? difference(Value::of(std::int64_t{0}), value) : value;
  return value.is(Kind::real) ? Value::of(std::fabs(value.real)) : wrong(call, 0, "number");
}

Value to_integer(Call& call) {
  const Value value = call.arguments[0];
  if (value.is(Kind::integer)) return value;
  if (value.is(Kind::real)) {
    constexpr double limit = 9223372036854775808.0;
    if (!(value.real >= -limit && value.real < limit)) return call.fail("the number is no 64-bit integer");
    return Value::of(static_cast<std::int64_t>(value.real));
  }
  if (!value.is(Kind::text)) return wrong(call, 0, "number or text");
  const std::string_view digits =
      value.text.substr(value.text.starts_with('+') && !value.text.starts_with("+-") ? 1 : 0);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return call.fail(fmt::format("'{}' is no integer", start_of(value.text, 40)));
  return Value::of(number);
}
Value to_real(Call& call) {
  const Value value = call.arguments[0];
  if (value.is_number()) return Value::of(value.as_real());
  if (!value.is(Kind::text)) return wrong(call, 0, "number or text");
  double number = 0;
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  if (error != std::errc{} || end != value.text.data() + value.text.size())
    return call.fail(fmt::format("'{}' is no number", start_of(value.text, 40)));
  return Value::of(number);
}

/// All numbers of the arguments, which may be lists of numbers.
bool collect_numbers(std::span<const Value> values, List& into, Call& call) {
  for (const Value& value : values) {
    if (value.is(Kind::list)) {
      if (!collect_numbers(*value.list, into, call)) return false;
    } else if (value.is_number()) {
      into.push_back(value);
    } else {
      call.fail(fmt::format("{} is no number", kind_name(value.kind)));
      return false;
    }
  }
  return true;
}
std::int64_t as_integer(const Value& number) {
  constexpr double limit = 9223372036854775808.0;
  if (number.is(Kind::integer)) return number.integer;
  if (number.real >= limit) return std::numeric_limits<std::int64_t>::max();
  return number.real >= -limit ? static_cast<std::int64_t>(number.real) : std::numeric_limits<std::int64_t>::min();
}
/// NaN has its place too: it would else upset a sort. Integers beyond 2^53 may be equal as doubles.
bool less(const Value& a, const Value& b) {
  const auto order = std::weak_order(a.as_real(), b.as_real());
  return order < 0 || (order == 0 && as_integer(a) < as_integer(b));
}
Value minimum(Call& call) {
  List numbers;
  if (!collect_numbers(call.arguments, numbers, call)) return {};
  return numbers.empty() ? Value{} : *std::ranges::min_element(numbers, less);
}
Value maximum(Call& call) {
  List numbers;
  if (!collect_numbers(call.arguments, numbers, call)) return {};
  return numbers.empty() ? Value{} : *std::ranges::max_element(numbers, less);
}
Value mean(Call& call) {
  List numbers;
  if (!collect_numbers(call.arguments, numbers, call)) return {};
  double total = 0;
  for (const Value& number : numbers) total += number.as_real();
  return Value::of(numbers.empty() ? 0 : total / static_cast<double>(numbers.size()));
}
Value median(Call& call) {
  List numbers;
  if (!collect_numbers(call.arguments, numbers, call)) return {};
  if (numbers.empty()) return Value::of(0.0);
  std::ranges::sort(numbers, less);
  const std::size_t middle = numbers.size() / 2;
  if (numbers.size() % 2 == 1) return Value::of(numbers[middle].as_real());
  return Value::of((numbers[middle - 1].as_real() + numbers[middle].as_real()) / 2);
}

template <class Operation>
Value bits(Call& call, Operation operation) {
  const auto a = integer_at(call, 0);
  const auto b = integer_at(call, 1);
  if (!a) return wrong(call, 0, "integer");
  if (!b) return wrong(call, 1, "integer");
  return Value::of(
      static_cast<std::int64_t>(operation(static_cast<std::uint64_t>(*a), static_cast<std::uint64_t>(*b))));
}
Value bit_and(Call& call) {
  return bits(call, [](auto a, auto b) { return a & b; });
}
Value bit_or(Call& call) {
  return bits(call, [](auto a, auto b) { return a | b; });
}
Value bit_xor(Call& call) {
  return bits(call, [](auto a, auto b) { return a ^ b; });
}
Value bit_nand(Call& call) {
  return bits(call, [](auto a, auto b) { return a & ~b; });
}
Value bit_not(Call& call) {
  const auto a = integer_at(call, 0);
  return a ? Value::of(~*a) : wrong(call, 0, "integer");
}
template <class Shift>
Value shifted(Call& call, Shift shift) {
  const auto by = integer_at(call, 1);
  if (by && *by < 0) return call.fail("a shift by a negative number");
  return bits(call, [shift](std::uint64_t a, std::uint64_t b) { return shift(a, b); });
}
Value shift_left(Call& call) {
  return shifted(call, [](std::uint64_t a, std::uint64_t by) { return by < 64 ? a << by : 0; });
}
Value shift_right(Call& call) {
  return shifted(call, [](std::uint64_t a, std::uint64_t by) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(a) >> std::min<std::uint64_t>(by, 63));
  });
}
Value shift_right_unsigned(Call& call) {
  return shifted(call, [](std::uint64_t a, std::uint64_t by) { return by < 64 ? a >> by : 0; });
}

// ---- texts

Value length(Call& call) {
  const Value value = call.arguments[0];
  switch (value.kind) {
    case Kind::text:  // characters, not bytes
      return Value::of(static_cast<std::int64_t>(
          std::ranges::count_if(value.text, [](char c) { return !codecs::continues_character(c); })));
    case Kind::list:
      return Value::of(static_cast<std::int64_t>(value.list->size()));
    case Kind::map:
      return Value::of(static_cast<std::int64_t>(value.map->size()));
    default:
      return wrong(call, 0, "text, list or map");
  }
}
Value type_of(Call& call) {
  constexpr std::string_view names[] = {"nil", "bool", "int", "float", "string", "array", "map", "message"};
  return Value::of(names[static_cast<std::size_t>(call.arguments[0].kind)]);
}
Value to_text(Call& call) {
  if (call.arguments[0].is(Kind::text)) return call.arguments[0];
  return kept(call, text_of(call.arguments[0]));
}

std::string_view trimmed(std::string_view text, std::string_view of) {
  const std::size_t start = text.find_first_not_of(of);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(of) + 1 - start);
}
Value trim(Call& call) {
  const auto text = text_at(call, 0);
  if (!text) return wrong(call, 0, "text");
  if (call.arguments.size() > 1 && !text_at(call, 1)) return wrong(call, 1, "text");
  return Value::of(trimmed(*text, text_at(call, 1).value_or(" \t\n\v\f\r")));
}
Value trim_prefix(Call& call) {
  const auto text = text_at(call, 0);
  if (!text) return wrong(call, 0, "text");
  const std::string_view prefix = text_at(call, 1).value_or(" ");
  return Value::of(text->starts_with(prefix) ? text->substr(prefix.size()) : *text);
}
Value trim_suffix(Call& call) {
  const auto text = text_at(call, 0);
  if (!text) return wrong(call, 0, "text");
  const std::string_view suffix = text_at(call, 1).value_or(" ");
  return Value::of(text->ends_with(suffix) ? text->substr(0, text->size() - suffix.size()) : *text);
}
template <char first, char last, int by>
Value other_case(Call& call) {
  const auto text = text_at(call, 0);
  if (!text) return wrong(call, 0, "text");
  std::string changed(*text);
  for (char& c : changed) {
    if (c >= first && c <= last) c = static_cast<char>(c + by);
  }
  return kept(call, std::move(changed));
}

/// At most `parts_max` of them, each with its separator where `with_separator`.
Value split_text(Call& call, bool with_separator) {
  const auto text = text_at(call, 0);
  const auto separator = text_at(call, 1);
  if (!text) return wrong(call, 0, "text");
  if (!separator) return wrong(call, 1, "text");
  const std::int64_t limit = integer_at(call, 2).value_or(-1);
  List parts;
  if (limit == 0) return kept(call, std::move(parts));
  std::string_view rest = *text;
  while (limit < 0 || static_cast<std::int64_t>(parts.size()) + 1 < limit) {
    // An empty separator parts the characters.
    std::size_t end = separator->empty() ? 1 : rest.find(*separator);
    while (separator->empty() && end < rest.size() && codecs::continues_character(rest[end])) ++end;
    if (end >= rest.size() && (separator->empty() || end == std::string_view::npos)) break;
    parts.push_back(Value::of(rest.substr(0, end + (with_separator ? separator->size() : 0))));
    rest.remove_prefix(end + separator->size());
    if (parts.size() > Arena::bytes_max / sizeof(Value)) break;
  }
  if (!rest.empty() || !separator->empty()) parts.push_back(Value::of(rest));
  return kept(call, std::move(parts));
}
Value split(Call& call) { return split_text(call, false); }
Value split_after(Call& call) { return split_text(call, true); }

Value replace(Call& call) {
  const auto text = text_at(call, 0);
  const auto old = text_at(call, 1);
  const auto with = text_at(call, 2);
  if (!text) return wrong(call, 0, "text");
  if (!old) return wrong(call, 1, "text");
  if (!with) return wrong(call, 2, "text");
  std::int64_t left = integer_at(call, 3).value_or(-1);
  std::string out;
  std::string_view rest = *text;
  while (left != 0 && !old->empty()) {
    const std::size_t found = rest.find(*old);
    if (found == std::string_view::npos) break;
    out.append(rest.substr(0, found)).append(*with);
    rest.remove_prefix(found + old->size());
    --left;
    if (out.size() > Arena::bytes_max) break;
  }
  return kept(call, out.append(rest));
}
Value repeat(Call& call) {
  const auto text = text_at(call, 0);
  const auto times = integer_at(call, 1);
  if (!text) return wrong(call, 0, "text");
  if (!times || *times < 0) return wrong(call, 1, "number of times");
  if (!text->empty() && static_cast<std::uint64_t>(*times) > Arena::bytes_max / text->size())
    return call.fail("the expression makes too much text");
  std::string out;
  for (std::int64_t i = 0; i < *times && !text->empty(); ++i) out += *text;
  return kept(call, std::move(out));
}
Value join(Call& call) {
  const List* const list = list_at(call, 0);
  if (list == nullptr) return wrong(call, 0, "list of texts");
  const std::string_view between = text_at(call, 1).value_or("");
  std::string out;
  for (const Value& value : *list) {
    if (!value.is(Kind::text)) return wrong(call, 0, "list of texts");
    if (&value != list->data()) out += between;
    out += value.text;
    if (out.size() > Arena::bytes_max) break;
  }
  return kept(call, std::move(out));
}
Value place(std::size_t found) {
  return Value::of(found == std::string_view::npos ? std::int64_t{-1} : static_cast<std::int64_t>(found));
}
Value index_of(Call& call) {
  const auto text = text_at(call, 0);
  const auto part = text_at(call, 1);
  if (!text) return wrong(call, 0, "text");
  return part ? place(text->find(*part)) : wrong(call, 1, "text");
}
Value last_index_of(Call& call) {
  const auto text = text_at(call, 0);
  const auto part = text_at(call, 1);
  if (!text) return wrong(call, 0, "text");
  return part ? place(text->rfind(*part)) : wrong(call, 1, "text");
}
Value has_prefix(Call& call) {
  const auto text = text_at(call, 0);
  const auto part = text_at(call, 1);
  if (!text) return wrong(call, 0, "text");
  return part ? Value::of(text->starts_with(*part)) : wrong(call, 1, "text");
}
Value has_suffix(Call& call) {
  const auto text = text_at(call, 0);
  const auto part = text_at(call, 1);
  if (!text) return wrong(call, 0, "text");
  return part ? Value::of(text->ends_with(*part)) : wrong(call, 1, "text");
}
/// ClusterCockpit's match(pattern, text).
Value match(Call& call) {
  const auto pattern = text_at(call, 0);
  if (!pattern) return wrong(call, 0, "pattern");
  if (call.arguments[1].is_nil()) return Value::of(false);
  const auto text = text_at(call, 1);
  if (!text) return wrong(call, 1, "text");
  if (call.pattern != nullptr) {
    call.steps = search_steps(*call.pattern, *text);
    return Value::of(has_match(*call.pattern, *text));
  }
  const auto compiled = compile_pattern(without_percent(*pattern));
  if (!compiled) return call.fail(compiled.error());
  call.steps = compile_steps + search_steps(**compiled, *text);
  return Value::of(has_match(**compiled, *text));
}

// ---- lists and maps

Value first(Call& call) {
  const List* const list = list_at(call, 0);
  if (list == nullptr) return wrong(call, 0, "list");
  return list->empty() ? Value{} : list->front();
}
Value last(Call& call) {
  const List* const list = list_at(call, 0);
  if (list == nullptr) return wrong(call, 0, "list");
  return list->empty() ? Value{} : list->back();
}
Value get(Call& call) {
  const Value of = call.arguments[0];
  if (of.is(Kind::map)) {
    const auto key = text_at(call, 1);
    const Value* const found = key ? find(*of.map, *key) : nullptr;
    return found != nullptr ? *found : Value{};
  }
  const List* const list = list_at(call, 0);
  if (list == nullptr) return {};
  const auto index = integer_at(call, 1);
  if (!index) return wrong(call, 1, "integer");
  const std::int64_t at = *index < 0 ? *index + static_cast<std::int64_t>(list->size()) : *index;
  return at >= 0 && at < static_cast<std::int64_t>(list->size()) ? (*list)[static_cast<std::size_t>(at)] : Value{};
}
Value take(Call& call) {
  const List* const list = list_at(call, 0);
  const auto count = integer_at(call, 1);
  if (list == nullptr) return wrong(call, 0, "list");
  if (!count || *count < 0) return wrong(call, 1, "number of items");
  const auto size = std::min<std::uint64_t>(static_cast<std::uint64_t>(*count), list->size());
  return kept(call, List(list->begin(), list->begin() + static_cast<std::ptrdiff_t>(size)));
}
Value keys(Call& call) {
  if (!call.arguments[0].is(Kind::map)) return wrong(call, 0, "map");
  List out;
  for (const auto& [key, value] : *call.arguments[0].map) out.push_back(Value::of(key));
  return kept(call, std::move(out));
}
Value values(Call& call) {
  if (!call.arguments[0].is(Kind::map)) return wrong(call, 0, "map");
  List out;
  for (const auto& [key, value] : *call.arguments[0].map) out.push_back(value);
  return kept(call, std::move(out));
}
Value reverse(Call& call) {
  const List* const list = list_at(call, 0);
  return list == nullptr ? wrong(call, 0, "list") : kept(call, List(list->rbegin(), list->rend()));
}
Value unique(Call& call) {
  const List* const list = list_at(call, 0);
  if (list == nullptr) return wrong(call, 0, "list");
  if (list->size() > 1'000) return call.fail("more than 1000 items");  // each is compared with all before
  call.steps = list->size() * list->size() / 2;
  List out;
  for (const Value& value : *list) {
    if (std::ranges::none_of(out,
                             [&value](const Value& other) { return other.kind == value.kind && equal(other, value); }))
      out.push_back(value);
  }
  return kept(call, std::move(out));
}
Value concat(Call& call) {
  List out;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    const List* const list = list_at(call, i);
    if (list == nullptr) return wrong(call, i, "list");
    out.insert(out.end(), list->begin(), list->end());
  }
  return kept(call, std::move(out));
}
bool flatten_into(const List& list, List& out) {
  for (const Value& value : list) {
    if (out.size() > Arena::bytes_max / sizeof(Value)) return false;
    if (!value.is(Kind::list)) {
      out.push_back(value);
    } else if (!flatten_into(*value.list, out)) {
      return false;
    }
  }
  return true;
}
Value flatten(Call& call) {
  const List* const list = list_at(call, 0);
  if (list == nullptr) return wrong(call, 0, "list");
  List out;
  if (!flatten_into(*list, out)) return call.fail("the expression makes too long a list");
  return kept(call, std::move(out));
}
Value sort(Call& call) {
  const List* const list = list_at(call, 0);
  if (list == nullptr) return wrong(call, 0, "list");
  const std::string_view order = text_at(call, 1).value_or("asc");
  if (order != "asc" && order != "desc") return call.fail("the order must be 'asc' or 'desc'");
  const auto places = order_of(*list, order == "desc");
  if (!places) return call.fail("only numbers, or only texts, can be sorted");
  List out;
  for (const std::size_t i : *places) out.push_back((*list)[i]);
  return kept(call, std::move(out));
}

constexpr T any = T::any;
constexpr Function functions[] = {
    {"abs", absolute, any, 1, 1},
    {"all", nullptr, T::boolean, 2, 2, Walk::all, 1},
    {"any", nullptr, T::boolean, 2, 2, Walk::any, 1},
    {"avg", mean, T::real, 1, any_number},  // as ClusterCockpit calls it
    {"bitand", bit_and, T::integer, 2, 2},
    {"bitnand", bit_nand, T::integer, 2, 2},
    {"bitnot", bit_not, T::integer, 1, 1},
    {"bitor", bit_or, T::integer, 2, 2},
    {"bitshl", shift_left, T::integer, 2, 2},
    {"bitshr", shift_right, T::integer, 2, 2},
    {"bitushr", shift_right_unsigned, T::integer, 2, 2},
    {"bitxor", bit_xor, T::integer, 2, 2},
    {"ceil", rounded<std::ceil>, T::real, 1, 1},
    {"concat", concat, T::list, 1, any_number},
    {"count", nullptr, T::integer, 1, 2, Walk::count, 1},
    {"filter", nullptr, T::list, 2, 2, Walk::filter, 1},
    {"find", nullptr, any, 2, 2, Walk::find, 1},
    {"findIndex", nullptr, any, 2, 2, Walk::find_index, 1},
    {"findLast", nullptr, any, 2, 2, Walk::find_last, 1},
    {"findLastIndex", nullptr, any, 2, 2, Walk::find_last_index, 1},
    {"first", first, any, 1, 1},
    {"flatten", flatten, T::list, 1, 1},
    {"float", to_real, T::real, 1, 1},
    {"floor", rounded<std::floor>, T::real, 1, 1},
    {"get", get, any, 2, 2},
    {"hasPrefix", has_prefix, T::boolean, 2, 2},
    {"hasSuffix", has_suffix, T::boolean, 2, 2},
    {"indexOf", index_of, T::integer, 2, 2},
    {"int", to_integer, T::integer, 1, 1},
    {"join", join, T::text, 1, 2},
    {"keys", keys, T::list, 1, 1},
    {"last", last, any, 1, 1},
    {"lastIndexOf", last_index_of, T::integer, 2, 2},
    {"len", length, T::integer, 1, 1},
    {"lower", other_case<'A', 'Z', 32>, T::text, 1, 1},
    {"map", nullptr, T::list, 2, 2, Walk::map, 1},
    {"match", match, T::boolean, 2, 2},
    {"max", maximum, any, 1, any_number},
    {"mean", mean, T::real, 1, any_number},
    {"median", median, T::real, 1, any_number},
    {"min", minimum, any, 1, any_number},
    {"none", nullptr, T::boolean, 2, 2, Walk::no_one, 1},
    {"one", nullptr, T::boolean, 2, 2, Walk::one, 1},
    {"reduce", nullptr, any, 2, 3, Walk::reduce, 1},
    {"repeat", repeat, T::text, 2, 2},
    {"replace", replace, T::text, 3, 4},
    {"reverse", reverse, T::list, 1, 1},
    {"round", rounded<std::round>, T::real, 1, 1},
    {"sort", sort, T::list, 1, 2},
    {"sortBy", nullptr, T::list, 2, 3, Walk::sort_by, 1},
    {"split", split, T::list, 2, 3},
    {"splitAfter", split_after, T::list, 2, 3},
    {"string", to_text, T::text, 1, 1},
    {"sum", nullptr, any, 1, 2, Walk::sum, 1},
    {"take", take, T::list, 2, 2},
    {"trim", trim, T::text, 1, 2},
    {"trimPrefix", trim_prefix, T::text, 1, 2},
    {"trimSuffix", trim_suffix, T::text, 1, 2},
    {"type", type_of, T::text, 1, 1},
    {"uniq", unique, T::list, 1, 1},
    {"upper", other_case<'a', 'z', -32>, T::text, 1, 1},
    {"values", values, T::list, 1, 1},
};

constexpr auto names = [] {
  std::array<std::string_view, std::size(functions)> out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = functions[i].name;
  return out;
}();
static_assert(std::ranges::is_sorted(names));

}  // namespace

const Function* find_function(std::string_view name) {
  const auto* const found = std::ranges::lower_bound(functions, name, {}, &Function::name);
  return found != std::end(functions) && found->name == name ? found : nullptr;
}

std::span<const std::string_view> function_names() { return names; }

std::optional<std::vector<std::size_t>> order_of(const List& keys, bool down) {
  const bool numbers = std::ranges::all_of(keys, &Value::is_number);
  const bool texts = std::ranges::all_of(keys, [](const Value& key) { return key.is(Kind::text); });
  if (!numbers && !texts && keys.size() > 1) return std::nullopt;
  std::vector<std::size_t> places(keys.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  const auto before = [numbers](const Value& a, const Value& b) { return numbers ? less(a, b) : a.text < b.text; };
  std::ranges::sort(places, [&](std::size_t a, std::size_t b) {
    if (before(keys[a], keys[b])) return !down;
    if (before(keys[b], keys[a])) return down;
    return a < b;
  });
  return places;
}

std::size_t search_steps(const re2::RE2& pattern, std::string_view text) {
  return (text.size() / 8) * (program_size(pattern) / 16 + 1);
}

std::string text_of(const Value& value) {
  switch (value.kind) {
    case Kind::nil:
      return "<nil>";
    case Kind::boolean:
      return value.boolean ? "true" : "false";
    case Kind::integer:
      return std::to_string(value.integer);
    case Kind::real: {
      if (std::isnan(value.real)) return "NaN";
      if (std::isinf(value.real)) return value.real > 0 ? "+Inf" : "-Inf";
      std::array<char, 64> text;
      const double size = std::fabs(value.real);
      const auto shape =
          size != 0 && (size < 1e-4 || size >= 1e6) ? std::chars_format::scientific : std::chars_format::fixed;
      return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value.real, shape).ptr};
    }
    case Kind::text:
      return std::string(value.text);
    case Kind::list: {
      std::string out = "[";
      for (const Value& item : *value.list) {
        out += &item == value.list->data() ? "" : " ";
        out += text_of(item);
      }
      return out + "]";
    }
    case Kind::map: {
      std::string out = "map[";
      for (const auto& entry : *value.map) {
        out += &entry == value.map->data() ? "" : " ";
        out.append(entry.first).append(":").append(text_of(entry.second));
      }
      return out + "]";
    }
    case Kind::message:
      return "message";
  }
  return {};
}

}  // namespace gw::expression
