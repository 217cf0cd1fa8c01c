#include "framework/web/spool_file.h"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "framework/web/file_calls.h"

namespace turbo::web {
namespace {

std::string directory_or_default(std::string directory) {
  if (!directory.empty()) return directory;
  const char* const variable = ::secure_getenv("TMPDIR");
  return variable != nullptr && *variable != '\0' ? variable : "/tmp";
}

int write_batch(const std::string& directory, UniqueFd& file, const Buffer& bytes,
                uint64_t offset) {
  if (!file.valid()) {
    if (const int error = open_unnamed(directory, file); error != 0) return error;
  }
  return write_all(file.get(), bytes, offset);
}

}  // namespace

SpoolFile::SpoolFile(BlockingPool& pool, std::string directory)
    : pool_(pool), directory_(directory_or_default(std::move(directory))) {}

Task<absl::Status> SpoolFile::append(Buffer bytes) {
  size_ += bytes.size();
  take(std::move(bytes));
  if (waiting_.size() < kBatchBytes) co_return absl::OkStatus();
  Task<absl::Status> flushing = flush();
  co_return co_await flushing;
}

void SpoolFile::take(Buffer bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.front();
    const size_t size = piece.size();
    if (size >= kMovedBytes) {
      waiting_.append(bytes.split(size));
    } else {
      waiting_.append(piece);
      bytes.drain(size);
    }
  }
}

Task<absl::Status> SpoolFile::flush() {
  if (waiting_.empty()) co_return absl::OkStatus();
  const uint64_t offset = size_ - waiting_.size();
  // The call owns all it touches: the reader may die before it has run.
  auto call = [directory = directory_, file = descriptor_, bytes = std::move(waiting_), offset] {
    return write_batch(directory, *file, bytes, offset);
  };
  auto writing = pool_.run(std::move(call));
  const absl::StatusOr<int> error = co_await writing;
  co_return file_status(error, "writing a temporary file");
}

}  // namespace turbo::web
