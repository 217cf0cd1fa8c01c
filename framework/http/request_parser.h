// RequestParser: HTTP/1 requests from a chain of bytes, strictly by RFC 9112. Pure: bytes in,
// events out.
//
// Call sequence, for ever:
//
//   restart()  ( next() = kNeedMore )*  next() = kHead
//              ( next() = kNeedMore | kBody )*  next() = kEnd        then restart() for the next
//              request
//   and at any point  next() = kError, which stays until restart()
//
// Every split of the input gives the same events (kBody pieces may be cut elsewhere). What RFC 9112
// lets a server tolerate and attackers use is refused: bare LF, obs-fold, space before the colon,
// two lengths, length with chunked, chunked on HTTP/1.0, control bytes, anything but "chunked" as
// transfer coding. Identical repeated Content-Length is refused too. So is CONNECT: what follows it
// is no HTTP.
//
// Owner:   the connection's exchange. Holds the block with the head, so the head's views stay
//          valid.
// Threads: one loop.
// Errors:  error(): a status code to answer with (400, 411, 413, 414, 417, 431, 501, 505) and a
//          reason for a person.
// Limits:  RequestParserLimits, each with its status.
// Cost:    one pass over the head, SWAR where the benchmark pays for it; body bytes are moved,
//          never copied. A head that arrives in one block is parsed where it lies; only one cut
//          over blocks is made contiguous.
#ifndef TURBO_HTTP_REQUEST_PARSER_H_
#define TURBO_HTTP_REQUEST_PARSER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "framework/buffer/buffer.h"
#include "framework/http/chunked_decoder.h"
#include "framework/http/field_section.h"
#include "framework/http/parse_error.h"
#include "framework/http/request_head.h"
#include "framework/http/request_line.h"

namespace turbo::http {

struct RequestParserLimits {
  size_t max_target_bytes = 8192;   // 414. What browsers and proxies send stays below.
  size_t max_header_bytes = 32768;  // 431. Request line and fields together.
  size_t max_header_count = 100;    // 431.
  uint64_t max_body_bytes =
      16 << 20;  // 413, at the head when the length is told, else when passed.
  size_t max_chunk_extension_bytes = 16384;  // 400. In all of one message (CVE-2024-22019).
  size_t max_trailer_bytes = 8192;           // 431.
  size_t max_trailer_count = 32;             // 431.
  size_t max_leading_newline_bytes = 16;     // 400. CRLFs before a request line (RFC 9112 2.2).
};

class RequestParser {
 public:
  enum class Event : uint8_t { kNeedMore, kHead, kBody, kEnd, kError };

  // `limits` must outlive the parser.
  explicit RequestParser(const RequestParserLimits& limits);

  // Takes what it can from the front of `input`. After kNeedMore call again when more has been
  // appended.
  Event next(Buffer& input) {
    if (state_ <= State::kFields) return next_head(input);
    return state_ == State::kDone ? Event::kEnd : next_body(input);
  }

  // Valid from kHead until restart().
  const RequestHead& head() const { return head_; }
  // For who must answer without one: an empty head, where half of one, or the last one, may be.
  void clear_head() { head_ = RequestHead(); }
  // After kBody: the piece, non-empty.
  Buffer take_body();
  // After kEnd of a chunked body: the trailer fields, valid until restart(); never merged with the
  // head.
  std::span<const Field> trailers() const;
  const ParseError& error() const { return error_; }

  // Replaces max_body_bytes for this message. Between kHead and the first body byte.
  void set_max_body_bytes(uint64_t bytes);
  uint64_t max_body_bytes() const { return max_body_bytes_; }

  // True between messages: nothing of a request has been seen, leading CRLFs aside.
  bool idle() const;

  // Forgets the message and frees the bytes it held; capacity for fields is kept.
  void restart();

 private:
  enum class State : uint8_t {
    kRequestLine,
    kFields,
    kBodyStart,
    kLengthBody,
    kChunkedBody,
    kTrailers,
    kDone,
    kFailed,
  };

  Event next_head(Buffer& input);
  bool read_usual_head(bool& repeated);
  Event finish_usual_head(Buffer& input, bool repeated);
  bool note_usual_fields();
  void take_over_facts();
  void remember_fields();
  FieldSection::Step read_request_line(Buffer& input);
  FieldSection::Step skip_newlines(Buffer& input);
  bool read_fields(FieldSection::Step& step);
  bool note_field(const Field& field);
  bool note_length(std::string_view value);
  bool note_coding(std::string_view value);
  bool note_host(const Field& field);
  bool note_expect(std::string_view value);
  void note_connection(std::string_view value);
  bool judge_head();
  Event finish_head(Buffer& input);
  Event complete_head();
  Event next_body(Buffer& input);
  Event start_body(Buffer& input);
  Event next_length_body(Buffer& input);
  Event next_chunked_body(Buffer& input);
  Event next_trailers(Buffer& input);
  bool fail(int status, std::string_view reason);
  Event failed() {
    state_ = State::kFailed;
    return Event::kError;
  }

  const RequestParserLimits* limits_;
  State state_ = State::kRequestLine;
  bool saw_bytes_ = false;
  bool connection_close_ = false;
  bool connection_keep_alive_ = false;
  bool pending_error_ = false;  // to be told after the body bytes before it
  size_t newline_bytes_ = 0;
  size_t usual_line_bytes_ = 0;  // of the request line, on the short way
  uint64_t max_body_bytes_;
  uint64_t body_left_ = 0;
  RequestLine line_;
  std::optional<uint32_t> host_field_;  // index into the fields
  RequestHead head_;
  ParseError error_;
  FieldSection head_section_;
  FieldMemo memo_;
  FieldSection trailer_section_;
  ChunkedDecoder chunks_;
  Buffer body_;
};

}  // namespace turbo::http

#endif  // TURBO_HTTP_REQUEST_PARSER_H_
