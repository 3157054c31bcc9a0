#pragma once
// A file of rules as a tree that knows where everything stands in it: JSON as cc-metric-collector's users write it, or
// TOML. What reads rules does not see which of them it was. Pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/problem.h"

namespace toml {
inline namespace v3 {  // as toml++ declares it
class table;
}  // namespace v3
}  // namespace toml

namespace gw::rules {

class PlaceIndex;  // place.h

/// Rules of a large site are some 100 KiB.
inline constexpr std::size_t source_bytes_max = std::size_t{1} << 20;
/// Rules need 6. What walks the tree may call itself so often.
inline constexpr std::size_t depth_max = 64;

struct Node {
  enum class Kind { null, boolean, integer, real, text, array, object };
  Kind kind = Kind::null;
  config::Position where;  ///< of the value: its first character, or the header of a table
  std::string key;         ///< of a member of an object
  config::Position key_where;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;  ///< also of integers that do not fit above
  std::string text;
  std::vector<Node> children;  ///< items of an array, members of an object, in the order of the file
};

struct Document {
  enum class Format { json, toml };
  Format format = Format::json;
  std::string file;       ///< as it is named to people
  std::string source;     ///< all of the file
  Node root;              ///< an object; no key stands twice in any; no text or key holds a null character
  std::string path = {};  ///< of the table that is `root`: "router"; empty: the whole file
  std::vector<std::string> other_keys = {};  ///< of `root`: they belong to others
};

/// A document, or the first thing that is wrong with it.
using Parsed = std::expected<Document, config::Problem>;

/// JSON with comments, // and /* */.
Parsed parse_json(std::string_view source, std::string file);
/// The same of a file of something else; `wanted` says what where it is empty or no object.
Parsed parse_json_of(std::string_view wanted, std::string_view source, std::string file);
/// A file of TOML that holds nothing but rules.
Parsed parse_toml(std::string_view source, std::string file);
/// `table` is of the configuration `file` with the text `source`. Variables like ${ENV} stay as they are.
Parsed from_toml(const toml::table& table, std::string_view source, std::string file, std::string path,
                 std::vector<std::string> other_keys);

/// Where byte `offset` of `text.text` stands in the source, whatever quotes and escapes it was written with; behind the
/// last byte for a larger one. The second and further bytes of a character are where the first one is.
/// `places` are those of the document's source.
config::Position place_in(const PlaceIndex& places, const Node& text, std::size_t offset);
/// The same of a byte of `member.key`: rules have conditions there too.
config::Position place_in_key(const PlaceIndex& places, const Node& member, std::size_t offset);

}  // namespace gw::rules
