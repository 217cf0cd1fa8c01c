// MultipartParser: the parts of a multipart body from a chain of bytes, by RFC 2046 5.1 and RFC
// 7578. Pure: bytes in, events out.
//
//   MultipartParser parser(boundary, limits);
//
//   ( next() = kNeedMore )*  ( next() = kPart  ( next() = kNeedMore | kData )*  next() = kPartEnd
//   )* and when the body has ended  finish() = kEnd and at any point  kError, which stays
//
// Every split of the input gives the same events (kData pieces may be cut elsewhere). Strict where
// readers disagree, so that what a filter in front has seen is what is read here: lines end with
// CRLF; a line that begins with the delimiter is one, and anything behind it but blanks is refused;
// the body ends with the closing delimiter; fields are not folded. What stands before the first
// delimiter and behind the last one is dropped. A part that is multipart itself is data.
//
// Owner:   the caller.
// Threads: one.
// Errors:  error(): 400 for what is malformed, 413 for a limit, and a reason for a person.
// Limits:  MultipartLimits.
// Cost:    linear in the bytes for every input; data is moved, never copied. Searching runs at the
//          speed of memory (http_multipart_benchmark).
#ifndef TURBO_HTTP_MULTIPART_PARSER_H_
#define TURBO_HTTP_MULTIPART_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "framework/buffer/buffer.h"
#include "framework/buffer/delimiter_search.h"
#include "framework/http/field_section.h"
#include "framework/http/parse_error.h"
#include "framework/http/request_head.h"

namespace turbo::http {

struct MultipartLimits {
  size_t max_parts = 100;                   // Forms of people have dozens of fields.
  size_t max_part_header_bytes = 10 << 10;  // Of one part: room for the longest names.
  size_t max_part_header_count = 16;        // Of one part; browsers send two.
  uint64_t max_part_bytes = UINT64_MAX;     // Data of one part; for callers whose parts are alike.
  uint64_t max_total_bytes = UINT64_MAX;    // The whole; the server limits the body, too.
  // Before the first delimiter, behind the last, and blanks behind delimiters: all together.
  // Mail programs put a line there, HTTP clients nothing.
  size_t max_ignored_bytes = 4096;
};

class MultipartParser {
 public:
  enum class Event : uint8_t { kNeedMore, kPart, kData, kPartEnd, kEnd, kError };

  static constexpr size_t kMaxBoundary = 70;
  // 1 to 70 of the bytes RFC 2046 allows, the last no space.
  static bool is_boundary(std::string_view text);

  // Requires: is_boundary(boundary). `limits` must outlive the parser.
  MultipartParser(std::string_view boundary, const MultipartLimits& limits);

  // Takes what it can from the front of `input`. After kNeedMore call again when more has been
  // appended.
  Event next(Buffer& input);
  // The body has ended: kEnd, or kError if it should not have. Requires: next() said kNeedMore.
  Event finish();

  // After kPart: the part's fields, valid until the kPart after it.
  std::span<const Field> fields() const { return section_.fields(); }
  // After kData: the piece, non-empty.
  Buffer take_data();
  const ParseError& error() const { return error_; }

 private:
  enum class State : uint8_t {
    kFirstDelimiter,
    kPreamble,
    kDelimiterEnd,  // behind the boundary: "--", blanks or CRLF
    kSecondDash,
    kPadding,
    kLineFeed,
    kFields,
    kDataStart,
    kData,
    kEpilogue,
    kFailed,
  };

  enum class Match : uint8_t { kNo, kMore, kYes };

  Event step(Buffer& input);
  Match take_bare_delimiter(Buffer& input);
  Event first_delimiter(Buffer& input);
  Event preamble(Buffer& input);
  Event delimiter_line(Buffer& input);
  bool take_delimiter_byte(char c);
  bool start_fields();
  Event read_fields(Buffer& input);
  Event data_start(Buffer& input);
  Event data(Buffer& input);
  Event epilogue(Buffer& input);
  bool ignore(size_t bytes);
  size_t other_bytes(const Buffer& input) const;
  Event fail(int status, std::string_view reason);

  const MultipartLimits* limits_;
  State state_ = State::kFirstDelimiter;
  bool closing_ = false;   // the delimiter that is read ends the body
  bool overlong_ = false;  // input past max_total_bytes was dropped
  uint64_t taken_ = 0;     // bytes of the body that were taken from the input
  size_t ignored_ = 0;
  size_t parts_ = 0;
  uint64_t part_bytes_ = 0;
  std::optional<size_t> delimiter_end_;  // a delimiter found in the input, behind data
  DelimiterSearch search_;               // for CRLF, two dashes and the boundary
  FieldSection section_;
  Buffer data_;
  ParseError error_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_MULTIPART_PARSER_H_
