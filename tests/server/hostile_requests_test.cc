// What attackers send, through a real server on a real socket: each is answered exactly once, can
// read the answer, and nobody else notices. How the parser judges bytes is request_parser_test's
// matter; here is what becomes of the connection.

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "framework/web/application.h"
#include "tests/server/response_reader.h"
#include "tests/server/server_fixture.h"

namespace turbo {
namespace {

using std::chrono::seconds;

constexpr std::string_view kGood = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::string get(std::string_view fields, std::string_view behind = {}) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(behind);
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

std::string post_chunked(std::string_view body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

std::string post_length(std::string_view length, std::string_view body = {}) {
  return post("Content-Length: " + std::string(length) + "\r\n", body);
}

// Also counts the requests that reach a handler.
class HostileTest : public ServerFixture {
 protected:
  HostileTest() {
    auto say = [this](web::Request&, web::Response& response) {
      ++handled_;
      response.write("said");
    };
    app_.get("/", say);
    app_.post("/", [this](web::Request& request, web::Response& response) {
      ++handled_;
      response.write(std::move(request.body()));
    });
    app_.get("/teapot",
             [](web::Request&, web::Response& response) { response.send_error(418, "short"); });
    app_.get("/none", [](web::Request&, web::Response& response) {
      response.set_status(204);
      response.set_header("Set-Cookie", "a=b");
    });
  }

  void SetUp() override { serve(app_); }

  // Everything the server says to `bytes`, interim responses included; the connection is left when
  // it has ended or nothing more comes.
  std::vector<SeenResponse> answers_to(std::string_view bytes, std::string_view head_mark = {}) {
    auto client = connect();
    client->send(bytes);
    run_until([&] { return client->ended() || !client->received().empty(); });
    settle();
    ended_ = client->ended();
    EXPECT_TRUE(client->stream().error().ok()) << "a reset";
    ResponseReader reader(client->received(), head_mark);
    std::vector<SeenResponse> responses;
    for (SeenResponse response; reader.next(response);) responses.push_back(response);
    EXPECT_EQ(reader.problem(), "") << client->received();
    return responses;
  }

  void expect_others_are_served() {
    std::vector<SeenResponse> responses = answers_to(kGood);
    ASSERT_EQ(responses.size(), 1u);
    EXPECT_EQ(responses[0].status, 200);
    EXPECT_EQ(responses[0].body, "said");
    EXPECT_TRUE(run_until([&] { return server_->connections() == 0; }));
  }

  web::Application app_;
  size_t handled_ = 0;
  bool ended_ = false;  // whether the server ended the last connection
};

struct Attack {
  std::string name;
  std::string bytes;
  std::vector<int> statuses;  // any of these is right
};

void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

std::string name_of(const ::testing::TestParamInfo<Attack>& info) { return info.param.name; }

// ---- refused: answered once, and the connection ends so that the answer can be read ----

class RefusedTest : public HostileTest, public ::testing::WithParamInterface<Attack> {};

TEST_P(RefusedTest, is_answered_once_and_the_connection_ends_readably) {
  const Attack& attack = GetParam();
  // A request behind it must never be taken for one.
  std::vector<SeenResponse> responses = answers_to(attack.bytes + std::string(kGood));
  ASSERT_EQ(responses.size(), 1u);
  const std::vector<int>& wanted = attack.statuses;
  EXPECT_NE(std::find(wanted.begin(), wanted.end(), responses[0].status), wanted.end())
      << responses[0].status;
  EXPECT_TRUE(responses[0].closes());
  EXPECT_FALSE(responses[0].body.empty());
  EXPECT_TRUE(ended_);
  EXPECT_EQ(handled_, 0u);
  EXPECT_EQ(server_->counters().errors, 1u);
  EXPECT_TRUE(run_until([&] { return server_->connections() == 0; }));
  expect_others_are_served();
}

// In pieces of one byte nothing changes. Long ones are tried by the parser's tests.
TEST_P(RefusedTest, is_answered_the_same_byte_by_byte) {
  const Attack& attack = GetParam();
  if (attack.bytes.size() > 300) GTEST_SKIP() << "long";
  auto client = connect();
  for (char byte : attack.bytes) {
    client->send(std::string(1, byte));
    for (int i = 0; i < 3; ++i) loop_.run_once();
  }
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(client->stream().error().ok());
  ResponseReader reader(client->received());
  SeenResponse response;
  ASSERT_TRUE(reader.next(response)) << reader.problem();
  EXPECT_EQ(std::count(attack.statuses.begin(), attack.statuses.end(), response.status), 1)
      << response.status;
  EXPECT_EQ(reader.rest(), "");
  EXPECT_EQ(handled_, 0u);
}

const std::string kNul("\0", 1);
const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    Lengths, RefusedTest,
    ::testing::Values(
        Attack{"length_then_coding",
               post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"),
               {400}},
        Attack{"coding_then_length",
               post("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\nG"),
               {400}},
        Attack{"two_lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "abcdef"), {400}},
        Attack{"the_same_length_twice",
               post("Content-Length: 5\r\nContent-Length: 5\r\n", "abcde"),
               {400}},
        Attack{"a_list", post_length("5, 6", "abcdef"), {400}},
        Attack{"a_list_of_equals", post_length("5, 5", "abcde"), {400}},
        Attack{"plus", post_length("+5", "abcde"), {400}},
        Attack{"minus", post_length("-1"), {400}},
        Attack{"minus_five", post_length("-5", "abcde"), {400}},
        Attack{"letters", post_length("abc", "abc"), {400}},
        Attack{"hex", post_length("0x5", "abcde"), {400}},
        Attack{"underscore", post_length("5_0", repeat("x", 50)), {400}},
        Attack{"no_digits", post_length(""), {400}},
        Attack{"semicolon", post_length("5;", "abcde"), {400}},
        Attack{"space_within", post_length("5 5", "abcde"), {400}},
        Attack{"above_int64", post_length("9223372036854775808", "x"), {400, 413}},
        Attack{"wraps_to_five", post_length("18446744073709551621", "abcde"), {400, 413}},
        Attack{"400_digits", post_length(repeat("9", 400), "x"), {400, 413}},
        Attack{"above_the_limit", post_length("16777217", kSmuggled), {413}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Chunks, RefusedTest,
    ::testing::Values(
        Attack{"wraps_to_five", post_chunked("10000000000000005\r\nabcde\r\n"), {400, 413}},
        Attack{"all_ones", post_chunked("FFFFFFFFFFFFFFFF\r\nabcde\r\n"), {400, 413}},
        Attack{"int64_max", post_chunked("7FFFFFFFFFFFFFFF\r\nabcde\r\n"), {400, 413}},
        Attack{"minus", post_chunked("-5\r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"hex_prefix", post_chunked("0x5\r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"plus", post_chunked("+5\r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"underscore", post_chunked("0_2e\r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"space_behind", post_chunked("5 \r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"space_before", post_chunked(" 5\r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"no_size", post_chunked("\r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"no_digit", post_chunked("G\r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"size_ends_in_lf", post_chunked("5\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"extension_ends_in_lf", post_chunked("5;a\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"cr_cr", post_chunked("5\r\r;ABCD\r\n34\r\nabcde\r\n0\r\n\r\n"), {400}},
        Attack{"data_ends_in_lf", post_chunked("5\r\nabcde\n0\r\n\r\n"), {400}},
        Attack{"data_too_long", post_chunked("5\r\nabcdeXX0\r\n\r\n"), {400}},
        Attack{"last_line_ends_in_lf", post_chunked("0\r\n\n"), {400}},
        Attack{"one_long_extension", post_chunked("5;" + repeat("a", 65536)), {400, 413}},
        Attack{"many_extensions",
               post_chunked(repeat("1;" + repeat("e", 1024) + "\r\nA\r\n", 100)),
               {400, 413}},
        Attack{"data_above_the_limit",
               post_chunked(repeat("10000\r\n" + repeat("x", 65536) + "\r\n", 257)),
               {413}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Trailers, RefusedTest,
    ::testing::Values(
        Attack{"length", post_chunked("0\r\nContent-Length: 5\r\n\r\n"), {400}},
        Attack{"host", post_chunked("0\r\nHost: b\r\n\r\n"), {400}},
        Attack{"coding", post_chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), {400}},
        Attack{"te", post_chunked("0\r\nTE: trailers\r\n\r\n"), {400}},
        Attack{"many", post_chunked("0\r\n" + repeat("X: y\r\n", 20000) + "\r\n"), {431}},
        Attack{"long", post_chunked("0\r\nX: " + repeat("y", 65536) + "\r\n\r\n"), {431}},
        Attack{"without_end", post_chunked("0\r\n" + repeat("y", 1 << 20)), {400, 431}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Codings, RefusedTest,
    ::testing::Values(
        Attack{"xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), {400, 501}},
        Attack{"identity", post("Transfer-Encoding: identity\r\n", ""), {400, 501}},
        Attack{"chunked_then_identity",
               post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
               {400, 501}},
        Attack{"gzip_then_chunked",
               post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
               {400, 501}},
        Attack{"twice",
               post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
               {400, 501}},
        Attack{"vertical_tab",
               post("Transfer-Encoding: \x0b"
                    "chunked\r\n",
                    "0\r\n\r\n"),
               {400}},
        Attack{"no_break_space",
               post("Transfer-Encoding: \xa0"
                    "chunked\r\n",
                    "0\r\n\r\n"),
               {400, 501}},
        Attack{"quoted", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), {400, 501}},
        Attack{"empty", post("Transfer-Encoding:\r\n", "0\r\n\r\n"), {400, 501}},
        Attack{"space_before_colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), {400}},
        Attack{"folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), {400}},
        Attack{"http_1_0",
               "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: "
               "chunked\r\n\r\n0\r\n\r\n",
               {400}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Lines, RefusedTest,
    ::testing::Values(
        Attack{"garbage", "garbage\r\n\r\n", {400}},
        Attack{"lf_ends_the_request_line", "GET / HTTP/1.1\nHost: a\r\n\r\n", {400}},
        Attack{"lf_ends_a_field", get("X: y\n"), {400}},
        Attack{"lf_ends_the_head", "GET / HTTP/1.1\r\nHost: a\r\n\n", {400}},
        Attack{"cr_within_a_value", get("X: a\rb\r\n"), {400}},
        Attack{"nul_within_a_value", get("X: a" + kNul + "b\r\n"), {400}},
        Attack{"bell_within_a_value", get("X: \a\r\n"), {400}},
        Attack{"del_within_a_value", get("X: \x7f\r\n"), {400}},
        Attack{"cr_without_lf_at_the_end", "GET / HTTP/1.1\r\nHost: a\r\n\rX", {400}},
        Attack{"folded_value", get("X: a\r\n b\r\n"), {400}},
        Attack{"folded_first_field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", {400}},
        Attack{"space_before_colon", get("X : y\r\n"), {400}},
        Attack{"no_name", get(": y\r\n"), {400}}, Attack{"no_colon", get("X\r\n"), {400}},
        Attack{"brackets_in_a_name", get("X[]: y\r\n"), {400}},
        Attack{"high_byte_in_a_name", get("X\x85: y\r\n"), {400}},
        Attack{"nul_in_a_name", get("X" + kNul + ": y\r\n"), {400}},
        Attack{"http_0_9", "GET /\r\n", {400}},
        Attack{"two_spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
        Attack{"tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
        Attack{"space_behind_the_version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", {400}},
        Attack{"http_9_9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", {505}},
        Attack{"http_1_32", "GET / HTTP/1.32\r\nHost: a\r\n\r\n", {400, 505}},
        Attack{"lower_case_version", "GET / http/1.1\r\nHost: a\r\n\r\n", {400}},
        Attack{"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}},
        Attack{"unknown_method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", {501}},
        Attack{"lower_case_method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", {501}},
        Attack{"brackets_in_a_method", "GE[T / HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
        Attack{"control_byte_in_the_target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
        Attack{"nul_in_the_target", "GET /" + kNul + " HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
        Attack{"relative_target", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", {400}},
        Attack{"tls_hello", "\x16\x03\x01\x02" + kNul + "\x01" + kNul + "\x01\xfc\x03\x03", {400}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Hosts, RefusedTest,
    ::testing::Values(
        Attack{"none", "GET / HTTP/1.1\r\n\r\n", {400}}, Attack{"two", get("Host: a\r\n"), {400}},
        Attack{"list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", {400}},
        Attack{"user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", {400}},
        Attack{"path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", {400}},
        Attack{"user_in_an_absolute_target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", {400}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Sizes, RefusedTest,
    ::testing::Values(
        Attack{"value_of_64_kib", get("X: " + repeat("y", 65536) + "\r\n"), {431}},
        Attack{"10000_fields", get(repeat("X: y\r\n", 10000)), {431}},
        Attack{"name_without_end", "GET / HTTP/1.1\r\n" + repeat("X", 1 << 20), {400, 431}},
        Attack{"target_of_1_mib",
               "GET /" + repeat("x", 1 << 20) + " HTTP/1.1\r\nHost: a\r\n\r\n",
               {414}},
        Attack{"method_of_1_mib", repeat("G", 1 << 20), {400, 414, 501}},
        Attack{"8_mib_of_empty_lines", repeat("\r\n", 4 << 20), {400}}),
    name_of);

// ---- odd but right: answered as any request, and nothing is taken for a second one ----

struct Oddity {
  std::string name;
  std::string bytes;
  int status;
  std::string body;
};

void PrintTo(const Oddity& oddity, std::ostream* out) { *out << oddity.name; }

class OddTest : public HostileTest, public ::testing::WithParamInterface<Oddity> {};

TEST_P(OddTest, gets_one_answer_and_so_does_the_request_behind_it) {
  std::vector<SeenResponse> responses = answers_to(GetParam().bytes + std::string(kGood));
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[0].status, GetParam().status);
  if (GetParam().status == 200) {
    EXPECT_EQ(responses[0].body, GetParam().body);
  }
  EXPECT_EQ(responses[1].status, 200);
  EXPECT_EQ(responses[1].body, "said");
  EXPECT_FALSE(ended_);
  EXPECT_EQ(server_->counters().errors, 0u);
  expect_others_are_served();
}

// A request whose body is one, too.
std::string with_request_inside(std::string_view start) {
  return std::string(start) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(kSmuggled.size()) +
         "\r\n\r\n" + kSmuggled;
}

INSTANTIATE_TEST_SUITE_P(
    Requests, OddTest,
    ::testing::Values(
        Oddity{"leading_zero_is_not_octal", post_length("010", "0123456789"), 200, "0123456789"},
        Oddity{"coding_in_capitals",
               post("Transfer-Encoding: CHUNKED\r\n", "3\r\nabc\r\n0\r\n\r\n"), 200, "abc"},
        Oddity{"unknown_trailer_is_dropped", post_chunked("3\r\nabc\r\n0\r\nX-Checksum: 1\r\n\r\n"),
               200, "abc"},
        Oddity{"upgrade_is_ignored", get("Connection: Upgrade\r\nUpgrade: foo\r\n"), 200, "said"},
        Oddity{"body_of_get_is_read", with_request_inside("GET /"), 200, "said"},
        Oddity{"body_of_404_is_read", with_request_inside("GET /missing"), 404, ""},
        Oddity{"body_of_405_is_read", with_request_inside("PUT /"), 405, ""},
        Oddity{"expectation_without_body", get("Expect: 100-continue\r\n"), 200, "said"},
        Oddity{"expectation_with_body_at_once",
               post("Expect: 100-continue\r\nContent-Length: 3\r\n", "abc"), 200, "abc"},
        Oddity{"absolute_target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 200, "said"},
        Oddity{"empty_lines_before", "\r\n\r\n" + std::string(kGood), 200, "said"},
        Oddity{"trace", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405, ""},
        Oddity{"options_of_the_server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 404, ""},
        Oddity{"dot_segments", "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 404, ""},
        Oddity{"encoded_dots", "GET /%2e%2e%2f HTTP/1.1\r\nHost: a\r\n\r\n", 404, ""},
        Oddity{"encoded_nul", "GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 404, ""},
        Oddity{"broken_percent", "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 404, ""},
        Oddity{"two_slashes", "GET //etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 404, ""},
        Oddity{"handler_says_418", "GET /teapot HTTP/1.1\r\nHost: a\r\n\r\n", 418, ""},
        Oddity{"handler_says_204", "GET /none HTTP/1.1\r\nHost: a\r\n\r\n", 204, ""}),
    [](const ::testing::TestParamInfo<Oddity>& info) { return info.param.name; });

TEST_F(HostileTest, reads_past_the_body_of_head) {
  std::vector<SeenResponse> responses = answers_to(
      with_request_inside("HEAD /") + "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "content-length");
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[0].status, 200);
  EXPECT_EQ(responses[1].status, 200);
  EXPECT_EQ(handled_, 2u);
}

TEST_F(HostileTest, sends_no_body_with_405_to_head) {
  app_.post("/post-only", [](web::Request&, web::Response&) {});
  std::vector<SeenResponse> responses =
      answers_to("HEAD /post-only HTTP/1.1\r\nHost: a\r\n\r\n", "allow");
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 405);
  EXPECT_EQ(responses[0].find("allow"), "POST");
}

TEST_F(HostileTest, never_asks_for_a_body_that_does_not_come) {
  std::vector<SeenResponse> responses = answers_to(get("Expect: 100-continue\r\n"));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 200);
}

TEST_F(HostileTest, never_sends_100_behind_a_final_answer) {
  std::vector<SeenResponse> responses = answers_to(
      "POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, 404);
  // The client may or may not send the body now, so what follows cannot be told apart.
  EXPECT_TRUE(responses[0].closes());
  EXPECT_TRUE(ended_);
}

// ---- floods ----

TEST_F(HostileTest, stops_reading_a_flood_of_requests_whose_answers_nobody_takes) {
  constexpr size_t kRequests = 400000;
  auto flood = std::make_unique<RawClient>(loop_, address_);
  flood->send(repeat(kGood, kRequests));
  settle();
  size_t handled = handled_;
  settle();
  EXPECT_EQ(handled_, handled) << "it goes on";
  // What both sides' sockets and output_high_bytes hold; an answer is above 100 bytes.
  EXPECT_LT(handled_, kRequests / 4);
  EXPECT_GT(flood->stream().write_buffer_size(), kRequests / 3 * kGood.size());
  std::vector<SeenResponse> others = answers_to(kGood);
  EXPECT_EQ(others.size(), 1u);

  flood->receive();
  EXPECT_TRUE(run_until([&] { return handled_ == kRequests + 1; }));
  settle();
  EXPECT_EQ(count_of(flood->received(), "HTTP/1.1 200 OK\r\n"), kRequests);
  flood.reset();
  expect_others_are_served();
}

TEST_F(HostileTest, yields_to_others_while_it_reads_a_million_tiny_chunks) {
  constexpr size_t kChunks = 1400000;
  auto flood = connect();
  flood->send(post_chunked(repeat("1\r\nA\r\n", kChunks) + "0\r\n\r\n"));
  auto flood_is_answered = [&] { return !flood->received().empty(); };

  // Asks again and again meanwhile: each answer within a few iterations, counted, since time on a
  // busy machine says nothing.
  int answered = 0;
  int slowest = 0;
  auto other = connect();
  while (!flood_is_answered() && answered < 1000) {
    other->forget_received();
    other->send(kGood);
    int iterations = 0;
    while (other->received().empty() && iterations < 1000) loop_.run_once(), ++iterations;
    slowest = std::max(slowest, iterations);
    ++answered;
  }
  EXPECT_GE(answered, 5) << "8 MiB in fewer turns leave too much to one";
  EXPECT_LE(slowest, 10);
  ASSERT_TRUE(run_until([&] { return flood->received().size() > kChunks; }));
  EXPECT_TRUE(ends_with(flood->received(), "\r\n\r\n" + repeat("A", kChunks)));
}

// ---- the slow ----

TEST_F(HostileTest, serves_others_while_hundreds_send_a_byte_a_second) {
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 300; ++i) slow.push_back(connect());
  ASSERT_TRUE(run_until([&] { return server_->connections() == slow.size(); }));
  std::string_view head = "GET / HTTP/1.1\r\nHost: a\r\nX-Long: ";
  for (int second = 0; second < 15; ++second) {
    for (auto& client : slow) {
      if (!client->ended()) client->send(head.substr(static_cast<size_t>(second), 1));
    }
    pass(seconds(1));
    if (second == 5) {
      EXPECT_EQ(answers_to(kGood).size(), 1u);
    }
  }
  // Absolute: ten seconds for a head, however busily it trickles.
  for (auto& client : slow) {
    EXPECT_TRUE(client->ended());
    EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 408 "));
  }
  slow.clear();
  expect_others_are_served();
}

TEST_F(HostileTest, ends_a_client_that_reads_nothing_of_a_flood_it_asked_for) {
  auto stuck = std::make_unique<RawClient>(loop_, address_);
  stuck->send(repeat(kGood, 100000));
  settle();
  ASSERT_EQ(server_->connections(), 1u);
  pass(seconds(160));
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HostileTest, lets_a_client_read_slowly_as_long_as_it_reads) {
  auto slow = std::make_unique<RawClient>(loop_, address_);
  slow->send(repeat(kGood, 200000));
  settle();
  std::string received;
  // Large pieces, since the kernel holds some megabytes and moves on in large steps.
  for (int i = 0; i < 4; ++i) {
    pass(seconds(50));
    bool got = false;
    slow->stream().read_bytes(3000000, [&](absl::StatusOr<Buffer> data) {
      got = true;
      if (data.ok()) received += data->to_string();
    });
    ASSERT_TRUE(run_until([&] { return got; }));
  }
  EXPECT_EQ(server_->connections(), 1u);
  EXPECT_EQ(received.size(), 12000000u);
}

}  // namespace
}  // namespace turbo
