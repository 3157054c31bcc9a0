#include "gateway/cli/tap.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <csignal>
#include <ctime>
#include <memory>
#include <ostream>

#include "gateway/base/log.h"
#include "gateway/bus/embedded_server.h"
#include "gateway/bus/nats_bus.h"
#include "gateway/cli/arguments.h"
#include "gateway/cli/tap_format.h"
#include "gateway/config/load.h"
#include "gateway/config/tables.h"
#include "subjects/subject.h"

namespace gw::cli {
namespace {

constexpr Option options[] = {
    {"--config", "FILE"}, {"--server", "URL"}, {"--token-file", "FILE"},   {"--credentials-file", "FILE"},
    {"--cluster", "C"},   {"--prefix", "P"},   {"--category", "CATEGORY"}, {"--format", "FORMAT"},
    {"--count", "N"},     {"--help", ""},
};

constexpr std::string_view help =
    "usage: cc-gateway tap [--config FILE | --server URL --cluster C] [OPTIONS]\n"
    "\n"
    "Shows the messages on the bus. It only listens: no queue group, nothing is published, so\n"
    "no subscriber loses a message to it. Ends at Ctrl-C.\n"
    "\n"
    "  --config FILE            take server, login, prefix and cluster from a gateway's configuration\n"
    "                           (with embedded = true: the server of the gateway that runs); the way for\n"
    "                           users with a password, an nkey or certificates\n"
    "  --server URL             nats://HOST:PORT or tls://HOST:PORT\n"
    "  --token-file FILE        with --server: log in with the token in FILE\n"
    "  --credentials-file FILE  with --server: log in with a NATS credentials file\n"
    "  --cluster C              first token of the subjects\n"
    "  --prefix P               tokens that stand before the cluster\n"
    "  --category CATEGORY      metrics, events, log or control; default: all but control, which\n"
    "                           a tap is mostly not permitted to hear\n"
    "  --format FORMAT          line (as it came, the default), json (an object a line) or table\n"
    "  --count N                end after N lines\n"
    "\n"
    "Lines that are no line protocol are told on stderr with position and reason.\n";

struct Settings {
  config::Nats nats;
  subjects::Tree tree;
  std::vector<std::string> patterns;
  TapFormat format = TapFormat::line;
  std::uint64_t count = 0;  // 0 = no end
};

Result<void> from_config(const std::string& file, Settings& settings) {
  const config::Loaded loaded = config::load_file(file, config::process_environment());
  if (!loaded.ok()) return invalid("the configuration has errors:\n" + loaded.report());
  settings.nats = loaded.config.nats;
  settings.tree = {loaded.config.nats.prefix, loaded.config.gateway.cluster};
  if (!settings.nats.embedded) return {};
  const auto url = embedded_url(loaded.config.gateway.state_dir);
  if (!url) return std::unexpected(url.error());
  settings.nats.url = {*url};
  settings.nats.token = config::Secret::of_file(embedded_token_file(loaded.config.gateway.state_dir));
  return {};
}

Result<void> server_from(const Options& given, Settings& settings) {
  const auto config = given.value("--config");
  const auto server = given.value("--server");
  if (config.has_value() == server.has_value()) return invalid("give either --config FILE or --server URL");
  if (config) {
    if (auto read = from_config(*config, settings); !read) return read;
  } else {
    if (server->find('@') != std::string_view::npos)
      return invalid(
          "--server: a login in it would be seen by all users of this machine: give --token-file or "
          "--credentials-file; for a user with a password, --config");
    if (const auto problem = config::nats_url_problem(*server); !problem.empty())
      return invalid(fmt::format("--server: {}, for example: nats://127.0.0.1:4222", problem));
    settings.nats.url = {*server};
    if (const auto file = given.value("--token-file")) settings.nats.token = config::Secret::of_file(*file);
    if (const auto file = given.value("--credentials-file")) settings.nats.credentials_file = *file;
  }
  if (const auto cluster = given.value("--cluster")) settings.tree.cluster = *cluster;
  if (const auto prefix = given.value("--prefix")) settings.tree.prefix = *prefix;
  if (settings.tree.cluster.empty()) return invalid("--cluster C is missing");
  if (const auto problem = subjects::token_problem(settings.tree.cluster); !problem.empty())
    return invalid(fmt::format("cluster '{}' {}", settings.tree.cluster, problem));
  const std::string& prefix = settings.tree.prefix;
  if (const auto problem = subjects::subject_problem(prefix); !prefix.empty() && !problem.empty())
    return invalid(fmt::format("prefix '{}' {}", prefix, problem));
  return {};
}

Result<void> patterns_from(const Options& given, Settings& settings) {
  using enum subjects::Category;
  const auto wanted = given.value("--category");
  for (const subjects::Category category : {metrics, events, log, control}) {
    if (wanted ? *wanted == subjects::name(category) : category != control)
      settings.patterns.push_back(settings.tree.pattern(category));
  }
  if (settings.patterns.empty())
    return invalid(fmt::format("unknown category '{}': metrics, events, log or control", wanted.value_or("")));
  return {};
}

/// invalid: wrong usage; unavailable: the gateway whose server is asked for does not run.
Result<Settings> settings_from(const Options& given) {
  Settings settings;
  if (auto read = server_from(given, settings); !read) return std::unexpected(read.error());
  if (auto read = patterns_from(given, settings); !read) return std::unexpected(read.error());
  if (const auto name = given.value("--format")) {
    const auto format = tap_format_of(*name);
    if (!format) return invalid(fmt::format("unknown format '{}': line, json or table", *name));
    settings.format = *format;
  }
  if (const auto text = given.value("--count")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), settings.count);
    if (error != std::errc() || end != text->data() + text->size() || settings.count == 0)
      return invalid(fmt::format("--count '{}' is no number from 1", *text));
  }
  return settings;
}

bool wait_for_server(Bus& bus, const Clock& clock, const sigset_t& signals) {
  const SteadyTime deadline = clock.now().steady + Seconds(5);
  const timespec pause{0, 20'000'000};
  while (!bus.connected() && clock.now().steady < deadline)
    if (sigtimedwait(&signals, nullptr, &pause) > 0) return false;
  return bus.connected();
}

/// Prints what is there, waiting a moment for the first. False when `count` lines were printed.
bool print_waiting(Subscription& subscription, TapPrinter& printer, std::uint64_t count) {
  // A quiet category must not slow down a busy one, nor a busy one keep Ctrl-C and the others waiting.
  constexpr int messages_max = 1000;
  Milliseconds wait(50);
  for (int i = 0; i < messages_max; ++i) {
    const auto received = subscription.next(wait);
    if (!received) return true;
    if (!printer.print(*received, count)) return false;
    wait = Milliseconds(0);
  }
  return true;
}

int listen(const Settings& settings, std::ostream& out, std::ostream& err) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const SystemClock clock;

  auto bus = connect_nats(settings.nats, "tap");
  if (!bus) {
    err << "cc-gateway tap: " << bus.error().text << '\n';
    return failed;
  }
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (const std::string& pattern : settings.patterns) {
    auto subscription = (*bus)->subscribe(pattern, "");
    if (!subscription) {
      err << "cc-gateway tap: " << subscription.error().text << '\n';
      return failed;
    }
    subscriptions.push_back(std::move(*subscription));
  }
  if (!wait_for_server(**bus, clock, signals)) {
    err << fmt::format("cc-gateway tap: no answer from {}: is the server running, and the login right?\n",
                       settings.nats.url.front());
    return failed;
  }

  TapPrinter printer(settings.format, out, err);
  const timespec no_wait{0, 0};
  std::uint64_t lost = 0;
  while (sigtimedwait(&signals, nullptr, &no_wait) <= 0) {
    (*bus)->maintain(clock.now());
    std::uint64_t lost_now = 0;
    for (const auto& subscription : subscriptions) {
      lost_now += subscription->lost();
      if (!print_waiting(*subscription, printer, settings.count)) return done;
    }
    if (!out.flush()) return failed;  // the reader of our pipe is gone, or the disk is full
    if ((*bus)->refused_subscriptions() == settings.patterns.size()) {
      err << fmt::format("cc-gateway tap: this user may not hear {}\n", fmt::join(settings.patterns, " nor "));
      return failed;
    }
    if (lost_now > lost) err << fmt::format("tap: too slow, {} messages were not shown\n", lost_now - lost);
    lost = lost_now;
  }
  return done;
}

}  // namespace

int tap(Arguments arguments, std::ostream& out, std::ostream& err) {
  const auto parsed = Options::parse(arguments, options);
  if (parsed && parsed->has("--help")) {
    out << help;
    return done;
  }
  const Result<Settings> settings = parsed ? settings_from(*parsed) : invalid(parsed.error());
  if (!settings) {
    err << "cc-gateway tap: " << settings.error().text << '\n';
    return settings.error().kind == Error::Kind::unavailable ? failed : usage;
  }
  return listen(*settings, out, err);
}

}  // namespace gw::cli
