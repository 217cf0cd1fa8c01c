// directory_listing(): a page of what a directory beneath a FileRoot holds.
//
//   absl::StatusOr<std::string> page = directory_listing(root, "photos/", {.title = "/photos/"});
//
// Directories first, each group by name. What could not be fetched is not shown: files that are
// neither regular nor directories, links that lead out, names that begin with a dot. A name that is
// no UTF-8 is shown percent-encoded.
//
// Owner:   values.
// Threads: any. It blocks.
// Errors:  FileRoot's.
// Limits:  max_entries are looked at, shown or not, in the file system's order; the page says so
// when
//          there are more.
// Cost:    a system call an entry.
#ifndef TURBO_WEB_DIRECTORY_LISTING_H_
#define TURBO_WEB_DIRECTORY_LISTING_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "framework/web/file_path.h"
#include "framework/web/file_root.h"

namespace turbo::web {

struct ListingOptions {
  // Of the page; any text.
  std::string title;
  // A page of two thousand lines is some 300 KB: more is not for people.
  size_t max_entries = 2000;
  DotFiles dot_files = DotFiles::kRefuse;
};

// HTML in UTF-8 without scripts, to be sent with listing_policy(). Links are relative, so the
// request's path must end with a slash.
absl::StatusOr<std::string> directory_listing(const FileRoot& root, const std::string& path,
                                              const ListingOptions& options);

// A Content-Security-Policy by which the page's own style is all that a browser heeds.
const std::string& listing_policy();

}  // namespace turbo::web

#endif  // TURBO_WEB_DIRECTORY_LISTING_H_
