#pragma once
#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace gw {

/// "1 error", "2 errors"
inline std::string counted(std::uint64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

}  // namespace gw
