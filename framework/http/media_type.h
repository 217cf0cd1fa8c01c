// Media types of files by their extension, and whether a type's bytes are worth compressing.
//
//   media_type_of("site/index.html")   // "text/html; charset=utf-8"
//
// Owner:   views of a table that lives for the program.
// Threads: any.
// Errors:  an unknown extension is application/octet-stream, which no browser takes for a page.
// Limits:  extensions of up to 16 bytes.
// Cost:    a binary search, no allocation.
#ifndef TURBO_HTTP_MEDIA_TYPE_H_
#define TURBO_HTTP_MEDIA_TYPE_H_

#include <string_view>

namespace turbo::http {

// By what stands behind the last point of the last segment, in any case. Text is said to be UTF-8:
// without a charset browsers guess.
std::string_view media_type_of(std::string_view path);

// Whether bytes of that Content-Type, parameters ignored, are text or as loosely packed. Pictures,
// sound, archives and what nobody knows are not.
bool is_compressible(std::string_view content_type);

}  // namespace turbo::http

#endif  // TURBO_HTTP_MEDIA_TYPE_H_
