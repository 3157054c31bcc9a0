#pragma once
#include <iosfwd>

#include "gateway/cli/commands.h"

namespace gw::cli {

/// cc-gateway test: lines through rules, compared with what must come out.
int test(Arguments arguments, std::ostream& out, std::ostream& err);

}  // namespace gw::cli
