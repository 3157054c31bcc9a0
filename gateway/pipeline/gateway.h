#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/ledger.h"
#include "gateway/base/result.h"
#include "gateway/bus/bus.h"
#include "gateway/bus/embedded_server.h"
#include "gateway/config/config.h"
#include "gateway/pipeline/egress.h"
#include "gateway/pipeline/ingress.h"
#include "gateway/pipeline/lane.h"
#include "gateway/pipeline/publisher.h"

namespace gw {

/// How long a stop may take, from its beginning to each of its steps.
struct StopBudget {
  Milliseconds publish;
  Milliseconds read;
  Milliseconds write;
};
/// Within the 10 s that a stop may take. A --once run has nothing else to do and waits longer for a slow store.
inline constexpr StopBudget stop_budget{Milliseconds(3'500), Milliseconds(6'000), Milliseconds(8'500)};
inline constexpr StopBudget once_budget{Milliseconds(15'000), Milliseconds(20'000), Milliseconds(30'000)};

/// What could not be handed on at the end, in lines (messages for `unread`).
struct Unfinished {
  std::size_t unpublished = 0;
  std::size_t unread = 0;
  std::size_t unwritten = 0;
  bool nothing() const { return unpublished + unread + unwritten == 0; }
};

/// The whole gateway: start order and stop order. Driven by the main thread; its parts have a thread each:
/// sources -> [ingress] -> publisher -> [bus] -> egress -> lanes (one a sink).
class Gateway {
 public:
  /// Opens sinks, starts the embedded server where wanted, connects. invalid: says which setting cannot be used.
  /// `once`: the router joins no queue group, so that what it has polled is written by itself and nobody's share is
  /// taken.
  static Result<std::unique_ptr<Gateway>> make(config::Config config, bool once, const Clock& clock);
  ~Gateway();

  void start();
  /// For --once: every source is polled once; `polled_once` tells when all have answered. Then `stop`.
  void start_once();
  bool polled_once() const { return polled_once_; }
  /// False: the embedded server is gone (and the log says so).
  bool healthy();
  /// Stop polling, publish, drain, write. Within the budget.
  Unfinished stop(const StopBudget& budget);

  bool has_router() const { return routing_ != nullptr; }
  /// From the next message on, the rules of `router` are in force, with its interval, grace and max_series; its other
  /// settings are not.
  void replace_rules(const config::Router& router);

  const Ledger& ledger() const { return ledger_; }
  /// The accounts as a table for people, with what rules did. After `stop`.
  std::string balance() const;
  /// What stands in the way of everything being written although all queries answered; empty where nothing does.
  std::string losses() const;
  std::uint64_t failed_polls() const { return ingress_.failures(); }

 private:
  Gateway(const config::Config& config, bool once, const Clock& clock);
  Result<void> open_bus(const config::Config& config);
  Result<void> open_sources(const config::Config& config);
  Result<void> open_sinks(const config::Config& config);
  Result<std::reference_wrapper<Bus>> bus_of(const config::Sink& sink, std::string_view instance);
  void keep_connected(const std::stop_token& stop);
  Result<void> open_router(const config::Config& config);
  void start_delivery();
  void stop_publisher(SteadyTime deadline);
  void stop_egress(SteadyTime deadline);
  void stop_lanes(SteadyTime deadline);
  template <class Done>
  void wait_until(SteadyTime deadline, Done done);

  const bool once_;
  const Clock& clock_;
  Ledger ledger_;
  config::Nats nats_;  // with the embedded server's address and token, where there is one
  std::unique_ptr<EmbeddedServer> server_;
  std::unique_ptr<Bus> bus_;
  std::vector<std::unique_ptr<Bus>> sink_buses_;  // of sinks that write over NATS: a bus has one publishing thread
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::unique_ptr<Routing> routing_;  // none: no router
  std::unique_ptr<Egress> egress_;    // the same
  std::unique_ptr<Publisher> publisher_;
  Ingress ingress_;
  bool hears_itself_ = false;  // the router subscribes to what the sources publish
  Unfinished unfinished_;
  std::atomic<bool> polled_once_{false};

  std::vector<std::jthread> lane_threads_;
  std::jthread egress_thread_;
  std::jthread publisher_thread_;
  std::jthread ingress_thread_;
  std::jthread keeper_thread_;  // a connection attempt may take seconds: nobody else waits for it
};

}  // namespace gw
