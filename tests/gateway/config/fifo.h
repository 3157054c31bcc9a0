#pragma once
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "tests/gateway/config/folder.h"

namespace config_test {

/// A named pipe, whose writer comes when there is a reader.
class Fifo {
 public:
  explicit Fifo(std::string content, std::string_view name = "fifo") : name_((folder_.path() / name).string()) {
    REQUIRE(::mkfifo(name_.c_str(), 0600) == 0);
    writer_ = std::thread([name = name_, content = std::move(content)] {
      sigset_t broken_pipe;  // ends no test: the reader may be gone before a word is written
      ::sigemptyset(&broken_pipe);
      ::sigaddset(&broken_pipe, SIGPIPE);
      ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
      const int end = ::open(name.c_str(), O_WRONLY | O_CLOEXEC);
      if (end < 0) return;
      // Of a reader that is gone the test tells by what it has not read.
      if (::write(end, content.data(), content.size()) < 0) {
      }
      ::close(end);
    });
  }
  ~Fifo() {
    const int reader = ::open(name_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);  // where nobody read, the writer waits
    writer_.join();
    ::close(reader);
  }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;
  const std::string& name() const { return name_; }

 private:
  Folder folder_;
  std::string name_;
  std::thread writer_;
};

}  // namespace config_test
