#include "gateway/cli/commands.h"

#include <doctest/doctest.h>

#include <string_view>
#include <vector>

#include "tests/gateway/cli/ran.h"

using namespace cli_test;

namespace {

Ran ran(const Words& words) { return run(gw::cli::run_command_line, words); }

}  // namespace

TEST_CASE("what is wrong with a command line is told on stderr with exit code 2") {
  const auto check = [](std::vector<std::string_view> arguments, std::string_view want) {
    const Ran result = ran(arguments);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(result.err == want);
  };
  check({"chek"}, "cc-gateway: unknown command 'chek', did you mean 'check'?; 'cc-gateway --help' lists them\n");
  check({"frobnicate"}, "cc-gateway: unknown command 'frobnicate'; 'cc-gateway --help' lists them\n");
  check({"run"}, "cc-gateway run: --config FILE is missing\n");
  check({"run", "--confg", "x"}, "cc-gateway run: unknown option '--confg', did you mean '--config'?\n");
  check({"run", "--config"}, "cc-gateway run: option '--config' needs a value: --config FILE\n");
  check({"run", "--config", "a", "--config=b"}, "cc-gateway run: option '--config' is given twice\n");
  check({"run", "--once=1"}, "cc-gateway run: option '--once' takes no value\n");
  check({"run", "x.toml"}, "cc-gateway run: unexpected argument 'x.toml'\n");
  check({"subjects"}, "cc-gateway subjects: --cluster C is missing\n");
  check({"subjects", "--cluster", "a.b"}, "cc-gateway subjects: cluster 'a.b' holds '.'\n");
  check({"subjects", "--cluster", "c", "--permissions", "root"},
        "cc-gateway subjects: unknown role 'root'; 'cc-gateway subjects --help' lists them\n");
  check({"tap"}, "cc-gateway tap: give either --config FILE or --server URL\n");
  check({"tap", "--server", "nats://h"}, "cc-gateway tap: --cluster C is missing\n");
  check({"tap", "--server", "nats://u:secret@h", "--cluster", "c"},
        "cc-gateway tap: --server: a login in it would be seen by all users of this machine: give --token-file or "
        "--credentials-file; for a user with a password, --config\n");
  check({"tap", "--server", "http://h", "--cluster", "c"},
        "cc-gateway tap: --server: it must begin with nats:// or tls://, for example: nats://127.0.0.1:4222\n");
  check({"tap", "--server", "nats://h", "--cluster", "c", "--prefix", "a..b"},
        "cc-gateway tap: prefix 'a..b' holds an empty token\n");
  check({"tap", "--server", "nats://h", "--cluster", "c", "--category", "x"},
        "cc-gateway tap: unknown category 'x': metrics, events, log or control\n");
  check({"tap", "--server", "nats://h", "--cluster", "c", "--format", "xml"},
        "cc-gateway tap: unknown format 'xml': line, json or table\n");
  check({"tap", "--server", "nats://h", "--cluster", "c", "--count", "0"},
        "cc-gateway tap: --count '0' is no number from 1\n");
  check({"version", "x"}, "cc-gateway version: takes no arguments\n");
}

TEST_CASE("every command is in the overview and explains itself with --help") {
  const Ran overview = ran({"--help"});
  CHECK(overview.code == 0);
  CHECK(ran({}).code == 2);
  for (const gw::cli::Command& command : gw::cli::commands()) {
    CAPTURE(command.name);
    CHECK(overview.out.find("  " + std::string(command.name) + " ") != std::string::npos);
    const Ran help = ran({command.name, "--help"});
    CHECK(help.code == 0);
    CHECK(help.err.empty());
    CHECK(ran({command.name, "-h"}).out == help.out);
    CHECK(help.out.starts_with("usage: cc-gateway " + std::string(command.name)));
  }
  CHECK(ran({"version"}).out.starts_with("cc-gateway 0."));
  CHECK(ran({"--version"}).out == ran({"version"}).out);
}
