// FileAnswer: how a request for a file that exists is answered: all of it, parts, or nothing.
//
//   FileAnswer answer = decide_file_answer(head, {.etag = tag, .last_modified = time}, size);
//
// RFC 9110 13.2.2, its last step included: first the conditions, then, for GET alone, Range, unless
// If-Range says that the client's parts are of another state of the file.
//
// Owner:   values.
// Threads: any.
// Errors:  none.
// Limits:  max_ranges; see http/byte_range.h.
// Cost:    a look at the names of the fields; no allocation for a whole file or one range.
#ifndef TURBO_WEB_FILE_ANSWER_H_
#define TURBO_WEB_FILE_ANSWER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "framework/http/byte_range.h"
#include "framework/http/conditional.h"
#include "framework/http/request_head.h"

namespace turbo::web {

struct FileAnswer {
  int status = 200;  // 200, 206, 304, 412, 416
  // Of a 206.
  absl::InlinedVector<http::ByteRange, 1> ranges;
};

FileAnswer decide_file_answer(const http::RequestHead& head, const http::Validators& current,
                              uint64_t size, size_t max_ranges = http::kDefaultMaxRanges);

// The frame around several ranges in one body (RFC 9110 14.6).
class MultipartRanges {
 public:
  // The boundary is random, so that no file can hold it on purpose. `content_type` is of the file.
  MultipartRanges(const FileAnswer& answer, uint64_t size, std::string_view content_type);

  // Of the answer.
  std::string content_type() const { return "multipart/byteranges; boundary=" + boundary_; }
  // Of the whole body.
  uint64_t body_bytes() const;
  // What stands before the bytes of range `index`, and behind those of the last.
  std::string before(size_t index) const;
  std::string end() const { return "\r\n--" + boundary_ + "--\r\n"; }

 private:
  const FileAnswer& answer_;
  uint64_t size_;
  std::string_view content_type_;
  std::string boundary_;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_FILE_ANSWER_H_
