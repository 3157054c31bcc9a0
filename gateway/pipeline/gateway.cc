#include "gateway/pipeline/gateway.h"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <system_error>

#include "gateway/base/log.h"
#include "gateway/bus/nats_bus.h"
#include "gateway/sinks/registry.h"
#include "gateway/sources/registry.h"
#include "subjects/subject.h"

namespace gw {
namespace {

/// Connections to one source: all queries of a tick run at once. What is over it waits inside its own timeout, as it
/// would in Prometheus, which runs 20 queries at a time.
constexpr int connections_per_host = 64;

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && ::access(folder.c_str(), W_OK) != 0) error = std::error_code(errno, std::generic_category());
  if (error)
    return invalid(fmt::format("state_dir: cannot write to {} ({}): create it for the user that runs cc-gateway",
                               folder.string(), error.message()));
  return {};
}

template <class Row>
const Row* find_row(std::span<const Row> rows, std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace

Gateway::Gateway(const config::Config& config, bool once, const Clock& clock)
    : once_(once), clock_(clock), ingress_(http::make_client(connections_per_host), clock) {
  for (const config::Source& source : config.sources) ledger_.add_source(source.name);
  for (const config::Sink& sink : config.sinks) ledger_.add_sink(sink.name);
}

Gateway::~Gateway() = default;

Result<std::unique_ptr<Gateway>> Gateway::make(config::Config config, bool once, const Clock& clock) {
  if (once && config.router) config.router->queue.clear();
  std::unique_ptr<Gateway> gateway(new Gateway(config, once, clock));
  for (const auto open : {&Gateway::open_bus, &Gateway::open_sources, &Gateway::open_sinks, &Gateway::open_router}) {
    if (const auto opened = (gateway.get()->*open)(config); !opened) return std::unexpected(opened.error());
  }
  return gateway;
}

Result<void> Gateway::open_bus(const config::Config& config) {
  if (const auto made = make_folder(config.gateway.state_dir); !made) return made;
  nats_ = config.nats;
  if (nats_.embedded) {
    GW_TRY(server_, start_embedded_server(nats_.server, config.gateway.state_dir));
    nats_.url = {server_->url()};
    nats_.token = config::Secret::of_file(server_->token_file());
    log::info("nats=embedded state=up url={} token_file={}", server_->url(), server_->token_file().string());
  }
  GW_TRY(bus_, connect_nats(nats_, config.gateway.instance));
  return {};
}

Result<void> Gateway::open_sources(const config::Config& config) {
  std::vector<Account*> accounts;
  accounts.reserve(config.sources.size());
  for (std::size_t i = 0; i < config.sources.size(); ++i) accounts.push_back(&ledger_.source(i));
  publisher_ = std::make_unique<Publisher>(*bus_, accounts, clock_);
  const subjects::Tree tree{config.nats.prefix, config.gateway.cluster};
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    const config::Source& settings = config.sources[i];
    const SourceType* type = find_row(source_types(), settings.type);
    if (type == nullptr) return invalid(fmt::format("source '{}': unknown type '{}'", settings.name, settings.type));
    SourceContext context{ingress_.transport(), *publisher_, *accounts[i], config.gateway.cluster, tree.metrics(), i};
    GW_TRY(std::unique_ptr<Source> source, type->make(settings, std::move(context)));
    ingress_.add(std::move(source));
  }
  return {};
}

Result<void> Gateway::open_sinks(const config::Config& config) {
  const std::filesystem::path dead_letters = config.gateway.state_dir / "dead-letter";
  if (!config.sinks.empty()) {
    if (const auto made = make_folder(dead_letters); !made) return made;
  }
  for (std::size_t i = 0; i < config.sinks.size(); ++i) {
    const config::Sink& settings = config.sinks[i];
    const SinkType* type = find_row(sink_types(), settings.type);
    if (type == nullptr) return invalid(fmt::format("sink '{}': unknown type '{}'", settings.name, settings.type));
    GW_TRY(const std::reference_wrapper<Bus> bus, bus_of(settings, config.gateway.instance));
    GW_TRY(std::unique_ptr<Sink> sink, type->make(settings, bus));
    lanes_.push_back(std::make_unique<Lane>(settings, std::move(sink), dead_letters, ledger_.sink(i), clock_));
  }
  return {};
}

Result<std::reference_wrapper<Bus>> Gateway::bus_of(const config::Sink& sink, std::string_view instance) {
  if (sink.transport != config::Sink::Transport::nats) return *bus_;
  GW_TRY(std::unique_ptr<Bus> own, connect_nats(nats_, fmt::format("{}/{}", instance, sink.name)));
  return *sink_buses_.emplace_back(std::move(own));
}

Result<void> Gateway::open_router(const config::Config& config) {
  if (!config.router) return {};
  const std::string own = subjects::Tree{config.nats.prefix, config.gateway.cluster}.metrics();
  std::vector<std::unique_ptr<Subscription>> subscriptions;
  for (const std::string& subject : config.router->subscribe) {
    GW_TRY(std::unique_ptr<Subscription> subscription, bus_->subscribe(subject, config.router->queue));
    subscriptions.push_back(std::move(subscription));
    hears_itself_ = hears_itself_ || subjects::matches(subject, own);
  }
  const auto since = once_ ? std::nullopt : std::optional(clock_.now().wall);
  routing_ = std::make_unique<Routing>(*config.router, since);
  if (const auto& rules = config.router->rules; rules && !rules->aggregates.empty() && !config.router->queue.empty())
    log::info(
        "router aggregates={} queue={} hint=\"let no second subscriber of this queue group compute them: each would "
        "see a part of the lines\"",
        rules->aggregates.size(), log::value(config.router->queue));
  egress_ = std::make_unique<Egress>(std::move(subscriptions), lanes_, *routing_,
                                     Acceptor(config.gateway.cluster, config.router->future_max), ledger_, clock_);
  return {};
}

void Gateway::start_delivery() {
  keeper_thread_ = std::jthread([this](const std::stop_token& stop) { keep_connected(stop); });
  for (const auto& lane : lanes_) lane_threads_.emplace_back([&lane](const std::stop_token& stop) { lane->run(stop); });
  if (egress_) egress_thread_ = std::jthread([this](const std::stop_token& stop) { egress_->run(stop); });
  publisher_thread_ = std::jthread([this](const std::stop_token& stop) { publisher_->run(stop); });
}

void Gateway::start() {
  start_delivery();
  if (!ingress_.empty()) ingress_thread_ = std::jthread([this](const std::stop_token& stop) { ingress_.run(stop); });
}

void Gateway::start_once() {
  start_delivery();
  ingress_thread_ = std::jthread([this](const std::stop_token& stop) {
    ingress_.run_once(stop);
    polled_once_ = true;
  });
}

void Gateway::keep_connected(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any asked;
  std::unique_lock lock(mutex);
  // The first attempt was made when the bus was opened.
  while (!asked.wait_for(lock, stop, Seconds(1), [&] { return stop.stop_requested(); })) {
    if (stop.stop_requested()) return;
    bus_->maintain(clock_.now());
    for (const auto& bus : sink_buses_) bus->maintain(clock_.now());
  }
}

bool Gateway::healthy() {
  if (!server_ || server_->running()) return true;
  log::error("nats=embedded state=down hint=\"its log says why\" log_file={}", server_->log_file().string());
  return false;
}

template <class Done>
void Gateway::wait_until(SteadyTime deadline, Done done) {
  // The parts end on their own threads; the end of a process is not worth a condition variable for each.
  while (!done() && clock_.now().steady < deadline) std::this_thread::sleep_for(Milliseconds(10));
}

Unfinished Gateway::stop(const StopBudget& budget) {
  const SteadyTime begin = clock_.now().steady;
  ingress_thread_ = {};  // asks it to stop, and joins
  stop_publisher(begin + budget.publish);
  keeper_thread_.request_stop();  // an attempt that has begun ends while the rest is written
  stop_egress(begin + budget.read);
  stop_lanes(begin + budget.write);
  keeper_thread_ = {};
  return unfinished_;
}

void Gateway::stop_publisher(SteadyTime deadline) {
  wait_until(deadline, [this] { return publisher_->idle(); });
  publisher_->give_up();
  publisher_thread_ = {};
  unfinished_.unpublished = publisher_->abandon();
}

void Gateway::stop_egress(SteadyTime deadline) {
  if (!egress_) return;
  // After the answer to a flush all that we published lies in our own subscriptions: the server handles one
  // connection's protocol in order.
  [[maybe_unused]] const Result<void> best_effort = bus_->flush(Milliseconds(1'000));
  bus_->stop_receiving();
  egress_thread_.request_stop();
  wait_until(deadline, [this] { return egress_->ended(); });
  egress_->give_up();
  egress_thread_ = {};
  unfinished_.unread = egress_->pending();
  ledger_.messages_unread = unfinished_.unread;
}

void Gateway::stop_lanes(SteadyTime deadline) {
  for (std::jthread& thread : lane_threads_) thread.request_stop();
  for (const auto& lane : lanes_) {
    wait_until(deadline, [&] { return lane->idle(); });
    lane->give_up();
  }
  lane_threads_.clear();
  for (const auto& lane : lanes_) unfinished_.unwritten += lane->abandon();
}

void Gateway::replace_rules(const config::Router& router) {
  if (routing_) routing_->replace(router);
}

std::string Gateway::balance() const { return ledger_.balance(routing_ ? routing_->report() : ""); }

std::string Gateway::losses() const {
  std::string text;
  if (egress_ && bus_->refused_subscriptions() > 0) text += " subscription=refused";
  if (hears_itself_ && ledger_.receive().in_total() < ledger_.published())
    text += fmt::format(" not_received_lines={}", ledger_.published() - ledger_.receive().in_total());
  if (ledger_.messages_lost > 0) text += fmt::format(" messages_lost={}", ledger_.messages_lost.load());
  if (ledger_.lost() > 0) text += fmt::format(" lost_lines={}", ledger_.lost());
  if (ledger_.queue_full() > 0) text += fmt::format(" queue_full_lines={}", ledger_.queue_full());
  return text;
}

}  // namespace gw
