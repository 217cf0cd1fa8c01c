// Channels: names and addresses, which server a call goes to, what happens when servers come and
// go, and what is tried again.
#include "framework/rpc/channel.h"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "framework/testing/memory_transport.h"
#include "framework/tls/self_signed.h"
#include "framework/tls/server_context.h"
#include "tests/rpc/channel_fixture.h"

namespace turbo::rpc {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

class ChannelTest : public ChannelFixture {
 protected:
  // Backs off quickly.
  static ChannelOptions quick() {
    ChannelOptions options;
    options.backoff = {.initial = milliseconds(20), .max = milliseconds(100)};
    return options;
  }
  // Where nobody listens now.
  Address unused_address() { return ScriptedServer(loop_).address(); }
  std::string told_now() { return told(call()); }
  // Calls again and again.
  template <class Done>
  void call_until(Done done) {
    for (int i = 0; i < 1000 && !done(); ++i) {
      told_now();
      wait(milliseconds(1));
    }
    EXPECT_TRUE(done());
  }
  void wait(Duration time) {
    bool over = false;
    loop_.call_later(time, [&over] { over = true; });
    run_until([&over] { return over; });
  }
  static std::function<void(ScriptedCall&)> replies(std::string text) {
    return [text](ScriptedCall& call) { call.reply(bytes_of(text)); };
  }
};

// ---- where to ----

TEST_F(ChannelTest, a_name_is_resolved) {
  server().on_call = replies("local");
  open("localhost:" + std::to_string(server().address().port()), quick());
  EXPECT_EQ(told_now(), "OK: local");
  EXPECT_EQ(server().call(0).head().authority,
            "localhost:" + std::to_string(server().address().port()));
}

TEST_F(ChannelTest, a_malformed_target_fails_every_call) {
  open("dns://8.8.8.8/host:1");
  EXPECT_TRUE(absl::IsInvalidArgument(channel_->status()));
  EXPECT_TRUE(begins_with(told_now(), "INVALID_ARGUMENT"));
  ClientContext context;
  context.set_wait_for_ready(true);
  EXPECT_TRUE(begins_with(told(call(context)), "INVALID_ARGUMENT"));
}

TEST_F(ChannelTest, options_that_make_no_sense_fail_every_call) {
  const std::function<void(ChannelOptions&)> kMistakes[] = {
      [](ChannelOptions& options) { options.authority = "a b"; },
      [](ChannelOptions& options) { options.authority = "a\r\nb"; },
      [](ChannelOptions& options) { options.user_agent = "shop\n"; },
      [](ChannelOptions& options) { options.user_agent = " shop"; },
      [](ChannelOptions& options) { options.backoff.jitter = 1.5; },
      [](ChannelOptions& options) { options.backoff.initial = milliseconds(-1); },
      [](ChannelOptions& options) { options.retry.backoff.multiplier = 0.5; },
      [](ChannelOptions& options) { options.max_metadata_bytes = 1 << 20; },
  };
  for (const auto& make_mistake : kMistakes) {
    ChannelOptions options;
    make_mistake(options);
    open(std::move(options));
    EXPECT_TRUE(absl::IsInvalidArgument(channel_->status()));
    EXPECT_TRUE(begins_with(told_now(), "INVALID_ARGUMENT")) << outcomes_.back().told();
  }
  EXPECT_TRUE(server().connections().empty());
}

TEST_F(ChannelTest, a_name_that_is_not_found_fails_the_call) {
  open("dns:///nothing.invalid:1");
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE: the service's name is not found"))
      << outcomes_.back().told();
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE: the service's name is not found"));
}

TEST_F(ChannelTest, a_unix_socket_is_a_target) {
  const std::string name = "turbo_channel_test_" + std::to_string(::getpid());
  server_ = std::make_unique<ScriptedServer>(loop_, http2::SessionOptions(),
                                             Address::unix_path("@" + name).value());
  server_->on_call = replies("unix");
  open("unix-abstract:" + name);
  EXPECT_EQ(told_now(), "OK: unix");
  EXPECT_EQ(server().call(0).head().authority, "localhost");
}

TEST_F(ChannelTest, nothing_is_connected_before_the_first_call) {
  open();
  settle();
  EXPECT_TRUE(server().connections().empty());
  EXPECT_EQ(told_now(), "OK: ");
}

TEST_F(ChannelTest, connections_may_come_from_elsewhere) {
  ChannelOptions options;
  options.connect = [this](IOLoop& loop) -> std::unique_ptr<Transport> {
    MemoryPair pair = make_memory_pair();
    server().connections().push_back(std::make_unique<ScriptedConnection>(
        server(), std::make_unique<IOStream>(std::move(pair.a), &loop)));
    return std::move(pair.b);
  };
  server().on_call = replies("from memory");
  open("anything.example", std::move(options));
  EXPECT_EQ(told_now(), "OK: from memory");
  EXPECT_EQ(server().call(0).head().authority, "anything.example");
}

// ---- pick first ----

TEST_F(ChannelTest, the_first_address_that_answers_has_all_calls) {
  server().on_call = replies("second");
  ScriptedServer third(loop_);
  open("ipv4:" + unused_address().to_string() + "," + server().address().to_string() + "," +
           third.address().to_string(),
       quick());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(told_now(), "OK: second");
  EXPECT_EQ(server().connections().size(), 1u);
  EXPECT_EQ(third.calls(), 0u);
}

TEST_F(ChannelTest, a_server_that_does_not_greet_is_passed_over) {
  ScriptedServer mute(loop_);
  mute.raw = "x";  // and no more: it might be the beginning of a frame
  server().on_call = replies("second");
  ChannelOptions options = quick();
  options.stagger = milliseconds(20);
  open("ipv4:" + mute.address().to_string() + "," + server().address().to_string(), options);
  EXPECT_EQ(told_now(), "OK: second");
  ASSERT_TRUE(run_until([&] { return mute.connections().at(0)->stream->closed(); }));
}

// Longer than the back-off, which does not make them worth another wait.
TEST_F(ChannelTest, servers_that_do_not_greet_fail_the_call_when_all_were_tried) {
  std::deque<ScriptedServer> mute;
  std::string target = "ipv4:";
  for (int i = 0; i < 6; ++i) {
    mute.emplace_back(loop_).raw = "x";
    target += mute.back().address().to_string() + ",";
  }
  for (const LoadBalancing kind : {LoadBalancing::kPickFirst, LoadBalancing::kRoundRobin}) {
    ChannelOptions options = quick();
    options.load_balancing = kind;
    options.connect_timeout = milliseconds(200);
    options.stagger = milliseconds(10);
    open(target, std::move(options));
    EXPECT_EQ(told_now(),
              "UNAVAILABLE: no connection to the service: the server did not greet in time");
  }
  for (ScriptedServer& one : mute) EXPECT_EQ(one.connections().size(), 2u);
}

TEST_F(ChannelTest, without_a_call_nobody_is_tried) {
  ScriptedServer mute(loop_);
  mute.raw = "x";
  ChannelOptions options = quick();
  options.connect_timeout = milliseconds(50);
  options.stagger = milliseconds(100);
  open("ipv4:" + mute.address().to_string() + "," + server().address().to_string(),
       std::move(options));
  ClientContext context;
  context.set_timeout(milliseconds(20));
  EXPECT_TRUE(begins_with(told(call(context)), "DEADLINE_EXCEEDED"));
  wait(milliseconds(200));
  EXPECT_EQ(mute.connections().size(), 1u);
  EXPECT_TRUE(server().connections().empty());
}

TEST_F(ChannelTest, who_speaks_something_else_is_passed_over) {
  ScriptedServer other(loop_);
  other.raw = "HTTP/1.1 400 Bad Request\r\n\r\n";
  server().on_call = replies("second");
  open("ipv4:" + other.address().to_string() + "," + server().address().to_string(), quick());
  EXPECT_EQ(told_now(), "OK: second");
}

TEST_F(ChannelTest, what_is_wrong_with_the_server_is_told) {
  ScriptedServer other(loop_);
  other.raw = "HTTP/1.1 400 Bad Request\r\n\r\n";
  open(other.target(), quick());
  EXPECT_EQ(told_now(), "UNAVAILABLE: no connection to the service: the server broke the protocol");
}

TEST_F(ChannelTest, when_its_server_dies_calls_go_to_the_next) {
  auto first = std::make_unique<ScriptedServer>(loop_);
  first->on_call = replies("first");
  server().on_call = replies("second");
  open("ipv4:" + first->address().to_string() + "," + server().address().to_string(), quick());
  EXPECT_EQ(told_now(), "OK: first");
  first.reset();
  settle();
  EXPECT_EQ(told_now(), "OK: second");
}

TEST_F(ChannelTest, without_any_server_calls_fail_at_once_and_try_again_later) {
  const Address address = unused_address();
  open("ipv4:" + address.to_string(), quick());
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE: no connection to the service"));
  Outcome& outcome = call();
  loop_.run_once();
  EXPECT_TRUE(outcome.done()) << "backing off";
  server_ = std::make_unique<ScriptedServer>(loop_, http2::SessionOptions(), address);
  wait(milliseconds(30));
  EXPECT_EQ(told_now(), "OK: ");
}

TEST_F(ChannelTest, a_call_that_waits_for_ready_is_made_when_the_server_comes) {
  const Address address = unused_address();
  open("ipv4:" + address.to_string(), quick());
  ClientContext context;
  context.set_wait_for_ready(true);
  Outcome& outcome = call(context);
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE")) << "it does not wait";
  settle();
  EXPECT_FALSE(outcome.done());
  server_ = std::make_unique<ScriptedServer>(loop_, http2::SessionOptions(), address);
  EXPECT_EQ(told(outcome), "OK: ");
}

TEST_F(ChannelTest, a_call_that_waits_has_its_deadline) {
  open("ipv4:" + unused_address().to_string(), quick());
  ClientContext context;
  context.set_wait_for_ready(true);
  context.set_timeout(milliseconds(50));
  EXPECT_EQ(told(call(context)), "DEADLINE_EXCEEDED: the deadline has passed");
}

TEST_F(ChannelTest, a_name_that_waits_is_asked_for_again) {
  const std::string hosts = testing::TempDir() + "channel_test_hosts";
  std::ofstream(hosts) << "";
  ChannelOptions options = quick();
  options.resolver.hosts_path = hosts;
  options.resolver.servers = {unused_address()};  // none of the network's
  options.resolver.tries = 1;
  options.resolver.try_timeout = milliseconds(20);
  open("later.example:" + std::to_string(server().address().port()), std::move(options));
  ClientContext context;
  context.set_wait_for_ready(true);
  Outcome& outcome = call(context);
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE"));
  std::ofstream(hosts) << "127.0.0.1 later.example\n";
  EXPECT_EQ(told(outcome), "OK: ");
}

// ---- round robin ----

TEST_F(ChannelTest, round_robin_goes_to_all_in_turns) {
  std::vector<std::unique_ptr<ScriptedServer>> servers;
  std::string target = "ipv4:";
  for (int i = 0; i < 3; ++i) {
    servers.push_back(std::make_unique<ScriptedServer>(loop_));
    target += servers.back()->address().to_string() + ",";
  }
  ChannelOptions options = quick();
  options.load_balancing = LoadBalancing::kRoundRobin;
  open(target, std::move(options));
  told_now();
  ASSERT_TRUE(run_until([&] {
    return servers[0]->connections().size() + servers[1]->connections().size() +
               servers[2]->connections().size() ==
           3;
  }));
  settle();
  const size_t before[] = {servers[0]->calls(), servers[1]->calls(), servers[2]->calls()};
  for (int i = 0; i < 30; ++i) EXPECT_EQ(told_now(), "OK: ");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(servers[i]->calls() - before[i], 10u);
}

TEST_F(ChannelTest, round_robin_goes_on_without_one_that_died_and_takes_it_back) {
  auto first = std::make_unique<ScriptedServer>(loop_);
  const Address address = first->address();
  ChannelOptions options = quick();
  options.load_balancing = LoadBalancing::kRoundRobin;
  open("ipv4:" + address.to_string() + "," + server().address().to_string(), std::move(options));
  call_until([&] { return first->calls() > 1 && server().calls() > 1; });
  first.reset();
  settle();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(told_now(), "OK: ");
  first = std::make_unique<ScriptedServer>(loop_, http2::SessionOptions(), address);
  call_until([&] { return first->calls() > 0; });
}

TEST_F(ChannelTest, round_robin_passes_over_servers_that_are_full) {
  ScriptedServer full(loop_, {.max_concurrent_streams = 1});
  full.on_call = [](ScriptedCall&) {};
  ChannelOptions options = quick();
  options.load_balancing = LoadBalancing::kRoundRobin;
  open("ipv4:" + full.address().to_string() + "," + server().address().to_string(),
       std::move(options));
  call();
  ASSERT_TRUE(run_until([&] { return full.calls() == 1 || server().calls() == 1; }));
  settle();
  for (int i = 0; i < 20; ++i) call();
  settle();
  size_t open_calls = 0;
  for (const Outcome& outcome : outcomes_) open_calls += outcome.done() ? 0 : 1;
  EXPECT_EQ(open_calls, 2u) << "one that runs and one that waits";
}

// ---- what is tried again ----

TEST_F(ChannelTest, a_refused_call_is_tried_again) {
  server().on_call = [this](ScriptedCall& call) {
    if (server().calls() < 3) return call.reset(http2::ErrorCode::kRefusedStream);
    call.reply(call.received.substr(5));
  };
  open(quick());
  EXPECT_EQ(told(call("again")), "OK: again");
  EXPECT_EQ(server().calls(), 3u);
  EXPECT_EQ(server().call(2).field("grpc-previous-rpc-attempts"), "");
}

TEST_F(ChannelTest, a_call_that_is_always_refused_fails) {
  server().on_call = [](ScriptedCall& call) { call.reset(http2::ErrorCode::kRefusedStream); };
  ChannelOptions options = quick();
  options.max_transparent_retries = 2;
  open(std::move(options));
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE"));
  EXPECT_EQ(server().calls(), 3u);
}

TEST_F(ChannelTest, a_go_away_moves_new_calls_to_another_connection_and_lets_the_old_end) {
  server().on_call = [](ScriptedCall&) {};
  open(quick());
  Outcome& old = call("old");
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  server().connections()[0]->go_away();
  settle();
  server().on_call = replies("new");
  EXPECT_EQ(told_now(), "OK: new");
  EXPECT_EQ(server().connections().size(), 2u);
  EXPECT_FALSE(old.done());
  server().call(0).reply(bytes_of("old"));
  EXPECT_EQ(told(old), "OK: old");
}

TEST_F(ChannelTest, a_server_that_is_asked_too_often_whether_it_lives_is_asked_half_as_often) {
  ChannelOptions options = quick();
  options.keepalive = HTTP2Keepalive{.interval = milliseconds(40), .without_streams = true};
  open(std::move(options));
  EXPECT_EQ(told_now(), "OK: ");
  server().connections()[0]->go_away(http2::ErrorCode::kEnhanceYourCalm);
  ASSERT_TRUE(run_until([&] { return server().connections()[0]->stream->closed(); }));
  const TimePoint before = loop_.clock().now();
  EXPECT_EQ(told_now(), "OK: ");
  ASSERT_TRUE(run_until([&] { return server().connections().at(1)->pings == 1; }));
  EXPECT_GE(loop_.clock().now() - before, milliseconds(80));
}

TEST_F(ChannelTest, calls_above_a_go_away_are_tried_elsewhere) {
  server().on_call = [](ScriptedCall&) {};
  open(quick());
  call("first");
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  // They are on their way when the GOAWAY is.
  server().on_call = replies("again");
  Outcome& second = call("second");
  Outcome& third = call("third");
  server().connections()[0]->go_away();
  EXPECT_EQ(told(second), "OK: again");
  EXPECT_EQ(told(third), "OK: again");
  EXPECT_EQ(server().connections().size(), 2u);
}

TEST_F(ChannelTest, calls_that_come_back_are_not_too_many_to_wait) {
  server().on_call = [](ScriptedCall&) {};
  ChannelOptions options = quick();
  options.max_waiting_calls = 1;
  open(std::move(options));
  call("first");
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  server().on_call = replies("again");
  Outcome& second = call("second");
  Outcome& third = call("third");
  server().connections()[0]->go_away();
  EXPECT_EQ(told(second), "OK: again");
  EXPECT_EQ(told(third), "OK: again");
}

TEST_F(ChannelTest, a_server_that_only_ends_connections_is_asked_seldom) {
  server().on_call = [](ScriptedCall& call) { call.connection.drop(); };
  ChannelOptions options = quick();
  options.backoff = {.initial = hours(1), .max = hours(1)};
  open(std::move(options));
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE"));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE"));
  EXPECT_EQ(server().connections().size(), 1u);
}

class RetryTest : public ChannelTest {
 protected:
  static ChannelOptions retrying(uint32_t attempts = 4) {
    ChannelOptions options = quick();
    options.retry.max_attempts = attempts;
    options.retry.backoff = {.initial = milliseconds(5), .jitter = 1, .max = milliseconds(10)};
    return options;
  }
  // Fails so many calls like this.
  void fail(size_t times, HeadFields fields = {{"content-type", "application/grpc"},
                                               {"grpc-status", "14"},
                                               {"grpc-message", "busy"}}) {
    server().on_call = [this, times, fields](ScriptedCall& call) {
      if (server().calls() <= times) return call.refuse(fields);
      call.reply(call.received.substr(5));
    };
  }
};

TEST_F(RetryTest, a_failure_that_the_policy_names_is_tried_again) {
  fail(2);
  open(retrying());
  EXPECT_EQ(told(call("again")), "OK: again");
  ASSERT_EQ(server().calls(), 3u);
  EXPECT_EQ(server().call(0).field("grpc-previous-rpc-attempts"), "");
  EXPECT_EQ(server().call(1).field("grpc-previous-rpc-attempts"), "1");
  EXPECT_EQ(server().call(2).field("grpc-previous-rpc-attempts"), "2");
}

TEST_F(RetryTest, without_a_policy_it_is_not) {
  fail(1);
  open(quick());
  EXPECT_EQ(told_now(), "UNAVAILABLE: busy");
  EXPECT_EQ(server().calls(), 1u);
}

TEST_F(RetryTest, another_failure_is_not) {
  fail(1, {{"content-type", "application/grpc"}, {"grpc-status", "3"}});
  open(retrying());
  EXPECT_TRUE(begins_with(told_now(), "INVALID_ARGUMENT"));
  EXPECT_EQ(server().calls(), 1u);
}

TEST_F(RetryTest, only_so_often) {
  fail(100);
  open(retrying(3));
  EXPECT_EQ(told_now(), "UNAVAILABLE: busy");
  EXPECT_EQ(server().calls(), 3u);
}

TEST_F(RetryTest, not_once_an_answer_has_begun) {
  server().on_call = [](ScriptedCall& call) {
    call.begin();
    call.send("");
    call.finish("14");
  };
  open(retrying());
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE"));
  EXPECT_EQ(server().calls(), 1u);
}

TEST_F(RetryTest, not_if_the_request_was_too_large_to_keep) {
  fail(1);
  ChannelOptions options = retrying();
  options.max_retry_bytes = 1000;
  open(std::move(options));
  EXPECT_EQ(told(call(std::string(2000, 'x'))), "UNAVAILABLE: busy");
  EXPECT_EQ(server().calls(), 1u);
}

TEST_F(RetryTest, a_large_request_that_is_kept_is_sent_again_whole) {
  fail(1);
  open(retrying());
  const std::string large(200000, 'x');
  EXPECT_EQ(told(call(large)), "OK: " + large);
}

TEST_F(RetryTest, not_beyond_the_deadline) {
  fail(100);
  ChannelOptions options = retrying();
  options.retry.backoff = {.initial = hours(1), .jitter = 0, .max = hours(1)};
  open(std::move(options));
  ClientContext context;
  context.set_timeout(seconds(10));
  EXPECT_EQ(told(call(context)), "UNAVAILABLE: busy") << "at once";
}

TEST_F(RetryTest, the_server_says_when) {
  fail(1, {{"content-type", "application/grpc"},
           {"grpc-status", "14"},
           {"grpc-retry-pushback-ms", "40"}});
  ChannelOptions options = retrying();
  options.retry.backoff = {.initial = hours(1), .jitter = 0, .max = hours(1)};
  open(std::move(options));
  const TimePoint before = loop_.clock().now();
  EXPECT_EQ(told(call("again")), "OK: again");
  EXPECT_GE(loop_.clock().now() - before, milliseconds(40));
}

TEST_F(RetryTest, behind_which_the_waits_begin_anew) {
  server().on_call = [this](ScriptedCall& call) {
    HeadFields fields = {{"content-type", "application/grpc"}, {"grpc-status", "14"}};
    if (server().calls() == 2) fields.push_back({"grpc-retry-pushback-ms", "1"});
    if (server().calls() < 4) return call.refuse(fields);
    call.reply(bytes_of("again"));
  };
  ChannelOptions options = retrying(4);
  options.retry.backoff = {
      .initial = milliseconds(1), .multiplier = 1e7, .jitter = 0, .max = hours(1)};
  open(std::move(options));
  EXPECT_EQ(told_now(), "OK: again");
}

TEST_F(RetryTest, or_never) {
  fail(1, {{"content-type", "application/grpc"},
           {"grpc-status", "14"},
           {"grpc-retry-pushback-ms", "-1"}});
  open(retrying());
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE"));
  EXPECT_EQ(server().calls(), 1u);
}

TEST_F(RetryTest, a_budget_that_is_used_up_ends_retries) {
  fail(1000);
  ChannelOptions options = retrying(2);
  options.retry.max_tokens = 10;
  open(std::move(options));
  for (int i = 0; i < 20; ++i) told_now();
  // Two each, until half of the tokens are gone.
  EXPECT_LE(server().calls(), 20u + 5u);
  EXPECT_GE(server().calls(), 20u + 2u);
}

TEST_F(RetryTest, a_lost_connection_is_a_failure_like_others) {
  server().on_call = [this](ScriptedCall& call) {
    if (server().calls() == 2) return call.connection.drop();
    call.reply(bytes_of("good"));
  };
  open(retrying());
  EXPECT_EQ(told_now(), "OK: good");
  EXPECT_EQ(told_now(), "OK: good");
  EXPECT_EQ(server().calls(), 3u);
}

TEST_F(RetryTest, cancelling_between_two_tries_ends_it) {
  fail(100);
  ChannelOptions options = retrying();
  options.retry.backoff = {.initial = hours(1), .jitter = 0, .max = hours(1)};
  open(std::move(options));
  ClientContext context;
  Outcome& outcome = call(context);
  ASSERT_TRUE(run_until([&] { return server().calls() == 1; }));
  settle();
  EXPECT_FALSE(outcome.done());
  context.cancel();
  EXPECT_TRUE(begins_with(told(outcome), "CANCELLED"));
}

// ---- TLS ----

class ChannelTLSTest : public ChannelTest {
 protected:
  ChannelTLSTest() {
    const tls::Certificate certificate = tls::self_signed().value();
    ca_file_ = testing::TempDir() + "channel_test_ca.pem";
    std::ofstream(ca_file_) << certificate.chain_pem;
    tls::ServerOptions options;
    options.certificates = {certificate};
    context_ = tls::ServerContext::create(options).value();
    server_ = serve_tls(Address::loopback_ipv4(0));
  }
  std::unique_ptr<ScriptedServer> serve_tls(const Address& address) {
    auto server =
        std::make_unique<ScriptedServer>(loop_, http2::SessionOptions(), address, context_);
    server->on_call = replies("secret");
    return server;
  }
  std::string ca_file_;
  std::shared_ptr<const tls::ServerContext> context_;
};

TEST_F(ChannelTLSTest, the_target_is_verified) {
  ChannelOptions options = quick();
  options.tls = tls::ClientOptions{.ca_file = ca_file_};
  open("localhost:" + std::to_string(server().address().port()), std::move(options));
  EXPECT_EQ(told_now(), "OK: secret");
  EXPECT_EQ(server().call(0).head().scheme, "https");
}

TEST_F(ChannelTLSTest, another_name_is_verified_if_so_wanted) {
  ChannelOptions options = quick();
  options.tls = tls::ClientOptions{.ca_file = ca_file_};
  options.tls_server_name = "other.example";
  open("localhost:" + std::to_string(server().address().port()), std::move(options));
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE: no connection to the service"));
  EXPECT_EQ(server().calls(), 0u);
}

// 127.0.0.2 answers no less, with a certificate for 127.0.0.1.
TEST_F(ChannelTLSTest, each_address_of_a_list_is_verified_as_itself) {
  const auto open_list = [this](const std::string& hosts) {
    ChannelOptions options = quick();
    options.tls = tls::ClientOptions{.ca_file = ca_file_};
    open("ipv4:" + hosts + ":" + std::to_string(server().address().port()), std::move(options));
  };
  open_list("127.0.0.1");
  EXPECT_EQ(told_now(), "OK: secret");
  server_ = serve_tls(Address::any_ipv4(0));
  open_list("127.0.0.2");
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE: no connection to the service"));
  open_list("127.0.0.2:" + std::to_string(server().address().port()) + ",127.0.0.1");
  EXPECT_EQ(told_now(), "OK: secret");
}

TEST_F(ChannelTLSTest, whom_nobody_vouches_for_is_not_called) {
  ChannelOptions options = quick();
  options.tls = tls::ClientOptions();
  open("localhost:" + std::to_string(server().address().port()), std::move(options));
  EXPECT_TRUE(begins_with(told_now(), "UNAVAILABLE: no connection to the service"));
  EXPECT_EQ(server().calls(), 0u);
}

TEST_F(ChannelTLSTest, a_missing_ca_file_fails_every_call) {
  ChannelOptions options;
  options.tls = tls::ClientOptions{.ca_file = "/nothing/here.pem"};
  open("localhost:1", std::move(options));
  EXPECT_TRUE(absl::IsInvalidArgument(channel_->status()));
  EXPECT_TRUE(begins_with(told_now(), "INVALID_ARGUMENT"));
}

TEST_F(ChannelTLSTest, without_the_tls_that_was_asked_for_nobody_is_connected_to) {
  server_ = std::make_unique<ScriptedServer>(loop_);  // plain
  for (const LoadBalancing kind : {LoadBalancing::kPickFirst, LoadBalancing::kRoundRobin}) {
    ChannelOptions options = quick();
    options.tls = tls::ClientOptions{.ca_file = "/nothing/here.pem"};
    options.load_balancing = kind;
    open(server().target(), std::move(options));
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(begins_with(told_now(), "INVALID_ARGUMENT")) << outcomes_.back().told();
      settle();
    }
  }
  EXPECT_TRUE(server().connections().empty());
}

// ---- loops ----

TEST_F(ChannelTest, each_loop_has_connections_of_its_own) {
  server().on_call = replies("good");
  open(quick());
  EXPECT_EQ(told_now(), "OK: good");
  bool done = false;
  std::atomic<bool> alive{true};
  std::string other_told;
  std::thread other([&] {
    IOLoop loop;
    ClientContext context;
    bool here = false;
    call_unary<StringValue>(*channel_, kUnaryMethod, context, text(""),
                            [&](absl::StatusOr<StringValue> reply) {
                              other_told = reply.ok() ? reply->value() : reply.status().ToString();
                              here = true;
                            });
    run_loop_until(loop, [&] { return here; });
    loop_.add_callback([&] { done = true; });
    // The channel dies on the main thread; its part here, with this loop.
    while (alive) loop.run_once(milliseconds(1));
  });
  ASSERT_TRUE(run_loop_until(loop_, [&] { return done; }));
  EXPECT_EQ(other_told, "good");
  EXPECT_EQ(server().connections().size(), 2u);
  channel_.reset();
  alive = false;
  other.join();
}

}  // namespace
}  // namespace turbo::rpc
