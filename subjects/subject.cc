#include "subjects/subject.h"

#include <algorithm>

namespace subjects {
namespace {

constexpr std::size_t token_bytes_max = 128;
/// nats-server closes the connection at a protocol line of 4096 bytes; this leaves room for all that stands beside.
constexpr std::size_t subject_bytes_max = 1024;

std::string_view bytes_problem(std::string_view token) {
  for (const char c : token) {
    if (c == ' ') return "holds a blank";
    if ((c >= 0 && c < 0x20) || c == 0x7f) return "holds a control character";
    if (c < 0) return "holds a byte over 0x7f";
  }
  return {};
}

/// Takes the first token off `rest`, and the dot behind it.
std::string_view take_token(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view token = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return token;
}

enum class Wildcards { refused, taken };

std::string_view tokens_problem(std::string_view subject, Wildcards wildcards) {
  if (subject.empty()) return "is empty";
  if (subject.size() > subject_bytes_max) return "is longer than 1024 bytes";
  if (subject.ends_with('.')) return "holds an empty token";
  while (!subject.empty()) {
    const std::string_view token = take_token(subject);
    if (token.empty()) return "holds an empty token";
    if (wildcards == Wildcards::taken && token == "*") continue;
    if (wildcards == Wildcards::taken && token == ">") {
      if (!subject.empty()) return "holds '>' before its last token";
      continue;
    }
    const std::string_view problem = token_problem(token);
    if (problem == "is longer than 128 bytes") return "holds a token longer than 128 bytes";
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace

std::string_view name(Category category) {
  switch (category) {
    case Category::metrics:
      return "metrics";
    case Category::events:
      return "events";
    case Category::log:
      return "log";
    case Category::control:
      return "control";
  }
  return {};
}

std::string_view token_problem(std::string_view token) {
  if (token.empty()) return "is empty";
  if (token.size() > token_bytes_max) return "is longer than 128 bytes";
  if (token.contains('.')) return "holds '.'";
  if (token.contains('*')) return "holds '*'";
  if (token.contains('>')) return "holds '>'";
  return bytes_problem(token);
}

std::string_view subject_problem(std::string_view subject) { return tokens_problem(subject, Wildcards::refused); }

std::string_view pattern_problem(std::string_view pattern) { return tokens_problem(pattern, Wildcards::taken); }

bool matches(std::string_view pattern, std::string_view subject) {
  while (!pattern.empty() && !subject.empty()) {
    if (pattern == ">") return true;
    const std::string_view wanted = take_token(pattern);
    const std::string_view token = take_token(subject);
    if (wanted != "*" && wanted != token) return false;
  }
  return pattern.empty() && subject.empty();
}

bool overlap(std::string_view one, std::string_view other) {
  while (!one.empty() && !other.empty()) {
    if (one == ">" || other == ">") return true;
    const std::string_view a = take_token(one);
    const std::string_view b = take_token(other);
    if (a != b && a != "*" && b != "*") return false;
  }
  return one.empty() && other.empty();
}

namespace {

std::string under(const Tree& tree, Category category) {
  std::string subject = tree.prefix;
  if (!subject.empty()) subject += '.';
  subject += tree.cluster;
  subject += '.';
  subject += name(category);
  return subject;
}

std::string join(std::string subject, std::string_view token) {
  subject += '.';
  subject += token;
  return subject;
}

}  // namespace

std::string Tree::metrics() const { return under(*this, Category::metrics); }

std::string Tree::events(std::string_view event_class) const {
  return join(under(*this, Category::events), event_class);
}

std::string Tree::log(std::string_view component) const { return join(under(*this, Category::log), component); }

std::string Tree::control() const { return under(*this, Category::control); }

std::string Tree::pattern(Category category) const {
  const bool has_leaves = category == Category::events || category == Category::log;
  return has_leaves ? join(under(*this, category), ">") : under(*this, category);
}

std::vector<TreeRow> describe(const Tree& tree) {
  return {
      {tree.metrics(), "measurements: field value, timestamp in seconds, several lines a message"},
      {tree.events("<class>"), "events: field event (a string); class is job, slurm, …"},
      {tree.log("<component>"), "log messages: field log (a string); component is ccb, ccms, ccmc, ccem, ccnc, ccgw"},
      {tree.control(),
       "control messages: field control (a string), tag method = GET or PUT; answered by request and reply"},
  };
}

}  // namespace subjects
