#pragma once
// Counts what operator new hands out on this thread.

#include <cstddef>

/// From construction to the moment of asking. One at a time on a thread.
class Allocations {
 public:
  Allocations();
  std::size_t count() const;
  /// The most bytes that were in use at one time, beyond those in use at construction.
  std::size_t peak_bytes() const;
};
