#include "framework/web/access_log_format.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "framework/base/utf8.h"

namespace turbo::web {
namespace {

using std::chrono::milliseconds;

// Sun, 06 Nov 1994 08:49:37.042 GMT
constexpr std::chrono::sys_time<milliseconds> kTime(milliseconds(784111777042));

std::string line_of(AccessLogFormat format, const AccessRecord& record) {
  AccessLogFormatter formatter(format);
  std::vector<char> room(AccessLogFormatter::kMaxLineBytes);
  const char* const end = formatter.write(record, room.data());
  return {room.data(), static_cast<size_t>(end - room.data())};
}

AccessRecord full_record() {
  AccessRecord record;
  record.time = kTime;
  record.client = "127.0.0.1";
  record.user = "ada";
  record.method = "GET";
  record.target = "/a?b";
  record.protocol = "HTTP/1.1";
  record.status = 200;
  record.bytes = 13;
  record.duration = std::chrono::microseconds(1042);
  record.host = "example.org";
  record.referer = "https://example.org/";
  record.user_agent = "curl/8.5";
  record.request_id = "5f2c";
  record.tls = "TLSv1.3";
  return record;
}

TEST(AccessLogFormatTest, common) {
  EXPECT_EQ(line_of(AccessLogFormat::kCommon, full_record()),
            "127.0.0.1 - ada [06/Nov/1994:08:49:37 +0000] \"GET /a?b HTTP/1.1\" 200 13\n");
}

TEST(AccessLogFormatTest, combined) {
  EXPECT_EQ(line_of(AccessLogFormat::kCombined, full_record()),
            "127.0.0.1 - ada [06/Nov/1994:08:49:37 +0000] \"GET /a?b HTTP/1.1\" 200 13 "
            "\"https://example.org/\" \"curl/8.5\"\n");
}

TEST(AccessLogFormatTest, json) {
  AccessRecord record = full_record();
  record.aborted = true;
  EXPECT_EQ(
      line_of(AccessLogFormat::kJSON, record),
      R"({"time":"1994-11-06T08:49:37.042Z","client":"127.0.0.1","user":"ada","method":"GET",)"
      R"("target":"/a?b","protocol":"HTTP/1.1","status":200,"bytes":13,"duration_us":1042,)"
      R"("host":"example.org","referer":"https://example.org/","user_agent":"curl/8.5",)"
      R"("request_id":"5f2c","tls":"TLSv1.3","aborted":true})"
      "\n");
}

TEST(AccessLogFormatTest, what_is_absent) {
  AccessRecord record;
  record.time = kTime;
  record.status = 400;
  EXPECT_EQ(line_of(AccessLogFormat::kCombined, record),
            "- - - [06/Nov/1994:08:49:37 +0000] \"-\" 400 0 \"-\" \"-\"\n");
  EXPECT_EQ(line_of(AccessLogFormat::kJSON, record),
            R"({"time":"1994-11-06T08:49:37.042Z","status":400,"bytes":0,"duration_us":0})"
            "\n");
}

TEST(AccessLogFormatTest, escapes) {
  const struct {
    std::string_view value;
    std::string_view text;
    std::string_view json;
  } kCases[] = {
      {"plain ~", "plain ~", "plain ~"},
      {"\"", "\\\"", "\\\""},
      {"\\", "\\\\", "\\\\"},
      {"a\r\nb", "a\\x0d\\x0ab", "a\\u000d\\u000ab"},
      {std::string_view("\0", 1), "\\x00", "\\u0000"},
      {"\x1b[31m", "\\x1b[31m", "\\u001b[31m"},
      {"\x7f", "\\x7f", "\\u007f"},
      {"\xc3\xa9", "\\xc3\\xa9", "\xc3\xa9"},               // é
      {"\xe2\x82\xac", "\\xe2\\x82\\xac", "\xe2\x82\xac"},  // €
      {"\xf0\x9f\x98\x80", "\\xf0\\x9f\\x98\\x80", "\xf0\x9f\x98\x80"},
      {"\xc2\x9b"
       "2J",
       "\\xc2\\x9b2J", "\\u009b2J"},  // CSI, one character
      {"\x9b", "\\x9b", "\\ufffd"},
      {"\xc3", "\\xc3", "\\ufffd"},  // cut short
      {"\xc3(", "\\xc3(", "\\ufffd("},
      {"\xc0\xaf", "\\xc0\\xaf", "\\ufffd\\ufffd"},                  // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd"},  // a surrogate
      {"\xff\xfe", "\\xff\\xfe", "\\ufffd\\ufffd"},
  };
  for (const auto& each : kCases) {
    AccessRecord record;
    record.user_agent = each.value;
    const std::string text = line_of(AccessLogFormat::kCombined, record);
    EXPECT_NE(text.find("\"-\" \"" + std::string(each.text) + "\"\n"), text.npos) << text;
    const std::string json = line_of(AccessLogFormat::kJSON, record);
    EXPECT_NE(json.find(",\"user_agent\":\"" + std::string(each.json) + "\"}\n"), json.npos)
        << json;
  }
}

TEST(AccessLogFormatTest, a_space_cannot_end_the_user) {
  AccessRecord record;
  record.user = "eve - -";
  EXPECT_EQ(line_of(AccessLogFormat::kCommon, record).substr(0, 14), "- - eve_-_- [0");
}

TEST(AccessLogFormatTest, cuts_long_fields) {
  for (const std::string_view unit : {"x", "\x01", "\xe2\x82\xac", "\xff"}) {
    std::string value;
    while (value.size() < 10000) value += unit;
    AccessRecord record = full_record();
    for (std::string_view AccessRecord::*field :
         {&AccessRecord::client, &AccessRecord::user, &AccessRecord::method, &AccessRecord::target,
          &AccessRecord::protocol, &AccessRecord::host, &AccessRecord::referer,
          &AccessRecord::user_agent, &AccessRecord::request_id, &AccessRecord::tls}) {
      record.*field = value;
    }
    for (AccessLogFormat format : {AccessLogFormat::kCombined, AccessLogFormat::kJSON}) {
      const std::string line = line_of(format, record);
      EXPECT_LE(line.size(), AccessLogFormatter::kMaxLineBytes);
      EXPECT_NE(line.find("...\""), line.npos);
      EXPECT_TRUE(is_utf8(line));
    }
  }
}

// Whatever a client sends stays one line of harmless bytes, and JSON stays JSON as far as quotes
// tell.
TEST(AccessLogFormatTest, any_bytes_make_one_line) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string value(random() % 64, '\0');
    for (char& c : value) c = static_cast<char>(random());
    AccessRecord record = full_record();
    record.target = record.referer = record.user_agent = record.user = value;
    const std::string text = line_of(AccessLogFormat::kCombined, record);
    EXPECT_TRUE(
        std::all_of(text.begin(), text.end() - 1, [](char c) { return c >= ' ' && c < 0x7f; }));
    EXPECT_EQ(text.back(), '\n');
    const std::string json = line_of(AccessLogFormat::kJSON, record);
    EXPECT_TRUE(is_utf8(json));
    EXPECT_EQ(std::count_if(json.begin(), json.end(), [](unsigned char c) { return c < ' '; }), 1);
    int quotes = 0;
    for (size_t at = 0; at < json.size(); ++at) {
      if (json[at] == '\\') {
        ++at;
      } else if (json[at] == '"') {
        ++quotes;
      }
    }
    EXPECT_EQ(quotes % 2, 0) << json;
  }
}

TEST(AccessLogFormatTest, tells_of_lost_lines) {
  char room[128];
  AccessLogFormatter text(AccessLogFormat::kCommon);
  EXPECT_EQ(std::string(room, text.write_loss(kTime, 5, room)), "# 5 lines lost\n");
  AccessLogFormatter json(AccessLogFormat::kJSON);
  EXPECT_EQ(std::string(room, json.write_loss(kTime, 5, room)),
            "{\"time\":\"1994-11-06T08:49:37Z\",\"lost\":5}\n");
}

}  // namespace
}  // namespace turbo::web
