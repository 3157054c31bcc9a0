#pragma once
#include <iosfwd>

#include "gateway/cli/commands.h"

namespace gw::cli {

/// `cc-gateway decode`: what the gateway reads in the body `in`, as JSON lines.
int decode(Arguments arguments, std::istream& in, std::ostream& out, std::ostream& err);

/// `cc-gateway encode`: the inverse; JSON lines from `in` to a body.
int encode(Arguments arguments, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace gw::cli
