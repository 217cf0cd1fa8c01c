#include "framework/http/field_section.h"

#include <algorithm>
#include <cstring>

#include "framework/http/scan.h"

namespace turbo::http {
namespace {

constexpr size_t kFirstCapacity = 1024;
constexpr std::string_view kEndOfLine = "\r\n";

#ifdef __SSE2__

bool ends_line(const char* p, const char* end) {
  return end - p >= 2 && std::memcmp(p, kEndOfLine.data(), kEndOfLine.size()) == 0;
}

std::string_view trim_spaces(const char* begin, const char* end) {
  begin += *begin == ' ' ? 1 : 0;  // nearly always one; the end of the line is no space
  while (*begin == ' ') ++begin;
  while (end > begin && end[-1] == ' ') --end;
  return {begin, static_cast<size_t>(end - begin)};
}

#endif

}  // namespace

bool FieldSection::unread_part_has_news(size_t always) const {
  if (size_ - position_ > always || full()) return true;
  const char* const from = begin_ + quiet_;
  const char* const end = begin_ + size_;
  switch (run_) {
    case kTokenByte:
      return scan_token(from, end) != end;
    case kTargetByte:
      return scan_target(from, end).end != end;
    default:
      return scan_value(from, end) != end;
  }
}

#ifdef __SSE2__

// One look at each byte, no call and no member written between the lines: what makes the short way
// short (http_parser_benchmark, parse/wrk).
bool FieldSection::read_usual_fields(size_t bytes) {
  const char* line = begin_ + bytes;
  const char* const end = begin_ + size_;
  Field* field = fields_.data();
  Field* const fields_end = field + std::min(fields_.size(), max_fields_);
  while (line != end && *line != '\r') {
    if (field == fields_end) return false;
    const unsigned name_stop = mask_before(line, end, other_than_name_bytes);
    const char* colon = line + (name_stop == 0 ? 0 : first_bit(name_stop));
    if (*colon != ':') {
      colon = scan_token(colon, end);
      if (colon == end || *colon != ':') return false;
    }
    if (colon == line) return false;
    const char* const value_end = find_control_byte(colon + 1, end);
    if (!ends_line(value_end, end)) return false;
    field->name = {line, static_cast<size_t>(colon - line)};
    field->value = trim_spaces(colon + 1, value_end);
    ++field;
    line = value_end + kEndOfLine.size();
  }
  if (!ends_line(line, end)) return false;
  field_count_ = static_cast<size_t>(field - fields_.data());
  position_ = static_cast<size_t>(line - begin_) + kEndOfLine.size();
  return true;
}

#else

bool FieldSection::read_usual_fields(size_t) { return false; }

#endif

void FieldSection::wait_for_more(ByteClass run, size_t line_bytes) {
  run_ = run;
  quiet_ = position_ + line_bytes;
}

bool FieldSection::extend(Buffer& input) {
  if (own_.empty()) {
    // What is seen is the input's whole first piece.
    if (size_ == input.size()) return false;
    capacity_ = kFirstCapacity;
    while (capacity_ < 2 * size_) capacity_ *= 2;
    capacity_ = own_.reserve(capacity_).size();
    input.copy_to(0, own_.reserve(capacity_).first(size_));
    own_.commit(size_);
    input.drain(size_);
  }
  if (input.empty() || full()) return false;
  const size_t bytes = std::min(input.front().size(), max_bytes_ - size_);
  while (capacity_ - size_ < bytes) grow();
  const std::span<char> room = own_.reserve(bytes);
  input.copy_to(0, room.first(bytes));
  own_.commit(bytes);
  input.drain(bytes);
  look(input);
  return true;
}

void FieldSection::grow() {
  Buffer larger;
  const std::span<char> room = larger.reserve(2 * capacity_);
  capacity_ = room.size();
  own_.copy_to(0, room.first(own_.size()));
  larger.commit(own_.size());
  // The old bytes go only when no view points there any more.
  Buffer old = std::move(own_);
  own_ = std::move(larger);
  move_fields_to(own_.front().data());
  begin_ = own_.front().data();
}

void FieldSection::move_fields_to(const char* begin) {
  for (Field& field : std::span(fields_).first(field_count_)) {
    field.name = {begin + (field.name.data() - begin_), field.name.size()};
    field.value = {begin + (field.value.data() - begin_), field.value.size()};
  }
}

void FieldSection::drop(Buffer& input, size_t bytes) {
  (own_.empty() ? input : own_).drain(bytes);
  capacity_ -= own_.empty() ? 0 : bytes;
  quiet_ = 0;
  look(input);
}

// The bytes stay where they are.
void FieldSection::take_part(Buffer& input) {
  if (own_.empty()) {
    own_ = input.split(position_);
  } else if (own_.size() != position_) {
    Buffer kept = own_.split(position_);
    input.prepend(std::move(own_));
    own_ = std::move(kept);
  }
}

void FieldSection::restart() {
  field_count_ = 0;
  if (!own_.empty()) own_.clear();
  begin_ = nullptr;
  size_ = position_ = quiet_ = 0;
}

}  // namespace turbo::http
