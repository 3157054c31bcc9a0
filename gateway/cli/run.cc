#include "gateway/cli/run.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/base/log.h"
#include "gateway/cli/arguments.h"
#include "gateway/config/load.h"
#include "gateway/pipeline/gateway.h"

namespace gw::cli {
namespace {

constexpr Option options[] = {{"--config", "FILE"}, {"--once", ""}, {"--help", ""}};

constexpr std::string_view help =
    "usage: cc-gateway run --config FILE [--once]\n"
    "\n"
    "Runs the parts that stand in the configuration: sources poll and publish, the router\n"
    "subscribes, sinks write. SIGTERM or Ctrl-C: stop polling, publish, drain, write, print\n"
    "the balance, within 10 s. SIGHUP: read the rules of [router] again, with their interval, grace,\n"
    "max_series and topology; where something is wrong with them or the rest of the configuration,\n"
    "what was before stays in force. All other settings, subscribe and future_max too, need a restart.\n"
    "\n"
    "  --config FILE  the configuration (TOML); 'cc-gateway check' tells what is wrong with it\n"
    "  --once         poll every source once, deliver, print the balance, exit (for cron or a\n"
    "                 systemd timer); exit code 0 only if every query answered and all that\n"
    "                 could be written was written. It waits up to 15 s for NATS and 30 s for\n"
    "                 the sinks. It hears all messages instead of its share of the queue group\n"
    "\n"
    "The log and the balance go to stderr. Exit codes: 0 all done; 1 something was not polled or\n"
    "not written; 2 the configuration, or what it names, cannot be used.\n";

/// Signals that end the gateway, and SIGHUP, are blocked in every thread and waited for by the main thread.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed stdout or connection is an error value, not an end
  return set;
}

/// A line each, for a log has no carets. Of a file that is wrong from end to end, the first ones tell enough.
void log_problems(const std::vector<std::string>& problems, log::Level level) {
  constexpr std::size_t problems_max = 100;
  const std::size_t shown = std::min(problems.size(), problems_max);
  for (std::size_t i = 0; i < shown; ++i) log::write(level, "router problem=" + log::value(problems[i]));
  if (problems.size() > shown) log::write(level, fmt::format("router problems_not_shown={}", problems.size() - shown));
}

/// Reads the configuration again for its rules.
void reload_rules(Gateway& gateway, const std::string& file) {
  if (!gateway.has_router()) {
    log::warn(
        "router reload=none config={} hint=\"only [router] is read again, and this gateway was started without "
        "one; all else needs a restart\"",
        log::value(file));
    return;
  }
  const config::Loaded loaded = config::load_file(file, config::process_environment());
  if (loaded.ok() && loaded.config.router) {
    log_problems(loaded.lines(config::Problem::Severity::warning), log::Level::warn);
    gateway.replace_rules(*loaded.config.router);
    log::info(
        "router reload=read config={} hint=\"rules, interval, grace, max_series and topology, in force from the next "
        "message on; all else needs a restart\"",
        log::value(file));
    return;
  }
  std::vector<std::string> errors = loaded.lines(config::Problem::Severity::error);
  if (errors.empty()) errors.push_back(file + ": there is no [router]");
  log_problems(errors, log::Level::error);
  log::error("router reload=refused config={} hint=\"the rules before stay in force\"", log::value(file));
}

/// Waits up to `wait`; true where a signal asked to end.
bool end_asked(Gateway& gateway, const std::string& file, const sigset_t& signals, Milliseconds wait) {
  const timespec time{wait.count() / 1000, (wait.count() % 1000) * 1'000'000};
  const int signal = sigtimedwait(&signals, nullptr, &time);
  if (signal == SIGHUP) reload_rules(gateway, file);
  return signal > 0 && signal != SIGHUP;
}

std::string in_words(const Unfinished& unfinished) {
  std::string text;
  if (unfinished.unpublished > 0) text += fmt::format(" unpublished_lines={}", unfinished.unpublished);
  if (unfinished.unread > 0) text += fmt::format(" unread_messages={}", unfinished.unread);
  if (unfinished.unwritten > 0) text += fmt::format(" unwritten_lines={}", unfinished.unwritten);
  return text;
}

int run_until_stopped(Gateway& gateway, const std::string& file, const sigset_t& signals, bool once) {
  if (once)
    gateway.start_once();
  else
    gateway.start();
  bool healthy = true;
  bool interrupted = false;
  while (healthy && !(once && gateway.polled_once())) {
    interrupted = end_asked(gateway, file, signals, once ? Milliseconds(20) : Milliseconds(1'000));
    if (interrupted) break;
    healthy = gateway.healthy();
  }
  if (!once) log::info("gateway state=stopping");
  const Unfinished unfinished = gateway.stop(once && !interrupted ? once_budget : stop_budget);
  if (!unfinished.nothing()) log::error("gateway state=stopped{} hint=\"counted as stopped\"", in_words(unfinished));
  if (!healthy) return failed;
  if (!once) return unfinished.nothing() ? done : failed;
  if (gateway.failed_polls() > 0) log::error("gateway failed_queries={}", gateway.failed_polls());
  const std::string losses = gateway.losses();
  if (!losses.empty()) log::error("gateway{}", losses);
  const bool all_well = !interrupted && unfinished.nothing() && gateway.failed_polls() == 0 && losses.empty();
  return all_well ? done : failed;
}

}  // namespace

int run(Arguments arguments, std::ostream& out, std::ostream& err) {
  const auto parsed = Options::parse(arguments, options);
  if (!parsed) {
    err << "cc-gateway run: " << parsed.error() << '\n';
    return usage;
  }
  if (parsed->has("--help")) {
    out << help;
    return done;
  }
  const auto file = parsed->value("--config");
  if (!file) {
    err << "cc-gateway run: --config FILE is missing\n";
    return usage;
  }
  const config::Loaded loaded = config::load_file(*file, config::process_environment(), config::Pipes::awaited);
  err << loaded.report();
  if (!loaded.ok()) return usage;
  const bool once = parsed->has("--once");
  if (once && loaded.config.sources.empty()) {
    err << "cc-gateway run: --once polls sources, and " << *file << " has no [[source]]\n";
    return usage;
  }

  const sigset_t signals = block_signals();
  const SystemClock clock;
  auto gateway = Gateway::make(loaded.config, once, clock);
  if (!gateway) {
    err << "cc-gateway run: " << gateway.error().text << '\n';
    return gateway.error().kind == Error::Kind::invalid ? usage : failed;
  }
  const int code = run_until_stopped(**gateway, *file, signals, once);
  err << "balance\n" << (*gateway)->balance();
  return code;
}

}  // namespace gw::cli
