#include "gateway/router/expression/spell_out.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <string_view>
#include <vector>

namespace gw::expression {
namespace {

/// What the checker put in for a name, by the byte at which the name stands.
using Constants = std::map<std::size_t, const Node*>;

bool is_literal(const Node& node) {
  return node.kind == Node::Kind::boolean || node.kind == Node::Kind::integer || node.kind == Node::Kind::real ||
         node.kind == Node::Kind::text;
}

void collect(const Node& node, Constants& into) {
  if (is_literal(node)) into.emplace(node.at, &node);
  for (const NodePtr& part : node.parts) collect(*part, into);
}

/// A name that is a text where it stands: `tag.x`, `tag?.x` and the key of `{x: 1}`.
bool is_key(const std::vector<Token>& tokens, std::size_t i) {
  const auto spelt = [&](std::size_t k) { return k < tokens.size() ? tokens[k].spelt : std::string_view(); };
  const std::string_view before = i == 0 ? std::string_view() : spelt(i - 1);
  if (before == "." || before == "?.") return true;
  return (before == "{" || before == ",") && spelt(i + 1) == ":";
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '\'';
}

std::string spelt(const Node& literal) {
  switch (literal.kind) {
    case Node::Kind::boolean:
      return literal.integer == 0 ? "false" : "true";
    case Node::Kind::integer:
      if (literal.integer == INT64_MIN) return fmt::format("({} - 1)", INT64_MIN + 1);  // its digits are no number
      return literal.integer < 0 ? fmt::format("({})", literal.integer) : fmt::format("{}", literal.integer);
    case Node::Kind::real: {
      std::string digits = fmt::format("{}", literal.real);
      if (digits.find_first_of(".e") == std::string::npos) digits += ".0";
      return std::signbit(literal.real) ? fmt::format("({})", digits) : digits;
    }
    default:
      return quoted(literal.text);
  }
}

}  // namespace

std::string spell_out(const Expression& expression) {
  const std::string& source = expression.source();
  const Checked<std::vector<Token>> tokens = tokens_of(source);
  if (!tokens) return source;  // it was compiled: there are tokens
  Constants constants;
  collect(expression.tree(), constants);
  std::string out;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < tokens->size(); ++i) {
    const Token& token = (*tokens)[i];
    const bool is_name = token.kind == Token::Kind::name && token.spelt != "true" && token.spelt != "false";
    const auto found = is_name ? constants.find(token.at) : constants.end();
    if (found == constants.end() || is_key(*tokens, i)) continue;
    out += source.substr(copied, token.at - copied);
    out += spelt(*found->second);
    copied = token.at + token.spelt.size();
  }
  return out + source.substr(copied);
}

}  // namespace gw::expression
