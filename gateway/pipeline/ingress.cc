#include "gateway/pipeline/ingress.h"

#include <algorithm>

namespace gw {

Ingress::Ingress(std::unique_ptr<http::Transport> transport, const Clock& clock)
    : transport_(std::move(transport)), clock_(clock) {}

void Ingress::run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { transport_->wake(); });
  while (!stop.stop_requested()) step(std::chrono::hours(1));
  transport_->cancel_all();
}

void Ingress::run_once(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { transport_->wake(); });
  for (const auto& source : sources_) source->step(clock_.now());
  while (!idle() && !stop.stop_requested()) answers(Seconds(1));
  transport_->cancel_all();
}

void Ingress::step(Milliseconds wait) {
  const Instant now = clock_.now();
  SteadyTime next = now.steady + wait;
  for (const auto& source : sources_) next = std::min(next, source->step(now));
  answers(std::chrono::ceil<Milliseconds>(std::max(SteadyTime::duration(0), next - now.steady)));
}

void Ingress::answers(Milliseconds wait) {
  completed_.clear();
  transport_->poll(wait, completed_);
  const Instant now = clock_.now();
  for (http::Completed& completed : completed_)
    std::any_of(sources_.begin(), sources_.end(), [&](const auto& source) { return source->take(completed, now); });
}

bool Ingress::idle() const {
  return std::all_of(sources_.begin(), sources_.end(), [](const auto& source) { return source->idle(); });
}

std::uint64_t Ingress::failures() const {
  std::uint64_t sum = 0;
  for (const auto& source : sources_) sum += source->failures();
  return sum;
}

}  // namespace gw
