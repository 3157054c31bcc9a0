#include "gateway/cli/check.h"

#include <fmt/core.h>

#include <ostream>
#include <string>
#include <utility>

#include "gateway/base/clock.h"
#include "gateway/base/counted.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/machine_check.h"
#include "gateway/config/load.h"
#include "gateway/config/store_config.h"
#include "gateway/router/rule_set.h"

namespace gw::cli {
namespace {

constexpr Option options[] = {{"--config", "FILE"}, {"--help", ""}};

constexpr std::string_view help =
    R"(usage: cc-gateway check --config FILE

Reads a configuration and reports every problem in it as FILE:line:column: text.
No network is used and nothing is left behind. Files that it names (secrets, TLS
certificates, the store's configuration) must be there and readable for who
runs this, so run it as the user of the service. What this user may not write is
a warning, and so is a token that its store would refuse. Of an embedded NATS, the
program is asked for its version.

  --config FILE   the configuration, TOML; conf/gateway.toml explains every key
  --help          this text

exit code: 0 no error (warnings are allowed), 2 errors or wrong usage
)";

/// Adds what the stores behind the sinks would not take.
void add_store_problems(config::Loaded& loaded) {
  for (const config::Sink& sink : loaded.config.sinks) {
    if (sink.store_config.empty()) continue;
    auto problems = config::check_against_store(loaded.config, sink);
    if (problems) {
      for (config::Problem& problem : *problems) loaded.problems.push_back(std::move(problem));
    } else {
      loaded.problems.push_back({config::Problem::Severity::error, sink.where, problems.error().text});
    }
  }
}

/// Adds what this machine lacks for `run`.
void add_machine_problems(config::Loaded& loaded) {
  for (config::Problem& problem : machine_problems(loaded.config, SystemClock().now().wall))
    loaded.problems.push_back(std::move(problem));
}

std::string summary(const config::Config& config) {
  std::size_t queries = 0;
  for (const config::Source& source : config.sources) queries += source.queries.size();
  const std::string_view poller = config.sources.empty() ? "" : "poller";
  const std::string_view subscriber = config.router ? "subscriber" : "";
  const bool has_rules = config.router && config.router->rules != nullptr;
  const std::string rules = has_rules ? fmt::format(", {} of {}", counted(config.router->rules->rules.size(), "rule"),
                                                    config.router->rules->file)
                                      : "";
  return fmt::format("{}, {}, {}{}; roles: {}{}{}", counted(config.sources.size(), "source"),
                     queries == 1 ? "1 query" : fmt::format("{} queries", queries),
                     counted(config.sinks.size(), "sink"), rules, poller,
                     poller.empty() || subscriber.empty() ? "" : ", ", subscriber);
}

}  // namespace

int check(std::span<const std::string_view> arguments, std::ostream& out, std::ostream& err) {
  const auto parsed = Options::parse(arguments, options);
  if (!parsed) {
    err << "cc-gateway check: " << parsed.error() << '\n';
    return usage;
  }
  if (parsed->has("--help")) {
    out << help;
    return done;
  }
  const std::string file = parsed->value("--config").value_or("");
  if (file.empty()) {
    err << "cc-gateway check: --config FILE is missing\n";
    return usage;
  }
  config::Loaded loaded = config::load_file(file, config::process_environment(), config::Pipes::awaited);
  if (loaded.ok()) {
    add_store_problems(loaded);
    add_machine_problems(loaded);
    config::sort_by_place(loaded.problems);
  }
  err << loaded.report();

  if (!loaded.ok()) {
    err << loaded.totals() << '\n';
    return usage;
  }
  const std::size_t warnings = loaded.count(config::Problem::Severity::warning);
  out << fmt::format("{}: ok: {}{}\n", loaded.file, summary(loaded.config),
                     warnings == 0 ? "" : "; " + counted(warnings, "warning"));
  return done;
}

}  // namespace gw::cli
