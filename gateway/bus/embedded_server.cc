#include "gateway/bus/embedded_server.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/bus/child_process.h"

namespace gw {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t token_bytes = 32;
/// How much of a failed server's log stands in the error.
constexpr std::size_t log_tail_bytes = 2048;
constexpr std::size_t log_tail_lines = 5;
/// A wake-up that was missed costs this much.
constexpr Milliseconds look_again{200};

/// A file descriptor that closes itself.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<Error> failed(std::string_view what, const fs::path& file) {
  return invalid(fmt::format("embedded NATS: cannot {} {}: {}", what, file.string(), std::strerror(errno)));
}

/// The folder, for its owner alone.
Result<void> private_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed("create", folder);
  if (::chmod(folder.c_str(), 0700) != 0) return failed("use", folder);
  return {};
}

/// A new file for its owner alone, in the place of an old one.
Result<Fd> private_file(const fs::path& file, int flags) {
  std::error_code ignored;
  fs::remove(file, ignored);
  Fd fd(::open(file.c_str(), flags | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.open()) return failed("create", file);
  return fd;
}

Result<void> write_private_file(const fs::path& file, std::string_view text) {
  fs::path fresh = file;
  fresh += ".new";
  GW_TRY(const Fd fd, private_file(fresh, O_WRONLY));
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return failed("write", fresh);
  // A reader finds the old file or the whole new one.
  if (::rename(fresh.c_str(), file.c_str()) != 0) return failed("write", file);
  return {};
}

struct flock whole_file_lock() {
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

Result<Fd> take_lock(const fs::path& file) {
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.open()) return failed("open", file);
  struct flock lock = whole_file_lock();
  if (::fcntl(fd.get(), F_OFD_SETLK, &lock) == 0) return fd;
  if (errno != EAGAIN && errno != EACCES) return failed("lock", file);
  return unavailable(
      fmt::format("embedded NATS: another gateway runs with {} (it holds {}): give each its own state_dir",
                  file.parent_path().parent_path().string(), file.string()));
}

bool locked(const fs::path& file) {
  const Fd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock = whole_file_lock();
  return fd.open() && ::fcntl(fd.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

Result<std::string> random_token() {
  std::array<unsigned char, token_bytes> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return invalid("embedded NATS: the system gives no random numbers");
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

/// The folder of the ports file is not in here: it comes as an argument, which needs no quoting.
std::string server_conf(std::string_view token) {
  return fmt::format(
      "# Written by cc-gateway at each start of its embedded server: changes are lost.\n"
      "listen: \"127.0.0.1:-1\"\n"
      "authorization {{ token: \"{}\" }}\n"
      "write_deadline: \"5s\"\n",
      token);
}

/// `{"nats":["nats://127.0.0.1:PORT"], …}`, as nats-server writes to PROGRAM_PID.ports once it listens; nothing while
/// the file is not there or not complete.
std::optional<std::string> url_of_ports_file(const fs::path& folder, pid_t pid) {
  const std::string ending = fmt::format("_{}.ports", pid);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (!entry.path().filename().string().ends_with(ending)) continue;
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::size_t from = text.find("nats://127.0.0.1:");
    const std::size_t to = from == std::string::npos ? from : text.find('"', from);
    if (to != std::string::npos) return text.substr(from, to - from);
  }
  return std::nullopt;
}

/// The last lines of the log, each indented.
std::string tail(const fs::path& log) {
  std::ifstream in(log, std::ios::ate);
  const auto size = static_cast<std::size_t>(std::max<std::streamoff>(0, in.tellg()));
  in.seekg(static_cast<std::streamoff>(size - std::min(size, log_tail_bytes)));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t from = text.size();
  for (std::size_t lines = 0; from != std::string::npos && lines < log_tail_lines; ++lines)
    from = from == 0 ? std::string::npos : text.rfind('\n', from - 1);
  if (from != std::string::npos) text.erase(0, from + 1);
  if (text.empty()) return "; its log is empty";
  std::string out = "; its log ends:\n  ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

class Server final : public EmbeddedServer {
 public:
  explicit Server(const fs::path& state_dir) : folder_(state_dir / "nats") {}
  ~Server() override {
    child_.reset();
    if (!lock_.open()) return;
    // Where it was is nobody's business any more; the log stays for those who ask what happened.
    std::error_code ignored;
    for (const char* const name : {"url", "token", "server.conf"}) fs::remove(folder_ / name, ignored);
    fs::remove_all(ports_, ignored);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Result<void> start(const fs::path& program, Milliseconds patience);

  const std::string& url() const override { return url_; }
  const fs::path& token_file() const override { return token_file_; }
  bool running() override { return child_ && child_->running(); }
  const fs::path& log_file() const override { return log_file_; }

 private:
  Result<void> prepare();
  Result<void> wait_for_port(const fs::path& program, int ports_changed, Milliseconds patience);

  const fs::path folder_;
  const fs::path ports_ = folder_ / "ports";
  const fs::path token_file_ = folder_ / "token";
  const fs::path log_file_ = folder_ / "server.log";
  Fd lock_;
  std::unique_ptr<ChildProcess> child_;
  std::string url_;
};

/// Everything that the server reads, and nothing of an earlier run.
Result<void> Server::prepare() {
  std::error_code error;
  fs::create_directories(folder_.parent_path(), error);
  if (auto ok = private_folder(folder_); !ok) return ok;
  GW_TRY(lock_, take_lock(folder_ / "lock"));
  std::error_code ignored;
  fs::remove(folder_ / "url", ignored);
  fs::remove_all(ports_, ignored);
  if (auto ok = private_folder(ports_); !ok) return ok;
  GW_TRY(const std::string token, random_token());
  if (auto ok = write_private_file(token_file_, token + "\n"); !ok) return ok;
  return write_private_file(folder_ / "server.conf", server_conf(token));
}

Result<void> Server::start(const fs::path& program, Milliseconds patience) {
  if (auto ok = prepare(); !ok) return ok;
  const Fd ports_changed(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!ports_changed.open() ||
      ::inotify_add_watch(ports_changed.get(), ports_.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
    return failed("watch", ports_);
  // The server's own log file would be readable for others, and cannot tell why it did not start.
  GW_TRY(const Fd log, private_file(log_file_, O_WRONLY | O_APPEND));
  auto child =
      ChildProcess::start(program, {"--config", folder_ / "server.conf", "--ports_file_dir", ports_}, log.get());
  if (!child) return invalid("embedded NATS: " + child.error().text);
  child_ = *std::move(child);
  if (auto ok = wait_for_port(program, ports_changed.get(), patience); !ok) return ok;
  return write_private_file(folder_ / "url", url_ + "\n");
}

Result<void> Server::wait_for_port(const fs::path& program, int ports_changed, Milliseconds patience) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + patience;
  std::array<pollfd, 2> wake{{{.fd = ports_changed, .events = POLLIN, .revents = 0},
                              {.fd = child_->ended_fd(), .events = POLLIN, .revents = 0}}};
  for (;;) {
    if (!child_->running())
      return invalid(
          fmt::format("embedded NATS: {} ended at once ({}){}", program.string(), child_->status(), tail(log_file_)));
    if (auto url = url_of_ports_file(ports_, child_->pid())) {
      url_ = *std::move(url);
      return {};
    }
    const auto left = std::chrono::ceil<Milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= Milliseconds::zero())
      return invalid(fmt::format("embedded NATS: {} did not listen within {} ms{}", program.string(), patience.count(),
                                 tail(log_file_)));
    ::poll(wake.data(), wake.size(), static_cast<int>(std::min(left, look_again).count()));
    std::array<char, 4096> events{};  // looked at above, not read
    while (::read(ports_changed, events.data(), events.size()) > 0) {
    }
  }
}

/// The file of `program`, or how to get it.
Result<fs::path> find_server(const std::string& program) {
  if (std::optional<fs::path> found = find_program(program)) return *std::move(found);
  return invalid(fmt::format(
      "embedded NATS: there is no program {}: install the package nats-server, or set [nats] url to a server that "
      "runs",
      program));
}

}  // namespace

Result<void> check_embedded_server(const std::string& program, Milliseconds patience) {
  GW_TRY(const fs::path found, find_server(program));
  const Fd output(::memfd_create("version", MFD_CLOEXEC));
  if (!output.open()) return failed("make a file for the output of", found);
  auto child = ChildProcess::start(found, {"--version"}, output.get());
  if (!child) return invalid("embedded NATS: " + child.error().text);
  const SteadyTime deadline = std::chrono::steady_clock::now() + patience;
  pollfd end{.fd = (*child)->ended_fd(), .events = POLLIN, .revents = 0};
  while ((*child)->running() && std::chrono::steady_clock::now() < deadline)
    ::poll(&end, 1, static_cast<int>(look_again.count()));
  std::array<char, 256> text{};
  const ssize_t size = ::pread(output.get(), text.data(), text.size(), 0);
  const std::string_view answer(text.data(), static_cast<std::size_t>(std::max<ssize_t>(0, size)));
  if ((*child)->status() == "exit status 0" && answer.contains("nats-server")) return {};
  return invalid(
      fmt::format("embedded NATS: {} is no nats-server: asked for its --version, it does not say so ({}); "
                  "name one by 'server' in [nats]",
                  found.string(), (*child)->status()));
}

Result<std::unique_ptr<EmbeddedServer>> start_embedded_server(const std::string& program, const fs::path& state_dir,
                                                              Milliseconds patience) {
  GW_TRY(const fs::path found, find_server(program));
  // Absolute, so that url and log name the same place wherever a reader stands.
  std::error_code error;
  auto server = std::make_unique<Server>(fs::absolute(state_dir, error));
  if (auto ok = server->start(found, patience); !ok) return std::unexpected(ok.error());
  return server;
}

Result<std::string> embedded_url(const fs::path& state_dir) {
  const fs::path folder = state_dir / "nats";
  std::ifstream in(folder / "url");
  std::string url;
  // A gateway that was killed leaves the file, but not the lock.
  if (!std::getline(in, url) || !locked(folder / "lock"))
    return unavailable(
        fmt::format("no gateway with an embedded NATS server runs with state_dir {}", state_dir.string()));
  return url;
}

std::filesystem::path embedded_token_file(const fs::path& state_dir) { return state_dir / "nats" / "token"; }

}  // namespace gw
