#pragma once
// Words of Python, as far as they are needed to find what is written down in a script. No Python is run.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::cli {

struct PythonToken {
  enum class Kind : std::uint8_t {
    name,     ///< and keywords
    integer,  ///< in any base
    real,
    text,      ///< `text`, without prefix, quotes and escapes
    computed,  ///< an f-string, bytes, an imaginary number: what no literal reader can tell
    mark,      ///< an operator or a bracket
    newline,   ///< the end of a statement's line: none within brackets
    end,
    error,  ///< nothing can be told of what follows; `text` says why
  };
  Kind kind = Kind::end;
  std::size_t at = 0;      ///< byte of the source
  std::string_view spelt;  ///< as it stands in the source
  std::string text;
  bool first = false;  ///< of its statement's line
};

/// All tokens of `source`, which is UTF-8; the last one is of kind `end` or `error`. They view `source`.
std::vector<PythonToken> python_tokens(std::string_view source);

}  // namespace gw::cli
