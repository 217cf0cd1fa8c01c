// WriteQueue: a stream's unsent output: bytes and file ranges in the order they were written.
//
//   queue.append(std::move(buffer));
//   WriteStep step = queue.write_to(transport, budget);  // one gather write, or one sendfile
//
// Positions count all bytes ever queued, so "this write has been sent" is `sent() >= its end()`,
// whatever the kernel took at a time.
//
// Owner:   the IOStream.
// Threads: the loop's.
// Errors:  the transport's; a file that is shorter than its range is an error, since the peer was
//          promised the bytes.
// Limits:  none: the stream bounds size().
// Cost:    40 bytes; nothing is allocated for bytes, a small list for files.
#ifndef TURBO_NET_WRITE_QUEUE_H_
#define TURBO_NET_WRITE_QUEUE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "framework/base/fd.h"
#include "framework/buffer/buffer.h"
#include "framework/net/transport.h"

namespace turbo {

struct WriteStep {
  IOResult result;
  // All that was offered went; otherwise the transport is full.
  bool whole = false;
};

class WriteQueue {
 public:
  // Pieces one gather write takes at most.
  static constexpr size_t kMaxPieces = 64;

  // Where bytes are appended: only at the end, so that positions stay right.
  Buffer& bytes() { return bytes_; }
  void append_file(UniqueFd file, off_t offset, size_t count);

  bool empty() const { return bytes_.empty() && files_ == nullptr; }
  // Unsent bytes, those of files included.
  size_t size() const { return bytes_.size() + (files_ == nullptr ? 0 : files_->bytes); }
  // Ranges of files that wait; each holds a descriptor.
  size_t files() const { return files_ == nullptr ? 0 : files_->ranges.size(); }
  // Bytes sent since the beginning.
  uint64_t sent() const { return sent_; }
  // sent() once everything queued now has gone.
  uint64_t end() const { return sent_ + size(); }

  // Writes at most `max_bytes` with one call of the transport and takes what it accepted. Requires:
  // not empty. The last it does is to let go of what was sent: a releaser of external memory may
  // use the queue or destroy it.
  WriteStep write_to(Transport& transport, size_t max_bytes);

  // Takes everything unsent out and closes the files. The bytes are returned, for releasers run
  // where they die.
  [[nodiscard]] Buffer clear();

 private:
  struct FileRange {
    UniqueFd file;
    off_t offset;
    size_t left;
    uint64_t position;  // of its next byte in the whole output
  };
  struct FileList {
    std::deque<FileRange> ranges;
    size_t bytes = 0;
  };

  WriteStep write_bytes(Transport& transport, size_t max_bytes);
  WriteStep write_pieces(Transport& transport, size_t max_bytes);
  WriteStep took(const IOResult& result, size_t offered);
  WriteStep write_file(Transport& transport, size_t max_bytes);

  Buffer bytes_;
  uint64_t sent_ = 0;
  std::unique_ptr<FileList> files_;  // null when no file waits
};

}  // namespace turbo

#endif  // TURBO_NET_WRITE_QUEUE_H_
