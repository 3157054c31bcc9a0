#include "gateway/router/expression/value.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace gw::expression {

std::string_view kind_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::nil:
      return "nil";
    case Value::Kind::boolean:
      return "true or false";
    case Value::Kind::integer:
      return "integer";
    case Value::Kind::real:
      return "float";
    case Value::Kind::text:
      return "text";
    case Value::Kind::list:
      return "list";
    case Value::Kind::map:
      return "map";
    case Value::Kind::message:
      return "message";
  }
  return {};
}

const Value* find(const Map& map, std::string_view key) {
  const auto found = std::ranges::find(map, key, &Map::value_type::first);
  return found == map.end() ? nullptr : &found->second;
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.kind == b.kind && a.is(Value::Kind::integer)) return a.integer == b.integer;
    return a.as_real() == b.as_real();
  }
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case Value::Kind::boolean:
      return a.boolean == b.boolean;
    case Value::Kind::text:
      return a.text == b.text;
    case Value::Kind::list:
      return std::ranges::equal(*a.list, *b.list, equal);
    case Value::Kind::map:
      return a.map->size() == b.map->size() && std::ranges::all_of(*a.map, [&b](const Map::value_type& entry) {
               const Value* const other = find(*b.map, entry.first);
               return other != nullptr && equal(entry.second, *other);
             });
    default:
      return true;
  }
}

Value number_of(std::string_view text) {
  const bool decimal = std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.' || c == '-'; });
  if (!decimal) return {};
  std::int64_t integer = 0;
  const auto whole = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (whole.ec == std::errc{} && whole.ptr == text.data() + text.size()) return Value::of(integer);
  double real = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), real);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? Value::of(real) : Value{};
}

bool as_numbers(Value& a, Value& b) {
  const bool a_is_text = a.is(Value::Kind::text) && b.is_number();
  const bool b_is_text = b.is(Value::Kind::text) && a.is_number();
  if (!a_is_text && !b_is_text) return false;
  Value& text = a_is_text ? a : b;
  const Value number = number_of(text.text);
  if (number.is_nil()) return false;
  text = number;
  return true;
}

namespace {

bool are_integers(const Value& a, const Value& b) { return a.is(Value::Kind::integer) && b.is(Value::Kind::integer); }

}  // namespace

Value sum(const Value& a, const Value& b) {
  std::int64_t exact = 0;
  const bool fits = are_integers(a, b) && !__builtin_add_overflow(a.integer, b.integer, &exact);
  return fits ? Value::of(exact) : Value::of(a.as_real() + b.as_real());
}

Value difference(const Value& a, const Value& b) {
  std::int64_t exact = 0;
  const bool fits = are_integers(a, b) && !__builtin_sub_overflow(a.integer, b.integer, &exact);
  return fits ? Value::of(exact) : Value::of(a.as_real() - b.as_real());
}

Value product(const Value& a, const Value& b) {
  std::int64_t exact = 0;
  const bool fits = are_integers(a, b) && !__builtin_mul_overflow(a.integer, b.integer, &exact);
  return fits ? Value::of(exact) : Value::of(a.as_real() * b.as_real());
}

void Arena::clear() {
  spent_ = 0;
  texts_.clear();
  lists_.clear();
  maps_.clear();
}

bool Arena::spend(std::size_t bytes) {
  if (bytes > bytes_max - spent_) return false;
  spent_ += bytes;
  return true;
}

std::string_view Arena::keep(std::string text) { return texts_.emplace_back(std::move(text)); }
const List* Arena::keep(List list) { return &lists_.emplace_back(std::move(list)); }
const Map* Arena::keep(Map map) { return &maps_.emplace_back(std::move(map)); }

}  // namespace gw::expression
