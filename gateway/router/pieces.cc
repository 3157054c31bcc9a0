#include "gateway/router/pieces.h"

#include <sys/mman.h>

#include <new>

namespace gw::router {

namespace {

/// A piece is one huge page where the system gives these: series come in any order, and with small pages each would
/// cost a walk through the page table too. Where it gives none, the call says so and nothing else is different.
constexpr std::align_val_t piece_align{Pieces::piece_bytes};

}  // namespace

void Pieces::Free::operator()(char* piece) const { ::operator delete[](piece, piece_bytes, piece_align); }

char* Pieces::room(std::size_t bytes, std::size_t align) {
  used_ = (used_ + align - 1) / align * align;
  if (used_ + bytes > piece_bytes) {
    pieces_.emplace_back(static_cast<char*>(::operator new[](piece_bytes, piece_align)));
    madvise(pieces_.back().get(), piece_bytes, MADV_HUGEPAGE);
    used_ = 0;
  }
  char* const at = pieces_.back().get() + used_;
  used_ += bytes;
  return at;
}

void Pieces::clear() {
  pieces_.clear();
  used_ = piece_bytes;
}

}  // namespace gw::router
