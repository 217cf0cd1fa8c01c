#include "framework/net/connector.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "framework/net/listener.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/spin_guard.h"
#include "framework/testing/stream_pair.h"

namespace turbo {
namespace {

using std::chrono::milliseconds;

// A network made of socket pairs: each attempt's outcome is the test's to choose. A full pair is
// not writable, so the attempt hangs; emptied it succeeds; its peer closed with bytes unread, it
// fails.
class FakeNetwork {
 public:
  // Attempts to `peer` fail inside the call that starts them.
  void refuse_at_once(const Address& peer) { refused_.push_back(peer); }

  auto starter() {
    return [this](const Address& peer, const Address*) -> absl::StatusOr<UniqueFd> {
      started.push_back(peer);
      for (const Address& refused : refused_) {
        if (refused == peer) return absl::UnavailableError("refused at once");
      }
      FdPair pair = make_fd_pair(PairKind::kUnix);
      const std::string filler(65536, 'x');
      while (::write(pair.a.get(), filler.data(), filler.size()) > 0) {
      }
      // So that a close of the far end is a reset.
      EXPECT_EQ(::write(pair.b.get(), "x", 1), 1);
      far_ends_.push_back(std::move(pair.b));
      return std::move(pair.a);
    };
  }

  void succeed(size_t attempt) {
    char room[65536];
    while (::read(far_ends_[attempt].get(), room, sizeof(room)) > 0) {
    }
  }
  void fail(size_t attempt) { far_ends_[attempt].reset(); }
  // True when the connector has closed this attempt's socket.
  bool abandoned(size_t attempt) {
    char room[65536];
    for (;;) {
      const ssize_t got = ::read(far_ends_[attempt].get(), room, sizeof(room));
      if (got <= 0) return got == 0 || errno == ECONNRESET;
    }
  }

  std::vector<Address> started;

 private:
  std::vector<Address> refused_;
  std::vector<UniqueFd> far_ends_;
};

class ConnectorTest : public testing::Test {
 protected:
  void connect(std::vector<Address> addresses) {
    ConnectorOptions options;
    options.start = network.starter();
    options.deadline = std::chrono::seconds(10);
    connector = std::make_unique<Connector>(loop, addresses, std::move(options), callback());
  }
  void connect_expecting_the_rest(std::vector<Address> addresses) {
    ConnectorOptions options;
    options.start = network.starter();
    options.deadline = std::chrono::seconds(10);
    options.rest_expected = true;
    connector = std::make_unique<Connector>(loop, addresses, std::move(options), callback());
  }
  Connector::ResultCallback callback() {
    return [this](absl::StatusOr<UniqueFd> result) {
      ++calls;
      socket = std::move(result);
    };
  }
  void turn() { run_loop_idle(loop, 5); }
  void pass(Duration time) {
    clock.advance(time);
    turn();
  }
  static Address v4(uint16_t port) { return Address::loopback_ipv4(port); }
  static Address v6(uint16_t port) { return Address::loopback_ipv6(port); }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
  FakeNetwork network;
  std::unique_ptr<Connector> connector;
  int calls = 0;
  absl::StatusOr<UniqueFd> socket;
};

// RFC 8305 section 4.
TEST_F(ConnectorTest, families_take_turns_and_keep_their_order) {
  EXPECT_EQ(interleave_families(std::vector<Address>{v6(1), v6(2), v4(3), v4(4), v4(5)}),
            (std::vector<Address>{v6(1), v4(3), v6(2), v4(4), v4(5)}));
  EXPECT_EQ(interleave_families(std::vector<Address>{v4(1), v6(2)}),
            (std::vector<Address>{v4(1), v6(2)}));
  EXPECT_TRUE(interleave_families({}).empty());
}

// 11.4 immediate_success; IOS-4: later, once.
TEST_F(ConnectorTest, immediate_success) {
  connect({v4(1), v6(2)});
  network.succeed(0);
  EXPECT_EQ(calls, 0);
  turn();
  ASSERT_EQ(calls, 1);
  EXPECT_TRUE(socket.ok());
  EXPECT_EQ(network.started, std::vector<Address>{v4(1)});
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// 11.4 immediate_failure.
TEST_F(ConnectorTest, immediate_failure) {
  network.refuse_at_once(v4(1));
  connect({v4(1)});
  EXPECT_EQ(calls, 0) << "never inside the constructor";
  turn();
  ASSERT_EQ(calls, 1);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// 11.4 one_family_second_try: a failure starts the next at once, without waiting for the stagger.
TEST_F(ConnectorTest, one_family_second_try) {
  connect({v4(1), v4(2)});
  turn();
  network.fail(0);
  turn();
  EXPECT_EQ(network.started.size(), 2u);
  network.succeed(1);
  turn();
  EXPECT_TRUE(socket.ok());
}

// 11.4 one_family_second_try_failure.
TEST_F(ConnectorTest, one_family_second_try_failure) {
  connect({v4(1), v4(2)});
  turn();
  network.fail(0);
  turn();
  network.fail(1);
  turn();
  ASSERT_EQ(calls, 1);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kUnavailable);
}

// 11.4 one_family_second_try_timeout; RFC 8305 section 5: the second starts beside the first after
// 250 ms.
TEST_F(ConnectorTest, the_second_attempt_starts_beside_a_slow_first) {
  connect({v4(1), v4(2), v4(3)});
  pass(milliseconds(249));
  EXPECT_EQ(network.started.size(), 1u);
  pass(milliseconds(1));
  EXPECT_EQ(network.started.size(), 2u);
  pass(milliseconds(250));
  EXPECT_EQ(network.started.size(), 3u);
  network.succeed(1);
  turn();
  EXPECT_TRUE(socket.ok());
  EXPECT_TRUE(network.abandoned(0));
  EXPECT_TRUE(network.abandoned(2));
}

// 11.4 two_families_immediate_failure, two_families_timeout.
TEST_F(ConnectorTest, two_families_immediate_failure) {
  network.refuse_at_once(v6(1));
  connect({v6(1), v6(2), v4(3)});
  EXPECT_EQ(network.started, (std::vector<Address>{v6(1), v4(3)}));
  network.succeed(0);
  turn();
  EXPECT_TRUE(socket.ok());
}

// 11.4 success_after_timeout: the first to finish wins, also when it was the first to start.
TEST_F(ConnectorTest, success_after_timeout) {
  connect({v6(1), v4(2)});
  pass(milliseconds(250));
  EXPECT_EQ(network.started.size(), 2u);
  network.succeed(0);
  turn();
  EXPECT_TRUE(socket.ok());
  EXPECT_TRUE(network.abandoned(1));
}

// 11.4 all_fail: the last cause is told.
TEST_F(ConnectorTest, all_fail) {
  network.refuse_at_once(v4(2));
  connect({v6(1), v4(2), v6(3)});
  pass(milliseconds(250));
  EXPECT_EQ(network.started.size(), 3u);
  network.fail(0);
  turn();
  EXPECT_EQ(calls, 0) << "one is still under way";
  network.fail(1);
  turn();
  ASSERT_EQ(calls, 1);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(socket.status().message()).find("[::1]:3"), std::string::npos)
      << socket.status();
}

// 11.4 connect_timeout family: before any answer, with several under way, after a failure.
TEST_F(ConnectorTest, connect_timeout) {
  connect({v4(1), v6(2), v4(3)});
  pass(milliseconds(250));
  network.fail(0);
  turn();
  pass(milliseconds(9749));
  EXPECT_EQ(calls, 0);
  pass(milliseconds(1));
  ASSERT_EQ(calls, 1);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(network.abandoned(1));
  EXPECT_TRUE(network.abandoned(2));
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// 11.4 success_after_connect_timeout: too late is too late.
TEST_F(ConnectorTest, a_success_after_the_deadline_changes_nothing) {
  connect({v4(1)});
  pass(std::chrono::seconds(10));
  network.succeed(0);
  turn();
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(socket.ok());
}

TEST_F(ConnectorTest, no_addresses_is_an_error_of_the_argument) {
  connect({});
  EXPECT_EQ(calls, 0);
  turn();
  ASSERT_EQ(calls, 1);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kInvalidArgument);
}

// RFC 8305 section 3: what is looked up later joins the race, its family next.
TEST_F(ConnectorTest, the_rest_of_the_addresses_joins_the_race) {
  connect_expecting_the_rest({v4(1), v4(2)});
  pass(milliseconds(100));
  connector->add_rest(std::vector<Address>{v6(3), v6(4)});
  EXPECT_EQ(network.started, std::vector<Address>{v4(1)}) << "the stagger holds for it, too";
  pass(milliseconds(150));
  EXPECT_EQ(network.started, (std::vector<Address>{v4(1), v6(3)}));
  pass(milliseconds(250));
  pass(milliseconds(250));
  EXPECT_EQ(network.started, (std::vector<Address>{v4(1), v6(3), v4(2), v6(4)}));
  network.succeed(1);
  turn();
  EXPECT_TRUE(socket.ok());
}

TEST_F(ConnectorTest, a_rest_that_comes_after_the_stagger_starts_at_once) {
  connect_expecting_the_rest({v4(1)});
  pass(milliseconds(250));
  connector->add_rest(std::vector<Address>{v6(2)});
  EXPECT_EQ(network.started, (std::vector<Address>{v4(1), v6(2)}));
}

TEST_F(ConnectorTest, no_failure_is_told_before_the_rest_has_come) {
  connect_expecting_the_rest({v4(1)});
  turn();
  network.fail(0);
  pass(milliseconds(1000));
  EXPECT_EQ(calls, 0);
  connector->add_rest({});
  turn();
  ASSERT_EQ(calls, 1);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ConnectorTest, a_rest_that_comes_after_the_outcome_changes_nothing) {
  connect_expecting_the_rest({v4(1)});
  pass(std::chrono::seconds(10));
  ASSERT_EQ(calls, 1);
  connector->add_rest(std::vector<Address>{v6(2)});
  turn();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(network.started, std::vector<Address>{v4(1)});
  EXPECT_EQ(loop.armed_timers(), 0u);
}

// Cancelled by destruction, at every stage: the callback dies uncalled, the sockets close.
TEST_F(ConnectorTest, destroying_the_connector_cancels) {
  connect({v4(1), v6(2)});
  pass(milliseconds(250));
  connector.reset();
  EXPECT_TRUE(network.abandoned(0));
  EXPECT_TRUE(network.abandoned(1));
  EXPECT_EQ(loop.armed_timers(), 0u);
  turn();
  EXPECT_EQ(calls, 0);
}

TEST_F(ConnectorTest, destroying_the_connector_drops_a_result_not_yet_delivered) {
  network.refuse_at_once(v4(1));
  connect({v4(1)});
  connector.reset();
  turn();
  EXPECT_EQ(calls, 0);
}

// E28.
TEST_F(ConnectorTest, the_callback_may_destroy_the_connector) {
  ConnectorOptions options;
  options.start = network.starter();
  connector = std::make_unique<Connector>(loop, std::vector<Address>{v4(1), v4(2)},
                                          std::move(options), [&](absl::StatusOr<UniqueFd> result) {
                                            ++calls;
                                            socket = std::move(result);
                                            connector.reset();
                                          });
  network.succeed(0);
  turn();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(connector, nullptr);
}

TEST_F(ConnectorTest, waiting_does_not_spin) {
  connect({v4(1), v6(2)});
  turn();
  const SpinGuard guard(loop);
  run_loop_idle(loop);
  EXPECT_EQ(guard.wakeups(), 0u);
}

// ---- real sockets ----

class ConnectorSocketTest : public ConnectorTest {
 protected:
  void connect_for_real(std::vector<Address> addresses, ConnectorOptions options = {}) {
    connector = std::make_unique<Connector>(loop, addresses, std::move(options), callback());
    ASSERT_TRUE(run_loop_until(loop, [&] { return calls == 1; }));
  }
};

// 11.4 refused and ok, over loopback: a refused address is passed over.
TEST_F(ConnectorSocketTest, a_refused_address_is_passed_over) {
  UniqueFd listener = *listen_on(v4(0));
  const uint16_t port = socket_name(listener.get()).port();
  UniqueFd gone = *listen_on(v4(0));
  const uint16_t refusing = socket_name(gone.get()).port();
  gone.reset();
  connect_for_real({v4(refusing), v4(port)});
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(peer_name(socket->get()), v4(port));
}

// IOS-40: source bind; addresses of another family are left out.
TEST_F(ConnectorSocketTest, a_source_binds_and_chooses_the_family) {
  UniqueFd listener = *listen_on(v4(0));
  const uint16_t port = socket_name(listener.get()).port();
  ConnectorOptions options;
  options.source = *Address::parse("127.0.0.3", 0);
  connect_for_real({v6(port), v4(port)}, std::move(options));
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(socket_name(socket->get()).host(), "127.0.0.3");
}

TEST_F(ConnectorSocketTest, a_source_that_fits_no_address_is_an_error_of_the_argument) {
  ConnectorOptions options;
  options.source = v6(0);
  connect_for_real({v4(1)}, std::move(options));
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace turbo
