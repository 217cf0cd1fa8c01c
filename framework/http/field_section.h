// FieldSection: the bytes of a head or of trailers, held contiguous, and the fields found in them.
// Private to the room: RequestParser drives one for the head and one for the trailers.
//
// While the section lies in the first piece of the input it is read there. Once it is cut over
// pieces its bytes are copied behind each other into a block of its own that doubles, so every byte
// is copied O(1) times whatever the cuts, and errors show as early as the bytes allow.
//
// Owner:   the parser. take() keeps the section's block, so that the fields' views stay valid until
//          restart().
// Threads: one.
// Errors:  the caller's ParseError is filled and kError answered.
// Limits:  those given to start(): a field past `max_fields` is 431; the caller tells what full()
//          means.
// Cost:    one pass. An unfinished line longer than 64 bytes is not looked at again before
//          something ends it.
#ifndef TURBO_HTTP_FIELD_SECTION_H_
#define TURBO_HTTP_FIELD_SECTION_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/buffer/buffer.h"
#include "framework/http/field_memo.h"
#include "framework/http/parse_error.h"
#include "framework/http/request_head.h"
#include "framework/http/scan.h"

namespace turbo::http {

class FieldSection {
 public:
  enum class Step : uint8_t { kMore, kLine, kEnd, kError };

  void start(size_t max_bytes, size_t max_fields) {
    max_bytes_ = max_bytes;
    max_fields_ = max_fields;
    if (fields_.empty()) fields_.resize(kFirstFields);
  }

  // Sees what is at the front of `input`. First thing in every call that brings new input.
  void look(const Buffer& input) {
    const std::string_view front = own_.empty() ? input.front() : own_.front();
    if (field_count_ != 0 && front.data() != begin_) move_fields_to(front.data());
    begin_ = front.data();
    size_ = std::min(front.size(), max_bytes_);
  }

  // The next line as far as it has come, and where it begins in the section. A caller that reads it
  // on its own says so with end_line().
  std::string_view line() const { return {begin_ + position_, size_ - position_}; }
  void end_line(size_t bytes) { position_ += bytes; }
  size_t position() const { return position_; }
  std::string_view bytes() const { return {begin_, size_}; }

  // False if all that has come since wait_for_more() goes on in the same run of bytes, so that
  // reading the line again would find nothing new. A line longer than `always` bytes is always
  // news.
  bool line_has_news(size_t always) const {
    return quiet_ <= position_ + kShortLine || unread_part_has_news(always);
  }
  // The line ends in the middle of a run of `run` bytes, and its first `line_bytes` need no second
  // look.
  void wait_for_more(ByteClass run, size_t line_bytes);

  // Reads all fields behind the first `bytes` bytes and the empty line if the section is whole and
  // each is a usual one. Otherwise false, and nothing is read. Requires: nothing was read before,
  // and 16 bytes or more are seen.
  bool read_usual_fields(size_t bytes);

  // Takes the fields over from `memo` if the section remembered there stands behind the first
  // `bytes` bytes. Otherwise false, and nothing is read. Requires: nothing was read before.
  bool repeat_fields(size_t bytes, const FieldMemo& memo) {
    if (!memo.begins({begin_ + bytes, size_ - bytes})) return false;
    memo.restore(begin_ + bytes, fields_.data());
    field_count_ = memo.count();
    position_ = bytes + memo.size();
    return true;
  }

  // Reads one field line or the empty line that ends the section.
  Step read_field(ParseError& error);
  std::span<const Field> fields() const { return {fields_.data(), field_count_}; }

  // True if the section may not grow.
  bool full() const { return size_ == max_bytes_; }
  // Moves more of the input behind what is seen. False if there is nothing more.
  bool extend(Buffer& input);

  // Drops the first bytes of a section no line of which was read yet.
  void drop(Buffer& input, size_t bytes);
  // Keeps what was read, leaves the rest at the front of `input`.
  void take(Buffer& input) {
    if (own_.empty() && position_ == input.size()) {
      own_ = std::move(input);
    } else {
      take_part(input);
    }
  }

  void restart();

 private:
  // A line of which no more than this was read is simply read again when it grows.
  static constexpr size_t kShortLine = 64;
  static constexpr size_t kFirstFields = 32;
  static constexpr std::string_view kMalformedName = "a malformed header name";
  static constexpr std::string_view kTooManyFields = "too many header fields";

  bool unread_part_has_news(size_t always) const;
  void move_fields_to(const char* begin);
  void take_part(Buffer& input);
  void grow();

  const char* begin_ = nullptr;
  size_t size_ = 0;      // bytes seen, at most max_bytes_
  size_t position_ = 0;  // where the first unread line begins
  size_t quiet_ = 0;     // up to here an unfinished line needs no second look
  ByteClass run_ = kValueByte;
  size_t max_bytes_ = 0;
  size_t max_fields_ = 0;
  size_t capacity_ = 0;        // of own_
  Buffer own_;                 // a section that was cut over pieces; after take() any section
  std::vector<Field> fields_;  // the first field_count_ are the section's
  size_t field_count_ = 0;
};

inline bool is_blank_byte(char c) { return c == ' ' || c == '\t'; }

// Inline for the loops over it: a call a field is a tenth of a short head.
inline FieldSection::Step FieldSection::read_field(ParseError& error) {
  const auto fail = [&error](int status, std::string_view reason) {
    error = {status, reason};
    return Step::kError;
  };
  const char* const line = begin_ + position_;
  const char* const end = begin_ + size_;
  const auto more = [this, line](ByteClass run, const char* quiet) {
    wait_for_more(run, static_cast<size_t>(quiet - line));
    return Step::kMore;
  };
  if (end - line < 2) {
    // One byte can only be refused, for what two would be: only a name or CR may begin a line.
    if (line == end || *line == '\r') return Step::kMore;
    if (field_count_ == max_fields_) return fail(431, kTooManyFields);
    return is_byte(*line, kTokenByte) ? Step::kMore : fail(400, kMalformedName);
  }
  if (*line == '\r') {
    if (line[1] != '\n') return fail(400, "a CR without LF");
    position_ += 2;
    return Step::kEnd;
  }
  if (field_count_ == max_fields_) return fail(431, kTooManyFields);
  if (!line_has_news(max_bytes_)) {
    quiet_ = size_;
    return Step::kMore;
  }

  const char* const colon = scan_token(line, end);
  if (colon == end) return more(kTokenByte, end);
  if (colon == line || *colon != ':') return fail(400, kMalformedName);
  const char* value = colon + 1;
  const char* const stop = scan_value(value, end);
  // A CR is not quiet: what follows it decides.
  if (end - stop < 2 && (stop == end || *stop == '\r')) return more(kValueByte, stop);
  if (*stop != '\r' || stop[1] != '\n') return fail(400, "a control byte in a header value");
  const char* value_end = stop;
  while (is_blank_byte(*value)) ++value;  // ends at the CR
  while (value < value_end && is_blank_byte(value_end[-1])) --value_end;
  if (field_count_ == fields_.size()) fields_.resize(2 * fields_.size());
  fields_[field_count_++] = {{line, static_cast<size_t>(colon - line)},
                             {value, static_cast<size_t>(value_end - value)}};
  position_ = static_cast<size_t>(stop + 2 - begin_);
  return Step::kLine;
}

}  // namespace turbo::http

#endif  // TURBO_HTTP_FIELD_SECTION_H_
