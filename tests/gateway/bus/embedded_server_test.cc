#include "gateway/bus/embedded_server.h"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <set>
#include <string>

#include "gateway/bus/nats_bus.h"
#include "tests/gateway/bus/bus_fixture.h"

namespace {

namespace fs = std::filesystem;
using gw::Error;
using gw::Milliseconds;
using gw::config::Secret;

std::string program() { return nats_server_program().value_or("nats-server").string(); }

/// "700" and the like.
std::string mode(const fs::path& file) {
  struct stat status{};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  std::string text;
  for (const unsigned shift : {6U, 3U, 0U}) text += static_cast<char>('0' + ((status.st_mode >> shift) & 7U));
  return text;
}

std::string text_of(const gw::Result<std::unique_ptr<gw::EmbeddedServer>>& result,
                    Error::Kind kind = Error::Kind::invalid) {
  REQUIRE(!result);
  CHECK(result.error().kind == kind);
  return result.error().text;
}

fs::path script(const TempFolder& folder, const std::string& text) {
  write_file(folder / "server.sh", text);
  fs::permissions(folder / "server.sh", fs::perms::owner_all);
  return folder / "server.sh";
}

TEST_CASE("the embedded server is reached with its token, by no one else, and ends with its object") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  const fs::path state_dir = folder / "state \"dir\"";
  gw::config::Nats nats;
  {
    const auto server = gw::start_embedded_server(program(), state_dir);
    REQUIRE(server);
    CHECK((*server)->running());
    CHECK((*server)->url().starts_with("nats://127.0.0.1:"));
    CHECK((*server)->token_file() == gw::embedded_token_file(state_dir));
    CHECK(gw::embedded_url(state_dir) == (*server)->url());

    nats.url = {(*server)->url()};
    const auto stranger = gw::connect_nats(nats, "stranger");
    REQUIRE(stranger);
    CHECK((*stranger)->publish({.subject = "a", .payload = "x"}).error().text ==
          "not connected to NATS: Authorization Violation");
    nats.token = Secret::of_file((*server)->token_file());
    const auto bus = gw::connect_nats(nats, "alpha");
    REQUIRE(bus);
    const auto subscriber = (*bus)->subscribe("a", "");
    CHECK(delivers(**bus, {.subject = "a", .payload = "x"}));
    CHECK((*subscriber)->next(patience));
  }
  nats.token = Secret::of_text("too late");
  const auto bus = gw::connect_nats(nats, "late");
  REQUIRE(bus);
  CHECK(!(*bus)->connected());
  const auto url = gw::embedded_url(state_dir);
  REQUIRE(!url);
  CHECK(url.error().kind == Error::Kind::unavailable);
  CHECK(url.error().text == "no gateway with an embedded NATS server runs with state_dir " + state_dir.string());
  std::set<std::string> left;
  for (const auto& entry : fs::directory_iterator(state_dir / "nats")) left.insert(entry.path().filename());
  CHECK(left == std::set<std::string>{"lock", "server.log"});
}

TEST_CASE("files of the embedded server are for its owner alone, and each start has its own token") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  // As an earlier run under a careless umask left them.
  fs::create_directory(folder / "nats");
  fs::permissions(folder / "nats", fs::perms::all);
  for (const char* const name : {"token", "url", "server.conf", "server.log"}) {
    write_file(folder / "nats" / name, "stale");
    fs::permissions(folder / "nats" / name, fs::perms::all);
  }
  std::set<std::string> tokens;
  for (int start = 0; start < 2; ++start) {
    const auto server = gw::start_embedded_server(program(), folder.path());
    REQUIRE(server);
    CHECK(mode(folder / "nats") == "700");
    CHECK(mode(folder / "nats" / "ports") == "700");
    for (const char* const name : {"token", "url", "server.conf", "server.log", "lock"}) {
      CAPTURE(name);
      CHECK((mode(folder / "nats" / name) == "600"));
    }
    const std::string token = read_file((*server)->token_file());
    CHECK(token.size() == 65);
    CHECK(token.find_first_not_of("0123456789abcdef") == 64);
    CHECK(read_file((*server)->log_file()).find(token.substr(0, 64)) == std::string::npos);
    tokens.insert(token);
  }
  CHECK(tokens.size() == 2);
}

TEST_CASE("two gateways do not share a state_dir") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  const auto first = gw::start_embedded_server(program(), folder.path());
  REQUIRE(first);
  const std::string dir = folder.path().string();
  CHECK(text_of(gw::start_embedded_server(program(), folder.path()), Error::Kind::unavailable) ==
        "embedded NATS: another gateway runs with " + dir + " (it holds " + dir +
            "/nats/lock): give each its own state_dir");
  // The first one is not disturbed.
  CHECK((*first)->running());
  CHECK(gw::embedded_url(folder.path()) == (*first)->url());
}

TEST_CASE("a gateway that is killed takes its server with it, and the next one starts") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  const pid_t gateway = ::fork();
  if (gateway == 0) {
    const auto server = gw::start_embedded_server(program(), folder.path());
    if (!server) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  CHECK(eventually([&] { return gw::embedded_url(folder.path()).has_value(); }));
  gw::config::Nats nats;
  nats.url = {gw::embedded_url(folder.path()).value()};
  nats.token = Secret::of_text(read_file(gw::embedded_token_file(folder.path())).substr(0, 64));
  const auto bus = gw::connect_nats(nats, "alpha");
  REQUIRE(bus);
  CHECK((*bus)->connected());
  ::kill(gateway, SIGKILL);
  ::waitpid(gateway, nullptr, 0);
  CHECK(eventually([&] { return !(*bus)->connected(); }));
  // Its files are still there, but nobody runs.
  CHECK(fs::exists(folder / "nats" / "url"));
  CHECK(!gw::embedded_url(folder.path()));
  const auto next = gw::start_embedded_server(program(), folder.path());
  REQUIRE(next);
  CHECK((*next)->running());
}

TEST_CASE("a server that ends by itself is noticed") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  const auto server = gw::start_embedded_server(program(), folder.path());
  REQUIRE(server);
  const std::string ports = fs::directory_iterator(folder / "nats" / "ports")->path().stem().string();
  ::kill(std::stoi(ports.substr(ports.rfind('_') + 1)), SIGKILL);
  CHECK(eventually([&] { return !(*server)->running(); }));
}

TEST_CASE("a Ctrl-C for us is none for the server: we end it when we have published the rest") {
  NEEDS_NATS_SERVER();
  const TempFolder folder;
  const auto server = gw::start_embedded_server(program(), folder.path());
  REQUIRE(server);
  const std::string ports = fs::directory_iterator(folder / "nats" / "ports")->path().stem().string();
  const pid_t pid = std::stoi(ports.substr(ports.rfind('_') + 1));
  CHECK(::getpgid(pid) == pid);
  CHECK(::getpgid(pid) != ::getpgrp());
}

TEST_CASE("a server that does not come up says why") {
  const TempFolder folder;
  const TempFolder scripts;
  CHECK(text_of(gw::start_embedded_server("no-such-nats-server", folder.path())) ==
        "embedded NATS: there is no program no-such-nats-server: install the package nats-server, or set [nats] url to "
        "a server that runs");

  const fs::path silent = script(scripts, "#!/bin/sh\nexit 3\n");
  CHECK(text_of(gw::start_embedded_server(silent, folder.path())) ==
        "embedded NATS: " + silent.string() + " ended at once (exit status 3); its log is empty");

  const fs::path talks = script(scripts, "#!/bin/sh\nfor i in 1 2 3 4 5 6 7; do echo line $i >&2; done\nexit 1\n");
  CHECK(text_of(gw::start_embedded_server(talks, folder.path())) ==
        "embedded NATS: " + talks.string() +
            " ended at once (exit status 1); its log ends:\n  line 3\n  line 4\n  line 5\n  line 6\n  line 7");

  // ThreadSanitizer's _exit flushes the child's copy of what the test's own output still holds.
  std::cout.flush();
  std::fflush(stdout);
  const fs::path no_program = script(scripts, "neither script nor program\n");
  CHECK(text_of(gw::start_embedded_server(no_program, folder.path())) ==
        "embedded NATS: " + no_program.string() +
            " ended at once (cannot be run: Exec format error); its log is empty");

  const fs::path hangs = script(scripts, "#!/bin/sh\necho waiting\nexec sleep 600\n");
  CHECK(text_of(gw::start_embedded_server(hangs, folder.path(), Milliseconds{300})) ==
        "embedded NATS: " + hangs.string() + " did not listen within 300 ms; its log ends:\n  waiting");

  write_file(scripts / "file", "");
  CHECK(text_of(gw::start_embedded_server(silent, scripts / "file")) ==
        "embedded NATS: cannot create " + (scripts / "file").string() + "/nats: Not a directory");
}

TEST_CASE("a program that cannot be the embedded server is told before it is one") {
  const auto check = [](const std::string& program, std::string_view want) {
    CAPTURE(program);
    const auto checked = gw::check_embedded_server(program, Milliseconds{300});
    REQUIRE(!checked);
    CHECK(checked.error().kind == Error::Kind::invalid);
    CHECK(checked.error().text == "embedded NATS: " + std::string(want));
  };
  const TempFolder scripts;
  check("no-such-nats-server",
        "there is no program no-such-nats-server: install the package nats-server, or set [nats] url to a server that "
        "runs");
  check("/bin/false",
        "/bin/false is no nats-server: asked for its --version, it does not say so (exit status 1); name one by "
        "'server' in [nats]");
  check("/bin/echo",
        "/bin/echo is no nats-server: asked for its --version, it does not say so (exit status 0); name one by "
        "'server' in [nats]");
  const fs::path hangs = script(scripts, "#!/bin/sh\nexec sleep 600\n");
  check(hangs, hangs.string() +
                   " is no nats-server: asked for its --version, it does not say so (runs); name one by "
                   "'server' in [nats]");
}

TEST_CASE("nats-server is known by its version") {
  NEEDS_NATS_SERVER();
  CHECK(gw::check_embedded_server(program()));
}

TEST_CASE("a server that ignores SIGTERM is killed") {
  const TempFolder folder;
  const fs::path stubborn = script(folder, "#!/bin/sh\ntrap '' TERM\necho ready\nwhile :; do sleep 1; done\n");
  CHECK(text_of(gw::start_embedded_server(stubborn, folder.path(), Milliseconds{300})) ==
        "embedded NATS: " + stubborn.string() + " did not listen within 300 ms; its log ends:\n  ready");
}

}  // namespace
