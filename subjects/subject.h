#pragma once
// ClusterCockpit's subject tree: <cluster>.metrics, <cluster>.events.<class>, <cluster>.log.<component>,
// <cluster>.control; a prefix may stand before the cluster.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace subjects {

enum class Category { metrics, events, log, control };
std::string_view name(Category category);

/// Why `token` cannot be one token of a subject (static text: "is empty", "holds '.'", …); nothing if it can.
/// Tokens hold no '.', '*', '>', blank, control character or byte over 0x7f, and at most 128 bytes.
/// cnats sends any subject as it is, so whatever reaches it must have passed here.
std::string_view token_problem(std::string_view token);
/// The same for a whole subject, or for a pattern (with `*` and, as last token, `>`).
std::string_view subject_problem(std::string_view subject);
std::string_view pattern_problem(std::string_view pattern);

/// True where a message on `subject` reaches a subscription of `pattern` (NATS' rules).
bool matches(std::string_view pattern, std::string_view subject);
/// True where a message can reach subscriptions of both patterns.
bool overlap(std::string_view one, std::string_view other);

/// The subjects of one cluster. Requires tokens without problem.
struct Tree {
  std::string prefix;  ///< "" or "site.a": stands before the cluster
  std::string cluster;

  std::string metrics() const;
  std::string events(std::string_view event_class) const;
  std::string log(std::string_view component) const;
  std::string control() const;
  /// What to subscribe to for everything of a category: `fritz.events.>`.
  std::string pattern(Category category) const;
};

/// A row of the tree, for people.
struct TreeRow {
  std::string subject;
  std::string content;
};
std::vector<TreeRow> describe(const Tree& tree);

}  // namespace subjects
