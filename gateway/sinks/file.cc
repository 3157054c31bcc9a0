#include "gateway/sinks/file.h"

#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "gateway/sinks/append_file.h"

namespace gw {
namespace {

Verdict verdict_of(const Result<void>& result, std::string_view where) {
  if (result) return {.reaction = Reaction::written, .reason = {}, .retry_after = {}};
  return {.reaction = Reaction::hold, .reason = fmt::format("{}{}", where, result.error().text), .retry_after = {}};
}

/// What a crash of the machine leaves of the last seconds is the file system's business: nothing is fsynced.
class FileSink final : public Sink {
 public:
  explicit FileSink(std::filesystem::path file) : file_(std::move(file)) {}
  Result<void> open() { return file_.open(); }
  Verdict attempt(std::string_view lines) override { return verdict_of(file_.append(lines, interrupted_), ""); }
  void interrupt() override { interrupted_ = true; }

 private:
  AppendFile file_;
  std::atomic<bool> interrupted_{false};
};

class StdoutSink final : public Sink {
 public:
  Verdict attempt(std::string_view lines) override {
    // What is held is offered again from its start: a reader that came back gets the rest, not a line of two halves.
    if (!lines.starts_with(sent_)) sent_.clear();
    const std::string_view rest = lines.substr(sent_.size());
    std::size_t written = 0;
    const Result<void> result = write_all(STDOUT_FILENO, rest, interrupted_, written);
    sent_ = result ? std::string() : std::string(lines.substr(0, sent_.size() + written));
    return verdict_of(result, "cannot write standard output: ");
  }
  void interrupt() override { interrupted_ = true; }

 private:
  std::string sent_;  ///< the part of a text that went out before it was held
  std::atomic<bool> interrupted_{false};
};

// A reader that went away is a reason to hold, not the end of the program.
void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

}  // namespace

Result<std::unique_ptr<Sink>> make_file(const config::Sink& settings, Bus& /*bus*/) {
  ignore_broken_pipes();
  auto sink = std::make_unique<FileSink>(settings.path);
  if (const Result<void> opened = sink->open(); !opened) return invalid(opened.error().text);
  return sink;
}

Result<std::unique_ptr<Sink>> make_stdout(const config::Sink& /*settings*/, Bus& /*bus*/) {
  ignore_broken_pipes();
  return std::make_unique<StdoutSink>();
}

}  // namespace gw
