#include "framework/web/access_log_format.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "framework/base/utf8.h"

namespace turbo::web {
namespace {

using Milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::string_view kCutMark = "...";
// The longest that one byte or character becomes: \u00NN.
constexpr size_t kLongestEscape = 6;
// A field that has come this far is cut.
constexpr size_t kFieldEnd = AccessLogFormatter::kMaxFieldBytes - kLongestEscape - kCutMark.size();

char* put(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

template <class Number>
char* put_number(Number value, char* out) {
  return std::to_chars(out, out + 20, value).ptr;
}

void put_digits(char* out, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

char* put_hex(std::string_view before, char byte, char* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out = put(before, out);
  *out++ = kDigits[static_cast<unsigned char>(byte) >> 4];
  *out++ = kDigits[static_cast<unsigned char>(byte) & 15];
  return out;
}

bool is_plain(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

// How one character at the front of `rest`, which is not plain, is written. `rest` loses it.
using Escape = char* (*)(std::string_view& rest, char* out);

char* put_text_escape(std::string_view& rest, char* out) {
  const char c = rest.front();
  rest.remove_prefix(1);
  if (c != '"' && c != '\\') return put_hex("\\x", c, out);
  *out++ = '\\';
  *out++ = c;
  return out;
}

size_t utf8_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
}

char* put_json_escape(std::string_view& rest, char* out) {
  const auto byte = static_cast<unsigned char>(rest.front());
  if (byte < 0x80) {
    const bool is_control = byte != '"' && byte != '\\';
    if (is_control) {
      out = put_hex("\\u00", rest.front(), out);
    } else {
      *out++ = '\\';
      *out++ = rest.front();
    }
    rest.remove_prefix(1);
    return out;
  }
  const std::string_view character = rest.substr(0, utf8_bytes(rest.front()));
  if (!is_utf8(character)) {
    rest.remove_prefix(1);
    return put("\\ufffd", out);
  }
  rest.remove_prefix(character.size());
  // U+0080 to U+009F: a terminal takes them for the beginning of commands.
  const bool is_control = byte == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
  return is_control ? put_hex("\\u00", character[1], out) : put(character, out);
}

template <Escape escape>
char* put_escaped(std::string_view value, char* out) {
  const char* const end = out + kFieldEnd;
  while (!value.empty()) {
    if (out >= end) return put(kCutMark, out);
    if (is_plain(value.front())) {
      *out++ = value.front();
      value.remove_prefix(1);
    } else {
      out = escape(value, out);
    }
  }
  return out;
}

char* put_text(std::string_view value, char* out) {
  return value.empty() ? put("-", out) : put_escaped<put_text_escape>(value, out);
}

// Without quotes around it a space would end the field.
char* put_word(std::string_view value, char* out) {
  char* const begin = out;
  out = put_text(value, out);
  std::replace(begin, out, ' ', '_');
  return out;
}

char* put_quoted(std::string_view value, char* out) {
  out = put(" \"", out);
  out = put_text(value, out);
  return put("\"", out);
}

// `name` has the punctuation around it: ,"host":"
char* put_member(std::string_view name, std::string_view value, char* out) {
  if (value.empty()) return out;
  out = put(name, out);
  out = put_escaped<put_json_escape>(value, out);
  return put("\"", out);
}

}  // namespace

char* AccessLogFormatter::write(const AccessRecord& record, char* out) {
  const auto second = std::chrono::floor<std::chrono::seconds>(record.time);
  if (second != second_) set_second(second);
  out = format_ == AccessLogFormat::kJSON ? write_json(record, out) : write_text(record, out);
  *out++ = '\n';
  return out;
}

char* AccessLogFormatter::write_text(const AccessRecord& record, char* out) {
  out = put_word(record.client, out);
  out = put(" - ", out);
  out = put_word(record.user, out);
  out = put(" [", out);
  out = put({text_time_.data(), text_time_.size()}, out);
  out = put("] \"", out);
  out = put_text(record.method, out);
  // A head that never was a request is "-".
  if (!record.method.empty() || !record.target.empty()) {
    *out++ = ' ';
    out = put_text(record.target, out);
    *out++ = ' ';
    out = put_text(record.protocol, out);
  }
  out = put("\" ", out);
  out = put_number(record.status, out);
  *out++ = ' ';
  out = put_number(record.bytes, out);
  if (format_ == AccessLogFormat::kCommon) return out;
  out = put_quoted(record.referer, out);
  return put_quoted(record.user_agent, out);
}

char* AccessLogFormatter::write_json(const AccessRecord& record, char* out) {
  out = put("{\"time\":\"", out);
  out = put({json_time_.data(), json_time_.size()}, out);
  *out++ = '.';
  put_digits(out, static_cast<unsigned>((record.time - second_).count()), 3);
  out = put("Z\"", out + 3);
  out = put_member(",\"client\":\"", record.client, out);
  out = put_member(",\"user\":\"", record.user, out);
  out = put_member(",\"method\":\"", record.method, out);
  out = put_member(",\"target\":\"", record.target, out);
  out = put_member(",\"protocol\":\"", record.protocol, out);
  out = put(",\"status\":", out);
  out = put_number(record.status, out);
  out = put(",\"bytes\":", out);
  out = put_number(record.bytes, out);
  out = put(",\"duration_us\":", out);
  out = put_number(record.duration.count(), out);
  out = put_member(",\"host\":\"", record.host, out);
  out = put_member(",\"referer\":\"", record.referer, out);
  out = put_member(",\"user_agent\":\"", record.user_agent, out);
  out = put_member(",\"request_id\":\"", record.request_id, out);
  out = put_member(",\"tls\":\"", record.tls, out);
  if (record.aborted) out = put(",\"aborted\":true", out);
  return put("}", out);
}

char* AccessLogFormatter::write_loss(Milliseconds time, uint64_t lines, char* out) {
  if (format_ != AccessLogFormat::kJSON) {
    out = put("# ", out);
    out = put_number(lines, out);
    return put(" lines lost\n", out);
  }
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  if (second != second_) set_second(second);
  out = put("{\"time\":\"", out);
  out = put({json_time_.data(), json_time_.size()}, out);
  out = put("Z\",\"lost\":", out);
  out = put_number(lines, out);
  return put("}\n", out);
}

void AccessLogFormatter::set_second(std::chrono::sys_seconds second) {
  second_ = second;
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::seconds> clock(second - day);
  const auto month = static_cast<unsigned>(date.month());

  put("1994-11-06T08:49:37", json_time_.data());
  put_digits(&json_time_[0], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(&json_time_[5], month, 2);
  put_digits(&json_time_[8], static_cast<unsigned>(date.day()), 2);
  put_digits(&json_time_[11], static_cast<unsigned>(clock.hours().count()), 2);
  put_digits(&json_time_[14], static_cast<unsigned>(clock.minutes().count()), 2);
  put_digits(&json_time_[17], static_cast<unsigned>(clock.seconds().count()), 2);

  put("06/Nov/1994:08:49:37 +0000", text_time_.data());
  std::copy_n(&json_time_[8], 2, &text_time_[0]);
  std::copy_n(kMonths.data() + size_t{3} * (month - 1), 3, &text_time_[3]);
  std::copy_n(&json_time_[0], 4, &text_time_[7]);
  std::copy_n(&json_time_[11], 8, &text_time_[12]);
}

}  // namespace turbo::web
