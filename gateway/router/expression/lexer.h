#pragma once
// Words of the expression language (grammar at the head of parser.cc).

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace gw::expression {

/// A rule that people write fits on a screen; a longer text is a mistake or an attack.
inline constexpr std::size_t source_bytes_max = std::size_t{64} << 10;

/// What is wrong with an expression, and where: `at` is the byte it starts at.
struct Problem {
  std::size_t at = 0;
  std::string text;
  friend bool operator==(const Problem&, const Problem&) = default;
};
template <class T>
using Checked = std::expected<T, Problem>;

struct Token {
  enum class Kind {
    end,
    name,     ///< also of one that the grammar gives a meaning: let, nil, true
    integer,  ///< `integer`
    real,     ///< `real`
    text,     ///< `text`, without its quotes and escapes
    mark,     ///< an operator of signs or of letters (`not`, `in`), or a bracket
  };
  Kind kind = Kind::end;
  std::size_t at = 0;      ///< byte of the source
  std::string_view spelt;  ///< as it stands in the source
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
};

/// All tokens of `source`, the last one of kind `end`. They view `source`.
Checked<std::vector<Token>> tokens_of(std::string_view source);

}  // namespace gw::expression
