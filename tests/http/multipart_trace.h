// What a MultipartParser says about a sequence of bytes, as text, however the bytes are cut. For
// the parser's tests and its fuzzer.
#ifndef TURBO_TESTS_HTTP_MULTIPART_TRACE_H_
#define TURBO_TESTS_HTTP_MULTIPART_TRACE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "framework/http/multipart_parser.h"

namespace turbo::http {

// Whether pieces reach the parser one by one, or as a chain that is there from the start.
enum class PartArrival : bool { kOneByOne, kAllAtOnce };

class MultipartTrace {
 public:
  MultipartTrace(std::string_view boundary, const MultipartLimits& limits)
      : parser_(boundary, limits) {}

  void feed(Buffer& input) {
    using Event = MultipartParser::Event;
    while (!ended_) {
      const Event event = parser_.next(input);
      if (event == Event::kNeedMore) return;
      note(event);
    }
  }

  std::string finish() {
    if (!ended_) note(parser_.finish());
    return text_;
  }

 private:
  void note(MultipartParser::Event event) {
    using Event = MultipartParser::Event;
    if (event == Event::kData) {
      data_ += parser_.take_data().to_string();
      return;
    }
    if (!data_.empty()) text_.append("[").append(data_).append("]");
    data_.clear();
    if (event == Event::kPart) {
      text_ += "part";
      for (const Field& field : parser_.fields()) {
        text_.append(" ").append(field.name).append("=").append(field.value);
      }
    } else if (event == Event::kPartEnd) {
      text_ += "\n";
    } else {
      ended_ = true;
      text_ += event == Event::kEnd ? "end"
                                    : "error " + std::to_string(parser_.error().status) + " " +
                                          std::string(parser_.error().reason);
    }
  }

  MultipartParser parser_;
  std::string text_;
  std::string data_;
  bool ended_ = false;
};

// `cuts`: ascending offsets where the input is cut.
inline std::string trace_multipart(std::string_view bytes, const std::vector<size_t>& cuts,
                                   PartArrival arrival, std::string_view boundary,
                                   const MultipartLimits& limits) {
  MultipartTrace trace(boundary, limits);
  Buffer input;
  size_t begin = 0;
  for (size_t i = 0; i <= cuts.size(); ++i) {
    const size_t end = i < cuts.size() ? cuts[i] : bytes.size();
    // Memory of its own size, so that a sanitizer sees a read past the end.
    auto* const copy = new std::string(bytes.substr(begin, end - begin));
    copy->shrink_to_fit();
    input.append_external(*copy, [copy] { delete copy; });
    begin = end;
    if (arrival == PartArrival::kOneByOne) trace.feed(input);
  }
  trace.feed(input);
  return trace.finish();
}

}  // namespace turbo::http

#endif  // TURBO_TESTS_HTTP_MULTIPART_TRACE_H_
