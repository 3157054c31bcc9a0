#pragma once
// What of a script is not as ClusterCockpit's documentation has it: its rules get lost where only its constants are
// read.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/scripts/python_blocks.h"
#include "gateway/config/problem.h"

namespace gw::cli {

enum class DocumentedScript { prometheus, influxdb };

struct Difference {
  std::string name;        ///< of the function in quotes, or "a statement"
  config::Position where;  ///< line 0: it is missing
  std::string text;        ///< for people: what that means
};

/// In the order of the script, then what it lacks. Constants, imports and logging at the outermost level do not matter.
std::vector<Difference> differences(std::span<const PythonBlock> blocks, DocumentedScript from);

}  // namespace gw::cli
