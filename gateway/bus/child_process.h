#pragma once
// Private to gateway/bus: a program that runs as our child and ends with us.

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"

namespace gw {

/// The program of that name: itself where it holds a '/', else from PATH and the sbin folders, which are not in
/// everybody's PATH. Nothing where there is none.
std::optional<std::filesystem::path> find_program(const std::string& name);

/// A child process. It is killed when the thread that started it ends (PR_SET_PDEATHSIG), stands in a process group of
/// its own (a Ctrl-C on the terminal is for us, we end it in our order), and has no input. Not thread-safe.
class ChildProcess {
 public:
  /// `output` takes stdout and stderr and stays the caller's. invalid: the program cannot be run.
  static Result<std::unique_ptr<ChildProcess>> start(const std::filesystem::path& program,
                                                     const std::vector<std::string>& arguments, int output);
  /// SIGTERM; after 5 s SIGKILL.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  bool running();
  /// Readable (end of file) once it has ended; for poll(2).
  int ended_fd() const { return ended_fd_; }
  /// "exit status 1", "signal 9 (Killed)", "cannot be run: Exec format error"; while it runs "runs".
  std::string status() const;
  pid_t pid() const { return pid_; }

 private:
  ChildProcess(pid_t pid, int ended_fd) : pid_(pid), ended_fd_(ended_fd) {}
  void wait_for_end(Milliseconds wait);
  void ended(int wait_status);

  pid_t pid_;
  int ended_fd_;
  std::optional<int> wait_status_;
  int exec_error_ = 0;
};

}  // namespace gw
