#pragma once
#include <memory>
#include <stop_token>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/http/client.h"
#include "gateway/sources/source.h"

namespace gw {

/// One loop drives all sources and all their requests. One thread.
class Ingress {
 public:
  Ingress(std::unique_ptr<http::Transport> transport, const Clock& clock);

  http::Transport& transport() { return *transport_; }
  void add(std::unique_ptr<Source> source) { sources_.push_back(std::move(source)); }
  bool empty() const { return sources_.empty(); }

  /// Polls until `stop`; requests in flight are given up then.
  void run(const std::stop_token& stop);
  /// Polls every source's current tick once and waits for all answers (or `stop`).
  void run_once(const std::stop_token& stop);
  /// One round; waits up to `wait` for answers.
  void step(Milliseconds wait);
  /// Queries that gave no answer. After `run` has returned.
  std::uint64_t failures() const;

 private:
  void answers(Milliseconds wait);
  bool idle() const;

  std::unique_ptr<http::Transport> transport_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<http::Completed> completed_;
};

}  // namespace gw
