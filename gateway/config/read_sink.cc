#include <fmt/core.h>

#include <array>
#include <span>

#include "gateway/config/tables.h"
#include "gateway/config/types.h"
#include "subjects/subject.h"

namespace gw::config {
namespace {

constexpr std::array<std::string_view, 2> transports{"rest", "nats"};

constexpr std::string_view of_store = R"(type = "cc_metric_store")";
constexpr std::string_view of_rest = R"(type = "cc_metric_store" with transport = "rest")";
constexpr std::string_view of_nats = R"(type = "cc_metric_store" with transport = "nats")";
constexpr std::string_view of_file = R"(type = "file")";

constexpr std::size_t batch_bytes_min = 1 << 10;
constexpr std::size_t batch_bytes_max = 16 << 20;
/// A batch is one message then: the server's default max_payload is 1 MiB, and headers need room.
constexpr std::size_t nats_batch_bytes_max = 1000 << 10;
constexpr std::size_t hold_bytes_max = std::size_t{16} << 30;
constexpr std::size_t dead_letter_bytes_min = 64 << 10;

constexpr std::array<std::string_view, 5> keys_of_transports{"url", "subject", "token_file", "token", "tls"};
constexpr std::array<std::string_view, 9> keys_of_types{"url",  "subject",   "token_file", "token",       "tls",
                                                        "path", "transport", "timeout",    "store_config"};

/// The type or transport is wrong: which of these keys fit, and which are missing, is not known.
void accept_any(TableReader& table, std::span<const std::string_view> keys) {
  for (const std::string_view key : keys) table.fits(key, true, {});
}

void read_rest(TableReader& table, bool rest, Sink& sink) {
  table.fits("url", rest, of_rest);
  if (rest) {
    if (const auto url = table.required("url", "url = \"http://127.0.0.1:8082\"")) {
      sink.url = url->value;
      const std::string problem = http::url_problem(sink.url);
      if (!problem.empty()) table.reading().error(url->where, fmt::format("'url' in {}: {}", table.title(), problem));
    }
  }
  const bool token_file = table.fits("token_file", rest, of_rest);
  const bool token = table.fits("token", rest, of_rest);
  if (token_file || token) sink.token = table.secret("token");
  if (table.fits("tls", rest, of_rest)) sink.tls = table.tls("tls").value_or(http::Tls{});
}

void read_nats_transport(TableReader& table, bool nats, Sink& sink) {
  table.fits("subject", nats, of_nats);
  if (!nats) return;
  const auto subject = table.required("subject", "subject = \"ccms.metrics\"");
  if (!subject) return;
  sink.subject = subject->value;
  const std::string_view problem = subjects::subject_problem(sink.subject);
  if (!problem.empty()) {
    table.reading().error(subject->where, fmt::format("{} is no subject: it {}", in_quotes(subject->shown), problem));
  }
}

void read_store(TableReader& table, bool store, Sink& sink) {
  bool known = true;
  if (table.fits("transport", store, of_store)) {
    const auto transport = table.choice("transport", transports);
    known = transport.has_value();
    if (transport == "nats") sink.transport = Sink::Transport::nats;
  }
  if (!known) {
    accept_any(table, keys_of_transports);
  } else {
    read_rest(table, store && sink.transport == Sink::Transport::rest, sink);
    read_nats_transport(table, store && sink.transport == Sink::Transport::nats, sink);
  }
  if (table.fits("timeout", store, of_store)) {
    table.duration("timeout", Milliseconds{100}, Seconds{600}, sink.timeout);
  }
  if (table.fits("store_config", store, of_store)) sink.store_config = table.file("store_config", false);
}

void read_path(TableReader& table, bool file, Sink& sink) {
  table.fits("path", file, of_file);
  if (file && table.required("path", "path = \"/var/lib/cc-gateway/metrics.lp\"")) sink.path = table.path("path");
}

void read_batches(TableReader& table, Sink& sink) {
  const bool nats = sink.transport == Sink::Transport::nats;
  table.size("batch_bytes", batch_bytes_min, nats ? nats_batch_bytes_max : batch_bytes_max, sink.batch_bytes);
  table.duration("batch_age", Milliseconds{10}, Seconds{60}, sink.batch_age);
  table.size("hold_bytes", 2 * batch_bytes_min, hold_bytes_max, sink.hold_bytes);
  if (sink.hold_bytes < 2 * sink.batch_bytes) {
    table.reading().error(table.where(table.has("hold_bytes") ? "hold_bytes" : "batch_bytes"),
                          "'hold_bytes' must be at least twice 'batch_bytes': one batch is written while the next one "
                          "is filled");
  }
  table.size("dead_letter_bytes", dead_letter_bytes_min, hold_bytes_max, sink.dead_letter_bytes);
}

}  // namespace

Sink read_sink(TableReader& table) {
  Sink sink;
  sink.where = table.where();
  sink.name = table.name("name = \"ccms\"");
  if (!table.has("type")) table.missing("type", "type = \"cc_metric_store\"");
  if (const auto type = table.choice("type", sink_types)) {
    sink.type = *type;
    read_store(table, sink.type == "cc_metric_store", sink);
    read_path(table, sink.type == "file", sink);
  } else {
    accept_any(table, keys_of_types);
  }
  read_batches(table, sink);
  table.finish();
  return sink;
}

}  // namespace gw::config
