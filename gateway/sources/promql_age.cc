// PromQL is read just far enough to find its instant selectors:
//   selector := (name [braces] | braces) modifier*      not followed by '['
//   modifier := "offset" duration | "@" (number | "start()" | "end()")
// A name before '(' is a function or aggregation; `by`, `on`, … are followed by label names in parentheses.
// https://prometheus.io/docs/prometheus/latest/querying/basics/

#include "gateway/sources/promql_age.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace gw {
namespace {

constexpr std::array<std::string_view, 8> words = {"and", "or", "unless", "bool", "atan2", "inf", "nan", "offset"};
constexpr std::array<std::string_view, 6> before_labels = {"by",       "without",    "on",
                                                           "ignoring", "group_left", "group_right"};
constexpr std::array<std::string_view, 3> of_selectors = {"timestamp", "absent", "scrape_timestamp"};

template <std::size_t n>
bool one_of(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; }
bool in_name(char c) { return begins_name(c) || is_digit(c); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Positions in a query; each function returns where what begins at `i` ends.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  std::size_t name(std::size_t i) const {
    while (in_name(at(i))) ++i;
    return i;
  }
  /// Blanks and comments.
  std::size_t blanks(std::size_t i) const {
    for (; i < text_.size() && (is_blank(text_[i]) || text_[i] == '#'); ++i)
      if (text_[i] == '#') i = std::min(text_.find('\n', i), text_.size() - 1);
    return i;
  }
  std::size_t string(std::size_t i) const {
    const char quote = text_[i];
    for (++i; i < text_.size() && text_[i] != quote; ++i)
      if (text_[i] == '\\' && quote != '`') ++i;
    return std::min(i + 1, text_.size());
  }
  /// (…), […] or {…}, with strings in it.
  std::size_t group(std::size_t i, char close) const {
    for (++i; i < text_.size() && text_[i] != close;) i = is_quote(text_[i]) ? string(i) : i + 1;
    return std::min(i + 1, text_.size());
  }
  /// Numbers and durations: 5, 1.5e3, 0x1F, 1h30m.
  std::size_t number(std::size_t i) const {
    while (in_name(at(i)) || at(i) == '.') ++i;
    return i;
  }
  std::size_t modifiers(std::size_t i) const {
    for (;;) {
      const std::size_t begin = blanks(i);
      std::size_t end = name(begin);
      if (at(begin) == '@')
        end = begin + 1;
      else if (lower(text_.substr(begin, end - begin)) != "offset")
        return i;
      end = blanks(end);
      if (at(end) == '-' || at(end) == '+') end = blanks(end + 1);
      i = number(end);
      if (at(blanks(i)) == '(') i = group(blanks(i), ')');  // start(), end()
    }
  }
  static bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

 private:
  std::string_view text_;
};

class Rewriter {
 public:
  Rewriter(std::string_view text, Seconds max_age) : text_(text), scan_(text), max_age_(max_age) {}

  std::string run() {
    for (std::size_t i = 0; i < text_.size();) i = step(i);
    return std::move(out_);
  }

 private:
  std::size_t step(std::size_t i) {
    const char c = text_[i];
    if (is_blank(c) || c == '#') return copy(i, scan_.blanks(i));
    if (Scanner::is_quote(c)) return copy(i, scan_.string(i));
    if (c == '[') return copy(i, scan_.group(i, ']'));
    if (is_digit(c) || (c == '.' && is_digit(scan_.at(i + 1)))) return copy(i, scan_.number(i));
    if (c == '@') return copy(i, scan_.number(scan_.blanks(i + 1)));
    if (begins_name(c)) return named(i);
    if (c == '{') return selector(i, i);
    if (c == '(') calls_.push_back(std::exchange(called_, ""));
    if (c == ')' && !calls_.empty()) calls_.pop_back();
    return copy(i, i + 1);
  }

  std::size_t named(std::size_t i) {
    const std::size_t end = scan_.name(i);
    const std::string word = lower(text_.substr(i, end - i));
    const std::size_t next = scan_.blanks(end);
    if (one_of(before_labels, word)) return copy(i, scan_.at(next) == '(' ? scan_.group(next, ')') : end);
    if (word == "offset") return copy(i, scan_.number(scan_.blanks(end)));
    if (one_of(words, word)) return copy(i, end);
    const std::string follows = lower(text_.substr(next, scan_.name(next) - next));
    const bool aggregation = follows == "by" || follows == "without";
    if (scan_.at(next) == '(' || aggregation) {
      called_ = word;
      return copy(i, end);
    }
    return selector(i, end);
  }

  /// A selector whose name, if it has one, ends at `name_end`.
  std::size_t selector(std::size_t i, std::size_t name_end) {
    const std::size_t brace = scan_.blanks(name_end);
    const std::size_t end = scan_.at(brace) == '{' ? scan_.group(brace, '}') : name_end;
    const std::size_t all = scan_.modifiers(end);
    if (scan_.at(scan_.blanks(end)) == '[' || (!calls_.empty() && one_of(of_selectors, calls_.back())))
      return copy(i, end);
    const std::string_view series = text_.substr(i, end - i);
    const std::string_view modifiers = text_.substr(end, all - end);
    out_ += fmt::format("({0}{1} and last_over_time({0}[{2}s]{1}))", series, modifiers, max_age_.count());
    return all;
  }

  std::size_t copy(std::size_t begin, std::size_t end) {
    out_ += text_.substr(begin, end - begin);
    return end;
  }

  std::string_view text_;
  Scanner scan_;
  Seconds max_age_;
  std::string out_;
  std::string called_;              // the name before the next '('
  std::vector<std::string> calls_;  // the names before the parentheses that are open
};

}  // namespace

std::string bound_sample_age(std::string_view promql, Seconds max_age) { return Rewriter(promql, max_age).run(); }

}  // namespace gw
