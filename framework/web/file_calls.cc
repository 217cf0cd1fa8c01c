#include "framework/web/file_calls.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "framework/base/status.h"

namespace turbo::web {
namespace {

int write_piece(int file, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written < 0 ? errno : EIO;
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return 0;
}

}  // namespace

int open_unnamed(const std::string& directory, UniqueFd& file) {
  file.reset(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.valid()) return 0;
  // File systems without O_TMPFILE: NFS, overlayfs of older kernels.
  if (errno != EOPNOTSUPP && errno != EISDIR) return errno;
  std::string path = directory + "/turbo-form-XXXXXX";
  file.reset(::mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid()) return errno;
  return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

int write_all(int file, const Buffer& bytes, uint64_t offset) {
  for (const std::string_view piece : bytes) {
    if (const int error = write_piece(file, piece, offset); error != 0) return error;
    offset += piece.size();
  }
  return 0;
}

int copy_range(int from, uint64_t offset, uint64_t bytes, int to) {
  auto at = static_cast<off_t>(offset);
  while (bytes > 0) {
    const ssize_t copied = ::sendfile(to, from, &at, std::min<uint64_t>(bytes, 1 << 30));
    if (copied < 0 && errno == EINTR) continue;
    if (copied <= 0) return copied < 0 ? errno : EIO;
    bytes -= static_cast<uint64_t>(copied);
  }
  return 0;
}

absl::Status file_status(const absl::StatusOr<int>& error, std::string_view what) {
  if (!error.ok()) return absl::UnavailableError("no thread is free to write files");
  if (*error == 0) return absl::OkStatus();
  const bool full = *error == ENOSPC || *error == EDQUOT || *error == EFBIG;
  return absl::Status(full ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kInternal,
                      errno_status(*error, what).message());
}

}  // namespace turbo::web
