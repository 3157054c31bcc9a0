#include "gateway/cli/commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <string_view>
#include <system_error>
#include <vector>

#include "gateway/base/suggest.h"
#include "gateway/cli/check.h"
#include "gateway/cli/convert.h"
#include "gateway/cli/decode.h"
#include "gateway/cli/route.h"
#include "gateway/cli/run.h"
#include "gateway/cli/subjects.h"
#include "gateway/cli/tap.h"
#include "gateway/cli/test.h"

namespace gw::cli {
namespace {

int version(Arguments arguments, std::ostream& out, std::ostream& err) {
  if (!arguments.empty() && (arguments.front() == "--help" || arguments.front() == "-h")) {
    out << "usage: cc-gateway version\nPrints the version.\n";
    return done;
  }
  if (!arguments.empty()) {
    err << "cc-gateway version: takes no arguments\n";
    return usage;
  }
  out << "cc-gateway " << CC_GATEWAY_VERSION << '\n';
  return done;
}

/// A stream takes what cannot be read, a directory for example, for the end.
int unless_unreadable(std::string_view command, int code, std::ostream& err) {
  if (std::ferror(stdin) == 0) return code;
  // What failed once fails again, and says why.
  char byte = 0;
  const int reason = ::read(STDIN_FILENO, &byte, 1) < 0 ? errno : EIO;
  err << fmt::format("cc-gateway {}: cannot read standard input: {}\n", command,
                     std::generic_category().message(reason));
  return failed;
}

int decode_standard_input(Arguments arguments, std::ostream& out, std::ostream& err) {
  return unless_unreadable("decode", decode(arguments, std::cin, out, err), err);
}

int encode_standard_input(Arguments arguments, std::ostream& out, std::ostream& err) {
  return unless_unreadable("encode", encode(arguments, std::cin, out, err), err);
}

int route_standard_input(Arguments arguments, std::ostream& out, std::ostream& err) {
  return unless_unreadable("route", route(arguments, SystemClock(), std::cin, out, err), err);
}

constexpr Command command_table[] = {
    {"operate", "run", "the gateway: poll, publish, route, write", run},
    {"operate", "tap", "see the messages on the bus, without disturbing it", tap},
    {"understand", "check", "every error of a configuration, without network", check},
    {"prepare", "convert", "a router.json, or a cron script, as our TOML", convert},
    {"prepare", "decode", "what the gateway reads in a body, as JSON lines", decode_standard_input},
    {"prepare", "encode", "JSON lines to a body: the inverse of decode", encode_standard_input},
    {"prepare", "route", "lines through a file of rules, with --explain what each did", route_standard_input},
    {"prepare", "test", "cases of rules: given these lines, expect those", test},
    {"prepare", "subjects", "the subject tree; nats-server permissions of a role", subjects},
    {"prepare", "version", "the version", version},
};

void overview(std::ostream& out) {
  out << "cc-gateway brings measurements from Prometheus to ClusterCockpit over NATS.\n\nusage: cc-gateway COMMAND "
         "[OPTIONS]\n";
  std::string_view group;
  for (const Command& command : command_table) {
    if (command.group != group) out << '\n' << command.group << '\n';
    group = command.group;
    out << fmt::format("  {:<10}{}\n", command.name, command.meaning);
  }
  out << "\n'cc-gateway COMMAND --help' tells all of a command.\n"
         "Exit codes: 0 done; 1 it ran and failed; 2 usage or configuration; 3 a test failed.\n";
}

}  // namespace

std::span<const Command> commands() { return command_table; }

int run_command_line(Arguments arguments, std::ostream& out, std::ostream& err) {
  if (arguments.empty()) {
    overview(err);
    return usage;
  }
  const std::string_view word = arguments.front();
  if (word == "--help" || word == "-h" || word == "help") {
    overview(out);
    return done;
  }
  const std::string_view wanted = word == "--version" ? "version" : word;
  std::vector<std::string_view> names;
  for (const Command& command : command_table) {
    if (command.name == wanted) {
      const int code = command.run(arguments.subspan(1), out, err);
      if (out.flush()) return code;
      err << fmt::format("cc-gateway {}: cannot write to standard output\n", command.name);
      return failed;
    }
    names.push_back(command.name);
  }
  const std::string_view near = nearest(word, names);
  err << fmt::format("cc-gateway: unknown command '{}'{}; 'cc-gateway --help' lists them\n", word,
                     near.empty() ? "" : fmt::format(", did you mean '{}'?", near));
  return usage;
}

}  // namespace gw::cli
