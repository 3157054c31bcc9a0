#pragma once
// What a Python script has as constants, read without running it.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/config/problem.h"
#include "gateway/router/rules/document.h"

namespace gw::cli {

/// What stands behind NAME = at the beginning of a line. Later lines win over earlier ones.
struct PythonConstant {
  config::Position where;  ///< of the name
  /// Texts, numbers, True, False, None; lists and tuples of them (arrays), and dicts with texts as keys (objects), in
  /// their order.
  rules::Node value;
  std::string variable;                    ///< of the environment: `value` is its default, null where it has none
  std::optional<config::Problem> problem;  ///< why the value cannot be told
};

using PythonConstants = std::map<std::string, PythonConstant, std::less<>>;

struct PythonScript {
  PythonConstants constants;
  std::optional<config::Problem> problem;  ///< what follows its place could not be read
};

/// Reads NAME = value of literals, of names of constants above, + of texts, + - * / ** of numbers, and
/// os.environ["X"], os.environ.get("X", default), os.getenv("X", default). `source` is UTF-8.
PythonScript read_python_constants(std::string_view source);

}  // namespace gw::cli
