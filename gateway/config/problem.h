#pragma once
// What is told of a file that people write: where, what, what now.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gw::config {

/// Where something stands in the file, from 1. A column is a character (code point); a byte order mark is none.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

/// Something to tell about the file: "conf/gateway.toml:14:1: unknown key 'intervall' in …, did you mean 'interval'?"
struct Problem {
  enum class Severity { error, warning };
  Severity severity = Severity::error;
  Position where;        ///< line 0: the file as a whole
  std::string text;      ///< without the position
  bool quotable = true;  ///< the line of the file may be shown; not where a secret may stand in it
  friend bool operator==(const Problem&, const Problem&) = default;
};

/// Whether one of them is no warning.
bool has_error(std::span<const Problem> problems);
/// In the order of the file; at one place, in the order in which they were found.
void sort_by_place(std::span<Problem> problems);
/// file:line:column: [warning: ]text
std::string line_of(std::string_view file, const Problem& problem);

/// `text` in quotes for a message: control characters escaped, cut at 80 bytes.
std::string in_quotes(std::string_view text);
/// "'a', 'b', 'c'"
std::string list_of(std::span<const std::string_view> names);
/// ", did you mean 'x'?" or "".
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// What nlohmann/json says of an error: `what` without the name of its class, "[json.exception.parse_error.101] ".
std::string_view json_error_text(std::string_view what);
/// `description` of a syntax error by toml++, with what it mostly comes from.
std::string toml_syntax_text(std::string_view description);

}  // namespace gw::config
