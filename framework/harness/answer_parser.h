// AnswerParser: one HTTP/1.1 answer from the bytes a server sent, as they come. Private to the
// room.
//
// Owner:   the HarnessCall.
// Threads: one.
// Errors:  problem(): what is wrong, for a person; it stays, and nothing is read any more.
// Limits:  none: it reads what the program under test has made.
// Cost:    fit for tests.
#ifndef TURBO_HARNESS_ANSWER_PARSER_H_
#define TURBO_HARNESS_ANSWER_PARSER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/buffer/buffer.h"
#include "framework/http/chunked_decoder.h"

namespace turbo {

class AnswerParser {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  // The answer to HEAD has no body, whatever its fields say.
  explicit AnswerParser(bool answers_head) : answers_head_(answers_head) {}

  void add(std::string_view bytes);
  // The connection has ended: an answer may need that, or miss something.
  void end();

  bool has_head() const { return state_ != State::kHead; }
  // It is whole.
  bool done() const { return state_ == State::kDone; }
  const std::string& problem() const { return problem_; }

  // ---- once the head is there ----
  int status() const { return status_; }
  const std::string& reason() const { return reason_; }
  const Fields& fields() const { return fields_; }
  // The last fields of a chunked body, when done.
  const Fields& trailers() const { return trailers_; }
  // The body as far as it has come and was not taken yet.
  std::string take_body();

 private:
  enum class State : uint8_t { kHead, kLength, kChunks, kTrailers, kUntilEnd, kDone };

  void read();
  bool read_head();
  bool read_head_lines(std::string_view head);
  bool read_status_line(std::string_view line);
  static bool read_field(std::string_view line, Fields& fields);
  bool choose_body();
  bool read_counted();
  bool read_chunks();
  bool read_trailers();
  // Takes the front of the input up to and with `end`. False: it has not come yet.
  bool take_until(std::string_view end, std::string& out);
  // Answers false.
  bool fail(std::string_view problem);

  const bool answers_head_;
  State state_ = State::kHead;
  Buffer input_;
  Buffer body_;
  uint64_t left_ = 0;  // kLength: bytes to come
  http::ChunkedDecoder chunks_;
  int status_ = 0;
  std::string reason_;
  Fields fields_;
  Fields trailers_;
  std::string problem_;
};

}  // namespace turbo

#endif  // TURBO_HARNESS_ANSWER_PARSER_H_
