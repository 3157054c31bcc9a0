#pragma once
// Where measurements come from.

#include <cstdint>
#include <string>

#include "gateway/base/clock.h"
#include "gateway/base/ledger.h"
#include "gateway/bus/bus.h"
#include "gateway/http/client.h"

namespace gw {

/// Takes finished frames of lines. Called by the ingress thread; never blocks.
class FrameQueue {
 public:
  virtual ~FrameQueue() = default;
  virtual void push(Frame frame) = 0;
  /// Payload bytes of one frame at most, for the server that is connected now.
  virtual std::size_t frame_bytes_max() const = 0;
};

/// What a source works with. Everything outlives it.
struct SourceContext {
  http::Transport& http;
  FrameQueue& frames;
  Account& account;
  std::string cluster;  ///< tag of every line
  std::string subject;  ///< where the lines go
  std::size_t index;    ///< of the source, for Frame::source
};

/// A polled source. Driven by the ingress thread alone; does no I/O but through the transport.
class Source {
 public:
  virtual ~Source() = default;
  /// Starts the poll that is due, if one is. Returns when to be called again.
  virtual SteadyTime step(Instant now) = 0;
  /// Takes the answer of one of its requests; false where the request is not its own.
  virtual bool take(http::Completed& completed, Instant now) = 0;
  /// No poll is running.
  virtual bool idle() const = 0;
  /// Polls that gave no answer so far (one failed query = one).
  virtual std::uint64_t failures() const = 0;
  /// Ticks that were due while the one before was still running.
  virtual std::uint64_t skipped() const = 0;
};

}  // namespace gw
