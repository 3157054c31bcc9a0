#include "gateway/sinks/file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <csignal>

#include "gateway/sinks/append_file.h"
#include "tests/gateway/sinks/fakes.h"

using fakes::dump;

namespace {

std::unique_ptr<gw::Sink> open_file(const std::filesystem::path& file) {
  fakes::FakeBus bus;
  gw::config::Sink settings;
  settings.path = file;
  auto made = gw::make_file(settings, bus);
  REQUIRE(made);
  return std::move(*made);
}

std::unique_ptr<gw::Sink> open_stdout() {
  fakes::FakeBus bus;
  auto made = gw::make_stdout({}, bus);
  REQUIRE(made);
  return std::move(*made);
}

struct Pipe {
  Pipe() { REQUIRE(pipe(ends) == 0); }
  ~Pipe() {
    close_reader();
    close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_reader() {
    if (ends[0] >= 0) close(ends[0]);
    ends[0] = -1;
  }
  std::string read_some() const {
    std::string text(1 << 20, '\0');
    const ssize_t n = ::read(ends[0], text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }
  int ends[2] = {-1, -1};
};

/// An attempt with standard output in the pipe. Nothing of doctest's may be on its way there.
gw::Verdict print(gw::Sink& sink, std::string_view lines, const Pipe& pipe) {
  static_cast<void>(fflush(stdout));
  const fakes::Redirected redirected(STDOUT_FILENO, pipe.ends[1]);
  return sink.attempt(lines);
}

}  // namespace

TEST_CASE("a file sink appends, and the group may read what it makes") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "out.lp";
  fakes::write(file, "before\n");
  CHECK(dump(open_file(file)->attempt("a\nb\n")) == "written");
  CHECK(fakes::read(file) == "before\na\nb\n");

  const mode_t mask = umask(0);
  open_file(folder / "new.lp");
  umask(mask);
  struct stat info{};
  REQUIRE(stat((folder / "new.lp").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
}

TEST_CASE("a file that cannot be opened is a wrong configuration") {
  const fakes::Folder folder;
  fakes::FakeBus bus;
  gw::config::Sink settings;
  settings.path = folder / "no/such/out.lp";
  const auto made = gw::make_file(settings, bus);
  REQUIRE_FALSE(made);
  CHECK(made.error().kind == gw::Error::Kind::invalid);
  CHECK(made.error().text == "cannot open " + settings.path.string() + ": No such file or directory");
}

TEST_CASE("a file that was renamed or removed is made anew") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "out.lp";
  const auto sink = open_file(file);
  CHECK(dump(sink->attempt("a\n")) == "written");
  std::filesystem::rename(file, folder / "out.lp.1");
  CHECK(dump(sink->attempt("b\n")) == "written");
  std::filesystem::remove(file);
  CHECK(dump(sink->attempt("c\n")) == "written");
  CHECK(fakes::read(folder / "out.lp.1") == "a\n");
  CHECK(fakes::read(file) == "c\n");
  std::filesystem::rename(file, folder / "out.lp.1");
  fakes::write(file, "made by logrotate\n");
  CHECK(dump(sink->attempt("d\n")) == "written");
  CHECK(fakes::read(file) == "made by logrotate\nd\n");
}

TEST_CASE("a full disk is a reason to hold") {
  CHECK(dump(open_file("/dev/full")->attempt("a\n")) == "hold: cannot write /dev/full: disk full");
}

TEST_CASE("what a disk took of a text before it was full is cut off again") {
  const fakes::Folder folder;
  const std::filesystem::path file = folder / "out.lp";
  const auto sink = open_file(file);
  CHECK(dump(sink->attempt("first\n")) == "written");
  // The limit of a file's size ends a write in the middle, as a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit small = before;
  small.rlim_cur = 10;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const gw::Verdict verdict = sink->attempt("second value=15\n");
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(dump(verdict) == "hold: cannot write " + file.string() + ": File too large");
  CHECK(fakes::read(file) == "first\n");
  CHECK(dump(sink->attempt("second value=15\n")) == "written");
  CHECK(fakes::read(file) == "first\nsecond value=15\n");
}

TEST_CASE("standard output gets the lines as they are") {
  const Pipe pipe;
  const auto sink = open_stdout();
  CHECK(dump(print(*sink, "a\nb\n", pipe)) == "written");
  CHECK(pipe.read_some() == "a\nb\n");
}

TEST_CASE("a reader of standard output that went away is a reason to hold") {
  Pipe pipe;
  const auto sink = open_stdout();
  pipe.close_reader();
  CHECK(dump(print(*sink, "a\n", pipe)) == "hold: cannot write standard output: Broken pipe");
}

TEST_CASE("a slow reader does not keep the program from ending, and gets its rest without a doubled half") {
  const Pipe pipe;
  const auto sink = open_stdout();
  sink->interrupt();
  std::string lines;
  while (lines.size() < 200'000) lines += "cpu_load,hostname=node" + std::to_string(lines.size()) + " value=1 1\n";
  CHECK(dump(print(*sink, lines, pipe)) == "hold: cannot write standard output: the reader does not read");
  std::string seen = pipe.read_some();
  gw::Verdict verdict = fakes::hold("");
  while (verdict.reaction == gw::Reaction::hold) {
    verdict = print(*sink, lines, pipe);
    seen += pipe.read_some();
  }
  CHECK(dump(verdict) == "written");
  CHECK((seen == lines));
}

TEST_CASE("a signal does not end a write") {
  // A timer whose signals come every 0.2 ms, without SA_RESTART, while a slow reader is waited for.
  struct sigaction action{};
  action.sa_handler = [](int) {};
  struct sigaction before{};
  REQUIRE(sigaction(SIGALRM, &action, &before) == 0);
  const itimerval often{.it_interval = {0, 200}, .it_value = {0, 200}};
  const itimerval never{};
  const Pipe pipe;
  const std::atomic<bool> interrupted{true};
  std::size_t written = 0;
  std::size_t total = 0;
  const std::string text(300'000, 'x');
  REQUIRE(setitimer(ITIMER_REAL, &often, nullptr) == 0);
  while (total < text.size()) {
    const auto result = gw::write_all(pipe.ends[1], std::string_view(text).substr(total), interrupted, written);
    CHECK((result || result.error().text == "the reader does not read"));
    total += written;
    if (pipe.read_some().empty()) break;
  }
  REQUIRE(setitimer(ITIMER_REAL, &never, nullptr) == 0);
  REQUIRE(sigaction(SIGALRM, &before, nullptr) == 0);
  CHECK(total == text.size());
}
