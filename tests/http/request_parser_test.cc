#include "framework/http/request_parser.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "tests/http/parse_trace.h"

namespace turbo::http {
namespace {

using std::string_literals::operator""s;

const RequestParserLimits kDefaults;

// The trace of `bytes`, after checking that every two-way split, and byte by byte, gives the same
// one.
std::string parse(const std::string& bytes, const RequestParserLimits& limits = kDefaults) {
  const std::string whole = trace(bytes, {}, Arrival::kAllAtOnce, limits);
  std::vector<size_t> all(bytes.empty() ? 0 : bytes.size() - 1);
  std::iota(all.begin(), all.end(), 1);
  const size_t stride = std::max<size_t>(1, bytes.size() / 1500);
  for (const Arrival arrival : {Arrival::kSameBlock, Arrival::kOwnBlocks, Arrival::kAllAtOnce}) {
    EXPECT_EQ(trace(bytes, all, arrival, limits), whole)
        << "byte by byte, " << static_cast<int>(arrival);
    for (size_t cut = 1; cut < bytes.size(); cut += stride) {
      EXPECT_EQ(trace(bytes, {cut}, arrival, limits), whole) << "cut at " << cut;
      if (::testing::Test::HasFailure()) return whole;
    }
  }
  return whole;
}

// The status the input is refused with; 0 if it is not.
int status(const std::string& bytes, const RequestParserLimits& limits = kDefaults) {
  const std::string text = parse(bytes, limits);
  const size_t error = text.rfind("error ");
  return error == std::string::npos ? 0 : std::stoi(text.substr(error + 6));
}

// The same, where a whole head and one that comes byte by byte are all that matters.
std::string parse_both_ways(const std::string& bytes,
                            const RequestParserLimits& limits = kDefaults) {
  const std::string whole = trace(bytes, {}, Arrival::kAllAtOnce, limits);
  std::vector<size_t> all(bytes.size() - 1);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(trace(bytes, all, Arrival::kSameBlock, limits), whole) << bytes;
  return whole;
}

std::string get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + 1)) ++found;
  return found;
}

// ---- what is accepted ----

TEST(RequestParserTest, reads_line_fields_and_host) {
  const std::string head =
      "head GET/GET 1.1 target=/a/b?c=d path=/a/b query=c=d host=localhost:8080 "
      "Host=[localhost:8080] "
      "X-Long-Header-Name_with=[some value, with; things] Empty=[]\n";
  EXPECT_EQ(parse("GET /a/b?c=d HTTP/1.1\r\nHost: localhost:8080\r\n"
                  "X-Long-Header-Name_with: \t some value, with; things \t\r\nEmpty:\r\n\r\n"),
            head + head + "end\nidle");
}

TEST(RequestParserTest, reads_names_and_values_of_any_size) {
  for (size_t name = 1; name <= 36; ++name) {
    for (size_t value = 0; value <= 36; ++value) {
      const std::string field = std::string(name, 'N') + ": " + std::string(value, 'v') + "\r\n";
      const std::string wanted =
          " " + std::string(name, 'N') + "=[" + std::string(value, 'v') + "]";
      EXPECT_TRUE(contains(parse_both_ways(get(field)), wanted));
      EXPECT_TRUE(
          contains(parse_both_ways("GET / HTTP/1.1\r\n" + field + "Host: a\r\n\r\n"), wanted));
    }
  }
}

TEST(RequestParserTest, judges_every_byte_alike_in_a_whole_head_and_in_pieces) {
  const std::string head =
      "POST /path?query HTTP/1.1\r\nHost: example.com:8080\r\nX-Long-Name-Of-A-Field: some "
      "value\r\n"
      "Content-Length: 0\r\n\r\n";
  for (size_t i = 0; i < head.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = head;
      changed[i] = static_cast<char>(byte);
      parse_both_ways(changed);
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(RequestParserTest, reads_as_many_fields_whole_as_in_pieces) {
  for (const size_t count : {1, 15, 16, 17, 30, 31, 32, 33, 34, 64, 98, 99, 100}) {
    std::string fields;
    for (size_t i = 0; i < count; ++i) fields += "F" + std::to_string(i) + ": v\r\n";
    const std::string text = parse_both_ways(get(fields) + get(fields));
    EXPECT_EQ(status(get(fields)), count < 100 ? 0 : 431) << count;
    if (count < 100) {
      EXPECT_TRUE(text.ends_with("end\nidle")) << count;
    }
  }
}

TEST(RequestParserTest, reads_pipelined_requests_in_order) {
  const std::string text =
      parse(get("A: 1\r\n") + post("Content-Length: 3\r\n", "abc") + get("B: 2\r\n"));
  EXPECT_EQ(count(text, "end\n"), 3);
  EXPECT_LT(text.find("A=[1]"), text.find("body abc"));
  EXPECT_LT(text.find("body abc"), text.find("B=[2]"));
  EXPECT_TRUE(text.ends_with("idle"));
}

TEST(RequestParserTest, keeps_nothing_of_the_message_before) {
  const std::vector<std::string> messages = {
      "GET / HTTP/1.0\r\n\r\n",
      get("A: b\r\n"),
      "GET http://b/?c HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
      post("Content-Length: 1\r\nConnection: close\r\n", "y"),
      post("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", "1\r\nx\r\n0\r\nT: u\r\n\r\n"),
  };
  for (const std::string& before : messages) {
    std::string first = parse(before);
    ASSERT_TRUE(first.ends_with("idle"));
    first.resize(first.size() - 4);
    for (const std::string& after : messages)
      EXPECT_EQ(parse(before + after), first + parse(after));
  }
}

TEST(RequestParserTest, knows_every_method_and_leaves_others_unknown) {
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"}) {
    const std::string text = parse(std::string(method) + " /x HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(contains(text, std::string(method) + "/" + method + " ")) << text;
  }
  EXPECT_TRUE(contains(parse("get / HTTP/1.1\r\nHost: a\r\n\r\n"), "head get/ 1.1"));
  EXPECT_TRUE(contains(parse("M-SEARCH! / HTTP/1.1\r\nHost: a\r\n\r\n"), "head M-SEARCH!/ 1.1"));
}

TEST(RequestParserTest, reads_the_four_target_forms) {  // RFC 9112 3.2
  EXPECT_TRUE(contains(parse("GET http://b:1/x?y HTTP/1.1\r\nHost: a\r\n\r\n"),
                       " path=/x query=y host=b:1 "));
  EXPECT_TRUE(
      contains(parse("GET HTTPS://b HTTP/1.1\r\nHost: a\r\n\r\n"), " path=/ query= host=b "));
  EXPECT_TRUE(
      contains(parse("GET http://b?y=/ HTTP/1.1\r\nHost: a\r\n\r\n"), " path=/ query=y=/ host=b "));
  EXPECT_TRUE(contains(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), " path=* query= host=a "));
  EXPECT_TRUE(
      contains(parse("OPTIONS http://b HTTP/1.1\r\nHost: a\r\n\r\n"), " path=* query= host=b "));
  EXPECT_EQ(status("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n"), 501) << "authority form";
  EXPECT_TRUE(contains(parse("GET //etc/passwd?? HTTP/1.1\r\nHost: a\r\n\r\n"),
                       " path=//etc/passwd query=? "));
}

TEST(RequestParserTest,
     decides_keep_alive_by_version_and_connection) {  // RFC 9112 9.3, golden table
  EXPECT_FALSE(contains(parse(get("")), " close"));
  EXPECT_TRUE(contains(parse(get("Connection: foo , CLOSE\r\n")), " close"));
  EXPECT_TRUE(contains(parse(get("Connection: keep-alive\r\nConnection: close\r\n")), " close"));
  EXPECT_TRUE(contains(parse("GET / HTTP/1.0\r\n\r\n"), " close"));
  EXPECT_FALSE(contains(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), " close"));
}

TEST(RequestParserTest, notices_expect_continue_on_http_1_1_only) {
  EXPECT_TRUE(
      contains(parse(post("Expect: 100-Continue\r\nContent-Length: 1\r\n", "x")), " expect "));
  EXPECT_TRUE(contains(parse(get("Expect: , 100-continue,100-CONTINUE\r\n")), " expect "));
  EXPECT_FALSE(contains(parse(get("Expect:\r\n")), " expect "));
  EXPECT_FALSE(contains(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), " expect "));
  EXPECT_EQ(status("GET / HTTP/1.0\r\nExpect: x\r\n\r\n"), 0);
}

TEST(RequestParserTest, skips_a_few_empty_lines_before_a_request) {  // RFC 9112 2.2
  EXPECT_TRUE(contains(parse("\r\n\r\n" + get("")), "end\nidle"));
  EXPECT_EQ(parse("\r\n\r\n"), "idle");
  EXPECT_EQ(status("\n" + get("")), 400);
  EXPECT_EQ(status("\rG"), 400);
}

TEST(RequestParserTest, reads_a_body_of_known_length) {
  EXPECT_TRUE(contains(parse(post("Content-Length: 5\r\n", "hello")),
                       "length=5 Host=[a] Content-Length=[5]\nbody hello\n"));
  EXPECT_TRUE(contains(parse(post("Content-Length: 010\r\n", "0123456789")), "body 0123456789\n"));
  EXPECT_TRUE(contains(parse(post("Content-Length: 0\r\n", "")), "end\nidle"));
  EXPECT_TRUE(parse(post("Content-Length: 6\r\n", "hello")).ends_with("body hello\nunfinished"));
}

TEST(RequestParserTest, reads_a_chunked_body_with_extensions_and_trailers) {  // HTTP-5
  const std::string text =
      parse(chunked("5\r\nhello\r\n6;a=b;c=\"d\"\r\n world\r\n000\r\nX: y\r\nZ:\r\n\r\n"));
  EXPECT_TRUE(contains(text, " chunked "));
  EXPECT_TRUE(contains(text, "body hello world\n"));
  EXPECT_TRUE(contains(text, "end X=[y] Z=[]\n"));
  EXPECT_TRUE(contains(parse(post("Transfer-Encoding: CHUNKED\r\n",
                                  "aB\r\n" + std::string(0xab, 'x') + "\r\n0\r\n\r\n")),
                       "end\nidle"));
}

TEST(RequestParserTest, never_merges_trailers_into_the_head) {
  const std::string text = parse(chunked("0\r\nX: y\r\n\r\n"));
  EXPECT_EQ(count(text, "X=[y]"), 1) << text;
}

TEST(RequestParserTest, ignores_upgrade_and_reads_the_next_request) {  // CVE-2026-2833
  const std::string text = parse(get("Upgrade: foo\r\nConnection: Upgrade\r\n") + get(""));
  EXPECT_EQ(count(text, "end\n"), 2);
  EXPECT_EQ(count(text, " upgrade "), 2);  // the first head, traced twice
}

TEST(RequestParserTest, reads_a_higher_minor_version_as_1_1) {  // RFC 9110 2.5
  EXPECT_TRUE(contains(parse("GET / HTTP/1.7\r\nHost: a\r\n\r\n"), "head GET/GET 1.1 "));
}

// ---- reliability: every input has its status ----

struct Refused {
  const char* what;
  std::string bytes;
  int status;
};

void expect_refused(const std::vector<Refused>& rows) {
  for (const Refused& row : rows)
    EXPECT_EQ(status(row.bytes), row.status) << row.what << ": " << row.bytes;
}

TEST(RequestParserTest, refuses_length_beside_transfer_encoding) {
  expect_refused({
      {"CL.TE", post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"), 400},
      {"TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\nG"), 400},
  });
}

TEST(RequestParserTest, refuses_malformed_and_repeated_lengths) {
  for (const char* value :
       {"5, 6", "5, 5", "+5", "-1", "0x5", "5_0", "", "5;", "5 5", "5a", "five", "5\v", "\"5\""}) {
    EXPECT_EQ(status(post(std::string("Content-Length: ") + value + "\r\n", "aaaaa")), 400)
        << value;
  }
  expect_refused({
      {"two", post("Content-Length: 5\r\nContent-Length: 6\r\n", "aaaaaa"), 400},
      {"identical", post("Content-Length: 5\r\ncontent-length: 5\r\n", "aaaaa"), 400},
      {"2^63", post("Content-Length: 9223372036854775808\r\n", "a"), 413},
      {"2^64+5", post("Content-Length: 18446744073709551621\r\n", "aaaaa"), 413},
      {"400 digits", post("Content-Length: " + std::string(400, '9') + "\r\n", "a"), 413},
  });
}

TEST(RequestParserTest, refuses_chunk_sizes_that_overflow) {
  expect_refused({
      {"17 digits", chunked("10000000000000005\r\naaaaa\r\n0\r\n\r\n"), 413},
      {"2^64-1", chunked("FFFFFFFFFFFFFFFF\r\naaaaa\r\n0\r\n\r\n"), 413},
      {"2^63-1", chunked("7FFFFFFFFFFFFFFF\r\naaaaa\r\n0\r\n\r\n"), 413},
      {"wraps the sum", chunked("5\r\naaaaa\r\nFFFFFFFFFFFFFFFB\r\nb"), 413},
  });
}

TEST(RequestParserTest, refuses_malformed_chunk_sizes) {
  for (const char* size : {"-5", "0x5", "+5", "0_2e", "5 ", " 5", "", "G", "5,5", "5\t", ";a"}) {
    EXPECT_EQ(status(chunked(std::string(size) + "\r\naaaaa\r\n0\r\n\r\n")), 400) << size;
  }
}

TEST(RequestParserTest, refuses_malformed_chunk_framing) {  // CVE-2025-55315
  expect_refused({
      {"size ends with LF", chunked("5\naaaaa\r\n0\r\n\r\n"), 400},
      {"extension ends with LF", chunked("5;a\naaaaa\r\n0\r\n\r\n"), 400},
      {"CR in the size line", chunked("5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n"), 400},
      {"CR in the extension", chunked("5;a\rb\r\naaaaa\r\n0\r\n\r\n"), 400},
      {"NUL in the extension", chunked("5;a\0b\r\naaaaa\r\n0\r\n\r\n"s), 400},
      {"data ends with LF", chunked("5\r\naaaaa\n0\r\n\r\n"), 400},
      {"bytes behind the data", chunked("5\r\naaaaaXX0\r\n\r\n"), 400},
      {"CR and a byte behind the data", chunked("5\r\naaaaa\rX0\r\n\r\n"), 400},
      {"bare LF ends the trailers", chunked("0\r\n\n"), 400},
      {"bare LF in the trailers", chunked("0\r\nA: b\n\r\n"), 400},
      {"folded trailer", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400},
  });
  EXPECT_TRUE(contains(parse(chunked("5\r\nhello\r\nZ")), "body hello\nerror 400"));
}

TEST(RequestParserTest, refuses_framing_fields_in_trailers) {
  for (const char* field : {"Content-Length: 5", "Host: b", "TE: x", "Transfer-Encoding: chunked",
                            "connection: close"}) {
    EXPECT_EQ(status(chunked(std::string("0\r\n") + field + "\r\n\r\n")), 400) << field;
  }
}

TEST(RequestParserTest, accepts_chunked_alone_as_transfer_coding) {
  for (const char* value : {"xchunked", "identity", "chunked, identity", "gzip, chunked", "gzip"}) {
    EXPECT_EQ(status(post(std::string("Transfer-Encoding: ") + value + "\r\n", "0\r\n\r\n")), 501)
        << value;
  }
  for (const char* value : {"\vchunked",
                            "\xa0"
                            "chunked",
                            "\"chunked\"", "", ",", "chunked;q", "chunked\r\n ,x"}) {
    EXPECT_EQ(status(post(std::string("Transfer-Encoding: ") + value + "\r\n", "0\r\n\r\n")), 400)
        << value;
  }
  expect_refused({
      {"twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       400},
      {"space before colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
      {"folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
      {"on 1.0",
       "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
           get(""),
       400},
  });
}

TEST(RequestParserTest, refuses_bare_line_ends_and_folding) {
  expect_refused({
      {"LF in the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"LF behind a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"CR in a value", get("A: b\rc\r\n"), 400},
      {"NUL in a value", get("A: b\0c\r\n"s), 400},
      {"CR in the target", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CR ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\rX", 400},
      {"folded by space", get("A: b\r\n c\r\n"), 400},
      {"folded by tab", get("A: b\r\n\tc\r\n"), 400},
      {"space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
  });
}

TEST(RequestParserTest, refuses_malformed_names_and_values) {
  for (const std::string& line :
       {std::string("A : b"), std::string(": b"), std::string("A"), std::string("X[]: b"),
        std::string("X\x85: b"), "X\0: b"s, std::string("A B: c"), std::string("A: \a"),
        std::string("A: \x7f"), std::string("A: b\x01"), std::string("(A): b"),
        std::string("A@b: c")}) {
    EXPECT_EQ(status(get(line + "\r\n")), 400) << line;
  }
  EXPECT_EQ(status(get("A: b\tc \xc3\xa9\r\n")), 0);
}

TEST(RequestParserTest, refuses_malformed_request_lines) {
  expect_refused({
      {"0.9", "GET /\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
      {"a space before", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"lower-case protocol", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"two minor digits", "GET / HTTP/1.32\r\nHost: a\r\n\r\n", 400},
      {"no minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400},
      {"version 9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505},
      {"version 2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"version 0.9", "GET / HTTP/0.9\r\n\r\n", 505},
      {"a bad method byte", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a control byte in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a fragment", "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"raw UTF-8", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CONNECT to a path", "CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"CONNECT without port", "CONNECT b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"another scheme", "GET ftp://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no authority", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"user information", "GET http://u@b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"query before the authority", "GET http?://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"empty", std::string(1, '\0'), 400},
  });
}

TEST(RequestParserTest, requires_one_valid_host_on_http_1_1) {
  expect_refused({
      {"none", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"two on 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"none beside an absolute target", "GET http://b/ HTTP/1.1\r\n\r\n", 400},
  });
  for (const char* host :
       {"", "a, b", "a,b", "u@a", "a/b", "a b", "a:b", "a:65536", "a:1:2", "[::1", "[]", "[x]",
        "::1", "a?b", "a#b", "%zz", "a%4", ":80", "[::1]x"}) {
    EXPECT_EQ(status(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), 400) << host;
  }
  for (const char* host :
       {"a", "a.b-c_d~", "a:65535", "a:", "[::1]", "[::ffff:1.2.3.4]:80", "%C3%A9", "1.2.3.4"}) {
    EXPECT_EQ(status(std::string("GET / HTTP/1.1\r\nHost: ") + host + "\r\n\r\n"), 0) << host;
  }
}

TEST(RequestParserTest, refuses_other_expectations) {  // RFC 9110 10.1.1
  for (const char* value : {"x", "y 100-continue", "100-continue;q", "100-continue=1", "100",
                            "100-continue, x", "\"100-continue\"", "200-ok", "100-continued"}) {
    EXPECT_EQ(status(get(std::string("Expect: ") + value + "\r\n")), 417) << value;
    EXPECT_EQ(status(post(std::string("Expect: ") + value + "\r\nContent-Length: 1\r\n", "x")), 417)
        << value;
  }
  EXPECT_EQ(status(get("Expect: 100-continue\r\nExpect: x\r\n")), 417);
}

TEST(RequestParserTest, requires_a_length_for_content_on_http_1_0) {  // RFC 1945 8.3
  for (const char* method : {"POST", "PUT", "PATCH"}) {
    const std::string line = std::string(method) + " / HTTP/1.0\r\n";
    EXPECT_EQ(status(line + "\r\n"), 411) << method;
    EXPECT_EQ(status(line + "Connection: keep-alive\r\n\r\n" + get("")), 411) << method;
    EXPECT_EQ(status(line + "Content-Length: 0\r\n\r\n"), 0) << method;
    EXPECT_EQ(status(line + "Content-Length: 2\r\n\r\nab"), 0) << method;
    // HTTP/1.1 has no content then (RFC 9112 6.3).
    EXPECT_EQ(status(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n"), 0) << method;
  }
  for (const char* method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(status(std::string(method) + " / HTTP/1.0\r\n\r\n"), 0) << method;
  }
}

TEST(RequestParserTest, refuses_tunnels_and_content_that_is_to_be_echoed) {
  expect_refused({
      {"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nGET / HTTP/1.1", 501},
      {"CONNECT on 1.0", "CONNECT a:80 HTTP/1.0\r\n\r\n", 501},
      {"CONNECT to an absolute target", "CONNECT http://a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"authority form elsewhere", "GET a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 400},
      {"TRACE with a length", "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 400},
      {"TRACE with chunks",
       "TRACE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
  });
  EXPECT_EQ(status("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
}

TEST(RequestParserTest, believes_an_absolute_target_before_host) {  // RFC 9112 3.2.2
  EXPECT_TRUE(contains(parse("GET http://b:8080/x HTTP/1.1\r\nHost: a\r\n\r\n"), " host=b:8080 "));
  EXPECT_TRUE(contains(parse("GET http://b/x HTTP/1.0\r\n\r\n"), " host=b"));
  EXPECT_EQ(status("GET http://b/x HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
}

// Every byte that is no token byte, at the beginning, within and at the end of a name.
TEST(RequestParserTest, takes_token_bytes_alone_for_names) {
  const std::string tokens = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool token = byte < 128 && (isalnum(byte) != 0 || tokens.find(c) != tokens.npos);
    if (c == ':') continue;
    for (const std::string& name :
         {std::string(1, c) + "name", "na"s + c + "me", "name"s + c, "a-name-of-two-words"s + c}) {
      const std::string text = parse_both_ways(get(name + ": v\r\n"));
      EXPECT_EQ(contains(text, "error 400"), !token) << byte << " in " << name;
    }
  }
}

// ---- early ----

// The status after exactly these bytes; 0 if the parser still waits.
int status_so_far(const std::string& bytes) {
  const std::string text = trace(bytes, {}, Arrival::kSameBlock, kDefaults);
  return text.starts_with("error ") ? std::stoi(text.substr(6)) : 0;
}

TEST(RequestParserTest, refuses_as_early_as_the_bytes_allow) {
  EXPECT_EQ(status_so_far("\x16"), 400) << "a TLS hello";
  EXPECT_EQ(status_so_far("GARBAGE\r"), 400);
  EXPECT_EQ(status_so_far("GET /\r"), 400);
  EXPECT_EQ(status_so_far("GET / X"), 400);
  EXPECT_EQ(status_so_far("GET / HTTP/1.1\n"), 400);
  EXPECT_EQ(status_so_far("GET / HTTP/2.0\r\n"), 505);
  EXPECT_EQ(status_so_far("GET a HTTP/1.1\r\n"), 400);
  EXPECT_EQ(status_so_far("GET / HTTP/1.1\r\n "), 400);
  EXPECT_EQ(status_so_far("GET / HTTP/1.1\r\nHost : "), 400);
  EXPECT_EQ(status_so_far("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n"), 501);
  EXPECT_EQ(status_so_far(std::string(33, 'A')), 501) << "no method is that long";
  EXPECT_EQ(status_so_far(std::string(32, 'A')), 0);
  EXPECT_EQ(status_so_far("GET / HTTP/1.1\r\nExpect: x\r\n"), 417);
  EXPECT_EQ(status_so_far("CONNECT a:1 HTTP/1.1\r\n"), 501);
}

TEST(RequestParserTest, refuses_a_control_byte_in_a_line_that_goes_on) {
  ParseTrace trace(kDefaults);
  Buffer input;
  input.append("GET / HTTP/1.1\r\nA: " + std::string(500, 'a'));
  trace.feed(input);
  input.append("aaa");
  trace.feed(input);
  EXPECT_FALSE(trace.failed());
  input.append(std::string_view("\0", 1));
  trace.feed(input);
  EXPECT_TRUE(trace.failed());
}

// ---- limits: each at limit - 1, limit, limit + 1 ----

TEST(RequestParserTest, limits_the_target) {
  RequestParserLimits limits;
  limits.max_target_bytes = 300;
  const auto request = [](size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(status(request(299), limits), 0);
  EXPECT_EQ(status(request(300), limits), 0);
  EXPECT_EQ(status(request(301), limits), 414);
  EXPECT_EQ(status("GET /" + std::string(5000, 'a'), limits), 414) << "endless";
}

TEST(RequestParserTest, limits_the_method) {
  const auto request = [](size_t bytes) {
    return std::string(bytes, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(status(request(31)), 0);
  EXPECT_EQ(status(request(32)), 0);
  EXPECT_EQ(status(request(33)), 501);
}

TEST(RequestParserTest, limits_the_digits_of_a_chunk_size) {
  const auto request = [](size_t digits) {
    return chunked(std::string(digits - 1, '0') + "1\r\nx\r\n0\r\n\r\n");
  };
  EXPECT_EQ(status(request(15)), 0);
  EXPECT_EQ(status(request(16)), 0);
  EXPECT_EQ(status(request(17)), 413);
}

TEST(RequestParserTest, limits_the_header_bytes) {
  RequestParserLimits limits;
  limits.max_header_bytes = 500;
  const auto request = [](size_t bytes) {
    const std::string rest = get("A: \r\n");
    return get("A: " + std::string(bytes - rest.size(), 'a') + "\r\n");
  };
  ASSERT_EQ(request(500).size(), 500u);
  EXPECT_EQ(status(request(499), limits), 0);
  EXPECT_EQ(status(request(500), limits), 0);
  EXPECT_EQ(status(request(501), limits), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\n" + std::string(1000, 'a'), limits), 431)
      << "an endless name";
  EXPECT_EQ(status("GET / HTTP/1.1\r\nA:" + std::string(1000, ' '), limits), 431)
      << "an endless value";
  limits.max_target_bytes = 1000;
  EXPECT_EQ(status("GET /" + std::string(600, 'a'), limits), 414) << "an endless target";
}

TEST(RequestParserTest, limits_the_number_of_fields) {
  RequestParserLimits limits;
  limits.max_header_count = 5;
  const auto request = [](int fields) {
    std::string lines;
    for (int i = 1; i < fields; ++i) lines += "A: b\r\n";
    return get(lines);
  };
  EXPECT_EQ(status(request(4), limits), 0);
  EXPECT_EQ(status(request(5), limits), 0);
  EXPECT_EQ(status(request(6), limits), 431);
}

TEST(RequestParserTest, limits_a_body_of_known_length) {
  RequestParserLimits limits;
  limits.max_body_bytes = 10;
  const auto request = [](size_t bytes) {
    return post("Content-Length: " + std::to_string(bytes) + "\r\n", std::string(bytes, 'x'));
  };
  EXPECT_EQ(status(request(9), limits), 0);
  EXPECT_EQ(status(request(10), limits), 0);
  EXPECT_EQ(status(request(11), limits), 413);
}

TEST(RequestParserTest, limits_a_chunked_body) {
  RequestParserLimits limits;
  limits.max_body_bytes = 10;
  const auto request = [](const char* size, size_t bytes) {
    return chunked("5\r\naaaaa\r\n" + std::string(size) + "\r\n" + std::string(bytes, 'b') +
                   "\r\n0\r\n\r\n");
  };
  EXPECT_EQ(status(request("4", 4), limits), 0);
  EXPECT_EQ(status(request("5", 5), limits), 0);
  EXPECT_EQ(status(request("6", 6), limits), 413);
}

TEST(RequestParserTest, lets_the_body_limit_be_replaced_for_one_message) {
  RequestParserLimits limits;
  limits.max_body_bytes = 2;
  RequestParser parser(limits);
  Buffer input = Buffer::copy_of(post("Content-Length: 3\r\n", "abc"));
  ASSERT_EQ(parser.next(input), RequestParser::Event::kHead);
  parser.set_max_body_bytes(3);
  ASSERT_EQ(parser.next(input), RequestParser::Event::kBody);
  EXPECT_EQ(parser.take_body().to_string(), "abc");
  ASSERT_EQ(parser.next(input), RequestParser::Event::kEnd);
  parser.restart();
  input.append(post("Content-Length: 3\r\n", "abc"));
  ASSERT_EQ(parser.next(input), RequestParser::Event::kHead);
  EXPECT_EQ(parser.next(input), RequestParser::Event::kError);
  EXPECT_EQ(parser.error().status, 413);
}

TEST(RequestParserTest, limits_chunk_extensions_of_a_message) {  // CVE-2024-22019
  RequestParserLimits limits;
  limits.max_chunk_extension_bytes = 40;
  const auto request = [](size_t bytes) {
    return chunked("1;" + std::string(19, 'a') + "\r\nx\r\n1;" + std::string(bytes - 21, 'a') +
                   "\r\nx\r\n0\r\n\r\n");
  };
  EXPECT_EQ(status(request(39), limits), 0);
  EXPECT_EQ(status(request(40), limits), 0);
  EXPECT_EQ(status(request(41), limits), 400);
}

TEST(RequestParserTest, limits_the_trailers) {
  RequestParserLimits limits;
  limits.max_trailer_bytes = 100;
  limits.max_trailer_count = 3;
  const auto of_bytes = [](size_t bytes) {
    return chunked("0\r\nA: " + std::string(bytes - 5, 'a') + "\r\n\r\n");
  };
  EXPECT_EQ(status(of_bytes(99), limits), 0);
  EXPECT_EQ(status(of_bytes(100), limits), 0);
  EXPECT_EQ(status(of_bytes(101), limits), 431);
  EXPECT_EQ(status(chunked("0\r\nA: b\r\nA: b\r\n\r\n"), limits), 0);
  EXPECT_EQ(status(chunked("0\r\nA: b\r\nA: b\r\nA: b\r\n\r\n"), limits), 0);
  EXPECT_EQ(status(chunked("0\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n"), limits), 431);
}

TEST(RequestParserTest, limits_empty_lines_before_a_request) {
  RequestParserLimits limits;
  limits.max_leading_newline_bytes = 4;
  EXPECT_EQ(status("\r\n" + get(""), limits), 0);
  EXPECT_EQ(status("\r\n\r\n" + get(""), limits), 0);
  EXPECT_EQ(status("\r\n\r\n\r\n" + get(""), limits), 400);
}

// ---- bytes and blocks ----

// A line past the limit that is malformed besides is refused for the limit, whatever the cuts.
TEST(RequestParserTest, counts_fields_before_it_looks_at_the_next_name) {
  RequestParserLimits limits;
  limits.max_header_count = 1;
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\n\0\n"s, limits), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n", limits), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\n\r\n", limits), 0);
}

// A trace that others follow: without the state at its end.
std::string followed(const std::string& text) { return text.substr(0, text.rfind("idle")); }

// The second head's fields are those of the first and taken over; byte by byte they are read.
TEST(RequestParserTest, takes_repeated_fields_for_what_they_were) {
  for (const std::string& fields :
       {""s, "X: 1\r\n"s, "Connection: close\r\n"s, "Connection: keep-alive\r\nAccept: */*\r\n"s,
        "Expect: 100-continue\r\n"s, "Connection: upgrade\r\n"s, "Content-Length: 0\r\n"s,
        "X:" + std::string(600, 'x') + "\r\n"}) {
    const std::string head = get(fields);
    const std::string once = parse(head);
    EXPECT_EQ(parse(head + head + head), followed(once) + followed(once) + once) << fields;
    EXPECT_EQ(parse(head + "HEAD /b?c HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + head),
              followed(once) +
                  followed(parse("HEAD /b?c HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")) + once);
  }
}

// A body is told by the fields: none of that may be taken over from another message.
TEST(RequestParserTest, reads_fields_anew_that_differ_in_any_byte) {
  const std::string first = get("Connection: x\r\nX-Name: value\r\n");
  const std::string once = parse_both_ways(first);
  const size_t fields = first.find("Host");
  for (size_t at = fields; at < first.size(); ++at) {
    for (const char other : {'a', ':', ' ', '\r', '\n', '\0', ','}) {
      std::string second = first;
      second[at] = other;
      // A fresh parser says what the second head means.
      EXPECT_EQ(parse_both_ways(first + second), followed(once) + parse_both_ways(second)) << at;
    }
  }
  const std::string with_body = post("Content-Length: 3\r\n", "abc");
  const std::string body_once = parse(with_body);
  EXPECT_EQ(
      parse(with_body + first + with_body + with_body + first),
      followed(body_once) + followed(once) + followed(body_once) + followed(body_once) + once);
}

TEST(RequestParserTest, leaves_the_bytes_behind_a_message_in_the_input) {
  RequestParser parser(kDefaults);
  Buffer input = Buffer::copy_of(get("") + "GET /next");
  ASSERT_EQ(parser.next(input), RequestParser::Event::kHead);
  ASSERT_EQ(parser.next(input), RequestParser::Event::kEnd);
  EXPECT_EQ(input.to_string(), "GET /next");
}

TEST(RequestParserTest, parses_a_head_in_one_piece_where_it_lies) {
  const std::string bytes = get("A: b\r\n");
  RequestParser parser(kDefaults);
  Buffer input;
  input.append_static(bytes);
  ASSERT_EQ(parser.next(input), RequestParser::Event::kHead);
  EXPECT_EQ(parser.head().target.data(), bytes.data() + 4);
}

TEST(RequestParserTest, moves_body_bytes_without_copying) {
  const std::string body(5000, 'x');
  RequestParser parser(kDefaults);
  Buffer input = Buffer::copy_of(post("Content-Length: 5000\r\n", ""));
  input.append_static(body);
  ASSERT_EQ(parser.next(input), RequestParser::Event::kHead);
  ASSERT_EQ(parser.next(input), RequestParser::Event::kBody);
  EXPECT_EQ(parser.take_body().front().data(), body.data());
}

TEST(RequestParserTest, keeps_trailing_newlines_of_an_idle_connection_out_of_memory) {
  RequestParser parser(kDefaults);
  Buffer input = Buffer::copy_of("\r\n");
  EXPECT_EQ(parser.next(input), RequestParser::Event::kNeedMore);
  EXPECT_TRUE(parser.idle());
  EXPECT_TRUE(input.empty());
  input.append("G");
  EXPECT_EQ(parser.next(input), RequestParser::Event::kNeedMore);
  EXPECT_FALSE(parser.idle());
}

TEST(RequestParserTest, stays_in_error_until_restart) {
  RequestParser parser(kDefaults);
  Buffer input = Buffer::copy_of("\n");
  EXPECT_EQ(parser.next(input), RequestParser::Event::kError);
  EXPECT_EQ(parser.next(input), RequestParser::Event::kError);
  parser.restart();
  Buffer good = Buffer::copy_of(get(""));
  EXPECT_EQ(parser.next(good), RequestParser::Event::kHead);
}

TEST(RequestParserTest, joins_tiny_chunks_into_few_pieces) {
  std::string body;
  for (int i = 0; i < 2000; ++i) body += "1\r\nA\r\n";
  RequestParser parser(kDefaults);
  Buffer input = Buffer::copy_of(chunked(body + "0\r\n\r\n"));
  ASSERT_EQ(parser.next(input), RequestParser::Event::kHead);
  size_t pieces = 0;
  size_t bytes = 0;
  while (parser.next(input) == RequestParser::Event::kBody) {
    const Buffer piece = parser.take_body();
    bytes += piece.size();
    pieces += static_cast<size_t>(std::distance(piece.begin(), piece.end()));
  }
  EXPECT_EQ(bytes, 2000u);
  EXPECT_LE(pieces, 3u);
}

}  // namespace
}  // namespace turbo::http
