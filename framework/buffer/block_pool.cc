#include "framework/buffer/block_pool.h"

#include <new>

#ifdef TURBO_POOL_POISONS
#include <sanitizer/asan_interface.h>
#endif

namespace turbo {

constinit thread_local BlockPool* BlockPool::local_ = nullptr;

#ifdef TURBO_POOL_POISONS
namespace pool_poison {

void make_usable(void* piece, size_t bytes) { __asan_unpoison_memory_region(piece, bytes); }

void make_linkable(void* piece) { __asan_unpoison_memory_region(piece, 2 * sizeof(void*)); }

// All but the second word, which holds the link: the leak checker must be able to follow it.
void poison_cached(void* piece, size_t class_bytes) {
  char* const bytes = static_cast<char*>(piece);
  __asan_poison_memory_region(bytes, sizeof(void*));
  __asan_poison_memory_region(bytes + 2 * sizeof(void*), class_bytes - 2 * sizeof(void*));
}

}  // namespace pool_poison
#endif

namespace {

// The pool's memory is never given up before the thread's own: destructors that run after the
// emptier's still find a pool there, one that caches nothing.
alignas(BlockPool) constinit thread_local unsigned char local_storage[sizeof(BlockPool)] = {};

struct Emptier {
  explicit Emptier(BlockPool& emptied) : pool(emptied) {}
  ~Emptier() { pool.set_cache_limit(0); }
  BlockPool& pool;
};

}  // namespace

BlockPool& BlockPool::make_local() {
  local_ = new (local_storage) BlockPool;
  static thread_local Emptier emptier(*local_);
  return *local_;
}

BlockPool::~BlockPool() { set_cache_limit(0); }

void* BlockPool::allocate_fresh(size_t bytes) {
  ++counters_.misses;
  void* const piece = ::operator new(usable_size(bytes));
#ifdef TURBO_POOL_POISONS
  __asan_poison_memory_region(piece, usable_size(bytes));
#endif
  pool_poison::make_usable(piece, bytes);
  return piece;
}

void BlockPool::deallocate_fresh(void* piece, [[maybe_unused]] size_t bytes) noexcept {
  ++counters_.returned;
#ifdef TURBO_POOL_POISONS
  __asan_unpoison_memory_region(piece, usable_size(bytes));
#endif
  ::operator delete(piece);
}

void BlockPool::set_cache_limit(size_t bytes) {
  cache_limit_ = bytes;
  // Large pieces first: the small ones are the costlier to get again for their size.
  for (uint32_t index = kClasses; index-- > 0;) {
    while (counters_.cached_bytes > bytes && free_[index] != nullptr) {
      FreePiece* const piece = free_[index];
      free_[index] = piece->next;
      counters_.cached_bytes -= class_bytes(index);
      deallocate_fresh(piece, class_bytes(index));
    }
  }
}

}  // namespace turbo
