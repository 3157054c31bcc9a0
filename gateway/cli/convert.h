#pragma once
#include <iosfwd>

#include "gateway/cli/commands.h"

namespace gw::cli {

/// cc-gateway convert: what a site has, as our TOML.
int convert(Arguments arguments, std::ostream& out, std::ostream& err);

}  // namespace gw::cli
