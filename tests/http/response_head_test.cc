#include "framework/http/response_head.h"

#include <gtest/gtest.h>

#include <string>

namespace turbo::http {
namespace {

using std::string_literals::operator""s;

constexpr std::string_view kNow = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kCommon =
    "HTTP/1.1 200 OK\r\nServer: Turbo\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
constexpr size_t kServerBytes = 15;

std::string wire(const ResponseHead& head, const ResponseFraming& framing) {
  Buffer out;
  head.serialize(framing, out);
  return out.to_string();
}

TEST(ResponseHeadTest, writes_line_server_date_fields_and_length) {
  ResponseHead head;
  ASSERT_TRUE(head.set("Content-Type", "text/plain").ok());
  EXPECT_EQ(wire(head, {.length = 13, .common = kCommon, .server_bytes = kServerBytes}),
            "HTTP/1.1 200 OK\r\nServer: Turbo\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain\r\nContent-Length: 13\r\n\r\n");
}

TEST(ResponseHeadTest, writes_server_and_date_behind_any_status_line) {
  ResponseHead head;
  const ResponseFraming framing{
      .body = BodyFraming::kNone, .common = kCommon, .server_bytes = kServerBytes};
  const std::string lines = "Server: Turbo\r\nDate: " + std::string(kNow) + "\r\n\r\n";
  head.set_status(511);
  EXPECT_EQ(wire(head, framing), "HTTP/1.1 511 Network Authentication Required\r\n" + lines);
  head.set_status(200, "Fine");
  EXPECT_EQ(wire(head, framing), "HTTP/1.1 200 Fine\r\n" + lines);
}

TEST(ResponseHeadTest, writes_each_framing) {  // RFC 9112 6
  const ResponseHead head;
  EXPECT_EQ(wire(head, {.length = UINT64_MAX}),
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n");
  EXPECT_EQ(wire(head, {.body = BodyFraming::kChunked}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(wire(head, {.body = BodyFraming::kClose, .connection = "close"}),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  ResponseHead empty;
  for (const int status : {100, 204, 304}) {
    empty.set_status(status);
    const std::string text = wire(empty, {.body = BodyFraming::kNone, .length = 5});
    EXPECT_EQ(text.find("Content-Length"), std::string::npos) << text;
    EXPECT_EQ(text.find("Transfer-Encoding"), std::string::npos) << text;
  }
}

TEST(ResponseHeadTest, appends_behind_what_is_there) {
  const ResponseHead head;
  Buffer out = Buffer::copy_of("before");
  head.serialize({.body = BodyFraming::kNone}, out);
  head.serialize({.body = BodyFraming::kNone}, out);
  EXPECT_EQ(out.to_string(), "beforeHTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
}

TEST(ResponseHeadTest, writes_any_status_and_reason) {  // HTTP-8: any code 100 to 999
  ResponseHead head;
  const ResponseFraming none{.body = BodyFraming::kNone};
  head.set_status(418, "I'm a teapot");
  EXPECT_EQ(wire(head, none), "HTTP/1.1 418 I'm a teapot\r\n\r\n");
  head.set_status(799);
  EXPECT_EQ(wire(head, none), "HTTP/1.1 799 \r\n\r\n");
  head.set_status(404, "Nowhere");
  EXPECT_EQ(wire(head, none), "HTTP/1.1 404 Nowhere\r\n\r\n");
  head.set_status(404);
  EXPECT_EQ(wire(head, none), "HTTP/1.1 404 Not Found\r\n\r\n");
}

TEST(ResponseHeadTest, every_registered_line_has_its_code_and_phrase) {
  int registered = 0;
  for (int status = 100; status <= 999; ++status) {
    ResponseHead head;
    head.set_status(status);
    const std::string line = "HTTP/1.1 " + std::to_string(status) + " " +
                             std::string(reason_phrase(status)) + "\r\n\r\n";
    EXPECT_EQ(wire(head, {.body = BodyFraming::kNone}), line);
    registered += reason_phrase(status).empty() ? 0 : 1;
  }
  EXPECT_EQ(registered, 61);
  EXPECT_EQ(reason_phrase(200), "OK");
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(reason_phrase(0), "");
}

TEST(ResponseHeadTest, refuses_response_splitting) {  // HTTP-9
  ResponseHead head;
  for (const std::string& value :
       {"a\r\nSet-Cookie: x"s, "a\nb"s, "a\rb"s, "a\0b"s, "\x1b[1m"s, "\x7f"s}) {
    EXPECT_EQ(head.set("X", value).code(), absl::StatusCode::kInvalidArgument) << value;
    EXPECT_EQ(head.add("X", value).code(), absl::StatusCode::kInvalidArgument) << value;
  }
  for (const std::string& name : {""s, "A B"s, "A:"s, "A\r\nB"s, "A\0"s, "\xc3\xa9"s}) {
    EXPECT_EQ(head.set(name, "x").code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(head.add(name, "x").code(), absl::StatusCode::kInvalidArgument) << name;
  }
  head.set_status(200, "OK\r\nSet-Cookie: x");
  EXPECT_EQ(wire(head, {.body = BodyFraming::kNone}), "HTTP/1.1 200 OK\r\n\r\n");
}

TEST(ResponseHeadTest, refuses_the_framing_fields) {
  ResponseHead head;
  for (const char* name : {"Content-Length", "transfer-encoding", "CONNECTION"}) {
    EXPECT_EQ(head.set(name, "5").code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(head.add(name, "5").code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST(ResponseHeadTest, set_replaces_and_add_repeats) {
  ResponseHead head;
  ASSERT_TRUE(head.add("Set-Cookie", "a=1").ok());
  ASSERT_TRUE(head.set("X", "1").ok());
  ASSERT_TRUE(head.add("set-cookie", "b=2").ok());
  ASSERT_TRUE(head.set("x", "22").ok());
  EXPECT_EQ(wire(head, {.body = BodyFraming::kNone}),
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nx: 22\r\n\r\n");
  EXPECT_EQ(head.find("X"), "22");
  EXPECT_EQ(head.find("Set-Cookie"), "a=1");
  EXPECT_EQ(head.find("set-cookie", 1), "b=2");
  EXPECT_EQ(head.find("Set-Cookie", 2), std::nullopt);
  head.remove("SET-COOKIE");
  EXPECT_EQ(head.find("Set-Cookie"), std::nullopt);
  EXPECT_EQ(wire(head, {.body = BodyFraming::kNone}), "HTTP/1.1 200 OK\r\nx: 22\r\n\r\n");
}

TEST(ResponseHeadTest, adds_all_fields_of_another_head) {
  ResponseHead prepared;
  ASSERT_TRUE(prepared.set("ETag", "\"x\"").ok());
  ASSERT_TRUE(prepared.set("Server", "Other").ok());
  ResponseHead head;
  ASSERT_TRUE(head.add(ResponseHead()).ok());
  ASSERT_TRUE(head.set("Vary", "Accept").ok());
  ASSERT_TRUE(head.add(prepared).ok());
  head.remove("Vary");
  EXPECT_EQ(head.find("etag"), "\"x\"");
  EXPECT_EQ(wire(head, {.length = 0, .common = kCommon, .server_bytes = kServerBytes}),
            "HTTP/1.1 200 OK\r\nDate: " + std::string(kNow) +
                "\r\nETag: \"x\"\r\nServer: Other\r\nContent-Length: 0\r\n\r\n");
  ASSERT_TRUE(prepared.set("X", std::string(40000, 'x')).ok());
  ASSERT_TRUE(head.add(prepared).ok());
  EXPECT_EQ(head.add(prepared).code(), absl::StatusCode::kResourceExhausted);
}

TEST(ResponseHeadTest, shows_its_fields_in_order_and_as_lines) {
  ResponseHead head;
  EXPECT_EQ(head.field_count(), 0u);
  EXPECT_EQ(head.field_lines(), "");
  ASSERT_TRUE(head.add("X-One", "1").ok());
  ASSERT_TRUE(head.add("gone", "x").ok());
  ASSERT_TRUE(head.add("x-Two", "").ok());
  head.remove("gone");
  ASSERT_EQ(head.field_count(), 2u);
  EXPECT_EQ(head.field(0).name, "X-One");
  EXPECT_EQ(head.field(0).value, "1");
  EXPECT_EQ(head.field(1).name, "x-Two");
  EXPECT_EQ(head.field(1).value, "");
  EXPECT_EQ(head.field_lines(), "X-One: 1\r\nx-Two: \r\n");
}

TEST(ResponseHeadTest, may_be_set_from_its_own_fields) {
  ResponseHead head;
  ASSERT_TRUE(head.set("A", std::string(100, 'a')).ok());
  ASSERT_TRUE(head.set("A", *head.find("A")).ok());
  ASSERT_TRUE(head.add("B", *head.find("A")).ok());
  EXPECT_EQ(head.find("A"), std::string(100, 'a'));
  EXPECT_EQ(head.find("B"), std::string(100, 'a'));
}

TEST(ResponseHeadTest, the_handlers_server_and_date_stand_for_the_framings) {
  ResponseHead head;
  ASSERT_TRUE(head.set("Server", "mine").ok());
  ASSERT_TRUE(head.set("date", "then").ok());
  const ResponseFraming framing{
      .body = BodyFraming::kNone, .common = kCommon, .server_bytes = kServerBytes};
  EXPECT_EQ(wire(head, framing), "HTTP/1.1 200 OK\r\nServer: mine\r\ndate: then\r\n\r\n");
  head.remove("Server");
  head.remove("Date");
  EXPECT_EQ(wire(head, framing),
            "HTTP/1.1 200 OK\r\nServer: Turbo\r\nDate: " + std::string(kNow) + "\r\n\r\n");
}

TEST(ResponseHeadTest, limits_the_fields_to_64_kib) {
  constexpr size_t kLimit = 64 * 1024;
  for (const size_t bytes : {kLimit - 1, kLimit, kLimit + 1}) {
    ResponseHead head;
    const absl::Status status = head.set("A", std::string(bytes - 5, 'a'));
    EXPECT_EQ(status.ok(), bytes <= kLimit) << bytes;
    if (bytes > kLimit) {
      EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    }
  }
  ResponseHead head;
  ASSERT_TRUE(head.set("A", std::string(kLimit - 10, 'a')).ok());
  EXPECT_TRUE(head.add("B", "").ok());
  EXPECT_FALSE(head.add("B", "").ok());
}

TEST(ResponseHeadTest, restart_forgets_all) {
  ResponseHead head;
  head.set_status(404, "Nope");
  ASSERT_TRUE(head.set("Server", "mine").ok());
  head.restart();
  EXPECT_EQ(head.status(), 200);
  EXPECT_EQ(wire(head, {.body = BodyFraming::kNone,
                        .common = "HTTP/1.1 200 OK\r\nServer: Turbo\r\n",
                        .server_bytes = kServerBytes}),
            "HTTP/1.1 200 OK\r\nServer: Turbo\r\n\r\n");
}

TEST(ChunkTest, writes_chunks_of_any_size) {  // RFC 9112 7.1
  for (const size_t bytes : {1, 15, 16, 511, 512, 513, 5000, 100000}) {
    Buffer out;
    append_chunk(Buffer::from_string(std::string(bytes, 'x')), out);
    append_last_chunk(out);
    char size[32];
    snprintf(size, sizeof size, "%zx\r\n", bytes);
    EXPECT_EQ(out.to_string(), size + std::string(bytes, 'x') + "\r\n0\r\n\r\n");
  }
}

TEST(ChunkTest, writes_nothing_for_no_data) {
  Buffer out;
  append_chunk(Buffer(), out);
  EXPECT_TRUE(out.empty());
}

TEST(ChunkTest, writes_trailers_behind_the_last_chunk) {  // RFC 9112 7.1.2
  Buffer out;
  append_last_chunk(out, "X-Sum: 5\r\nY: " + std::string(5000, 'y') + "\r\n");
  EXPECT_EQ(out.to_string(), "0\r\nX-Sum: 5\r\nY: " + std::string(5000, 'y') + "\r\n\r\n");
}

TEST(TrailerTest, may_not_say_what_has_to_be_known_before_the_content) {  // RFC 9110 6.5.1
  for (const char* name :
       {"Content-Length",   "transfer-encoding", "CONNECTION", "Keep-Alive",    "TE",
        "Trailer",          "Upgrade",           "Host",       "Content-Type",  "content-encoding",
        "Content-Range",    "If-Match",          "Range",      "Expect",        "Authorization",
        "WWW-Authenticate", "Set-Cookie",        "Cookie",     "Cache-Control", "Date",
        "Expires",          "Location",          "Vary",       "Retry-After",   "Age"}) {
    EXPECT_FALSE(may_be_trailer(name)) << name;
  }
  for (const char* name : {"Content-Digest", "ETag", "Server-Timing", "grpc-status", "X-Sum",
                           "Authentication-Info", "Accept-Ranges", "If", "Content", ""}) {
    EXPECT_TRUE(may_be_trailer(name)) << name;
  }
}

TEST(ChunkTest, moves_large_data_without_copying) {
  const std::string data(5000, 'x');
  Buffer out;
  append_chunk(Buffer::from_static(data), out);
  const std::vector<std::string_view> pieces(out.begin(), out.end());
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[1].data(), data.data());
}

}  // namespace
}  // namespace turbo::http
