#pragma once
// A real nats-server of a test's own, and what the tests of the bus wait with.

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/bus/bus.h"
#include "gateway/bus/child_process.h"
#include "gateway/config/config.h"

/// Longer than anything that a test waits for takes, sanitizers included.
inline constexpr gw::Milliseconds patience{20'000};

/// True as soon as `condition` holds, false if it does not within `patience`.
bool eventually(const std::function<bool()>& condition);

/// A folder that goes with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& file, std::string_view text);
std::string read_file(const std::filesystem::path& file);

/// Takes what is written to stderr while it lives (the log), and hands it on at its end.
class StderrCapture {
 public:
  StderrCapture();
  ~StderrCapture();
  StderrCapture(const StderrCapture&) = delete;
  StderrCapture& operator=(const StderrCapture&) = delete;
  std::string text() const { return read_file(file_); }
  /// How many lines hold `part`.
  std::size_t count(std::string_view part) const;

 private:
  TempFolder folder_;
  std::filesystem::path file_ = folder_ / "stderr";
  int saved_ = -1;
};

/// The server to test with: CC_GATEWAY_NATS_SERVER, else build/servers/bin/nats-server, else from PATH.
std::optional<std::filesystem::path> nats_server_program();

/// A nats-server on a free loopback port, which it keeps over restarts.
class NatsServer {
 public:
  /// `conf` is appended to its configuration; paths in it are best absolute.
  explicit NatsServer(std::string conf = "");
  ~NatsServer();
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;

  /// Ends it the hard way.
  void kill();
  /// Starts it again, with another configuration where one is given, and waits until it listens.
  void start(std::optional<std::string> conf = std::nullopt);
  void freeze();
  void thaw();
  void signal(int number);

  std::string address() const { return "127.0.0.1:" + port_; }
  std::string url() const { return "nats://" + address(); }
  gw::config::Nats settings() const;

 private:
  TempFolder folder_;
  std::string conf_;
  std::string port_ = "-1";
  std::unique_ptr<gw::ChildProcess> child_;
  bool frozen_ = false;
};

/// The payload, or "(nothing)".
std::string payload_of(const std::optional<gw::Received>& delivery);

/// A bus that waits for its server: calls `maintain` with its own time until it is connected.
bool comes_up(gw::Bus& bus);
/// Publishes and flushes, again while the bus cannot.
bool delivers(gw::Bus& bus, const gw::Frame& frame);

/// For the head of a test that needs a real server.
#define NEEDS_NATS_SERVER()             \
  if (!nats_server_program()) {         \
    MESSAGE("skipped: no nats-server"); \
    return;                             \
  }
