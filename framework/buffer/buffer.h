// Buffer: a chain of reference-counted blocks that is appended to, split and moved without copying.
//
// It carries bytes from the socket to the parser and from the handler to the socket. Bytes enter by
// copy, by moved string, by shared block or as external memory; they leave by drain(), split() or
// an iovec view.
//
//   Buffer  head_ ──► Segment ──► Segment ──► Segment ◄── tail_
//                       │ begin,end  │           │
//                       ▼            ▼           ▼
//                     Block        Block       (no block: memory that lives for the program)
//                     ┌──────┬───────────┬──────────┐
//                     │ refs │ filled    │ free     │      filled: bytes some buffer has claimed
//                     └──────┴───────────┴──────────┘
//
// Invariants: no segment is empty; size() is the sum of the segments; the bytes of a block below
// `filled` never change while two segments see the block, so blocks may be shared; a buffer may
// claim the free rest of a block only while its segment ends at `filled` or is the only one that
// sees the block, so two buffers never write the same byte.
//
// Owner:   whoever holds it; move-only. share() makes a second buffer over the same blocks on
//          purpose.
// Threads: block counts are not atomic: buffers that share a block stay on one thread. A whole,
//          unshared buffer may be moved to another thread; copy() makes one. External memory may be
//          freed on the thread that drains it last.
// Errors:  none; lengths past the end are a CHECK.
// Limits:  none of its own: IOStream and the parsers bound what they put in.
// Cost:    24 bytes empty. append of a chain O(1), split O(blocks), no allocation but from the
//          BlockPool. A slice of a few bytes keeps its whole block alive.
#ifndef TURBO_BUFFER_BUFFER_H_
#define TURBO_BUFFER_BUFFER_H_

#include <sys/uio.h>

#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"

namespace turbo {

class Block;    // buffer/block.h
class Segment;  // buffer/block.h

class Buffer {
 public:
  // Called once, when the last buffer that refers to the memory lets it go.
  using Releaser = absl::AnyInvocable<void()>;

  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : head_(std::exchange(other.head_, nullptr)),
        tail_(std::exchange(other.tail_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }
  ~Buffer() { clear(); }

  // Buffers of one kind of bytes, for call sites: stream.write(Buffer::copy_of("HELO\r\n")).
  static Buffer copy_of(std::string_view bytes);
  static Buffer from_string(std::string bytes);
  static Buffer from_static(std::string_view bytes);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // ---- filling ----

  // Copies the bytes into the rest of the last block, then into new ones.
  void append(std::string_view bytes);

  // Takes the other buffer's segments; `other` is left empty. O(1); short neighbours are not
  // merged.
  void append(Buffer&& other) {
    // Bytes on their way between socket and parser nearly always meet an empty buffer.
    if (head_ == nullptr) return take(other);
    append_behind(std::move(other));
  }

  // Takes over the string's memory. A string of up to 256 bytes is copied: a block of its own costs
  // more.
  void append_string(std::string bytes);

  // Refers to memory that outlives every buffer (a literal, a program-long table).
  void append_static(std::string_view bytes);

  // Refers to memory that stays valid until `release` is called.
  void append_external(std::string_view bytes, Releaser release);

  void prepend(std::string_view bytes);
  void prepend(Buffer&& other);

  // At least `min_bytes` (and one) writable bytes behind the end, contiguous, more if the block has
  // more. They become part of the buffer by commit(). The next call of any other non-const method
  // invalidates the span. A fresh block takes `block_bytes` of the pool in all, its 64 bytes of
  // header included, so that a power of two is one piece of the pool; or more if min_bytes wants
  // more.
  std::span<char> reserve(size_t min_bytes, size_t block_bytes = kDefaultBlockBytes);

  // Requires: `bytes` is at most the size of the span the last reserve() gave. commit(0) drops a
  // block that stayed empty, so that an idle buffer holds none.
  void commit(size_t bytes);

  // ---- taking ----

  // Drops the first `bytes` bytes. Requires: bytes <= size().
  void drain(size_t bytes) {
    if (bytes == size_) return clear();
    drain_part(bytes);
  }

  // Cuts off the first `bytes` bytes as a buffer of their own. Requires: bytes <= size(). A block
  // that straddles the cut is shared by both.
  [[nodiscard]] Buffer split(size_t bytes);

  void clear() {
    if (head_ != nullptr) clear_slow();
  }

  // ---- looking ----

  // The first contiguous piece; empty if the buffer is.
  std::string_view front() const;

  // Makes the first `bytes` bytes contiguous, copying only those and only if they are not already,
  // and returns them. The view is valid until the buffer is changed. Requires: bytes <= size().
  std::string_view linearize(size_t bytes);

  // Copies bytes [offset, offset + out.size()) to `out`. Requires: the range lies inside.
  void copy_to(size_t offset, std::span<char> out) const;

  std::string to_string() const;

  // Fills `out` with the first pieces, at most `max_bytes` in all; neighbours in one block are
  // merged. Returns how many entries were filled.
  size_t fill_iovec(std::span<iovec> out, size_t max_bytes) const;

  // ---- sharing ----

  // A second buffer over the bytes [offset, offset + bytes). No bytes are copied. O(blocks).
  [[nodiscard]] Buffer share(size_t offset, size_t bytes) const;
  [[nodiscard]] Buffer share() const { return share(0, size_); }

  // A buffer with its own copy of the bytes, which may go to another thread.
  [[nodiscard]] Buffer copy() const;

  // ---- pieces ----

  // Iterates over the contiguous pieces as string_views.
  class PieceIterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    PieceIterator() = default;
    explicit PieceIterator(const Segment* segment) : segment_(segment) {}
    std::string_view operator*() const;
    PieceIterator& operator++();
    PieceIterator operator++(int);
    bool operator==(const PieceIterator& other) const = default;

   private:
    const Segment* segment_ = nullptr;
  };
  PieceIterator begin() const { return size_ == 0 ? end() : PieceIterator(head_); }
  PieceIterator end() const { return PieceIterator(); }

  // The piece that holds byte `offset` and the byte's place in it; end() and 0 for offset ==
  // size(). Walks from the nearer end, so that what was appended last is found at once. Requires:
  // offset <= size().
  std::pair<PieceIterator, size_t> piece_at(size_t offset) const;

  static constexpr size_t kDefaultBlockBytes = 4096;

 private:
  // Requires: no segments here.
  void take(Buffer& other) noexcept {
    head_ = std::exchange(other.head_, nullptr);
    tail_ = std::exchange(other.tail_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  void clear_slow();
  void append_behind(Buffer&& other);
  void append_pieces(std::string_view bytes);
  void drain_part(size_t bytes);
  Segment* add_block(size_t wanted, size_t block_bytes);
  void push_back(Segment* segment);
  void push_front(Segment* segment);
  void unlink(Segment* segment);
  void drop_reservation();
  void append_view(Segment* segment);

  // Between reserve() and commit() the last segment may be empty; nobody sees it.

  Segment* head_ = nullptr;
  Segment* tail_ = nullptr;
  size_t size_ = 0;
};

bool operator==(const Buffer& buffer, std::string_view bytes);

}  // namespace turbo

#endif  // TURBO_BUFFER_BUFFER_H_
