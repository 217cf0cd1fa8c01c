// HTTP over TLS: which port speaks what, deadlines of the handshake, endings.
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "framework/base/log.h"
#include "framework/tls/self_signed.h"
#include "framework/tls/ssl_io_stream.h"
#include "tests/server/server_fixture.h"

namespace turbo {
namespace {

using std::chrono::seconds;

struct PathService final : Service {
  struct PathDispatcher final : Dispatcher {
    explicit PathDispatcher(PathService& service) : service(service) {}
    void on_head(Exchange&) override {}
    void on_request(Exchange& exchange) override {
      if (exchange.head().path == "/held") {
        exchange.hold();
        service.held = &exchange;
        return;
      }
      if (exchange.head().path == "/who") {
        const tls::Session* session = exchange.tls();
        auto peer = session != nullptr ? session->peer_certificate() : std::nullopt;
        exchange.write(peer.has_value() ? peer->subject : "nobody");
      }
      exchange.write(exchange.head().path);
      exchange.finish();
    }
    PathService& service;
  };
  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop&) override {
    return std::make_unique<PathDispatcher>(*this);
  }
  Exchange* held = nullptr;
};

class HTTPSTest : public ServerFixture {
 protected:
  HTTPSTest() {
    const tls::Certificate certificate = tls::self_signed().value();
    server_options_.certificates = {certificate};
    port_.tls = tls::ServerContext::create(server_options_).value();

    client_options_.ca_file = file_with("https_test_ca.pem", certificate.chain_pem);
    trusting_ = tls::ClientContext::create(client_options_).value();
    set_log_sink([this](LogLevel, std::string_view line) { logged_.emplace_back(line); });
  }
  ~HTTPSTest() override {
    server_.reset();
    set_log_sink(nullptr);
  }

  static std::string file_with(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  void serve_tls(HTTPServerOptions options = {}) { serve(service_, std::move(options), port_); }

  std::unique_ptr<RawClient> connect_tls() {
    auto client = std::make_unique<RawClient>(loop_, address_, IOStreamOptions(),
                                              tls::client(trusting_, {.server_name = "localhost"}));
    client->receive();
    return client;
  }

  static std::string get(std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  PathService service_;
  tls::ServerOptions server_options_;
  tls::ClientOptions client_options_;
  HTTPListenOptions port_;
  std::shared_ptr<const tls::ClientContext> trusting_;
  std::vector<std::string> logged_;
};

TEST_F(HTTPSTest, answers_requests_pipelined_and_one_by_one) {
  serve_tls();
  auto client = connect_tls();
  client->send(get("/one") + get("/two"));
  ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "/two"); }));
  EXPECT_EQ(count_of(client->received(), "HTTP/1.1 200 OK\r\n"), 2u);
  client->send(get("/three"));
  ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "/three"); }));
  EXPECT_TRUE(client->connected().ok());
  EXPECT_EQ(tls::session_of(client->stream())->alpn(), "");
  EXPECT_EQ(server_->counters().requests, 3u);
  EXPECT_EQ(server_->counters().failed_handshakes, 0u);
}

TEST_F(HTTPSTest, a_handler_learns_who_the_client_is) {
  const tls::Certificate client = tls::self_signed({"client.example"}).value();
  server_options_.client_auth = tls::ClientAuth::kOptional;
  server_options_.client_ca_file = file_with("https_test_client.pem", client.chain_pem);
  port_.tls = tls::ServerContext::create(server_options_).value();
  serve_tls();
  auto anonymous = connect_tls();
  anonymous->send(get("/who"));
  client_options_.certificate = client;
  trusting_ = tls::ClientContext::create(client_options_).value();
  auto known = connect_tls();
  known->send(get("/who"));
  ASSERT_TRUE(run_until([&] {
    return ends_with(anonymous->received(), "/who") && ends_with(known->received(), "/who");
  })) << known->stream().error();
  EXPECT_TRUE(ends_with(anonymous->received(), "nobody/who"));
  EXPECT_TRUE(ends_with(known->received(), "CN=Turbo self-signed/who")) << known->received();
}

TEST_F(HTTPSTest, over_plain_http_there_is_no_session) {
  serve(service_);
  EXPECT_TRUE(ends_with(answer_to(get("/who")), "nobody/who"));
}

TEST_F(HTTPSTest, plain_too_wants_tls_beside_it) {
  serve(service_);
  const absl::Status refused =
      server_->listen(Address::loopback_ipv4(0), {.plain_too = true}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HTTPSTest, plain_http_on_a_tls_port_is_closed_counted_and_logged_once) {
  serve_tls();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(answer_to(get("/")), "");
  EXPECT_EQ(server_->counters().failed_handshakes, 3u);
  EXPECT_EQ(server_->counters().requests, 0u);
  ASSERT_LE(logged_.size(), 1u);  // none if an earlier test had the minute's line
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HTTPSTest, one_port_serves_both_by_the_first_byte) {
  port_.plain_too = true;
  serve_tls();
  for (int i = 0; i < 2; ++i) {
    auto secure = connect_tls();
    secure->send(get("/secure"));
    auto plain = connect();
    plain->send(get("/plain"));
    ASSERT_TRUE(run_until([&] {
      return ends_with(secure->received(), "/secure") && ends_with(plain->received(), "/plain");
    }));
    secure->send(get("/again"));
    plain->send(get("/again"));
    ASSERT_TRUE(run_until([&] {
      return ends_with(secure->received(), "/again") && ends_with(plain->received(), "/again");
    }));
  }
  EXPECT_EQ(server_->counters().failed_handshakes, 0u);
}

TEST_F(HTTPSTest, one_port_decides_however_the_bytes_are_cut) {
  port_.plain_too = true;
  serve_tls();
  auto plain = connect();
  for (char byte : get("/bytewise")) {
    plain->send({&byte, 1});
    loop_.run_once();
    loop_.run_once();
  }
  EXPECT_TRUE(run_until([&] { return ends_with(plain->received(), "/bytewise"); }));
  auto garbage = connect();
  garbage->send("\x16");  // the first byte of TLS, and then something else
  settle();
  garbage->send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(run_until([&] { return garbage->ended(); }));
  EXPECT_EQ(server_->counters().failed_handshakes, 1u);
}

// TLS-5
TEST_F(HTTPSTest, a_handshake_that_does_not_end_in_time_is_cut) {
  HTTPServerOptions options;
  options.handshake_timeout = seconds(3);
  serve_tls(options);
  auto silent = connect();
  auto halfway = connect();
  halfway->send(std::string("\x16\x03\x01", 3));
  settle();
  pass(seconds(2));
  EXPECT_FALSE(silent->ended());
  pass(seconds(2));
  EXPECT_TRUE(silent->ended());
  EXPECT_TRUE(halfway->ended());
  EXPECT_EQ(server_->counters().failed_handshakes, 2u);
  EXPECT_EQ(server_->connections(), 0u);
}

TEST_F(HTTPSTest, silence_behind_the_handshake_is_cut_too) {
  HTTPServerOptions options;
  options.handshake_timeout = seconds(3);
  options.header_timeout = seconds(4);
  serve_tls(options);
  auto client = connect_tls();
  ASSERT_TRUE(run_until([&] { return client->connected().ok(); }));
  pass(seconds(6));
  EXPECT_FALSE(client->ended());
  pass(seconds(3));
  EXPECT_TRUE(client->ended());
  EXPECT_EQ(server_->counters().timeouts, 1u);
  EXPECT_EQ(server_->counters().failed_handshakes, 0u);
}

TEST_F(HTTPSTest, one_unfinished_handshake_too_many_makes_the_oldest_give_way) {
  HTTPServerOptions options;
  options.handshakes.max_unfinished = 3;
  serve_tls(options);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 3; ++i) {
    silent.push_back(connect());
    settle();
  }
  auto client = connect_tls();
  client->send(get("/served"));
  EXPECT_TRUE(run_until([&] { return ends_with(client->received(), "/served"); }));
  EXPECT_TRUE(silent[0]->ended());
  EXPECT_FALSE(silent[1]->ended());
  EXPECT_FALSE(silent[2]->ended());
  EXPECT_EQ(server_->counters().failed_handshakes, 1u);
}

TEST_F(HTTPSTest, refuses_a_host_whose_certificate_the_connection_does_not_show) {
  server_options_.certificates.push_back(tls::self_signed({"other.example"}).value());
  port_.tls = tls::ServerContext::create(server_options_).value();
  serve_tls();
  auto client = connect_tls();
  // Names that no certificate is for are served by any.
  for (std::string_view host : {"localhost", "LOCALHOST:8443", "unknown.example", "127.0.0.1"}) {
    client->forget_received();
    client->send("GET /served HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    ASSERT_TRUE(run_until([&] { return ends_with(client->received(), "/served"); })) << host;
  }
  client->forget_received();
  client->send("GET / HTTP/1.1\r\nHost: other.example:8443\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 421 ")) << client->received();
}

TEST_F(HTTPSTest, stopping_ends_idle_connections_cleanly_and_lets_the_others_finish) {
  serve_tls();
  auto idle = connect_tls();
  idle->send(get("/idle"));
  auto busy = connect_tls();
  busy->send(get("/held"));
  auto shaking = connect();  // in the middle of its handshake
  ASSERT_TRUE(
      run_until([&] { return ends_with(idle->received(), "/idle") && service_.held != nullptr; }));
  bool stopped = false;
  server_->stop(seconds(10), [&] { stopped = true; });
  ASSERT_TRUE(run_until([&] { return idle->ended() && shaking->ended(); }));
  EXPECT_FALSE(tls::session_of(idle->stream())->truncated());  // TLS-7
  EXPECT_FALSE(stopped);
  service_.held->write("/late");
  service_.held->finish();
  service_.held->release();
  ASSERT_TRUE(run_until([&] { return stopped && busy->ended(); }));
  EXPECT_TRUE(ends_with(busy->received(), "/late"));
  EXPECT_TRUE(contains(busy->received(), "Connection: close"));
  EXPECT_FALSE(tls::session_of(busy->stream())->truncated());
  EXPECT_EQ(server_->counters().failed_handshakes, 0u);  // ours to end is no failure
}

}  // namespace
}  // namespace turbo
