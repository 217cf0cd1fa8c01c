// Connecting: names, addresses, paths; one shape of failure; what may be started before it is done.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

#include "framework/loop/task.h"
#include "framework/net/listener.h"
#include "framework/net/socket.h"
#include "framework/net/socket_transport.h"
#include "framework/tls/ssl_io_stream.h"
#include "tests/net/socket_path.h"
#include "tests/net/stream_test.h"

namespace turbo {
namespace {

// A stream that makes its socket itself, and one that was given an unconnected one; then the same
// as clients of TLS, which are connected when the handshake has ended.
enum class Way { kNoSocket, kOwnSocket, kTLSNoSocket, kTLSOwnSocket };

class CountingHandler final : public EventHandler {
 public:
  void on_events(uint32_t) override { ++events; }
  int events = 0;
};

// A port that swallows: its accept queue is full, so the kernel drops what tries to connect.
class BlackHole {
 public:
  BlackHole() {
    ListenOptions shortest;
    shortest.backlog = 0;
    shortest.reuse_port = false;
    listener_ = *listen_on(Address::loopback_ipv4(0), shortest);
    for (UniqueFd& filler : fillers_) {
      filler.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      const Address to = address();
      (void)::connect(filler.get(), to.data(), to.size());
    }
  }
  Address address() const { return socket_name(listener_.get()); }

 private:
  UniqueFd listener_;
  UniqueFd fillers_[4];
};

class StreamConnectTest : public testing::TestWithParam<Way> {
 protected:
  StreamConnectTest() {
    listener_ = *listen_on(Address::loopback_ipv4(0));
    port = socket_name(listener_.get()).port();
    make();
  }
  ~StreamConnectTest() override {
    stream.reset();
    run_loop_idle(loop, 3);
  }

  void make() {
    const bool own = GetParam() == Way::kOwnSocket || GetParam() == Way::kTLSOwnSocket;
    const int fd = own ? ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (tls()) {
      stream = std::make_unique<SSLIOStream>(fd, tls::any_client(), tls::ClientHandshake{}, &loop);
    } else {
      stream = std::make_unique<IOStream>(fd, &loop);
    }
    stream->set_close_callback(closed.callback());
  }
  bool tls() const { return GetParam() == Way::kTLSNoSocket || GetParam() == Way::kTLSOwnSocket; }
  // A port on which nobody listens.
  uint16_t refusing_port() {
    listener_.reset();
    return port;
  }
  Peer accept() {
    Peer peer;
    run_until([&] {
      return tls() ? tls_peer_ != nullptr && tls_peer_->handshake() : accept_plain(peer);
    });
    if (tls()) peer = Peer(std::move(tls_peer_));
    return peer;
  }
  template <class Done>
  void run_until(Done done) {
    ASSERT_TRUE(run_loop_until(loop, [&] {
      serve_tls();
      return done();
    })) << "what was waited for did not happen";
  }
  // One shape for every cause: the callback once, later, with a status; the stream closed; the
  // close callback after it with the same cause.
  void expect_failure(const StatusRecord& connected) {
    EXPECT_EQ(connected.calls, 0) << "never inside connect()";
    run_until([&] { return closed.calls == 1; });
    EXPECT_EQ(connected.calls, 1);
    EXPECT_FALSE(connected.status.ok());
    EXPECT_FALSE(connected.status.message().empty());
    EXPECT_TRUE(stream->closed());
    EXPECT_FALSE(stream->connecting());
    EXPECT_EQ(stream->error(), connected.status);
    EXPECT_EQ(closed.status, connected.status);
    run_loop_idle(loop, 3);
    EXPECT_EQ(loop.armed_timers(), 0u);
  }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
  uint16_t port = 0;
  std::unique_ptr<IOStream> stream;
  StatusRecord closed;

 private:
  UniqueFd accept_fd() {
    return UniqueFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  }
  bool accept_plain(Peer& peer) {
    UniqueFd fd = accept_fd();
    if (fd.valid()) peer = Peer(PairKind::kTCP, std::move(fd));
    return peer.fd() >= 0;
  }
  // Over TLS somebody has to answer before connect() completes. The newest connection is the
  // stream's.
  void serve_tls() {
    if (!tls()) return;
    if (UniqueFd fd = accept_fd(); fd.valid()) {
      tls_peer_ = std::make_unique<tls::TLSPeer>(tls::server_engine(), std::move(fd));
    }
    if (tls_peer_ != nullptr) tls_peer_->handshake();
  }

  UniqueFd listener_;
  std::unique_ptr<tls::TLSPeer> tls_peer_;
};
std::string way_name(const testing::TestParamInfo<Way>& info) {
  switch (info.param) {
    case Way::kNoSocket:
      return "NoSocket";
    case Way::kOwnSocket:
      return "OwnSocket";
    case Way::kTLSNoSocket:
      return "TLSNoSocket";
    case Way::kTLSOwnSocket:
      return "TLSOwnSocket";
  }
  return "?";
}
INSTANTIATE_TEST_SUITE_P(Over, StreamConnectTest,
                         testing::Values(Way::kNoSocket, Way::kOwnSocket, Way::kTLSNoSocket,
                                         Way::kTLSOwnSocket),
                         way_name);

// 11.2 connect; IOS-40.
TEST_P(StreamConnectTest, connect_to_a_numeric_address_opens_the_stream) {
  StatusRecord connected;
  stream->connect("127.0.0.1", port, connected.callback());
  EXPECT_TRUE(stream->connecting());
  EXPECT_EQ(connected.calls, 0);
  run_until([&] { return connected.calls == 1; });
  EXPECT_TRUE(connected.ok()) << connected.status;
  EXPECT_FALSE(stream->connecting());
  EXPECT_EQ(stream->peer_address().port(), port);
  EXPECT_EQ(stream->peer_address().host(), "127.0.0.1");
  EXPECT_EQ(stream->local_address().host(), "127.0.0.1");
  Peer peer = accept();
  peer.send("hi");
  ReadRecord read;
  stream->read_bytes(2, read.callback());
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "hi");
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// 11.2 connect, localhost: a name that stands for both families, of which one listens.
TEST_P(StreamConnectTest, connect_to_localhost_finds_the_family_that_listens) {
  StatusRecord connected;
  stream->connect("localhost", port, connected.callback());
  run_until([&] { return connected.calls == 1; });
  EXPECT_TRUE(connected.ok()) << connected.status;
  EXPECT_EQ(stream->peer_address().host(), "127.0.0.1");
}

// The form with an Address.
TEST_P(StreamConnectTest, connect_to_an_address) {
  StatusRecord connected;
  stream->connect(Address::loopback_ipv4(port), ConnectOptions{}, connected.callback());
  run_until([&] { return connected.calls == 1; });
  EXPECT_TRUE(connected.ok()) << connected.status;
}

// E17, D15, 11.1 test_connection_refused, 11.3 ConnectFailureUniformShape: refused.
TEST_P(StreamConnectTest, a_refused_connection_fails_in_the_one_shape) {
  StatusRecord connected;
  stream->connect("127.0.0.1", refusing_port(), connected.callback());
  expect_failure(connected);
  EXPECT_EQ(connected.code(), Code::kUnavailable);
}

// E18, 11.1 test_gaierror, 11.3 ConnectFailureUniformShape: no such name.
TEST_P(StreamConnectTest, a_name_that_does_not_resolve_fails_in_the_one_shape) {
  StatusRecord connected;
  stream->connect("no-such-host.invalid", port, connected.callback());
  EXPECT_EQ(connected.calls, 0);
  run_until([&] {
    // Servers that do not answer are given up by the lookup's deadline.
    clock.advance(std::chrono::milliseconds(1));
    return connected.calls == 1;
  });
  EXPECT_TRUE(connected.code() == Code::kUnavailable || connected.code() == Code::kDeadlineExceeded)
      << connected.status;
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(closed.status, connected.status);
}

// 11.3 ConnectFailureUniformShape: what is no name at all.
TEST_P(StreamConnectTest, a_bad_host_name_fails_in_the_one_shape) {
  StatusRecord connected;
  stream->connect("not a host name", port, connected.callback());
  expect_failure(connected);
  EXPECT_EQ(connected.code(), Code::kInvalidArgument);
}

// 11.3 ConnectFailureUniformShape: unreachable, known inside connect(2) already.
TEST_P(StreamConnectTest, an_unreachable_address_fails_in_the_one_shape) {
  StatusRecord connected;
  stream->connect("255.255.255.255", port, connected.callback());
  expect_failure(connected);
  EXPECT_EQ(connected.code(), Code::kUnavailable);
}

// E19, 11.3 ConnectFailureUniformShape: timeout; 11.4 connect_timeout.
TEST_P(StreamConnectTest, a_connection_that_takes_too_long_fails_in_the_one_shape) {
  const BlackHole hole;
  StatusRecord connected;
  ConnectOptions options;
  options.deadline = std::chrono::seconds(3);
  stream->connect(hole.address(), options, connected.callback());
  run_loop_idle(loop, 20);
  ASSERT_EQ(connected.calls, 0) << connected.status;
  clock.advance(std::chrono::milliseconds(2999));
  run_loop_idle(loop, 20);
  EXPECT_EQ(connected.calls, 0);
  clock.advance(std::chrono::milliseconds(1));
  expect_failure(connected);
  EXPECT_EQ(connected.code(), Code::kDeadlineExceeded);
}

// Waiting for a connection sleeps.
TEST_P(StreamConnectTest, connecting_does_not_spin) {
  const BlackHole hole;
  stream->connect(hole.address(), ConnectOptions{}, [](absl::Status) {});
  run_loop_idle(loop, 5);
  const SpinGuard guard(loop);
  run_loop_idle(loop, 50);
  EXPECT_LE(guard.wakeups(), 1u);
}

// E20, 11.1 test_write_while_connecting; 11.3.
TEST_P(StreamConnectTest, writes_and_reads_started_while_connecting_wait_for_it) {
  StatusRecord connected, written;
  ReadRecord read;
  stream->connect("127.0.0.1", port, connected.callback());
  stream->write("early ", written.callback());
  stream->read_until("\n", read.callback());
  EXPECT_TRUE(stream->writing());
  EXPECT_TRUE(stream->reading());
  Peer peer = accept();
  run_until([&] { return connected.calls == 1 && written.calls == 1; });
  EXPECT_TRUE(written.ok());
  EXPECT_EQ(peer.receive(), "early ");
  peer.send("answer\n");
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "answer\n");
}

// E20, E21: they fail with the cause of the connect.
TEST_P(StreamConnectTest, writes_and_reads_started_while_connecting_fail_with_it) {
  StatusRecord connected, written;
  ReadRecord read;
  stream->connect("127.0.0.1", refusing_port(), connected.callback());
  stream->write("early", written.callback());
  stream->read_until("\n", read.callback());
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(connected.calls, 1);
  EXPECT_EQ(written.code(), Code::kUnavailable);
  EXPECT_EQ(read.code(), Code::kUnavailable);
}

// E21: a read before connect() is armed by it.
TEST_P(StreamConnectTest, a_read_and_a_write_may_come_before_connect) {
  ReadRecord read;
  StatusRecord connected;
  stream->read_until("\n", read.callback());
  stream->write("first");
  run_loop_idle(loop, 10);
  EXPECT_EQ(read.calls, 0);
  EXPECT_FALSE(stream->closed());
  stream->connect("127.0.0.1", port, connected.callback());
  Peer peer = accept();
  std::string got;
  run_until([&] {
    got += peer.receive();
    return got == "first";
  });
  peer.send("hello\n");
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "hello\n");
}

// 11.3 CloseDuringConnect, rows 2 and 9.
TEST_P(StreamConnectTest, closing_while_connecting_cancels_everything) {
  const BlackHole hole;
  StatusRecord connected, written;
  ReadRecord read;
  stream->connect(hole.address(), ConnectOptions{}, connected.callback());
  stream->write("x", written.callback());
  stream->read_bytes(1, read.callback());
  run_loop_idle(loop, 3);
  stream->close();
  EXPECT_EQ(connected.calls, 0);
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(connected.code(), Code::kCancelled);
  EXPECT_EQ(written.code(), Code::kCancelled);
  EXPECT_EQ(read.code(), Code::kCancelled);
  EXPECT_EQ(connected.calls + written.calls + read.calls, 3);
  run_loop_idle(loop, 3);
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// 11.3 CloseDuringConnect: the connection that was on its way is closed, too, and never opens the
// stream again.
TEST_P(StreamConnectTest, a_connection_that_comes_after_close_is_dropped) {
  StatusRecord connected;
  stream->connect("127.0.0.1", port, connected.callback());
  for (int i = 0; i < 5 && connected.calls == 0; ++i) {
    loop.run_once();
    stream->close();
  }
  run_until([&] { return closed.calls == 1; });
  run_loop_idle(loop, 20);
  EXPECT_TRUE(stream->closed());
  EXPECT_EQ(connected.calls, 1);
  EXPECT_EQ(closed.calls, 1);
}

// 11.3 CloseDuringConnect, while the name is looked up.
TEST_P(StreamConnectTest, closing_while_resolving_cancels_the_lookup) {
  StatusRecord connected;
  stream->connect("no-such-host.invalid", port, connected.callback());
  stream->close();
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(connected.code(), Code::kCancelled);
  run_loop_idle(loop, 10);
  EXPECT_EQ(connected.calls, 1);
}

// Row 10: destroying it while it connects, at any point, calls nothing.
TEST_P(StreamConnectTest, a_stream_may_be_destroyed_while_it_connects) {
  for (int iterations = 0; iterations < 5; ++iterations) {
    make();
    int calls = 0;
    stream->connect("localhost", port, [&](absl::Status) { ++calls; });
    run_loop_idle(loop, iterations);
    const int before = calls;
    stream.reset();
    run_loop_idle(loop, 10);
    EXPECT_EQ(calls, before);
  }
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// E28 for the connect callback.
TEST_P(StreamConnectTest, a_stream_may_be_destroyed_in_its_connect_callback) {
  bool called = false;
  stream->connect("127.0.0.1", port, [&](absl::Status) {
    called = true;
    stream.reset();
  });
  run_until([&] { return called; });
  make();
  called = false;
  stream->connect("127.0.0.1", refusing_port(), [&](absl::Status) {
    called = true;
    stream.reset();
  });
  run_until([&] { return called; });
}

// E28, E29.
TEST_P(StreamConnectTest, a_connect_callback_may_close_or_throw) {
  int hooked = 0;
  loop.set_exception_hook([&](std::exception_ptr) { ++hooked; });
  stream->connect("127.0.0.1", port, [&](absl::Status) { stream->close(); });
  run_until([&] { return closed.calls == 1; });
  EXPECT_TRUE(closed.status.ok());
  closed = {};
  make();
  stream->connect("127.0.0.1", port, [&](absl::Status) { throw std::runtime_error("oops"); });
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(closed.code(), Code::kInternal);
  EXPECT_EQ(hooked, 1);
}

// Row 2: a second connect completes by itself, too, and disturbs nothing.
TEST_P(StreamConnectTest, a_second_connect_is_refused) {
  StatusRecord first, second;
  stream->connect("127.0.0.1", port, first.callback());
  stream->connect("127.0.0.1", port, second.callback());
  run_until([&] { return first.calls == 1 && second.calls == 1; });
  EXPECT_TRUE(first.ok());
  EXPECT_EQ(second.code(), Code::kFailedPrecondition);
}

// On a closed stream.
TEST_P(StreamConnectTest, connect_on_a_closed_stream_fails_later) {
  stream->close();
  StatusRecord connected;
  stream->connect("127.0.0.1", port, connected.callback());
  EXPECT_EQ(connected.calls, 0);
  run_until([&] { return connected.calls == 1; });
  EXPECT_EQ(connected.code(), Code::kCancelled);
}

// 11.4 source_ip ok and fail.
TEST_P(StreamConnectTest, a_source_address_is_bound) {
  StatusRecord connected, failed;
  ConnectOptions options;
  options.source = *Address::parse("127.0.0.2", 0);
  stream->connect(Address::loopback_ipv4(port), options, connected.callback());
  run_until([&] { return connected.calls == 1; });
  EXPECT_TRUE(connected.ok()) << connected.status;
  EXPECT_EQ(stream->local_address().host(), "127.0.0.2");
  make();
  options.source = *Address::parse("192.0.2.1", 0);  // a documentation address: not ours
  stream->connect(Address::loopback_ipv4(port), options, failed.callback());
  run_until([&] { return failed.calls == 1; });
  EXPECT_FALSE(failed.ok());
}

// A descriptor is bound once, however many addresses are tried from it.
TEST(SocketConnectTest, a_source_serves_every_address_that_is_tried_on_one_descriptor) {
  UniqueFd gone = *listen_on(Address::loopback_ipv4(0));
  const Address refusing = socket_name(gone.get());
  gone.reset();
  const UniqueFd listener = *listen_on(Address::loopback_ipv4(0));
  const Address source = *Address::parse("127.0.0.2", 0);
  IOLoop loop;
  CountingHandler handler;
  SocketTransport transport(*open_stream_socket(AF_INET));
  transport.attach(loop, handler);
  if (transport.connect(refusing, &source).ok()) {
    transport.watch(kWritable);
    ASSERT_TRUE(run_loop_until(loop, [&] { return handler.events > 0; }));
    EXPECT_FALSE(transport.connect_result().ok());
    transport.watch(kNoEvents);
  }
  handler.events = 0;
  const absl::Status second = transport.connect(socket_name(listener.get()), &source);
  EXPECT_TRUE(second.ok()) << second;
  transport.watch(kWritable);
  ASSERT_TRUE(run_loop_until(loop, [&] { return handler.events > 0; }));
  EXPECT_TRUE(transport.connect_result().ok());
  EXPECT_EQ(transport.local_address().host(), "127.0.0.2");
}

// A poller that takes no more descriptors: not a connection that opens and is reset.
TEST(SocketConnectTest, a_descriptor_that_cannot_be_watched_fails_the_connect) {
  IOLoop loop;
  const UniqueFd listener = *listen_on(Address::loopback_ipv4(0));
  UniqueFd socket = *open_stream_socket(AF_INET);
  const int fd = socket.get();
  IOStream stream(socket.release(), &loop);
  CountingHandler holder;  // in the place that the stream's registration needs
  EventHandler& handler = holder;
  ASSERT_TRUE(loop.add_handler(fd, kPeerShut, handler).ok());
  StatusRecord connected, closed;
  stream.set_close_callback(closed.callback());
  stream.connect(socket_name(listener.get()), ConnectOptions{}, connected.callback());
  ASSERT_TRUE(run_loop_until(loop, [&] { return closed.calls == 1; }));
  loop.remove_handler(fd);
  EXPECT_EQ(connected.calls, 1);
  EXPECT_EQ(connected.code(), Code::kResourceExhausted);
  EXPECT_EQ(closed.code(), Code::kResourceExhausted);
}

Task<> converse(IOStream& stream, uint16_t port, std::vector<std::string>& got) {
  auto connect = stream.connect("127.0.0.1", port);
  absl::Status connected = co_await connect;
  got.push_back(connected.ok() ? "connected" : "failed");
}

// The awaitable face, and row 10 for it: withdrawing a connect closes the stream.
TEST_P(StreamConnectTest, a_connect_can_be_awaited_and_withdrawn) {
  std::vector<std::string> got;
  {
    Task<> task = converse(*stream, port, got);
    task.start([] {});
    run_until([&] { return got.size() == 1; });
  }
  EXPECT_EQ(got.back(), "connected");
  EXPECT_FALSE(stream->closed());
  make();
  {
    Task<> task = converse(*stream, port, got);
    task.start([] {});
  }
  run_loop_idle(loop, 10);
  EXPECT_EQ(got.size(), 1u);
  EXPECT_TRUE(stream->closed());
}

// IOS-40: Unix paths, abstract names too; D17: the peer's address is right.
TEST(UnixConnectTest, connect_to_a_unix_path) {
  IOLoop loop;
  const std::string path = socket_path("connect");
  for (const std::string& name : {path, std::string("@turbo-connect-test-") + path}) {
    SCOPED_TRACE(name);
    UniqueFd listener = *listen_on(*Address::unix_path(name));
    IOStream stream(-1, &loop);
    StatusRecord connected;
    stream.connect(*Address::unix_path(name), ConnectOptions{}, connected.callback());
    ASSERT_TRUE(run_loop_until(loop, [&] { return connected.calls == 1; }));
    EXPECT_TRUE(connected.ok()) << connected.status;
    EXPECT_EQ(stream.peer_address().to_string(), "unix:" + name);
    EXPECT_EQ(stream.local_address().to_string(), "unix:");
  }
  std::filesystem::remove(path);
}

// E17 over Unix.
TEST(UnixConnectTest, a_path_nobody_serves_fails) {
  IOLoop loop;
  IOStream stream(-1, &loop);
  StatusRecord connected;
  stream.connect(*Address::unix_path(socket_path("no_such")), ConnectOptions{},
                 connected.callback());
  EXPECT_EQ(connected.calls, 0);
  ASSERT_TRUE(run_loop_until(loop, [&] { return connected.calls == 1; }));
  EXPECT_EQ(connected.code(), Code::kUnavailable);
}

// The same machine over a transport that is told to connect: held, let go, refused.
TEST(MemoryConnectTest, a_held_connect_waits_sleeping_and_ends_either_way) {
  for (int error : {0, ECONNREFUSED}) {
    IOLoop loop;
    MemoryPair ends = make_memory_pair({.hold_connect = true});
    MemoryTransport* transport = ends.a.get();
    IOStream stream(std::move(ends.a), &loop);
    StatusRecord connected;
    ReadRecord read;
    stream.connect(Address(), ConnectOptions{}, connected.callback());
    stream.read_until("\n", read.callback());
    stream.write("early");
    run_loop_idle(loop, 5);
    const SpinGuard guard(loop);
    run_loop_idle(loop);
    EXPECT_EQ(guard.wakeups(), 0u);
    EXPECT_EQ(connected.calls, 0);
    transport->finish_connect(error);
    ASSERT_TRUE(run_loop_until(loop, [&] { return connected.calls == 1; }));
    EXPECT_EQ(connected.status.ok(), error == 0);
    if (error == 0) ends.b->send("line\n");
    ASSERT_TRUE(run_loop_until(loop, [&] { return read.calls == 1; }));
    EXPECT_EQ(read.status.ok(), error == 0);
    EXPECT_EQ(ends.b->receive(), error == 0 ? "early" : "");
  }
}

}  // namespace
}  // namespace turbo
