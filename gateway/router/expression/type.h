#pragma once
// What is known of an expression before there is a message.

#include <cstdint>
#include <string_view>

namespace gw::expression {

struct Type {
  enum class Kind : std::uint8_t { any, nil, boolean, integer, real, text, list, map, message };
  Kind kind = Kind::any;
  Kind item = Kind::any;  ///< of a list

  constexpr Type() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a kind is a type of which no more is known.
  constexpr Type(Kind of, Kind items = Kind::any) : kind(of), item(items) {}

  constexpr bool is(Kind other) const { return kind == other; }
  constexpr bool may_be(Kind other) const { return kind == Kind::any || kind == other; }
  constexpr bool may_be_number() const { return may_be(Kind::integer) || kind == Kind::real; }
  friend constexpr bool operator==(const Type&, const Type&) = default;
};

/// What of its message an expression looks at. A later one includes those before it.
enum class Reads : std::uint8_t {
  nothing,
  series,   ///< what the messages of one series have in common: name, tags, meta
  perhaps,  ///< a name that the series has, or else the message: which one, only the series tells
  message,  ///< what differs from message to message: fields, timestamp
};

/// As Value's kinds are called; "anything".
std::string_view type_name(Type type);

}  // namespace gw::expression
