#include "framework/http2/nghttp2_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>

#include "framework/buffer/block_pool.h"

namespace turbo::http2 {
namespace {

struct alignas(16) Header {
  size_t bytes;  // of the whole piece
};

// nghttp2 has a buffer of 16 KiB and a bit for each session's life, for which the pool would give
// 32 KiB.
bool wastes_much(size_t bytes) {
  return bytes > 8192 && BlockPool::usable_size(bytes) > bytes + bytes / 4;
}

void* take(size_t wanted, void*) {
  // As malloc() for lengths that overflow.
  if (wanted > SIZE_MAX / 2) return nullptr;
  const size_t bytes = wanted + sizeof(Header);
  void* piece = wastes_much(bytes) ? ::operator new(bytes) : BlockPool::local().allocate(bytes);
  return new (piece) Header{bytes} + 1;
}

void give(void* memory, void*) {
  if (memory == nullptr) return;
  Header* header = static_cast<Header*>(memory) - 1;
  const size_t bytes = header->bytes;
  if (wastes_much(bytes)) return ::operator delete(header);
  BlockPool::local().deallocate(header, bytes);
}

void* take_zeroed(size_t count, size_t size, void* user) {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  void* memory = take(bytes, user);
  if (memory != nullptr) std::memset(memory, 0, bytes);
  return memory;
}

void* resize(void* memory, size_t bytes, void* user) {
  void* moved = take(bytes, user);
  if (memory == nullptr || moved == nullptr) return moved;
  const size_t old = (static_cast<Header*>(memory) - 1)->bytes - sizeof(Header);
  std::memcpy(moved, memory, std::min(old, bytes));
  give(memory, user);
  return moved;
}

}  // namespace

nghttp2_mem* nghttp2_memory() {
  static constinit nghttp2_mem memory = {nullptr, take, give, take_zeroed, resize};
  return &memory;
}

}  // namespace turbo::http2
