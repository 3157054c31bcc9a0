#pragma once
// What an expression gives.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gw::expression {

struct Value;
using List = std::vector<Value>;
/// In the order in which it was written; keys are texts.
using Map = std::vector<std::pair<std::string_view, Value>>;

/// A view: what a text, a list or a map views lives as long as its Arena, or whoever else owns it, says.
struct Value {
  enum class Kind : std::uint8_t { nil, boolean, integer, real, text, list, map, message };
  Kind kind = Kind::nil;
  union {
    bool boolean;
    std::int64_t integer;
    double real;
    std::string_view text;
    const List* list;
    const Map* map;
  };

  Value() : integer(0) {}
  static Value of(bool value) {
    Value made;
    made.kind = Kind::boolean;
    made.boolean = value;
    return made;
  }
  static Value of(std::int64_t value) {
    Value made;
    made.kind = Kind::integer;
    made.integer = value;
    return made;
  }
  static Value of(double value) {
    Value made;
    made.kind = Kind::real;
    made.real = value;
    return made;
  }
  static Value of(std::string_view value) {
    Value made;
    made.kind = Kind::text;
    made.text = value;
    return made;
  }
  static Value of(const char*) = delete;
  static Value of(const List* value) {
    Value made;
    made.kind = Kind::list;
    made.list = value;
    return made;
  }
  static Value of(const Map* value) {
    Value made;
    made.kind = Kind::map;
    made.map = value;
    return made;
  }
  static Value message() {
    Value made;
    made.kind = Kind::message;
    return made;
  }

  bool is(Kind other) const { return kind == other; }
  bool is_nil() const { return kind == Kind::nil; }
  bool is_number() const { return kind == Kind::integer || kind == Kind::real; }
  /// Of a number.
  double as_real() const { return kind == Kind::integer ? static_cast<double>(integer) : real; }
};

/// As people call it: "text", "integer".
std::string_view kind_name(Value::Kind kind);

/// Numbers equal each other whatever their kind; else values of different kinds are never equal.
bool equal(const Value& a, const Value& b);
/// The number that `text` is in decimal ("7", "-1.5", no exponent); nil where it is none.
Value number_of(std::string_view text);
/// Tags are texts, and rules speak of their numbers: of a number and a text, the text as its number_of(). False where
/// it has none.
bool as_numbers(Value& a, Value& b);
/// Of two numbers: an integer where both are and it fits into one, else a float.
Value sum(const Value& a, const Value& b);
Value difference(const Value& a, const Value& b);
Value product(const Value& a, const Value& b);
/// The value of a key; null where the map has none.
const Value* find(const Map& map, std::string_view key);

/// Owns what one evaluation makes. Cleared and used again, it does not allocate for small texts and lists. Not
/// thread-safe.
class Arena {
 public:
  /// What one evaluation may make: bytes of texts and items of lists.
  static constexpr std::size_t bytes_max = std::size_t{4} << 20;

  void clear();
  /// False where that would be too much; then nothing is made.
  bool spend(std::size_t bytes);
  std::string_view keep(std::string text);
  const List* keep(List list);
  const Map* keep(Map map);

 private:
  std::size_t spent_ = 0;
  std::deque<std::string> texts_;
  std::deque<List> lists_;
  std::deque<Map> maps_;
};

}  // namespace gw::expression
