#include "gateway/router/expression/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "codecs/utf8.h"

namespace gw::expression {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Longer ones first: the first that fits is taken.
constexpr std::array<std::string_view, 34> signs = {
    "?.", "??", "..", "||", "&&", "!=", "==", "<=", ">=", "**", "::", "(", ")", "[", "]", "{", "}",
    ",",  "?",  ":",  ";",  ".",  "#",  "|",  "!",  "<",  ">",  "+",  "-", "*", "/", "%", "^", "="};
constexpr std::array<std::string_view, 11> word_marks = {"not",        "and",      "or",  "in", "matches", "contains",
                                                         "startsWith", "endsWith", "let", "if", "else"};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Checked<std::vector<Token>> run() {
    if (source_.size() > source_bytes_max)
      return std::unexpected(Problem{source_bytes_max, "the expression is too long"});
    while (!problem_ && skip_blanks() && at_ < source_.size()) take_token();
    if (problem_) return std::unexpected(*std::move(problem_));
    start(Token::Kind::end);
    tokens_.push_back(std::move(token_));
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }
  bool at(std::string_view text) const { return source_.substr(at_).starts_with(text); }
  void fail(std::size_t where, std::string text) {
    if (!problem_) problem_ = Problem{where, std::move(text)};
  }
  void start(Token::Kind kind) {
    token_ = {};
    token_.kind = kind;
    token_.at = at_;
  }
  void finish() {
    token_.spelt = source_.substr(token_.at, at_ - token_.at);
    tokens_.push_back(std::move(token_));
  }

  /// Comments are blanks too. False where one is not closed.
  bool skip_blanks() {
    for (;;) {
      while (at_ < source_.size() && is_blank(source_[at_])) ++at_;
      if (at("//")) {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (at("/*")) {
        const std::size_t end = source_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          fail(at_, "the comment is not closed by '*/'");
          return false;
        }
        at_ = end + 2;
      } else {
        return true;
      }
    }
  }

  void take_token() {
    const char c = peek();
    if (is_letter(c) || (static_cast<unsigned char>(c) & 0x80) != 0) return take_name();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return take_number();
    if (c == '\'' || c == '"') return take_text(c);
    if (c == '`') return take_raw_text();
    for (const std::string_view sign : signs) {
      if (!at(sign)) continue;
      start(Token::Kind::mark);
      at_ += sign.size();
      return finish();
    }
    if (c == '&') return fail(at_, "'&' is no operator: 'and' is '&&', and of the bits of integers bitand(a, b)");
    if (c == '~') return fail(at_, "'~' is no operator: a pattern is tested by 'matches'");
    fail(at_, "what starts here is no part of an expression");
  }

  void take_name() {
    start(Token::Kind::name);
    const auto in_name = [](char c) {
      return is_letter(c) || is_digit(c) || (static_cast<unsigned char>(c) & 0x80) != 0;
    };
    while (in_name(peek())) ++at_;
    // The tags of ClusterCockpit are meant that have a hyphen in their names: type-id and stype-id.
    if (source_.substr(token_.at, at_ - token_.at).ends_with("type") && at("-id") && !in_name(peek(3))) at_ += 3;
    if (std::ranges::find(word_marks, source_.substr(token_.at, at_ - token_.at)) != word_marks.end())
      token_.kind = Token::Kind::mark;
    finish();
  }

  void take_number() {
    start(Token::Kind::integer);
    const char letter = static_cast<char>(peek(1) | 0x20);
    const int base = peek() != '0' ? 10 : letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10) at_ += 2;
    std::string digits;
    const auto take_digits = [this, &digits, base] {
      for (; std::isxdigit(static_cast<unsigned char>(peek())) != 0 || peek() == '_'; ++at_) {
        if (base == 10 && !is_digit(peek()) && peek() != '_') return;
        if (peek() != '_') digits += peek();
      }
    };
    take_digits();
    if (base == 10 && peek() == '.' && peek(1) != '.') {
      token_.kind = Token::Kind::real;
      digits += '.';
      ++at_;
      take_digits();
    }
    if (base == 10 && (peek() == 'e' || peek() == 'E')) {
      token_.kind = Token::Kind::real;
      digits += 'e';
      ++at_;
      if (peek() == '-') digits += '-';
      if (peek() == '-' || peek() == '+') ++at_;
      take_digits();
    }
    if (is_letter(peek())) return fail(token_.at, "what starts here is no number");
    read_number(digits, base);
    finish();
  }

  void read_number(const std::string& digits, int base) {
    const char* const end = digits.data() + digits.size();
    const auto read = token_.kind == Token::Kind::real ? std::from_chars(digits.data(), end, token_.real)
                                                       : std::from_chars(digits.data(), end, token_.integer, base);
    if (read.ec == std::errc::result_out_of_range)
      return fail(token_.at, token_.kind == Token::Kind::real
                                 ? "the number is too large"
                                 : "the number is too large for an integer: with '.0' at its end it is a float");
    if (read.ec != std::errc{} || read.ptr != end) fail(token_.at, "what starts here is no number");
  }

  void take_raw_text() {
    start(Token::Kind::text);
    for (++at_;; ++at_) {
      if (at_ >= source_.size()) return fail(token_.at, "the text is not closed by '`'");
      if (peek() == '`' && peek(1) != '`') break;
      if (peek() == '`') ++at_;
      token_.text += source_[at_];
    }
    ++at_;
    finish();
  }

  void take_text(char quote) {
    start(Token::Kind::text);
    ++at_;
    while (peek() != quote) {
      if (at_ >= source_.size() || peek() == '\n')
        return fail(token_.at, fmt::format("the text is not closed by '{}'", quote));
      if (peek() == '\\') {
        take_escape();
        if (problem_) return;
      } else {
        token_.text += source_[at_++];
      }
    }
    ++at_;
    finish();
  }

  void take_escape() {
    const std::size_t where = at_;
    const char c = peek(1);
    at_ += 2;
    constexpr std::string_view letters = "abfnrtv\\'\"`?";
    constexpr std::string_view meant = "\a\b\f\n\r\t\v\\'\"`?";
    if (const std::size_t found = letters.find(c); c != '\0' && found != std::string_view::npos) {
      token_.text += meant[found];
      return;
    }
    const std::size_t size = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : c >= '0' && c <= '3' ? 3 : 0;
    const int base = size == 3 ? 8 : 16;
    if (size == 3) --at_;
    std::uint32_t code = 0;
    const std::string_view digits = source_.substr(std::min(at_, source_.size()), size);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
    const bool scalar = code < 0x110000 && (code < 0xd800 || code > 0xdfff);
    if (size == 0 || error != std::errc{} || end != digits.data() + size || !scalar) {
      return fail(where, "no such escape: a backslash is written '\\\\', and a text in `…` has no escapes");
    }
    at_ += size;
    codecs::append_utf8(token_.text, code);
  }

  std::string_view source_;
  std::size_t at_ = 0;
  Token token_;
  std::vector<Token> tokens_;
  std::optional<Problem> problem_;
};

}  // namespace

Checked<std::vector<Token>> tokens_of(std::string_view source) { return Lexer(source).run(); }

}  // namespace gw::expression
