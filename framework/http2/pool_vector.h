// PoolVector: a vector whose memory comes from the thread's BlockPool.
//
// Owner:   whoever holds it.
// Threads: one; the memory goes to the pool of the thread that frees it.
// Errors:  none.
// Limits:  none.
// Cost:    those of the pool: a list pop or push.
#ifndef TURBO_HTTP2_POOL_VECTOR_H_
#define TURBO_HTTP2_POOL_VECTOR_H_

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/buffer/block_pool.h"

namespace turbo::http2 {

template <class T>
struct PoolAllocator {
  using value_type = T;

  PoolAllocator() = default;
  template <class Other>
  PoolAllocator(const PoolAllocator<Other>&) {}  // NOLINT: containers convert it

  T* allocate(size_t count) {
    return static_cast<T*>(BlockPool::local().allocate(count * sizeof(T)));
  }
  void deallocate(T* memory, size_t count) noexcept {
    BlockPool::local().deallocate(memory, count * sizeof(T));
  }
  // resize() leaves plain values as they are: it is for what is written next.
  template <class U>
  void construct(U* at) {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }
  bool operator==(const PoolAllocator&) const { return true; }
};

template <class T>
using PoolVector = std::vector<T, PoolAllocator<T>>;

// Its own insert() copies byte by byte for an allocator that is not the standard's.
inline void append(std::string_view bytes, PoolVector<char>& out) {
  if (bytes.empty()) return;
  const size_t end = out.size();
  out.resize(end + bytes.size());
  std::memcpy(out.data() + end, bytes.data(), bytes.size());
}

}  // namespace turbo::http2

#endif  // TURBO_HTTP2_POOL_VECTOR_H_
