#pragma once
// What the tests of sinks put in the place of the world outside.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/bus/bus.h"
#include "gateway/http/client.h"
#include "gateway/sinks/delivery.h"
#include "gateway/sinks/sink.h"

namespace fakes {

/// An empty folder that goes away with its object.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sinks-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}
inline void write(const std::filesystem::path& file, std::string_view text) { std::ofstream(file) << text; }

/// Puts another descriptor in the place of `descriptor` for as long as it lives.
class Redirected {
 public:
  Redirected(int descriptor, int to) : descriptor_(descriptor), saved_(dup(descriptor)) { dup2(to, descriptor); }
  ~Redirected() {
    dup2(saved_, descriptor_);
    close(saved_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  int descriptor_;
  int saved_;
};

/// What is written on standard error meanwhile.
class CapturedLog {
 public:
  CapturedLog() : file_(memfd_create("log", MFD_CLOEXEC)), redirected_(STDERR_FILENO, file_) {}
  ~CapturedLog() { close(file_); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  /// The lines so far, from their "sink=" on, without those of the caller before; joined.
  std::string take() {
    std::string text(static_cast<std::size_t>(lseek(file_, 0, SEEK_CUR) - read_), '\0');
    const ssize_t n = pread(file_, text.data(), text.size(), read_);
    REQUIRE(n == static_cast<ssize_t>(text.size()));
    read_ += n;
    std::string out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      out += line.substr(std::min(line.find("sink="), line.size())) + "\n";
    return out;
  }

 private:
  int file_;
  off_t read_ = 0;
  Redirected redirected_;
};

/// A sink that does what a function says.
class ScriptedSink final : public gw::Sink {
 public:
  using Script = std::function<gw::Verdict(std::string_view lines)>;
  explicit ScriptedSink(Script script) : script_(std::move(script)) {}
  gw::Verdict attempt(std::string_view lines) override {
    ++attempts;
    return script_(lines);
  }
  void interrupt() override {}
  bool wants_retry() override { return wanted; }

  int attempts = 0;
  bool wanted = false;

 private:
  Script script_;
};

inline gw::Verdict written() { return {gw::Reaction::written, {}, {}}; }
inline gw::Verdict hold(std::string reason) { return {gw::Reaction::hold, std::move(reason), {}}; }

/// Answers of a peer, by URL; the last of a URL's answers is given for ever. Requests are kept as they came.
class FakeTransport final : public gw::http::Transport {
 public:
  /// Shared with the test, because the sink owns the transport.
  struct Script {
    std::map<std::string, std::deque<gw::http::Answer>, std::less<>> answers;
    std::vector<gw::http::Request> requests;
    std::function<void()> while_waiting;  ///< called by each poll
    bool silent = false;                  ///< the peer answers nothing: only cancel_all ends a request
    int cancelled = 0;
    int woken = 0;
  };
  explicit FakeTransport(Script& script) : script_(script) {}

  std::uint64_t start(gw::http::Request request) override {
    waiting_.emplace_back(++last_id_, request.url);
    script_.requests.push_back(std::move(request));
    return last_id_;
  }
  void poll(gw::Milliseconds, std::vector<gw::http::Completed>& completed) override {
    if (cancelled_) {
      for (const auto& [id, url] : waiting_)
        completed.push_back({id, std::unexpected(gw::http::Failure{gw::http::Failure::Kind::cancelled, "cancelled"})});
      waiting_.clear();
      cancelled_ = false;
    }
    if (!script_.silent) {
      for (const auto& [id, url] : waiting_) completed.push_back({id, answer(url)});
      waiting_.clear();
    }
    if (script_.while_waiting) script_.while_waiting();
  }
  void cancel_all() override {
    ++script_.cancelled;
    cancelled_ = true;
  }
  void wake() override { ++script_.woken; }

 private:
  gw::http::Answer answer(const std::string& url) {
    const auto found = script_.answers.find(url);
    if (found == script_.answers.end())
      return std::unexpected(gw::http::Failure{gw::http::Failure::Kind::connect, "nobody at " + url});
    gw::http::Answer next = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    return next;
  }

  Script& script_;
  std::vector<std::pair<std::uint64_t, std::string>> waiting_;
  std::uint64_t last_id_ = 0;
  bool cancelled_ = false;
};

inline gw::http::Answer response(int status, std::string content_type, std::string body, std::string location = {},
                                 std::string retry_after = {}) {
  return gw::http::Response{status, std::move(content_type), std::move(location), std::move(retry_after),
                            std::move(body)};
}

/// A bus that keeps what is published.
class FakeBus final : public gw::Bus {
 public:
  gw::Result<void> publish(const gw::Frame& frame) override {
    if (!problem.empty()) return gw::unavailable(problem);
    if (frame.payload.size() > bytes_max) return gw::rejected("larger than the server takes");
    frames.push_back(frame);
    return {};
  }
  gw::Result<void> flush(gw::Milliseconds timeout) override {
    flushes.push_back(timeout);
    if (on_flush) return on_flush(timeout);
    return {};
  }
  gw::Result<std::unique_ptr<gw::Subscription>> subscribe(std::string_view, std::string_view) override {
    return gw::invalid("not in this test");
  }
  std::size_t refused_subscriptions() const override { return 0; }
  bool connected() const override { return since.has_value(); }
  std::size_t payload_bytes_max() const override { return bytes_max; }
  std::optional<gw::SteadyTime> connected_since() const override { return since; }
  void stop_receiving() override {}
  void maintain(gw::Instant) override {}

  std::vector<gw::Frame> frames;
  std::vector<gw::Milliseconds> flushes;
  std::function<gw::Result<void>(gw::Milliseconds)> on_flush;
  std::string problem;
  std::size_t bytes_max = 1000;
  std::optional<gw::SteadyTime> since = gw::SteadyTime{gw::Seconds{10}};
};

/// A batch of these lines (each without its '\n').
inline gw::Batch batch_of(const std::vector<std::string>& lines, std::vector<std::uint64_t> frames = {}) {
  gw::Batch batch;
  for (const std::string& line : lines) {
    batch.text += line + "\n";
    batch.ends.push_back(static_cast<std::uint32_t>(batch.text.size()));
  }
  batch.frames = std::move(frames);
  return batch;
}

/// A verdict as one line.
inline std::string dump(const gw::Verdict& verdict) {
  constexpr std::array names = {"written", "bisect", "halve", "hold"};
  std::string text = names[static_cast<std::size_t>(verdict.reaction)];
  if (verdict.retry_after) text += " " + std::to_string(verdict.retry_after->count()) + "ms";
  if (!verdict.reason.empty()) text += ": " + verdict.reason;
  return text;
}

}  // namespace fakes
