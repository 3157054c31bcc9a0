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

void* counted(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return nullptr;
  ++allocation_count;
  bytes_in_use += static_cast<std::ptrdiff_t>(size);
  bytes_peak = std::max(bytes_peak, bytes_in_use);
  return memory;
}

void* allocate_or_null(std::size_t size) noexcept {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  return counted(memory, malloc_usable_size(memory));
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void* allocate(std::size_t size) { return or_throw(allocate_or_null(size)); }

void release(void* memory) {
  if (memory != nullptr) bytes_in_use -= static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate_or_null(size); }
void* operator new[](std::size_t size, std::align_val_t alignment) {
  const auto boundary = static_cast<std::size_t>(alignment);
  return or_throw(counted(std::aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary), size));
}
// What malloc says of these reaches to the end of their mapping, and that is further by chance.
void operator delete[](void* memory, std::size_t size, std::align_val_t) noexcept {
  if (memory != nullptr) bytes_in_use -= static_cast<std::ptrdiff_t>(size);
  std::free(memory);
}
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
