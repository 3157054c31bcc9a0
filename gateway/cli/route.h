#pragma once
#include <iosfwd>

#include "gateway/base/clock.h"
#include "gateway/cli/commands.h"

namespace gw::cli {

/// `cc-gateway route`: lines from `in` through a file of rules to `out`.
int route(Arguments arguments, const Clock& clock, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace gw::cli
