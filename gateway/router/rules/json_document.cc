// nlohmann/json reads; it does not say where. Its input iterator counts what it took, and from there a token is walked
// back to where it begins: that is the last byte taken, but for numbers, behind which one more byte was taken.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "gateway/router/rules/document.h"
#include "gateway/router/rules/place.h"

namespace gw::rules {
namespace {

using config::Position;
using config::Problem;

/// The input, byte by byte, which counts what was taken of it.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(std::string_view::const_iterator at, std::size_t& taken) : at_(at), taken_(&taken) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*taken_;
    return *this;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) { return a.at_ == b.at_; }

 private:
  std::string_view::const_iterator at_;
  std::size_t* taken_;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_of_number(char c) { return is_digit(c) || c == '+' || c == '-' || c == '.' || c == 'e' || c == 'E'; }

/// The opening quote of the text whose closing quote is the byte before `end`.
std::size_t opening_quote(std::string_view source, std::size_t end) {
  std::size_t at = end - 1;
  for (;;) {
    at = source.rfind('"', at - 1);
    std::size_t backslashes = 0;
    while (backslashes < at && source[at - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return at;
  }
}

/// What nlohmann/json says itself: it goes on with what it read last, comments too, and that may hold any words.
std::string_view without_source(std::string_view what) { return what.substr(0, what.find("; last read: '")); }

/// What is wrong within a token, by words of nlohmann/json. The first row whose words are found is shown.
struct TokenProblem {
  std::string_view found;
  std::string_view text;
};
constexpr std::array<TokenProblem, 14> token_problems{
    {{"missing closing quote", "the closing quote of a text is missing"},
     {"character U+000A",
      "the text does not end on its line: is the closing quote missing? A line break is written \\n"},
     {"character U+000D",
      "the text does not end on its line: is the closing quote missing? A line break is written \\n"},
     {"character U+0009", "a tab within a text is written \\t"},
     {"control character", "control characters within a text are written like \\u001b"},
     {"'\\u' must be followed", "\\u is followed by 4 digits of 0-9 and a-f, like \\u00e9"},
     {"surrogate", "\\ud800 to \\udfff come in pairs, like \\ud83d\\ude00; or write the character itself"},
     {"after backslash", "a backslash is written twice: \\\\; in regular expressions % may stand for it, like %d"},
     {"expecting '/' or '*'", "a comment begins with // or /*"},
     {"missing closing '*/'", "the comment that begins here has no closing */"},
     {"digit after '-'", "a digit must follow '-'"},
     {"digit after '.'", "a digit must follow '.'"},
     {"after exponent", "a digit must follow the exponent"},
     {"number overflow", "the number is too large"}}};

/// nlohmann/json's calls, in the order of the file.
class Builder {
 public:
  Builder(std::string_view source, std::string_view wanted) : source_(source), wanted_(wanted), places_(source) {}

  std::size_t& taken() { return taken_; }
  std::expected<Node, Problem> result() && {
    if (problem_) return std::unexpected(*std::move(problem_));
    return std::move(root_);
  }

  bool null() { return add_word(4, Node{}); }
  bool boolean(bool value) { return add_word(value ? 4 : 5, Node{.kind = Node::Kind::boolean, .boolean = value}); }
  bool number_integer(std::int64_t value) { return add_number(Node{.kind = Node::Kind::integer, .integer = value}); }
  bool number_unsigned(std::uint64_t value) {
    if (std::in_range<std::int64_t>(value)) return number_integer(static_cast<std::int64_t>(value));
    return number_float(static_cast<double>(value), {});
  }
  bool number_float(double value, const std::string& /*spelt*/) {
    return add_number(Node{.kind = Node::Kind::real, .real = value});
  }
  bool string(std::string& value) {
    Node node{.kind = Node::Kind::text, .where = places_.at(opening_quote(source_, taken_)), .text = std::move(value)};
    if (holds_null(node.text, node.where)) return false;
    return add(std::move(node));
  }
  bool binary(nlohmann::json::binary_t& /*value*/) { return false; }  // JSON has none

  bool start_object(std::size_t /*size*/) { return open(Node::Kind::object); }
  bool start_array(std::size_t /*size*/) { return open(Node::Kind::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& value) {
    Level& level = levels_.back();
    level.key_where = places_.at(opening_quote(source_, taken_));
    token_end_ = taken_;
    if (holds_null(value, level.key_where)) return false;
    const auto [first, added] = level.keys.try_emplace(value, level.key_where);
    if (!added) {
      return refuse(level.key_where, fmt::format("key {} stands twice, the first time at {}:{}; remove one",
                                                 config::in_quotes(value), first->second.line, first->second.column));
    }
    level.key = std::move(value);
    level.has_key = true;
    return true;
  }

  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const nlohmann::detail::exception& error) {
    const std::string_view what = without_source(error.what());
    for (const TokenProblem& row : token_problems) {
      if (what.find(row.found) == std::string_view::npos) continue;
      return refuse(place_of(source_, bad_byte(what)), fmt::format("syntax error: {}", row.text));
    }
    if (levels_.empty() && !has_root_ && what.find("unexpected end of input") != std::string_view::npos) {
      return refuse({1, 1}, fmt::format("the file is empty; {}", wanted_));
    }
    const std::size_t start = unexpected_token(what);
    const std::string hint = hint_for(start);
    return refuse(place_of(source_, start), fmt::format("syntax error: expected {}, saw {}{}{}", expected(what),
                                                        saw(start), hint.empty() ? "" : "; ", hint));
  }

 private:
  /// An object or array that is not closed yet.
  struct Level {
    Node node;
    std::unordered_map<std::string, Position> keys;
    std::string key;  ///< of the value that comes next
    Position key_where;
    bool has_key = false;
  };

  bool refuse(Position where, std::string text) {
    problem_ = Problem{Problem::Severity::error, where, std::move(text)};
    return false;
  }

  bool holds_null(std::string_view text, Position where) {
    problem_ = null_problem(text, where);
    return problem_.has_value();
  }

  bool add_word(std::size_t bytes, Node node) {
    node.where = places_.at(taken_ - bytes);
    return add(std::move(node));
  }

  bool add_number(Node node) {
    const std::size_t start = number_start();
    node.where = places_.at(start);
    const bool added = add(std::move(node));
    token_end_ = start + 1;  // what follows the number may have been taken already
    return added;
  }

  bool add(Node node) {
    token_end_ = taken_;
    if (levels_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return true;
    }
    Level& level = levels_.back();
    node.key = std::exchange(level.key, {});
    node.key_where = std::exchange(level.key_where, {});
    level.has_key = false;
    level.node.children.push_back(std::move(node));
    return true;
  }

  bool open(Node::Kind kind) {
    const Position where = places_.at(taken_ - 1);
    token_end_ = taken_;
    if (levels_.size() == depth_max)
      return refuse(where, fmt::format("more than {} levels within each other", depth_max));
    levels_.push_back({Node{.kind = kind, .where = where}, {}, {}, {}, false});
    return true;
  }

  bool close() {
    Node node = std::move(levels_.back().node);
    levels_.pop_back();
    return add(std::move(node));
  }

  /// Of the number that was taken last; token_end_ holds what was before it.
  std::size_t number_start() const {
    std::size_t start = taken_;
    if (start > token_end_ && !is_of_number(source_[start - 1])) --start;
    while (start > token_end_ && is_of_number(source_[start - 1])) --start;
    return start;
  }

  /// Where a token that is wrong in itself is so.
  std::size_t bad_byte(std::string_view what) const {
    if (what.find("closing '*/'") != std::string_view::npos) return source_.rfind("/*");
    if (what.find("number overflow") != std::string_view::npos) return number_start();
    const bool ended = what.find("missing closing quote") != std::string_view::npos;
    return ended || taken_ == 0 ? taken_ : taken_ - 1;
  }

  /// Where the token begins that was good, but not here, or that is a word that JSON has not.
  std::size_t unexpected_token(std::string_view what) const {
    if (what.find("unexpected end of input") != std::string_view::npos) return source_.size();
    if (what.find("unexpected string literal") != std::string_view::npos) return opening_quote(source_, taken_);
    if (what.find("unexpected number literal") != std::string_view::npos) return number_start();
    std::size_t start = taken_;
    if (start > token_end_ && !is_letter(source_[start - 1])) --start;
    while (start > token_end_ && is_letter(source_[start - 1])) --start;
    while (start > 0 && start < source_.size() && continues_character(source_[start])) --start;
    return start;
  }

  std::string expected(std::string_view what) const {
    const auto parsing = [&](std::string_view part) { return what.find(part) != std::string_view::npos; };
    if (levels_.empty()) return has_root_ ? "nothing more" : "'{'";
    const Level& level = levels_.back();
    if (parsing("parsing object key"))
      return level.node.children.empty() ? "a key in double quotes or '}'" : "a key in double quotes";
    if (parsing("parsing object separator")) return fmt::format("':' after the key {}", config::in_quotes(level.key));
    if (parsing("parsing object")) return "',' or '}'";
    if (parsing("parsing array")) return "',' or ']'";
    if (level.has_key) return fmt::format("the value of {}", config::in_quotes(level.key));
    return level.node.children.empty() ? "a value or ']'" : "a value";
  }

  /// The token at `start`, or the end of the file and what is open there.
  std::string saw(std::size_t start) const {
    if (start == source_.size()) {
      if (levels_.empty()) return "the end of the file";
      const Node& node = levels_.back().node;
      return fmt::format("the end of the file; the '{}' at {}:{} is not closed",
                         node.kind == Node::Kind::object ? '{' : '[', node.where.line, node.where.column);
    }
    std::size_t end = start + 1;
    if (is_letter(source_[start]) || is_of_number(source_[start])) {
      while (end < source_.size() && (is_letter(source_[end]) || is_of_number(source_[end]))) ++end;
    } else if (source_[start] == '"') {
      end = std::max(end, taken_);
    } else {
      while (end < source_.size() && continues_character(source_[end])) ++end;
    }
    return config::in_quotes(source_.substr(start, end - start));
  }

  /// YAML has ':' behind a key without quotes.
  std::string_view language_at(std::size_t start) const {
    const auto is_of_key = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == ' '; };
    const auto behind =
        std::find_if_not(source_.begin() + static_cast<std::ptrdiff_t>(start), source_.end(), is_of_key);
    return behind != source_.end() && *behind == ':' ? "YAML" : "TOML";
  }

  /// What the token at `start` mostly comes from.
  std::string hint_for(std::size_t start) const {
    if (start == source_.size()) return {};
    const char first = source_[start];
    const bool after_comma = !levels_.empty() && !levels_.back().has_key && !levels_.back().node.children.empty();
    if (first == '\'') return "texts stand in double quotes";
    if (first == '#') return "a comment begins with //";
    if ((first == '}' || first == ']') && after_comma) return "is there a ',' too many before it?";
    if (first == '=') return "a key and its value have ':' between them";
    // [router], or hostname_tag = "node"
    const bool before_rules = !has_root_ && (levels_.empty() || levels_.front().node.kind == Node::Kind::array);
    if (is_letter(first) && before_rules) return fmt::format("is this {} and not JSON?", language_at(start));
    if (is_letter(first)) return "texts stand in double quotes, only true, false and null without";
    if ((first == '"' || first == '{' || first == '[') && after_comma) return "is a ',' missing before it?";
    return {};
  }

  std::string_view source_;
  std::string_view wanted_;
  Places places_;
  std::size_t taken_ = 0;
  std::size_t token_end_ = 0;  ///< no token that comes begins before it
  std::vector<Level> levels_;
  Node root_;
  bool has_root_ = false;
  std::optional<Problem> problem_;
};

}  // namespace

Parsed parse_json(std::string_view source, std::string file) {
  return parse_json_of("rules are an object, for example: {\"manipulate_messages\": [{\"drop_by_name\": [\"x\"]}]}",
                       source, std::move(file));
}

Parsed parse_json_of(std::string_view wanted, std::string_view source, std::string file) {
  if (auto problem = encoding_problem(source)) return std::unexpected(*std::move(problem));
  Builder builder(source, wanted);
  const CountingIterator begin(source.begin(), builder.taken());
  std::size_t unused = 0;
  const CountingIterator end(source.end(), unused);
  nlohmann::json::sax_parse(begin, end, &builder, nlohmann::json::input_format_t::json, true, true);
  std::expected<Node, Problem> root = std::move(builder).result();
  if (!root) return std::unexpected(std::move(root).error());
  if (root->kind != Node::Kind::object)
    return std::unexpected(Problem{Problem::Severity::error, root->where, std::string(wanted)});
  return Document{Document::Format::json, std::move(file), std::string(source), *std::move(root)};
}

}  // namespace gw::rules
