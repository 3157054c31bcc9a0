#pragma once
#include <string>

#include "gateway/router/expression/node.h"

namespace gw::rules {

/// Why no message fulfils the condition; empty where one may, or where that takes too long to see. Pure; any thread.
std::string contradiction(const expression::Node& condition);

}  // namespace gw::rules
