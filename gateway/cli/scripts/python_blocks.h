#pragma once
// What a Python script consists of, so that it can be told which parts of it are those of another script.

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "gateway/config/problem.h"

namespace gw::cli {

/// A statement that stands within no other, with all lines that are indented below it.
struct PythonBlock {
  enum class Kind : std::uint8_t { function, assignment, import, other };  ///< a class counts as a function
  Kind kind = Kind::other;
  std::string_view name;   ///< of the function, or of what a value is given to; of others the first word
  config::Position where;  ///< of the name
  /// The same for blocks that differ only in comments, docstrings, blanks, how texts are quoted, and in names that
  /// stand for each other.
  std::uint64_t fingerprint = 0;
};

/// What a name of the script is called in the other one.
using PythonAliases = std::map<std::string_view, std::string_view, std::less<>>;

/// The blocks of `source`, which is UTF-8, up to what cannot be read. They view `source`.
std::vector<PythonBlock> python_blocks(std::string_view source, const PythonAliases& aliases);

}  // namespace gw::cli
