#include "framework/testing/stream_pair.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "framework/base/address.h"
#include "framework/base/check.h"
#include "framework/testing/memory_transport.h"

namespace turbo {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);

FdPair tcp_pair() {
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const Address any = Address::loopback_ipv4(0);
  TURBO_CHECK(::bind(listener.get(), any.data(), any.size()) == 0, "bind to loopback");
  TURBO_CHECK(::listen(listener.get(), 1) == 0, "listen on loopback");
  sockaddr_storage bound;
  socklen_t size = sizeof(bound);
  auto* name = reinterpret_cast<sockaddr*>(&bound);
  TURBO_CHECK(::getsockname(listener.get(), name, &size) == 0, "the port of a listener");

  FdPair pair;
  pair.a.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  TURBO_CHECK(::connect(pair.a.get(), name, size) == 0, "connect over loopback");
  pair.b.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  TURBO_CHECK(pair.b.valid(), "accept over loopback");
  ::fcntl(pair.a.get(), F_SETFL, ::fcntl(pair.a.get(), F_GETFL) | O_NONBLOCK);
  return pair;
}

FdPair unix_pair() {
  int fds[2];
  constexpr int kType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  TURBO_CHECK(::socketpair(AF_UNIX, kType, 0, fds) == 0, "socketpair");
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

FdPair pipe_pair() {
  int fds[2];
  TURBO_CHECK(::pipe2(fds, O_NONBLOCK | O_CLOEXEC) == 0, "pipe");
  return {UniqueFd(fds[1]), UniqueFd(fds[0])};
}

}  // namespace

const char* to_string(PairKind kind) {
  switch (kind) {
    case PairKind::kTCP:
      return "TCP";
    case PairKind::kUnix:
      return "Unix";
    case PairKind::kPipe:
      return "Pipe";
    case PairKind::kMemory:
      return "Memory";
  }
  return "?";
}

FdPair make_fd_pair(PairKind kind) {
  TURBO_CHECK(kind != PairKind::kMemory, "a memory pair has no descriptors");
  if (kind == PairKind::kTCP) return tcp_pair();
  return kind == PairKind::kUnix ? unix_pair() : pipe_pair();
}

StreamPair make_stream_pair(PairKind kind, IOLoop& loop, IOStreamOptions options) {
  if (kind == PairKind::kMemory) {
    MemoryPair ends = make_memory_pair();
    return {std::make_unique<IOStream>(std::move(ends.a), &loop, options),
            std::make_unique<IOStream>(std::move(ends.b), &loop, options)};
  }
  FdPair ends = make_fd_pair(kind);
  return {std::make_unique<IOStream>(ends.a.release(), &loop, options),
          std::make_unique<IOStream>(ends.b.release(), &loop, options)};
}

bool run_loop_until(IOLoop& loop, absl::AnyInvocable<bool()> done) {
  const bool time_stands_still = loop.clock().poll_wait(kPatience) == Duration::zero();
  if (!time_stands_still) return loop.run_until(std::move(done), kPatience);
  const TimePoint give_up = Clock::steady().now() + kPatience;
  do {
    loop.run_once();
    if (done()) return true;
  } while (Clock::steady().now() < give_up);
  return false;
}

void run_loop_idle(IOLoop& loop, int iterations) {
  for (int i = 0; i < iterations; ++i) loop.run_once();
}

}  // namespace turbo
