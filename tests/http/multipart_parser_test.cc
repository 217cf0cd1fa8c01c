#include "framework/http/multipart_parser.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>

#include "tests/http/multipart_trace.h"

namespace turbo::http {
namespace {

using std::string_literals::operator""s;

// The trace of `body`, after checking that every two-way split, and byte by byte, gives the same.
std::string parse(const std::string& body, const MultipartLimits& limits = {},
                  std::string_view boundary = "b") {
  const auto run = [&](const std::vector<size_t>& cuts, PartArrival arrival) {
    return trace_multipart(body, cuts, arrival, boundary, limits);
  };
  const std::string whole = run({}, PartArrival::kAllAtOnce);
  std::vector<size_t> all(body.empty() ? 0 : body.size() - 1);
  std::iota(all.begin(), all.end(), 1);
  for (const PartArrival arrival : {PartArrival::kOneByOne, PartArrival::kAllAtOnce}) {
    EXPECT_EQ(run(all, arrival), whole) << "byte by byte";
    for (size_t cut = 1; cut < body.size(); ++cut) {
      EXPECT_EQ(run({cut}, arrival), whole) << "cut at " << cut;
      if (::testing::Test::HasFailure()) return whole;
    }
  }
  return whole;
}

// A body of one part with that data.
std::string one(const std::string& data) { return "--b\r\nA: 1\r\n\r\n" + data + "\r\n--b--\r\n"; }

// ---- what is accepted ----

TEST(MultipartParserTest, reads_parts_with_fields_and_data) {
  EXPECT_EQ(parse("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
                  "--b\r\nX: y\r\nZ:\t z \r\n\r\ntwo\r\nlines\r\n--b--\r\n"),
            "part Content-Disposition=form-data; name=\"a\"[1]\n"
            "part X=y Z=z[two\r\nlines]\nend");
}

TEST(MultipartParserTest, reads_parts_without_fields_or_data) {
  EXPECT_EQ(parse(one("")), "part A=1\nend");
  EXPECT_EQ(parse("--b\r\n\r\nx\r\n--b\r\n\r\n\r\n--b--"), "part[x]\npart\nend");
  EXPECT_EQ(parse("--b--\r\n"), "end") << "a form without fields, as browsers send it";
  // RFC 2046 5.1.1: the line that ends the fields may belong to the delimiter.
  EXPECT_EQ(parse("--b\r\nA: 1\r\n\r\n--b\r\nB: 2\r\n\r\n--b--"), "part A=1\npart B=2\nend");
  EXPECT_EQ(parse("--b\r\nA: 1\r\n\r\n--c\r\n--b--"), "part A=1[--c]\nend");
}

TEST(MultipartParserTest, reads_the_longest_boundary_and_odd_ones) {
  for (const std::string& boundary :
       {std::string(70, 'x'), "----WebKitFormBoundary7MA4YWxkTrZu0gW"s, "a b"s, "'()+_,-./:=?"s,
        "bb"s}) {
    const std::string near = boundary.substr(0, boundary.size() - 1);
    const std::string data = "data\r\n-\r\n--\r\n--" + near;
    const std::string body = "--" + boundary + "\r\n\r\n" + data + "\r\n--" + boundary + "--\r\n";
    EXPECT_EQ(parse(body, {}, boundary), "part[" + data + "]\nend") << boundary;
  }
  EXPECT_EQ(parse("---\r\n\r\n-\r\n--\r\n-----", {}, "-"), "part[-\r\n--]\nend");
}

TEST(MultipartParserTest, takes_for_data_what_only_looks_like_a_delimiter) {
  for (const std::string& data :
       {"\r"s, "\n"s, "\r\n"s, "\r\r\n-"s, "\r\n-b"s, "\r\n--"s, "\r\n--c"s, "x--b"s, "\n--b--"s,
        "\r--b--"s, "\r\n\r\n-\r\n--"s, "-\r\n- -b"s, "\r\n --b"s, "\0\xff\r\n--\0b"s}) {
    EXPECT_EQ(parse(one(data)), "part A=1[" + data + "]\nend") << data;
  }
}

TEST(MultipartParserTest, takes_a_nested_multipart_for_data) {
  const std::string inner = "--c\r\nB: 2\r\n\r\nx\r\n--c--\r\n";
  EXPECT_EQ(parse("--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" + inner + "\r\n--b--"),
            "part Content-Type=multipart/mixed; boundary=c[" + inner + "]\nend");
}

TEST(MultipartParserTest, drops_what_stands_outside_of_the_parts) {
  EXPECT_EQ(parse("preamble\r\n-- b\r\n--b\r\n\r\nx\r\n--b--\r\nepilogue\r\n--b\r\n"),
            "part[x]\nend");
  EXPECT_EQ(parse("\r\n--b\r\n\r\nx\r\n--b--"), "part[x]\nend");
  EXPECT_EQ(parse("--b \t\r\n\r\nx\r\n--b\t \r\n\r\ny\r\n--b-- "), "part[x]\npart[y]\nend");
  EXPECT_EQ(parse("x--b\r\n--b--"), "end") << "not at the beginning of a line";
}

// ---- what is refused ----

TEST(MultipartParserTest, refuses_a_body_without_its_closing_delimiter) {
  const std::string body = "--b\r\nA: 1\r\n\r\ndata\r\n--b--";
  for (size_t size = 0; size < body.size(); ++size) {
    const std::string text = parse(body.substr(0, size));
    EXPECT_TRUE(text.ends_with("error 400 the body ends without its closing delimiter")) << size;
  }
  EXPECT_TRUE(parse(body).ends_with("end"));
  EXPECT_TRUE(parse(body + "\r").ends_with("delimiter")) << "half a line";
}

TEST(MultipartParserTest, refuses_anything_but_blanks_behind_a_delimiter) {
  for (const char* end :
       {"x", "-", "-x", "--x", "\n", "\rx", " x", " -", "--\n", "-- x", "--\rx"}) {
    EXPECT_EQ(parse("--b\r\n\r\ny\r\n--b"s + end + "\r\n\r\n--b--"),
              "part[y]\nerror 400 bytes behind a delimiter")
        << end;
  }
}

TEST(MultipartParserTest, refuses_malformed_fields) {
  for (const char* field :
       {"A", "A : 1", ": 1", " A: 1", "A: 1\r\n B", "A: 1\nB: 2", "A: \x01", "--b--"}) {
    EXPECT_TRUE(parse("--b\r\n"s + field + "\r\n\r\nx\r\n--b--").starts_with("error 400")) << field;
  }
}

TEST(MultipartParserTest, knows_what_a_boundary_may_be) {
  for (const std::string& good : {"b"s, std::string(70, 'b'), "a b"s, " b"s, "'()+_,-./:=?"s}) {
    EXPECT_TRUE(MultipartParser::is_boundary(good)) << good;
  }
  for (const std::string& bad : {""s, std::string(71, 'b'), "b "s, "a\rb"s, "a\nb"s, "\""s, "\0"s,
                                 "\xc3\xa9"s, "a;b"s, "a*b"s}) {
    EXPECT_FALSE(MultipartParser::is_boundary(bad)) << bad;
  }
}

// ---- limits ----

TEST(MultipartParserTest, limits_parts) {
  std::string body;
  for (int i = 0; i < 100; ++i) body += "--b\r\n\r\n\r\n";
  EXPECT_TRUE(
      trace_multipart(body + "--b--", {}, PartArrival::kAllAtOnce, "b", {}).ends_with("end"));
  EXPECT_TRUE(trace_multipart(body + "--b\r\n\r\n\r\n--b--", {}, PartArrival::kAllAtOnce, "b", {})
                  .ends_with("error 413 too many parts"));
  MultipartLimits limits;
  limits.max_parts = 1;
  EXPECT_EQ(parse("--b\r\n\r\nx\r\n--b\r\n\r\n", limits), "part[x]\nerror 413 too many parts");
}

TEST(MultipartParserTest, limits_the_fields_of_each_part) {
  MultipartLimits limits;
  limits.max_part_header_bytes = 12;
  limits.max_part_header_count = 2;
  EXPECT_EQ(parse("--b\r\nA: 1\r\nB: 2\r\n\r\n\r\n--b\r\nA: 4567890\r\n\r\n\r\n--b--", limits),
            "part A=1 B=2\npart A=4567890\nend");
  EXPECT_EQ(parse("--b\r\nA: 45678901\r\n\r\n\r\n--b--", limits),
            "error 413 a part's fields are too large");
  EXPECT_EQ(parse("--b\r\nA:\r\nB:\r\nC:\r\n\r\n--b--", limits),
            "error 413 too many header fields");
}

TEST(MultipartParserTest, limits_the_data_of_each_part) {
  MultipartLimits limits;
  limits.max_part_bytes = 5;
  EXPECT_EQ(parse(one("12345"), limits), "part A=1[12345]\nend");
  EXPECT_EQ(parse("--b\r\n\r\n\r\n--b\r\n\r\n123456\r\n--b--", limits),
            "part\npart[12345]error 413 a part is too large");
  EXPECT_EQ(parse("--b\r\n\r\n12345\r\n--c", limits), "part[12345]error 413 a part is too large");
}

TEST(MultipartParserTest, limits_what_it_drops) {
  MultipartLimits limits;
  limits.max_ignored_bytes = 5;
  EXPECT_EQ(parse("123\r\n--b \r\n\r\nx\r\n--b--\r\n5", limits), "part[x]\nend");
  const std::string error = "error 413 too many bytes outside of the parts";
  EXPECT_EQ(parse("123456\r\n--b--", limits), error);
  EXPECT_EQ(parse("\r\n--c123\r\n--b--", limits), error);
  EXPECT_EQ(parse("--b \t \t \t\r\n", limits), error);
  EXPECT_EQ(parse("1\r\n--b \r\n\r\nx\r\n--b--\r\n1234", limits), "part[x]\n" + error);
}

TEST(MultipartParserTest, limits_the_whole) {
  const std::string body = "--b\r\nA: 1\r\n\r\ndata\r\n--b--\r\n";
  const std::string good = parse(body);
  for (size_t size = 0; size <= body.size(); ++size) {
    MultipartLimits limits;
    limits.max_total_bytes = size;
    const std::string text = parse(body, limits);
    if (size == body.size()) {
      EXPECT_EQ(text, good);
    } else {
      EXPECT_TRUE(text.ends_with("error 413 the body is too large")) << size << " " << text;
    }
  }
}

// ---- pieces ----

TEST(MultipartParserTest, moves_data_without_copying_it) {
  const std::string head = "--b\r\n\r\n";
  const std::string data(100000, 'd');
  MultipartLimits limits;
  MultipartParser parser("b", limits);
  Buffer input = Buffer::from_static(head);
  input.append_static(data);
  ASSERT_EQ(parser.next(input), MultipartParser::Event::kPart);
  ASSERT_EQ(parser.next(input), MultipartParser::Event::kData);
  const Buffer piece = parser.take_data();
  EXPECT_EQ(piece.size(), data.size());
  EXPECT_EQ(static_cast<const void*>(piece.front().data()), data.data());
  EXPECT_EQ(parser.next(input), MultipartParser::Event::kNeedMore);
}

TEST(MultipartParserTest, holds_back_no_more_than_a_delimiter) {
  MultipartLimits limits;
  MultipartParser parser("boundary", limits);
  Buffer input = Buffer::copy_of("--boundary\r\n\r\nabc\r\n--bound");
  ASSERT_EQ(parser.next(input), MultipartParser::Event::kPart);
  ASSERT_EQ(parser.next(input), MultipartParser::Event::kData);
  EXPECT_EQ(parser.take_data(), "abc");
  ASSERT_EQ(parser.next(input), MultipartParser::Event::kNeedMore);
  EXPECT_EQ(input.size(), 9u);
  input.append("x");
  ASSERT_EQ(parser.next(input), MultipartParser::Event::kData);
  EXPECT_EQ(parser.take_data(), "\r\n--boundx");
}

}  // namespace
}  // namespace turbo::http
