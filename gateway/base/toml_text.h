#pragma once
#include <string>
#include <string_view>

namespace gw {

/// `text` as a string of TOML: in double quotes, or in single ones where that saves backslashes; as
/// several lines where it has some. UTF-8.
std::string toml_text(std::string_view text);
/// `key` as it stands before '=': bare where it may be.
std::string toml_key(std::string_view key);

}  // namespace gw
