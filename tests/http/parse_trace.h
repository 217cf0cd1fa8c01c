// What a RequestParser says about a sequence of bytes, as text, however the bytes are cut.
// For the parser's tests and its fuzzer.
#ifndef TURBO_TESTS_HTTP_PARSE_TRACE_H_
#define TURBO_TESTS_HTTP_PARSE_TRACE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "framework/http/request_parser.h"

namespace turbo::http {

// How pieces of input reach the parser.
enum class Arrival {
  kSameBlock,  // one by one, each behind the other in one block: what a socket does
  kOwnBlocks,  // one by one, each a block of its own
  kAllAtOnce,  // a chain of blocks, whole from the start
};

inline void trace_fields(std::span<const Field> fields, std::string& out) {
  for (const Field& field : fields) {
    out.append(" ").append(field.name).append("=[").append(field.value).append("]");
  }
}

inline void trace_head(const RequestHead& head, std::string& out) {
  out.append("head ").append(head.method_token).append("/").append(to_string(head.method));
  out.append(" 1.").append(std::to_string(head.minor_version));
  out.append(" target=").append(head.target).append(" path=").append(head.path);
  out.append(" query=").append(head.query).append(" host=").append(head.host);
  if (head.content_length) out.append(" length=").append(std::to_string(*head.content_length));
  if (head.unknown_length) out.append(" chunked");
  if (!head.keep_alive) out.append(" close");
  if (head.expect_continue) out.append(" expect");
  if (head.upgrade) out.append(" upgrade");
  trace_fields(head.fields, out);
  out.append("\n");
}

// Every event of every message in the input. Body pieces are joined, for they may be cut anywhere.
class ParseTrace {
 public:
  explicit ParseTrace(const RequestParserLimits& limits) : parser_(limits) {}

  void feed(Buffer& input) {
    for (;;) {
      switch (parser_.next(input)) {
        case RequestParser::Event::kNeedMore:
          return;
        case RequestParser::Event::kHead:
          trace_head(parser_.head(), text_);
          break;
        case RequestParser::Event::kBody:
          body_ += parser_.take_body().to_string();
          break;
        case RequestParser::Event::kEnd:
          end_body();
          // The head's views live until restart().
          trace_head(parser_.head(), text_);
          text_ += "end";
          trace_fields(parser_.trailers(), text_);
          text_ += "\n";
          parser_.restart();
          break;
        case RequestParser::Event::kError:
          end_body();
          text_.append("error ").append(std::to_string(parser_.error().status)).append(" ");
          text_.append(parser_.error().reason).append("\n");
          failed_ = true;
          return;
      }
    }
  }

  bool failed() const { return failed_; }
  std::string finish() {
    end_body();
    if (!failed_) text_ += parser_.idle() ? "idle" : "unfinished";
    return text_;
  }

 private:
  void end_body() {
    if (!body_.empty()) text_.append("body ").append(body_).append("\n");
    body_.clear();
  }

  RequestParser parser_;
  std::string text_;
  std::string body_;
  bool failed_ = false;
};

// `cuts`: ascending offsets where the input is cut.
inline std::string trace(std::string_view bytes, const std::vector<size_t>& cuts, Arrival arrival,
                         const RequestParserLimits& limits) {
  ParseTrace trace(limits);
  Buffer input;
  size_t begin = 0;
  for (size_t i = 0; i <= cuts.size() && !trace.failed(); ++i) {
    const size_t end = i < cuts.size() ? cuts[i] : bytes.size();
    const std::string_view piece = bytes.substr(begin, end - begin);
    begin = end;
    if (arrival == Arrival::kSameBlock) {
      input.append(piece);
    } else {
      // Memory of its own size, so that a sanitizer sees a read past the end.
      auto* const copy = new std::string(piece);
      copy->shrink_to_fit();
      input.append_external(*copy, [copy] { delete copy; });
    }
    if (arrival != Arrival::kAllAtOnce) trace.feed(input);
  }
  if (arrival == Arrival::kAllAtOnce) trace.feed(input);
  return trace.finish();
}

}  // namespace turbo::http

#endif  // TURBO_TESTS_HTTP_PARSE_TRACE_H_
