// Resolver: names to addresses, on the loop, without ever blocking it.
//
//   Resolver resolver(loop);
//   auto addresses = co_await resolver.resolve("example.com", 443);
//   Resolution pending = resolver.resolve("example.com", 443, Family::kAny,
//                                         [](absl::StatusOr<std::vector<Address>> addresses) { ...
//                                         });
//
// In this order: a numeric address is answered as it is; "localhost" and names under it are
// loopback (RFC 6761); the hosts file is asked; then the DNS, through c-ares, whose sockets and
// timers the loop drives. Answers of the DNS come in the order of RFC 6724. There is no cache.
//
// Owner:   its owner on the loop. Destroying it, or the Resolution, destroys the callback uncalled;
//          a coroutine that awaits is resumed later, with kCancelled, when the resolver dies.
// Threads: the loop's.
// Errors:  kInvalidArgument: no host name. kUnavailable: no such name, or the servers fail; the
//          message has the resolver's text. kDeadlineExceeded: deadline. kResourceExhausted: too
//          many lookups under way.
// Limits:  name 253 bytes, labels 63; max_lookups under way; max_addresses an answer; hosts file 1
//          MiB.
// Cost:    a few allocations a lookup, a socket a server while lookups run; a stat() of the hosts
//          file a lookup.
#ifndef TURBO_DNS_RESOLVER_H_
#define TURBO_DNS_RESOLVER_H_

#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/base/clock.h"
#include "framework/loop/io_loop.h"

namespace turbo {

using ResolveCallback = absl::AnyInvocable<void(absl::StatusOr<std::vector<Address>>)>;

enum class Family : uint8_t { kAny, kIPv4, kIPv6 };

struct ResolverOptions {
  // Name servers; empty: those of /etc/resolv.conf, as it was when the resolver was made.
  std::vector<Address> servers;
  std::string hosts_path = "/etc/hosts";
  // For one lookup, whatever the servers do. Covers two lost datagrams to one server (1 s and 2 s
  // at the defaults below); people do not wait longer for a name, and connect() has its own, longer
  // deadline. None: the lookup ends with its tries, or when whoever asked gives it up.
  std::optional<Duration> deadline = std::chrono::seconds(5);
  // A server is asked again after this long; the wait doubles with each try.
  Duration try_timeout = std::chrono::seconds(1);
  int tries = 3;
  // Lookups under way, the ones given up but still known to c-ares included.
  size_t max_lookups = 1024;
  // Addresses of one answer; the rest is dropped.
  size_t max_addresses = 64;
};

class Lookup;
class ResolverChannel;
class ResolveAwaiter;

// A lookup under way. Move-only; destroying it cancels the lookup and destroys its callback
// uncalled.
class [[nodiscard]] Resolution {
 public:
  Resolution() = default;
  Resolution(Resolution&& other) noexcept;
  Resolution& operator=(Resolution&& other) noexcept;
  ~Resolution();

  void cancel();
  // True while the callback is still to come.
  bool pending() const { return lookup_ != nullptr; }

 private:
  friend class Resolver;
  friend class Lookup;
  explicit Resolution(Lookup& lookup);
  Lookup* lookup_ = nullptr;
};

class Resolver {
 public:
  explicit Resolver(IOLoop& loop, ResolverOptions options = {});
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  ~Resolver();

  // `callback` is called once, later. `host` is a name (ASCII; international names as xn-- labels)
  // or a numeric address, with or without brackets. Family::kAny waits for both families; a
  // connector that would begin with the first to come (RFC 8305) asks twice.
  Resolution resolve(std::string_view host, uint16_t port, Family family, ResolveCallback callback);

  // Awaited: yields absl::StatusOr<std::vector<Address>>.
  ResolveAwaiter resolve(std::string_view host, uint16_t port, Family family = Family::kAny);

  // Lookups under way.
  size_t lookups() const;

 private:
  std::unique_ptr<ResolverChannel> channel_;
};

class [[nodiscard]] ResolveAwaiter final : private Completion {
 public:
  ResolveAwaiter(const ResolveAwaiter&) = delete;
  ResolveAwaiter& operator=(const ResolveAwaiter&) = delete;
  ~ResolveAwaiter();

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting);
  absl::StatusOr<std::vector<Address>> await_resume() { return std::move(result_); }

 private:
  friend class Resolver;
  // The callback of an awaited lookup; its death without a call is the resolver's.
  class Answer;

  ResolveAwaiter(Resolver& resolver, IOLoop& loop, std::string_view host, uint16_t port,
                 Family family);
  void complete() override { waiting_.resume(); }

  Resolver& resolver_;
  IOLoop& loop_;
  std::string host_;
  uint16_t port_;
  Family family_;
  std::coroutine_handle<> waiting_;
  absl::StatusOr<std::vector<Address>> result_;
  Answer* answer_ = nullptr;
  Resolution resolution_;
};

}  // namespace turbo

#endif  // TURBO_DNS_RESOLVER_H_
