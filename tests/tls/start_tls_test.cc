// TLS put over a stream that was plain (TLS-8): STARTTLS in both roles, what it refuses, and what
// becomes of it when its stream or its coroutine goes.
#include <string>
#include <utility>

#include "framework/loop/task.h"
#include "framework/tls/ssl_io_stream.h"
#include "tests/tls/tls_stream_test.h"

namespace turbo::tls {
namespace {

class StartTLSTest : public TLSStreamTest {
 protected:
  // A plain stream and a peer that is plain until the test says otherwise.
  void make_plain(Role role, IOStreamOptions options = {}) {
    MemoryPair ends = make_memory_pair();
    below = ends.a.get();
    peer = std::make_unique<TLSPeer>(engine_for(other(role)), std::move(ends.b));
    stream = std::make_unique<IOStream>(std::move(ends.a), &loop, options);
    closed = {};
    stream->set_close_callback(closed.callback());
  }
  static TransportWrapper wrap(Role role) {
    return role == Role::kServer ? server(any_server())
                                 : client(any_client(), {.server_name = "localhost"});
  }
  void expect_secret() {
    ReadRecord read;
    stream->write("secret");
    stream->read_bytes(4, read.callback());
    EXPECT_EQ(receive(6), "secret");
    ASSERT_TRUE(peer->send("echo"));
    run_until([&] { return read.calls == 1; });
    EXPECT_EQ(read.data, "echo");
    EXPECT_NE(session_of(*stream), nullptr);
  }
  void expect_plain() {
    ReadRecord read;
    stream->read_until("\n", read.callback());
    ASSERT_TRUE(peer->send_raw("plain\n"));
    run_until([&] { return read.calls == 1; });
    EXPECT_EQ(read.data, "plain\n");
    stream->write("as before");
    std::string got;
    run_until([&] {
      got += peer->receive_raw();
      return got == "as before";
    });
    EXPECT_EQ(session_of(*stream), nullptr);
  }
  // The hello of a client.
  std::string hello() {
    EXPECT_FALSE(SSL_do_handshake(peer->ssl()) == 1);
    return peer->take_output();
  }
};

// TLS-8.
TEST_F(StartTLSTest, both_roles_go_from_plain_lines_to_TLS) {
  for (Role role : kRoles) {
    make_plain(role);
    ReadRecord line;
    stream->read_until("\n", line.callback());
    ASSERT_TRUE(peer->send_raw("STARTTLS\n"));
    run_until([&] { return line.calls == 1; });
    stream->write("go ahead\n");
    run_until([&] { return !stream->writing(); });
    EXPECT_EQ(peer->receive_raw(), "go ahead\n");
    StatusRecord upgraded;
    stream->start_tls(wrap(role), upgraded.callback());
    EXPECT_EQ(upgraded.calls, 0);
    EXPECT_TRUE(stream->connecting());
    finish_handshake();
    run_until([&] { return upgraded.calls == 1; });
    EXPECT_TRUE(upgraded.ok()) << upgraded.status;
    expect_secret();
    EXPECT_EQ(loop.armed_timers(), 0u);
  }
}

// The same between two streams, over a socket and with the other version.
TEST_F(StartTLSTest, two_streams_over_a_socket_upgrade_each_other) {
  StreamPair pair = make_stream_pair(PairKind::kTCP, loop);
  StatusRecord upgraded_client, upgraded_server;
  pair.a->write("STARTTLS\n");
  pair.b->read_until("\n", [&](absl::StatusOr<Buffer> line) {
    ASSERT_TRUE(line.ok());
    pair.b->write("yes\n", [&](absl::Status) {
      pair.b->start_tls(wrap(Role::kServer), upgraded_server.callback());
    });
  });
  pair.a->read_until("\n", [&](absl::StatusOr<Buffer> line) {
    ASSERT_TRUE(line.ok());
    pair.a->start_tls(wrap(Role::kClient), upgraded_client.callback());
    pair.a->write("secret");
  });
  ReadRecord read;
  run_until([&] { return upgraded_client.calls + upgraded_server.calls == 2; });
  pair.b->read_bytes(6, read.callback());
  run_until([&] { return read.calls == 1; });
  EXPECT_EQ(read.data, "secret");
  EXPECT_EQ(session_of(*pair.b)->server_name(), "localhost");
}

// What is started before the handshake has ended waits for it.
TEST_F(StartTLSTest, reads_and_writes_wait_for_the_handshake) {
  for (Role role : kRoles) {
    make_plain(role);
    StatusRecord upgraded, written, waited;
    ReadRecord read;
    stream->start_tls(wrap(role), upgraded.callback());
    stream->write("early", written.callback());
    stream->read_bytes(2, read.callback());
    stream->wait_for_handshake(waited.callback());
    expect_sleeping();
    EXPECT_EQ(upgraded.calls + written.calls + waited.calls, 0);
    finish_handshake();
    EXPECT_EQ(receive(5), "early");
    ASSERT_TRUE(peer->send("ok"));
    run_until([&] { return read.calls == 1; });
    EXPECT_TRUE(upgraded.ok() && written.ok() && waited.ok());
  }
}

// ---- not idle ----

TEST_F(StartTLSTest, a_stream_that_is_not_idle_refuses_and_goes_on_plain) {
  for (Role role : kRoles) {
    {
      make_plain(role);
      ReadRecord pending;
      StatusRecord refused;
      stream->read_until("\n", pending.callback());
      stream->start_tls(wrap(role), refused.callback());
      EXPECT_EQ(refused.calls, 0);
      run_until([&] { return refused.calls == 1; });
      EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
      ASSERT_TRUE(peer->send_raw("line\n"));
      run_until([&] { return pending.calls == 1; });
      EXPECT_EQ(pending.data, "line\n");
      expect_plain();
    }
    {
      make_plain(role);
      StatusRecord written, refused;
      stream->write("unsent ", written.callback());
      stream->start_tls(wrap(role), refused.callback());
      run_until([&] { return refused.calls == 1 && written.calls == 1; });
      EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
      EXPECT_TRUE(written.ok());
      EXPECT_EQ(peer->receive_raw(), "unsent ");
      expect_plain();
    }
  }
}

TEST_F(StartTLSTest, a_stream_whose_output_or_input_has_ended_refuses) {
  make_plain(Role::kServer, {.allow_half_open = true});
  StatusRecord refused;
  stream->shutdown_write();
  stream->start_tls(wrap(Role::kServer), refused.callback());
  run_until([&] { return refused.calls == 1; });
  EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
  EXPECT_FALSE(stream->closed());

  make_plain(Role::kServer, {.allow_half_open = true});
  ReadRecord end;
  refused = {};
  stream->read_bytes(1, end.callback());
  peer->finish_without_notice();
  run_until([&] { return end.calls == 1; });
  stream->start_tls(wrap(Role::kServer), refused.callback());
  run_until([&] { return refused.calls == 1; });
  EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
}

TEST_F(StartTLSTest, a_closed_stream_and_one_never_connected_refuse) {
  make_plain(Role::kServer);
  stream->close();
  StatusRecord refused;
  stream->start_tls(wrap(Role::kServer), refused.callback());
  run_until([&] { return refused.calls == 1; });
  EXPECT_EQ(refused.code(), Code::kCancelled);
  IOStream fresh(-1, &loop);
  refused = {};
  fresh.start_tls(wrap(Role::kClient), refused.callback());
  run_until([&] { return refused.calls == 1; });
  EXPECT_EQ(refused.code(), Code::kFailedPrecondition);
  StatusRecord waited;
  fresh.wait_for_handshake(waited.callback());
  run_until([&] { return waited.calls == 1; });
  EXPECT_EQ(waited.code(), Code::kFailedPrecondition);
}

TEST_F(StartTLSTest, a_second_one_during_the_handshake_refuses_and_the_first_goes_on) {
  make_plain(Role::kServer);
  StatusRecord first, second;
  stream->start_tls(wrap(Role::kServer), first.callback());
  stream->start_tls(wrap(Role::kServer), second.callback());
  run_until([&] { return second.calls == 1; });
  EXPECT_EQ(second.code(), Code::kFailedPrecondition);
  finish_handshake();
  expect_secret();
  EXPECT_TRUE(first.ok());
}

TEST_F(StartTLSTest, waiting_for_the_handshake_of_a_plain_stream_is_over_soon) {
  make_plain(Role::kServer);
  StatusRecord waited;
  stream->wait_for_handshake(waited.callback());
  EXPECT_EQ(waited.calls, 0);
  run_until([&] { return waited.calls == 1; });
  EXPECT_TRUE(waited.ok());
}

// ---- bytes behind the line ----

// TLS-8, CVE-2011-0411: plain bytes behind the upgrade line are nobody's command.
TEST_F(StartTLSTest, bytes_injected_behind_the_line_are_refused_in_both_roles) {
  for (Role role : kRoles) {
    make_plain(role);
    ReadRecord line, command;
    StatusRecord upgraded;
    stream->read_until("\n", line.callback());
    ASSERT_TRUE(peer->send_raw("STARTTLS\nRCPT TO: evil\n"));
    run_until([&] { return line.calls == 1; });
    stream->start_tls(wrap(role), upgraded.callback());
    stream->read_until("\n", command.callback());
    run_until([&] { return closed.calls == 1; });
    EXPECT_EQ(upgraded.code(), Code::kFailedPrecondition) << upgraded.status;
    EXPECT_EQ(command.code(), Code::kFailedPrecondition);
    EXPECT_TRUE(stream->closed());
    EXPECT_TRUE(stream->peek().empty()) << "they must not be read as if they had come over TLS";
  }
}

// The same when they are still in the kernel.
TEST_F(StartTLSTest, bytes_injected_into_the_connection_are_refused_in_both_roles) {
  for (Role role : kRoles) {
    make_plain(role);
    StatusRecord upgraded;
    ASSERT_TRUE(peer->send_raw("RCPT TO: evil\n"));
    stream->start_tls(wrap(role), upgraded.callback());
    run_until([&] { return closed.calls == 1; });
    EXPECT_EQ(upgraded.code(), Code::kUnavailable) << upgraded.status;
    EXPECT_TRUE(stream->peek().empty());
  }
}

// A client's peer speaks second: what came already can only be injected, whatever it looks like.
TEST_F(StartTLSTest, a_client_refuses_a_hello_that_came_before_its_own) {
  make_plain(Role::kClient);
  ReadRecord line;
  StatusRecord upgraded;
  stream->read_until("\n", line.callback());
  ASSERT_TRUE(peer->send_raw(std::string("OK\n\x16\x03\x03\x00\x04\x0e\x00\x00\x00", 12)));
  run_until([&] { return line.calls == 1; });
  stream->start_tls(wrap(Role::kClient), upgraded.callback());
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(upgraded.code(), Code::kFailedPrecondition);
}

TEST_F(StartTLSTest, a_hello_that_comes_with_the_line_is_accepted_by_a_server) {
  make_plain(Role::kServer);
  ReadRecord line;
  StatusRecord upgraded;
  stream->read_until("\n", line.callback());
  ASSERT_TRUE(peer->send_raw("STARTTLS\n" + hello()));
  run_until([&] { return line.calls == 1; });
  EXPECT_FALSE(stream->peek().empty());
  stream->start_tls(wrap(Role::kServer), upgraded.callback());
  finish_handshake();
  EXPECT_TRUE(upgraded.ok()) << upgraded.status;
  expect_secret();
}

// In part, at every place; the rest comes later.
TEST_F(StartTLSTest, a_hello_of_which_a_part_comes_with_the_line_is_accepted_by_a_server) {
  make_plain(Role::kServer);
  const size_t size = hello().size();
  for (size_t cut = 1; cut < size; cut += cut < 12 ? 1 : 37) {
    SCOPED_TRACE(cut);
    make_plain(Role::kServer);
    ReadRecord line;
    StatusRecord upgraded;
    stream->read_until("\n", line.callback());
    const std::string first = hello();
    ASSERT_TRUE(peer->send_raw("STARTTLS\n" + first.substr(0, cut)));
    run_until([&] { return line.calls == 1; });
    stream->start_tls(wrap(Role::kServer), upgraded.callback());
    idle(5);
    EXPECT_EQ(upgraded.calls, 0);
    ASSERT_TRUE(peer->send_raw(first.substr(cut)));
    finish_handshake();
    EXPECT_TRUE(upgraded.ok()) << upgraded.status;
    expect_secret();
  }
}

TEST_F(StartTLSTest, a_hello_that_comes_before_the_call_is_accepted_by_a_server) {
  make_plain(Role::kServer);
  ASSERT_TRUE(peer->send_raw(hello()));
  idle();  // it is read ahead
  StatusRecord upgraded;
  stream->start_tls(wrap(Role::kServer), upgraded.callback());
  finish_handshake();
  EXPECT_TRUE(upgraded.ok()) << upgraded.status;
  expect_secret();
}

// Who has looked what it is gives the bytes back.
TEST_F(StartTLSTest, a_hello_that_was_looked_at_is_given_back) {
  make_plain(Role::kServer);
  ReadRecord first;
  StatusRecord upgraded;
  const std::string sent = hello();
  ASSERT_TRUE(peer->send_raw(sent));
  stream->read_bytes(3, first.callback());
  run_until([&] { return first.calls == 1; });
  EXPECT_EQ(first.data, sent.substr(0, 3));
  stream->unread(Buffer::copy_of(first.data));
  EXPECT_EQ(stream->peek().to_string(), sent);
  stream->start_tls(wrap(Role::kServer), upgraded.callback());
  finish_handshake();
  EXPECT_TRUE(upgraded.ok()) << upgraded.status;
  expect_secret();
}

TEST_F(StartTLSTest, what_is_given_back_is_read_before_the_rest) {
  make_plain(Role::kServer);
  ReadRecord first, line, rest;
  ASSERT_TRUE(peer->send_raw("one two\nthree"));
  stream->read_bytes(4, first.callback());
  run_until([&] { return first.calls == 1; });
  stream->unread(Buffer::copy_of(first.data));
  stream->unread(Buffer());
  stream->read_until("\n", line.callback());
  run_until([&] { return line.calls == 1; });
  EXPECT_EQ(line.data, "one two\n");
  // On a closed stream, too: what was buffered stays readable.
  stream->close();
  stream->unread(Buffer::copy_of("zero "));
  stream->read_until_close(rest.callback());
  run_until([&] { return rest.calls == 1; });
  EXPECT_EQ(rest.data, "zero three");
}

// ---- coroutines, and who goes meanwhile ----

Task<> upgrade(IOStream& stream, TransportWrapper wrap, StatusRecord& record) {
  auto line = stream.read_until("\n");
  absl::StatusOr<Buffer> command = co_await line;
  EXPECT_TRUE(command.ok());
  auto tls = stream.start_tls(std::move(wrap));
  absl::Status status = co_await tls;
  record.callback()(std::move(status));
}

Task<> wait(IOStream& stream, StatusRecord& record) {
  auto handshake = stream.wait_for_handshake();
  absl::Status status = co_await handshake;
  record.callback()(std::move(status));
}

TEST_F(StartTLSTest, it_can_be_awaited_in_both_roles) {
  for (Role role : kRoles) {
    make_plain(role);
    StatusRecord upgraded, waited;
    Task<> task = upgrade(*stream, wrap(role), upgraded);
    task.start([] {});
    ASSERT_TRUE(peer->send_raw("STARTTLS\n"));
    run_until([&] { return stream->connecting(); });
    Task<> other_task = wait(*stream, waited);
    other_task.start([] {});
    EXPECT_EQ(upgraded.calls + waited.calls, 0);
    finish_handshake();
    run_until([&] { return upgraded.calls + waited.calls == 2; });
    EXPECT_TRUE(upgraded.ok() && waited.ok());
    expect_secret();
  }
}

TEST_F(StartTLSTest, a_coroutine_that_awaits_it_learns_of_a_failure) {
  make_plain(Role::kServer);
  StatusRecord upgraded;
  Task<> task = upgrade(*stream, wrap(Role::kServer), upgraded);
  task.start([] {});
  ASSERT_TRUE(peer->send_raw("STARTTLS\n"));
  run_until([&] { return stream->connecting(); });
  ASSERT_TRUE(peer->send_raw("no TLS at all"));
  run_until([&] { return upgraded.calls == 1; });
  EXPECT_EQ(upgraded.code(), Code::kUnavailable);
  EXPECT_TRUE(stream->closed());
}

// Row 10.
TEST_F(StartTLSTest, a_coroutine_that_awaits_it_may_be_destroyed) {
  for (Role role : kRoles) {
    make_plain(role);
    StatusRecord upgraded;
    {
      Task<> task = upgrade(*stream, wrap(role), upgraded);
      task.start([] {});
      ASSERT_TRUE(peer->send_raw("STARTTLS\n"));
      run_until([&] { return stream->connecting(); });
    }
    idle();
    EXPECT_EQ(upgraded.calls, 0);
    EXPECT_TRUE(stream->closed()) << "a handshake nobody waits for leaves nothing to go on with";
    EXPECT_EQ(loop.armed_timers(), 0u);
  }
}

TEST_F(StartTLSTest, the_stream_may_be_destroyed_while_it_is_awaited) {
  for (Role role : kRoles) {
    make_plain(role);
    StatusRecord upgraded, called;
    Task<> task = upgrade(*stream, wrap(role), upgraded);
    task.start([] {});
    ASSERT_TRUE(peer->send_raw("STARTTLS\n"));
    run_until([&] { return stream->connecting(); });
    stream->wait_for_handshake(called.callback());
    stream.reset();
    EXPECT_EQ(upgraded.calls, 0) << "never from a destructor";
    run_until([&] { return upgraded.calls == 1; });
    EXPECT_EQ(upgraded.code(), Code::kCancelled);
    idle();
    EXPECT_EQ(called.calls, 0);
    EXPECT_EQ(loop.armed_timers(), 0u);
  }
}

TEST_F(StartTLSTest, the_stream_may_be_closed_and_destroyed_in_its_callback) {
  for (Role role : kRoles) {
    for (bool destroys : {false, true}) {
      for (bool fails : {false, true}) {
        make_plain(role);
        int calls = 0;
        stream->start_tls(wrap(role), [&](absl::Status) {
          ++calls;
          destroys ? stream.reset() : stream->close();
        });
        if (fails) {
          ASSERT_TRUE(peer->send_raw("no TLS at all"));
        }
        run_until([&] {
          if (!fails) peer->handshake();
          return calls == 1;
        });
        idle();
        EXPECT_EQ(calls, 1);
        EXPECT_EQ(loop.armed_timers(), 0u);
      }
    }
  }
}

// Row 9.
TEST_F(StartTLSTest, close_during_the_handshake_cancels_it) {
  for (Role role : kRoles) {
    make_plain(role);
    StatusRecord upgraded;
    stream->start_tls(wrap(role), upgraded.callback());
    idle(3);
    stream->close();
    EXPECT_EQ(upgraded.calls, 0);
    run_until([&] { return closed.calls == 1; });
    EXPECT_EQ(upgraded.code(), Code::kCancelled);
    EXPECT_TRUE(peer->got_fin());
    EXPECT_EQ(loop.armed_timers(), 0u);
  }
}

}  // namespace
}  // namespace turbo::tls
