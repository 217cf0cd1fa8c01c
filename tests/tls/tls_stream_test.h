// What the tests of TLS connections stand on: streams over TLS in memory, a peer driven by hand.
#ifndef TURBO_TESTS_TLS_TLS_STREAM_TEST_H_
#define TURBO_TESTS_TLS_TLS_STREAM_TEST_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "framework/net/io_stream.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"
#include "framework/testing/spin_guard.h"
#include "framework/testing/stream_pair.h"
#include "framework/tls/session.h"
#include "framework/tls/tls_transport.h"
#include "tests/net/stream_test.h"
#include "tests/tls/tls_peer.h"

namespace turbo::tls {

enum class Role { kClient, kServer };
inline constexpr Role kRoles[] = {Role::kClient, Role::kServer};
inline constexpr Version kVersions[] = {Version::kTLS12, Version::kTLS13};

inline Engine engine_for(Role role, std::optional<Version> only = std::nullopt) {
  return role == Role::kServer ? server_engine(only) : client_engine(only);
}
inline Role other(Role role) { return role == Role::kServer ? Role::kClient : Role::kServer; }

struct Conditions {
  FaultPlan plan = {};  // below the stream's TLS
  std::optional<Version> version = std::nullopt;
  TLSTransportOptions tls = {};
  IOStreamOptions stream = {};
  size_t capacity = 65536;
};

class TLSStreamTest : public testing::Test {
 protected:
  // A stream in `role` and its peer; no byte of the handshake has moved.
  void begin(Role role, Conditions with = {}) { begin(engine_for(role), role, std::move(with)); }
  void begin(absl::StatusOr<Engine> engine, Role role, Conditions with = {}) {
    MemoryPair ends = make_memory_pair(std::move(with.plan), {}, with.capacity);
    below = ends.a.get();
    peer = std::make_unique<TLSPeer>(engine_for(other(role), with.version), std::move(ends.b));
    stream = std::make_unique<IOStream>(
        std::make_unique<TLSTransport>(std::move(ends.a), std::move(engine), Buffer(), with.tls),
        &loop, with.stream);
    stream->set_close_callback(closed.callback());
  }
  // The same, with the handshake done.
  void make(Role role, Conditions with = {}) {
    begin(role, std::move(with));
    finish_handshake();
  }
  void finish_handshake() {
    run_until([&] { return peer->handshake() && !stream->connecting(); });
    peer->got_fin();  // takes the tickets, and keeps what else came
    idle(3);
  }

  template <class Done>
  void run_until(Done done) {
    ASSERT_TRUE(run_loop_until(loop, done)) << "what was waited for did not happen";
  }
  void idle(int iterations = 50) { run_loop_idle(loop, iterations); }
  void expect_sleeping() {
    idle(3);
    const SpinGuard guard(loop);
    idle(50);
    EXPECT_EQ(guard.wakeups(), 0u);
    EXPECT_EQ(guard.completions(), 0u);
  }
  // Runs the loop until the peer has `size` bytes.
  std::string receive(size_t size) {
    std::string got;
    run_until([&] {
      got += peer->receive();
      return got.size() >= size;
    });
    return got;
  }
  const Session& session() const { return *session_of(*stream); }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
  MemoryTransport* below = nullptr;
  std::unique_ptr<TLSPeer> peer;
  std::unique_ptr<IOStream> stream;
  StatusRecord closed;
};

}  // namespace turbo::tls

#endif  // TURBO_TESTS_TLS_TLS_STREAM_TEST_H_
