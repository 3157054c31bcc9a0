#include "gateway/pipeline/egress.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/base/log.h"

namespace gw {
namespace {

/// Settlements and due batches are looked after at least this often.
constexpr Milliseconds round_max{100};
/// And after intervals that have ended.
constexpr Seconds look_every{1};

}  // namespace

Egress::Egress(std::vector<std::unique_ptr<Subscription>> subscriptions, std::vector<std::unique_ptr<Lane>>& lanes,
               Routing& routing, Acceptor acceptor, Ledger& ledger, const Clock& clock)
    : subscriptions_(std::move(subscriptions)),
      lanes_(lanes),
      routing_(routing),
      acceptor_(std::move(acceptor)),
      ledger_(ledger),
      clock_(clock) {
  for (const auto& lane : lanes_) {
    lane->on_settled([this] {
      const std::lock_guard lock(mutex_);
      something_settled_ = true;
      settled_.notify_one();
    });
  }
}

void Egress::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) step(round_max);
  // The bus hands out nothing new now; what it has already delivered is read to the end.
  while (!give_up_ && (step(Milliseconds(0)) || pending() > 0)) {
  }
  if (!give_up_) take_made(routing_.end(clock_.now().wall), clock_.now());
  for (const auto& lane : lanes_) lane->close();
  count_lost();
  ended_ = true;
}

bool Egress::step(Milliseconds wait) {
  settle();
  count_lost();
  const Instant now = clock_.now();
  for (const auto& lane : lanes_) lane->close_due(now.steady);
  if (!a_lane_is_full()) {
    if (now.steady >= next_look_) {
      next_look_ = now.steady + look_every;
      routing_.begin(now.wall);
      if (pending() == 0) routing_.catch_up();
      take_made(routing_.end_intervals(), now);
    }
    return read_one(until_due(wait));
  }

  // What is half full in an open batch would wait for its age while the bus waits for room.
  for (const auto& lane : lanes_) lane->close();
  std::unique_lock lock(mutex_);
  settled_.wait_for(lock, round_max, [this] { return something_settled_ || give_up_; });
  something_settled_ = false;
  return false;
}

void Egress::give_up() {
  give_up_ = true;
  const std::lock_guard lock(mutex_);
  settled_.notify_all();
}

std::uint64_t Egress::pending() const {
  std::uint64_t sum = 0;
  for (const auto& subscription : subscriptions_) sum += subscription->pending();
  return sum;
}

bool Egress::a_lane_is_full() {
  const auto full = std::find_if(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->full(); });
  const bool now_full = full != lanes_.end();
  if (now_full != std::exchange(was_full_, now_full)) {
    if (now_full)
      log::warn(
          "router state=full sink={} hint=\"its hold_bytes are used up: the bus is not read until it takes lines "
          "again\"",
          (*full)->name());
    else
      log::info("router state=reading");
  }
  return now_full;
}

void Egress::settle() {
  for (const auto& lane : lanes_)
    for (const std::uint64_t frame : lane->take_settled()) release(frame);
}

void Egress::release(std::uint64_t frame) {
  const auto found = outstanding_.find(frame);
  if (--found->second.shares > 0) return;
  if (const auto subscription = found->second.subscription)
    subscriptions_[*subscription]->acknowledge(found->second.token);
  outstanding_.erase(found);
}

Milliseconds Egress::until_due(Milliseconds wait) const {
  const SteadyTime now = clock_.now().steady;
  for (const auto& lane : lanes_) {
    if (const auto due = lane->due())
      wait = std::min(wait, std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(*due - now)));
  }
  return wait;
}

bool Egress::read_one(Milliseconds wait) {
  const Milliseconds share = wait / static_cast<int>(subscriptions_.size());
  for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
    const std::size_t index = next_subscription_;
    next_subscription_ = (next_subscription_ + 1) % subscriptions_.size();
    if (const auto received = subscriptions_[index]->next(share)) {
      take(index, *received);
      return true;
    }
  }
  return false;
}

void Egress::take(std::size_t subscription, const Received& received) {
  const std::uint64_t frame = next_frame_++;
  outstanding_.emplace(frame, Origin{subscription, received.token, 1});
  const Instant now = clock_.now();
  const bool has_rules = routing_.begin(now.wall);
  decoder_.reset(received.payload);
  for (codecs::Step step; (step = decoder_.next()) != codecs::Step::end;) {
    ledger_.receive().in();
    if (step == codecs::Step::error) {
      const codecs::DecodeError& error = decoder_.error();
      drop_line(error.text, Reason::syntax, fmt::format("column {}: {}", error.column, error.reason));
    } else if (has_rules) {
      route_line(decoder_.line());
    } else {
      take_line(decoder_.line(), frame, now);
    }
  }
  take_routed(frame, now);
  if (pending() == 0) routing_.catch_up();
  const codecs::Leniencies& leniencies = decoder_.leniencies();
  ledger_.leniencies += leniencies.commas_without_tag + leniencies.empty_tag_values;
  release(frame);
}

void Egress::route_line(const codecs::Line& line) {
  const router::Routed routed = routing_.route(line);
  if (routed.kind == router::Routed::Kind::dropped) ledger_.receive().drop(Reason::rule);
  if (routed.kind == router::Routed::Kind::not_representable)
    drop_line(line.text, Reason::not_representable, routed.problem);
}

void Egress::take_routed(std::uint64_t frame, Instant now) {
  routed_decoder_.reset(routing_.text());
  for (codecs::Step step; (step = routed_decoder_.next()) != codecs::Step::end;) {
    if (step == codecs::Step::record)
      take_line(routed_decoder_.line(), frame, now);
    else
      drop_line(routed_decoder_.error().text, Reason::syntax, routed_decoder_.error().reason);
  }
  routing_.clear();
}

/// Lines that rules have made, of no delivery.
void Egress::take_made(const router::Made& made, Instant now) {
  ledger_.receive().made(made.total());
  ledger_.receive().drop(Reason::rule, made.dropped);
  ledger_.receive().drop(Reason::not_representable, made.not_representable);
  if (made.appended == 0) return;
  const std::uint64_t frame = next_frame_++;
  outstanding_.emplace(frame, Origin{std::nullopt, 0, 1});
  take_routed(frame, now);
  release(frame);
}

void Egress::take_line(const codecs::Line& line, std::uint64_t frame, Instant now) {
  const auto accepted = acceptor_.accept(line, now.wall);
  if (!accepted) return drop_line(line.text, accepted.error(), "");
  ledger_.receive().out();
  for (const auto& lane : lanes_) {
    if (lane->add(accepted->line, accepted->host, frame, now.steady)) ++outstanding_.at(frame).shares;
  }
}

// One line of each kind is shown, the rest is counted: a sender that is wrong is wrong in every line.
void Egress::drop_line(std::string_view text, Reason reason, std::string_view detail) {
  ledger_.receive().drop(reason);
  if (std::exchange(told_[static_cast<std::size_t>(reason)], true)) return;
  log::warn("router dropped={} line={}{}{} hint=\"told once; the rest is counted\"", name(reason), log::value(text),
            detail.empty() ? "" : " reason=", detail.empty() ? "" : log::value(detail));
}

void Egress::count_lost() {
  std::uint64_t lost = 0;
  for (const auto& subscription : subscriptions_) lost += subscription->lost();
  ledger_.messages_lost = lost;
}

}  // namespace gw
