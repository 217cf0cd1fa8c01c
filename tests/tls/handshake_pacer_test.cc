// How many handshakes a loop works on at once: by the turn, and in all.
#include "framework/tls/handshake_pacer.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "framework/tls/ssl_io_stream.h"
#include "tests/tls/tls_stream_test.h"

namespace turbo::tls {
namespace {

// Wants as many steps as it is told, one after the other.
class Steps final : public Handshake {
 public:
  Steps(HandshakePacer& pacer, int wanted) : pacer_(pacer), wanted_(wanted) {
    pacer_.begin(*this);
    pacer_.want_step(*this);
  }
  ~Steps() { pacer_.end(*this); }

  void step() override {
    ++steps;
    if (on_step) on_step();
    steps < wanted_ ? pacer_.want_step(*this) : pacer_.end(*this);
  }
  void give_way() override {
    gave_way = true;
    pacer_.end(*this);
  }

  int steps = 0;
  bool gave_way = false;
  std::function<void()> on_step;

 private:
  HandshakePacer& pacer_;
  const int wanted_;
};

class HandshakePacerTest : public testing::Test {
 protected:
  void begin(HandshakePacer& pacer, int count, int steps = 1) {
    for (int i = 0; i < count; ++i) all.push_back(std::make_unique<Steps>(pacer, steps));
  }
  int steps() const {
    int sum = 0;
    for (const auto& one : all) sum += one == nullptr ? 0 : one->steps;
    return sum;
  }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
  std::vector<std::unique_ptr<Steps>> all;
};

TEST_F(HandshakePacerTest, a_turn_takes_so_many_steps_and_the_next_turn_the_rest) {
  HandshakePacer pacer(loop, {.steps_per_turn = 3});
  begin(pacer, 8);
  EXPECT_EQ(pacer.unfinished(), 8u);
  EXPECT_EQ(steps(), 0) << "never inside the call";
  for (int expected : {3, 6, 8, 8}) {
    loop.run_once();
    EXPECT_EQ(steps(), expected);
  }
  EXPECT_EQ(pacer.unfinished(), 0u);
  EXPECT_EQ(pacer.gave_way(), 0u);
  const SpinGuard guard(loop);
  run_loop_idle(loop);
  EXPECT_EQ(guard.wakeups() + guard.completions(), 0u);
}

// First come, first served: one that wants many steps waits behind the others for each.
TEST_F(HandshakePacerTest, steps_are_taken_in_turn) {
  HandshakePacer pacer(loop, {.steps_per_turn = 1});
  std::string order;
  begin(pacer, 3, 2);
  for (int i = 0; i < 3; ++i)
    all[i]->on_step = [&order, i] { order += static_cast<char>('a' + i); };
  run_loop_idle(loop, 10);
  EXPECT_EQ(order, "abcabc");
}

TEST_F(HandshakePacerTest, wanting_a_step_twice_is_wanting_it_once) {
  HandshakePacer pacer(loop);
  begin(pacer, 1);
  pacer.want_step(*all[0]);
  pacer.want_step(*all[0]);
  run_loop_idle(loop, 5);
  EXPECT_EQ(all[0]->steps, 1);
}

// Also one that is wanted by a step counts among the turn's.
TEST_F(HandshakePacerTest, steps_wanted_by_steps_wait_for_the_next_turn) {
  HandshakePacer pacer(loop, {.steps_per_turn = 8});
  begin(pacer, 1, 100);
  for (int expected : {8, 16, 24}) {
    loop.run_once();
    EXPECT_EQ(all[0]->steps, expected);
  }
}

TEST_F(HandshakePacerTest, one_too_many_makes_the_oldest_give_way) {
  HandshakePacer pacer(loop, {.max_unfinished = 3});
  begin(pacer, 5);
  EXPECT_TRUE(all[0]->gave_way);
  EXPECT_TRUE(all[1]->gave_way);
  EXPECT_FALSE(all[2]->gave_way);
  EXPECT_EQ(pacer.unfinished(), 3u);
  EXPECT_EQ(pacer.gave_way(), 2u);
  run_loop_idle(loop, 5);
  EXPECT_EQ(all[0]->steps, 0) << "nor does it take its step";
  EXPECT_EQ(steps(), 3);
  EXPECT_EQ(pacer.unfinished(), 0u);
}

TEST_F(HandshakePacerTest, one_that_waits_may_be_destroyed) {
  HandshakePacer pacer(loop, {.steps_per_turn = 1});
  begin(pacer, 4);
  all[0].reset();
  all[2].reset();
  EXPECT_EQ(pacer.unfinished(), 2u);
  run_loop_idle(loop, 5);
  EXPECT_EQ(steps(), 2);
}

TEST_F(HandshakePacerTest, a_step_may_destroy_another_that_waits) {
  HandshakePacer pacer(loop);
  begin(pacer, 3);
  all[0]->on_step = [this] { all[1].reset(); };
  run_loop_idle(loop, 3);
  EXPECT_EQ(steps(), 2);
  EXPECT_EQ(pacer.unfinished(), 0u);
}

TEST_F(HandshakePacerTest, it_may_go_while_the_loop_would_still_call_it) {
  {
    HandshakePacer pacer(loop);
    begin(pacer, 3);
    all.clear();
  }
  run_loop_idle(loop, 3);
}

// ---- with connections ----

class PacedTransportTest : public TLSStreamTest {
 protected:
  struct Connection {
    std::unique_ptr<TLSPeer> peer;
    std::unique_ptr<IOStream> stream;
    StatusRecord handshake;
  };
  std::unique_ptr<Connection> connect(HandshakePacer& pacer) {
    begin(Role::kServer, {.tls = {.pacer = &pacer}});
    auto connection = std::make_unique<Connection>();
    connection->peer = std::move(peer);
    connection->stream = std::move(stream);
    connection->stream->set_close_callback(nullptr);
    connection->stream->wait_for_handshake(connection->handshake.callback());
    return connection;
  }
  static int open(const std::vector<std::unique_ptr<Connection>>& all) {
    int count = 0;
    for (const auto& one : all) count += one->handshake.ok() ? 1 : 0;
    return count;
  }
};

// TLS-5's companion: a flood of handshakes leaves its turns to those who talk already.
TEST_F(PacedTransportTest, a_flood_of_handshakes_is_served_a_few_a_turn_beside_other_streams) {
  HandshakePacer pacer(loop, {.steps_per_turn = 2});
  StreamPair other = make_stream_pair(PairKind::kMemory, loop);
  std::vector<std::unique_ptr<Connection>> flood;
  for (int i = 0; i < 40; ++i) {
    flood.push_back(connect(pacer));
    EXPECT_FALSE(flood.back()->peer->handshake());
  }
  EXPECT_EQ(pacer.unfinished(), 40u);
  int answers = 0, turns = 0;
  std::function<void()> ask = [&] {
    other.a->write("?");
    other.b->read_bytes(1, [&](absl::StatusOr<Buffer>) { other.b->write("!"); });
    other.a->read_bytes(1, [&](absl::StatusOr<Buffer>) {
      ++answers;
      ask();
    });
  };
  ask();
  run_until([&] {
    ++turns;
    const int before = open(flood);
    for (const auto& one : flood) one->peer->handshake();
    EXPECT_LE(open(flood) - before, 2);
    return open(flood) == 40;
  });
  EXPECT_GE(turns, 40) << "80 steps, two a turn";
  EXPECT_GE(answers, turns / 4) << "meanwhile the others are served";
  EXPECT_EQ(pacer.unfinished(), 0u);
  EXPECT_EQ(pacer.gave_way(), 0u);
  flood[7]->stream->write("served");
  std::string got;
  run_until([&] {
    got += flood[7]->peer->receive();
    return got == "served";
  });
  // The callbacks of the two refer to this test's frame.
  other = {};
  idle(3);
}

TEST_F(PacedTransportTest, the_oldest_unfinished_gives_way_with_its_own_status) {
  HandshakePacer pacer(loop, {.max_unfinished = 4});
  std::vector<std::unique_ptr<Connection>> silent;
  for (int i = 0; i < 6; ++i) silent.push_back(connect(pacer));
  run_until([&] { return silent[0]->handshake.calls + silent[1]->handshake.calls == 2; });
  EXPECT_EQ(silent[0]->handshake.code(), Code::kResourceExhausted);
  EXPECT_EQ(silent[1]->stream->error().code(), Code::kResourceExhausted);
  EXPECT_TRUE(silent[0]->peer->got_fin()) << "its descriptor is closed";
  idle();
  for (int i = 2; i < 6; ++i) EXPECT_EQ(silent[i]->handshake.calls, 0);
  EXPECT_EQ(pacer.unfinished(), 4u);
  EXPECT_EQ(pacer.gave_way(), 2u);
  // The others can still finish.
  run_until([&] {
    for (int i = 2; i < 6; ++i) silent[i]->peer->handshake();
    return open(silent) == 4;
  });
  EXPECT_EQ(pacer.unfinished(), 0u);
}

TEST_F(PacedTransportTest, connections_may_end_in_every_state_of_waiting) {
  HandshakePacer pacer(loop, {.steps_per_turn = 1});
  std::vector<std::unique_ptr<Connection>> all;
  for (int i = 0; i < 8; ++i) {
    all.push_back(connect(pacer));
    if (i < 6) all.back()->peer->handshake();
  }
  loop.run_once();          // the events are there, one step is taken, the others wait for theirs
  all[3]->stream->close();  // waits for a step
  all[4].reset();           // the same, destroyed
  all[6]->stream->close();  // waits for its peer
  all[7].reset();
  EXPECT_EQ(pacer.unfinished(), 4u);
  run_until([&] {
    for (int i : {0, 1, 2, 5}) all[i]->peer->handshake();
    return all[0]->handshake.ok() && all[1]->handshake.ok() && all[2]->handshake.ok() &&
           all[5]->handshake.ok();
  });
  EXPECT_EQ(all[3]->handshake.code(), Code::kCancelled);
  EXPECT_EQ(all[6]->handshake.code(), Code::kCancelled);
  EXPECT_EQ(pacer.unfinished(), 0u);
  EXPECT_EQ(loop.armed_timers(), 0u);
}

TEST_F(PacedTransportTest, handshakes_that_fail_are_counted_off) {
  HandshakePacer pacer(loop);
  std::vector<std::unique_ptr<Connection>> bad;
  for (int i = 0; i < 5; ++i) {
    bad.push_back(connect(pacer));
    ASSERT_TRUE(bad.back()->peer->send_raw("no TLS at all"));
  }
  run_until([&] { return pacer.unfinished() == 0; });
  idle(3);
  for (const auto& one : bad) EXPECT_EQ(one->handshake.code(), Code::kUnavailable);
  EXPECT_EQ(pacer.gave_way(), 0u);
}

}  // namespace
}  // namespace turbo::tls
