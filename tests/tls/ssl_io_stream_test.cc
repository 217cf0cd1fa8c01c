// SSLIOStream over real sockets: client and server, names, and the facts of the session.
#include "framework/tls/ssl_io_stream.h"

#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "framework/loop/task.h"
#include "framework/net/listener.h"
#include "framework/net/socket.h"
#include "tests/tls/certificate_factory.h"
#include "tests/tls/tls_stream_test.h"

namespace turbo::tls {
namespace {

using SessionPtr = std::unique_ptr<SSL_SESSION, FreeBy<SSL_SESSION_free>>;

class SSLIOStreamTest : public testing::Test {
 protected:
  SSLIOStreamTest() {
    listener_ = *listen_on(Address::loopback_ipv4(0));
    port = socket_name(listener_.get()).port();
    set_server({.dns = {"localhost", "example.org"}, .ips = {"127.0.0.1"}});
    client_options.ca_file = folder_.write("ca.pem", root_.pem());
    client_options.alpn = {"http/1.1"};
  }

  void set_server(const CertificateSpec& spec) {
    ServerOptions options;
    options.certificates = {root_.issue(spec).certificate()};
    server_context = *ServerContext::create(std::move(options));
  }
  std::shared_ptr<const ClientContext> client_context() {
    return *ClientContext::create(client_options);
  }
  void make_client(int fd = -1, ClientHandshake handshake = {}) {
    client = std::make_unique<SSLIOStream>(fd, client_context(), std::move(handshake), &loop);
    client->set_close_callback(closed.callback());
  }
  // Runs the loop, and takes whoever connects.
  template <class Done>
  void run_until(Done done) {
    ASSERT_TRUE(run_loop_until(loop, [&] {
      accept();
      return done();
    })) << "what was waited for did not happen";
  }
  void accept() {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) return;
    server = std::make_unique<SSLIOStream>(fd.release(), server_context, ServerHandshake{}, &loop);
  }
  void expect_exchange() {
    ReadRecord request, answer;
    client->write("request\n");
    client->read_until("\n", answer.callback());
    run_until([&] { return server != nullptr; });
    server->read_until("\n", [&, take = request.callback()](absl::StatusOr<Buffer> line) mutable {
      take(std::move(line));
      server->write("answer\n");
    });
    run_until([&] { return answer.calls == 1; });
    EXPECT_EQ(request.data, "request\n");
    EXPECT_EQ(answer.data, "answer\n");
  }
  void expect_refused(std::string_view host, std::string_view reason) {
    StatusRecord connected, written;
    make_client();
    client->connect(host, port, connected.callback());
    client->write("secret", written.callback());
    run_until([&] { return connected.calls == 1 && closed.calls == 1; });
    EXPECT_EQ(connected.code(), Code::kUnauthenticated) << connected.status;
    EXPECT_NE(std::string(connected.status.message()).find(reason), std::string::npos)
        << connected.status;
    EXPECT_EQ(written.status, connected.status);
    EXPECT_EQ(closed.status, connected.status);
    EXPECT_TRUE(client->closed());
    StatusRecord handshake;
    server->wait_for_handshake(handshake.callback());
    run_until([&] { return server->closed() && handshake.calls == 1; });
    EXPECT_TRUE(server->peek().empty()) << "nothing of the application's has left";
    server.reset();
    closed = {};
  }

  // A loop that never sleeps: accept() is nothing it would wake up for.
  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
  uint16_t port = 0;
  ClientOptions client_options;
  std::shared_ptr<const ServerContext> server_context;
  std::unique_ptr<SSLIOStream> client, server;
  StatusRecord closed;

 private:
  TempFolder folder_;
  Issued root_ = Issued::root();
  UniqueFd listener_;
};

// iostream.md section 4, TLS-4: the name given to connect() is verified.
TEST_F(SSLIOStreamTest, connect_by_name_verifies_the_name) {
  make_client();
  StatusRecord connected;
  client->connect("localhost", port, connected.callback());
  EXPECT_EQ(client->session(), nullptr) << "there is no connection yet";
  run_until([&] { return connected.calls == 1; });
  EXPECT_TRUE(connected.ok()) << connected.status;
  expect_exchange();
  EXPECT_EQ(server->session()->server_name(), "localhost");
}

TEST_F(SSLIOStreamTest, connect_by_address_verifies_the_address) {
  make_client();
  StatusRecord connected;
  client->connect("127.0.0.1", port, connected.callback());
  run_until([&] { return connected.calls == 1; });
  EXPECT_TRUE(connected.ok()) << connected.status;
  expect_exchange();
  EXPECT_EQ(server->session()->server_name(), "") << "SNI is for names";
}

TEST_F(SSLIOStreamTest, another_server_name_may_be_verified_instead) {
  make_client(-1, {.server_name = "example.org"});
  StatusRecord connected;
  client->connect("127.0.0.1", port, connected.callback());
  run_until([&] { return connected.calls == 1; });
  EXPECT_TRUE(connected.ok()) << connected.status;
  expect_exchange();
  EXPECT_EQ(server->session()->server_name(), "example.org");
}

TEST_F(SSLIOStreamTest, a_descriptor_of_the_callers_is_used_connected_or_not) {
  make_client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  StatusRecord connected;
  client->connect("localhost", port, connected.callback());
  run_until([&] { return connected.calls == 1; });
  EXPECT_TRUE(connected.ok()) << connected.status;
  expect_exchange();

  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address to = Address::loopback_ipv4(port);
  ASSERT_EQ(::connect(socket.get(), to.data(), to.size()), 0);
  server.reset();
  make_client(socket.release(), {.server_name = "localhost"});
  StatusRecord handshake;
  client->wait_for_handshake(handshake.callback());
  run_until([&] { return handshake.calls == 1; });
  EXPECT_TRUE(handshake.ok()) << handshake.status;
  expect_exchange();
}

// TLS-4: without a name there is nothing to verify with.
TEST_F(SSLIOStreamTest, a_connected_descriptor_without_a_name_is_refused) {
  FdPair ends = make_fd_pair(PairKind::kTCP);
  make_client(ends.a.release());
  StatusRecord handshake;
  client->wait_for_handshake(handshake.callback());
  EXPECT_EQ(handshake.calls, 0);
  run_until([&] { return handshake.calls == 1 && closed.calls == 1; });
  EXPECT_EQ(handshake.code(), Code::kInvalidArgument) << handshake.status;
}

TEST_F(SSLIOStreamTest, a_server_the_client_does_not_trust_gets_nothing) {
  set_server({.dns = {"example.org"}});
  expect_refused("localhost", "hostname mismatch");
  set_server({.dns = {"localhost"}, .valid_from = -2 * kHour, .valid_to = -kHour});
  expect_refused("localhost", "expired");
  ServerOptions stranger;
  stranger.certificates = {Issued::root("stranger").leaf("localhost").certificate()};
  server_context = *ServerContext::create(std::move(stranger));
  expect_refused("localhost", "certificate");
}

TEST_F(SSLIOStreamTest, a_refused_connection_is_no_matter_of_TLS) {
  const uint16_t nobody = [] {
    const UniqueFd gone = *listen_on(Address::loopback_ipv4(0));
    return socket_name(gone.get()).port();
  }();
  make_client();
  StatusRecord connected;
  client->connect("127.0.0.1", nobody, connected.callback());
  run_until([&] { return connected.calls == 1; });
  EXPECT_EQ(connected.code(), Code::kUnavailable);
  EXPECT_EQ(client->session(), nullptr);
}

// The connect deadline is over all of it.
TEST_F(SSLIOStreamTest, the_connect_deadline_covers_the_handshake) {
  const UniqueFd silent = *listen_on(Address::loopback_ipv4(0));
  make_client();
  StatusRecord connected;
  ConnectOptions options;
  options.deadline = std::chrono::seconds(3);
  client->connect("127.0.0.1", socket_name(silent.get()).port(), options, connected.callback());
  run_until([&] { return client->session() != nullptr; });
  run_loop_idle(loop, 5);
  EXPECT_EQ(connected.calls, 0);
  clock.advance(std::chrono::seconds(3));
  run_until([&] { return connected.calls == 1; });
  EXPECT_EQ(connected.code(), Code::kDeadlineExceeded) << connected.status;
}

// ---- facts ----

TEST_F(SSLIOStreamTest, the_session_tells_its_facts_after_the_handshake_and_after_the_end) {
  make_client();
  StatusRecord connected;
  client->connect("localhost", port, connected.callback());
  run_until([&] { return server != nullptr; });
  for (const SSLIOStream* stream : {client.get(), server.get()}) {
    const Session* session = stream->session();
    if (session == nullptr) continue;
    EXPECT_EQ(session->protocol(), "");
    EXPECT_EQ(session->cipher(), "");
    EXPECT_EQ(session->alpn(), "");
    EXPECT_EQ(session->server_name(), "");
    EXPECT_FALSE(session->resumed());
    EXPECT_FALSE(session->peer_certificate().has_value());
    EXPECT_FALSE(session->truncated());
  }
  run_until([&] { return connected.calls == 1; });
  expect_exchange();
  for (bool after : {false, true}) {
    for (const SSLIOStream* stream : {client.get(), server.get()}) {
      const Session& session = *stream->session();
      EXPECT_EQ(session.protocol(), "TLSv1.3");
      EXPECT_EQ(session.cipher().substr(0, 4), "TLS_");
      EXPECT_EQ(session.alpn(), "http/1.1");
      EXPECT_EQ(session.server_name(), "localhost");
      EXPECT_FALSE(session.resumed());
      EXPECT_FALSE(session.truncated());
      EXPECT_EQ(session.peer_certificate().has_value(), stream == client.get());
    }
    if (after) break;
    client->close();
    run_until([&] { return server->closed(); });
  }
}

TEST_F(SSLIOStreamTest, a_stream_without_TLS_has_no_session) {
  StreamPair pair = make_stream_pair(PairKind::kTCP, loop);
  EXPECT_EQ(session_of(*pair.a), nullptr);
  IOStream fresh(-1, &loop);
  EXPECT_EQ(session_of(fresh), nullptr);
}

// A client that comes back with its ticket, by OpenSSL's own hand.
TEST_F(SSLIOStreamTest, a_resumed_session_says_so) {
  for (Version version : kVersions) {
    SessionPtr ticket;
    for (bool resumed : {false, true}) {
      UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const Address to = Address::loopback_ipv4(port);
      ASSERT_EQ(::connect(socket.get(), to.data(), to.size()), 0);
      make_non_blocking(socket.get()).IgnoreError();
      TLSPeer peer(client_engine(version), std::move(socket));
      if (resumed) {
        ASSERT_EQ(SSL_set_session(peer.ssl(), ticket.get()), 1);
      }
      server.reset();
      run_until([&] { return peer.handshake() && server != nullptr && !server->connecting(); });
      server->write("x");
      std::string got;
      run_until([&] {
        got += peer.receive();
        return got == "x";
      });
      EXPECT_EQ(server->session()->resumed(), resumed);
      ticket.reset(SSL_get1_session(peer.ssl()));
      peer.close();  // OpenSSL forgets the session of a connection that ends without
    }
  }
}

// ---- coroutines ----

Task<> converse(SSLIOStream& stream, uint16_t port, std::string& got) {
  auto connect = stream.connect("localhost", port);
  absl::Status connected = co_await connect;
  EXPECT_TRUE(connected.ok()) << connected;
  auto write = stream.write("request\n");
  EXPECT_TRUE((co_await write).ok());
  auto read = stream.read_until_close();
  absl::StatusOr<Buffer> answer = co_await read;
  if (answer.ok()) got = answer->to_string();
}

Task<> serve(SSLIOStream& stream) {
  auto handshake = stream.wait_for_handshake();
  EXPECT_TRUE((co_await handshake).ok());
  auto read = stream.read_until("\n");
  absl::StatusOr<Buffer> line = co_await read;
  EXPECT_TRUE(line.ok());
  auto write = stream.write("answer");
  EXPECT_TRUE((co_await write).ok());
  stream.shutdown_write();
}

TEST_F(SSLIOStreamTest, a_conversation_of_two_coroutines) {
  make_client();
  std::string got;
  int ended = 0;
  Task<> asking = converse(*client, port, got);
  asking.start([&] { ++ended; });
  run_until([&] { return server != nullptr; });
  Task<> answering = serve(*server);
  answering.start([&] { ++ended; });
  run_until([&] { return ended == 2; });
  EXPECT_EQ(got, "answer");
  EXPECT_FALSE(client->session()->truncated());
}

}  // namespace
}  // namespace turbo::tls
