// OutgoingBody: what of an answer's body waits to be taken: bytes, and parts of files between them.
//
// Owner:   the exchange of a stream.
// Threads: its loop's.
// Errors:  append_file(): false without a descriptor to spare; take(): false if a file is shorter
//          than it was or cannot be read.
// Limits:  its owner's. Of files no more than kAheadBytes are in memory.
// Cost:    bytes are moved. Files are read, kAheadBytes a time: between the frames of several
//          streams sendfile would take three system calls a frame.
#ifndef TURBO_SERVER_OUTGOING_BODY_H_
#define TURBO_SERVER_OUTGOING_BODY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "framework/base/fd.h"
#include "framework/buffer/buffer.h"

namespace turbo {

class OutgoingBody {
 public:
  // A block of the pool, without its header.
  static constexpr size_t kAheadBytes = 65536 - 64;

  // Refers to bytes that stay where they are until they were taken. Requires: empty().
  void append_view(std::string_view bytes) { view_ = bytes; }
  void append(std::string_view bytes) { end().append(bytes); }
  void append(Buffer bytes) { end().append(std::move(bytes)); }
  // The descriptor is duplicated.
  [[nodiscard]] bool append_file(int file, off_t offset, uint64_t bytes);

  // All that waits, and what of it is in memory.
  uint64_t size() const { return memory_bytes() + (files_ == nullptr ? 0 : files_->bytes); }
  bool empty() const { return size() == 0; }
  size_t memory_bytes() const {
    return view_.size() + front_.size() + (files_ == nullptr ? 0 : files_->behind_bytes());
  }
  size_t files() const { return files_ == nullptr ? 0 : files_->ranges.size(); }

  // Moves the first `bytes` bytes to the end of `out`. Requires: bytes <= size().
  [[nodiscard]] bool take(size_t bytes, Buffer& out);
  void clear();

 private:
  struct FileRange {
    UniqueFd file;
    off_t offset;
    uint64_t left;
    Buffer behind;  // what follows the file
  };
  struct FileList {
    std::deque<FileRange> ranges;
    uint64_t bytes = 0;

    size_t behind_bytes() const;
  };

  Buffer& end() { return files_ == nullptr ? front_ : files_->ranges.back().behind; }
  void move_front(size_t bytes, Buffer& out);
  bool read_ahead();

  std::string_view view_;
  Buffer front_;
  std::unique_ptr<FileList> files_;  // null when no file waits
};

}  // namespace turbo

#endif  // TURBO_SERVER_OUTGOING_BODY_H_
