// SpoolFile: bytes that are too many for memory, in a temporary file without a name. Private to the
// room; FormReader is its user.
//
// The file vanishes with its last descriptor, whatever happens to the program. It is written by the
// pool for blocking work, a batch at a time, so no loop waits for a disk; who appends waits while
// a batch is written, and so no more than one is ever in memory.
//
// Owner:   a reader; the descriptor is shared with what was read.
// Threads: one loop, and the pool's while a batch is written.
// Errors:  kResourceExhausted: the disk is full, or a quota or file size limit is reached.
//          kUnavailable: the pool refuses. kInternal: other errors of the file system.
// Limits:  kBatchBytes in memory, and the piece that passed them; five times that if all pieces
//          are as short as those that are not copied.
// Cost:    a trip to the pool a batch. Closing frees the blocks on the thread that does it: some
//          milliseconds for a hundred megabytes.
#ifndef TURBO_WEB_SPOOL_FILE_H_
#define TURBO_WEB_SPOOL_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "framework/base/fd.h"
#include "framework/buffer/buffer.h"
#include "framework/loop/task.h"
#include "framework/shard/blocking_pool.h"

namespace turbo::web {

class SpoolFile {
 public:
  // Large enough that a trip to the pool is small beside the writing.
  static constexpr size_t kBatchBytes = 256 << 10;

  // The file is made in `directory` when the first batch is written; empty: $TMPDIR or /tmp.
  SpoolFile(BlockingPool& pool, std::string directory);

  Task<absl::Status> append(Buffer bytes);
  // Writes what waits.
  Task<absl::Status> flush();

  // Of all that was appended.
  uint64_t size() const { return size_; }
  // Valid after the first flush.
  std::shared_ptr<const UniqueFd> descriptor() const { return descriptor_; }

 private:
  // A shorter piece is copied: it would keep all of the block it came in, 16 KiB for what may be
  // one byte, and a client chooses how short its pieces are.
  static constexpr size_t kMovedBytes = 4 << 10;

  void take(Buffer bytes);

  BlockingPool& pool_;
  const std::string directory_;
  // Written on the pool's thread, while whoever reads it waits.
  std::shared_ptr<UniqueFd> descriptor_ = std::make_shared<UniqueFd>();
  Buffer waiting_;
  uint64_t size_ = 0;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_SPOOL_FILE_H_
