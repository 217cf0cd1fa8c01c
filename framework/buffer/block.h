// Block and Segment: what a Buffer is made of. Private to the room.
//
// A Block is memory with a count of the segments that refer to it. Its header and, for pool blocks,
// its bytes are one piece of the BlockPool. A Segment is one link of one buffer's chain: a range of
// a block's bytes. A block brings its first segment with it, since most blocks never have another.
//
// Owner:   segments own blocks by count; buffers own segments.
// Threads: counts are not atomic; a block belongs to one thread at a time.
// Errors:  none.
// Limits:  none.
// Cost:    64 bytes a pool block, 96 a string's or external block, their first segments included;
//          40 each further segment; all from the BlockPool.
#ifndef TURBO_BUFFER_BLOCK_H_
#define TURBO_BUFFER_BLOCK_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "framework/buffer/block_pool.h"
#include "framework/buffer/buffer.h"

namespace turbo {

// One link of one buffer's chain.
class Segment {
 public:
  // Takes over one count of `block`, which may be null: memory that lives for the program.
  static Segment* make(Block* block, char* begin, char* end) {
    return new (BlockPool::local().allocate(sizeof(Segment))) Segment{block, begin, end};
  }
  static void destroy(Segment* segment);

  size_t size() const { return static_cast<size_t>(end - begin); }
  std::string_view view() const { return {begin, size()}; }

  // Bytes behind the end that this segment's buffer may claim: all of a block nobody else sees,
  // else what lies behind the block's filled bytes if the segment ends there.
  size_t writable_after() const;

  // Bytes before the begin that nobody else sees.
  size_t writable_before() const;

  bool continued_by(const Segment& next) const {
    return block != nullptr && block == next.block && end == next.begin;
  }

  Block* block;
  char* begin;
  char* end;
  Segment* previous = nullptr;
  Segment* next = nullptr;

 private:
  static void destroy_slow(Segment* segment);
};

class Block {
 public:
  // Room for at least `capacity` bytes; all that the pool's piece gives.
  static Block* make(size_t capacity) {
    const BlockPool::Piece piece = BlockPool::local().allocate_whole(sizeof(Block) + capacity);
    char* const memory = static_cast<char*>(piece.memory);
    return new (memory) Block(Kind::kPool, memory + sizeof(Block), memory + piece.bytes);
  }

  // The segment that comes with the block, over [begin, end); takes over the maker's count. Once.
  Segment* first_segment(char* begin, char* end) {
    first_.begin = begin;
    first_.end = end;
    return &first_;
  }
  bool is_first(const Segment* segment) const { return segment == &first_; }

  static Block* from_string(std::string&& bytes);
  static Block* external(Buffer::Releaser release);

  void add_ref() { ++refs_; }
  void release() {
    if (--refs_ == 0) destroy();
  }
  bool unshared() const { return refs_ == 1; }

  // True if destroying `segment` frees the pool block it came with: the end of nearly every block.
  bool ends_with(const Segment* segment) const {
    return segment == &first_ && refs_ == 1 && kind_ == Kind::kPool;
  }
  // Requires: ends_with() one of its segments.
  void give_back() {
    char* const memory = reinterpret_cast<char*>(this);
    BlockPool::local().deallocate(memory, static_cast<size_t>(limit_ - memory));
  }

  // Requires: made by make().
  char* pool_bytes() { return reinterpret_cast<char*>(this) + sizeof(Block); }
  // The block's memory; for external blocks there is none that may be written.
  char* bytes() { return kind_ == Kind::kPool ? pool_bytes() : nullptr; }
  char* limit() const { return limit_; }
  char* filled() const { return filled_; }
  void set_filled(char* filled) { filled_ = filled; }

 private:
  friend class StringBlock;
  friend class ExternalBlock;
  enum class Kind : uint32_t { kPool, kString, kExternal };

  Block(Kind kind, char* filled, char* limit) : kind_(kind), filled_(filled), limit_(limit) {}
  ~Block() = default;
  void destroy();
  void destroy_other();

  uint32_t refs_ = 1;
  Kind kind_;
  char* filled_;  // bytes before this are some buffer's
  char* limit_;   // end of the memory that may be written
  Segment first_{this, nullptr, nullptr};
};

class StringBlock : public Block {
 public:
  explicit StringBlock(std::string bytes)
      : Block(Kind::kString, nullptr, nullptr), string_(std::move(bytes)) {}
  const std::string& string() const { return string_; }

 private:
  std::string string_;
};

class ExternalBlock : public Block {
 public:
  explicit ExternalBlock(Buffer::Releaser release)
      : Block(Kind::kExternal, nullptr, nullptr), release_(std::move(release)) {}
  Buffer::Releaser take_releaser() { return std::move(release_); }

 private:
  Buffer::Releaser release_;
};

inline void Block::destroy() {
  if (kind_ != Kind::kPool) return destroy_other();
  give_back();
}

inline void Segment::destroy(Segment* segment) {
  Block* const block = segment->block;
  if (block != nullptr && block->ends_with(segment)) [[likely]]
    return block->give_back();
  destroy_slow(segment);
}

inline size_t Segment::writable_after() const {
  if (block == nullptr || (block->filled() != end && !block->unshared())) return 0;
  return block->limit() == nullptr ? 0 : static_cast<size_t>(block->limit() - end);
}

inline size_t Segment::writable_before() const {
  if (block == nullptr || !block->unshared() || block->bytes() == nullptr) return 0;
  return static_cast<size_t>(begin - block->bytes());
}

}  // namespace turbo

#endif  // TURBO_BUFFER_BLOCK_H_
