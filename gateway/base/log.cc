#include "gateway/base/log.h"

#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "gateway/base/printable.h"

namespace gw::log {
namespace {

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// stderr, so that stdout stays for what a command is asked for. journald adds its own time stamp; a file has none
// unless we write it.
spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    const bool plain = std::getenv("NO_COLOR") != nullptr;
    auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(plain ? spdlog::color_mode::never
                                                                                : spdlog::color_mode::automatic);
    auto made = std::make_shared<spdlog::logger>("cc-gateway", std::move(sink));
    const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
    made->set_pattern(journal ? "level=%l %v" : "%Y-%m-%dT%H:%M:%S.%e%z %^level=%l%$ %v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

constexpr std::size_t value_bytes_max = 500;

std::string value_of(std::string_view text, std::size_t bytes_max) {
  const bool cut = text.size() > bytes_max;
  text = start_of(text, bytes_max);
  bool bare = !text.empty();
  for (const char c : text) bare = bare && c > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f;
  if (bare && !cut) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  if (cut) out += "…";
  out += '"';
  return out;
}

}  // namespace

void write(Level level, std::string_view line) { logger().log(level_of(level), "{}", line); }

std::string value(std::string_view text) { return value_of(text, value_bytes_max); }

std::string whole_value(std::string_view text) { return value_of(text, text.size()); }

}  // namespace gw::log
