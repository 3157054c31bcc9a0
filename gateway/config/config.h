#pragma once
// The configuration as plain structs. conf/gateway.toml is the manual of every key; load.h reads the file.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/config/problem.h"
#include "gateway/config/secret.h"
#include "gateway/http/client.h"

namespace gw::router {
struct RuleSet;
}  // namespace gw::router

namespace gw::config {

struct Gateway {
  std::string cluster;   ///< a valid subject token
  std::string instance;  ///< default: the short host name; a valid subject token
  std::filesystem::path state_dir = "/var/lib/cc-gateway";
  Position where;
  friend bool operator==(const Gateway&, const Gateway&) = default;
};

struct Nats {
  std::vector<std::string> url{"nats://127.0.0.1:4222"};
  bool embedded = false;
  std::string server = "nats-server";  ///< program of the embedded server
  std::string prefix;                  ///< stands before the cluster in every subject
  std::filesystem::path credentials_file;
  std::string user;
  Secret password;
  Secret token;
  std::filesystem::path nkey_seed_file;
  std::optional<http::Tls> tls;
  Position where;
  friend bool operator==(const Nats&, const Nats&) = default;
};

/// How a host name is read from a label, in this order.
struct HostnameRule {
  std::string label = "instance";
  bool strip_port = true;    ///< node01:9100 -> node01, [::1]:9100 -> ::1
  std::string regex;         ///< RE2; the first group, or the whole match; no match = no host name
  std::string strip_suffix;  ///< ".example.org"
  std::string add_suffix;
  friend bool operator==(const HostnameRule&, const HostnameRule&) = default;
};

struct Query {
  std::string metric;
  std::string query;
  double scale = 1;
  std::string type = "node";
  std::string type_id;  ///< the label whose value becomes type-id
  std::string unit;
  std::map<std::string, std::string> labels;  ///< tag -> label whose value it gets
  std::map<std::string, std::string> tags;    ///< tag -> constant value
  HostnameRule hostname;
  Position where;
  friend bool operator==(const Query&, const Query&) = default;
};

struct Source {
  std::string name;
  std::string type;  ///< a row of sources/registry.h
  std::string url;
  Seconds interval{60};
  Milliseconds delay{0};           ///< a tick is polled this long after it happened
  std::optional<Seconds> max_age;  ///< how far Prometheus looks back for a sample; the file's default is 2
                                   ///< intervals, at least 2 minutes; none = Prometheus' own rule
  Milliseconds timeout{10'000};
  std::string user;
  Secret password;
  Secret bearer_token;
  std::map<std::string, std::string> headers;
  http::Tls tls;
  std::size_t response_bytes_max = 64 << 20;
  std::size_t samples_max = 1'000'000;  ///< of one answer; what is over it is dropped and counted
  std::vector<Query> queries;
  Position where;
  friend bool operator==(const Source&, const Source&) = default;
};

struct Router {
  std::vector<std::string> subscribe;  ///< default: <prefix>.<cluster>.metrics
  std::string queue = "cc-gateway";
  Seconds future_max{600};  ///< a sample further ahead than this is dropped: it would block its series in the store
  std::shared_ptr<const router::RuleSet> rules;  ///< null: there are none, lines go on as they came
  Seconds interval{60};                          ///< what rules count time in
  Seconds grace{10};                             ///< how long after its end an interval takes values for aggregates
  std::size_t max_series = 1'000'000;            ///< that rules remember, and that aggregates keep values of
  friend bool operator==(const Router&, const Router&) = default;
};

struct Sink {
  enum class Transport { rest, nats };
  std::string name;
  std::string type;  ///< a row of sinks/registry.h
  std::string url;
  Transport transport = Transport::rest;
  std::string subject;  ///< of transport nats
  Secret token;
  http::Tls tls;
  Milliseconds timeout{10'000};
  std::size_t batch_bytes = 512 << 10;
  Milliseconds batch_age{1'000};
  std::size_t hold_bytes = 64 << 20;  ///< what waits for the sink at most; full = the bus is not read
  std::size_t dead_letter_bytes = 64 << 20;
  std::filesystem::path path;          ///< of type file
  std::filesystem::path store_config;  ///< cc-metric-store's config.json: names and frequencies are checked against it
  Position where;
  friend bool operator==(const Sink&, const Sink&) = default;
};

/// The parts that stand in the file decide the roles: sources = poller, router and sinks = subscriber.
struct Config {
  Gateway gateway;
  Nats nats;
  std::vector<Source> sources;
  std::optional<Router> router;
  std::vector<Sink> sinks;
  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace gw::config
