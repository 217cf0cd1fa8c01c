// Names to connected sockets: the two lookups and the race (RFC 8305).
#include "framework/net/host_connector.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "framework/testing/fake_clock.h"
#include "framework/testing/stream_pair.h"
#include "tests/dns/dns_server.h"

namespace turbo {
namespace {

using std::chrono::milliseconds;

constexpr uint16_t kA = 1;
constexpr uint16_t kAAAA = 28;

class HostConnectorTest : public ::testing::Test {
 protected:
  void connect(const std::string& host, Family family = Family::kAny) {
    HostConnectorOptions options;
    options.resolver.servers = {server_.address()};
    options.resolver.hosts_path = "/nonexistent";
    options.race.start = [this](const Address& peer, const Address*) -> absl::StatusOr<UniqueFd> {
      started.push_back(peer.host());
      for (const std::string& refused : refusing) {
        if (refused == peer.host()) return absl::UnavailableError("refused " + refused);
      }
      FdPair pair = make_fd_pair(PairKind::kUnix);  // writable: connected
      far_ends.push_back(std::move(pair.b));
      return std::move(pair.a);
    };
    connector = std::make_unique<HostConnector>(loop, host, 80, family, std::move(options),
                                                [this](absl::StatusOr<UniqueFd> result) {
                                                  ++calls;
                                                  socket = std::move(result);
                                                });
  }
  // Waits for the questions, and answers that of `type` with `ip`; nullptr: no such record.
  void answer(uint16_t type, const char* ip) {
    ASSERT_TRUE(run_loop_until(loop, [&] { return query(type) != nullptr; }));
    const DnsQuery asked = *query(type);
    server_.send(asked, ip == nullptr ? dns_head(asked, 0, 0)
                                      : dns_head(asked, 0, 1) + dns_record(asked, ip));
    turn();
  }
  void turn() { run_loop_idle(loop, 20); }
  void pass(Duration time) {
    clock.advance(time);
    turn();
  }
  const DnsQuery* query(uint16_t type) const {
    for (const DnsQuery& query : queries) {
      if (query.type == type) return &query;
    }
    return nullptr;
  }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
  std::vector<DnsQuery> queries;
  std::vector<std::string> started;
  std::vector<std::string> refusing;
  std::vector<UniqueFd> far_ends;
  std::unique_ptr<HostConnector> connector;
  int calls = 0;
  absl::StatusOr<UniqueFd> socket;

 private:
  // Answers when the test does.
  DnsServer server_{loop, [this](const DnsQuery& query) {
                      queries.push_back(query);
                      return std::string();
                    }};
};

// RFC 8305 section 3: a server that swallows AAAA costs the resolution delay, not the connection.
TEST_F(HostConnectorTest, a_swallowed_ipv6_question_costs_the_resolution_delay) {
  connect("four.test");
  answer(kA, "192.0.2.4");
  EXPECT_TRUE(started.empty());
  pass(milliseconds(49));
  EXPECT_TRUE(started.empty());
  pass(milliseconds(1));
  EXPECT_EQ(started, std::vector<std::string>{"192.0.2.4"});
  ASSERT_EQ(calls, 1);
  EXPECT_TRUE(socket.ok()) << socket.status();
}

// RFC 8305 section 3: IPv6 is not kept waiting.
TEST_F(HostConnectorTest, a_swallowed_ipv4_question_costs_nothing) {
  connect("six.test");
  answer(kAAAA, "2001:db8::6");
  EXPECT_EQ(started, std::vector<std::string>{"2001:db8::6"});
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(socket.ok()) << socket.status();
}

TEST_F(HostConnectorTest, an_ipv6_answer_within_the_delay_goes_first) {
  connect("both.test");
  answer(kA, "192.0.2.1");
  pass(milliseconds(49));
  answer(kAAAA, "2001:db8::1");
  EXPECT_EQ(started, std::vector<std::string>{"2001:db8::1"});
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(loop.armed_timers(), 0u);
}

TEST_F(HostConnectorTest, a_family_that_has_no_address_is_not_waited_for) {
  connect("four.test");
  answer(kA, "192.0.2.4");
  answer(kAAAA, nullptr);
  EXPECT_EQ(started, std::vector<std::string>{"192.0.2.4"});
  EXPECT_EQ(calls, 1);
}

// The later family joins the race, also when the earlier has lost already.
TEST_F(HostConnectorTest, the_later_family_is_tried_when_the_earlier_failed) {
  refusing = {"192.0.2.1"};
  connect("both.test");
  answer(kA, "192.0.2.1");
  pass(milliseconds(50));
  EXPECT_EQ(started, std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(calls, 0) << "the other family is still looked up";
  answer(kAAAA, "2001:db8::1");
  EXPECT_EQ(started, (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
  ASSERT_EQ(calls, 1);
  EXPECT_TRUE(socket.ok()) << socket.status();
}

TEST_F(HostConnectorTest, the_failure_of_the_race_is_told_when_the_later_family_has_none) {
  refusing = {"192.0.2.1"};
  connect("both.test");
  answer(kA, "192.0.2.1");
  pass(milliseconds(50));
  answer(kAAAA, nullptr);
  ASSERT_EQ(calls, 1);
  EXPECT_EQ(socket.status().message(), "refused 192.0.2.1");
}

TEST_F(HostConnectorTest, a_name_without_any_address_is_the_resolvers_failure) {
  connect("none.test");
  answer(kA, nullptr);
  EXPECT_EQ(calls, 0);
  answer(kAAAA, nullptr);
  ASSERT_EQ(calls, 1);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(started.empty());
}

TEST_F(HostConnectorTest, one_family_asks_one_question) {
  connect("both.test", Family::kIPv4);
  answer(kA, "192.0.2.1");
  EXPECT_EQ(started, std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(query(kAAAA), nullptr);
}

TEST_F(HostConnectorTest, a_numeric_address_needs_no_server_and_no_delay) {
  connect("192.0.2.7");
  EXPECT_EQ(calls, 0) << "never inside the constructor";
  turn();
  EXPECT_EQ(started, std::vector<std::string>{"192.0.2.7"});
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(queries.empty());
}

// IOS-40: the deadline is the owner's alone; the resolver adds none (its default is 5 s).
TEST_F(HostConnectorTest, time_alone_ends_no_lookup) {
  connect("slow.test");
  ASSERT_TRUE(run_loop_until(loop, [&] { return query(kAAAA) != nullptr; }));
  pass(std::chrono::seconds(29));
  EXPECT_EQ(calls, 0) << socket.status();
  answer(kAAAA, "2001:db8::1");
  ASSERT_EQ(calls, 1);
  EXPECT_TRUE(socket.ok()) << socket.status();
}

// E28, and cancelled by destruction at every stage.
TEST_F(HostConnectorTest, destroying_it_cancels_at_every_stage) {
  connect("both.test");
  turn();
  connector.reset();
  connect("both.test");
  answer(kA, "192.0.2.1");
  connector.reset();
  EXPECT_EQ(loop.armed_timers(), 0u);
  pass(milliseconds(50));
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(started.empty());
}

TEST_F(HostConnectorTest, the_callback_may_destroy_it) {
  for (const char* host : {"192.0.2.7", "not a host name"}) {
    bool called = false;
    HostConnectorOptions options;
    options.race.start = [](const Address&, const Address*) -> absl::StatusOr<UniqueFd> {
      return absl::UnavailableError("refused");
    };
    connector = std::make_unique<HostConnector>(loop, host, 80, Family::kAny, std::move(options),
                                                [&](absl::StatusOr<UniqueFd>) {
                                                  connector.reset();
                                                  called = true;
                                                });
    turn();
    EXPECT_TRUE(called) << host;
  }
}

}  // namespace
}  // namespace turbo
