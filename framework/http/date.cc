#include "framework/http/date.h"

#include <algorithm>

namespace turbo::http {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::chrono::milliseconds kLookEvery(100);

void put_number(char* out, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

void put_name(char* out, std::string_view names, unsigned index) {
  std::copy_n(names.data() + size_t{3} * index, 3, out);
}

}  // namespace

std::array<char, 29> format_date(std::chrono::sys_seconds time) {
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::seconds> clock(time - day);

  std::array<char, 29> text;
  std::copy_n("Sun, 06 Nov 1994 08:49:37 GMT", text.size(), text.data());
  put_name(&text[0], kDays, std::chrono::weekday(day).c_encoding());
  put_number(&text[5], static_cast<unsigned>(date.day()), 2);
  put_name(&text[8], kMonths, static_cast<unsigned>(date.month()) - 1);
  put_number(&text[12], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_number(&text[17], static_cast<unsigned>(clock.hours().count()), 2);
  put_number(&text[20], static_cast<unsigned>(clock.minutes().count()), 2);
  put_number(&text[23], static_cast<unsigned>(clock.seconds().count()), 2);
  return text;
}

CommonLines::CommonLines(std::string_view server) {
  lines_ = kStatusLine;
  if (!server.empty()) lines_.append("Server: ").append(server).append("\r\n");
  server_bytes_ = lines_.size() - kStatusLine.size();
}

void CommonLines::refresh(std::chrono::nanoseconds monotonic) {
  look_at_ = monotonic + kLookEvery;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::array<char, 29> date = format_date(now);
  lines_.resize(kStatusLine.size() + server_bytes_);
  lines_.append("Date: ").append(date.data(), date.size()).append("\r\n");
}

}  // namespace turbo::http
