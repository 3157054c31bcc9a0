#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "gateway/base/result.h"

namespace gw {

/// Writes all of `text` to a descriptor that may be a file, a pipe or a terminal, and puts up with signals and with
/// readers that are slow. unavailable: the system's reason, or a reader was slower than 5 s (once `interrupted`: than
/// 0.1 s); `written` says how far it came.
Result<void> write_all(int descriptor, std::string_view text, const std::atomic<bool>& interrupted,
                       std::size_t& written);

/// A file to which whole texts are added at the end. It is opened again where somebody renamed or removed it
/// (logrotate needs no signal). Made with mode 0640; its folder must be there. One thread.
class AppendFile {
 public:
  explicit AppendFile(std::filesystem::path file);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  /// Opens the file where it is not open, or no longer the one under its name. unavailable: the system's reason.
  Result<void> open();
  /// Adds all of `text`. unavailable: the system's reason; a part that was written is cut off again.
  Result<void> append(std::string_view text, const std::atomic<bool>& interrupted);
  /// Bytes in the open file.
  std::uint64_t size() const;
  void close();
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace gw
