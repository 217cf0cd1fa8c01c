#include "framework/tls/file.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "framework/base/fd.h"
#include "framework/base/status.h"
#include "framework/base/views.h"

namespace turbo::tls {
namespace {

absl::Status wrong(const std::string& path, std::string_view why) {
  return make_status(absl::StatusCode::kInvalidArgument,
                     std::string(path) + ": " + std::string(why));
}

// A file that cannot be read is a wrong option, not a service that may come back.
absl::Status cannot_read(int error, const std::string& path) {
  return make_status(absl::StatusCode::kInvalidArgument,
                     to_std(errno_status(error, path).message()));
}

absl::Status check_kind(const std::string& path, const struct stat& file) {
  if (S_ISDIR(file.st_mode)) return wrong(path, "it is a folder");
  if (!S_ISREG(file.st_mode)) return wrong(path, "it is not a regular file");
  if (file.st_size == 0) return wrong(path, "the file is empty");
  if (static_cast<uint64_t>(file.st_size) > kMaxFile) return wrong(path, "it is over 64 MiB");
  return absl::OkStatus();
}

}  // namespace

Secret::~Secret() { OPENSSL_cleanse(text_.data(), text_.size()); }

absl::StatusOr<Secret> read_file(const std::string& path) {
  // Not blocking: a pipe in the place of a file must not hang the program.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return cannot_read(errno, path);
  struct stat file {};
  if (::fstat(fd.get(), &file) != 0) return cannot_read(errno, path);
  if (absl::Status kind = check_kind(path, file); !kind.ok()) return kind;
  // All at once, so that growing leaves no copies behind.
  std::string text(static_cast<size_t>(file.st_size), '\0');
  size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(fd.get(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot_read(errno, path);
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  text.resize(have);
  if (have == 0) return wrong(path, "the file is empty");
  return Secret(std::move(text));
}

FileStamp stamp_of(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
}

}  // namespace turbo::tls
