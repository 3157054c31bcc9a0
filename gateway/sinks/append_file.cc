#include "gateway/sinks/append_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace gw {
namespace {

/// How long a slow reader is waited for before the interruption is looked at again, and how often in one text.
constexpr int look_again_ms = 100;
constexpr int waits_max = 50;

std::string reason_of(int code) {
  if (code == ENOSPC || code == EDQUOT) return "disk full";
  return std::error_code(code, std::generic_category()).message();
}

bool regular(int descriptor) {
  struct stat info{};
  return fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
}

/// True once the descriptor takes bytes or has an error to report, false where `waits` or an interruption ended first.
bool wait_writable(int descriptor, const std::atomic<bool>& interrupted, int& waits) {
  pollfd entry{.fd = descriptor, .events = POLLOUT, .revents = 0};
  while (waits > 0) {
    if (poll(&entry, 1, look_again_ms) > 0) return true;
    // A signal counts as a wait too: it may be the one that asks the program to end.
    waits = interrupted.load() ? 0 : waits - 1;
  }
  return false;
}

}  // namespace

Result<void> write_all(int descriptor, std::string_view text, const std::atomic<bool>& interrupted,
                       std::size_t& written) {
  // A pipe that poll calls writable takes PIPE_BUF bytes at once; more would block where `interrupted` is not seen.
  const std::size_t piece_bytes_max = regular(descriptor) ? text.size() : PIPE_BUF;
  written = 0;
  int waits = waits_max;
  while (written < text.size()) {
    if (!wait_writable(descriptor, interrupted, waits)) return unavailable("the reader does not read");
    const std::size_t piece = std::min(text.size() - written, piece_bytes_max);
    const ssize_t taken = write(descriptor, text.data() + written, piece);
    if (taken >= 0) {
      written += static_cast<std::size_t>(taken);
    } else if (errno != EINTR && errno != EAGAIN) {
      return unavailable(reason_of(errno));
    }
  }
  return {};
}

AppendFile::AppendFile(std::filesystem::path file) : file_(std::move(file)) {}

AppendFile::~AppendFile() { close(); }

void AppendFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<void> AppendFile::open() {
  struct stat named{};
  struct stat opened{};
  if (descriptor_ >= 0 && stat(file_.c_str(), &named) == 0 && fstat(descriptor_, &opened) == 0 &&
      named.st_ino == opened.st_ino && named.st_dev == opened.st_dev)
    return {};
  close();
  // O_NONBLOCK: a FIFO without reader is an error now instead of a wait without end.
  constexpr int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  constexpr mode_t owner_writes_group_reads = 0640;
  descriptor_ = ::open(file_.c_str(), flags, owner_writes_group_reads);
  if (descriptor_ < 0) return unavailable(fmt::format("cannot open {}: {}", file_.string(), reason_of(errno)));
  return {};
}

std::uint64_t AppendFile::size() const {
  struct stat info{};
  return fstat(descriptor_, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

Result<void> AppendFile::append(std::string_view text, const std::atomic<bool>& interrupted) {
  if (Result<void> opened = open(); !opened) return opened;
  const std::uint64_t before = size();
  std::size_t written = 0;
  const Result<void> result = write_all(descriptor_, text, interrupted, written);
  if (result) return {};
  // The caller offers the whole text again: a cut line must not stay, its value could be read. Where another process
  // added something meanwhile, nothing is cut off.
  std::string cut;
  if (written > 0 && (size() != before + written || ftruncate(descriptor_, static_cast<off_t>(before)) != 0))
    cut = fmt::format(", the last {} bytes are a part of a text", written);
  return unavailable(fmt::format("cannot write {}: {}{}", file_.string(), result.error().text, cut));
}

}  // namespace gw
