// "pattern\nsubject": matching agrees with a plain reading of NATS' rules, and checks agree with each other.

#include <cstdint>

#include "subjects/permissions.h"
#include "subjects/subject.h"
#include "tests/fuzz/require.h"

using namespace subjects;

namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> tokens(1);
  for (const char c : text) {
    if (c == '.') {
      tokens.emplace_back();
    } else {
      tokens.back() += c;
    }
  }
  return tokens;
}

bool naive_match(const std::vector<std::string>& pattern, const std::vector<std::string>& subject, std::size_t at = 0) {
  if (at == pattern.size()) return at == subject.size();
  if (at == subject.size()) return false;
  if (pattern[at] == ">") return true;
  return (pattern[at] == "*" || pattern[at] == subject[at]) && naive_match(pattern, subject, at + 1);
}

void check_tokens(std::string_view text) {
  bool tokens_fine = true;
  for (const std::string& token : split(text)) tokens_fine = tokens_fine && token_problem(token).empty();
  FUZZ_REQUIRE(subject_problem(text).empty() == (tokens_fine && text.size() <= 1024));
  if (!subject_problem(text).empty()) return;
  FUZZ_REQUIRE(pattern_problem(text).empty());
  FUZZ_REQUIRE(matches(text, text) && matches(">", text));
}

void check_tree(std::string_view cluster) {
  if (!token_problem(cluster).empty()) return;
  const Tree tree{"site", std::string(cluster)};
  FUZZ_REQUIRE(subject_problem(tree.metrics()).empty());
  FUZZ_REQUIRE(matches(tree.pattern(Category::events), tree.events(cluster)));
  for (const RoleRow& row : roles()) {
    for (const char c : permissions(tree, row.role)) FUZZ_REQUIRE(c == '\n' || c >= 0x20 || c < 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t newline = input.find('\n');
  const std::string_view pattern = input.substr(0, newline);
  const std::string_view subject = newline == std::string_view::npos ? input : input.substr(newline + 1);
  check_tokens(pattern);
  check_tokens(subject);
  check_tree(subject);
  const bool matched = matches(pattern, subject);
  if (pattern_problem(pattern).empty() && subject_problem(subject).empty()) {
    FUZZ_REQUIRE(matched == naive_match(split(pattern), split(subject)));
  }
  return 0;
}
