// cc-metric-store's NATS intake: a plain subscription, line protocol as it is, many lines a message.
//
// What core NATS promises here: after a flush the server has the lines. It does not say whether a store was there to
// get them, nor whether the store took them: it drops the rest of a message after a bad line and tells only its own
// log. So `written` means "handed to the server", and nothing comes back to be bisected. REST says more.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "gateway/bus/bus.h"
#include "gateway/sinks/cc_metric_store.h"

namespace gw {
namespace {

/// A flush is asked for in pieces of this length, so that an interruption is seen between them.
constexpr Milliseconds flush_piece{500};
/// After a reconnect the store's own client needs a moment to subscribe again (it waits 2 s between its tries); what
/// is published before reaches nobody.
constexpr Milliseconds settle{3'000};

Verdict hold(std::string reason, std::optional<Milliseconds> retry_after = {}) {
  return {.reaction = Reaction::hold, .reason = std::move(reason), .retry_after = retry_after};
}

class NatsStore final : public Sink {
 public:
  NatsStore(const config::Sink& settings, Bus& bus, const Clock& clock)
      : subject_(settings.subject),
        timeout_(settings.timeout),
        bus_(bus),
        clock_(clock),
        stood_at_start_(bus.connected_since()) {}

  Verdict attempt(std::string_view lines) override {
    const std::optional<SteadyTime> since = bus_.connected_since();
    const std::size_t bytes_max = bus_.payload_bytes_max();
    if (!since || bytes_max == 0) return hold("not connected to NATS");
    if (const Milliseconds wait = settling(*since); wait > Milliseconds{0})
      return hold("NATS is back, the store may not have subscribed yet", wait);
    while (!lines.empty()) {
      const std::string_view payload = head(lines, bytes_max);
      if (const Result<void> sent = publish(payload); !sent) return refused(sent.error());
      lines.remove_prefix(payload.size());
    }
    return flush();
  }

  void interrupt() override { interrupted_ = true; }

 private:
  /// How long to wait because the connection is new, and the store may still be on its way back to the server. One that
  /// stood when we started is not: the store had its time.
  Milliseconds settling(SteadyTime since) const {
    if (since == stood_at_start_) return Milliseconds{0};
    return std::chrono::ceil<Milliseconds>(since + settle - clock_.now().steady);
  }

  /// As many whole lines from the start as fit, but at least one: a single line that is too large is refused by the
  /// bus, and halved down to by the delivery.
  static std::string_view head(std::string_view lines, std::size_t bytes_max) {
    if (lines.size() <= bytes_max) return lines;
    std::size_t end = lines.rfind('\n', bytes_max - 1);
    if (end == std::string_view::npos) end = lines.find('\n');
    return lines.substr(0, end == std::string_view::npos ? lines.size() : end + 1);
  }

  Result<void> publish(std::string_view payload) {
    Frame frame;
    frame.subject = subject_;
    frame.payload = payload;
    frame.lines = static_cast<std::uint32_t>(std::ranges::count(payload, '\n'));
    frame.sequence = ++sequence_;
    return bus_.publish(frame);
  }

  static Verdict refused(const Error& error) {
    if (error.kind != Error::Kind::rejected) return hold(error.text);
    return {.reaction = Reaction::halve, .reason = error.text, .retry_after = {}};
  }

  Verdict flush() {
    Milliseconds left = timeout_;
    for (;;) {
      const Milliseconds piece = std::min(left, flush_piece);
      const SteadyTime started = clock_.now().steady;
      const Result<void> flushed = bus_.flush(piece);
      if (flushed) return {.reaction = Reaction::written, .reason = {}, .retry_after = {}};
      left -= piece;
      // An error that came before its time is an answer, not a slow server.
      const bool answered = clock_.now().steady - started < piece;
      if (answered || interrupted_ || left <= Milliseconds{0}) return hold(flushed.error().text);
    }
  }

  std::string subject_;
  Milliseconds timeout_;
  Bus& bus_;
  const Clock& clock_;
  const std::optional<SteadyTime> stood_at_start_;
  std::uint64_t sequence_ = 0;
  std::atomic<bool> interrupted_{false};
};

}  // namespace

std::unique_ptr<Sink> make_store_over_nats(const config::Sink& settings, Bus& bus, const Clock& clock) {
  return std::make_unique<NatsStore>(settings, bus, clock);
}

}  // namespace gw
