#include "framework/web/spool_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "framework/base/status.h"

namespace turbo::web {
namespace {

std::string directory_or_default(std::string directory) {
  if (!directory.empty()) return directory;
  const char* const variable = ::secure_getenv("TMPDIR");
  return variable != nullptr && *variable != '\0' ? variable : "/tmp";
}

// These answer an errno value, 0 for none. They block.

int open_unnamed(const std::string& directory, UniqueFd& file) {
  file.reset(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.valid()) return 0;
  // File systems without O_TMPFILE (overlayfs of older kernels, NFS).
  if (errno != EOPNOTSUPP && errno != EISDIR) return errno;
  std::string path = directory + "/turbo-form-XXXXXX";
  file.reset(::mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid()) return errno;
  return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

int write_all(int file, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return 0;
}

int write_batch(const std::string& directory, UniqueFd& file, const Buffer& bytes,
                uint64_t offset) {
  if (!file.valid()) {
    if (const int error = open_unnamed(directory, file); error != 0) return error;
  }
  for (const std::string_view piece : bytes) {
    if (const int error = write_all(file.get(), piece, offset); error != 0) return error;
    offset += piece.size();
  }
  return 0;
}

absl::Status status_of(const absl::StatusOr<int>& error) {
  if (!error.ok()) return absl::UnavailableError("no thread is free to write files");
  if (*error == 0) return absl::OkStatus();
  const bool full = *error == ENOSPC || *error == EDQUOT || *error == EFBIG;
  const absl::Status told = errno_status(*error, "writing a temporary file");
  return absl::Status(full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kInternal,
                      told.message());
}

}  // namespace

SpoolFile::SpoolFile(BlockingPool& pool, std::string directory)
    : pool_(pool), directory_(directory_or_default(std::move(directory))) {}

Task<absl::Status> SpoolFile::append(Buffer bytes) {
  size_ += bytes.size();
  waiting_.append(std::move(bytes));
  if (waiting_.size() < kBatchBytes) co_return absl::OkStatus();
  Task<absl::Status> flushing = flush();
  co_return co_await flushing;
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
  co_return status_of(error);
}

}  // namespace turbo::web
