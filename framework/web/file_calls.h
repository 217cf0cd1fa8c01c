// Calls on files that block, for functors of the BlockingPool. Private to the room.
//
// Owner:   none.
// Threads: the pool's, but for file_status().
// Errors:  an errno value, 0 for none; file_status() makes a Status of what the pool brings home.
// Limits:  none.
// Cost:    waits for the file system.
#ifndef TURBO_WEB_FILE_CALLS_H_
#define TURBO_WEB_FILE_CALLS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/fd.h"
#include "framework/buffer/buffer.h"

namespace turbo::web {

// A file without a name in `directory`, for its owner alone.
int open_unnamed(const std::string& directory, UniqueFd& file);

// Writes all of `bytes` at `offset`.
int write_all(int file, const Buffer& bytes, uint64_t offset);

// Writes `bytes` bytes from `offset` on of the file `from` to `to`.
int copy_range(int from, uint64_t offset, uint64_t bytes, int to);

// kResourceExhausted: the disk is full, or a quota or size limit is reached. kUnavailable: the pool
// has refused the call. kInternal: other errors. `what` was done, for the message.
absl::Status file_status(const absl::StatusOr<int>& error, std::string_view what);

}  // namespace turbo::web

#endif  // TURBO_WEB_FILE_CALLS_H_
