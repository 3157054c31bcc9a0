#include "tests/codecs/allocations.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t allocation_count = 0;
thread_local std::ptrdiff_t bytes_in_use = 0;  // frees of what another thread took make it negative
thread_local std::ptrdiff_t bytes_peak = 0;
thread_local std::ptrdiff_t bytes_at_start = 0;

void* allocate_or_null(std::size_t size) noexcept {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) return nullptr;
  ++allocation_count;
  bytes_in_use += static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  bytes_peak = std::max(bytes_peak, bytes_in_use);
  return memory;
}

void* allocate(std::size_t size) {
  void* const memory = allocate_or_null(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void release(void* memory) {
  if (memory != nullptr) bytes_in_use -= static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

Allocations::Allocations() {
  allocation_count = 0;
  bytes_at_start = bytes_peak = bytes_in_use;
}

std::size_t Allocations::count() const { return allocation_count; }
std::size_t Allocations::peak_bytes() const { return static_cast<std::size_t>(bytes_peak - bytes_at_start); }
