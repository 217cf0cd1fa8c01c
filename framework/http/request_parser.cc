#include "framework/http/request_parser.h"

#include <algorithm>
#include <utility>

#include "framework/http/scan.h"

namespace turbo::http {
namespace {

using Step = FieldSection::Step;

// Whether note_field() may care for a name of that size.
bool is_noted_size(size_t size) {
  constexpr uint32_t kSizes = 1u << 4 | 1u << 6 | 1u << 10 | 1u << 14 | 1u << 17;
  return size < 32 && (kSizes >> size & 1) != 0;
}

bool takes_content(Method method) {
  return method == Method::kPost || method == Method::kPut || method == Method::kPatch;
}

// Fields that say where a message ends or where it goes: in trailers they can only mislead (RFC
// 9110 6.5.1).
bool is_forbidden_trailer(std::string_view name) {
  constexpr std::string_view kForbidden[] = {"content-length", "transfer-encoding", "host", "te",
                                             "connection"};
  return std::any_of(
      std::begin(kForbidden), std::end(kForbidden),
      [name](std::string_view forbidden) { return equals_ignore_case(name, forbidden); });
}

}  // namespace

RequestParser::RequestParser(const RequestParserLimits& limits) : limits_(&limits) {
  head_section_.start(limits.max_header_bytes, limits.max_header_count);
  restart();
}

void RequestParser::restart() {
  if (head_.unknown_length) trailer_section_.restart();
  state_ = State::kRequestLine;
  saw_bytes_ = connection_close_ = connection_keep_alive_ = pending_error_ = false;
  newline_bytes_ = 0;
  max_body_bytes_ = limits_->max_body_bytes;
  host_field_.reset();
  // What the fields of the next head may leave alone; the rest is written at kHead.
  head_.unknown_length = head_.expect_continue = head_.upgrade = false;
  head_.content_length.reset();
  head_section_.restart();
  if (!body_.empty()) body_.clear();
}

bool RequestParser::fail(int status, std::string_view reason) {
  error_ = {status, reason};
  return false;
}

bool RequestParser::idle() const { return state_ == State::kRequestLine && !saw_bytes_; }

void RequestParser::set_max_body_bytes(uint64_t bytes) { max_body_bytes_ = bytes; }

Buffer RequestParser::take_body() { return std::exchange(body_, Buffer()); }

std::span<const Field> RequestParser::trailers() const { return trailer_section_.fields(); }

// ---- the head ----

RequestParser::Event RequestParser::next_head(Buffer& input) {
  head_section_.look(input);
  if (bool repeated = false; !saw_bytes_ && read_usual_head(repeated)) {
    return finish_usual_head(input, repeated);
  }
  while (true) {
    Step step = state_ == State::kRequestLine ? read_request_line(input) : Step::kLine;
    if (step == Step::kLine && !read_fields(step)) return failed();
    if (step == Step::kEnd) return finish_head(input);
    if (step == Step::kError) return failed();
    if (head_section_.full()) {
      if (state_ == State::kRequestLine) {
        fail(414, "the request line is too long");
      } else {
        fail(431, "the header section is too large");
      }
      return failed();
    }
    if (!head_section_.extend(input)) return Event::kNeedMore;
  }
}

// What nearly every client sends, whole in the first bytes that come: two thirds of the
// instructions of the careful functions below (http_parser_benchmark, parse/wrk). False if they
// must look, which then begin anew, so that bytes are refused by them alone, in their order.
bool RequestParser::read_usual_head(bool& repeated) {
  const size_t line_bytes =
      read_usual_request_line(head_section_.line(), limits_->max_target_bytes, head_);
  if (line_bytes == 0) return false;
  usual_line_bytes_ = line_bytes;
  repeated = head_section_.repeat_fields(line_bytes, memo_);
  return repeated || head_section_.read_usual_fields(line_bytes);
}

RequestParser::Event RequestParser::finish_usual_head(Buffer& input, bool repeated) {
  saw_bytes_ = true;
  line_.minor_version = 1;
  if (repeated) {
    take_over_facts();
  } else if (!note_usual_fields()) {
    return failed();
  }
  head_section_.take(input);
  head_.host = head_section_.fields()[*host_field_].value;
  return complete_head();
}

bool RequestParser::note_usual_fields() {
  for (const Field& field : head_section_.fields()) {
    if (is_noted_size(field.name.size()) && !note_field(field)) return false;
  }
  if (!host_field_) return fail(400, "no Host field");
  if (!head_.unknown_length && !head_.content_length) remember_fields();
  return true;
}

void RequestParser::remember_fields() {
  const std::string_view head = head_section_.bytes().substr(0, head_section_.position());
  memo_.remember(head.substr(usual_line_bytes_), head_section_.fields(),
                 {*host_field_, connection_close_, connection_keep_alive_, head_.expect_continue,
                  head_.upgrade});
}

void RequestParser::take_over_facts() {
  const FieldMemo::Facts& facts = memo_.facts();
  host_field_ = facts.host_field;
  connection_close_ = facts.connection_close;
  connection_keep_alive_ = facts.connection_keep_alive;
  head_.expect_continue = facts.expect_continue;
  head_.upgrade = facts.upgrade;
}

Step RequestParser::read_request_line(Buffer& input) {
  const char first = head_section_.line().empty() ? '\r' : head_section_.line()[0];
  if (first == '\r' || first == '\n') {
    const Step step = skip_newlines(input);
    if (step != Step::kLine) return step;
  }
  saw_bytes_ = true;
  const std::string_view bytes = head_section_.line();
  // The method is known once a line is long enough for this to matter; then the target may fill
  // what is left.
  const size_t always = line_.method_token.size + 1 + limits_->max_target_bytes;
  if (head_section_.line_has_news(always)) {
    line_ = RequestLine();
    switch (parse_request_line(bytes, limits_->max_target_bytes, line_, error_)) {
      case LineResult::kMore:
        break;
      case LineResult::kError:
        return Step::kError;
      case LineResult::kLine:
        head_section_.end_line(line_.bytes);
        state_ = State::kFields;
        return Step::kLine;
    }
  }
  // Behind the target every byte of the version decides.
  const bool behind_target = line_.target.size != 0;
  head_section_.wait_for_more(
      kTargetByte, behind_target ? line_.target.begin + line_.target.size : bytes.size());
  return Step::kMore;
}

// kLine: a request line begins.
Step RequestParser::skip_newlines(Buffer& input) {
  while (true) {
    const std::string_view line = head_section_.line();
    if (line.empty() || line == "\r") return Step::kMore;
    if (line[0] != '\r' && line[0] != '\n') return Step::kLine;
    if (line[0] == '\n' || line[1] != '\n') {
      fail(400, "a bare CR or LF before the request line");
      return Step::kError;
    }
    newline_bytes_ += 2;
    if (newline_bytes_ > limits_->max_leading_newline_bytes) {
      fail(400, "too many empty lines before the request line");
      return Step::kError;
    }
    head_section_.drop(input, 2);
  }
}

bool RequestParser::read_fields(Step& step) {
  while ((step = head_section_.read_field(error_)) == Step::kLine) {
    if (!note_field(head_section_.fields().back())) return false;
  }
  return true;
}

bool RequestParser::note_field(const Field& field) {
  switch (field.name.size()) {
    case 4:
      return !is_name(field.name, "host") || note_host(field);
    case 6:
      return !is_name(field.name, "expect") || note_expect(field.value);
    case 10:
      if (is_name(field.name, "connection")) note_connection(field.value);
      return true;
    case 14:
      return !is_name(field.name, "content-length") || note_length(field.value);
    case 17:
      return !is_name(field.name, "transfer-encoding") || note_coding(field.value);
    default:
      return true;
  }
}

[[gnu::noinline]] bool RequestParser::note_host(const Field& field) {
  if (host_field_) return fail(400, "more than one Host field");
  if (!is_authority(field.value, Port::kOptional)) return fail(400, "a malformed Host field");
  host_field_ = static_cast<uint32_t>(&field - head_section_.fields().data());
  return true;
}

// HTTP/1.0 knows no expectations: what came with it is a proxy's that passed on what it did not
// understand (RFC 9110 10.1.1).
[[gnu::noinline]] bool RequestParser::note_expect(std::string_view value) {
  if (line_.minor_version == 0) return true;
  bool known = true;
  for_each_element(value, [this, &known](std::string_view expectation) {
    if (expectation.empty()) return;
    const bool continues = equals_ignore_case(expectation, "100-continue");
    head_.expect_continue |= continues;
    known &= continues;
  });
  return known || fail(417, "an expectation other than 100-continue");
}

[[gnu::noinline]] void RequestParser::note_connection(std::string_view value) {
  for_each_element(value, [this](std::string_view option) {
    connection_close_ |= equals_ignore_case(option, "close");
    connection_keep_alive_ |= equals_ignore_case(option, "keep-alive");
    head_.upgrade |= equals_ignore_case(option, "upgrade");
  });
}

[[gnu::noinline]] bool RequestParser::note_length(std::string_view value) {
  if (head_.content_length) return fail(400, "more than one Content-Length");
  if (head_.unknown_length) return fail(400, "Content-Length beside Transfer-Encoding");
  if (value.empty()) return fail(400, "a malformed Content-Length");
  uint64_t length = 0;
  bool overflow = false;
  for (const char c : value) {
    if (c < '0' || c > '9') return fail(400, "a malformed Content-Length");
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    overflow |= length > (UINT64_MAX - digit) / 10;
    length = length * 10 + digit;
  }
  if (overflow) return fail(413, "the body is too large");
  head_.content_length = length;
  return true;
}

[[gnu::noinline]] bool RequestParser::note_coding(std::string_view value) {
  if (line_.minor_version == 0) return fail(400, "Transfer-Encoding in HTTP/1.0");
  if (head_.unknown_length) return fail(400, "more than one Transfer-Encoding");
  if (head_.content_length) return fail(400, "Content-Length beside Transfer-Encoding");
  if (!equals_ignore_case(value, "chunked")) {
    bool good = true;
    for_each_element(value, [&good](std::string_view coding) { good &= is_token(coding); });
    return good ? fail(501, "an unsupported transfer coding")
                : fail(400, "a malformed Transfer-Encoding");
  }
  head_.unknown_length = true;
  return true;
}

// What only the whole head shows.
bool RequestParser::judge_head() {
  const bool framed = head_.unknown_length || head_.content_length;
  if (line_.minor_version == 1) {
    if (!host_field_) return fail(400, "no Host field");
  } else if (!framed && takes_content(line_.method)) {
    // HTTP/1.0 has no other way to tell where the content ends (RFC 1945 7.2.2), and it may follow.
    return fail(411, "no Content-Length");
  }
  if (line_.method == Method::kTrace && framed) {
    return fail(400, "TRACE with content");  // RFC 9110 9.3.8
  }
  return true;
}

RequestParser::Event RequestParser::finish_head(Buffer& input) {
  if (!judge_head()) return failed();
  head_section_.take(input);
  const std::span<const Field> fields = head_section_.fields();
  const std::string_view bytes = head_section_.bytes();
  head_.method = line_.method;
  head_.minor_version = line_.minor_version;
  head_.method_token = line_.method_token.in(bytes);
  head_.target = line_.target.in(bytes);
  head_.path = line_.path.in(bytes);
  head_.query = line_.query.in(bytes);
  if (line_.form == RequestLine::Form::kAbsolute) {
    // Whatever Host says (RFC 9112 3.2.2).
    head_.host = line_.authority.in(bytes);
    // Without a path the server itself is meant by OPTIONS, else its root (RFC 9112 3.2.4).
    if (head_.path.empty()) {
      head_.path = head_.method == Method::kOptions && head_.query.empty() ? "*" : "/";
    }
  } else {
    head_.host = host_field_ ? fields[*host_field_].value : std::string_view();
  }
  return complete_head();
}

RequestParser::Event RequestParser::complete_head() {
  head_.keep_alive = !connection_close_ && (line_.minor_version == 1 || connection_keep_alive_);
  head_.fields = head_section_.fields();
  state_ = head_.has_body() ? State::kBodyStart : State::kDone;
  return Event::kHead;
}

// ---- the body ----

RequestParser::Event RequestParser::next_body(Buffer& input) {
  if (!body_.empty()) body_.clear();
  switch (state_) {
    case State::kBodyStart:
      return start_body(input);
    case State::kLengthBody:
      return next_length_body(input);
    case State::kChunkedBody:
      return next_chunked_body(input);
    case State::kTrailers:
      return next_trailers(input);
    default:
      return Event::kError;
  }
}

RequestParser::Event RequestParser::start_body(Buffer& input) {
  if (head_.unknown_length) {
    chunks_.start(max_body_bytes_, limits_->max_chunk_extension_bytes);
    state_ = State::kChunkedBody;
    return next_chunked_body(input);
  }
  body_left_ = head_.content_length.value_or(0);
  if (body_left_ > max_body_bytes_) {
    fail(413, "the body is too large");
    return failed();
  }
  state_ = State::kLengthBody;
  return next_length_body(input);
}

RequestParser::Event RequestParser::next_length_body(Buffer& input) {
  if (body_left_ == 0) {
    state_ = State::kDone;
    return Event::kEnd;
  }
  if (input.empty()) return Event::kNeedMore;
  const size_t bytes = static_cast<size_t>(std::min<uint64_t>(body_left_, input.size()));
  body_ = input.split(bytes);
  body_left_ -= bytes;
  return Event::kBody;
}

RequestParser::Event RequestParser::next_chunked_body(Buffer& input) {
  if (pending_error_) return failed();
  const ChunkedDecoder::Step step = chunks_.decode(input, body_, error_);
  if (step == ChunkedDecoder::Step::kTrailers) {
    // The empty line that ends the section is not counted.
    trailer_section_.start(limits_->max_trailer_bytes + 2, limits_->max_trailer_count);
    state_ = State::kTrailers;
  }
  pending_error_ = step == ChunkedDecoder::Step::kError;
  if (!body_.empty()) return Event::kBody;
  if (pending_error_) return failed();
  return step == ChunkedDecoder::Step::kTrailers ? next_trailers(input) : Event::kNeedMore;
}

RequestParser::Event RequestParser::next_trailers(Buffer& input) {
  trailer_section_.look(input);
  while (true) {
    Step step;
    while ((step = trailer_section_.read_field(error_)) == Step::kLine) {
      if (is_forbidden_trailer(trailer_section_.fields().back().name)) {
        fail(400, "a framing field in the trailers");
        return failed();
      }
    }
    if (step == Step::kError) return failed();
    if (step == Step::kEnd) {
      trailer_section_.take(input);
      state_ = State::kDone;
      return Event::kEnd;
    }
    if (trailer_section_.full()) {
      fail(431, "the trailer section is too large");
      return failed();
    }
    if (!trailer_section_.extend(input)) return Event::kNeedMore;
  }
}

}  // namespace turbo::http
