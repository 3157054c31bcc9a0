#include "tests/gateway/bus/bus_fixture.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

namespace fs = std::filesystem;

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(gw::Milliseconds{5});
  }
  return condition();
}

TempFolder::TempFolder() {
  std::string name = (fs::temp_directory_path() / "cc-gateway-test-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_file(const fs::path& file, std::string_view text) { std::ofstream(file) << text; }

std::string read_file(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

StderrCapture::StderrCapture() {
  std::fflush(stderr);
  saved_ = ::fcntl(2, F_DUPFD_CLOEXEC, 3);
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  REQUIRE(fd >= 0);
  ::dup2(fd, 2);
  ::close(fd);
}

StderrCapture::~StderrCapture() {
  std::fflush(stderr);
  ::dup2(saved_, 2);
  ::close(saved_);
  const std::string taken = text();
  std::fwrite(taken.data(), 1, taken.size(), stderr);
}

std::size_t StderrCapture::count(std::string_view part) const {
  std::size_t lines = 0;
  const std::string taken = text();
  for (std::size_t at = 0; (at = taken.find(part, at)) != std::string::npos;) {
    ++lines;
    at = taken.find('\n', at);
  }
  return lines;
}

std::optional<fs::path> nats_server_program() {
  if (const char* const named = std::getenv("CC_GATEWAY_NATS_SERVER"); named != nullptr && *named != '\0')
    return gw::find_program(named);
  if (auto built = gw::find_program(CC_GATEWAY_SOURCE_DIR "/build/servers/bin/nats-server")) return built;
  return gw::find_program("nats-server");
}

NatsServer::NatsServer(std::string conf) : conf_(std::move(conf)) { start(); }

NatsServer::~NatsServer() {
  if (frozen_) thaw();
}

void NatsServer::start(std::optional<std::string> conf) {
  if (conf) conf_ = *std::move(conf);
  write_file(folder_ / "server.conf", "listen: \"127.0.0.1:" + port_ + "\"\n" + conf_);
  std::error_code ignored;
  fs::remove_all(folder_ / "ports", ignored);
  fs::create_directory(folder_ / "ports");
  const int log = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  auto child =
      gw::ChildProcess::start(nats_server_program().value_or("nats-server"),
                              {"--config", folder_ / "server.conf", "--ports_file_dir", folder_ / "ports"}, log);
  ::close(log);
  REQUIRE(child);
  child_ = *std::move(child);
  std::string listens;
  const bool up = eventually([&] {
    if (!child_->running()) return true;
    for (const auto& entry : fs::directory_iterator(folder_ / "ports")) listens = read_file(entry.path());
    return listens.find(']') != std::string::npos;
  });
  INFO(read_file(folder_ / "log"));
  REQUIRE(up);
  REQUIRE(child_->running());
  const std::size_t from = listens.find("127.0.0.1:");
  REQUIRE(from != std::string::npos);
  port_ = listens.substr(from + 10, listens.find('"', from) - from - 10);
}

void NatsServer::kill() {
  signal(SIGKILL);
  child_.reset();
  frozen_ = false;
}

void NatsServer::freeze() {
  signal(SIGSTOP);
  frozen_ = true;
  siginfo_t stopped{};  // its threads stop one after another
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child_->pid()), &stopped, WSTOPPED) == 0);
}

void NatsServer::thaw() {
  signal(SIGCONT);
  frozen_ = false;
}

void NatsServer::signal(int number) { ::kill(child_->pid(), number); }

gw::config::Nats NatsServer::settings() const {
  gw::config::Nats nats;
  nats.url = {url()};
  return nats;
}

std::string payload_of(const std::optional<gw::Received>& delivery) {
  return delivery ? delivery->payload : "(nothing)";
}

bool comes_up(gw::Bus& bus) {
  return eventually([&] {
    bus.maintain({.wall = {}, .steady = std::chrono::steady_clock::now()});
    return bus.connected();
  });
}

bool delivers(gw::Bus& bus, const gw::Frame& frame) {
  return eventually([&] { return bus.publish(frame) && bus.flush(gw::Milliseconds{1'000}); });
}
