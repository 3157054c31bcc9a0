#include "gateway/cli/machine_check.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "gateway/bus/embedded_server.h"
#include "gateway/sinks/jwt.h"

namespace gw::cli {
namespace {

namespace fs = std::filesystem;
using config::Problem;

std::string reason_of(int code) { return std::generic_category().message(code); }

Problem::Severity severity_of(int code) {
  return code == EACCES || code == EPERM ? Problem::Severity::warning : Problem::Severity::error;
}

/// Why this process may not do that with what is there, or 0.
int access_error(const fs::path& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
}

/// Why files in `folder`, and itself where it is missing, could not be made, or 0.
int folder_error(const fs::path& folder) {
  struct stat info{};
  if (::stat(folder.c_str(), &info) == 0) return S_ISDIR(info.st_mode) ? access_error(folder, W_OK | X_OK) : ENOTDIR;
  if (errno != ENOENT || folder == folder.parent_path()) return errno;
  return folder_error(folder.parent_path());
}

/// Why a sink could not open `file`, or 0. Folders are made for `dead_letters` alone.
int file_error(const fs::path& file, const fs::path& dead_letters) {
  struct stat info{};
  if (::stat(file.c_str(), &info) == 0) return S_ISDIR(info.st_mode) ? EISDIR : access_error(file, W_OK);
  if (errno != ENOENT) return errno;
  const fs::path folder = file.parent_path();
  const bool made = std::ranges::mismatch(folder, dead_letters).in1 == folder.end();
  const int error = made ? 0 : access_error(folder, F_OK);
  return error != 0 ? error : folder_error(folder);
}

fs::path full_path(const fs::path& path) {
  std::error_code ignored;
  return fs::absolute(path, ignored).lexically_normal();
}

void check_folder(const fs::path& folder, config::Position where, std::vector<Problem>& problems) {
  if (const int error = folder_error(folder); error != 0)
    problems.push_back({severity_of(error), where,
                        fmt::format("state_dir: cannot write to {} ({}): create it for the user that runs cc-gateway",
                                    folder.string(), reason_of(error))});
}

std::string mended(int error, const fs::path& file) {
  if (error == EISDIR) return ": name a file in it";
  if (error == ENOENT) return fmt::format(": make its folder {}", file.parent_path().string());
  return severity_of(error) == Problem::Severity::warning ? ": the user that runs cc-gateway must be able to" : "";
}

void check_token(const config::Sink& sink, WallTime now, std::vector<Problem>& problems) {
  if (sink.token.empty()) return;
  const std::string file = sink.token.file().string();
  const Result<std::string> token = config::Secret(sink.token).read();
  std::string never = token ? "" : token.error().text;
  if (token && !fits_in_header(*token))
    never = fmt::format("the token{} holds a control character", file.empty() ? "" : " in " + file);
  const std::string problem = never.empty() ? token_problem(*token, now, file) : never;
  if (problem.empty()) return;
  problems.push_back({never.empty() ? Problem::Severity::warning : Problem::Severity::error, sink.where,
                      fmt::format("sink '{}' could not write: {}", sink.name, problem)});
}

}  // namespace

std::vector<Problem> machine_problems(const config::Config& config, WallTime now) {
  std::vector<Problem> problems;
  const fs::path state_dir = full_path(config.gateway.state_dir);
  const fs::path dead_letters = full_path(state_dir / "dead-letter");
  check_folder(config.sinks.empty() ? state_dir : dead_letters, config.gateway.where, problems);
  for (const config::Sink& sink : config.sinks) {
    check_token(sink, now, problems);
    if (sink.path.empty()) continue;
    const fs::path file = full_path(sink.path);
    if (const int error = file_error(file, dead_letters); error != 0)
      problems.push_back({severity_of(error), sink.where,
                          fmt::format("sink '{}' cannot open {} ({}){}", sink.name, file.string(), reason_of(error),
                                      mended(error, file))});
  }
  if (config.nats.embedded) {
    if (const auto usable = check_embedded_server(config.nats.server); !usable)
      problems.push_back({Problem::Severity::error, config.nats.where, usable.error().text});
  }
  return problems;
}

}  // namespace gw::cli
