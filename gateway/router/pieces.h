#pragma once
#include <cstddef>
#include <memory>
#include <vector>

namespace gw::router {

/// Memory that is taken bit by bit, in the order in which it is used, and given back all at once. What is made in it is
/// not destroyed. Not thread-safe.
class Pieces {
 public:
  static constexpr std::size_t piece_bytes = std::size_t{2} << 20;

  /// Room for `bytes`, at most `piece_bytes`, at a multiple of `align`, a power of two.
  char* room(std::size_t bytes, std::size_t align);
  void clear();
  std::size_t bytes() const { return pieces_.size() * piece_bytes; }

 private:
  struct Free {
    void operator()(char* piece) const;
  };
  std::vector<std::unique_ptr<char[], Free>> pieces_;
  std::size_t used_ = piece_bytes;  ///< of the last one
};

}  // namespace gw::router
