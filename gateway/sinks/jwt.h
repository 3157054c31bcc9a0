#pragma once
#include <string>
#include <string_view>

#include "gateway/base/clock.h"

namespace gw {

/// What is wrong with a token that cc-metric-store refused, as far as can be seen without the key: not a JWT, not
/// EdDSA, expired since, not valid before, issued in the future; else "signed by another key …". `answer` is the
/// store's text, `file` where the token came from (empty where it is in no file). Never repeats the token.
std::string explain_refused_token(std::string_view token, std::string_view answer, WallTime now,
                                  std::string_view file = {});

}  // namespace gw
