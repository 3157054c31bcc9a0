// The language of expr-lang 1.17 (https://expr-lang.org/docs/language-definition), in which ClusterCockpit's message
// processor has its conditions, without dates, methods of Go's types and the environment `$env`.
//
//   sequence   = expression { ";" expression } .
//   expression = "let" name "=" expression ";" sequence
//              | "if" expression "{" sequence "}" "else" ( "{" sequence "}" | expression )
//              | operation [ "?" expression ":" expression | "?:" expression ] .
//   operation  = unary { operator unary } .                       precedence: the table below
//   unary      = ( "!" | "not" | "-" | "+" ) operation | postfix .
//   postfix    = primary { ( "." | "?." ) name [ arguments ] | [ "?." ] "[" expression "]"
//                        | "[" [ expression ] ":" [ expression ] "]" } .
//   primary    = "(" sequence ")" | number | text | "true" | "false" | "nil" | name [ arguments ] | list | map
//              | "#" [ name ] | "." name .                        the last two within a closure
//   arguments  = "(" [ argument { "," argument } [ "," ] ] ")" .
//   argument   = expression | closure .                           as the function wants it
//   closure    = "{" sequence "}" | expression .
//   list       = "[" [ expression { "," expression } [ "," ] ] "]" .
//   map        = "{" [ key ":" expression { "," key ":" expression } [ "," ] ] "}" .
//   key        = name | text | number | "(" expression ")" .
//
// `a | f(b)` is f(a, b). `not` before in, matches, contains, startsWith and endsWith negates these. 1 < 2 < 3 means
// 1 < 2 && 2 < 3. `??` stands with other operators in parentheses only. What + - * make of integers and is too large
// for one is a float; so it is of a sign, abs() and sum(). In Go, and there in expr-lang, it is another number.

#include "gateway/router/expression/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "gateway/base/suggest.h"
#include "gateway/router/expression/functions.h"

namespace gw::expression {
namespace {

struct Precedence {
  std::string_view sign;
  int level;
  Operator op;
  bool right = false;  ///< a ** b ** c is a ** (b ** c)
};
constexpr Precedence binary_operators[] = {
    {"||", 10, Operator::logical_or},
    {"or", 10, Operator::logical_or},
    {"&&", 15, Operator::logical_and},
    {"and", 15, Operator::logical_and},
    {"==", 20, Operator::equal},
    {"!=", 20, Operator::not_equal},
    {"<", 20, Operator::less},
    {">", 20, Operator::greater},
    {"<=", 20, Operator::less_equal},
    {">=", 20, Operator::greater_equal},
    {"in", 20, Operator::in},
    {"matches", 20, Operator::matches},
    {"contains", 20, Operator::contains},
    {"startsWith", 20, Operator::starts_with},
    {"endsWith", 20, Operator::ends_with},
    {"..", 25, Operator::range},
    {"+", 30, Operator::add},
    {"-", 30, Operator::subtract},
    {"*", 60, Operator::multiply},
    {"/", 60, Operator::divide},
    {"%", 60, Operator::modulo},
    {"**", 100, Operator::power, true},
    {"^", 100, Operator::power, true},
    {"??", 500, Operator::coalesce},
};
constexpr Precedence unary_operators[] = {
    {"!", 50, Operator::logical_not},
    {"not", 50, Operator::logical_not},
    {"-", 90, Operator::negate},
    {"+", 90, Operator::plus},
};
constexpr int pipe_level = 0;

const Precedence* find_operator(std::span<const Precedence> operators, const Token& token) {
  if (token.kind != Token::Kind::mark) return nullptr;
  const auto found = std::ranges::find(operators, token.spelt, &Precedence::sign);
  return found == operators.end() ? nullptr : &*found;
}

bool orders(Operator op) { return op >= Operator::less && op <= Operator::greater_equal; }
bool takes_not(Operator op) { return op >= Operator::in && op <= Operator::ends_with; }

/// ClusterCockpit's message processor writes names without their hyphen.
std::string canonical(std::string_view name) {
  return name == "typeid" ? "type-id" : name == "stypeid" ? "stype-id" : std::string(name);
}

/// What is written instead in other languages, and what is meant by it here.
std::string_view other_spelling(std::string_view sign) {
  if (sign == "=") return "'=' assigns nothing here: 'is equal' is '=='";
  if (sign == "AND") return "'and' is written in small letters, or '&&'";
  if (sign == "OR") return "'or' is written in small letters, or '||'";
  if (sign == "like" || sign == "LIKE")
    return "there is no 'like', but 'contains', 'startsWith', 'endsWith' and 'matches'";
  return {};
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Checked<NodePtr> run() {
    NodePtr tree = sequence();
    if (!problem_ && now().kind != Token::Kind::end) unexpected();
    if (problem_) return std::unexpected(*std::move(problem_));
    return tree;
  }

 private:
  struct Deeper {
    explicit Deeper(Parser& owner) : parser(owner) {
      if (++parser.depth_ > depth_max)
        parser.fail(parser.now().at,
                    fmt::format("parts stand within parts more than {} deep: make several rules of it", depth_max));
    }
    ~Deeper() { --parser.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Parser& parser;
  };
  void count_link() {
    if (++links_ > links_max)
      fail(now().at, fmt::format("an expression has at most {} operators: where names are compared with many texts, "
                                 "write name in ['a', 'b', …], else make several rules of it",
                                 links_max));
  }

  const Token& now() const { return tokens_[next_]; }
  bool at(std::string_view mark) const { return now().kind == Token::Kind::mark && now().spelt == mark; }
  void advance() {
    if (next_ + 1 < tokens_.size()) ++next_;
  }
  bool take(std::string_view mark) {
    if (problem_ || !at(mark)) return false;
    advance();
    return true;
  }
  void expect(std::string_view mark) {
    if (!take(mark)) unexpected(mark);
  }

  void fail(std::size_t where, std::string text) {
    if (!problem_) problem_ = Problem{where, std::move(text)};
    next_ = tokens_.size() - 1;
  }
  void unexpected(std::string_view wanted = {}) {
    if (problem_) return;
    const std::string_view meant = other_spelling(now().spelt);
    std::string text = now().kind == Token::Kind::end ? std::string("the expression ends here")
                                                      : fmt::format("unexpected '{}'", now().spelt);
    if (!meant.empty()) {
      text = meant;
    } else if (const std::string how = how_it_stands(now().spelt); !how.empty()) {
      text = how;
    } else if (!wanted.empty()) {
      text += fmt::format(", '{}' is missing", wanted);
    } else if (now().kind == Token::Kind::end) {
      text += " although something must follow";
    }
    fail(now().at, std::move(text));
  }

  void count_node(std::size_t where) {
    if (++nodes_ > nodes_max)
      fail(where, fmt::format("an expression has at most {} parts: make several rules of it", nodes_max));
  }
  NodePtr make(Node::Kind kind, std::size_t where) {
    count_node(where);
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->at = where;
    return node;
  }
  template <class... Parts>
  NodePtr make_of(Node::Kind kind, std::size_t where, Parts... parts) {
    NodePtr node = make(kind, where);
    (node->parts.push_back(std::move(parts)), ...);
    return node;
  }
  NodePtr make_operation(Operator op, std::size_t where, NodePtr left, NodePtr right) {
    NodePtr node = make_of(Node::Kind::binary, where, std::move(left), std::move(right));
    node->op = op;
    return node;
  }
  NodePtr negated(NodePtr of) {
    const std::size_t where = of->at;
    NodePtr node = make_of(Node::Kind::unary, where, std::move(of));
    node->op = Operator::logical_not;
    return node;
  }
  NodePtr nothing() { return make(Node::Kind::nothing, now().at); }

  NodePtr sequence();
  NodePtr expression();
  NodePtr let();
  NodePtr if_else();
  NodePtr block();
  NodePtr conditional(NodePtr condition);
  NodePtr operation(int level);
  NodePtr binary(NodePtr left, const Precedence& found, std::size_t where);
  NodePtr comparison(NodePtr left, const Precedence& found, std::size_t where);
  NodePtr copy_of(const Node& node);
  NodePtr primary();
  NodePtr literal_or_name();
  NodePtr name();
  NodePtr call(const Token& name, NodePtr first);
  NodePtr call_outside(const Token& name, NodePtr first);
  NodePtr closure();
  NodePtr item();
  NodePtr list();
  NodePtr map();
  NodePtr key();
  NodePtr postfix(NodePtr node);
  NodePtr member(NodePtr of, bool maybe);
  NodePtr index(NodePtr of, bool maybe);
  NodePtr chained(NodePtr of, bool maybe, NodePtr key, std::size_t where);
  void arguments(std::vector<NodePtr>& into);

  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::size_t nodes_ = 0;
  int depth_ = 0;
  int links_ = 0;
  int closures_ = 0;
  std::optional<Problem> problem_;
};

NodePtr Parser::sequence() {
  NodePtr first = expression();
  if (!at(";")) return first;
  NodePtr node = make(Node::Kind::sequence, first->at);
  node->parts.push_back(std::move(first));
  while (take(";") && now().kind != Token::Kind::end) node->parts.push_back(expression());
  return node;
}

NodePtr Parser::expression() {
  const Deeper deeper(*this);
  if (at("let")) return let();
  if (at("if")) return if_else();
  return conditional(operation(0));
}

NodePtr Parser::let() {
  NodePtr node = make(Node::Kind::let, now().at);
  expect("let");
  if (now().kind != Token::Kind::name) unexpected();
  node->text = now().spelt;
  advance();
  expect("=");
  node->parts.push_back(expression());
  expect(";");
  node->parts.push_back(sequence());
  return node;
}

NodePtr Parser::block() {
  expect("{");
  NodePtr node = sequence();
  expect("}");
  return node;
}

NodePtr Parser::if_else() {
  const Deeper deeper(*this);
  const std::size_t where = now().at;
  expect("if");
  NodePtr condition = expression();
  NodePtr then = block();
  expect("else");
  NodePtr otherwise = at("if") ? if_else() : block();
  return make_of(Node::Kind::conditional, where, std::move(condition), std::move(then), std::move(otherwise));
}

NodePtr Parser::conditional(NodePtr condition) {
  while (!problem_ && at("?")) {
    const std::size_t where = now().at;
    count_link();
    advance();
    if (take(":")) {
      NodePtr otherwise = expression();
      condition = make_of(Node::Kind::conditional, where, std::move(condition), std::move(otherwise));
      continue;
    }
    NodePtr then = expression();
    expect(":");
    NodePtr otherwise = expression();
    condition = make_of(Node::Kind::conditional, where, std::move(condition), std::move(then), std::move(otherwise));
  }
  return condition;
}

NodePtr Parser::operation(int level) {
  const Deeper deeper(*this);
  NodePtr left = primary();
  bool coalesced = false;
  while (!problem_) {
    const std::size_t start = next_;
    const std::size_t where = now().at;
    if (level <= pipe_level && at("|")) {
      advance();
      if (now().kind != Token::Kind::name) unexpected();
      const Token called = now();
      advance();
      left = postfix(call(called, std::move(left)));
      count_link();
      continue;
    }
    const bool negate = take("not");
    const Precedence* const found = find_operator(binary_operators, now());
    if (found == nullptr || found->level < level || (negate && !takes_not(found->op))) {
      if (negate && (found == nullptr || !takes_not(found->op))) unexpected();
      if (negate && !problem_) next_ = start;
      break;
    }
    if (coalesced && found->op != Operator::coalesce)
      fail(where, fmt::format("'{}' does not mix with a coalescing operator: parentheses are needed", found->sign));
    coalesced = found->op == Operator::coalesce;
    advance();
    left = orders(found->op) ? comparison(std::move(left), *found, where) : binary(std::move(left), *found, where);
    if (negate) left = negated(std::move(left));
    count_link();
  }
  return left;
}

NodePtr Parser::binary(NodePtr left, const Precedence& found, std::size_t where) {
  NodePtr right = operation(found.right ? found.level : found.level + 1);
  return make_operation(found.op, where, std::move(left), std::move(right));
}

/// What stands between two comparisons belongs to both.
NodePtr Parser::copy_of(const Node& node) {
  count_node(node.at);
  NodePtr copy = copy_without_parts(node);
  for (std::size_t i = 0; i < node.parts.size() && !problem_; ++i) copy->parts.push_back(copy_of(*node.parts[i]));
  return copy;
}

NodePtr Parser::comparison(NodePtr left, const Precedence& found, std::size_t where) {
  NodePtr right = operation(found.level + 1);
  const Precedence* const more = find_operator(binary_operators, now());
  if (problem_ || more == nullptr || !orders(more->op))
    return make_operation(found.op, where, std::move(left), std::move(right));
  NodePtr middle = copy_of(*right);
  NodePtr first = make_operation(found.op, where, std::move(left), std::move(right));
  const std::size_t second = now().at;
  count_link();
  advance();
  return make_operation(Operator::logical_and, second, std::move(first), comparison(std::move(middle), *more, second));
}

NodePtr Parser::primary() {
  if (const Precedence* const found = find_operator(unary_operators, now())) {
    NodePtr node = make(Node::Kind::unary, now().at);
    node->op = found->op;
    advance();
    node->parts.push_back(operation(found->level));
    return postfix(std::move(node));
  }
  if (take("(")) {
    NodePtr node = sequence();
    if (at(",")) fail(now().at, "a list stands in brackets: name in ['a', 'b']");
    expect(")");
    return postfix(std::move(node));
  }
  if (closures_ > 0 && (at("#") || at("."))) return postfix(item());
  return postfix(literal_or_name());
}

NodePtr Parser::literal_or_name() {
  const Token& token = now();
  NodePtr node = make(Node::Kind::nil, token.at);
  switch (token.kind) {
    case Token::Kind::integer:
      node->kind = Node::Kind::integer;
      node->integer = token.integer;
      break;
    case Token::Kind::real:
      node->kind = Node::Kind::real;
      node->real = token.real;
      break;
    case Token::Kind::text:
      node->kind = Node::Kind::text;
      node->text = token.text;
      break;
    case Token::Kind::name:
      return name();
    case Token::Kind::mark:
      if (token.spelt == "[") return list();
      if (token.spelt == "{") return map();
      [[fallthrough]];
    case Token::Kind::end:
      unexpected();
      return node;
  }
  advance();
  return node;
}

NodePtr Parser::name() {
  const Token token = now();
  advance();
  if (at("(")) return call(token, nullptr);
  NodePtr node = make(Node::Kind::name, token.at);
  if (token.spelt == "nil") {
    node->kind = Node::Kind::nil;
  } else if (token.spelt == "true" || token.spelt == "false") {
    node->kind = Node::Kind::boolean;
    node->integer = token.spelt == "true" ? 1 : 0;
  } else {
    node->text = canonical(token.spelt);
  }
  return node;
}

/// `first` is what a pipe hands on, null where none does.
NodePtr Parser::call(const Token& name, NodePtr first) {
  const Function* const found = find_function(name.spelt);
  if (found == nullptr) return call_outside(name, std::move(first));
  NodePtr node = make(Node::Kind::call, name.at);
  node->function = found;
  const Function& function = *node->function;
  if (first) node->parts.push_back(std::move(first));
  expect("(");
  while (!problem_ && !at(")")) {
    const bool takes_closure =
        function.closure >= 0 && node->parts.size() == static_cast<std::size_t>(function.closure);
    node->parts.push_back(takes_closure ? closure() : expression());
    if (!take(",")) break;
  }
  expect(")");
  if (problem_) return node;
  if (node->parts.size() < function.arguments_min || node->parts.size() > function.arguments_max) {
    const bool few = node->parts.size() < function.arguments_min;
    const std::size_t wanted = few ? function.arguments_min : function.arguments_max;
    const std::string_view bound = function.arguments_min == function.arguments_max ? ""
                                   : few                                            ? "at least "
                                                                                    : "at most ";
    fail(name.at, fmt::format("'{}' needs {}{} argument{}, not {}", name.spelt, bound, wanted, wanted == 1 ? "" : "s",
                              node->parts.size()));
  }
  return node;
}

/// A function that the environment may know.
NodePtr Parser::call_outside(const Token& name, NodePtr first) {
  NodePtr node = make_of(Node::Kind::method, name.at, make(Node::Kind::nothing, name.at));
  node->text = name.spelt;
  if (first) node->parts.push_back(std::move(first));
  expect("(");
  while (!problem_ && !at(")")) {
    node->parts.push_back(expression());
    if (!take(",")) break;
  }
  expect(")");
  return node;
}

NodePtr Parser::closure() {
  ++closures_;
  const bool braces = take("{");
  NodePtr node = braces ? sequence() : expression();
  if (braces) expect("}");
  --closures_;
  return node;
}

NodePtr Parser::item() {
  NodePtr node = make(Node::Kind::item, now().at);
  if (at(".")) return node;  // .x is #.x
  advance();
  if (now().kind != Token::Kind::name || now().at != node->at + 1) return node;
  if (now().spelt != "index" && now().spelt != "acc")
    fail(node->at, fmt::format("there is no '#{}', but '#', '#index' and '#acc'", now().spelt));
  node->text = now().spelt;
  advance();
  return node;
}

NodePtr Parser::list() {
  NodePtr node = make(Node::Kind::list, now().at);
  expect("[");
  while (!problem_ && !at("]")) {
    node->parts.push_back(expression());
    if (!take(",")) break;
  }
  expect("]");
  return node;
}

NodePtr Parser::map() {
  NodePtr node = make(Node::Kind::map, now().at);
  expect("{");
  while (!problem_ && !at("}")) {
    node->parts.push_back(key());
    expect(":");
    node->parts.push_back(expression());
    if (!take(",")) break;
  }
  expect("}");
  return node;
}

NodePtr Parser::key() {
  if (take("(")) {
    NodePtr node = expression();
    expect(")");
    return node;
  }
  NodePtr node = make(Node::Kind::text, now().at);
  const bool good =
      now().kind == Token::Kind::name || now().kind == Token::Kind::text || now().kind == Token::Kind::integer;
  if (!good) unexpected();
  node->text = now().kind == Token::Kind::text ? now().text : std::string(now().spelt);
  advance();
  return node;
}

NodePtr Parser::postfix(NodePtr node) {
  while (!problem_) {
    const bool maybe = at("?.");
    if (maybe || at(".")) {
      advance();
      node = maybe && at("[") ? index(std::move(node), true) : member(std::move(node), maybe);
    } else if (at("[")) {
      node = index(std::move(node), false);
    } else {
      break;
    }
    count_link();
  }
  return node;
}

/// A chain goes on: what is behind a `?.` belongs to it.
NodePtr Parser::chained(NodePtr of, bool maybe, NodePtr key, std::size_t where) {
  const bool in_chain = of->kind == Node::Kind::chain;
  NodePtr base = in_chain ? std::move(of->parts[0]) : std::move(of);
  NodePtr node = make_of(maybe ? Node::Kind::maybe_member : Node::Kind::member, where, std::move(base), std::move(key));
  return in_chain || maybe ? make_of(Node::Kind::chain, where, std::move(node)) : std::move(node);
}

NodePtr Parser::member(NodePtr of, bool maybe) {
  const Token token = now();
  const bool word = token.kind == Token::Kind::name ||
                    (token.kind == Token::Kind::mark && token.spelt.front() >= 'a' && token.spelt.front() <= 'z');
  if (!word) unexpected();
  advance();
  if (at("(")) {  // nothing that has methods is ever nil: `?.` does no more than `.`
    NodePtr node = make_of(Node::Kind::method, token.at, std::move(of));
    node->text = token.spelt;
    arguments(node->parts);
    return node;
  }
  NodePtr key = make(Node::Kind::text, token.at);
  key->text = canonical(token.spelt);
  return chained(std::move(of), maybe, std::move(key), token.at);
}

NodePtr Parser::index(NodePtr of, bool maybe) {
  const std::size_t where = now().at;
  expect("[");
  NodePtr from = at(":") ? nothing() : expression();
  if (take(":")) {
    NodePtr to = at("]") ? nothing() : expression();
    expect("]");
    return make_of(Node::Kind::slice, where, std::move(of), std::move(from), std::move(to));
  }
  expect("]");
  if (from->kind == Node::Kind::text) from->text = canonical(from->text);
  return chained(std::move(of), maybe, std::move(from), where);
}

void Parser::arguments(std::vector<NodePtr>& into) {
  expect("(");
  while (!problem_ && !at(")")) {
    into.push_back(expression());
    if (!take(",")) break;
  }
  expect(")");
}

}  // namespace

std::string how_it_stands(std::string_view word) {
  constexpr std::string_view operators[] = {"matches", "contains", "startsWith", "endsWith"};
  if (std::ranges::find(operators, word) == std::end(operators)) return {};
  return fmt::format("'{0}' stands between two texts: name {0} 'x'", word);
}

Checked<NodePtr> parse(std::string_view source) {
  Checked<std::vector<Token>> tokens = tokens_of(source);
  if (!tokens) return std::unexpected(std::move(tokens).error());
  return Parser(*std::move(tokens)).run();
}

}  // namespace gw::expression
