#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "gateway/config/problem.h"

namespace gw::rules {

/// `problem` of the file `file` with the text `source`, for people: the line of `check`, and below it the line of the
/// source and a caret under the place. At most 100 characters of the line are shown, and no control character as such.
std::string diagnosis(std::string_view file, std::string_view source, const config::Problem& problem);

/// More are hardly read, and a file may have one each few bytes.
inline constexpr std::size_t diagnoses_max = 100;
/// The diagnoses of `problems` in the order of the file: of too many as many as above, errors before warnings, and a
/// line that says how many more there are.
std::string diagnoses(std::string_view file, std::string_view source, std::span<const config::Problem> problems);

}  // namespace gw::rules
