// StoredFile: what is known of one path beneath a FileRoot: a file in its representations, a
// directory, or why there is nothing.
//
//   StoredFile file = read_stored_file(root, "css/site.css", {.precompressed = true});
//
// A representation is the file as it is or, if asked for, its compressed neighbour (site.css.br,
// site.css.gz). Small ones are read into memory; of all a descriptor is kept, which also keeps the
// kernel's own memory of the path, so that looking whether the file has changed does not wait for
// a disc.
//
// Owner:   values; a StoredFile belongs to one loop at a time and may be moved between threads.
// Threads: read_stored_file() on any. It blocks.
// Errors:  StoredFile::status, FileRoot's.
// Limits:  contents up to max_content_bytes are read.
// Cost:    two system calls a representation, and the reads.
#ifndef TURBO_WEB_STORED_FILE_H_
#define TURBO_WEB_STORED_FILE_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "framework/base/fd.h"
#include "framework/buffer/buffer.h"
#include "framework/http/response_head.h"
#include "framework/web/file_root.h"

namespace turbo::web {

// In the order they are preferred in where a client takes several equally.
enum class FileCoding : uint8_t { kBrotli, kGzip, kIdentity };
inline constexpr size_t kFileCodings = 3;

// As Content-Encoding names it; "" for identity.
std::string_view to_string(FileCoding coding);

struct Representation {
  bool exists() const { return file.fd.valid(); }
  // Whole in `content`; otherwise it is sent from the descriptor.
  bool in_memory() const { return content.size() == file.facts.size; }

  OpenFile file;
  Buffer content;
  // Made of the time of the last change, in nanoseconds, the size and the coding: nothing has to be
  // read for it, and a copy that keeps times keeps the tag on every machine. With the inode it
  // would not.
  std::string etag;
  // Not after the moment of reading (RFC 9110 8.8.2.1).
  std::chrono::sys_seconds last_modified;
  // What all its answers have in common; whoever serves the file fills it.
  http::ResponseHead fields;
};

struct StoredFile {
  const Representation& representation(FileCoding coding) const {
    return representations[static_cast<size_t>(coding)];
  }
  const Representation& plain() const { return representation(FileCoding::kIdentity); }
  bool is_directory() const { return status.ok() && plain().file.facts.directory; }
  // In memory.
  size_t content_bytes() const;
  // Kept open.
  size_t descriptors() const;

  // Not OK: there is nothing to serve.
  absl::Status status;
  // False if it changed so shortly before it was read that a further change could bear the same
  // time.
  bool settled = true;
  // With a neighbour to choose from: the answer depends on Accept-Encoding.
  bool varies = false;
  std::array<Representation, kFileCodings> representations;
};

struct StoredFileOptions {
  // Larger files are sent from their descriptors, by sendfile where the connection can.
  size_t max_content_bytes = 64 << 10;
  // Looks for .br and .gz beside the file.
  bool precompressed = false;
};

StoredFile read_stored_file(const FileRoot& root, const std::string& path,
                            const StoredFileOptions& options);

// Whether all of it is on the disc as it was read. Compares facts; reads nothing. False for a file
// that was not settled.
bool is_current(const StoredFile& file, const FileRoot& root, const std::string& path,
                const StoredFileOptions& options);

}  // namespace turbo::web

#endif  // TURBO_WEB_STORED_FILE_H_
