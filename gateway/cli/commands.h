#pragma once
#include <iosfwd>
#include <span>
#include <string_view>

namespace gw::cli {

/// Exit codes, the same for every command.
enum Exit : int { done = 0, failed = 1, usage = 2, found = 3 };

using Arguments = std::span<const std::string_view>;

/// A command: what stands after its name comes in as `arguments`.
struct Command {
  std::string_view group;  ///< heading in the overview
  std::string_view name;
  std::string_view meaning;
  int (*run)(Arguments arguments, std::ostream& out, std::ostream& err);
};
std::span<const Command> commands();

/// Runs the command line (without the program's name).
int run_command_line(Arguments arguments, std::ostream& out, std::ostream& err);

}  // namespace gw::cli
