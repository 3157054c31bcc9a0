#pragma once
#include <string>
#include <string_view>

#include "gateway/base/clock.h"

namespace gw {

/// A token with a line end would add headers of its own to the request.
bool fits_in_header(std::string_view token);

/// What is wrong with a token before the store has seen it: something stands around it, it is not a JWT, not EdDSA,
/// expired, not valid yet, issued in the future; empty where it looks right. `file` as below. Never repeats the token.
std::string token_problem(std::string_view token, WallTime now, std::string_view file = {});

/// What is wrong with a token that cc-metric-store refused, as far as can be seen without the key: as
/// `token_problem` says it, what the clocks of both have to do with it, or "signed by another key …". `answer` is the
/// store's text, `file` where the token came from (empty where it is in no file). Never repeats the token.
std::string explain_refused_token(std::string_view token, std::string_view answer, WallTime now,
                                  std::string_view file = {});

}  // namespace gw
