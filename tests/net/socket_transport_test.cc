// The kernel's transports, one call at a time.
#include "framework/net/socket_transport.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

#include "framework/net/socket.h"

namespace turbo {
namespace {

class Events final : public EventHandler {
 public:
  void on_events(uint32_t events) override {
    seen |= events;
    ++calls;
  }
  uint32_t seen = 0;
  int calls = 0;
};

class SocketTransportTest : public ::testing::Test {
 protected:
  SocketTransportTest() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    transport = std::make_unique<SocketTransport>(UniqueFd(fds[0]));
    peer.reset(fds[1]);
    transport->attach(loop, events);
  }

  IOLoop loop;
  Events events;
  std::unique_ptr<SocketTransport> transport;
  UniqueFd peer;
};

TEST_F(SocketTransportTest, an_empty_socket_would_block_for_reading) {
  char room[8];
  const IOResult result = transport->read(room);
  EXPECT_EQ(result.kind, IOResult::Kind::kWouldBlock);
  EXPECT_EQ(result.wants, kReadable);
}

int interrupts = 0;
int interrupter = -1;

// Interrupts twice, then lets the read have a byte.
void interrupt(int) {
  if (++interrupts == 3) (void)::send(interrupter, "x", 1, MSG_NOSIGNAL);
}

// Row 18: a descriptor that blocks is interrupted for certain.
TEST_F(SocketTransportTest, a_call_that_a_signal_interrupts_is_made_again) {
  interrupts = 0;
  interrupter = peer.get();
  ::fcntl(transport->fd(), F_SETFL, ::fcntl(transport->fd(), F_GETFL) & ~O_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = interrupt;  // without SA_RESTART
  struct sigaction before;
  ASSERT_EQ(::sigaction(SIGALRM, &action, &before), 0);
  const itimerval every_millisecond{{0, 1000}, {0, 1000}};
  const itimerval off{};
  ::setitimer(ITIMER_REAL, &every_millisecond, nullptr);
  char room[8];
  const IOResult result = transport->read(room);
  ::setitimer(ITIMER_REAL, &off, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  EXPECT_EQ(result.kind, IOResult::Kind::kBytes);
  EXPECT_EQ(result.bytes, 1u);
  EXPECT_GE(interrupts, 3);
}

TEST_F(SocketTransportTest, bytes_then_the_peers_end) {
  ASSERT_EQ(::send(peer.get(), "abc", 3, 0), 3);
  peer.reset();
  char room[8];
  const IOResult bytes = transport->read(room);
  EXPECT_EQ(bytes.kind, IOResult::Kind::kBytes);
  EXPECT_EQ(std::string(room, bytes.bytes), "abc");
  EXPECT_EQ(transport->read(room).kind, IOResult::Kind::kEnd);
}

TEST_F(SocketTransportTest, pieces_are_gathered_in_order) {
  std::string a = "one ", b = "two ", c = "three";
  const std::array<iovec, 3> pieces = {iovec{a.data(), a.size()}, iovec{b.data(), b.size()},
                                       iovec{c.data(), c.size()}};
  EXPECT_EQ(transport->write(pieces).bytes, 13u);
  char room[32];
  EXPECT_EQ(std::string(room, ::recv(peer.get(), room, sizeof(room), 0)), "one two three");
}

// E33: the process would die of SIGPIPE here.
TEST_F(SocketTransportTest, writing_to_a_closed_peer_is_an_error_and_no_signal) {
  peer.reset();
  std::string bytes = "x";
  const iovec piece{bytes.data(), bytes.size()};
  EXPECT_EQ(transport->write({&piece, 1}).error, EPIPE);
  const std::array<iovec, 2> pieces = {piece, piece};
  EXPECT_EQ(transport->write(pieces).error, EPIPE);
}

TEST_F(SocketTransportTest, a_full_socket_would_block_for_writing) {
  std::string bytes(1 << 20, 'x');
  const iovec piece{bytes.data(), bytes.size()};
  IOResult result = transport->write({&piece, 1});
  while (result.kind == IOResult::Kind::kBytes) result = transport->write({&piece, 1});
  EXPECT_EQ(result.kind, IOResult::Kind::kWouldBlock);
  EXPECT_EQ(result.wants, kWritable);
}

TEST_F(SocketTransportTest, a_file_is_sent_from_its_offset_and_a_short_one_ends) {
  char name[] = "/tmp/socket_transport_test_XXXXXX";
  UniqueFd file(::mkstemp(name));
  ::unlink(name);
  ASSERT_EQ(::write(file.get(), "0123456789", 10), 10);
  EXPECT_EQ(transport->send_file(file.get(), 4, 100).bytes, 6u);
  EXPECT_EQ(transport->send_file(file.get(), 10, 100).kind, IOResult::Kind::kEnd);
  char room[32];
  EXPECT_EQ(std::string(room, ::recv(peer.get(), room, sizeof(room), 0)), "456789");
}

TEST_F(SocketTransportTest, watching_nothing_leaves_the_poller) {
  transport->watch(kReadable | kPeerShut);
  peer.reset();
  loop.run_once();
  EXPECT_EQ(events.calls, 1);
  EXPECT_NE(events.seen & kPeerShut, 0u);
  transport->watch(kNoEvents);
  for (int i = 0; i < 5; ++i) loop.run_once();
  EXPECT_EQ(events.calls, 1);
  transport->watch(kReadable);
  loop.run_once();
  EXPECT_EQ(events.calls, 2);
}

TEST_F(SocketTransportTest, close_is_idempotent_and_the_peer_sees_it) {
  transport->watch(kReadable);
  transport->close();
  transport->close();
  EXPECT_EQ(transport->fd(), -1);
  char room[8];
  EXPECT_EQ(::recv(peer.get(), room, sizeof(room), 0), 0);
}

// IOStream's error row: what the poller refuses must not leave a stream that waits for ever.
TEST(PipeTransportTest, a_regular_file_is_reported_as_an_error) {
  char name[] = "/tmp/socket_transport_test_XXXXXX";
  UniqueFd file(::mkstemp(name));
  ::unlink(name);
  IOLoop loop;
  Events events;
  PipeTransport transport(std::move(file), FdKind::kBothEnds);
  transport.attach(loop, events);
  transport.watch(kReadable);
  EXPECT_EQ(events.seen, kError);
}

TEST(PipeTransportTest, a_write_end_tells_of_its_readers_end) {
  int fds[2];
  ASSERT_EQ(::pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
  UniqueFd reader(fds[0]);
  EXPECT_EQ(kind_of(fds[0]), FdKind::kReadEnd);
  EXPECT_EQ(kind_of(fds[1]), FdKind::kWriteEnd);
  IOLoop loop;
  Events events;
  PipeTransport transport{UniqueFd(fds[1]), FdKind::kWriteEnd};
  transport.attach(loop, events);
  transport.watch(kReadable);
  loop.run_once();
  EXPECT_EQ(events.calls, 0);
  reader.reset();
  loop.run_once();
  EXPECT_NE(events.seen & kError, 0u);
  EXPECT_EQ(transport.connect_result().code(), absl::StatusCode::kUnavailable);
}

TEST(SocketTest, an_unconnected_socket_is_told_from_a_connected_one) {
  absl::StatusOr<UniqueFd> fresh = open_stream_socket(AF_INET6);
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_EQ(kind_of(fresh->get()), FdKind::kUnconnectedSocket);
  EXPECT_EQ(family_of(fresh->get()), AF_INET6);
  EXPECT_EQ(peer_name(fresh->get()).family(), AF_UNSPEC);
}

// One local port serves many destinations: connect() picks it, not bind().
TEST(SocketTest, a_source_without_a_port_gets_one_when_it_connects) {
  const UniqueFd listener = *listen_on(Address::loopback_ipv4(0));
  const UniqueFd socket = *open_stream_socket(AF_INET);
  ASSERT_TRUE(bind_source(socket.get(), *Address::parse("127.0.0.2", 0)).ok());
  EXPECT_EQ(socket_name(socket.get()), *Address::parse("127.0.0.2", 0));
  ASSERT_TRUE(connect_socket(socket.get(), socket_name(listener.get())).ok());
  EXPECT_NE(socket_name(socket.get()).port(), 0);
}

TEST(SocketTest, accepting_from_an_empty_queue_finds_nothing) {
  const UniqueFd listener = *listen_on(Address::loopback_ipv4(0));
  EXPECT_EQ(accept_from(listener.get()).kind, AcceptResult::Kind::kNothing);
}

// What says nothing about the queue but that it cannot be accepted from.
TEST(SocketTest, accepting_from_what_does_not_listen_fails) {
  const UniqueFd socket = *open_stream_socket(AF_INET);
  const AcceptResult result = accept_from(socket.get());
  EXPECT_EQ(result.kind, AcceptResult::Kind::kFailed);
  EXPECT_FALSE(result.failure.ok());
}

}  // namespace
}  // namespace turbo
