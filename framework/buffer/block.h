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
};

class Block {
 public:
  // Room for at least `capacity` bytes; all that the pool's piece gives.
  static Block* make(size_t capacity) {
    const size_t piece = BlockPool::usable_size(sizeof(Block) + capacity);
    void* const memory = BlockPool::local().allocate(piece);
    char* const bytes = static_cast<char*>(memory) + sizeof(Block);
    return new (memory) Block(Kind::kPool, bytes, static_cast<char*>(memory) + piece);
  }

  // The segment that comes with the block, over [begin, end); takes over the maker's count. Once.
  Segment* first_segment(char* begin, char* end) { return new (&first_) Segment{this, begin, end}; }
  bool is_first(const Segment* segment) const { return segment == &first_; }

  static Block* from_string(std::string bytes);
  static Block* external(Buffer::Releaser release);

  void add_ref() { ++refs_; }
  void release() {
    if (--refs_ == 0) destroy();
  }
  bool unshared() const { return refs_ == 1; }

  // The block's memory; for external blocks there is none that may be written.
  char* bytes() const;
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
  Segment first_{nullptr, nullptr, nullptr};
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
  char* const memory = reinterpret_cast<char*>(this);
  BlockPool::local().deallocate(memory, static_cast<size_t>(limit_ - memory));
}

inline void Segment::destroy(Segment* segment) {
  Block* const block = segment->block;
  if (block == nullptr || !block->is_first(segment)) {
    BlockPool::local().deallocate(segment, sizeof(Segment));
  }
  // Last: a releaser may run, and may use the buffer the segment has left.
  if (block != nullptr) block->release();
}

inline size_t Segment::writable_after() const {
  if (block == nullptr || (block->filled() != end && !block->unshared())) return 0;
  return block->limit() == nullptr ? 0 : static_cast<size_t>(block->limit() - end);
}

inline size_t Segment::writable_before() const {
  if (block == nullptr || !block->unshared() || block->bytes() == nullptr) return 0;
  return static_cast<size_t>(begin - block->bytes());
}

inline char* Block::bytes() const {
  return kind_ == Kind::kPool ? reinterpret_cast<char*>(const_cast<Block*>(this)) + sizeof(Block)
                              : nullptr;
}

}  // namespace turbo

#endif  // TURBO_BUFFER_BLOCK_H_
