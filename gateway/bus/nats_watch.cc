#include "gateway/bus/nats_watch.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>

#include "gateway/base/log.h"

namespace gw {
namespace {

/// Room for `Ccgw-*` headers in a message; the server counts headers and payload together.
constexpr std::size_t headers_bytes_max = 1024;
/// A user without permissions must not fill the log, whatever subjects it tries.
constexpr std::size_t refused_said_max = 64;
/// A subscription that loses messages says so at most this often.
constexpr Seconds lost_said_every{60};

std::size_t payload_room(std::int64_t max_payload) {
  if (max_payload <= 0) return 0;
  const auto bytes = static_cast<std::size_t>(max_payload);
  return bytes - std::min(headers_bytes_max, bytes / 2);
}

/// The first text in double quotes: `Permissions Violation for Publish to "fritz.metrics"`.
std::string quoted(std::string_view text) {
  const std::size_t from = text.find('"');
  if (from == std::string_view::npos) return {};
  const std::size_t to = text.find('"', from + 1);
  if (to == std::string_view::npos) return {};
  return std::string(text.substr(from + 1, to - from - 1));
}

}  // namespace

// Asked before the watch's lock is taken: the connection's own lock may be held by a write that waits.
NatsPeer peer_of(natsConnection* connection) {
  std::array<char, 512> url{};
  const bool known = natsConnection_GetConnectedUrl(connection, url.data(), url.size()) == NATS_OK;
  return {.url = known ? without_credentials(url.data()) : "unknown",
          .payload_bytes_max = payload_room(natsConnection_GetMaxPayload(connection))};
}

std::string without_credentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t at = url.rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)).append(url.substr(at + 1));
}

std::string last_error_text(natsStatus status) {
  natsStatus last = NATS_OK;
  const char* const detail = nats_GetLastError(&last);
  std::string_view text = detail != nullptr ? detail : "";
  if (last != status || text.empty()) return natsStatus_GetText(status);
  // (conn.c:733): SSL handshake error: …
  if (text.starts_with('(')) {
    const std::size_t end = text.find("): ");
    if (end != std::string_view::npos) text.remove_prefix(end + 3);
  }
  return std::string(text);
}

std::uint64_t NatsWatch::begin() {
  const std::scoped_lock lock(mutex_);
  called_back_ = false;
  up_ = false;
  closed_ = false;
  return ++generation_;
}

void NatsWatch::opened(std::uint64_t generation, const NatsPeer& peer) {
  const std::scoped_lock lock(mutex_);
  // Where a callback was quicker, it knows better.
  if (generation == generation_ && !called_back_) set_up(peer);
}

void NatsWatch::failed(std::uint64_t generation, std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  if (generation != generation_) return;
  set_down(reason);
  closed_ = true;
}

void NatsWatch::end() {
  const std::scoped_lock lock(mutex_);
  ++generation_;
  up_ = false;
}

void NatsWatch::reconnected(std::uint64_t generation, const NatsPeer& peer) {
  const std::scoped_lock lock(mutex_);
  if (generation != generation_) return;
  called_back_ = true;
  set_up(peer);
}

void NatsWatch::disconnected(std::uint64_t generation, std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  if (generation != generation_) return;
  called_back_ = true;
  set_down(reason);
}

void NatsWatch::closed(std::uint64_t generation, std::string_view reason) {
  const std::scoped_lock lock(mutex_);
  if (generation != generation_) return;
  called_back_ = true;
  set_down(reason);
  closed_ = true;
}

void NatsWatch::lame_duck(std::uint64_t generation, const NatsPeer& peer) {
  const std::scoped_lock lock(mutex_);
  if (generation == generation_) say(fmt::format("bus=nats state=lame_duck url={}", peer.url));
}

void NatsWatch::error(std::uint64_t generation, natsStatus status, std::string_view text) {
  const std::scoped_lock lock(mutex_);
  if (generation != generation_) return;
  if (status == NATS_NOT_PERMITTED) {
    refused(text);
  } else if (status == NATS_CONNECTION_AUTH_FAILED) {
    set_down(text);
  } else {
    say(fmt::format("bus=nats state=error reason={}", log::value(text)));
  }
}

void NatsWatch::lost(std::string_view subject, std::uint64_t lost) {
  const std::scoped_lock lock(mutex_);
  const SteadyTime now = std::chrono::steady_clock::now();
  if (lost_said_ && now - *lost_said_ < lost_said_every) return;
  lost_said_ = now;
  log::warn("bus=nats state=slow subject={} lost={}", log::value(subject), lost);
}

std::optional<SteadyTime> NatsWatch::up_since() const {
  const std::scoped_lock lock(mutex_);
  return up_since_;
}

std::string NatsWatch::reason() const {
  const std::scoped_lock lock(mutex_);
  return reason_;
}

std::uint64_t NatsWatch::refused_publishes() const {
  const std::scoped_lock lock(mutex_);
  return refused_publishes_;
}

std::size_t NatsWatch::refused_subscriptions() const {
  const std::scoped_lock lock(mutex_);
  return refused_subscriptions_.size();
}

std::optional<std::string> NatsWatch::refused_publish(std::uint64_t seen, Milliseconds wait) const {
  std::unique_lock lock(mutex_);
  if (!refused_one_.wait_for(lock, wait, [this, seen] { return refused_publishes_ > seen; })) return std::nullopt;
  return refused_subject_;
}

void NatsWatch::set_up(const NatsPeer& peer) {
  payload_bytes_max_ = peer.payload_bytes_max;
  up_since_ = std::chrono::steady_clock::now();
  refused_said_.clear();
  reason_.clear();
  up_ = true;
  say(fmt::format("bus=nats state=up url={}", peer.url));
}

void NatsWatch::set_down(std::string_view reason) {
  up_ = false;
  up_since_.reset();
  reason_ = reason;
  say(fmt::format("bus=nats state=down reason={}", log::value(reason)));
}

void NatsWatch::refused(std::string_view text) {
  const bool publish = text.find("Publish") != std::string_view::npos;
  const std::string subject = quoted(text);
  if (publish) {
    ++refused_publishes_;
    refused_subject_ = subject;
    refused_one_.notify_all();
  } else {
    refused_subscriptions_.insert(subject);
  }
  if (refused_said_.size() >= refused_said_max || !refused_said_.insert(std::string(text)).second) return;
  log::error(
      "bus=nats state=refused what={} subject={} "
      "do=\"give this user the permissions that 'cc-gateway subjects' prints for its role\"",
      publish ? "publish" : "subscribe", log::value(subject));
}

void NatsWatch::say(std::string line) {
  if (line == said_) return;
  said_ = std::move(line);
  log::write(up_ ? log::Level::info : log::Level::warn, said_);
}

/// What the library hands back to each callback.
struct NatsCallbacks {
  std::shared_ptr<NatsWatch> watch;
  std::uint64_t generation;
};

namespace {

const NatsCallbacks& self(void* closure) { return *static_cast<const NatsCallbacks*>(closure); }

void on_disconnected(natsConnection* connection, void* closure) {
  const char* ignored = nullptr;  // the text belongs to the connection, which goes on: another thread may write it
  const natsStatus status = natsConnection_GetLastError(connection, &ignored);
  self(closure).watch->disconnected(self(closure).generation,
                                    status == NATS_OK ? "connection lost" : natsStatus_GetText(status));
}

void on_reconnected(natsConnection* connection, void* closure) {
  self(closure).watch->reconnected(self(closure).generation, peer_of(connection));
}

void on_lame_duck(natsConnection* connection, void* closure) {
  self(closure).watch->lame_duck(self(closure).generation, peer_of(connection));
}

void on_error(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsStatus status, void* closure) {
  self(closure).watch->error(self(closure).generation, status, last_error_text(status));
}

/// The last callback of a connection: cnats delivers them in order on one thread.
void on_closed(natsConnection* connection, void* closure) {
  const std::unique_ptr<NatsCallbacks> last(static_cast<NatsCallbacks*>(closure));
  const char* text = nullptr;  // nobody writes it any more
  const natsStatus status = natsConnection_GetLastError(connection, &text);
  last->watch->closed(last->generation,
                      text != nullptr && *text != '\0' ? std::string_view(text) : natsStatus_GetText(status));
}

}  // namespace

NatsCallbacks* set_callbacks(natsOptions* options, std::shared_ptr<NatsWatch> watch, std::uint64_t generation) {
  auto callbacks = std::make_unique<NatsCallbacks>(std::move(watch), generation);
  natsOptions_SetDisconnectedCB(options, on_disconnected, callbacks.get());
  natsOptions_SetReconnectedCB(options, on_reconnected, callbacks.get());
  natsOptions_SetLameDuckModeCB(options, on_lame_duck, callbacks.get());
  natsOptions_SetErrorHandler(options, on_error, callbacks.get());
  natsOptions_SetClosedCB(options, on_closed, callbacks.get());
  return callbacks.release();
}

void forget_callbacks(NatsCallbacks* callbacks) { delete callbacks; }

}  // namespace gw
