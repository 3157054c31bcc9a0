#pragma once
#include <string>

#include "gateway/router/expression/expression.h"

namespace gw::expression {

/// The text of `expression` with constants in the place of their names: it means the same where nobody knows them.
std::string spell_out(const Expression& expression);

}  // namespace gw::expression
