#pragma once
#include <iosfwd>
#include <span>
#include <string_view>

namespace gw::cli {

/// `cc-gateway check`: every problem of a configuration to `err`, a summary to `out`. Returns the exit code.
int check(std::span<const std::string_view> arguments, std::ostream& out, std::ostream& err);

}  // namespace gw::cli
