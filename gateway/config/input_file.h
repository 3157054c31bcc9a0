#pragma once
#include <cstddef>
#include <filesystem>
#include <string>

#include "gateway/base/result.h"

namespace gw::config {

/// What is done about a file that is a pipe. The one that a user names for a command of his may be one: `<(…)`,
/// /dev/stdin; what a configuration names is read again and again, and nobody waits for a writer there.
enum class Pipes { refused, awaited };

/// A file that is looked at and read once. Errors are the reason alone ("Permission denied"): the caller names the
/// file.
class InputFile {
 public:
  /// A pipe that is awaited holds the thread until somebody writes to it.
  static Result<InputFile> open(const std::filesystem::path& file, Pipes pipes = Pipes::refused);
  InputFile(InputFile&& other) noexcept;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  bool readable_by_everyone() const { return readable_by_everyone_; }
  /// A regular file without content. A pipe shows its content only when it is read.
  bool empty() const { return empty_; }
  /// Differs once the file was written again or replaced.
  const std::string& stamp() const { return stamp_; }
  /// invalid: also where there is more than `bytes_max`.
  Result<std::string> read(std::size_t bytes_max);

 private:
  explicit InputFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
  bool readable_by_everyone_ = false;
  bool empty_ = false;
  std::string stamp_;
};

}  // namespace gw::config
