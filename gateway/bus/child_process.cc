#include "gateway/bus/child_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace gw {
namespace {

constexpr Milliseconds term_grace{5'000};

bool executable(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

/// Between fork and exec: only calls that are safe in the child of a process with threads.
[[noreturn]] void become(const char* program, char* const* arguments, int output, int ended, pid_t parent) {
  const auto fail = [ended] {
    const int reason = errno;
    static_cast<void>(!::write(ended, &reason, sizeof reason));
    ::_exit(127);
  };
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) fail();
  if (::getppid() != parent) ::_exit(127);  // the parent ended before the line above
  const int input = ::open("/dev/null", O_RDONLY);
  if (input < 0 || ::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) fail();
  ::execv(program, arguments);
  fail();
  ::_exit(127);
}

}  // namespace

std::optional<std::filesystem::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (executable(name)) return name;
    return std::nullopt;
  }
  const char* const path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  folders += ":/usr/local/sbin:/usr/sbin";
  for (std::string_view rest = folders; !rest.empty();) {
    const std::size_t end = rest.find(':');
    std::filesystem::path file = std::filesystem::path(rest.substr(0, end)) / name;
    // A relative folder in PATH is not trusted with a program that gets our secrets.
    if (file.is_absolute() && executable(file)) return file;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return std::nullopt;
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(const std::filesystem::path& program,
                                                          const std::vector<std::string>& arguments, int output) {
  std::vector<std::string> texts{program.string()};
  texts.insert(texts.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);

  // The child keeps its end of the pipe to its own end, so that ours tells when that is.
  std::array<int, 2> ended{};
  if (::pipe2(ended.data(), O_CLOEXEC) != 0) return invalid(fmt::format("pipe: {}", std::strerror(errno)));
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::fcntl(ended[1], F_SETFD, 0);
    become(texts.front().c_str(), pointers.data(), output, ended[1], parent);
  }
  const int reason = errno;
  ::close(ended[1]);
  if (pid < 0) {
    ::close(ended[0]);
    return invalid(fmt::format("fork: {}", std::strerror(reason)));
  }
  ::fcntl(ended[0], F_SETFL, O_NONBLOCK);
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, ended[0]));
}

ChildProcess::~ChildProcess() {
  if (running()) {
    ::kill(pid_, SIGTERM);
    wait_for_end(term_grace);
  }
  if (running()) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(ended_fd_);
}

bool ChildProcess::running() {
  if (wait_status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  ended(status);
  return false;
}

void ChildProcess::ended(int wait_status) {
  wait_status_ = wait_status;
  // A child that could not become the program has left the reason.
  int reason = 0;
  if (::read(ended_fd_, &reason, sizeof reason) == sizeof reason) exec_error_ = reason;
}

void ChildProcess::wait_for_end(Milliseconds wait) {
  pollfd end{.fd = ended_fd_, .events = POLLIN, .revents = 0};
  const SteadyTime deadline = std::chrono::steady_clock::now() + wait;
  for (;;) {
    const auto left = std::chrono::duration_cast<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= Milliseconds::zero()) return;
    const int ready = ::poll(&end, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return;
    break;
  }
  // The pipe closes a moment before the process can be waited for; nothing of it runs any more.
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended(status);
}

std::string ChildProcess::status() const {
  if (!wait_status_) return "runs";
  if (exec_error_ != 0) return fmt::format("cannot be run: {}", std::strerror(exec_error_));
  if (WIFEXITED(*wait_status_)) return fmt::format("exit status {}", WEXITSTATUS(*wait_status_));
  if (WIFSIGNALED(*wait_status_))
    return fmt::format("signal {} ({})", WTERMSIG(*wait_status_), ::strsignal(WTERMSIG(*wait_status_)));
  return fmt::format("wait status {}", *wait_status_);
}

}  // namespace gw
