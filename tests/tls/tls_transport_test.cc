// TLS under a stream: what is cut, blocked, missing, too much or wrong below it, and what leaves.
#include "framework/tls/tls_transport.h"

#include <openssl/err.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>
#include <utility>

#include "tests/tls/certificate_factory.h"
#include "tests/tls/tls_stream_test.h"

namespace turbo::tls {
namespace {

// ---- the bytes below, cut and blocked at every place ----

// A handshake and an exchange between two streams, with trouble below each.
class Exchange {
 public:
  Exchange(IOLoop& loop, FaultPlan below_client, FaultPlan below_server, Version version) {
    MemoryPair ends = make_memory_pair(std::move(below_client), std::move(below_server), 4096);
    client_ = std::make_unique<IOStream>(
        std::make_unique<TLSTransport>(std::move(ends.a), client_engine(version)), &loop);
    server_ = std::make_unique<IOStream>(
        std::make_unique<TLSTransport>(std::move(ends.b), server_engine()), &loop);
    client_->set_close_callback([this](absl::Status status) { note(std::move(status)); });
    server_->set_close_callback([this](absl::Status status) { note(std::move(status)); });
    client_->write(pattern(kRequest));
    server_->read_bytes(kRequest, [this](absl::StatusOr<Buffer> request) { answer(request); });
    client_->read_until_close([this](absl::StatusOr<Buffer> answer) {
      if (answer.ok()) answer_ = answer->to_string();
    });
  }

  bool ended() const { return closes_ == 2; }
  void expect_whole() const {
    EXPECT_EQ(request_, pattern(kRequest));
    EXPECT_EQ(answer_, pattern(kAnswer));
    EXPECT_TRUE(cause_.ok()) << cause_;
    EXPECT_FALSE(session_of(*client_)->truncated());
  }

 private:
  static constexpr size_t kRequest = 700;
  static constexpr size_t kAnswer = 20000;  // two records

  void answer(absl::StatusOr<Buffer>& request) {
    if (!request.ok()) return;
    request_ = request->to_string();
    server_->write(pattern(kAnswer));
    // Not close(), whose close_notify is dropped where it would block (TLS-7).
    server_->shutdown_write();
  }
  void note(absl::Status status) {
    ++closes_;
    cause_.Update(status);
  }

  std::unique_ptr<IOStream> client_, server_;
  std::string request_, answer_;
  absl::Status cause_;
  int closes_ = 0;
};

class TLSCutTest : public testing::TestWithParam<Version> {
 protected:
  // How many calls each side makes below, by which faults are placed.
  std::pair<size_t, size_t> steps() {
    size_t client = 0, server = 0;
    run({.max_read = 500, .max_write = 500, .step_count = &client},
        {.max_read = 500, .max_write = 500, .step_count = &server});
    return {client, server};
  }
  void run(FaultPlan below_client, FaultPlan below_server) {
    Exchange exchange(loop, std::move(below_client), std::move(below_server), GetParam());
    ASSERT_TRUE(run_loop_until(loop, [&] { return exchange.ended(); }));
    exchange.expect_whole();
    EXPECT_EQ(loop.armed_timers(), 0u);
  }
  void at_every_step(const std::function<Fault(size_t)>& fault) {
    const auto [client, server] = steps();
    ASSERT_GT(client, 20u);
    for (size_t at = 1; at <= std::max(client, server); ++at) {
      SCOPED_TRACE(testing::Message() << "a fault at step " << at);
      const FaultPlan faulty{.max_read = 500, .max_write = 500, .faults = {fault(at)}};
      const FaultPlan good{.max_read = 500, .max_write = 500};
      run(faulty, good);
      run(good, faulty);
      if (HasFatalFailure()) return;
    }
  }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
};
INSTANTIATE_TEST_SUITE_P(Versions, TLSCutTest, testing::ValuesIn(kVersions),
                         [](const testing::TestParamInfo<Version>& info) {
                           return info.param == Version::kTLS12 ? "TLS12" : "TLS13";
                         });

// TLS-1, TLS-2.
TEST_P(TLSCutTest, ciphertext_cut_at_every_size_gives_the_same_bytes) {
  for (size_t size : {1, 2, 3, 5, 7, 11, 64, 333, 1000, 4095}) {
    SCOPED_TRACE(testing::Message() << "pieces of " << size);
    const FaultPlan cut{.max_read = size, .max_write = size};
    run(cut, cut);
    run(cut, {});
    run({}, cut);
  }
}

TEST_P(TLSCutTest, a_call_that_would_block_at_every_step_changes_nothing) {
  at_every_step([](size_t at) { return would_block_at(Step::kAny, at); });
}

// TLS-1: both directions are driven in every operation.
TEST_P(TLSCutTest, a_read_that_wants_to_write_at_every_step_changes_nothing) {
  at_every_step([](size_t at) { return would_block_at(Step::kRead, at, kWritable); });
}
TEST_P(TLSCutTest, a_write_that_wants_either_direction_at_every_step_changes_nothing) {
  at_every_step([](size_t at) { return would_block_at(Step::kWrite, at, kReadable | kWritable); });
}

TEST_P(TLSCutTest, an_interrupt_at_every_step_changes_nothing) {
  at_every_step([](size_t at) { return interrupt_at(Step::kAny, at); });
}

// ---- one direction wants the other ----

class TLSTransportTest : public TLSStreamTest {
 protected:
  // The number of calls below that a handshake takes.
  size_t steps_of_handshake(Role role, Step step) {
    make(role);
    return below->steps(step);
  }
  // Records in what has left, by their sizes; the peer does not see them any more.
  std::vector<size_t> take_records() {
    std::vector<size_t> sizes;
    std::string_view left = raw_ = peer->receive_raw();
    while (left.size() >= 5) {
      const size_t size = static_cast<uint8_t>(left[3]) << 8 | static_cast<uint8_t>(left[4]);
      sizes.push_back(size);
      left.remove_prefix(std::min(left.size(), 5 + size));
    }
    EXPECT_TRUE(left.empty());
    peer->feed(raw_);
    return sizes;
  }
  // What the peer sends when it changes its keys.
  std::string key_update(int kind) {
    EXPECT_EQ(SSL_key_update(peer->ssl(), kind), 1);
    EXPECT_EQ(SSL_do_handshake(peer->ssl()), 1);
    return peer->take_output();
  }
  std::string record_of(std::string_view text) {
    EXPECT_EQ(SSL_write(peer->ssl(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
    return peer->take_output();
  }

 private:
  std::string raw_;
};

// TLS-1, TLS-6: a write that has to read first waits for readability alone.
TEST_F(TLSTransportTest, a_write_that_wants_to_read_is_driven_by_readability_and_does_not_spin) {
  for (Role role : kRoles) {
    const size_t at = steps_of_handshake(role, Step::kWrite) + 1;
    make(role, {.plan = {.faults = {would_block_at(Step::kWrite, at, kReadable)}}});
    ReadRecord read;
    stream->write("hello");
    stream->read_bytes(5, read.callback());
    expect_sleeping();
    EXPECT_EQ(peer->receive(), "");
    ASSERT_TRUE(peer->send("go on"));
    EXPECT_EQ(receive(5), "hello");
    run_until([&] { return read.calls == 1; });
    EXPECT_EQ(read.data, "go on");
  }
}

// TLS-1.
TEST_F(TLSTransportTest, a_read_that_wants_to_write_is_driven_by_writability) {
  for (Role role : kRoles) {
    const size_t at = steps_of_handshake(role, Step::kRead) + 1;
    make(role, {.plan = {.faults = {would_block_at(Step::kRead, at, kWritable)}}});
    ReadRecord read;
    stream->read_bytes(5, read.callback());
    ASSERT_TRUE(peer->send("hello"));
    run_until([&] { return read.calls == 1; });
    EXPECT_EQ(read.data, "hello");
    expect_sleeping();
  }
}

// TLS-1, as TLS 1.3 does it: the peer demands new keys and the answer does not fit.
TEST_F(TLSTransportTest, a_read_that_has_to_answer_into_a_full_connection_loses_nothing) {
  for (Role role : kRoles) {
    make(role, {.version = Version::kTLS13, .capacity = 8192});
    const std::string sent = pattern(100000);
    StatusRecord written;
    ReadRecord read;
    stream->write(sent, written.callback());
    idle();
    EXPECT_EQ(written.calls, 0);
    stream->read_bytes(5, read.callback());
    std::string packet = key_update(SSL_KEY_UPDATE_REQUESTED);
    packet += record_of("hello");
    ASSERT_TRUE(peer->send_raw(packet));
    idle();
    const SpinGuard guard(loop);
    idle();
    EXPECT_EQ(guard.wakeups(), 0u) << "while the peer does not read";
    EXPECT_TRUE(receive(sent.size()) == sent);
    run_until([&] { return read.calls == 1 && written.calls == 1; });
    EXPECT_EQ(read.data, "hello");
    EXPECT_TRUE(written.ok()) << written.status;
    stream->write("after");
    EXPECT_EQ(receive(5), "after");
  }
}

// TLS-6, tornado #2373: data queued before the handshake wants no writability while the peer is
// silent.
TEST_F(TLSTransportTest, output_queued_before_the_handshake_does_not_spin) {
  for (Role role : kRoles) {
    begin(role);
    stream->write("early");
    stream->write("too", [](absl::Status) {});
    ReadRecord read;
    stream->read_bytes(2, read.callback());
    idle(5);
    EXPECT_EQ(below->watched() & kWritable, 0u);
    expect_sleeping();
    EXPECT_TRUE(stream->writing());
    finish_handshake();
    EXPECT_EQ(receive(8), "earlytoo");
    ASSERT_TRUE(peer->send("ok"));
    run_until([&] { return read.calls == 1; });
    EXPECT_EQ(read.data, "ok");
  }
}

// TLS-6: nor is the end of the peer's bytes, while ours do not fit, a reason to try again and
// again.
TEST_F(TLSTransportTest, a_peer_that_sends_fin_and_reads_nothing_does_not_make_a_handshake_spin) {
  begin(Role::kServer, {.capacity = 500});
  peer->handshake();
  peer->finish_without_notice();
  expect_sleeping();
  EXPECT_TRUE(stream->connecting());
  clock.advance(std::chrono::seconds(10));
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(closed.code(), Code::kDeadlineExceeded);
}

// A half-open stream whose peer has said close_notify and then goes away: OpenSSL calls the failed
// write an end, too.
TEST_F(TLSTransportTest, a_write_that_fails_after_the_peers_close_notify_ends_the_stream) {
  for (Version version : kVersions) {
    make(Role::kServer,
         {.version = version, .stream = {.allow_half_open = true}, .capacity = 1000});
    ReadRecord end;
    StatusRecord written;
    stream->read_bytes(1, end.callback());
    peer->finish();
    run_until([&] { return end.calls == 1; });
    stream->write(pattern(100000), written.callback());
    idle(3);
    EXPECT_EQ(written.calls, 0);
    peer->close();
    run_until([&] { return written.calls == 1; });
    EXPECT_EQ(written.code(), Code::kUnavailable) << written.status;
    run_until([&] { return closed.calls == 1; });
    closed = {};
  }
}

// ---- handshakes that come to nothing ----

class TLSFailureTest : public TLSStreamTest {
 protected:
  // Everything there is to wait with.
  void wait_with_everything() {
    stream->wait_for_handshake(handshake_.callback());
    stream->read_until("\n", read_.callback());
    stream->write("secret", written_.callback());
    EXPECT_EQ(handshake_.calls, 0) << "never inside the call";
  }
  // One shape for every cause (TLS-5).
  void expect_failure(Code code, std::string_view reason) {
    run_until([&] { return closed.calls == 1; });
    for (const absl::Status& status :
         {handshake_.status, read_.status, written_.status, closed.status, stream->error()}) {
      EXPECT_EQ(status.code(), code) << status;
      EXPECT_NE(std::string(status.message()).find(reason), std::string::npos) << status;
    }
    EXPECT_EQ(handshake_.calls + read_.calls + written_.calls, 3);
    EXPECT_TRUE(stream->closed());
    EXPECT_TRUE(peer->got_fin()) << "the descriptor is closed";
    EXPECT_EQ(peer->receive(), "") << "nothing of the application's has left";
    EXPECT_FALSE(session().truncated());
    EXPECT_EQ(session().protocol(), "");
    idle(3);
    EXPECT_EQ(loop.armed_timers(), 0u);
    handshake_ = written_ = closed = {};
    read_ = {};
  }

  StatusRecord handshake_, written_;
  ReadRecord read_;
};

// TLS-5, tornado #3684.
TEST_F(TLSFailureTest, a_handshake_past_its_deadline_fails_what_waits) {
  for (Role role : kRoles) {
    begin(role, {.tls = {.handshake_timeout = std::chrono::seconds(4)}});
    wait_with_everything();
    idle();
    clock.advance(std::chrono::milliseconds(3999));
    idle();
    EXPECT_EQ(handshake_.calls, 0);
    clock.advance(std::chrono::milliseconds(1));
    expect_failure(Code::kDeadlineExceeded, "TLS handshake");
  }
}

// TLS-5: a peer that sends a byte now and then gains no time.
TEST_F(TLSFailureTest, the_deadline_holds_for_a_peer_that_dribbles) {
  begin(Role::kServer);
  wait_with_everything();
  for (int i = 0; i < 9; ++i) {
    ASSERT_TRUE(peer->send_raw(std::string(1, "\x16\x03\x01\x01\x00\x01\x00\x00\xfc"[i])));
    idle(3);
    clock.advance(std::chrono::seconds(1));
  }
  idle(3);
  EXPECT_EQ(handshake_.calls, 0);
  clock.advance(std::chrono::seconds(1));
  expect_failure(Code::kDeadlineExceeded, "TLS handshake");
}

// A peer that goes away at any byte of its part.
TEST_F(TLSFailureTest, a_peer_that_ends_in_mid_handshake_fails_it) {
  for (Role role : kRoles) {
    for (size_t bytes : {0, 1, 4, 5, 50, 150}) {
      SCOPED_TRACE(bytes);
      begin(role);
      wait_with_everything();
      idle(3);
      peer->feed(peer->receive_raw());
      SSL_do_handshake(peer->ssl());
      const std::string flight = peer->take_output();
      ASSERT_GT(flight.size(), 150u);
      ASSERT_TRUE(bytes == 0 || peer->send_raw(flight.substr(0, bytes)));
      peer->finish_without_notice();
      expect_failure(Code::kUnavailable, "the peer ended the connection");
    }
  }
}

TEST_F(TLSFailureTest, a_reset_in_mid_handshake_fails_it) {
  for (Role role : kRoles) {
    begin(role);
    wait_with_everything();
    idle(3);
    peer->reset();
    run_until([&] { return closed.calls == 1; });
    EXPECT_EQ(handshake_.code(), Code::kUnavailable);
    EXPECT_EQ(stream->error(), handshake_.status);
    handshake_ = written_ = closed = {};
    read_ = {};
  }
}

TEST_F(TLSFailureTest, what_is_no_handshake_fails_it) {
  for (Role role : kRoles) {
    for (const std::string& bytes :
         {std::string("garbage garbage garbage\n"), std::string(300, '\0'),
          std::string(300, '\xff'), std::string("\x16\x03\x01\x00\x04\xff\xff\xff\xff", 9)}) {
      begin(role);
      wait_with_everything();
      idle(3);
      ASSERT_TRUE(peer->send_raw(bytes));
      expect_failure(Code::kUnavailable, "TLS handshake");
    }
  }
}

// iostream.md section 4: plain HTTP sent to a TLS port is answered by a close.
TEST_F(TLSFailureTest, plain_http_sent_to_a_server_is_named) {
  begin(Role::kServer);
  wait_with_everything();
  ASSERT_TRUE(peer->send_raw("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  expect_failure(Code::kUnavailable, "the client speaks plain HTTP");
}

TEST_F(TLSFailureTest, an_engine_that_could_not_be_made_fails_the_handshake) {
  begin(absl::InvalidArgumentError("no such name"), Role::kClient);
  wait_with_everything();
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(handshake_.code(), Code::kInvalidArgument);
  EXPECT_EQ(session().protocol(), "");
  EXPECT_FALSE(session().peer_certificate().has_value());
}

// TLS-4: whom the client does not trust gets nothing.
class TLSTrustTest : public TLSFailureTest {
 protected:
  void expect_refused(const Issued& server, std::string_view reason) {
    ServerOptions options;
    options.certificates = {server.certificate()};
    auto context = ServerContext::create(std::move(options));
    ASSERT_TRUE(context.ok()) << context.status();
    auto client = ClientContext::create({.ca_file = folder_.write("ca.pem", root_.pem())});
    ASSERT_TRUE(client.ok()) << client.status();

    begin((*client)->new_engine("example.org"), Role::kClient);
    peer = std::make_unique<TLSPeer>((*context)->new_engine(), take_end());
    wait_with_everything();
    for (int i = 0; i < 10; ++i) {
      peer->handshake();
      idle(3);
    }
    expect_failure(Code::kUnauthenticated, reason);
  }

  Issued root_ = Issued::root();

 private:
  std::unique_ptr<MemoryTransport> take_end() { return peer->take_memory(); }

  TempFolder folder_;
};

TEST_F(TLSTrustTest, a_certificate_for_another_name_is_refused) {
  expect_refused(root_.leaf("example.com"), "hostname mismatch");
}
TEST_F(TLSTrustTest, a_certificate_of_an_unknown_authority_is_refused) {
  expect_refused(Issued::root("stranger").leaf("example.org"), "certificate");
}
TEST_F(TLSTrustTest, an_expired_certificate_is_refused) {
  expect_refused(
      root_.issue({.dns = {"example.org"}, .valid_from = -2 * kHour, .valid_to = -kHour}),
      "expired");
}

// ---- ends (TLS-7) ----

TEST_F(TLSTransportTest, close_says_close_notify) {
  for (Role role : kRoles) {
    make(role);
    stream->close();
    EXPECT_TRUE(peer->got_close_notify()) << "before close() returns";
    EXPECT_TRUE(peer->got_fin());
    make(role);
    stream.reset();
    EXPECT_TRUE(peer->at_end()) << "destroying it is closing it";
  }
}

TEST_F(TLSTransportTest, shutdown_write_says_close_notify_behind_the_output) {
  for (Role role : kRoles) {
    for (Version version : kVersions) {
      make(role, {.version = version, .capacity = 4096});
      const std::string sent = pattern(50000);
      stream->write(sent);
      stream->shutdown_write();
      std::string got;
      run_until([&] {
        got += peer->receive();
        return got.size() == sent.size() && peer->at_end();
      });
      EXPECT_TRUE(got == sent);
      expect_sleeping();
      // The other direction lives.
      ReadRecord read;
      stream->read_bytes(3, read.callback());
      ASSERT_TRUE(peer->send("yes"));
      run_until([&] { return read.calls == 1; });
      EXPECT_EQ(read.data, "yes");
      peer->finish();
      run_until([&] { return stream->closed(); });
      EXPECT_TRUE(stream->error().ok()) << stream->error();
      EXPECT_FALSE(session().truncated());
    }
  }
}

// A connection that takes the data but not the alert behind it.
TEST_F(TLSTransportTest, a_close_notify_that_does_not_fit_leaves_when_there_is_room) {
  for (Role role : kRoles) {
    const size_t at = steps_of_handshake(role, Step::kWrite) + 2;
    make(role, {.plan = {.faults = {would_block_at(Step::kWrite, at)}}});
    stream->write("last words");
    stream->shutdown_write();
    EXPECT_EQ(receive(10), "last words");
    run_until([&] { return peer->at_end(); });
    expect_sleeping();
    ReadRecord read;
    stream->read_bytes(3, read.callback());
    ASSERT_TRUE(peer->send("yes"));
    run_until([&] { return read.calls == 1; });
    EXPECT_EQ(read.data, "yes");
  }
}

TEST_F(TLSTransportTest, only_an_end_without_close_notify_is_truncated) {
  for (Version version : kVersions) {
    for (bool notice : {false, true}) {
      make(Role::kServer, {.version = version});
      ReadRecord all;
      stream->read_until_close(all.callback());
      ASSERT_TRUE(peer->send("all there is"));
      notice ? peer->finish() : peer->finish_without_notice();
      run_until([&] { return closed.calls == 1; });
      EXPECT_TRUE(all.ok()) << all.status;
      EXPECT_EQ(all.data, "all there is");
      EXPECT_TRUE(closed.status.ok()) << closed.status << ": truncation informs, no more";
      EXPECT_EQ(session().truncated(), !notice);
      closed = {};
    }
  }
}

TEST_F(TLSTransportTest, an_end_inside_a_record_is_truncated) {
  make(Role::kServer);
  ReadRecord all;
  stream->read_until_close(all.callback());
  const std::string whole = record_of("first"), half = record_of("second");
  ASSERT_TRUE(peer->send_raw(whole + half.substr(0, half.size() / 2)));
  peer->finish_without_notice();
  run_until([&] { return closed.calls == 1; });
  EXPECT_EQ(all.data, "first");
  EXPECT_TRUE(session().truncated());
}

// A record that was changed on its way.
TEST_F(TLSTransportTest, a_bad_record_ends_the_stream_with_the_reason) {
  make(Role::kServer);
  ReadRecord first, second;
  stream->read_bytes(5, first.callback());
  std::string packet = record_of("right");
  packet += record_of("wrong");
  packet.back() ^= 1;
  ASSERT_TRUE(peer->send_raw(packet));
  run_until([&] { return first.calls == 1 || stream->closed(); });
  stream->read_bytes(5, second.callback());
  run_until([&] { return second.calls == 1; });
  EXPECT_EQ(second.code(), Code::kUnavailable) << second.status;
  EXPECT_TRUE(stream->closed());
}

// ---- records ----

// TLS-3: what OpenSSL has already is read though no readiness announces it.
TEST_F(TLSTransportTest, many_records_in_one_packet_are_delivered_with_one_wake_up) {
  for (Version version : kVersions) {
    make(Role::kServer, {.version = version, .stream = {.read_chunk_size = 100}});
    std::string packet, expected;
    for (int i = 0; i < 500; ++i) {
      expected += std::to_string(i) + ";";
      packet += record_of(std::to_string(i) + ";");
    }
    ReadRecord read;
    stream->read_bytes(expected.size(), read.callback());
    const SpinGuard guard(loop);
    ASSERT_TRUE(peer->send_raw(packet));
    run_until([&] { return read.calls == 1; });
    EXPECT_EQ(read.data, expected);
    EXPECT_LE(guard.wakeups(), 1u);
  }
}

// TLS-3: one read after the other, none of which the poller announces.
TEST_F(TLSTransportTest, reads_smaller_than_a_record_need_no_readiness) {
  make(Role::kServer, {.stream = {.read_chunk_size = 10}});
  ASSERT_TRUE(peer->send(pattern(10000)));
  std::string got;
  std::function<void()> next = [&] {
    stream->read_bytes(10, [&](absl::StatusOr<Buffer> piece) {
      ASSERT_TRUE(piece.ok());
      got += piece->to_string();
      if (got.size() < 10000) next();
    });
  };
  next();
  run_until([&] { return got.size() == 10000; });
  EXPECT_EQ(got, pattern(10000));
}

TEST_F(TLSTransportTest, the_small_writes_of_a_turn_leave_as_one_record_and_one_send) {
  for (Version version : kVersions) {
    make(Role::kServer, {.version = version});
    const size_t before = below->steps(Step::kWrite);
    std::string expected;
    for (int i = 0; i < 100; ++i) {
      expected += std::to_string(i) + ";";
      stream->write(std::to_string(i) + ";");
    }
    run_until([&] { return !stream->writing(); });
    EXPECT_EQ(below->steps(Step::kWrite) - before, 1u);
    EXPECT_EQ(take_records().size(), 1u);
    EXPECT_EQ(peer->receive(), expected);
  }
}

// Blocks of their own, small and large, are gathered and cut, too.
TEST_F(TLSTransportTest, small_blocks_are_gathered_into_records) {
  make(Role::kServer, {.capacity = 1 << 20});
  std::string expected;
  for (int i = 0; i < 60; ++i) {
    stream->write(Buffer::from_string(pattern(600)));
    expected += pattern(600);
  }
  run_until([&] { return !stream->writing(); });
  EXPECT_EQ(take_records().size(), 3u) << "36,000 bytes";
  EXPECT_EQ(peer->receive(), expected);
}

TEST_F(TLSTransportTest, a_large_block_is_cut_into_records_of_16_KiB) {
  make(Role::kServer, {.capacity = 1 << 20});
  const std::string sent = pattern(100000);
  stream->write(Buffer::from_string(sent));
  run_until([&] { return !stream->writing(); });
  const std::vector<size_t> records = take_records();
  ASSERT_EQ(records.size(), 7u);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(records[i], 16384 + records[6] - 100000 % 16384);
  EXPECT_TRUE(peer->receive() == sent);
}

TEST_F(TLSTransportTest, a_file_is_sent_between_writes) {
  make(Role::kServer, {.capacity = 30000});
  const std::string content = pattern(200000);
  FILE* file = std::tmpfile();
  ASSERT_EQ(std::fwrite(content.data(), 1, content.size(), file), content.size());
  std::fflush(file);
  stream->write("head ");
  stream->write_file(::fileno(file), 1000, 150000);
  stream->write(" tail");
  std::fclose(file);
  const std::string expected = "head " + content.substr(1000, 150000) + " tail";
  EXPECT_TRUE(receive(expected.size()) == expected);
}

TEST_F(TLSTransportTest, both_sides_may_change_their_keys) {
  make(Role::kServer, {.version = Version::kTLS13});
  for (int i = 0; i < 50; ++i) {
    for (int kind : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
      ASSERT_TRUE(peer->send_raw(key_update(kind)));
      ReadRecord read;
      stream->read_bytes(4, read.callback());
      ASSERT_TRUE(peer->send("ping"));
      run_until([&] { return read.calls == 1; });
      stream->write("pong");
      EXPECT_EQ(receive(4), "pong");
    }
  }
  EXPECT_EQ(peer->error(), "");
}

// TLS 1.2: nobody renegotiates.
TEST_F(TLSTransportTest, a_renegotiation_is_refused_and_the_stream_goes_on) {
  make(Role::kServer, {.version = Version::kTLS12});
  SSL_clear_options(peer->ssl(), SSL_OP_NO_RENEGOTIATION);
  ReadRecord read;
  stream->read_bytes(4, read.callback());
  ASSERT_EQ(SSL_renegotiate(peer->ssl()), 1);
  EXPECT_NE(SSL_do_handshake(peer->ssl()), 1);
  ASSERT_TRUE(peer->send_raw(peer->take_output()));
  idle();
  EXPECT_EQ(take_records().size(), 1u) << "the refusal";
  EXPECT_EQ(read.calls, 0);
  EXPECT_FALSE(stream->closed());
  expect_sleeping();
}

// Records without bytes, without end: the loop is not held, and the stream ends. Records of 65
// bytes fill OpenSSL's buffer but for less than a header, so it would read on by itself.
TEST_F(TLSTransportTest, a_flood_of_records_without_bytes_is_bounded) {
  for (size_t padded_to : {1, 44}) {
    SCOPED_TRACE(padded_to);
    make(Role::kServer, {.version = Version::kTLS13});
    ASSERT_EQ(SSL_set_block_padding(peer->ssl(), padded_to), 1);
    ReadRecord read;
    stream->read_bytes(1, read.callback());
    std::string few, flood;
    for (int i = 0; i < 20; ++i) few += key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
    EXPECT_EQ(few.size(), 20u * (padded_to == 1 ? 27 : 65));
    while (flood.size() < (3u << 19)) flood += key_update(SSL_KEY_UPDATE_NOT_REQUESTED);
    ASSERT_TRUE(peer->send_raw(few));
    idle();
    EXPECT_FALSE(stream->closed());
    const size_t before = below->steps(Step::kRead);
    ASSERT_TRUE(peer->send_raw(flood));
    loop.run_once();
    EXPECT_LE(below->steps(Step::kRead) - before, 4u) << "of 90 that the flood would take";
    run_until([&] { return stream->closed(); });
    EXPECT_EQ(read.code(), Code::kUnavailable) << read.status;
    EXPECT_EQ(std::string(read.status.message()), "TLS: too many records without data");
  }
}

// The same before anybody is known: a hello cut into as many records as it has bytes.
TEST_F(TLSTransportTest, a_hello_in_single_bytes_does_not_hold_the_loop) {
  begin(Role::kServer);
  const std::string protocols = [] {
    std::string list;
    while (list.size() < 60000) list += std::string(1, char(250)) + std::string(250, 'p');
    return list + std::string("\x08http/1.1");
  }();
  const auto* bytes = reinterpret_cast<const unsigned char*>(protocols.data());
  ASSERT_EQ(SSL_set_alpn_protos(peer->ssl(), bytes, static_cast<unsigned>(protocols.size())), 0);
  SSL_do_handshake(peer->ssl());
  const std::string sent = peer->take_output();
  std::string cut;
  for (size_t at = 0; at < sent.size();) {
    const size_t size =
        static_cast<uint8_t>(sent[at + 3]) << 8 | static_cast<uint8_t>(sent[at + 4]);
    for (size_t i = 0; i < size; ++i) {
      cut += sent.substr(at, 3) + std::string("\0\1", 2) + sent[at + 5 + i];
    }
    at += 5 + size;
  }
  EXPECT_GT(cut.size(), size_t{300} << 10);
  ASSERT_TRUE(peer->send_raw(cut));
  loop.run_once();
  EXPECT_LE(below->steps(Step::kRead), 4u) << "of 22 that it takes";
  run_until([&] { return peer->handshake() && !stream->connecting(); });
}

// A socket that epoll has no room for: nothing will ever be told of it.
class Unwatchable final : public Transport {
 public:
  void attach(IOLoop&, EventHandler& handler) override { handler_ = &handler; }
  void watch(uint32_t events) override {
    if (events != kNoEvents) handler_->on_events(kError);
  }
  IOResult read(std::span<char>) override { return IOResult::would_block(kReadable); }
  IOResult write(std::span<const iovec> pieces) override {
    return IOResult::moved(pieces[0].iov_len);
  }
  IOResult send_file(int, off_t, size_t) override { return IOResult::would_block(kWritable); }
  absl::Status connect(const Address&, const Address*) override { return absl::OkStatus(); }
  absl::Status connect_result() override { return absl::ResourceExhaustedError("no room"); }
  absl::Status shutdown_write() override { return absl::OkStatus(); }
  void close() override {}
  int fd() const override { return -1; }
  Address local_address() const override { return {}; }
  Address peer_address() const override { return {}; }

 private:
  EventHandler* handler_ = nullptr;
};

TEST_F(TLSTransportTest, a_descriptor_that_the_poller_refuses_fails_the_handshake) {
  for (const Role role : kRoles) {
    HandshakePacer pacer(loop);
    for (HandshakePacer* paced : {static_cast<HandshakePacer*>(nullptr), &pacer}) {
      IOStream refused(
          std::make_unique<TLSTransport>(std::make_unique<Unwatchable>(), engine_for(role),
                                         Buffer(), TLSTransportOptions{.pacer = paced}),
          &loop);
      StatusRecord handshake;
      refused.wait_for_handshake(handshake.callback());
      run_until([&] { return handshake.calls == 1; });
      EXPECT_EQ(handshake.code(), Code::kResourceExhausted) << handshake.status;
      EXPECT_TRUE(refused.closed());
    }
    EXPECT_EQ(pacer.unfinished(), 0u);
  }
}

// ---- many connections on one thread ----

// OpenSSL keeps its errors per thread: those of one connection must not end another.
TEST_F(TLSTransportTest, a_failing_connection_leaves_its_neighbours_alone) {
  constexpr int kGood = 20;
  std::vector<StreamPair> good;
  std::vector<int> rounds(kGood);
  std::vector<std::function<void()>> again(kGood);
  for (int i = 0; i < kGood; ++i) {
    good.push_back(make_stream_pair(i % 2 == 0 ? StreamKind::kTLS13 : StreamKind::kTLS12, loop));
    again[i] = [&, i] {
      good[i].a->write("ping");
      good[i].b->read_bytes(4, [&, i](absl::StatusOr<Buffer> ping) {
        ASSERT_TRUE(ping.ok()) << ping.status();
        // What somebody else's use of OpenSSL leaves behind.
        ERR_put_error(ERR_LIB_SSL, 0, SSL_R_BAD_LENGTH, __FILE__, __LINE__);
        if (++rounds[i] < 50) again[i]();
      });
    };
    again[i]();
  }
  int failures = 0;
  run_until([&] {
    begin(Role::kServer);
    peer->send_raw(failures % 2 == 0 ? "garbage garbage"
                                     : std::string("\x16\x03\x01\x00\x02\x01\x00", 7));
    loop.run_once();
    ++failures;
    return std::all_of(rounds.begin(), rounds.end(), [](int n) { return n == 50; });
  });
  EXPECT_GT(failures, 50);
  for (const StreamPair& pair : good) {
    EXPECT_TRUE(pair.a->error().ok()) << pair.a->error();
    EXPECT_TRUE(pair.b->error().ok()) << pair.b->error();
  }
  ERR_clear_error();
}

}  // namespace
}  // namespace turbo::tls
