#include "framework/web/file_answer.h"

#include <gtest/gtest.h>

#include <vector>

namespace turbo::web {
namespace {

using http::Field;
using http::Method;

constexpr char kSame[] = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr char kEarlier[] = "Sun, 06 Nov 1994 08:49:36 GMT";
const http::Validators kCurrent{R"("now")",
                                std::chrono::sys_seconds(std::chrono::seconds(784111777))};

FileAnswer decide(Method method, const std::vector<Field>& fields, uint64_t size = 10) {
  http::RequestHead head;
  head.method = method;
  head.fields = fields;
  return decide_file_answer(head, kCurrent, size);
}

TEST(FileAnswerTest, decides_by_conditions_and_ranges) {
  const struct {
    Method method;
    std::vector<Field> fields;
    int status;
    std::vector<http::ByteRange> ranges;
  } cases[] = {
      {Method::kGet, {}, 200, {}},
      {Method::kHead, {}, 200, {}},
      {Method::kGet, {{"Range", "bytes=0-4"}}, 206, {{0, 4}}},
      {Method::kGet, {{"range", "bytes=-3,0-0"}}, 206, {{7, 9}, {0, 0}}},
      {Method::kGet, {{"Range", "bytes=10-"}}, 416, {}},
      {Method::kGet, {{"Range", "lines=1-2"}}, 200, {}},
      {Method::kHead, {{"Range", "bytes=0-4"}}, 200, {}},
      {Method::kGet, {{"If-None-Match", R"("now")"}}, 304, {}},
      {Method::kHead, {{"If-Modified-Since", kSame}}, 304, {}},
      {Method::kGet, {{"If-Match", R"("old")"}}, 412, {}},
      // Conditions go before ranges, whatever these are.
      {Method::kGet, {{"Range", "bytes=0-4"}, {"If-None-Match", R"("now")"}}, 304, {}},
      {Method::kGet, {{"Range", "bytes=99-"}, {"If-Unmodified-Since", kEarlier}}, 412, {}},
      {Method::kGet, {{"Range", "bytes=0-4"}, {"If-Match", R"("now")"}}, 206, {{0, 4}}},
      {Method::kGet, {{"Range", "bytes=0-4"}, {"If-Range", R"("now")"}}, 206, {{0, 4}}},
      {Method::kGet, {{"Range", "bytes=0-4"}, {"If-Range", R"("old")"}}, 200, {}},
      {Method::kGet, {{"Range", "bytes=0-4"}, {"If-Range", kSame}}, 206, {{0, 4}}},
      {Method::kGet, {{"Range", "bytes=99-"}, {"If-Range", kEarlier}}, 200, {}},
      {Method::kGet, {{"If-Range", R"("now")"}}, 200, {}},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    const FileAnswer answer = decide(cases[i].method, cases[i].fields);
    EXPECT_EQ(answer.status, cases[i].status) << "case " << i;
    EXPECT_EQ(std::vector(answer.ranges.begin(), answer.ranges.end()), cases[i].ranges)
        << "case " << i;
  }
}

TEST(FileAnswerTest, has_no_parts_of_an_empty_file) {
  EXPECT_EQ(decide(Method::kGet, {{"Range", "bytes=0-"}}, 0).status, 200);
}

TEST(MultipartRangesTest, frames_the_parts) {
  const FileAnswer answer = decide(Method::kGet, {{"Range", "bytes=0-1,8-"}});
  const MultipartRanges parts(answer, 10, "text/plain");
  const std::string type = parts.content_type();
  ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary="));
  const std::string boundary = type.substr(type.find('=') + 1);
  EXPECT_GE(boundary.size(), 16u);
  EXPECT_LE(boundary.size(), 70u);  // RFC 2046 5.1.1
  const std::string body = parts.before(0) + "01" + parts.before(1) + "89" + parts.end();
  EXPECT_EQ(body,
            "--" + boundary +
                "\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--" +
                boundary +
                "\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--" +
                boundary + "--\r\n");
  EXPECT_EQ(parts.body_bytes(), body.size());
  EXPECT_NE(MultipartRanges(answer, 10, "text/plain").content_type(), type);
}

}  // namespace
}  // namespace turbo::web
