// BlockPool: the memory of one thread's blocks, segments, coroutine frames and request states.
//
// Free lists by size class, last in first out, so that the block handed out is the one still in the
// cache. After warm-up a request takes all it needs from here and malloc is not called.
//
//   class   0     1     2   ...   10
//   bytes   64   128   256  ...  65536        larger requests go straight to operator new
//
// Under AddressSanitizer the pieces in the free lists are poisoned, so that a use after the return
// is still caught.
//
// Owner:   the thread; local() makes it, the end of the thread frees it.
// Threads: each thread has its own. Memory may be freed on another thread than it was taken from:
//          it then joins that thread's pool.
// Errors:  out of memory ends the program, as operator new does.
// Limits:  at most cache_limit() bytes wait in the free lists (default 16 MiB a thread); the rest
//          goes back to malloc.
// Cost:    a list pop or push, about ten instructions.
#ifndef TURBO_BUFFER_BLOCK_POOL_H_
#define TURBO_BUFFER_BLOCK_POOL_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace turbo {

// Plain numbers that metrics read on the pool's thread.
struct BlockPoolCounters {
  uint64_t hits = 0;      // served from a free list
  uint64_t misses = 0;    // served by malloc, any size
  uint64_t returned = 0;  // given back to malloc because the cache was full or the piece too large
  size_t cached_bytes = 0;  // waiting in the free lists now
};

class BlockPool {
 public:
  static constexpr size_t kSmallestClass = 64;
  static constexpr size_t kLargestClass = 65536;
  static constexpr size_t kDefaultCacheLimit = size_t{16} << 20;

  // This thread's pool. When the thread ends its cache is freed and later callers (other
  // thread-local and static destructors) get a pool that keeps nothing.
  static BlockPool& local() {
    if (local_ != nullptr) [[likely]]
      return *local_;
    return make_local();
  }

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

  // `bytes` bytes, aligned as operator new aligns.
  [[nodiscard]] void* allocate(size_t bytes);

  // At least `bytes` bytes, and the slack of the class with them: `bytes` of the piece is
  // usable_size(bytes), which is what deallocate() wants to hear.
  struct Piece {
    void* memory;
    size_t bytes;
  };
  [[nodiscard]] Piece allocate_whole(size_t bytes);

  // Requires: `piece` came from allocate(bytes) with the same `bytes`, of any thread's pool.
  void deallocate(void* piece, size_t bytes) noexcept;

  // The size of the piece that serves allocate(bytes): the next power of two, or `bytes` above the
  // largest class.
  static size_t usable_size(size_t bytes) {
    return bytes > kLargestClass ? bytes : class_bytes(class_of(bytes));
  }

  // Frees what is cached beyond `bytes` and keeps to it from now on.
  void set_cache_limit(size_t bytes);
  size_t cache_limit() const { return cache_limit_; }

  const BlockPoolCounters& counters() const { return counters_; }

 private:
  static constexpr size_t kClasses = 11;

  // A cached piece. Its first word stays poisoned under AddressSanitizer: there a coroutine frame
  // has the address that a stale handle would jump to.
  struct FreePiece {
    void* poisoned;
    FreePiece* next;
  };

  static uint32_t class_of(size_t bytes) {
    return bytes <= kSmallestClass ? 0 : static_cast<uint32_t>(std::bit_width(bytes - 1)) - 6;
  }
  static size_t class_bytes(uint32_t index) { return kSmallestClass << index; }

  static BlockPool& make_local();
  // Requires: `index` is the class of `bytes`.
  void* take(uint32_t index, size_t bytes);
  void* allocate_fresh(size_t bytes);
  void deallocate_fresh(void* piece, size_t bytes) noexcept;

  static constinit thread_local BlockPool* local_;

  std::array<FreePiece*, kClasses> free_{};
  size_t cache_limit_ = kDefaultCacheLimit;
  BlockPoolCounters counters_;
};

#if defined(__SANITIZE_ADDRESS__)
#define TURBO_POOL_POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TURBO_POOL_POISONS 1
#endif
#endif

// Without AddressSanitizer the two functions below do nothing.
namespace pool_poison {
#ifdef TURBO_POOL_POISONS
void make_usable(void* piece, size_t bytes);
void make_linkable(void* piece);
void poison_cached(void* piece, size_t class_bytes);
#else
inline void make_usable(void*, size_t) {}
inline void make_linkable(void*) {}
inline void poison_cached(void*, size_t) {}
#endif
}  // namespace pool_poison

inline void* BlockPool::allocate(size_t bytes) {
  if (bytes > kLargestClass) [[unlikely]]
    return allocate_fresh(bytes);
  return take(class_of(bytes), bytes);
}

inline BlockPool::Piece BlockPool::allocate_whole(size_t bytes) {
  if (bytes > kLargestClass) [[unlikely]]
    return {allocate_fresh(bytes), bytes};
  const uint32_t index = class_of(bytes);
  return {take(index, class_bytes(index)), class_bytes(index)};
}

inline void* BlockPool::take(uint32_t index, size_t bytes) {
  FreePiece* const piece = free_[index];
  if (piece == nullptr) [[unlikely]]
    return allocate_fresh(bytes);
  free_[index] = piece->next;
  ++counters_.hits;
  counters_.cached_bytes -= class_bytes(index);
  pool_poison::make_usable(piece, bytes);
  return piece;
}

inline void BlockPool::deallocate(void* memory, size_t bytes) noexcept {
  if (bytes > kLargestClass) [[unlikely]]
    return deallocate_fresh(memory, bytes);
  const uint32_t index = class_of(bytes);
  const size_t cached = counters_.cached_bytes + class_bytes(index);
  if (cached > cache_limit_) [[unlikely]]
    return deallocate_fresh(memory, bytes);
  counters_.cached_bytes = cached;
  pool_poison::make_linkable(memory);
  FreePiece* piece = static_cast<FreePiece*>(memory);
  piece->next = free_[index];
  free_[index] = piece;
  pool_poison::poison_cached(memory, class_bytes(index));
}

}  // namespace turbo

#endif  // TURBO_BUFFER_BLOCK_POOL_H_
