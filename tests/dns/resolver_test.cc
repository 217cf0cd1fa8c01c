#include "framework/dns/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "framework/loop/task.h"
#include "tests/dns/dns_server.h"

namespace turbo {
namespace {

using Result = absl::StatusOr<std::vector<Address>>;

// A clock that stands still until told otherwise.
class HandClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  Duration poll_wait(Duration) const override { return Duration::zero(); }
  void advance(Duration by) { now_ += by; }

 private:
  TimePoint now_{std::chrono::hours(1)};
};

std::vector<std::string> texts(const Result& result) {
  std::vector<std::string> all;
  if (!result.ok()) return {result.status().ToString()};
  for (const Address& address : *result) all.push_back(address.to_string());
  std::sort(all.begin(), all.end());
  return all;
}

using Texts = std::vector<std::string>;

std::string respond(const DnsQuery& query) {
  const bool v4 = query.type == 1;
  const std::string label = query.name.substr(0, query.name.find('.'));
  if (label == "both") {
    return dns_head(query, 0, 1) + dns_record(query, v4 ? "192.0.2.1" : "2001:db8::1");
  }
  if (label == "four") {
    return v4 ? dns_head(query, 0, 1) + dns_record(query, "192.0.2.4") : dns_head(query, 0, 0);
  }
  if (label == "many") {
    if (!v4) return dns_head(query, 0, 0);
    // As many as a datagram without EDNS holds.
    std::string packet = dns_head(query, 0, 30);
    for (int i = 1; i <= 30; ++i) {
      packet += dns_record(query, ("192.0.2." + std::to_string(i)).c_str());
    }
    return packet;
  }
  if (label == "large") {
    if (!query.over_tcp) return dns_head(query, 0, 0, /*truncated=*/true);
    if (!v4) return dns_head(query, 0, 0);
    std::string packet = dns_head(query, 0, 60);
    for (int i = 1; i <= 60; ++i) {
      packet += dns_record(query, ("192.0.2." + std::to_string(i)).c_str());
    }
    return packet;
  }
  if (label == "silent") return "";
  if (label == "cut")
    return (dns_head(query, 0, 9) + dns_record(query, v4 ? "192.0.2.1" : "::1"))
        .substr(0, query.packet.size() + 7);
  if (label == "garbage") return query.packet.substr(0, 2) + std::string(40, '\xff');
  if (label == "refused") return dns_head(query, 5, 0);
  return dns_head(query, 3, 0);  // no such name
}

class ResolverTest : public ::testing::Test {
 protected:
  ResolverTest() : server_(loop_, respond) {
    options_.servers = {server_.address()};
    options_.hosts_path = "/nonexistent";
  }

  Result resolve(const std::string& host, uint16_t port = 80, Family family = Family::kAny) {
    Resolver resolver(loop_, options_);
    return resolve(resolver, host, port, family);
  }
  Result resolve(Resolver& resolver, const std::string& host, uint16_t port = 80,
                 Family family = Family::kAny) {
    std::optional<Result> answer;
    Resolution pending = resolver.resolve(host, port, family, [&](Result result) {
      EXPECT_FALSE(answer.has_value());
      answer = std::move(result);
    });
    EXPECT_TRUE(pending.pending());
    EXPECT_FALSE(answer.has_value()) << "called inline";
    EXPECT_TRUE(loop_.run_until([&] { return answer.has_value(); }, std::chrono::seconds(20)));
    EXPECT_FALSE(pending.pending());
    return answer.has_value() ? *std::move(answer) : absl::UnknownError("never answered");
  }

  IOLoop loop_;
  DnsServer server_;
  ResolverOptions options_;
};

TEST_F(ResolverTest, a_name_gives_the_addresses_of_both_families_with_the_port) {
  EXPECT_EQ(texts(resolve("both.test.", 443)), (Texts{"192.0.2.1:443", "[2001:db8::1]:443"}));
}

TEST_F(ResolverTest, a_family_is_kept_to) {
  EXPECT_EQ(texts(resolve("both.test.", 1, Family::kIPv4)), Texts{"192.0.2.1:1"});
  EXPECT_EQ(texts(resolve("both.test.", 1, Family::kIPv6)), Texts{"[2001:db8::1]:1"});
  EXPECT_EQ(texts(resolve("four.test.", 1)), Texts{"192.0.2.4:1"});
  EXPECT_EQ(resolve("four.test.", 1, Family::kIPv6).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ResolverTest, numeric_addresses_need_no_server) {
  EXPECT_EQ(texts(resolve("192.0.2.7", 80)), Texts{"192.0.2.7:80"});
  EXPECT_EQ(texts(resolve("::1", 80)), Texts{"[::1]:80"});
  EXPECT_EQ(texts(resolve("[::1]", 80)), Texts{"[::1]:80"});
  EXPECT_EQ(resolve("192.0.2.7", 80, Family::kIPv6).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(server_.queries(), 0);
}

// RFC 6761 section 6.3.
TEST_F(ResolverTest, localhost_and_names_under_it_are_loopback_without_a_query) {
  for (const char* name : {"localhost", "LocalHost.", "app.localhost"}) {
    EXPECT_EQ(texts(resolve(name, 80)), (Texts{"127.0.0.1:80", "[::1]:80"})) << name;
    EXPECT_EQ(texts(resolve(name, 80, Family::kIPv4)), Texts{"127.0.0.1:80"}) << name;
  }
  EXPECT_EQ(server_.queries(), 0);
}

TEST_F(ResolverTest, the_hosts_file_comes_before_the_servers_and_is_read_again_when_it_changes) {
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) / "hosts_of_test";
  std::ofstream(path) << "192.0.2.50 both.test alias\n";
  options_.hosts_path = path;
  Resolver resolver(loop_, options_);
  EXPECT_EQ(texts(resolve(resolver, "BOTH.test", 80)), Texts{"192.0.2.50:80"});
  EXPECT_EQ(texts(resolve(resolver, "alias", 80)), Texts{"192.0.2.50:80"});
  EXPECT_EQ(server_.queries(), 0);
  std::ofstream(path) << "# another size, so another file\n192.0.2.51 both.test\n";
  EXPECT_EQ(texts(resolve(resolver, "both.test", 80)), Texts{"192.0.2.51:80"});
  std::filesystem::remove(path);
  EXPECT_EQ(texts(resolve(resolver, "both.test.", 80, Family::kIPv4)), Texts{"192.0.2.1:80"});
}

// RFC 8305 asks for each family: a name that the file holds is the file's for both.
TEST_F(ResolverTest, a_name_of_the_hosts_file_is_not_asked_of_the_servers_for_its_other_family) {
  options_.hosts_path = testing::TempDir() + "/one_family_hosts";
  std::ofstream(options_.hosts_path) << "192.0.2.9 both.test\n";
  EXPECT_EQ(resolve("both.test", 80, Family::kIPv4).value().size(), 1u);
  EXPECT_EQ(resolve("both.test", 80, Family::kIPv6).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(server_.queries(), 0);
}

TEST_F(ResolverTest, a_name_that_is_not_there_is_unavailable_with_the_resolvers_text) {
  const Result result = resolve("nobody.test.");
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(std::string(result.status().message()), "resolve nobody.test.: Domain name not found");
}

TEST_F(ResolverTest, garbage_and_refusals_end_in_an_error) {
  options_.try_timeout = std::chrono::milliseconds(1);
  options_.tries = 1;
  for (const char* name : {"garbage.test.", "cut.test.", "refused.test."}) {
    EXPECT_EQ(resolve(name).status().code(), absl::StatusCode::kUnavailable) << name;
  }
}

TEST_F(ResolverTest, what_is_no_host_name_is_refused_without_a_query) {
  for (const std::string& name :
       Texts{"", ".", "a..b", "a b", "a/b", "a%b", "256.1.1.1", "1.2.3", "caf\xc3\xa9",
             std::string("a\0b", 3), std::string(64, 'a'), "-.-.\n"}) {
    EXPECT_EQ(resolve(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(server_.queries(), 0);
}

TEST_F(ResolverTest, the_addresses_of_an_answer_are_bounded) {
  options_.max_addresses = 29;
  EXPECT_EQ(resolve("many.test.")->size(), 29u);
  options_.max_addresses = 30;
  EXPECT_EQ(resolve("many.test.")->size(), 30u);
  options_.max_addresses = 31;
  EXPECT_EQ(resolve("many.test.")->size(), 30u);
}

TEST_F(ResolverTest, a_truncated_answer_is_fetched_over_tcp) {
  const Result result = resolve("large.test.");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->size(), 60u);
}

TEST_F(ResolverTest, lookups_under_way_are_bounded_and_the_given_up_count) {
  options_.max_lookups = 2;
  Resolver resolver(loop_, options_);
  const auto never = [](Result) { ADD_FAILURE(); };
  Resolution first = resolver.resolve("silent.test.", 80, Family::kIPv4, never);
  EXPECT_EQ(resolver.lookups(), 1u);
  { Resolution given_up = resolver.resolve("silent2.test.", 80, Family::kIPv4, never); }
  EXPECT_EQ(resolver.lookups(), 2u);
  EXPECT_EQ(resolve(resolver, "both.test.").status().code(), absl::StatusCode::kResourceExhausted);
  // Needs no place.
  EXPECT_TRUE(resolve(resolver, "127.0.0.1").ok());
}

TEST_F(ResolverTest, a_lookup_given_up_leaves_when_its_answer_comes) {
  Resolver resolver(loop_, options_);
  {
    Resolution given_up =
        resolver.resolve("both.test.", 80, Family::kAny, [](Result) { ADD_FAILURE(); });
  }
  EXPECT_TRUE(loop_.run_until([&] { return resolver.lookups() == 0; }, std::chrono::seconds(20)));
}

TEST_F(ResolverTest, lookups_overlap_and_a_silent_one_holds_nobody_up) {
  Resolver resolver(loop_, options_);
  Resolution silent =
      resolver.resolve("silent.test.", 80, Family::kAny, [](Result) { ADD_FAILURE(); });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(resolve(resolver, "both.test.").ok());
}

TEST_F(ResolverTest, destroying_the_resolver_destroys_the_callbacks_uncalled) {
  auto held = std::make_shared<int>(0);
  Resolution pending, done;
  {
    Resolver resolver(loop_, options_);
    pending = resolver.resolve("silent.test.", 80, Family::kAny, [held](Result) { FAIL(); });
    done = resolver.resolve("127.0.0.1", 80, Family::kAny, [held](Result) { FAIL(); });
    EXPECT_EQ(held.use_count(), 3);
  }
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(pending.pending());
  EXPECT_FALSE(done.pending());
  loop_.run_once();
}

TEST_F(ResolverTest, a_callback_may_destroy_the_resolver) {
  auto resolver = std::make_unique<Resolver>(loop_, options_);
  bool called = false;
  Resolution other =
      resolver->resolve("silent.test.", 80, Family::kAny, [](Result) { ADD_FAILURE(); });
  Resolution pending = resolver->resolve("both.test.", 80, Family::kAny, [&](Result result) {
    EXPECT_TRUE(result.ok());
    resolver.reset();
    called = true;
  });
  EXPECT_TRUE(loop_.run_until([&] { return called; }, std::chrono::seconds(20)));
}

Task<> await_name(Resolver& resolver, std::string name, std::optional<Result>& result) {
  auto resolving = resolver.resolve(name, 80);
  result = co_await resolving;
}

TEST_F(ResolverTest, a_coroutine_awaits_the_addresses) {
  Resolver resolver(loop_, options_);
  std::optional<Result> result;
  Task<> task = await_name(resolver, "both.test.", result);
  task.start([] {});
  EXPECT_TRUE(loop_.run_until([&] { return task.done(); }, std::chrono::seconds(20)));
  EXPECT_EQ(texts(*result), (Texts{"192.0.2.1:80", "[2001:db8::1]:80"}));
}

// Row 10 of the stream contract.
TEST_F(ResolverTest, a_coroutine_that_awaits_a_dying_resolver_is_cancelled_later) {
  std::optional<Result> result;
  auto resolver = std::make_unique<Resolver>(loop_, options_);
  Task<> task = await_name(*resolver, "silent.test.", result);
  task.start([] {});
  resolver.reset();
  EXPECT_FALSE(result.has_value());
  loop_.run_once();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ResolverTest, destroying_the_coroutine_withdraws_its_lookup) {
  Resolver resolver(loop_, options_);
  std::optional<Result> result;
  {
    Task<> task = await_name(resolver, "both.test.", result);
    task.start([] {});
  }
  EXPECT_TRUE(loop_.run_until([&] { return resolver.lookups() == 0; }, std::chrono::seconds(20)));
  EXPECT_FALSE(result.has_value());
}

TEST(ResolverDeadlineTest, silence_ends_at_the_deadline_and_not_before) {
  HandClock clock;
  IOLoopOptions loop_options;
  loop_options.clock = &clock;
  IOLoop loop(loop_options);
  DnsServer server(loop, respond);
  ResolverOptions options;
  options.servers = {server.address()};
  options.hosts_path = "/nonexistent";
  Resolver resolver(loop, options);
  std::optional<Result> result;
  Resolution pending = resolver.resolve("silent.test.", 80, Family::kAny,
                                        [&](Result answer) { result = std::move(answer); });
  clock.advance(*options.deadline - Duration(1));
  for (int i = 0; i < 10; ++i) loop.run_once();
  EXPECT_FALSE(result.has_value());
  clock.advance(Duration(1));
  for (int i = 0; i < 3; ++i) loop.run_once();
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->status().code(), absl::StatusCode::kDeadlineExceeded);
  // c-ares still asks; its answer, if one came now, would find nobody.
  EXPECT_EQ(resolver.lookups(), 1u);
  const uint64_t wakeups = loop.counters().wakeups;
  for (int i = 0; i < 20; ++i) loop.run_once();
  EXPECT_EQ(loop.counters().wakeups, wakeups) << "a silent server must not spin the loop";
}

TEST(ResolverGarbageTest, every_cut_of_an_answer_and_every_flipped_byte_is_survived) {
  IOLoop loop;
  std::string mangled;
  std::optional<DnsQuery> last;
  DnsServer server(loop, [&](const DnsQuery& query) {
    last = query;
    return std::string();
  });
  ResolverOptions options;
  options.servers = {server.address()};
  options.hosts_path = "/nonexistent";
  options.tries = 1;
  Resolver resolver(loop, options);
  const auto run = [&](auto mangle) {
    last.reset();
    Resolution pending = resolver.resolve("both.test.", 80, Family::kIPv4, [](Result) {});
    ASSERT_TRUE(loop.run_until([&] { return last.has_value(); }, std::chrono::seconds(20)));
    const std::string whole = dns_head(*last, 0, 1) + dns_record(*last, "192.0.2.1");
    server.send(*last, mangle(whole));
    server.send(*last, whole);  // ends the lookup if the mangled one did not
    ASSERT_TRUE(loop.run_until([&] { return resolver.lookups() == 0; }, std::chrono::seconds(20)));
  };
  const size_t size = 12 + 15 + 16;
  for (size_t cut = 1; cut < size; ++cut) {
    run([cut](std::string whole) { return whole.substr(0, cut); });
  }
  for (size_t at = 2; at < size; ++at) {
    run([at](std::string whole) {
      if (at < whole.size() && at != 2) whole[at] = static_cast<char>(~whole[at]);
      return whole;
    });
  }
}

}  // namespace
}  // namespace turbo
