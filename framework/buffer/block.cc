#include "framework/buffer/block.h"

namespace turbo {

void Segment::destroy_slow(Segment* segment) {
  Block* const block = segment->block;
  if (block == nullptr || !block->is_first(segment)) {
    BlockPool::local().deallocate(segment, sizeof(Segment));
  }
  // Last: a releaser may run, and may use the buffer the segment has left.
  if (block != nullptr) block->release();
}

// Not inlined where the string is known to be long: g++ 12 warns of the copy that moving a short
// one would make.
[[gnu::noinline]] Block* Block::from_string(std::string&& bytes) {
  return new (BlockPool::local().allocate(sizeof(StringBlock))) StringBlock(std::move(bytes));
}

Block* Block::external(Buffer::Releaser release) {
  return new (BlockPool::local().allocate(sizeof(ExternalBlock))) ExternalBlock(std::move(release));
}

void Block::destroy_other() {
  if (kind_ == Kind::kString) {
    StringBlock* const block = static_cast<StringBlock*>(this);
    block->~StringBlock();
    BlockPool::local().deallocate(block, sizeof(StringBlock));
    return;
  }
  ExternalBlock* const block = static_cast<ExternalBlock*>(this);
  Buffer::Releaser release = block->take_releaser();
  block->~ExternalBlock();
  BlockPool::local().deallocate(block, sizeof(ExternalBlock));
  if (release) release();
}

}  // namespace turbo
