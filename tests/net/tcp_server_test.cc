#include "framework/net/tcp_server.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "framework/base/log.h"
#include "framework/net/io_stream.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/spin_guard.h"
#include "framework/testing/stream_pair.h"
#include "tests/net/socket_path.h"

namespace turbo {
namespace {

UniqueFd dial(const Address& to) {
  UniqueFd fd(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() || ::connect(fd.get(), to.data(), to.size()) != 0) fd.reset();
  return fd;
}

// Loopback is a whole /8: another client's address.
UniqueFd dial_from(const char* ip, const Address& to) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address own = *Address::parse(ip, 0);
  if (::bind(fd.get(), own.data(), own.size()) != 0) return UniqueFd();
  if (::connect(fd.get(), to.data(), to.size()) != 0) fd.reset();
  return fd;
}

// True when the server closed this connection.
bool hung_up(const UniqueFd& fd) {
  char byte;
  const ssize_t got = ::recv(fd.get(), &byte, 1, MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

class TCPServerTest : public testing::Test {
 protected:
  ConnectionHandler keep() {
    return [this](AcceptedConnection connection) { held.push_back(std::move(connection)); };
  }
  template <class Done>
  void run_until(Done done) {
    ASSERT_TRUE(run_loop_until(loop, done)) << "what was waited for did not happen";
  }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
  std::vector<AcceptedConnection> held;
};

// 11.4 listen_single; port 0 is reported.
TEST_F(TCPServerTest, a_connection_reaches_the_handler_with_both_addresses) {
  TCPServer server(loop, keep());
  const Address bound = *server.listen(Address::loopback_ipv4(0));
  EXPECT_NE(bound.port(), 0);
  UniqueFd client = dial(bound);
  run_until([&] { return held.size() == 1; });
  EXPECT_EQ(held[0].peer, socket_name(client.get()));
  EXPECT_EQ(held[0].loop_index, 0u);
  EXPECT_EQ(server.connections(), 1u);
  IOStream stream(held[0].socket.release(), &loop);
  EXPECT_EQ(stream.peer_address(), held[0].peer);
  EXPECT_EQ(stream.local_address(), bound);
  ASSERT_EQ(::write(client.get(), "hi\n", 3), 3);
  bool read = false;
  stream.read_until("\n", [&](absl::StatusOr<Buffer> line) { read = line.ok(); });
  run_until([&] { return read; });
}

// D17: IPv6.
TEST_F(TCPServerTest, ipv6_addresses_are_right) {
  TCPServer server(loop, keep());
  absl::StatusOr<Address> bound = server.listen(Address::loopback_ipv6(0));
  if (!bound.ok()) GTEST_SKIP() << "no IPv6 here: " << bound.status();
  UniqueFd client = dial(*bound);
  run_until([&] { return held.size() == 1; });
  EXPECT_EQ(held[0].peer.host(), "::1");
  EXPECT_EQ(held[0].peer, socket_name(client.get()));
}

// Without ipv6_only the socket takes both families.
TEST_F(TCPServerTest, a_dual_stack_listener_takes_ipv4_too) {
  TCPServer server(loop, keep());
  ListenOptions dual;
  dual.ipv6_only = false;
  absl::StatusOr<Address> bound = server.listen(Address::any_ipv6(0), dual);
  if (!bound.ok()) GTEST_SKIP() << "no IPv6 here: " << bound.status();
  UniqueFd client = dial(Address::loopback_ipv4(bound->port()));
  ASSERT_TRUE(client.valid());
  run_until([&] { return held.size() == 1; });
  EXPECT_EQ(held[0].peer.host(), "::ffff:127.0.0.1");
}

// D17, 11.3 PeerAddressAfterUnixAccept: a Unix accept between two of IP spoils no address.
TEST_F(TCPServerTest, a_unix_accept_leaves_later_ip_addresses_right) {
  TCPServer server(loop, keep());
  const std::string path = socket_path("server");
  std::filesystem::remove(path);
  const Address unix_bound = *server.listen(*Address::unix_path(path));
  const Address ip_bound = *server.listen(Address::loopback_ipv4(0));
  EXPECT_EQ(unix_bound.to_string(), "unix:" + path);
  for (int round = 0; round < 2; ++round) {
    UniqueFd over_unix = dial(unix_bound);
    run_until([&] { return held.size() == 1; });
    EXPECT_EQ(held[0].peer.to_string(), "unix:");
    held.clear();
    UniqueFd over_ip = dial(ip_bound);
    run_until([&] { return held.size() == 1; });
    EXPECT_EQ(held[0].peer, socket_name(over_ip.get()));
    held.clear();
  }
  std::filesystem::remove(path);
}

// A path whose server died is taken over; one that is served, or is a file, is not.
TEST_F(TCPServerTest, a_stale_unix_path_is_taken_over_and_a_live_one_is_not) {
  const std::string path = socket_path("stale");
  std::filesystem::remove(path);
  const Address address = *Address::unix_path(path);
  UniqueFd first = *listen_on(address);
  EXPECT_EQ(listen_on(address).status().code(), absl::StatusCode::kUnavailable);
  first.reset();  // the path stays behind
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(listen_on(address).ok());
  std::filesystem::remove(path);
}

// 11.4 listen errors.
TEST_F(TCPServerTest, a_port_in_use_is_an_error) {
  ListenOptions alone;
  alone.reuse_port = false;
  UniqueFd taken = *listen_on(Address::loopback_ipv4(0), alone);
  TCPServer server(loop, keep());
  EXPECT_EQ(server.listen(socket_name(taken.get()), alone).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.listen(Address()).status().code(), absl::StatusCode::kInvalidArgument);
}

// A token counts, wherever it is moved.
TEST_F(TCPServerTest, a_connection_counts_as_long_as_its_token_lives) {
  auto server = std::make_unique<TCPServer>(loop, keep());
  const Address bound = *server->listen(Address::loopback_ipv4(0));
  UniqueFd a = dial(bound), b = dial(bound);
  run_until([&] { return held.size() == 2; });
  EXPECT_EQ(server->connections(), 2u);
  ConnectionToken moved = std::move(held[0].token);
  held[0] = {};
  EXPECT_EQ(server->connections(), 2u);
  moved.release();
  moved.release();
  EXPECT_EQ(server->connections(), 1u);
  server.reset();
  held.clear();  // after the server
}

// max_connections: limit - 1, limit, limit + 1.
TEST_F(TCPServerTest, a_connection_above_the_limit_is_closed_at_once) {
  set_log_sink([](LogLevel, std::string_view) {});
  TCPServer server(loop, keep(), {.max_connections = 3});
  const Address bound = *server.listen(Address::loopback_ipv4(0));
  std::vector<UniqueFd> clients;
  for (size_t i = 1; i <= 3; ++i) {
    clients.push_back(dial(bound));
    run_until([&] { return held.size() == i; });
    EXPECT_EQ(server.counters().refused, 0u);
  }
  UniqueFd fourth = dial(bound);
  run_until([&] { return server.counters().refused == 1; });
  EXPECT_TRUE(hung_up(fourth));
  EXPECT_EQ(held.size(), 3u);
  held.pop_back();
  UniqueFd fifth = dial(bound);
  run_until([&] { return held.size() == 3; });
  EXPECT_FALSE(hung_up(fifth));
  set_log_sink(nullptr);
}

// max_connections_per_address: limit - 1, limit, limit + 1; other clients are not concerned.
TEST_F(TCPServerTest, an_address_that_has_its_share_is_refused_and_others_are_not) {
  set_log_sink([](LogLevel, std::string_view) {});
  TCPServer server(loop, keep(), {.max_connections_per_address = 3});
  const Address bound = *server.listen(Address::any_ipv4(0));
  const Address one = Address::loopback_ipv4(bound.port());
  std::vector<UniqueFd> clients;
  for (size_t i = 1; i <= 3; ++i) {
    clients.push_back(dial(one));
    run_until([&] { return held.size() == i; });
    EXPECT_EQ(server.counters().refused_per_address, 0u);
  }
  UniqueFd fourth = dial(one);
  run_until([&] { return server.counters().refused_per_address == 1; });
  EXPECT_TRUE(hung_up(fourth));
  EXPECT_EQ(server.counters().refused, 0u);
  EXPECT_EQ(server.counters().accepted, 3u);
  UniqueFd other = dial_from("127.0.0.2", one);
  run_until([&] { return held.size() == 4; });
  EXPECT_FALSE(hung_up(other));
  // A place that is left is free again, wherever its token went.
  ConnectionToken moved = std::move(held[0].token);
  held[0] = {};
  moved.release();
  moved.release();
  UniqueFd fifth = dial(one);
  run_until([&] { return held.size() == 5; });
  EXPECT_FALSE(hung_up(fifth));
  UniqueFd sixth = dial(one);
  run_until([&] { return server.counters().refused_per_address == 2; });
  EXPECT_TRUE(hung_up(sixth));
  set_log_sink(nullptr);
}

TEST_F(TCPServerTest, a_unix_socket_has_no_limit_an_address) {
  const std::string path = socket_path("exempt");
  std::filesystem::remove(path);
  TCPServer server(loop, keep(), {.max_connections_per_address = 1});
  const Address bound = *server.listen(*Address::unix_path(path));
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(dial(bound));
  run_until([&] { return held.size() == 5; });
  EXPECT_EQ(server.counters().refused_per_address, 0u);
  std::filesystem::remove(path);
}

// 11.4 handle_stream_coroutine_logging and kin: what the handler throws ends nothing.
TEST_F(TCPServerTest, a_throwing_handler_costs_its_connection_only) {
  int hooked = 0;
  loop.set_exception_hook([&](std::exception_ptr) { ++hooked; });
  TCPServer server(loop, [&](AcceptedConnection connection) {
    if (hooked == 0) throw std::runtime_error("oops");
    held.push_back(std::move(connection));
  });
  const Address bound = *server.listen(Address::loopback_ipv4(0));
  UniqueFd first = dial(bound);
  run_until([&] { return hooked == 1; });
  EXPECT_TRUE(hung_up(first));
  EXPECT_EQ(server.connections(), 0u);
  UniqueFd second = dial(bound);
  run_until([&] { return held.size() == 1; });
}

// 11.4 stop_twice; connections go on.
TEST_F(TCPServerTest, stop_closes_the_port_and_leaves_connections) {
  TCPServer server(loop, keep());
  const Address bound = *server.listen(Address::loopback_ipv4(0));
  UniqueFd client = dial(bound);
  run_until([&] { return held.size() == 1; });
  int stopped = 0;
  server.stop([&] { ++stopped; });
  EXPECT_EQ(stopped, 0);
  server.stop([&] { ++stopped; });
  run_until([&] { return stopped == 2; });
  EXPECT_FALSE(dial(bound).valid());
  EXPECT_FALSE(hung_up(client));
  EXPECT_EQ(server.listen(bound).status().code(), absl::StatusCode::kFailedPrecondition);
}

// 11.4 stop_in_callback; the server may be destroyed there as well.
TEST_F(TCPServerTest, stop_and_destroy_inside_the_handler) {
  int accepted = 0;
  auto server = std::make_unique<TCPServer>(loop, [&](AcceptedConnection) {
    ++accepted;
    loop.add_callback([&] {});
  });
  for (bool destroy : {false, true}) {
    accepted = 0;
    server = std::make_unique<TCPServer>(loop, [&, destroy](AcceptedConnection) {
      ++accepted;
      destroy ? server.reset() : server->stop();
    });
    const Address bound = *server->listen(Address::loopback_ipv4(0));
    run_loop_idle(loop, 2);
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 5; ++i) clients.push_back(dial(bound));
    run_until([&] { return accepted > 0; });
    run_loop_idle(loop, 10);
    EXPECT_EQ(accepted, 1);
    EXPECT_FALSE(dial(bound).valid());
  }
}

// Neither a listener nor a post keeps it longer.
TEST_F(TCPServerTest, the_handler_dies_with_the_last_token) {
  auto owned = std::make_shared<int>(0);
  const std::weak_ptr<int> handlers = owned;
  auto server = std::make_unique<TCPServer>(
      loop, [&, owned = std::move(owned)](AcceptedConnection c) { held.push_back(std::move(c)); });
  const Address bound = *server->listen(Address::loopback_ipv4(0));
  UniqueFd client = dial(bound);
  run_until([&] { return held.size() == 1; });
  server.reset();
  run_loop_idle(loop, 3);
  EXPECT_FALSE(handlers.expired());
  held.clear();
  EXPECT_TRUE(handlers.expired());
}

// 11.4 add_sockets: several addresses.
TEST_F(TCPServerTest, one_server_listens_on_several_addresses) {
  TCPServer server(loop, keep());
  const Address one = *server.listen(Address::loopback_ipv4(0));
  const Address two = *server.listen(Address::loopback_ipv4(0));
  UniqueFd a = dial(one), b = dial(two);
  run_until([&] { return held.size() == 2; });
}

// Row 14 for accepting: 64 an event.
TEST_F(TCPServerTest, accepting_stays_within_its_budget_an_event) {
  TCPServer server(loop, keep());
  const Address bound = *server.listen(Address::loopback_ipv4(0));
  run_loop_idle(loop, 2);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 150; ++i) clients.push_back(dial(bound));
  loop.run_once();
  EXPECT_EQ(held.size(), 64u);
  run_until([&] { return held.size() == 150; });
}

TEST_F(TCPServerTest, waiting_for_connections_does_not_spin) {
  TCPServer server(loop, keep());
  ASSERT_TRUE(server.listen(Address::loopback_ipv4(0)).ok());
  run_loop_idle(loop, 2);
  const SpinGuard guard(loop);
  run_loop_idle(loop);
  EXPECT_EQ(guard.wakeups(), 0u);
}

// Holds every descriptor the limit allows.
class Scarcity {
 public:
  Scarcity() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    UniqueFd probe(::dup(0));
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(probe.get()) + 8;
    probe.reset();
    ::setrlimit(RLIMIT_NOFILE, &low);
    for (;;) {
      UniqueFd fd(::dup(0));
      if (!fd.valid()) return;
      taken_.push_back(std::move(fd));
    }
  }
  ~Scarcity() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
  std::vector<UniqueFd> taken_;
};

// LOOP-7, row 18: out of descriptors the server sheds, sleeps, and recovers by itself.
TEST_F(TCPServerTest, out_of_descriptors_it_sheds_sleeps_and_recovers) {
  int logged = 0;
  set_log_sink([&](LogLevel, std::string_view) { ++logged; });
  TCPServer server(loop, keep());
  const Address bound = *server.listen(Address::loopback_ipv4(0));
  run_loop_idle(loop, 2);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 5; ++i)
    clients.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto connect_all = [&] {
    for (UniqueFd& client : clients) {
      ASSERT_EQ(::connect(client.get(), bound.data(), bound.size()), 0);
    }
  };
  {
    const Scarcity scarcity;
    connect_all();
    run_until([&] { return hung_up(clients.back()); });
    for (const UniqueFd& client : clients) EXPECT_TRUE(hung_up(client)) << "told to go away";
    EXPECT_TRUE(held.empty());

    // What comes during the back-off waits in the kernel, and nobody wakes for it.
    UniqueFd& late = clients.front();
    late.reset();
    late.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(late.get(), bound.data(), bound.size()), 0);
    const SpinGuard guard(loop);
    run_loop_idle(loop, 100);
    EXPECT_EQ(guard.wakeups(), 0u);
    EXPECT_LE(logged, 1);
  }
  clock.advance(Listener::kBackOff);
  run_until([&] { return held.size() == 1; });
  EXPECT_FALSE(hung_up(clients.front()));
  set_log_sink(nullptr);
}

// ---- several loops, each on a thread ----

class TCPServerThreadsTest : public testing::Test {
 protected:
  static constexpr size_t kLoops = 8;

  TCPServerThreadsTest() {
    for (size_t i = 0; i < kLoops; ++i) {
      loops_.push_back(std::make_unique<IOLoop>());
      held_.emplace_back();
    }
    for (auto& loop : loops_) threads_.emplace_back([&loop] { loop->start(); });
  }
  ~TCPServerThreadsTest() override { join(); }

  void join() {
    for (auto& loop : loops_) loop->stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  std::vector<IOLoop*> loops() {
    std::vector<IOLoop*> all;
    for (auto& loop : loops_) all.push_back(loop.get());
    return all;
  }
  ConnectionHandler keep() {
    return [this](AcceptedConnection connection) {
      if (IOLoop::current() != loops_[connection.loop_index].get()) wrong_thread_ = true;
      held_[connection.loop_index].push_back(std::move(connection));
      handled_.fetch_add(1, std::memory_order_release);
    };
  }
  void wait_for(size_t connections) {
    while (handled_.load(std::memory_order_acquire) < connections) std::this_thread::yield();
  }
  void stop(TCPServer& server) {
    std::atomic<bool> stopped{false};
    server.stop([&] { stopped = true; });
    while (!stopped) std::this_thread::yield();
  }

  std::vector<std::unique_ptr<IOLoop>> loops_;
  std::vector<std::thread> threads_;
  std::vector<std::vector<AcceptedConnection>> held_;  // one a loop, touched on its thread
  std::atomic<size_t> handled_{0};
  std::atomic<bool> wrong_thread_{false};
};

// 1,000 long-lived connections within 5 % of even over 8 loops, over one listener a loop, over one
// for all, over Unix.
TEST_F(TCPServerThreadsTest, a_thousand_connections_spread_evenly_over_eight_loops) {
  ListenOptions single;
  single.reuse_port = false;
  const std::string path = socket_path("spread");
  std::filesystem::remove(path);
  const std::vector<std::pair<Address, ListenOptions>> ways = {
      {Address::loopback_ipv4(0), {}},
      {Address::loopback_ipv4(0), single},
      {*Address::unix_path(path), {}},
  };
  for (const auto& [address, options] : ways) {
    SCOPED_TRACE(address.to_string());
    handled_ = 0;
    TCPServer server(loops(), keep());
    const Address bound = *server.listen(address, options);
    std::vector<UniqueFd> clients;
    for (int i = 0; i < 1000; ++i) {
      clients.push_back(dial(bound));
      ASSERT_TRUE(clients.back().valid()) << i << ": " << errno;
    }
    wait_for(1000);
    const ConnectionSpread spread = server.spread();
    EXPECT_EQ(spread.connections.size(), kLoops);
    EXPECT_LE(spread.relative, 0.05);
    EXPECT_EQ(server.connections(), 1000u);
    EXPECT_EQ(server.counters().accepted, 1000u);
    EXPECT_FALSE(wrong_thread_);
    stop(server);
    for (size_t i = 0; i < kLoops; ++i) {
      loops_[i]->add_callback([this, i] {
        held_[i].clear();
        handled_.fetch_sub(1, std::memory_order_release);
      });
    }
    while (handled_.load(std::memory_order_acquire) != 1000 - kLoops) std::this_thread::yield();
    EXPECT_EQ(server.connections(), 0u);
    EXPECT_EQ(server.spread().relative, 0.0);
  }
  std::filesystem::remove(path);
}

// Counted over all loops, hand-over included: exactly the limit, however the clients race.
TEST_F(TCPServerThreadsTest, an_address_has_one_share_of_all_loops) {
  set_log_sink([](LogLevel, std::string_view) {});
  constexpr size_t kLimit = 40;
  TCPServer server(loops(), keep(), {.max_connections_per_address = kLimit});
  const Address bound = *server.listen(Address::loopback_ipv4(0));
  for (int round = 0; round < 3; ++round) {
    std::vector<std::vector<UniqueFd>> clients(4);
    std::vector<std::thread> dialers;
    for (auto& own : clients) {
      dialers.emplace_back([&own, &bound] {
        for (size_t i = 0; i < kLimit; ++i) own.push_back(dial(bound));
      });
    }
    for (std::thread& dialer : dialers) dialer.join();
    wait_for(kLimit);
    const uint64_t refused = (round + 1) * 3 * kLimit;
    while (server.counters().refused_per_address < refused) std::this_thread::yield();
    EXPECT_EQ(server.connections(), kLimit);
    EXPECT_EQ(server.counters().refused_per_address, refused);
    // Released on all loops at the same time.
    std::atomic<size_t> cleared{0};
    for (size_t i = 0; i < kLoops; ++i) {
      loops_[i]->add_callback([this, i, &cleared] {
        held_[i].clear();
        ++cleared;
      });
    }
    while (cleared != kLoops) std::this_thread::yield();
    EXPECT_EQ(server.connections(), 0u);
    handled_ = 0;
  }
  stop(server);
  set_log_sink(nullptr);
}

// 11.4 listen_multi_reuse_port, same_port_allocation: port 0 is one port on all loops.
TEST_F(TCPServerThreadsTest, port_0_becomes_the_same_port_on_every_loop) {
  TCPServer server(loops(), keep());
  const Address bound = *server.listen(Address::loopback_ipv4(0));
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(dial(bound));
  wait_for(100);
  EXPECT_EQ(server.connections(), 100u);
  stop(server);
  EXPECT_FALSE(dial(bound).valid());
}

// Stop from another thread while connections pour in: after the report no handler runs.
TEST_F(TCPServerThreadsTest, no_handler_runs_after_stop_has_reported) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<bool> over{false}, late{false};
    auto server = std::make_unique<TCPServer>(
        loops(), [&over, &late](AcceptedConnection) { late = late || over; });
    const Address bound = *server->listen(Address::loopback_ipv4(0));
    std::thread dialer([&] {
      while (!over) dial(bound);
    });
    while (server->counters().accepted < 20) std::this_thread::yield();
    stop(*server);
    over = true;
    dialer.join();
    server.reset();
    EXPECT_FALSE(late);
  }
}

// The server may go while its loops do not run.
TEST_F(TCPServerThreadsTest, a_server_may_be_destroyed_when_its_loops_have_stopped) {
  auto server = std::make_unique<TCPServer>(loops(), keep());
  const Address bound = *server->listen(Address::loopback_ipv4(0));
  UniqueFd client = dial(bound);
  wait_for(1);
  join();
  server.reset();
  EXPECT_FALSE(dial(bound).valid());
}

// LOOP-5: an exception ends nothing but the call it left.
TEST(ListenerTest, survives_a_callback_that_throws) {
  IOLoop loop;
  loop.set_exception_hook([](std::exception_ptr) {});
  absl::StatusOr<UniqueFd> socket = listen_on(Address::loopback_ipv4(0));
  ASSERT_TRUE(socket.ok());
  const Address address = socket_name(socket->get());
  int calls = 0;
  Listener listener(loop, *std::move(socket), [&](UniqueFd, const Address&) {
    if (++calls == 1) throw 1;
  });
  IOStream first(-1, &loop);
  IOStream second(-1, &loop);
  first.connect(address, {}, [](absl::Status) {});
  ASSERT_TRUE(run_loop_until(loop, [&] { return calls == 1; }));
  second.connect(address, {}, [](absl::Status) {});
  EXPECT_TRUE(run_loop_until(loop, [&] { return calls == 2; }));
}

}  // namespace
}  // namespace turbo
