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

// Takes a date apart from its front; once something does not fit it stays bad.
class DateScanner {
 public:
  explicit DateScanner(std::string_view text) : rest_(text) {}

  bool at_end() const { return good_ && rest_.empty(); }

  void literal(std::string_view text) {
    if (!rest_.starts_with(text)) return fail();
    rest_.remove_prefix(text.size());
  }

  int number(size_t digits) {
    int value = 0;
    if (rest_.size() < digits) return fail(), 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return fail(), 0;
      value = 10 * value + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }

  // asctime() writes a day below 10 behind a second space.
  int padded_day() {
    if (!rest_.starts_with(' ')) return number(2);
    literal(" ");
    return number(1);
  }

  // The place of a three-letter name in `names`.
  int name(std::string_view names) {
    for (size_t at = 0; at < names.size(); at += 3) {
      if (!rest_.starts_with(names.substr(at, 3))) continue;
      rest_.remove_prefix(3);
      return static_cast<int>(at / 3);
    }
    return fail(), 0;
  }

  std::chrono::seconds clock() {
    const int hours = number(2);
    literal(":");
    const int minutes = number(2);
    literal(":");
    const int seconds = number(2);
    if (hours > 23 || minutes > 59 || seconds > 60) fail();
    return std::chrono::hours(hours) + std::chrono::minutes(minutes) +
           std::chrono::seconds(std::min(seconds, 59));
  }

 private:
  void fail() {
    good_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  bool good_ = true;
};

int year_of(std::chrono::sys_seconds time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return static_cast<int>(date.year());
}

// RFC 9110 5.6.7: a year more than 50 years ahead is the last one that ended so.
int whole_year(int two_digits, std::optional<std::chrono::sys_seconds> now) {
  const int this_year = year_of(
      now.value_or(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())));
  const int latest = this_year + 50;
  return latest - ((latest - two_digits) % 100 + 100) % 100;
}

constexpr std::array<std::string_view, 7> kWholeDays = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

struct ScannedDate {
  int year = 0;
  int month = 0;
  int day = 0;
  std::chrono::seconds clock{};
};

ScannedDate scan_fixed(DateScanner& scanner) {
  ScannedDate date;
  scanner.name(kDays);
  scanner.literal(", ");
  date.day = scanner.number(2);
  scanner.literal(" ");
  date.month = scanner.name(kMonths);
  scanner.literal(" ");
  date.year = scanner.number(4);
  scanner.literal(" ");
  date.clock = scanner.clock();
  scanner.literal(" GMT");
  return date;
}

ScannedDate scan_rfc850(DateScanner& scanner, std::string_view day_name,
                        std::optional<std::chrono::sys_seconds> now) {
  ScannedDate date;
  scanner.literal(day_name);
  scanner.literal(", ");
  date.day = scanner.number(2);
  scanner.literal("-");
  date.month = scanner.name(kMonths);
  scanner.literal("-");
  date.year = whole_year(scanner.number(2), now);
  scanner.literal(" ");
  date.clock = scanner.clock();
  scanner.literal(" GMT");
  return date;
}

ScannedDate scan_asctime(DateScanner& scanner) {
  ScannedDate date;
  scanner.name(kDays);
  scanner.literal(" ");
  date.month = scanner.name(kMonths);
  scanner.literal(" ");
  date.day = scanner.padded_day();
  scanner.literal(" ");
  date.clock = scanner.clock();
  scanner.literal(" ");
  date.year = scanner.number(4);
  return date;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_date(std::string_view text,
                                                   std::optional<std::chrono::sys_seconds> now) {
  DateScanner scanner(text);
  ScannedDate scanned;
  const auto* day = std::find_if(kWholeDays.begin(), kWholeDays.end(),
                                 [text](std::string_view name) { return text.starts_with(name); });
  if (day != kWholeDays.end()) {
    scanned = scan_rfc850(scanner, *day, now);
  } else if (text.size() > 3 && text[3] == ',') {
    scanned = scan_fixed(scanner);
  } else {
    scanned = scan_asctime(scanner);
  }
  const std::chrono::year_month_day date(
      std::chrono::year(scanned.year), std::chrono::month(static_cast<unsigned>(scanned.month) + 1),
      std::chrono::day(static_cast<unsigned>(scanned.day)));
  if (!scanner.at_end() || !date.ok() || scanned.year == 0) return std::nullopt;
  return std::chrono::sys_days(date) + scanned.clock;
}

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
