// Which version of HTTP a connection speaks: by its first bytes, by the handshake, by an upgrade.
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/tls/self_signed.h"
#include "framework/tls/ssl_io_stream.h"
#include "tests/server/http2_client.h"

namespace turbo {
namespace {

using std::chrono::seconds;

bool has(const std::vector<std::string>& lines, std::string_view line) {
  for (const std::string& one : lines) {
    if (one == line) return true;
  }
  return false;
}

// ---- by the first bytes ----

class ProtocolChoiceTest : public HTTP2Fixture {
 protected:
  // Tells the version and the path.
  LambdaService telling_{[](Exchange& exchange) {
    exchange.write(exchange.head().protocol());
    exchange.write(exchange.head().path);
    exchange.finish();
  }};

  // The pieces arrive one by one.
  std::string answer_to_pieces(const std::vector<std::string>& pieces) {
    auto client = connect();
    for (const std::string& piece : pieces) {
      client->send(piece);
      for (int i = 0; i < 5; ++i) loop_.run_once();
    }
    settle();
    return client->received();
  }
};

TEST_F(ProtocolChoiceTest, the_preface_may_be_cut_at_every_byte) {
  serve(telling_);
  const std::string all = http2::greeting() + http2::get(1);
  for (size_t cut = 1; cut <= http2::kPreface.size() + 1; ++cut) {
    const std::string answer = answer_to_pieces({all.substr(0, cut), all.substr(cut)});
    EXPECT_TRUE(has(http2::frames_in(answer), "DATA 1 [9] end")) << cut;
    EXPECT_TRUE(ends_with(answer, "HTTP/2.0/")) << cut;
  }
  std::vector<std::string> bytes;
  for (char byte : all) bytes.emplace_back(1, byte);
  EXPECT_TRUE(has(http2::frames_in(answer_to_pieces(bytes)), "DATA 1 [9] end"));
}

TEST_F(ProtocolChoiceTest, what_only_begins_like_the_preface_is_http1) {
  serve(telling_);
  struct Case {
    std::string_view request;
    std::string_view begin;
  };
  const std::vector<Case> cases = {
      {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 "},
      {"PRI / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 "},
      {"PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 501 "},
      {"PRI * HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 "},
      {"PRI * HTTP/2.0\r\nHost: a\r\n\r\n", "HTTP/1.1 "},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\rx", "HTTP/1.1 "},
      {"P\r\n\r\n", "HTTP/1.1 400 "},
      {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 "}};
  for (const Case& one : cases) {
    EXPECT_TRUE(begins_with(answer_to(one.request), one.begin)) << one.request;
    for (size_t cut : {1, 4, 20}) {
      if (cut >= one.request.size()) continue;
      const std::string answer = answer_to_pieces(
          {std::string(one.request.substr(0, cut)), std::string(one.request.substr(cut))});
      EXPECT_TRUE(begins_with(answer, one.begin)) << one.request << cut;
    }
  }
  EXPECT_TRUE(ends_with(answer_to(kGet), "HTTP/1.1/after"));
}

TEST_F(ProtocolChoiceTest, a_client_that_ends_within_the_preface_is_closed) {
  serve(telling_);
  for (size_t bytes : {1, 10, 23}) {
    auto client = connect();
    client->send(http2::kPreface.substr(0, bytes));
    client->stream().shutdown_write();
    EXPECT_TRUE(run_until([&] { return client->ended(); })) << bytes;
  }
}

TEST_F(ProtocolChoiceTest, a_client_that_ends_behind_its_requests_is_answered) {
  serve(telling_);
  auto client = connect();
  client->send(http2::greeting() + http2::get(1) + http2::get(3));
  client->stream().shutdown_write();
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_EQ(count_of(client->received(), "HTTP/2.0/"), 2u);
  auto silent = connect();
  silent->send(http2::greeting());
  silent->stream().shutdown_write();
  EXPECT_TRUE(run_until([&] { return silent->ended(); }));
}

TEST_F(ProtocolChoiceTest, switched_off_the_preface_is_a_request_of_a_version_nobody_knows) {
  HTTPServerOptions options;
  options.http2.enabled = false;
  serve(telling_, options);
  auto client = connect();
  client->send(http2::greeting());
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 505 ")) << client->received();
  EXPECT_TRUE(ends_with(answer_to(kGet), "HTTP/1.1/after"));
}

TEST_F(ProtocolChoiceTest, half_a_preface_has_the_time_of_a_head) {
  HTTPServerOptions options;
  options.header_timeout = seconds(10);
  serve(telling_, options);
  auto client = connect();
  client->send(http2::kPreface.substr(0, 10));
  pass(seconds(8));
  EXPECT_FALSE(client->ended());
  pass(seconds(4));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(server_->counters().timeouts, 1u);
}

// Reads no more than it has to before the choice, and nothing is lost at it.
TEST_F(ProtocolChoiceTest, what_comes_with_the_preface_is_read_with_it) {
  serve(telling_);
  std::string requests;
  for (uint32_t stream = 1; stream < 120; stream += 2) requests += http2::get(stream);
  auto client = connect();
  client->send(http2::greeting() + requests);
  EXPECT_TRUE(run_until([&] { return count_of(client->received(), "HTTP/2.0/") == 60; }));
}

// ---- by an upgrade (RFC 7540 3.2) ----

constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

class H2CTest : public ProtocolChoiceTest {
 protected:
  static std::string upgrade(std::string_view line = "GET /up?q HTTP/1.1",
                             std::string_view fields = "HTTP2-Settings: AAMAAABkAAQAAP__\r\n",
                             std::string_view body = "") {
    return std::string(line) +
           "\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" +
           std::string(fields) + "\r\n" + std::string(body);
  }

  // The frames behind the 101.
  static std::vector<std::string> frames_behind(std::string_view received) {
    EXPECT_TRUE(begins_with(received, kSwitching)) << received;
    received.remove_prefix(std::min(kSwitching.size(), received.size()));
    return http2::frames_in(received);
  }
};

TEST_F(H2CTest, the_request_is_answered_as_the_first_stream) {
  serve(telling_);
  auto client = connect();
  client->send(upgrade());
  ASSERT_TRUE(run_until([&] { return contains(client->received(), "HTTP/2.0/up"); }));
  client->send(http2::greeting() + http2::get(3));
  ASSERT_TRUE(run_until([&] { return count_of(client->received(), "HTTP/2.0/") == 2; }));
  const std::vector<std::string> frames = frames_behind(client->received());
  EXPECT_EQ(frames.at(0), "SETTINGS");
  EXPECT_TRUE(has(frames, "DATA 1 [11] end"));
  EXPECT_TRUE(has(frames, "DATA 3 [9] end"));
  EXPECT_EQ(server_->counters().requests, 2u) << "each is one";
}

TEST_F(H2CTest, the_preface_may_come_with_the_request_or_cut_anywhere) {
  serve(telling_);
  const std::string all = upgrade() + http2::greeting() + http2::get(3);
  for (size_t cut = upgrade().size() - 2; cut < all.size(); cut += 3) {
    const std::string received = answer_to_pieces({all.substr(0, cut), all.substr(cut)});
    const std::vector<std::string> frames = frames_behind(received);
    EXPECT_TRUE(has(frames, "DATA 1 [11] end")) << cut;
    EXPECT_TRUE(has(frames, "DATA 3 [9] end")) << cut;
  }
}

TEST_F(H2CTest, the_handler_sees_the_request_without_what_belonged_to_the_connection) {
  std::string fields;
  std::string target;
  LambdaService service([&](Exchange& exchange) {
    fields = http2::text_of(exchange.head().fields);
    target = std::string(exchange.head().path) + "|" + std::string(exchange.head().query) + "|" +
             std::string(exchange.head().host);
    EXPECT_FALSE(exchange.head().has_body());
    exchange.finish();
  });
  serve(service);
  const std::string more =
      "HTTP2-Settings: AAMAAABk\r\nX-Name: Value\r\nTE: trailers\r\n"
      "Cookie: a=1\r\nKeep-Alive: 5\r\n";
  EXPECT_TRUE(has(frames_behind(answer_to(upgrade("GET /up?q HTTP/1.1", more))), "SETTINGS"));
  EXPECT_EQ(fields, " x-name=Value cookie=a=1");
  EXPECT_EQ(target, "/up|q|a");
  // An absolute target names the host, which stands above the field (RFC 9112 3.2.2).
  answer_to(upgrade("GET http://b:80/up?q HTTP/1.1"));
  EXPECT_EQ(target, "/up|q|b:80");
  answer_to(upgrade("GET http://b?q HTTP/1.1"));
  EXPECT_EQ(target, "/|q|b");
  answer_to(upgrade("OPTIONS * HTTP/1.1"));
  EXPECT_EQ(target, "*||a");
}

TEST_F(H2CTest, head_may_be_upgraded) {
  serve(telling_);
  const std::string received = answer_to(upgrade("HEAD / HTTP/1.1"));
  EXPECT_TRUE(has(frames_behind(received), "HEADERS 1 end"));
  EXPECT_FALSE(contains(received, "HTTP/2.0/"));
}

TEST_F(H2CTest, the_settings_of_the_request_count) {
  serve(telling_);
  // SETTINGS_INITIAL_WINDOW_SIZE 4: of "HTTP/2.0/up" the first four bytes.
  const std::string received =
      answer_to(upgrade("GET /up HTTP/1.1", "HTTP2-Settings: AAQAAAAE\r\n"));
  EXPECT_TRUE(has(frames_behind(received), "DATA 1 [4]")) << received;
}

TEST_F(H2CTest, settings_that_no_peer_may_send_end_the_connection) {
  serve(telling_);
  // SETTINGS_INITIAL_WINDOW_SIZE 2^31.
  auto client = connect();
  client->send(upgrade("GET /up HTTP/1.1", "HTTP2-Settings: AASAAAAA\r\n") + http2::greeting());
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(has(frames_behind(client->received()), "GOAWAY 0 PROTOCOL_ERROR"))
      << client->received();
  EXPECT_FALSE(contains(client->received(), "HTTP/2.0/"));
}

TEST_F(H2CTest, a_request_that_cannot_be_upgraded_is_answered_as_it_is) {
  serve(telling_);
  const std::vector<std::string> requests = {
      upgrade("GET / HTTP/1.0"),
      upgrade("GET / HTTP/1.1", ""),
      upgrade("GET / HTTP/1.1", "HTTP2-Settings: AAM\r\n"),
      upgrade("GET / HTTP/1.1", "HTTP2-Settings: AAMAAABk\r\nHTTP2-Settings: AAMAAABk\r\n"),
      upgrade("POST / HTTP/1.1", "HTTP2-Settings: AAMAAABk\r\nContent-Length: 4\r\n", "body"),
      upgrade("POST / HTTP/1.1", "HTTP2-Settings: AAMAAABk\r\nTransfer-Encoding: chunked\r\n",
              "0\r\n\r\n"),
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"};
  for (const std::string& request : requests) {
    const std::string answer = answer_to(request);
    EXPECT_TRUE(begins_with(answer, "HTTP/1.1 200 OK\r\n")) << request << answer;
    EXPECT_TRUE(contains(answer, "HTTP/1.")) << answer;
    EXPECT_FALSE(contains(answer, "HTTP/2.0")) << request;
  }
}

TEST_F(H2CTest, an_upgrade_can_be_switched_off) {
  for (bool enabled : {false, true}) {
    HTTPServerOptions options;
    options.http2.h2c_upgrade = false;
    options.http2.enabled = enabled;
    serve(telling_, options);
    EXPECT_TRUE(
        ends_with(answer_to(upgrade("GET / HTTP/1.1") + std::string(kGet)), "HTTP/1.1/after"));
    server_.reset();
  }
}

TEST_F(H2CTest, while_an_earlier_answer_waits_there_is_no_upgrade) {
  serve(telling_);
  const std::string received = answer_to(std::string(kGet) + upgrade());
  EXPECT_EQ(count_of(received, "HTTP/1.1 200 OK\r\n"), 2u);
  EXPECT_TRUE(ends_with(received, "HTTP/1.1/up"));
  // Once it has left there is.
  auto client = connect();
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return contains(client->received(), "HTTP/1.1/after"); }));
  settle();
  client->send(upgrade());
  EXPECT_TRUE(run_until([&] { return contains(client->received(), "HTTP/2.0/up"); }));
}

TEST_F(H2CTest, a_handler_may_answer_an_upgraded_request_later) {
  serve(holding_);
  auto client = connect();
  client->send(upgrade());
  ASSERT_TRUE(run_until([&] { return held_.size() == 1; }));
  EXPECT_EQ(held_[0]->head().path, "/up");
  client->send(http2::greeting() + http2::get(3));
  ASSERT_TRUE(run_until([&] { return held_.size() == 2; }));
  EXPECT_EQ(held_[0]->head().path, "/up") << "its views stay good";
  answer(*held_[0], "late");
  ASSERT_TRUE(run_until([&] { return contains(client->received(), "late"); }));
}

TEST_F(H2CTest, an_upgraded_connection_that_never_sends_the_preface_is_ended) {
  serve(telling_);
  auto client = connect();
  client->send(upgrade());
  ASSERT_TRUE(run_until([&] { return contains(client->received(), "HTTP/2.0/up"); }));
  pass(seconds(14));
  EXPECT_TRUE(client->ended());
  EXPECT_TRUE(has(frames_behind(client->received()), "GOAWAY 1 SETTINGS_TIMEOUT"));
}

TEST_F(H2CTest, the_last_request_of_a_connection_may_be_an_upgrade) {
  HTTPServerOptions options;
  options.max_requests_per_connection = 1;
  serve(telling_, options);
  auto client = connect();
  client->send(upgrade() + http2::greeting());
  ASSERT_TRUE(run_until([&] { return contains(client->received(), "HTTP/2.0/up"); }));
  settle();
  EXPECT_TRUE(has(frames_behind(client->received()), "GOAWAY 2147483647 NO_ERROR"));
}

// ---- by the handshake ----

class ALPNTest : public HTTP2Fixture {
 protected:
  ALPNTest() {
    const tls::Certificate certificate = tls::self_signed().value();
    server_options_.certificates = {certificate};
    client_options_.ca_file = testing::TempDir() + "/alpn_test_ca.pem";
    std::ofstream(client_options_.ca_file) << certificate.chain_pem;
  }

  void serve_tls(HTTPServerOptions options = {}) {
    port_.tls = tls::ServerContext::create(server_options_).value();
    serve(service_, std::move(options), port_);
  }

  TransportWrapper tls_client(std::vector<std::string> alpn) {
    client_options_.alpn = std::move(alpn);
    return tls::client(tls::ClientContext::create(client_options_).value(),
                       {.server_name = "localhost"});
  }

  std::unique_ptr<RawClient> connect_tls(std::vector<std::string> alpn) {
    auto client = std::make_unique<RawClient>(loop_, address_, IOStreamOptions(),
                                              tls_client(std::move(alpn)));
    client->receive();
    return client;
  }

  LambdaService service_{[](Exchange& exchange) {
    exchange.write(exchange.head().protocol());
    exchange.write(exchange.tls() == nullptr ? " plain" : " secure");
    exchange.finish();
  }};
  tls::ServerOptions server_options_;
  tls::ClientOptions client_options_;
  HTTPListenOptions port_;
};

TEST_F(ALPNTest, the_handshake_chooses) {
  serve_tls();
  auto stream = std::make_unique<IOStream>(-1, tls_client({"h2", "http/1.1"}), &loop_);
  stream->connect(address_, {}, [](absl::Status) {});
  HTTP2Client client(std::move(stream));
  for (int i = 0; i < 3; ++i) {
    const ScriptedStream& call = client.get("/");
    ASSERT_TRUE(answered(call));
    EXPECT_EQ(call.body, "HTTP/2.0 secure");
  }
  EXPECT_EQ(tls::session_of(client.stream())->alpn(), "h2");
  for (const std::vector<std::string>& alpn :
       std::vector<std::vector<std::string>>{{"http/1.1"}, {}}) {
    auto http1 = connect_tls(alpn);
    http1->send(kGet);
    EXPECT_TRUE(run_until([&] { return ends_with(http1->received(), "HTTP/1.1 secure"); }));
  }
}

TEST_F(ALPNTest, without_it_the_preface_chooses_nothing) {
  serve_tls();
  for (const std::vector<std::string>& alpn :
       std::vector<std::vector<std::string>>{{"http/1.1"}, {}}) {
    auto client = connect_tls(alpn);
    client->send(http2::greeting());
    ASSERT_TRUE(run_until([&] { return client->ended(); }));
    EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 505 ")) << client->received();
  }
}

TEST_F(ALPNTest, http1_where_h2_was_agreed_on_is_refused) {
  serve_tls();
  auto client = connect_tls({"h2"});
  client->send(kGet);
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_FALSE(contains(client->received(), "HTTP/1.1"));
  EXPECT_EQ(server_->counters().requests, 0u);
}

TEST_F(ALPNTest, over_tls_there_is_no_upgrade) {
  serve_tls();
  auto client = connect_tls({"http/1.1"});
  client->send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
      "HTTP2-Settings: AAMAAABk\r\n\r\n");
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "HTTP/1.1 secure"); }));
}

TEST_F(ALPNTest, one_port_serves_all_four) {
  port_.plain_too = true;
  serve_tls();
  auto stream = std::make_unique<IOStream>(-1, tls_client({"h2"}), &loop_);
  stream->connect(address_, {}, [](absl::Status) {});
  HTTP2Client secure2(std::move(stream));
  auto plain_stream = std::make_unique<IOStream>(-1, &loop_);
  plain_stream->connect(address_, {}, [](absl::Status) {});
  HTTP2Client plain2(std::move(plain_stream));
  auto secure1 = connect_tls({});
  auto plain1 = ServerFixture::connect();
  const ScriptedStream& call = secure2.get("/");
  const ScriptedStream& plain_call = plain2.get("/");
  secure1->send(kGet);
  plain1->send(kGet);
  ASSERT_TRUE(answered(call) && answered(plain_call));
  EXPECT_EQ(call.body, "HTTP/2.0 secure");
  EXPECT_EQ(plain_call.body, "HTTP/2.0 plain");
  EXPECT_TRUE(run_until([&] { return ends_with(secure1->received(), "HTTP/1.1 secure"); }));
  EXPECT_TRUE(run_until([&] { return ends_with(plain1->received(), "HTTP/1.1 plain"); }));
}

// Whoever was promised HTTP/2 by the handshake must not be answered in HTTP/1.
TEST_F(ALPNTest, switched_off_http2_must_not_be_offered) {
  HTTPServerOptions options;
  options.http2.enabled = false;
  server_options_.alpn = {"http/1.1"};
  serve_tls(options);
  auto client = connect_tls({"h2", "http/1.1"});
  client->send(kGet);
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "HTTP/1.1 secure"); }));
  server_options_.alpn = {"h2", "http/1.1"};
  port_.tls = tls::ServerContext::create(server_options_).value();
  const absl::Status refused = server_->listen(Address::loopback_ipv4(0), port_).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << refused;
}

TEST_F(ALPNTest, a_request_for_another_certificates_host_is_misdirected) {
  server_options_.certificates.push_back(tls::self_signed({"other.example"}).value());
  serve_tls();
  auto client = connect_tls({"h2"});
  http2::Fields fields = http2::request_fields("GET");
  fields[3].second = "other.example:8443";
  client->send(http2::greeting() + http2::headers(1, fields) + http2::get(3));
  ASSERT_TRUE(run_until([&] { return contains(client->received(), "HTTP/2.0 secure"); }));
  EXPECT_TRUE(contains(client->received(), "421")) << "another request is served";
  EXPECT_EQ(server_->counters().errors, 1u);
}

}  // namespace
}  // namespace turbo
