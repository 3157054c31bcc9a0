#pragma once
// Decides early what is known early: lines of one series repeat for ever, and a rule need ask them only what differs.
//
//   NodePtr left = specialise(expression.tree(), MessageVariables(series), is_known);
//   if (left->kind == Node::Kind::boolean) …                         decided for the series
//   else evaluate(*left, MessageVariables(message), arena) …         decided by each message

#include <cstddef>
#include <functional>

#include "gateway/router/expression/environment.h"
#include "gateway/router/expression/node.h"

namespace gw::expression {

/// Whether `part`, a name or a method of the tree, gives already what it will always give. Its `reads`, which the
/// environment said of it, tells mostly.
using IsKnown = std::function<bool(const Node& part)>;
/// Whether `part`, a name or a member (`a.b`) of the tree that is not known, gives a number, whichever. Without it
/// only those do whose type says so.
using IsNumber = std::function<bool(const Node& part)>;

/// A copy of a checked tree in which what depends on known names and methods only is replaced by its value, where that
/// is nil, true or false, a number or a text; `known` is asked for nothing else. It owns its texts and has the value or
/// the problem that `tree` has for variables that agree with `known`, but for the problem of too many steps: it takes
/// fewer. Of `value > 5 && name == 'x'` the name alone may decide, where `value` is a number: nothing can be wrong
/// then.
NodePtr specialise(const Node& tree, const Variables& known, const IsKnown& is_known, const IsNumber& is_number = {});
/// The same with what is left of `steps_left`, of which it takes what it needs: where that is nothing, the rest of the
/// tree is copied as it is.
NodePtr specialise(const Node& tree, const Variables& known, const IsKnown& is_known, const IsNumber& is_number,
                   std::size_t& steps_left);

}  // namespace gw::expression
