// HTTP2ClientConnection over real sockets: against HTTPServer, plain and over TLS, and against
// nghttpd.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/base/log.h"
#include "framework/client/http2_client_connection.h"
#include "framework/server/http_server.h"
#include "framework/testing/stream_pair.h"
#include "framework/tls/self_signed.h"
#include "framework/tls/server_context.h"
#include "tests/client/scripted_client_stream.h"
#include "tests/server/lambda_service.h"

namespace turbo {
namespace {

using std::chrono::seconds;

// Answers with the path and the body.
LambdaService& echo() {
  static LambdaService service([](Exchange& exchange) {
    exchange.write(exchange.head().path);
    exchange.write(std::move(exchange.body()));
    exchange.finish();
  });
  return service;
}

// Nobody listens there now.
Address unused_address() {
  IOLoop loop;
  HTTPServer server({&loop}, echo());
  return server.listen(Address::loopback_ipv4(0)).value();
}

class HTTP2ClientServersTest : public testing::Test {
 protected:
  HTTP2ClientServersTest() {
    set_log_sink([](LogLevel, std::string_view) {});
  }
  ~HTTP2ClientServersTest() override {
    connection_.reset();
    server_.reset();
    set_log_sink(nullptr);
  }

  void serve(HTTPListenOptions port = {}) {
    server_ = std::make_unique<HTTPServer>(std::vector<IOLoop*>{&loop_}, echo());
    absl::StatusOr<Address> bound = server_->listen(Address::loopback_ipv4(0), std::move(port));
    ASSERT_TRUE(bound.ok()) << bound.status().ToString();
    address_ = *bound;
  }
  void serve_tls(std::vector<std::string> alpn = {"h2", "http/1.1"}) {
    const tls::Certificate certificate = tls::self_signed().value();
    ca_file_ = testing::TempDir() + "http2_client_servers_ca.pem";
    std::ofstream(ca_file_) << certificate.chain_pem;
    tls::ServerOptions options;
    options.certificates = {certificate};
    options.alpn = std::move(alpn);
    serve({.tls = tls::ServerContext::create(options).value()});
  }
  void trust(std::string ca_file) {
    tls::ClientOptions options;
    options.ca_file = std::move(ca_file);
    options.alpn = {"h2"};
    options_.tls = tls::ClientContext::create(options).value();
    options_.server_name = "localhost";
  }
  void connect() {
    connection_ = std::make_unique<HTTP2ClientConnection>(loop_, handler_, options_);
    connection_->connect(address_);
  }
  template <class Done>
  bool run_until(Done done) {
    return run_loop_until(loop_, std::move(done));
  }
  ScriptedClientStream& open(std::string path, std::string body = {}) {
    ScriptedClientStream& stream = streams_.emplace_back(std::move(path), std::move(body));
    stream.when_finished = [this] { ++finished_; };
    EXPECT_TRUE(connection_->open(stream).ok());
    return stream;
  }
  bool ended() {
    return run_until([&] { return handler_.heard_of("ended"); });
  }

  IOLoop loop_;
  std::unique_ptr<HTTPServer> server_;
  Address address_;
  std::string ca_file_;
  HTTP2ClientOptions options_;
  RecordingHandler handler_;
  std::deque<ScriptedClientStream> streams_;
  size_t finished_ = 0;
  std::unique_ptr<HTTP2ClientConnection> connection_;
};

TEST_F(HTTP2ClientServersTest, a_thousand_requests_at_once) {
  serve();
  connect();
  for (int i = 0; i < 1000; ++i) open("/" + std::to_string(i), " and a body");
  ASSERT_TRUE(run_until([&] { return finished_ == 1000; }));
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(streams_[i].outcome(), "200 /" + std::to_string(i) + " and a body");
  }
}

TEST_F(HTTP2ClientServersTest, large_bodies_go_both_ways) {
  serve();
  connect();
  const std::string body(900000, 'x');
  for (int i = 0; i < 4; ++i) open("/", body);
  ASSERT_TRUE(run_until([&] { return finished_ == 4; }));
  for (const ScriptedClientStream& stream : streams_) EXPECT_EQ(stream.outcome(), "200 /" + body);
}

TEST_F(HTTP2ClientServersTest, a_server_that_stops_lets_what_is_open_end) {
  serve();
  connect();
  open("/one");
  ASSERT_TRUE(run_until([&] { return finished_ == 1; }));
  bool stopped = false;
  server_->stop(seconds(10), [&] { stopped = true; });
  ASSERT_TRUE(run_until([&] { return stopped && handler_.heard_of("ended"); }));
  EXPECT_EQ(handler_.heard.back(), "ended: OK");
}

TEST_F(HTTP2ClientServersTest, nobody_listens) {
  address_ = unused_address();
  connect();
  const ScriptedClientStream& call = open("/");
  ASSERT_TRUE(ended());
  EXPECT_TRUE(call.end->refused);
  EXPECT_TRUE(handler_.heard_of("ended: UNAVAILABLE"));
}

TEST_F(HTTP2ClientServersTest, over_tls_the_name_is_verified) {
  serve_tls();
  trust(ca_file_);
  connect();
  const ScriptedClientStream& call = open("/secret");
  ASSERT_TRUE(run_until([&] { return finished_ == 1; }));
  EXPECT_EQ(call.outcome(), "200 /secret");
}

TEST_F(HTTP2ClientServersTest, another_name_is_refused) {
  serve_tls();
  trust(ca_file_);
  options_.server_name = "other.example";
  connect();
  const ScriptedClientStream& call = open("/secret");
  ASSERT_TRUE(ended());
  EXPECT_TRUE(handler_.heard_of("ended: UNAUTHENTICATED")) << handler_.heard.back();
  EXPECT_EQ(call.asked, 0u);
}

TEST_F(HTTP2ClientServersTest, an_unknown_authority_is_refused) {
  serve_tls();
  trust("");
  connect();
  ASSERT_TRUE(ended());
  EXPECT_TRUE(handler_.heard_of("ended: UNAUTHENTICATED")) << handler_.heard.back();
}

TEST_F(HTTP2ClientServersTest, a_server_without_http2_is_refused) {
  serve_tls({});  // it ignores ALPN
  trust(ca_file_);
  connect();
  ASSERT_TRUE(ended());
  EXPECT_TRUE(handler_.heard_of("ended: UNAVAILABLE: the server does not speak HTTP/2"))
      << handler_.heard.back();
}

// nghttpd on a free port, with a folder of one page.
class NGHTTPD {
 public:
  NGHTTPD() : folder_(testing::TempDir() + "nghttpd_" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/page") << std::string(300000, 'p');
    const std::string port = std::to_string(address_.port());
    const std::string htdocs = "--htdocs=" + folder_;
    std::vector<const char*> command = {"nghttpd",      "--no-tls",   "--address=127.0.0.1",
                                        htdocs.c_str(), port.c_str(), nullptr};
    EXPECT_EQ(posix_spawnp(&pid_, "/usr/sbin/nghttpd", nullptr, nullptr,
                           const_cast<char**>(command.data()), environ),
              0);
  }
  ~NGHTTPD() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }
  const Address& address() const { return address_; }

 private:
  const std::string folder_;
  const Address address_ = unused_address();
  pid_t pid_ = -1;
};

TEST_F(HTTP2ClientServersTest, nghttpd_answers_five_hundred_requests) {
  const NGHTTPD nghttpd;
  address_ = nghttpd.address();
  // Until it listens.
  for (int i = 0; i < 500 && !handler_.heard_of("ready"); ++i) {
    handler_.heard.clear();
    connect();
    ASSERT_TRUE(run_until([&] { return !handler_.heard.empty(); }));
  }
  ASSERT_EQ(handler_.heard.back(), "ready");
  for (int i = 0; i < 500; ++i) open(i % 10 == 0 ? "/page" : "/nothing");
  ASSERT_TRUE(run_until([&] { return finished_ == 500; }));
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(streams_[i].status, i % 10 == 0 ? 200 : 404);
    EXPECT_TRUE(streams_[i].ended);
    EXPECT_EQ(streams_[i].body.size() == 300000, i % 10 == 0);
  }
}

}  // namespace
}  // namespace turbo
