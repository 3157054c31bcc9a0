#pragma once
// What an expression means, as a tree.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/router/expression/pattern.h"
#include "gateway/router/expression/type.h"

namespace gw::expression {

struct Function;
struct Value;

enum class Operator : std::uint8_t {
  negate,
  plus,
  logical_not,
  logical_or,
  logical_and,
  equal,
  not_equal,
  less,
  greater,
  less_equal,
  greater_equal,
  in,
  matches,
  contains,
  starts_with,
  ends_with,
  range,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  coalesce,
};

struct Node {
  enum class Kind : std::uint8_t {
    nil,
    boolean,  ///< `integer` is 0 or 1
    integer,
    real,
    text,
    list,          ///< parts are the items
    map,           ///< parts are key, value, key, value, …
    name,          ///< `text`; the checker sets `slot`
    member,        ///< of parts[0], the key is parts[1]
    maybe_member,  ///< the same; nil, and with it the whole `chain`, where parts[0] is nil
    chain,         ///< parts[0] holds a maybe_member
    slice,         ///< of parts[0] from parts[1] to parts[2]; of kind `nothing` where not given
    nothing,       ///< stands for what is not given
    unary,         ///< `op`
    binary,        ///< `op`
    conditional,   ///< parts[0] ? parts[1] : parts[2]; of two parts, parts[0] ?: parts[1]
    call,          ///< of `function`
    method,        ///< `text` of parts[0], the rest are the arguments; of `nothing`: a function of the environment
    item,          ///< '#': what a function that goes over a list is at; `text` is empty, "index" or "acc"
    let,           ///< `text` is parts[0] within parts[1]; the checker sets `slot`
    sequence,      ///< parts in turn; the last one is the value
  };
  Kind kind = Kind::nil;
  Operator op = Operator::negate;
  std::size_t at = 0;  ///< byte of the source
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  const Function* function = nullptr;
  int slot = -1;
  Type type;                     ///< the checker sets it
  Reads reads = Reads::nothing;  ///< of a name or a method itself, without its parts; the checker sets it
  Pattern pattern;               ///< of `matches` or match() where it is written down; the checker sets it
  std::vector<std::unique_ptr<Node>> parts;
};
using NodePtr = std::unique_ptr<Node>;

NodePtr copy_without_parts(const Node& node);
/// `a op b` is `b mirrored(op) a`.
Operator mirrored(Operator op);
bool is_and_or(const Node& node);
/// Whether what is right of it is asked for only where what is left does not decide.
bool is_lazy(const Node& node);
/// The number that is written down, where numbers compare with it as they do as doubles: integers do with those that
/// are smaller than 2^53.
std::optional<double> number_written(const Node& node);
/// Makes `node`, which has no parts, the literal of `value`. False where nothing is: a list, a map, a message.
bool write_down(const Value& value, Node& node);

}  // namespace gw::expression
