// Files that options name: their text, wiped after use, and whether they have changed.
//
// Owner:   values.
// Threads: any.
// Errors:  read_file(): kInvalidArgument with the path and the reason.
// Limits:  kMaxFile bytes; regular files only.
// Cost:    blocks on the disk.
#ifndef TURBO_TLS_FILE_H_
#define TURBO_TLS_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace turbo::tls {

// Room for the longest revocation lists.
inline constexpr size_t kMaxFile = size_t{64} << 20;

// A text that may be a key: it is overwritten before its memory is given back.
class Secret {
 public:
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) {}
  Secret& operator=(Secret&&) = delete;
  ~Secret();

  std::string_view view() const { return text_; }

 private:
  std::string text_;
};

// Not empty.
absl::StatusOr<Secret> read_file(const std::string& path);

// Two stamps differ if the file was replaced or written to in between.
struct FileStamp {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t seconds = 0;  // of the last change
  int64_t nanoseconds = 0;

  bool operator==(const FileStamp&) const = default;
};

// All zeros for a file that is not there. Follows links.
FileStamp stamp_of(const std::string& path);

}  // namespace turbo::tls

#endif  // TURBO_TLS_FILE_H_
