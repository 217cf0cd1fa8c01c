// FileRoot: a directory, and no way to open anything outside of it.
//
//   absl::StatusOr<FileRoot> root = FileRoot::open("/srv/www");
//   absl::StatusOr<OpenFile> file = root->open_file("css/site.css");
//
// The directory is opened once; every path is resolved by the kernel beneath that descriptor
// (openat2 with RESOLVE_BENEATH), so that neither "..", nor an absolute path, nor a symbolic link,
// nor one put there between a check and its use leads out. Links inside are followed. Where openat2
// is missing or forbidden the path is walked name by name and no link is followed at all.
//
// Owner:   whoever holds it; movable.
// Threads: const functions on any, at once. They block: call them where nobody waits.
// Errors:  kNotFound for what is not there, or is outside; kPermissionDenied for what may not be
//          read, and for what is neither a regular file nor a directory; kResourceExhausted when
//          descriptors or memory have run out; kUnavailable for what else the kernel says.
// Limits:  the kernel's of a path.
// Cost:    six system calls an open_file(), which looks before it opens so that no pipe or device
//          is touched; three a look_beneath(), one a look().
#ifndef TURBO_WEB_FILE_ROOT_H_
#define TURBO_WEB_FILE_ROOT_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "framework/base/fd.h"

namespace turbo::web {

// What tells one state of a file from another.
struct FileFacts {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  // Both since 1970, as near as 64 bits come to what lies beyond the years 1678 to 2261.
  int64_t modified_ns = 0;
  // The inode's own: rights, names, and contents whose time was set back.
  int64_t changed_ns = 0;
  bool directory = false;

  bool operator==(const FileFacts&) const = default;
};

struct OpenFile {
  UniqueFd fd;  // for reading
  FileFacts facts;
};

class FileRoot {
 public:
  enum class Lookup : uint8_t {
    kBeneath,  // openat2, or as kNameByName if the kernel refuses it
    kNameByName,
  };

  static absl::StatusOr<FileRoot> open(const std::string& directory,
                                       Lookup lookup = Lookup::kBeneath);

  // `path` is relative; "" is the directory itself. Regular files and directories only.
  absl::StatusOr<OpenFile> open_file(const std::string& path) const;

  // What open_file() would find, not opened for reading; it may be unreadable.
  absl::StatusOr<FileFacts> look_beneath(const std::string& path) const;

  // What stands at `path` now, without opening it. Links are followed wherever they lead, so this
  // is only for comparing with the facts of a file that was opened.
  absl::StatusOr<FileFacts> look(const std::string& path) const;

  // The facts of an open file.
  static absl::StatusOr<FileFacts> look(int fd);

 private:
  FileRoot(UniqueFd directory, Lookup lookup) : directory_(std::move(directory)), lookup_(lookup) {}
  absl::StatusOr<OpenFile> open_beneath_root(const std::string& path, int flags) const;

  UniqueFd directory_;
  Lookup lookup_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_FILE_ROOT_H_
