// "Lexical analysis" of the Python language reference, without what only matters to who runs it: indentation is told by
// where a token stands.
//
//   text   = [ prefix ] ( '…' | "…" | '''…''' | """…""" )      prefix: r, u, b, f and pairs of them, in any case
//   escape = "\" ( line break | \ ' " a b f n r t v | 1 to 3 octal digits | x 2 | u 4 | U 8 digits )
//            any other backslash is one; \N{…} is a name in Unicode's tables, which are not here

#include "gateway/cli/scripts/python_tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "codecs/utf8.h"
#include "gateway/router/rules/place.h"

namespace gw::cli {
namespace {

using Kind = PythonToken::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}
bool is_of_name(char c) { return starts_name(c) || is_digit(c); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Longer ones first: the first that fits is taken.
constexpr std::array<std::string_view, 24> long_marks = {"**=", "//=", ">>=", "<<=", "...", "**", "//", ">>",
                                                         "<<",  "==",  "!=",  "<=",  ">=",  "->", "+=", "-=",
                                                         "*=",  "/=",  "%=",  "&=",  "|=",  "^=", "@=", ":="};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source), at_(rules::byte_order_mark(source)) {}

  std::vector<PythonToken> run() {
    for (;;) {
      skip_blanks();
      if (at_ >= source_.size()) break;
      take();
      if (!tokens_.empty() && tokens_.back().kind == Kind::error) return std::move(tokens_);
    }
    add(Kind::newline, at_);
    add(Kind::end, at_);
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }

  void add(Kind kind, std::size_t from, std::string text = {}) {
    const bool first = tokens_.empty() || tokens_.back().kind == Kind::newline;
    tokens_.push_back({kind, from, source_.substr(from, at_ - from), std::move(text), first});
  }

  void fail(std::size_t where, std::string text) { add(Kind::error, where, std::move(text)); }

  /// Comments and joined lines are blanks too.
  void skip_blanks() {
    for (;;) {
      const char c = peek();
      if (at_ < source_.size() && (c == ' ' || c == '\t' || c == '\f' || c == '\r' || (c == '\n' && depth_ > 0))) {
        ++at_;
      } else if (c == '#') {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (c == '\\' && (peek(1) == '\n' || (peek(1) == '\r' && peek(2) == '\n'))) {
        at_ += peek(1) == '\n' ? std::size_t{2} : std::size_t{3};
      } else {
        return;
      }
    }
  }

  void take() {
    const std::size_t from = at_;
    const char c = peek();
    if (c == '\n' || c == ';') {
      ++at_;
      if (!tokens_.empty() && tokens_.back().kind != Kind::newline) add(Kind::newline, from);
    } else if (const std::size_t prefix = text_prefix(); peek(prefix) == '"' || peek(prefix) == '\'') {
      take_text(prefix);
    } else if (starts_name(c)) {
      while (is_of_name(peek())) ++at_;
      add(Kind::name, from);
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      take_number();
    } else {
      take_mark();
    }
  }

  /// How many letters stand before the quotes of a text.
  std::size_t text_prefix() const {
    std::size_t size = 0;
    while (size < 2 && std::string_view("rubf").find(lower(peek(size))) != std::string_view::npos && peek(size) != '\0')
      ++size;
    return size;
  }

  void take_text(std::size_t prefix_size) {
    const std::size_t from = at_;
    const auto has = [&](char letter) {
      return std::ranges::any_of(source_.substr(from, prefix_size), [&](char c) { return lower(c) == letter; });
    };
    const bool raw = has('r');
    bool computed = has('f') || has('b');
    at_ += prefix_size;
    const char quote = peek();
    const bool three = peek(1) == quote && peek(2) == quote;
    at_ += three ? 3 : 1;
    std::string text;
    for (;;) {
      const char c = peek();
      if (at_ >= source_.size() || (c == '\n' && !three)) return fail(from, "the text that begins here is not closed");
      if (c == quote && (!three || (peek(1) == quote && peek(2) == quote))) break;
      if (c == '\\' && raw) {
        text += source_.substr(at_, 2);
        at_ += 2;
      } else if (c == '\\') {
        computed = !take_escape(text) || computed;
      } else {
        if (c != '\r' || peek(1) != '\n') text += c;
        ++at_;
      }
    }
    at_ += three ? 3 : 1;
    add(computed ? Kind::computed : Kind::text, from, std::move(text));
  }

  /// False where it is none that can be told.
  bool take_escape(std::string& out) {
    const char c = peek(1);
    at_ += 2;
    constexpr std::string_view letters = "\\'\"abfnrtv";
    constexpr std::string_view meant = "\\'\"\a\b\f\n\r\t\v";
    if (c == '\n') return true;
    if (c == '\r' && peek() == '\n') {
      ++at_;
      return true;
    }
    if (const std::size_t found = letters.find(c); c != '\0' && found != std::string_view::npos) {
      out += meant[found];
      return true;
    }
    if (c >= '0' && c <= '7') {
      --at_;
      std::size_t digits = 1;
      while (digits < 3 && peek(digits) >= '0' && peek(digits) <= '7') ++digits;
      return take_code(digits, 8, out);
    }
    if (c == 'x' || c == 'u' || c == 'U') return take_code(c == 'x' ? 2 : c == 'u' ? 4 : 8, 16, out);
    if (c == 'N') return false;
    out += '\\';
    --at_;  // what follows is as it stands
    return true;
  }

  bool take_code(std::size_t digits, int base, std::string& out) {
    const std::string_view text = source_.substr(std::min(at_, source_.size()), digits);
    std::uint32_t code = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code, base);
    const bool good = error == std::errc{} && text.size() == digits && end == text.data() + digits && code < 0x110000 &&
                      (code < 0xd800 || code > 0xdfff);
    if (!good) return false;
    at_ += digits;
    codecs::append_utf8(out, code);
    return true;
  }

  void take_number() {
    const std::size_t from = at_;
    const char letter = lower(peek(1));
    const bool based = peek() == '0' && (letter == 'x' || letter == 'o' || letter == 'b');
    bool real = false;
    if (based) at_ += 2;
    while (is_of_name(peek()) || (!based && (peek() == '.' || is_sign_of_exponent()))) {
      real = real || (!based && (peek() == '.' || lower(peek()) == 'e'));
      ++at_;
    }
    std::string digits;
    for (const char c : source_.substr(from, at_ - from)) {
      if (c != '_') digits += c;
    }
    const bool imaginary = lower(digits.back()) == 'j';
    add(imaginary ? Kind::computed : real ? Kind::real : Kind::integer, from, std::move(digits));
  }

  bool is_sign_of_exponent() const {
    return (peek() == '-' || peek() == '+') && at_ > 0 && lower(source_[at_ - 1]) == 'e';
  }

  void take_mark() {
    const std::size_t from = at_;
    const std::string_view rest = source_.substr(at_);
    const auto* const found = std::ranges::find_if(long_marks, [&](std::string_view m) { return rest.starts_with(m); });
    at_ += found == long_marks.end() ? 1 : found->size();
    const char c = source_[from];
    if (c == '(' || c == '[' || c == '{') ++depth_;
    if ((c == ')' || c == ']' || c == '}') && depth_ > 0) --depth_;
    add(Kind::mark, from);
  }

  std::string_view source_;
  std::size_t at_;
  std::size_t depth_ = 0;  ///< of brackets
  std::vector<PythonToken> tokens_;
};

}  // namespace

std::vector<PythonToken> python_tokens(std::string_view source) { return Lexer(source).run(); }

}  // namespace gw::cli
