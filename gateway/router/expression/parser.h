#pragma once
// Text to tree. The grammar stands at the head of parser.cc.

#include <string>
#include <string_view>

#include "gateway/router/expression/lexer.h"
#include "gateway/router/expression/node.h"

namespace gw::expression {

/// Parts of one expression: the reference allows as many.
inline constexpr std::size_t nodes_max = 10'000;
/// Parts within parts, and operators in a row, which lie within each other in the tree: bounds our stack, in the parser
/// and wherever a tree is walked.
inline constexpr int depth_max = 200;
inline constexpr int links_max = 2'000;

/// How an operator of letters stands between texts, where `word` is one; else empty.
std::string how_it_stands(std::string_view word);

/// The tree of `source`; the first thing that is wrong where there is one.
Checked<NodePtr> parse(std::string_view source);

}  // namespace gw::expression
