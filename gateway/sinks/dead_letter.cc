// A dead-letter file is line protocol with comments:
//
//   file  = { entry }
//   entry = "# " time " " reason "\n" line "\n"      time as 2026-11-22T21:15:37Z, reason without control characters
#include "gateway/sinks/dead_letter.h"

#include <fmt/core.h>

#include <system_error>

#include "gateway/sinks/excerpt.h"

namespace gw {
namespace {

constexpr std::size_t reason_bytes_max = 500;

}  // namespace

DeadLetter::DeadLetter(std::filesystem::path file, std::size_t bytes_max)
    : file_(std::move(file)), bytes_max_(bytes_max) {}

Result<void> DeadLetter::make_room(std::size_t bytes) {
  if (bytes > bytes_max_) return rejected(fmt::format("the line is larger than {} may be", file().string()));
  if (const std::uint64_t size = file_.size(); size == 0 || size + bytes <= bytes_max_) return {};
  std::filesystem::path old = file();
  old += ".1";
  std::error_code failed;
  std::filesystem::rename(file(), old, failed);
  if (failed) return unavailable(fmt::format("cannot rename {}: {}", file().string(), failed.message()));
  return file_.open();
}

Result<void> DeadLetter::add(std::string_view line, std::string_view reason, WallTime now) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  const std::string entry = fmt::format("# {} {}\n{}\n", iso_time(now), excerpt(reason, reason_bytes_max), line);
  std::error_code ignored;  // where the folder cannot be made, opening the file says why
  std::filesystem::create_directories(file().parent_path(), ignored);
  if (Result<void> opened = file_.open(); !opened) return opened;
  if (Result<void> room = make_room(entry.size()); !room) return room;
  const std::atomic<bool> never{false};
  return file_.append(entry, never);
}

}  // namespace gw
