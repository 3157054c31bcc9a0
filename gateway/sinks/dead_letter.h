#pragma once
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/sinks/append_file.h"

namespace gw {

/// Lines that a sink refused for good, each under a comment with time and reason: the file is line protocol and can be
/// mended and posted again. At `bytes_max` it is renamed to FILE.1 (one old file is kept). One thread.
class DeadLetter {
 public:
  DeadLetter(std::filesystem::path file, std::size_t bytes_max);

  /// Appends one line; the first makes the file and its folder. unavailable: the disk refuses (full, …). rejected: the
  /// line alone is larger than the file may be. In both cases the caller logs the line.
  Result<void> add(std::string_view line, std::string_view reason, WallTime now);
  const std::filesystem::path& file() const { return file_.file(); }

 private:
  Result<void> make_room(std::size_t bytes);
  AppendFile file_;
  std::size_t bytes_max_;
};

}  // namespace gw
