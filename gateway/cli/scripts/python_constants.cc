//   constant    = NAME [ ":" annotation ] "=" ( environment | sum )      from the first column to the end of the line
//   sum         = product { ( "+" | "-" ) product } .
//   product     = sign { ( "*" | "/" ) sign } .
//   sign        = { "+" | "-" } power .
//   power       = value [ "**" sign ] .
//   value       = text { text } | number | "True" | "False" | "None" | NAME
//               | "(" [ sum { "," sum } [ "," ] ] ")" | "[" [ sum { "," sum } [ "," ] ] "]"
//               | "{" [ text ":" sum { "," text ":" sum } [ "," ] ] "}" .
//   environment = ( "os.environ" | "environ" ) ( "[" text "]" | ".get" "(" text [ "," sum ] ")" )
//               | ( "os.getenv" | "getenv" ) "(" text [ "," sum ] ")" .

#include "gateway/cli/scripts/python_constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/cli/scripts/python_tokens.h"
#include "gateway/router/rules/place.h"

namespace gw::cli {
namespace {

using rules::Node;
using Token = PythonToken;

constexpr double integers_end = 0x1p53;  // up to here a double tells all of them

bool is_number(const Node& node) { return node.kind == Node::Kind::integer || node.kind == Node::Kind::real; }
double number_of(const Node& node) {
  return node.kind == Node::Kind::integer ? static_cast<double>(node.integer) : node.real;
}

class Reader {
 public:
  explicit Reader(std::string_view source) : source_(source), places_(source), tokens_(python_tokens(source)) {}

  PythonScript run() {
    while (!at_end()) {
      read_line();
      while (!at_end() && now().kind != Token::Kind::newline) ++at_;
      if (!at_end()) ++at_;
    }
    if (now().kind == Token::Kind::error) script_.problem = problem_at(now(), now().text);
    return std::move(script_);
  }

 private:
  const Token& now(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  bool at_end() const { return now().kind == Token::Kind::end || now().kind == Token::Kind::error; }
  bool at(std::string_view mark, std::size_t ahead = 0) const {
    return now(ahead).kind == Token::Kind::mark && now(ahead).spelt == mark;
  }
  bool take(std::string_view mark) {
    const bool there = at(mark);
    if (there) ++at_;
    return there;
  }
  bool at_name(std::string_view name, std::size_t ahead = 0) const {
    return now(ahead).kind == Token::Kind::name && now(ahead).spelt == name;
  }
  config::Position place(const Token& token) const { return places_.at(token.at); }
  config::Problem problem_at(const Token& token, std::string text) const {
    return {config::Problem::Severity::error, place(token), std::move(text)};
  }
  bool starts_its_line(const Token& token) const {
    return token.at == rules::byte_order_mark(source_) || source_[token.at - 1] == '\n';
  }

  /// A line that begins with a name, and what it says of it.
  void read_line() {
    if (now().kind != Token::Kind::name) return;
    const Token name = now();
    std::size_t equals = 1;
    if (at(":", 1)) {
      while (!at("=", equals) && now(equals).kind != Token::Kind::newline && at_ + equals + 1 < tokens_.size())
        ++equals;
    }
    if (at("=", equals) && starts_its_line(name)) {
      at_ += equals + 1;
      read_constant(name);
      return;
    }
    // FOO["x"] = 1, FOO.update(…), FOO |= …, or FOO = … within an `if`: it is not what it was.
    const bool changes = at("[", 1) || at(".", 1) || (now(1).kind == Token::Kind::mark && now(1).spelt.ends_with("="));
    const auto known = script_.constants.find(name.spelt);
    if (changes && known != script_.constants.end() && !known->second.problem)
      known->second.problem =
          problem_at(name, fmt::format("{} is changed here, and no Python is run to tell how", name.spelt));
  }

  void read_constant(const Token& name) {
    PythonConstant constant;
    constant.where = place(name);
    problem_.reset();
    if (const auto ahead = environment_ahead()) {
      read_environment(*ahead, constant);
    } else {
      constant.value = sum(0);
    }
    if (!problem_ && now().kind != Token::Kind::newline) refuse();
    if (problem_) constant.problem = std::exchange(problem_, std::nullopt);
    script_.constants.insert_or_assign(std::string(name.spelt), std::move(constant));
  }

  /// How many tokens stand before `environ` or `getenv`; nothing where neither comes.
  std::optional<std::size_t> environment_ahead() const {
    const std::size_t ahead = at_name("os") && at(".", 1) ? 2 : 0;
    if (at_name("getenv", ahead) || at_name("environ", ahead)) return ahead;
    return std::nullopt;
  }

  void read_environment(std::size_t ahead, PythonConstant& constant) {
    at_ += ahead;
    const bool getenv = at_name("getenv");
    ++at_;
    const bool subscript = !getenv && at("[");
    if (!getenv && !subscript) {
      if (!at(".") || !at_name("get", 1)) return fail();
      at_ += 2;
    }
    if (!take(subscript ? "[" : "(") || now().kind != Token::Kind::text) return fail();
    constant.variable = now().text;
    ++at_;
    if (!subscript && take(",") && !at(")")) constant.value = sum(0);
    if (!problem_ && !take(subscript ? "]" : ")")) fail();
  }

  void fail() { refuse(); }

  /// Nothing that is read after it counts.
  Node refuse() {
    if (now().kind == Token::Kind::error) return refuse(now(), now().text);
    const std::string_view spelt = now().spelt;
    const bool ends = now().kind == Token::Kind::newline || now().kind == Token::Kind::end;
    return refuse(now(), ends ? std::string("a value is missing here")
                              : fmt::format("{} is computed, and no Python is run: write the value itself",
                                            config::in_quotes(spelt)));
  }
  Node refuse(const Token& token, std::string text) {
    if (!problem_) problem_ = problem_at(token, std::move(text));
    return {};
  }

  Node sum(std::size_t depth) {
    Node left = product(depth);
    while (!problem_ && (at("+") || at("-"))) {
      const Token sign = now();
      ++at_;
      Node right = product(depth);
      const bool texts = left.kind == Node::Kind::text && right.kind == Node::Kind::text;
      if (texts && sign.spelt == "+") {
        left.text += right.text;
      } else {
        left = computed(std::move(left), sign, right);
      }
    }
    return left;
  }

  Node product(std::size_t depth) {
    Node left = signed_value(depth);
    while (!problem_ && (at("*") || at("/"))) {
      const Token sign = now();
      ++at_;
      left = computed(std::move(left), sign, signed_value(depth));
    }
    return left;
  }

  Node signed_value(std::size_t depth) {
    const Token sign = now();
    if (!at("-") && !at("+")) return power(depth);
    if (depth > rules::depth_max) return refuse(sign, "too many signs");
    ++at_;
    Node node = signed_value(depth + 1);
    if (problem_) return {};
    if (!is_number(node)) return refuse(sign, "a sign stands before what is no number");
    node.where = place(sign);
    if (sign.spelt == "-") {
      node.integer = -node.integer;  // it came from digits: there is a negative one
      node.real = -node.real;
    }
    return node;
  }

  Node power(std::size_t depth) {
    Node base = value(depth);
    if (problem_ || !at("**")) return base;
    const Token sign = now();
    ++at_;
    return computed(std::move(base), sign, signed_value(depth + 1));
  }

  /// Of two numbers. Where both are integers, and `/` is not asked for, the result is one while that is exact.
  Node computed(Node left, const Token& sign, const Node& right) {
    if (problem_) return {};
    if (!is_number(left) || !is_number(right))
      return refuse(sign, fmt::format("'{}' stands between what are no numbers", sign.spelt));
    const double a = number_of(left);
    const double b = number_of(right);
    const double result = sign.spelt == "+"   ? a + b
                          : sign.spelt == "-" ? a - b
                          : sign.spelt == "*" ? a * b
                          : sign.spelt == "/" ? a / b
                                              : std::pow(a, b);
    if (!std::isfinite(result)) return refuse(sign, "what is computed here is no finite number");
    const bool integers = left.kind == Node::Kind::integer && right.kind == Node::Kind::integer;
    const bool whole = result == std::trunc(result) && std::abs(result) < integers_end;
    const bool integer = integers && whole && sign.spelt != "/" && (sign.spelt != "**" || right.integer >= 0);
    left.kind = integer ? Node::Kind::integer : Node::Kind::real;
    left.integer = integer ? static_cast<std::int64_t>(result) : 0;
    left.real = integer ? 0 : result;
    return left;
  }

  Node value(std::size_t depth) {
    if (depth > rules::depth_max)
      return refuse(now(), fmt::format("more than {} levels within each other", rules::depth_max));
    Node node;
    node.where = place(now());
    switch (now().kind) {
      case Token::Kind::text:
        node.kind = Node::Kind::text;
        for (; now().kind == Token::Kind::text; ++at_) node.text += now().text;
        return now().kind == Token::Kind::computed ? refuse() : node;
      case Token::Kind::integer:
      case Token::Kind::real:
        return number(std::move(node));
      case Token::Kind::name:
        return named(std::move(node));
      case Token::Kind::mark:
        if (at("(")) return parenthesised(std::move(node), depth);
        if (at("[")) return list(std::move(node), depth);
        if (at("{")) return dict(std::move(node), depth);
        return refuse();
      default:
        return refuse();
    }
  }

  Node number(Node node) {
    const std::string& digits = now().text;
    const char letter = digits.size() > 1 ? digits[1] : '0';
    const int base = letter == 'x' || letter == 'X'   ? 16
                     : letter == 'o' || letter == 'O' ? 8
                     : letter == 'b' || letter == 'B' ? 2
                                                      : 10;
    const char* const begin = digits.data() + (base == 10 ? 0 : 2);
    const char* const end = digits.data() + digits.size();
    const bool integer = now().kind == Token::Kind::integer;
    node.kind = integer ? Node::Kind::integer : Node::Kind::real;
    const auto read =
        integer ? std::from_chars(begin, end, node.integer, base) : std::from_chars(begin, end, node.real);
    if (read.ec != std::errc{} || read.ptr != end)
      return refuse(now(), fmt::format("{} is no number that fits", config::in_quotes(now().spelt)));
    ++at_;
    return node;
  }

  Node named(Node node) {
    const std::string_view name = now().spelt;
    if (name == "None" || name == "True" || name == "False") {
      node.kind = name == "None" ? Node::Kind::null : Node::Kind::boolean;
      node.boolean = name == "True";
      ++at_;
      return node;
    }
    const auto known = script_.constants.find(name);
    const bool told = known != script_.constants.end() && !known->second.problem && known->second.variable.empty();
    if (!told || at("(", 1) || at(".", 1) || at("[", 1)) return refuse();
    const bool plain = known->second.value.kind == Node::Kind::text || is_number(known->second.value);
    if (!plain) return refuse();
    copied_bytes_ += known->second.value.text.size();
    if (copied_bytes_ > rules::source_bytes_max) return refuse(now(), "the texts that are put together are too long");
    const config::Position where = node.where;
    node = known->second.value;
    node.where = where;
    ++at_;
    return node;
  }

  /// A value in parentheses, or a tuple.
  Node parenthesised(Node node, std::size_t depth) {
    ++at_;
    node.kind = Node::Kind::array;
    bool tuple = at(")");
    while (!problem_ && !at(")")) {
      node.children.push_back(sum(depth + 1));
      if (!take(",")) break;
      tuple = true;
    }
    if (!problem_ && !take(")")) return refuse();
    if (problem_) return {};
    return tuple ? std::move(node) : std::move(node.children[0]);
  }

  Node list(Node node, std::size_t depth) {
    ++at_;
    node.kind = Node::Kind::array;
    while (!problem_ && !at("]")) {
      node.children.push_back(sum(depth + 1));
      if (!take(",")) break;
    }
    if (!problem_ && !take("]")) return refuse();
    return node;
  }

  /// Of a key that stands twice the last value counts, at the place of the first.
  Node dict(Node node, std::size_t depth) {
    ++at_;
    node.kind = Node::Kind::object;
    std::unordered_map<std::string, std::size_t> known;  // where the member of a key stands
    while (!problem_ && !at("}")) {
      const Token token = now();
      const Node key = sum(depth + 1);
      if (problem_) return {};
      if (key.kind != Node::Kind::text) return refuse(token, "the key of a dict must be a text here");
      if (!take(":")) return refuse();
      Node member = sum(depth + 1);
      member.key = key.text;
      member.key_where = key.where;
      const auto [twin, first] = known.try_emplace(member.key, node.children.size());
      if (first) {
        node.children.push_back(std::move(member));
      } else {
        node.children[twin->second] = std::move(member);
      }
      if (!take(",")) break;
    }
    if (!problem_ && !take("}")) return refuse();
    return node;
  }

  std::string_view source_;
  rules::PlaceIndex places_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::optional<config::Problem> problem_;  ///< of the constant that is read
  std::size_t copied_bytes_ = 0;            ///< where a name stands for a text: doubling it line by line has no end
  PythonScript script_;
};

}  // namespace

PythonScript read_python_constants(std::string_view source) { return Reader(source).run(); }

}  // namespace gw::cli
