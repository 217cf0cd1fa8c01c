#include "framework/web/file_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string_view>

#include "framework/base/status.h"
#include "framework/base/views.h"

namespace turbo::web {
namespace {

// Finds out what is there and does nothing to it.
constexpr int kLookFlags = O_PATH | O_CLOEXEC;
// Without O_NONBLOCK the open() of a pipe waits for its writer.
constexpr int kReadFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
// A rename somewhere on the way makes the kernel unsure about ".." in a link: it says EAGAIN.
constexpr int kAttempts = 8;

absl::Status file_status(int error, std::string_view what) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EXDEV:  // the way leads out
    case ENXIO:  // a socket
      return make_status(absl::StatusCode::kNotFound, "there is no such file");
    case EACCES:
    case EPERM:
      return make_status(absl::StatusCode::kPermissionDenied, "the file may not be read");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return make_status(absl::StatusCode::kResourceExhausted,
                         to_std(errno_status(error, what).message()));
    default:
      return errno_status(error, what);
  }
}

int open_beneath(int directory, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 1;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EINTR && (errno != EAGAIN || attempt == kAttempts)) return -1;
  }
}

// Every name on its own, so that none can be a link. Also refuses what file_path() never lets
// through: this function alone must hold.
int open_name_by_name(int directory, std::string_view path, int flags) {
  UniqueFd held;
  for (;;) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string name(path.substr(0, slash));
    const bool last = slash >= path.size() - 1;
    if (name.empty() || name == "..") {
      errno = EXDEV;
      return -1;
    }
    const int directory_only = slash < path.size() ? O_DIRECTORY : 0;
    const int how = last ? flags : O_PATH | O_CLOEXEC;
    const int fd = ::openat(directory, name.c_str(), how | O_NOFOLLOW | directory_only);
    if (fd < 0 || last) return fd;
    held.reset(fd);
    directory = fd;
    path.remove_prefix(slash + 1);
  }
}

int64_t nanoseconds_of(const timespec& time) {
  constexpr int64_t kSecond = 1'000'000'000;
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max() / kSecond - 1;
  return std::clamp<int64_t>(time.tv_sec, -kLast, kLast) * kSecond + time.tv_nsec;
}

FileFacts facts_of(const struct stat& status) {
  FileFacts facts;
  facts.device = status.st_dev;
  facts.inode = status.st_ino;
  facts.size = static_cast<uint64_t>(status.st_size);
  facts.modified_ns = nanoseconds_of(status.st_mtim);
  facts.changed_ns = nanoseconds_of(status.st_ctim);
  facts.directory = S_ISDIR(status.st_mode);
  return facts;
}

absl::StatusOr<FileFacts> checked_facts(const struct stat& status) {
  if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) return facts_of(status);
  if (S_ISLNK(status.st_mode)) return file_status(ELOOP, "it is a link");  // name by name
  return make_status(absl::StatusCode::kPermissionDenied, "it is no regular file");
}

}  // namespace

absl::StatusOr<FileRoot> FileRoot::open(const std::string& directory, Lookup lookup) {
  UniqueFd fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return errno_status(errno, "cannot open the directory " + directory);
  if (lookup == Lookup::kBeneath) {
    const UniqueFd probe(open_beneath(fd.get(), ".", O_PATH | O_CLOEXEC));
    // An old kernel, or a filter of system calls that does not know this one.
    if (!probe.valid() && (errno == ENOSYS || errno == EPERM)) lookup = Lookup::kNameByName;
  }
  return FileRoot(std::move(fd), lookup);
}

absl::StatusOr<OpenFile> FileRoot::open_beneath_root(const std::string& path, int flags) const {
  const char* const name = path.empty() ? "." : path.c_str();
  OpenFile file;
  file.fd.reset(lookup_ == Lookup::kBeneath ? open_beneath(directory_.get(), name, flags)
                                            : open_name_by_name(directory_.get(), name, flags));
  if (!file.fd.valid()) return file_status(errno, "cannot open a file");
  absl::StatusOr<FileFacts> facts = look(file.fd.get());
  if (!facts.ok()) return facts.status();
  file.facts = *facts;
  return file;
}

// To open a pipe lets its writer run, and to open a device may do anything; so nothing is opened
// before it is known to be a file, nor kept if it is not the one that was looked at, which the
// first descriptor keeps from being replaced by one of the same number.
absl::StatusOr<OpenFile> FileRoot::open_file(const std::string& path) const {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const absl::StatusOr<OpenFile> seen = open_beneath_root(path, kLookFlags);
    if (!seen.ok()) return seen.status();
    absl::StatusOr<OpenFile> opened = open_beneath_root(path, kReadFlags);
    if (!opened.ok()) return opened.status();
    if (opened->facts.device == seen->facts.device && opened->facts.inode == seen->facts.inode) {
      return opened;
    }
  }
  return make_status(absl::StatusCode::kUnavailable, "the file is replaced again and again");
}

absl::StatusOr<FileFacts> FileRoot::look_beneath(const std::string& path) const {
  const absl::StatusOr<OpenFile> seen = open_beneath_root(path, kLookFlags);
  if (!seen.ok()) return seen.status();
  return seen->facts;
}

absl::StatusOr<FileFacts> FileRoot::look(const std::string& path) const {
  struct stat status {};
  const char* const name = path.empty() ? "." : path.c_str();
  if (::fstatat(directory_.get(), name, &status, 0) != 0) {
    return file_status(errno, "cannot look at a file");
  }
  return checked_facts(status);
}

absl::StatusOr<FileFacts> FileRoot::look(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return file_status(errno, "cannot look at a file");
  return checked_facts(status);
}

}  // namespace turbo::web
