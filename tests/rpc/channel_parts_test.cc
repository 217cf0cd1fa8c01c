// What a channel is made of: targets, back-off, retry budgets.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "framework/rpc/backoff.h"
#include "framework/rpc/retry.h"
#include "framework/rpc/target.h"

namespace turbo::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// "host port authority addresses...", or "malformed".
std::string parsed(std::string_view text) {
  const absl::StatusOr<Target> target = parse_target(text);
  if (!target.ok()) return "malformed";
  std::string told = target->host + " " + std::to_string(target->port) + " " + target->authority;
  for (const Address& address : target->addresses) told += " " + address.to_string();
  return told;
}

TEST(TargetTest, names_are_for_the_resolver) {
  EXPECT_EQ(parsed("greeter.example:50051"), "greeter.example 50051 greeter.example:50051");
  EXPECT_EQ(parsed("dns:///greeter.example:1"), "greeter.example 1 greeter.example:1");
  EXPECT_EQ(parsed("dns:greeter.example:1"), "greeter.example 1 greeter.example:1");
  EXPECT_EQ(parsed("greeter.example"), "greeter.example 443 greeter.example");
  EXPECT_EQ(parsed("127.0.0.1:1"), "127.0.0.1 1 127.0.0.1:1");
  EXPECT_EQ(parsed("[::1]:1"), "::1 1 [::1]:1");
  EXPECT_EQ(parsed("[::1]"), "::1 443 [::1]");
  EXPECT_EQ(parsed("::1"), "::1 443 ::1");
}

TEST(TargetTest, lists_are_addresses) {
  EXPECT_EQ(parsed("ipv4:1.2.3.4:5"), " 443 1.2.3.4:5 1.2.3.4:5");
  EXPECT_EQ(parsed("ipv4:1.2.3.4:5,6.7.8.9"), " 443 1.2.3.4:5 1.2.3.4:5 6.7.8.9:443");
  EXPECT_EQ(parsed("ipv6:[::1]:5,[::2]:6"), " 443 [::1]:5 [::1]:5 [::2]:6");
}

TEST(TargetTest, unix_sockets_are_localhost) {
  EXPECT_EQ(parsed("unix:/run/x"), "localhost 443 localhost unix:/run/x");
  EXPECT_EQ(parsed("unix:///run/x"), "localhost 443 localhost unix:/run/x");
  EXPECT_EQ(parsed("unix-abstract:x"), "localhost 443 localhost unix:@x");
}

TEST(TargetTest, what_is_malformed_is_refused) {
  for (const std::string_view text :
       {"", ":1", "host:", "host:x", "host:65536", "host:-1", "dns://1.2.3.4/host", "[::1",
        "[::1]x", "ipv4:", "ipv4:name:1", "ipv4:[::1]:1", "ipv4:1.2.3.4:5,,", "ipv6:1.2.3.4:5",
        "unix:", "http://host/"}) {
    EXPECT_EQ(parsed(text), "malformed") << text;
  }
  std::string many = "ipv4:";
  for (size_t i = 0; i <= Target::kMaxAddresses; ++i) many += "1.2.3.4:1,";
  EXPECT_EQ(parsed(many), "malformed");
}

TEST(TargetTest, what_can_be_no_host_is_refused) {
  for (const std::string_view text : {"a b", "a\nb:1", "a..b", "256.1.1.1", "[::g]"}) {
    EXPECT_EQ(parsed(text), "malformed") << text;
  }
}

TEST(BackoffTest, waits_grow_to_a_bound) {
  Backoff backoff({.initial = seconds(1), .multiplier = 2, .jitter = 0, .max = seconds(5)});
  EXPECT_EQ(backoff.next(), seconds(1));
  EXPECT_EQ(backoff.next(), seconds(2));
  EXPECT_EQ(backoff.next(), seconds(4));
  EXPECT_EQ(backoff.next(), seconds(5));
  EXPECT_EQ(backoff.next(), seconds(5));
  backoff.reset();
  EXPECT_EQ(backoff.next(), seconds(1));
}

TEST(BackoffTest, waits_differ_within_the_jitter) {
  bool differ = false;
  Duration first{};
  for (int i = 0; i < 100; ++i) {
    Backoff backoff({.initial = seconds(1), .jitter = 0.2});
    const Duration wait = backoff.next();
    EXPECT_GE(wait, milliseconds(800));
    EXPECT_LE(wait, milliseconds(1200));
    if (i == 0) first = wait;
    differ |= wait != first;
  }
  EXPECT_TRUE(differ);
}

TEST(BackoffTest, jitter_does_not_pass_the_bound) {
  Backoff backoff({.initial = seconds(1), .multiplier = 10, .jitter = 1, .max = seconds(2)});
  for (int i = 0; i < 100; ++i) EXPECT_LE(backoff.next(), seconds(2));
}

TEST(BackoffTest, the_bound_may_be_for_ever) {
  Backoff backoff(
      {.initial = Duration::max() / 2, .multiplier = 3, .jitter = 0, .max = Duration::max()});
  EXPECT_LE(backoff.next(), Duration::max() / 2 + milliseconds(1));
  EXPECT_EQ(backoff.next(), Duration::max());
  EXPECT_EQ(backoff.next(), Duration::max());
}

TEST(RetryBudgetTest, half_of_the_tokens_may_be_used) {
  RetryBudget budget({.max_tokens = 10, .token_ratio = 0.5});
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(budget.failed());
  EXPECT_FALSE(budget.failed());
  budget.succeeded();
  budget.succeeded();
  EXPECT_FALSE(budget.failed());
  for (int i = 0; i < 4; ++i) budget.succeeded();
  EXPECT_TRUE(budget.failed());
}

TEST(RetryBudgetTest, it_is_never_more_than_full_nor_less_than_empty) {
  RetryBudget budget({.max_tokens = 4, .token_ratio = 1});
  for (int i = 0; i < 100; ++i) budget.succeeded();
  EXPECT_TRUE(budget.failed());
  EXPECT_FALSE(budget.failed());
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(budget.failed());
  for (int i = 0; i < 4; ++i) budget.succeeded();
  EXPECT_TRUE(budget.failed());
}

TEST(PushbackTest, a_number_waits_and_anything_else_forbids) {
  EXPECT_FALSE(parse_pushback(std::nullopt).forbidden);
  EXPECT_FALSE(parse_pushback(std::nullopt).wait.has_value());
  EXPECT_EQ(parse_pushback("250").wait, milliseconds(250));
  EXPECT_EQ(parse_pushback("0").wait, Duration::zero());
  for (const std::string_view value : {"-1", "", "x", "1x", "99999999999"}) {
    EXPECT_TRUE(parse_pushback(value).forbidden) << value;
  }
}

}  // namespace
}  // namespace turbo::rpc
