#pragma once
// Log lines are key=value text on stderr: `sink=ccms state=down reason="connect refused" retry_s=8`.
// A state is logged once per change, never once per message.

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace gw::log {

enum class Level { info, warn, error };

void write(Level level, std::string_view line);

template <class... A>
void info(fmt::format_string<A...> format, A&&... a) {
  write(Level::info, fmt::format(format, std::forward<A>(a)...));
}
template <class... A>
void warn(fmt::format_string<A...> format, A&&... a) {
  write(Level::warn, fmt::format(format, std::forward<A>(a)...));
}
template <class... A>
void error(fmt::format_string<A...> format, A&&... a) {
  write(Level::error, fmt::format(format, std::forward<A>(a)...));
}

/// `text` as a value of a log line: bare where it can be, else in quotes; control characters escaped; cut at 500 bytes.
std::string value(std::string_view text);
/// The same, whatever its length: of what stands nowhere else.
std::string whole_value(std::string_view text);

}  // namespace gw::log
