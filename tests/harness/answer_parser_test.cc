#include "framework/harness/answer_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace turbo {
namespace {

struct Case {
  std::string_view name;
  std::string_view bytes;
  bool ends;  // the connection does, behind the bytes
  bool answers_head = false;
  int status = 0;  // 0: no head
  std::string_view body = "";
  std::string_view problem = "";  // begins with
};

const Case kCases[] = {
    {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, false, 200, "hello"},
    {"no bytes", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, false, 200},
    {"chunks",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", false,
     false, 200, "hello"},
    {"trailers",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\nX-Sum: 1\r\n\r\n", false,
     false, 200, "he"},
    {"until the end", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", true, false, 200,
     "hello"},
    {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, true, 200},
    {"204", "HTTP/1.1 204 No Content\r\n\r\n", false, false, 204},
    {"behind 100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n", false, false,
     304},
    {"nothing", "", true, false, 0, "", "the connection ended without an answer"},
    {"half a head", "HTTP/1.1 200 OK\r\n", true, false, 0, "",
     "the connection ended within the head"},
    {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", true, false, 200, "he",
     "the connection ended within the body"},
    {"no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n", true,
     false, 200, "he", "the connection ended within the body"},
    {"no status line", "HTTP/1.1 2x0 OK\r\n\r\n", false, false, 0, "", "a malformed head"},
    {"no field", "HTTP/1.1 200 OK\r\nX\r\n\r\n", false, false, 0, "", "a malformed head"},
    {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
     false, false, 0, "", "both"},
    {"bad length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false, false, 0, "",
     "a malformed Content-Length"},
    {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", false, false, 200,
     "", "a malformed chunk size"},
    {"too much", "HTTP/1.1 204 No Content\r\n\r\nhello", false, false, 204, "",
     "bytes behind the answer"},
};

TEST(AnswerParserTest, reads_answers_in_every_split) {
  for (const Case& each : kCases) {
    for (size_t cut = 0; cut <= each.bytes.size(); ++cut) {
      SCOPED_TRACE(std::string(each.name) + " cut at " + std::to_string(cut));
      AnswerParser parser(each.answers_head);
      parser.add(each.bytes.substr(0, cut));
      parser.add(each.bytes.substr(cut));
      if (each.ends) parser.end();
      EXPECT_EQ(parser.has_head() ? parser.status() : 0, each.status);
      EXPECT_EQ(parser.take_body(), each.body);
      EXPECT_EQ(parser.problem().substr(0, each.problem.size()), each.problem);
      EXPECT_EQ(parser.problem().empty(), each.problem.empty()) << parser.problem();
      EXPECT_EQ(parser.done(), each.problem.empty() || each.name == "too much");
    }
  }
}

TEST(AnswerParserTest, keeps_fields_and_trailers) {
  AnswerParser parser(false);
  parser.add(
      "HTTP/1.1 418 I'm a teapot\r\nX: a: b\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nY: "
      "c\r\n\r\n");
  ASSERT_TRUE(parser.done());
  EXPECT_EQ(parser.reason(), "I'm a teapot");
  ASSERT_EQ(parser.fields().size(), 2u);
  EXPECT_EQ(parser.fields()[0].second, "a: b");
  ASSERT_EQ(parser.trailers().size(), 1u);
  EXPECT_EQ(parser.trailers()[0].first, "Y");
}

}  // namespace
}  // namespace turbo
