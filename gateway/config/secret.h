#pragma once
#include <filesystem>
#include <string>

#include "gateway/base/result.h"

namespace gw::config {

/// A secret: the text itself (it came by ${ENV}) or the file that holds it. Never printed. Copyable; not thread-safe:
/// each user keeps its own copy.
class Secret {
 public:
  Secret() = default;
  static Secret of_text(std::string text);
  static Secret of_file(std::filesystem::path file);

  bool empty() const { return text_.empty() && file_.empty(); }
  const std::filesystem::path& file() const { return file_; }
  /// The secret without line end. The file is read again when it changed (inode, size or time of change).
  /// invalid: "cannot read FILE: reason", empty, or more than one line; a file that vanishes for a moment keeps the
  /// last good text.
  Result<std::string> read();
  friend bool operator==(const Secret& a, const Secret& b) { return a.text_ == b.text_ && a.file_ == b.file_; }

 private:
  std::string text_;
  std::filesystem::path file_;
  std::string last_;
  std::string stamp_;
};

}  // namespace gw::config
