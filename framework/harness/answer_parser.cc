#include "framework/harness/answer_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "framework/http/request_head.h"

namespace turbo {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::string_view take_line(std::string_view& lines) {
  const size_t end = lines.find(kLineEnd);
  const std::string_view line = lines.substr(0, end);
  lines.remove_prefix(line.size() + kLineEnd.size());
  return line;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<std::string_view> find(const AnswerParser::Fields& fields, std::string_view name) {
  for (const auto& [each, value] : fields) {
    if (http::equals_ignore_case(each, name)) return value;
  }
  return std::nullopt;
}

}  // namespace

void AnswerParser::add(std::string_view bytes) {
  input_.append(bytes);
  read();
}

void AnswerParser::end() {
  if (done() || !problem_.empty()) return;
  if (state_ == State::kUntilEnd) {
    state_ = State::kDone;
  } else if (state_ == State::kHead) {
    fail(input_.empty() ? "the connection ended without an answer"
                        : "the connection ended within the head");
  } else {
    fail("the connection ended within the body");
  }
}

std::string AnswerParser::take_body() {
  std::string taken = body_.to_string();
  body_.clear();
  return taken;
}

void AnswerParser::read() {
  bool more = problem_.empty();
  while (more) {
    switch (state_) {
      case State::kHead:
        more = read_head();
        break;
      case State::kLength:
        more = read_counted();
        break;
      case State::kChunks:
        more = read_chunks();
        break;
      case State::kTrailers:
        more = read_trailers();
        break;
      case State::kUntilEnd:
        body_.append(std::move(input_));
        more = false;
        break;
      case State::kDone:
        more = !input_.empty() && fail("bytes behind the answer");
        break;
    }
  }
}

bool AnswerParser::read_head() {
  std::string head;
  if (!take_until("\r\n\r\n", head)) return false;
  if (!read_head_lines(head)) return fail("a malformed head: " + head);
  // 100 and the like only announce the answer (RFC 9110 15.2).
  if (status_ >= 200 || status_ == 101) return choose_body();
  fields_.clear();
  return true;
}

bool AnswerParser::read_head_lines(std::string_view head) {
  if (!read_status_line(take_line(head))) return false;
  for (std::string_view line = take_line(head); !line.empty(); line = take_line(head)) {
    if (!read_field(line, fields_)) return false;
  }
  return true;
}

bool AnswerParser::read_status_line(std::string_view line) {
  const bool good = line.size() >= 13 && line.substr(0, 9) == "HTTP/1.1 " && line[12] == ' ';
  if (!good || !read_number(line.substr(9, 3), status_)) return false;
  reason_ = line.substr(13);
  return true;
}

bool AnswerParser::read_field(std::string_view line, Fields& fields) {
  const size_t colon = line.find(": ");
  if (colon == line.npos || colon == 0) return false;
  fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  return true;
}

bool AnswerParser::choose_body() {
  const auto length = find(fields_, "Content-Length");
  const auto coding = find(fields_, "Transfer-Encoding");
  const bool bodiless = answers_head_ || status_ < 200 || status_ == 204 || status_ == 304;
  if (length && coding) return fail("both Content-Length and Transfer-Encoding");
  if (length && !read_number(*length, left_)) return fail("a malformed Content-Length");
  if (coding && *coding != "chunked") return fail("an unknown Transfer-Encoding");
  if (bodiless) {
    state_ = State::kDone;
  } else if (coding) {
    chunks_.start(UINT64_MAX, SIZE_MAX);
    state_ = State::kChunks;
  } else {
    state_ = length ? State::kLength : State::kUntilEnd;
  }
  return true;
}

bool AnswerParser::read_counted() {
  const auto bytes = static_cast<size_t>(std::min<uint64_t>(left_, input_.size()));
  body_.append(input_.split(bytes));
  left_ -= bytes;
  if (left_ == 0) state_ = State::kDone;
  return left_ == 0;
}

bool AnswerParser::read_chunks() {
  http::ParseError error;
  switch (chunks_.decode(input_, body_, error)) {
    case http::ChunkedDecoder::Step::kMore:
      return false;
    case http::ChunkedDecoder::Step::kData:
      return true;
    case http::ChunkedDecoder::Step::kTrailers:
      state_ = State::kTrailers;
      return true;
    case http::ChunkedDecoder::Step::kError:
      break;
  }
  return fail(error.reason);
}

bool AnswerParser::read_trailers() {
  std::string line;
  if (!take_until(kLineEnd, line)) return false;
  line.resize(line.size() - kLineEnd.size());
  if (line.empty()) {
    state_ = State::kDone;
    return true;
  }
  return read_field(line, trailers_) || fail("a malformed trailer: " + line);
}

bool AnswerParser::take_until(std::string_view end, std::string& out) {
  const std::string_view seen = input_.linearize(input_.size());
  const size_t found = seen.find(end);
  if (found == seen.npos) return false;
  out = seen.substr(0, found + end.size());
  input_.drain(out.size());
  return true;
}

bool AnswerParser::fail(std::string_view problem) {
  problem_ = problem;
  return false;
}

}  // namespace turbo
