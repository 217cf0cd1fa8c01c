// What attackers send, through a real server on a real socket: each is answered exactly once, can
// read the answer, and nobody else notices. How the parser judges bytes is request_parser_test's
// matter; here is what becomes of the connection.

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "framework/web/application.h"
#include "tests/http/parse_trace.h"
#include "tests/server/hostile_corpus.h"
#include "tests/server/response_reader.h"
#include "tests/server/server_fixture.h"

namespace turbo {
namespace {

using std::chrono::seconds;

// Not tried byte by byte.
constexpr size_t kLong = 300;
const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
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

size_t count_descriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(open), end(open)));
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

std::string name_of(const ::testing::TestParamInfo<Attack>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

// ---- refused: answered once, and the connection ends so that the answer can be read ----

class RefusedTest : public HostileTest, public ::testing::WithParamInterface<Attack> {};

TEST_P(RefusedTest, is_answered_once_and_the_connection_ends_readably) {
  const Attack& attack = GetParam();
  ASSERT_FALSE(attack.bytes.empty());
  settle();  // it listens
  const size_t descriptors = count_descriptors();
  // A request behind it must never be taken for one.
  std::vector<SeenResponse> responses = answers_to(attack.bytes + std::string(kGood));
  ASSERT_EQ(responses.size(), 1u);
  EXPECT_EQ(responses[0].status, attack.status);
  EXPECT_TRUE(responses[0].closes());
  EXPECT_FALSE(responses[0].body.empty());
  EXPECT_TRUE(ended_);
  EXPECT_EQ(handled_, 0u);
  EXPECT_EQ(server_->counters().errors, 1u);
  EXPECT_TRUE(run_until([&] { return server_->connections() == 0; }));
  expect_others_are_served();
  EXPECT_EQ(count_descriptors(), descriptors);
}

class ShortTest : public HostileTest, public ::testing::WithParamInterface<Attack> {};

// In pieces of one byte nothing changes.
TEST_P(ShortTest, is_answered_the_same_byte_by_byte) {
  const Attack& attack = GetParam();
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
  EXPECT_EQ(response.status, attack.status);
  EXPECT_EQ(reader.rest(), "");
  EXPECT_EQ(handled_, 0u);
}

std::vector<Attack> short_attacks() {
  std::vector<Attack> attacks = read_hostile_corpus();
  std::erase_if(attacks, [](const Attack& attack) { return attack.bytes.size() > kLong; });
  return attacks;
}

INSTANTIATE_TEST_SUITE_P(Corpus, RefusedTest, ::testing::ValuesIn(read_hostile_corpus()), name_of);
INSTANTIATE_TEST_SUITE_P(Corpus, ShortTest, ::testing::ValuesIn(short_attacks()), name_of);

TEST(HostileCorpusTest, names_every_file_once) {
  const std::vector<Attack> attacks = read_hostile_corpus();
  std::set<std::string> names;
  for (const Attack& attack : attacks) names.insert(attack.name);
  EXPECT_EQ(names.size(), attacks.size());
  EXPECT_EQ(names.size(), count_hostile_files());
}

// However it is cut in two, the parser says the same, with a request behind it as well.
TEST(HostileCorpusTest, means_the_same_in_every_split) {
  const http::RequestParserLimits limits;
  for (const Attack& attack : read_hostile_corpus()) {
    if (attack.bytes.size() > kLong) continue;
    const std::string bytes = attack.bytes + std::string(kGood);
    const std::string whole = http::trace(bytes, {}, http::Arrival::kAllAtOnce, limits);
    for (const auto arrival : {http::Arrival::kSameBlock, http::Arrival::kOwnBlocks}) {
      for (size_t cut = 1; cut < bytes.size(); ++cut) {
        ASSERT_EQ(http::trace(bytes, {cut}, arrival, limits), whole) << attack.name << " " << cut;
      }
    }
  }
}

// Too large for a file.
INSTANTIATE_TEST_SUITE_P(
    Sizes, RefusedTest,
    ::testing::Values(
        Attack{"value_of_64_kib", get("X: " + repeat("y", 65536) + "\r\n"), 431},
        Attack{"10000_fields", get(repeat("X: y\r\n", 10000)), 431},
        Attack{"name_without_end", "GET / HTTP/1.1\r\n" + repeat("X", 1 << 20), 431},
        Attack{"target_of_1_mib", "GET /" + repeat("x", 1 << 20) + " HTTP/1.1\r\nHost: a\r\n\r\n",
               414},
        Attack{"method_of_1_mib", repeat("G", 1 << 20), 501},
        Attack{"8_mib_of_empty_lines", repeat("\r\n", 4 << 20), 400},
        Attack{"trailers_20000", post_chunked("0\r\n" + repeat("X: y\r\n", 20000) + "\r\n"), 431},
        Attack{"trailer_of_64_kib", post_chunked("0\r\nX: " + repeat("y", 65536) + "\r\n\r\n"),
               431},
        Attack{"trailer_without_end", post_chunked("0\r\n" + repeat("y", 1 << 20)), 431},
        // CVE-2024-22019, CVE-2023-39326.
        Attack{"extension_of_64_kib", post_chunked("5;" + repeat("a", 65536)), 400},
        Attack{"extensions_of_1_kib",
               post_chunked(repeat("1;" + repeat("e", 1024) + "\r\nA\r\n", 100)), 400},
        Attack{"chunks_above_the_limit",
               post_chunked(repeat("10000\r\n" + repeat("x", 65536) + "\r\n", 257)), 413}),
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
        Oddity{"options_of_the_server", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 204, ""},
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
  EXPECT_EQ(responses[0].find("allow"), "POST, OPTIONS");
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
