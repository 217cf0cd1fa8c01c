#include "framework/buffer/buffer.h"

#include <algorithm>
#include <cstring>

#include "framework/base/check.h"
#include "framework/buffer/block.h"

namespace turbo {
namespace {

// Up to here copying a string is cheaper than a block of its own.
constexpr size_t kCopiedString = 256;

// Writing never happens through a segment whose block has no limit, so the constness is kept.
char* unwritten(const char* bytes) { return const_cast<char*>(bytes); }

size_t capacity_of_piece(size_t piece_bytes) { return piece_bytes - sizeof(Block); }

// What a block that is to take `bytes` by copy should hold: the usual size for a few, large blocks
// for many.
size_t capacity_for(size_t bytes) {
  return std::clamp(bytes, capacity_of_piece(Buffer::kDefaultBlockBytes),
                    capacity_of_piece(BlockPool::kLargestClass));
}

Segment* make_empty_segment(size_t capacity) {
  Block* const block = Block::make(capacity);
  char* const bytes = block->pool_bytes();
  return block->first_segment(bytes, bytes);
}

[[gnu::noinline]] void destroy_chain(Segment* segment) {
  while (segment != nullptr) Segment::destroy(std::exchange(segment, segment->next));
}

void copy_behind(Segment& segment, const char* bytes, size_t count) {
  std::memcpy(segment.end, bytes, count);
  segment.end += count;
  segment.block->set_filled(segment.end);
}

}  // namespace

Buffer Buffer::copy_of(std::string_view bytes) {
  Buffer buffer;
  buffer.append(bytes);
  return buffer;
}

Buffer Buffer::from_string(std::string bytes) {
  Buffer buffer;
  buffer.append_string(std::move(bytes));
  return buffer;
}

Buffer Buffer::from_static(std::string_view bytes) {
  Buffer buffer;
  buffer.append_static(bytes);
  return buffer;
}

// ---- the chain ----

void Buffer::push_back(Segment* segment) {
  segment->previous = tail_;
  (tail_ == nullptr ? head_ : tail_->next) = segment;
  tail_ = segment;
}

void Buffer::push_front(Segment* segment) {
  segment->next = head_;
  (head_ == nullptr ? tail_ : head_->previous) = segment;
  head_ = segment;
}

void Buffer::unlink(Segment* segment) {
  (segment->previous == nullptr ? head_ : segment->previous->next) = segment->next;
  (segment->next == nullptr ? tail_ : segment->next->previous) = segment->previous;
}

void Buffer::drop_reservation() {
  Segment* const last = tail_;
  if (last == nullptr || last->size() != 0) return;
  unlink(last);
  Segment::destroy(last);
}

// ---- filling ----

void Buffer::append(std::string_view bytes) {
  // Nearly always it fits. Nothing wraps around to more than any room.
  if (tail_ != nullptr && bytes.size() - 1 < tail_->writable_after()) [[likely]] {
    copy_behind(*tail_, bytes.data(), bytes.size());
    size_ += bytes.size();
    return;
  }
  append_pieces(bytes);
}

void Buffer::append_pieces(std::string_view bytes) {
  const char* next = bytes.data();
  size_t left = bytes.size();
  size_ += left;
  while (left > 0) {
    size_t room = tail_ == nullptr ? 0 : tail_->writable_after();
    if (room == 0) {
      drop_reservation();
      push_back(make_empty_segment(capacity_for(left)));
      room = tail_->writable_after();
    }
    const size_t count = std::min(room, left);
    copy_behind(*tail_, next, count);
    next += count;
    left -= count;
  }
}

void Buffer::append_behind(Buffer&& other) {
  TURBO_CHECK(this != &other, "a buffer cannot be appended to itself");
  other.drop_reservation();
  if (other.head_ == nullptr) return;
  if (size_ == 0) {
    *this = std::move(other);
    return;
  }
  drop_reservation();
  size_ += std::exchange(other.size_, 0);
  Segment* first = std::exchange(other.head_, nullptr);
  Segment* const last = std::exchange(other.tail_, nullptr);
  // What split() cut in two grows together again.
  if (tail_->continued_by(*first)) {
    tail_->end = first->end;
    Segment* const joined = first;
    first = joined->next;
    Segment::destroy(joined);
    if (first == nullptr) return;
  }
  first->previous = tail_;
  tail_->next = first;
  tail_ = last;
}

void Buffer::append_view(Segment* segment) {
  drop_reservation();
  size_ += segment->size();
  push_back(segment);
}

void Buffer::append_string(std::string bytes) {
  if (bytes.size() <= kCopiedString) return append(std::string_view(bytes));
  Block* const block = Block::from_string(std::move(bytes));
  const std::string& kept = static_cast<StringBlock*>(block)->string();
  append_view(block->first_segment(unwritten(kept.data()), unwritten(kept.data() + kept.size())));
}

void Buffer::append_static(std::string_view bytes) {
  if (bytes.empty()) return;
  append_view(
      Segment::make(nullptr, unwritten(bytes.data()), unwritten(bytes.data() + bytes.size())));
}

void Buffer::append_external(std::string_view bytes, Releaser release) {
  if (bytes.empty()) {
    if (release) release();
    return;
  }
  Block* const block = Block::external(std::move(release));
  append_view(
      block->first_segment(unwritten(bytes.data()), unwritten(bytes.data() + bytes.size())));
}

void Buffer::prepend(std::string_view bytes) {
  if (bytes.empty()) return;
  if (size_ == 0) return append(bytes);
  if (head_->writable_before() < bytes.size()) {
    // The bytes go to the block's end, so that the next prepend finds room before them.
    Block* const block = Block::make(bytes.size());
    block->set_filled(block->limit());
    push_front(block->first_segment(block->limit(), block->limit()));
  }
  head_->begin -= bytes.size();
  std::memcpy(head_->begin, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void Buffer::prepend(Buffer&& other) {
  TURBO_CHECK(this != &other, "a buffer cannot be prepended to itself");
  other.append(std::move(*this));
  *this = std::move(other);
}

std::span<char> Buffer::reserve(size_t min_bytes, size_t block_bytes) {
  const size_t wanted = std::max<size_t>(min_bytes, 1);
  Segment* last = tail_;
  if (last == nullptr || last->writable_after() < wanted) last = add_block(wanted, block_bytes);
  // The rest of the block is claimed until the commit: a buffer that shares it must not write there
  // meanwhile.
  char* const limit = last->block->limit();
  last->block->set_filled(limit);
  return {last->end, limit};
}

Segment* Buffer::add_block(size_t wanted, size_t block_bytes) {
  if (tail_ != nullptr) drop_reservation();
  const size_t usual = std::max(block_bytes, sizeof(Block)) - sizeof(Block);
  Segment* const added = make_empty_segment(std::max(wanted, usual));
  push_back(added);
  return added;
}

void Buffer::commit(size_t bytes) {
  Segment* const last = tail_;
  TURBO_CHECK(last != nullptr && last->block != nullptr &&
                  last->block->filled() == last->block->limit() &&
                  bytes <= static_cast<size_t>(last->block->limit() - last->end),
              "commit() of more than the last reserve() gave");
  last->end += bytes;
  last->block->set_filled(last->end);
  size_ += bytes;
  if (bytes == 0) drop_reservation();
}

// ---- taking ----

void Buffer::drain_part(size_t bytes) {
  TURBO_CHECK(bytes <= size_, "drain() past the end");
  Segment* const first = head_;
  Segment* cut = first;
  size_t left = bytes;
  for (; left >= cut->size(); cut = cut->next) left -= cut->size();
  cut->begin += left;
  size_ -= bytes;
  if (cut == first) return;
  cut->previous->next = nullptr;
  cut->previous = nullptr;
  head_ = cut;
  // Last, because a releaser may use this buffer or destroy it.
  destroy_chain(first);
}

Buffer Buffer::split(size_t bytes) {
  TURBO_CHECK(bytes <= size_, "split() past the end");
  Buffer front;
  if (bytes == 0) return front;
  drop_reservation();
  if (bytes == size_) return std::move(*this);
  Segment* cut = head_;
  size_t left = bytes;
  for (; left >= cut->size(); cut = cut->next) left -= cut->size();
  if (cut->previous != nullptr) {
    front.head_ = head_;
    front.tail_ = cut->previous;
    front.tail_->next = nullptr;
    cut->previous = nullptr;
    head_ = cut;
  }
  if (left > 0) {
    if (cut->block != nullptr) cut->block->add_ref();
    front.push_back(Segment::make(cut->block, cut->begin, cut->begin + left));
    cut->begin += left;
  }
  front.size_ = bytes;
  size_ -= bytes;
  return front;
}

void Buffer::clear_slow() {
  Segment* const first = std::exchange(head_, nullptr);
  tail_ = nullptr;
  size_ = 0;
  // Most buffers are one segment; a loop would have to keep its place across the call.
  if (first->next == nullptr) [[likely]]
    return Segment::destroy(first);
  destroy_chain(first);
}

// ---- looking ----

std::string_view Buffer::front() const { return size_ == 0 ? std::string_view() : head_->view(); }

std::string_view Buffer::linearize(size_t bytes) {
  TURBO_CHECK(bytes <= size_, "linearize() past the end");
  if (bytes == 0) return {};
  if (head_->size() >= bytes) return head_->view().substr(0, bytes);
  drop_reservation();
  if (head_->writable_after() < bytes - head_->size()) push_front(make_empty_segment(bytes));
  Segment& target = *head_;
  while (target.size() < bytes) {
    Segment* const from = target.next;
    const size_t count = std::min(from->size(), bytes - target.size());
    copy_behind(target, from->begin, count);
    from->begin += count;
    if (from->size() > 0) continue;
    unlink(from);
    Segment::destroy(from);
  }
  return target.view().substr(0, bytes);
}

void Buffer::copy_to(size_t offset, std::span<char> out) const {
  TURBO_CHECK(offset <= size_ && out.size() <= size_ - offset, "copy_to() past the end");
  auto [piece, skipped] = piece_at(offset);
  while (!out.empty()) {
    const std::string_view bytes = (*piece).substr(skipped);
    const size_t count = std::min(bytes.size(), out.size());
    std::memcpy(out.data(), bytes.data(), count);
    out = out.subspan(count);
    skipped = 0;
    ++piece;
  }
}

std::string Buffer::to_string() const {
  std::string out;
  out.reserve(size_);
  for (std::string_view piece : *this) out += piece;
  return out;
}

size_t Buffer::fill_iovec(std::span<iovec> out, size_t max_bytes) const {
  size_t filled = 0;
  const Segment* before = nullptr;
  for (const Segment* segment = size_ == 0 ? nullptr : head_; segment != nullptr && max_bytes > 0;
       segment = segment->next) {
    const size_t count = std::min(segment->size(), max_bytes);
    if (count == 0) break;
    if (before != nullptr && before->continued_by(*segment)) {
      out[filled - 1].iov_len += count;
    } else {
      if (filled == out.size()) break;
      out[filled++] = {segment->begin, count};
    }
    max_bytes -= count;
    before = segment;
  }
  return filled;
}

// ---- sharing ----

Buffer Buffer::share(size_t offset, size_t bytes) const {
  TURBO_CHECK(offset <= size_ && bytes <= size_ - offset, "share() past the end");
  Buffer out;
  if (bytes == 0) return out;
  const Segment* segment = head_;
  for (; offset >= segment->size(); segment = segment->next) offset -= segment->size();
  for (size_t left = bytes; left > 0; segment = segment->next) {
    const size_t count = std::min(segment->size() - offset, left);
    if (segment->block != nullptr) segment->block->add_ref();
    char* const begin = segment->begin + offset;
    out.push_back(Segment::make(segment->block, begin, begin + count));
    left -= count;
    offset = 0;
  }
  out.size_ = bytes;
  return out;
}

Buffer Buffer::copy() const {
  Buffer out;
  if (size_ == 0) return out;
  out.push_back(make_empty_segment(capacity_for(size_)));
  for (std::string_view piece : *this) out.append(piece);
  return out;
}

// ---- pieces ----

std::string_view Buffer::PieceIterator::operator*() const { return segment_->view(); }

Buffer::PieceIterator& Buffer::PieceIterator::operator++() {
  segment_ = segment_->next;
  if (segment_ != nullptr && segment_->size() == 0) segment_ = nullptr;  // a reservation
  return *this;
}

Buffer::PieceIterator Buffer::PieceIterator::operator++(int) {
  PieceIterator before = *this;
  ++*this;
  return before;
}

std::pair<Buffer::PieceIterator, size_t> Buffer::piece_at(size_t offset) const {
  TURBO_CHECK(offset <= size_, "piece_at() past the end");
  if (offset == size_) return {end(), 0};
  if (offset <= size_ / 2) {
    const Segment* segment = head_;
    for (; offset >= segment->size(); segment = segment->next) offset -= segment->size();
    return {PieceIterator(segment), offset};
  }
  const Segment* segment = tail_;
  size_t before = size_ - segment->size();
  while (before > offset) {
    segment = segment->previous;
    before -= segment->size();
  }
  // A reservation, which is empty, may have been passed: it begins at size_, past every offset.
  return {PieceIterator(segment), offset - before};
}

bool operator==(const Buffer& buffer, std::string_view bytes) {
  if (buffer.size() != bytes.size()) return false;
  for (std::string_view piece : buffer) {
    if (bytes.substr(0, piece.size()) != piece) return false;
    bytes.remove_prefix(piece.size());
  }
  return true;
}

}  // namespace turbo
