// file_path(): the name of a file, made of the part of a request's path that names it.
//
//   file_path("css/site%20wide.css")  ->  "css/site wide.css"
//   file_path("../etc/passwd")        ->  nothing
//
// Segments are decoded one by one. What no name of a file can be is refused rather than repaired:
// "." and "..", empty segments ("//etc/passwd"), an encoded slash or NUL, malformed encodings. A
// backslash is a byte like any other, and so is what looks like UTF-8 and is not ("%c0%ae").
// FileRoot keeps the kernel from leaving the directory all the same.
//
// Owner:   values.
// Threads: any.
// Errors:  nullopt for what names no file.
// Limits:  the parser's limit of a target; the kernel's of a path.
// Cost:    one pass, one string.
#ifndef TURBO_WEB_FILE_PATH_H_
#define TURBO_WEB_FILE_PATH_H_

#include <optional>
#include <string>
#include <string_view>

namespace turbo::web {

// Names that begin with a dot are how programs hide what is not meant for readers: .git, .env,
// .htpasswd. "/.well-known/" (RFC 8615) is served always.
enum class DotFiles : bool { kRefuse, kServe };

// `encoded` is without the leading slash. "" is the directory itself; a trailing slash, which says
// that a directory is meant, is kept.
std::optional<std::string> file_path(std::string_view encoded,
                                     DotFiles dot_files = DotFiles::kRefuse);

// Whether a file may be called so and, by `dot_files`, be shown.
bool is_file_name(std::string_view name, DotFiles dot_files);

}  // namespace turbo::web

#endif  // TURBO_WEB_FILE_PATH_H_
