#pragma once
// A typed reader over the tables of a TOML file. It collects problems instead of stopping at the first one.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/config.h"
#include "gateway/config/load.h"

namespace toml {
inline namespace v3 {  // as toml++ declares them; its header stays in reader.cc
class node;
class table;
}  // namespace v3
}  // namespace toml

namespace gw::config {

/// What the readers of one file share.
struct Reading {
  const Environment& environment;
  const std::string& file;       ///< as it was named
  std::string_view source;       ///< its text
  std::filesystem::path folder;  ///< relative paths are taken from here
  std::vector<Problem> problems;
  std::set<std::string> known_keys;  ///< every key that was asked for: "source.query.metric"

  void error(Position where, std::string text);
  void warning(Position where, std::string text);
};

/// A string of the file after ${ENV} was replaced.
struct Text {
  std::string value;
  std::string shown;  ///< as it stands in the file: what came by ${ENV} is not repeated in messages
  Position where;
};

/// One table of the file. Each getter makes its key known; `finish` reports the keys that nobody asked for.
/// A getter changes its target only where the key is there and right; else the target keeps its default.
/// Valid as long as the parsed file.
class TableReader {
 public:
  /// `path` is the key from the top of the file ("source.query"), `title` what people see ("[[source.query]]").
  TableReader(Reading& reading, const toml::table& table, std::string path, std::string title);

  /// Adds the name of this one to the title: [[source.query]] 'cpu_load'.
  void set_name(std::string_view name);
  const std::string& title() const { return title_; }
  Reading& reading() const { return reading_; }
  Position where() const;
  /// Of the key's value; of the table where the key is missing.
  Position where(std::string_view key) const;
  bool has(std::string_view key) const;
  /// The keys that were asked for.
  const std::vector<std::string>& known() const { return known_; }
  /// What is read here, for readers of their own.
  const toml::table& raw() const { return table_; }
  /// As `has`, but an empty string is as good as no key.
  bool given(std::string_view key) const;

  /// Reports a missing key. `example` is a line that mends it.
  void missing(std::string_view key, std::string_view example) const;
  /// Makes `key` known; where it stands here but does not fit, says what it belongs to. True where it may be used.
  bool fits(std::string_view key, bool fit, std::string_view belongs_to);

  std::optional<Text> text(std::string_view key);
  /// As `text`, but missing or empty is an error.
  std::optional<Text> required(std::string_view key, std::string_view example);
  /// The key `name`, required: what it says stands in logs, metrics and file names. It is added to the title.
  std::string name(std::string_view example);
  /// A string, or a list of strings.
  std::optional<std::vector<Text>> texts(std::string_view key);
  /// One of `names`.
  std::optional<std::string> choice(std::string_view key, std::span<const std::string_view> names);
  /// A table of free keys with strings.
  std::vector<std::pair<Text, Text>> entries(std::string_view key);

  void flag(std::string_view key, bool& into);
  void number(std::string_view key, double& into);
  void count(std::string_view key, std::size_t min, std::size_t max, std::size_t& into);
  void duration(std::string_view key, Milliseconds min, Milliseconds max, Milliseconds& into);
  /// As `duration`, in whole seconds. True where the key was there and right.
  bool seconds(std::string_view key, Seconds min, Seconds max, Seconds& into);
  void size(std::string_view key, std::size_t min, std::size_t max, std::size_t& into);

  /// A path as it is used: relative ones from the folder of the file. Empty where the key is missing.
  std::filesystem::path path(std::string_view key);
  /// A file that must be readable and not empty. A `secret` one that everyone may read is a warning.
  std::filesystem::path file(std::string_view key, bool secret);
  /// `key`_file = "…", or `key` = "${ENV}".
  Secret secret(std::string_view key);
  /// The table `key` as TLS settings: ca, cert, key, verify.
  std::optional<http::Tls> tls(std::string_view key);

  /// [key], and [[key]].
  std::optional<TableReader> table(std::string_view key);
  std::vector<TableReader> tables(std::string_view key);

  /// Reports unknown keys. Call it once everything was asked for. `explain` says what is wrong with a key that others
  /// know, and "" of all else.
  void finish(const std::function<std::string(std::string_view key)>& explain = {}) const;

 private:
  /// The key's value, which is known from now on.
  const toml::node* find(std::string_view key);
  std::optional<Text> string_of(const toml::node& node, std::string_view key) const;
  void wrong_type(const toml::node& node, std::string_view key, std::string_view wanted) const;
  std::filesystem::path resolved(const Text& text) const;
  std::string child_path(std::string_view key) const;

  Reading& reading_;
  const toml::table& table_;
  std::string path_;
  std::string title_;
  std::vector<std::string> known_;
  std::vector<std::string> unfit_;  ///< known, but not to be suggested here
};

}  // namespace gw::config
