#pragma once
// A typed reader over an object of a rule file. It collects problems instead of stopping at the first one.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/router/rules/document.h"

namespace gw::rules {

/// One object of the document. Each getter makes its key known; `finish` reports the keys that nobody asked for.
/// A getter changes its target only where the key is there and right; else the target keeps its default. A null is as
/// good as no key. The nodes that are returned are the document's, which must outlive the reader, as must `problems`.
class RuleReader {
 public:
  /// Of the whole document.
  RuleReader(const Document& document, std::vector<config::Problem>& problems);

  const Document& document() const { return document_; }
  config::Position where() const { return object_.where; }
  void error(config::Position where, std::string text) const;

  /// Makes `key` known, and is its value; nullptr where there is none.
  const Node* find(std::string_view key);
  /// Reports a missing key, unless it is there: then what is wrong with it was told. `example` is its value in a rule
  /// that is right.
  void missing(std::string_view key, std::string_view example) const;

  /// A node with a text; nullptr where there is none.
  const Node* text(std::string_view key);
  /// Texts of a list.
  std::vector<const Node*> texts(std::string_view key);
  void boolean(std::string_view key, bool& into);
  void integer(std::string_view key, std::int64_t min, std::int64_t max, std::int64_t& into);
  /// Members of an object whose values are texts: {"old": "new"}. In the order of the file.
  std::vector<const Node*> entries(std::string_view key);
  /// Objects of a list.
  std::vector<RuleReader> objects(std::string_view key);
  std::optional<RuleReader> object(std::string_view key);

  /// Reports unknown keys. Call it once everything was asked for. True where there are none.
  bool finish() const;
  /// " in [router]", " in process_messages"; "" for the whole
  std::string in_path() const;

 private:
  RuleReader(const RuleReader& parent, const Node& object, std::string path);
  void wrong_type(const Node& node, std::string_view name, std::string_view wanted) const;
  /// True where `node`, which people know as `name`, is a text.
  bool is_text(const Node& node, std::string_view name) const;
  std::string path_to(std::string_view key) const;

  const Document& document_;
  const Node& object_;
  std::vector<config::Problem>& problems_;
  std::string path_;  ///< process_messages.manipulate_messages[2]; "" for the whole
  std::vector<std::string> known_;
};

}  // namespace gw::rules
