#pragma once
#include "gateway/cli/commands.h"

namespace gw::cli {

int run(Arguments arguments, std::ostream& out, std::ostream& err);

}  // namespace gw::cli
