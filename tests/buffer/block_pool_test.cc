#include "framework/buffer/block_pool.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <vector>

#include "framework/buffer/buffer.h"

namespace turbo {
namespace {

TEST(BlockPoolTest, gives_the_last_returned_piece_first) {
  BlockPool pool;
  void* const first = pool.allocate(100);
  void* const second = pool.allocate(100);
  pool.deallocate(first, 100);
  pool.deallocate(second, 100);
  EXPECT_EQ(pool.allocate(128), second);
  EXPECT_EQ(pool.allocate(65), first);
  pool.deallocate(second, 128);
  pool.deallocate(first, 65);
  EXPECT_EQ(pool.counters().hits, 2u);
  EXPECT_EQ(pool.counters().misses, 2u);
}

TEST(BlockPoolTest, rounds_up_to_powers_of_two_up_to_the_largest_class) {
  EXPECT_EQ(BlockPool::usable_size(0), 64u);
  EXPECT_EQ(BlockPool::usable_size(1), 64u);
  EXPECT_EQ(BlockPool::usable_size(63), 64u);
  for (size_t bytes = 64; bytes < 65536; bytes *= 2) {
    EXPECT_EQ(BlockPool::usable_size(bytes), bytes);
    EXPECT_EQ(BlockPool::usable_size(bytes + 1), 2 * bytes);
    EXPECT_EQ(BlockPool::usable_size(2 * bytes - 1), 2 * bytes);
  }
  EXPECT_EQ(BlockPool::usable_size(65536), 65536u);
  EXPECT_EQ(BlockPool::usable_size(65537), 65537u);
}

TEST(BlockPoolTest, pieces_are_aligned_as_operator_new_aligns) {
  BlockPool pool;
  for (size_t bytes : {1, 64, 65, 1000, 65536, 70000}) {
    void* const piece = pool.allocate(bytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(piece) % __STDCPP_DEFAULT_NEW_ALIGNMENT__, 0u);
    pool.deallocate(piece, bytes);
  }
}

TEST(BlockPoolTest, large_pieces_are_never_cached) {
  BlockPool pool;
  pool.deallocate(pool.allocate(65537), 65537);
  EXPECT_EQ(pool.counters().cached_bytes, 0u);
  EXPECT_EQ(pool.counters().returned, 1u);
  pool.deallocate(pool.allocate(65536), 65536);
  EXPECT_EQ(pool.counters().cached_bytes, 65536u);
}

TEST(BlockPoolTest, caches_up_to_the_limit_and_no_more) {
  BlockPool pool;
  pool.set_cache_limit(3 * 1024);
  std::vector<void*> pieces;
  for (int i = 0; i < 4; ++i) pieces.push_back(pool.allocate(1024));
  for (int i = 0; i < 3; ++i) pool.deallocate(pieces[i], 1024);
  EXPECT_EQ(pool.counters().cached_bytes, 3072u);
  EXPECT_EQ(pool.counters().returned, 0u);
  pool.deallocate(pieces[3], 1024);
  EXPECT_EQ(pool.counters().cached_bytes, 3072u);
  EXPECT_EQ(pool.counters().returned, 1u);
}

TEST(BlockPoolTest, a_smaller_limit_frees_what_is_cached_beyond_it) {
  BlockPool pool;
  void* const small = pool.allocate(64);
  void* const large = pool.allocate(65536);
  pool.deallocate(small, 64);
  pool.deallocate(large, 65536);
  pool.set_cache_limit(64);
  EXPECT_EQ(pool.counters().cached_bytes, 64u);
  pool.set_cache_limit(63);
  EXPECT_EQ(pool.counters().cached_bytes, 0u);
  EXPECT_EQ(pool.counters().returned, 2u);
}

TEST(BlockPoolTest, each_thread_has_its_own_and_keeps_what_is_freed_there) {
  void* const piece = BlockPool::local().allocate(512);
  BlockPool* const here = &BlockPool::local();
  std::thread([&] {
    EXPECT_NE(&BlockPool::local(), here);
    BlockPool::local().deallocate(piece, 512);
    EXPECT_EQ(BlockPool::local().counters().cached_bytes, 512u);
    EXPECT_EQ(BlockPool::local().allocate(512), piece);
    BlockPool::local().deallocate(piece, 512);
  }).join();
}

TEST(BlockPoolTest, destructors_that_run_after_the_pools_end_get_one_without_a_cache) {
  struct Late {
    ~Late() {
      // Constructed before the pool, so destroyed after it.
      Buffer buffer = Buffer::copy_of("late");
      buffer.clear();
      *cached = BlockPool::local().counters().cached_bytes;
    }
    size_t* cached = nullptr;
  };
  size_t cached = 1;
  std::thread([&] {
    static thread_local Late late;
    late.cached = &cached;
    BlockPool::local().deallocate(BlockPool::local().allocate(64), 64);
  }).join();
  EXPECT_EQ(cached, 0u);
}

#ifdef TURBO_POOL_POISONS
TEST(BlockPoolDeathTest, a_use_after_the_return_is_caught_by_the_address_sanitizer) {
  BlockPool pool;
  char* const piece = static_cast<char*>(pool.allocate(100));
  pool.deallocate(piece, 100);
  EXPECT_DEATH(*static_cast<volatile char*>(piece) = 1, "use-after-poison");
  EXPECT_DEATH(*static_cast<volatile char*>(piece + 64) = 1, "use-after-poison");
}

TEST(BlockPoolDeathTest, a_use_past_the_size_asked_for_is_caught_by_the_address_sanitizer) {
  BlockPool pool;
  char* const piece = static_cast<char*>(pool.allocate(72));
  EXPECT_DEATH(*static_cast<volatile char*>(piece + 72) = 1, "use-after-poison");
  pool.deallocate(piece, 72);
}
#endif

}  // namespace
}  // namespace turbo
