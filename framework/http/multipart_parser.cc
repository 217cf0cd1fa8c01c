#include "framework/http/multipart_parser.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "framework/base/check.h"

namespace turbo::http {
namespace {

constexpr std::string_view kLineAndDashes = "\r\n--";

std::string delimiter_of(std::string_view boundary) {
  TURBO_CHECK(MultipartParser::is_boundary(boundary), "a boundary that RFC 2046 does not allow");
  return std::string(kLineAndDashes).append(boundary);
}

bool is_boundary_byte(char c) {
  const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alnum || std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
}

}  // namespace

bool MultipartParser::is_boundary(std::string_view text) {
  return !text.empty() && text.size() <= kMaxBoundary && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), is_boundary_byte);
}

MultipartParser::MultipartParser(std::string_view boundary, const MultipartLimits& limits)
    : limits_(&limits), search_(delimiter_of(boundary)) {
  // The empty line that ends the fields is not counted.
  section_.start(limits.max_part_header_bytes + 2, limits.max_part_header_count);
}

Buffer MultipartParser::take_data() { return std::exchange(data_, Buffer()); }

MultipartParser::Event MultipartParser::fail(int status, std::string_view reason) {
  error_ = {status, reason};
  state_ = State::kFailed;
  return Event::kError;
}

MultipartParser::Event MultipartParser::next(Buffer& input) {
  if (input.size() > limits_->max_total_bytes - taken_) {
    // Up to the limit everything is told as if the rest were still to come.
    Buffer allowed = input.split(static_cast<size_t>(limits_->max_total_bytes - taken_));
    input = std::move(allowed);
    overlong_ = true;
  }
  const size_t before = input.size();
  const Event event = step(input);
  // A part's fields may go back to the input in part: then this subtracts.
  taken_ += before - input.size();
  if (event == Event::kNeedMore && overlong_) return fail(413, "the body is too large");
  return event;
}

MultipartParser::Event MultipartParser::finish() {
  const bool closed = closing_ && (state_ == State::kPadding || state_ == State::kEpilogue);
  if (state_ == State::kFailed) return Event::kError;
  return closed ? Event::kEnd : fail(400, "the body ends without its closing delimiter");
}

MultipartParser::Event MultipartParser::step(Buffer& input) {
  switch (state_) {
    case State::kFirstDelimiter:
      return first_delimiter(input);
    case State::kPreamble:
      return preamble(input);
    case State::kDelimiterEnd:
    case State::kSecondDash:
    case State::kPadding:
    case State::kLineFeed:
      return delimiter_line(input);
    case State::kFields:
      return read_fields(input);
    case State::kDataStart:
      return data_start(input);
    case State::kData:
      return data(input);
    case State::kEpilogue:
      return epilogue(input);
    case State::kFailed:
      break;
  }
  return Event::kError;
}

// Whether a delimiter without the CRLF before it is at the front of `input`; it is taken if so.
MultipartParser::Match MultipartParser::take_bare_delimiter(Buffer& input) {
  const std::string_view wanted = search_.delimiter().substr(2);
  std::array<char, kMaxBoundary + 2> bytes;
  const size_t count = std::min(wanted.size(), input.size());
  input.copy_to(0, std::span(bytes).first(count));
  if (std::string_view(bytes.data(), count) != wanted.substr(0, count)) return Match::kNo;
  if (count < wanted.size()) return Match::kMore;
  input.drain(count);
  return Match::kYes;
}

// The line before the first delimiter may be missing.
MultipartParser::Event MultipartParser::first_delimiter(Buffer& input) {
  switch (take_bare_delimiter(input)) {
    case Match::kMore:
      return Event::kNeedMore;
    case Match::kNo:
      state_ = State::kPreamble;
      return preamble(input);
    case Match::kYes:
      break;
  }
  state_ = State::kDelimiterEnd;
  return delimiter_line(input);
}

MultipartParser::Event MultipartParser::preamble(Buffer& input) {
  const std::optional<size_t> end = search_.find_end(input);
  const size_t bytes = end ? *end - search_.delimiter().size() : other_bytes(input);
  if (!ignore(bytes)) return Event::kError;
  if (bytes == 0 && !end) return Event::kNeedMore;
  input.drain(end.value_or(bytes));
  search_.restart();
  if (!end) return Event::kNeedMore;
  state_ = State::kDelimiterEnd;
  return delimiter_line(input);
}

bool MultipartParser::ignore(size_t bytes) {
  if (bytes > limits_->max_ignored_bytes - ignored_) {
    fail(413, "too many bytes outside of the parts");
    return false;
  }
  ignored_ += bytes;
  return true;
}

// Requires: no delimiter in `input`. The bytes of it that none can begin with. A boundary holds no
// CR, so only behind the last CR a delimiter may be on its way.
size_t MultipartParser::other_bytes(const Buffer& input) const {
  const std::string_view delimiter = search_.delimiter();
  std::array<char, kLineAndDashes.size() + kMaxBoundary> bytes;
  const size_t count = std::min(input.size(), delimiter.size() - 1);
  input.copy_to(input.size() - count, std::span(bytes).first(count));
  const std::string_view tail(bytes.data(), count);
  const size_t last = tail.rfind('\r');
  if (last == std::string_view::npos || !delimiter.starts_with(tail.substr(last))) {
    return input.size();
  }
  return input.size() - (count - last);
}

MultipartParser::Event MultipartParser::delimiter_line(Buffer& input) {
  while (!input.empty()) {
    const char c = input.front()[0];
    input.drain(1);
    if (!take_delimiter_byte(c)) return Event::kError;
    if (state_ == State::kEpilogue) return epilogue(input);
    if (state_ == State::kFields) return start_fields() ? read_fields(input) : Event::kError;
  }
  return Event::kNeedMore;
}

bool MultipartParser::take_delimiter_byte(char c) {
  switch (state_) {
    case State::kDelimiterEnd:
    case State::kPadding:
      if (c == '-' && state_ == State::kDelimiterEnd) {
        state_ = State::kSecondDash;
        return true;
      }
      if (c == ' ' || c == '\t') {
        state_ = State::kPadding;
        return ignore(1);
      }
      if (c != '\r') break;
      state_ = State::kLineFeed;
      return true;
    case State::kSecondDash:
      if (c != '-') break;
      closing_ = true;
      state_ = State::kPadding;
      return true;
    default:
      if (c != '\n') break;
      state_ = closing_ ? State::kEpilogue : State::kFields;
      return true;
  }
  fail(400, "bytes behind a delimiter");
  return false;
}

bool MultipartParser::start_fields() {
  if (parts_ == limits_->max_parts) {
    fail(413, "too many parts");
    return false;
  }
  ++parts_;
  part_bytes_ = 0;
  section_.restart();
  return true;
}

MultipartParser::Event MultipartParser::read_fields(Buffer& input) {
  using Step = FieldSection::Step;
  section_.look(input);
  while (true) {
    Step step;
    ParseError error;
    while ((step = section_.read_field(error)) == Step::kLine) {
    }
    if (step == Step::kError) return fail(error.status == 431 ? 413 : error.status, error.reason);
    if (step == Step::kEnd) {
      section_.take(input);
      state_ = State::kDataStart;
      return Event::kPart;
    }
    if (section_.full()) return fail(413, "a part's fields are too large");
    if (!section_.extend(input)) return Event::kNeedMore;
  }
}

// A part without data may leave out its empty line (body-part in RFC 2046 5.1.1): then what ended
// the fields began the delimiter.
MultipartParser::Event MultipartParser::data_start(Buffer& input) {
  switch (take_bare_delimiter(input)) {
    case Match::kMore:
      return Event::kNeedMore;
    case Match::kNo:
      state_ = State::kData;
      search_.restart();
      return data(input);
    case Match::kYes:
      break;
  }
  state_ = State::kDelimiterEnd;
  return Event::kPartEnd;
}

MultipartParser::Event MultipartParser::data(Buffer& input) {
  if (!delimiter_end_) delimiter_end_ = search_.find_end(input);
  const size_t bytes =
      delimiter_end_ ? *delimiter_end_ - search_.delimiter().size() : other_bytes(input);
  if (bytes > 0) {
    const uint64_t allowed = limits_->max_part_bytes - part_bytes_;
    if (allowed == 0) return fail(413, "a part is too large");
    data_ = input.split(static_cast<size_t>(std::min<uint64_t>(bytes, allowed)));
    part_bytes_ += data_.size();
    if (delimiter_end_) *delimiter_end_ -= data_.size();
    search_.restart();
    return Event::kData;
  }
  if (!delimiter_end_) return Event::kNeedMore;
  input.drain(*std::exchange(delimiter_end_, std::nullopt));
  search_.restart();
  state_ = State::kDelimiterEnd;
  return Event::kPartEnd;
}

MultipartParser::Event MultipartParser::epilogue(Buffer& input) {
  if (!ignore(input.size())) return Event::kError;
  input.clear();
  return Event::kNeedMore;
}

}  // namespace turbo::http
