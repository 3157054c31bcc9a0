#pragma once
#include <string>
#include <string_view>

#include "gateway/config/problem.h"

namespace gw::rules {

/// `problem` of the file `file` with the text `source`, for people: the line of `check`, and below it the line of the
/// source and a caret under the place. At most 100 characters of the line are shown, and no control character as such.
std::string diagnosis(std::string_view file, std::string_view source, const config::Problem& problem);

}  // namespace gw::rules
