// Faults at every step: a fixed conversation runs again and again, and each time another call of
// the transport goes wrong. Whatever happens, each operation completes once, nothing hangs, spins,
// leaks or stays armed.
#include <cerrno>
#include <functional>
#include <string>
#include <utility>

#include "framework/tls/tls_transport.h"
#include "tests/net/stream_test.h"

namespace turbo {
namespace {

// What the faults lie below.
enum class Layer { kPlain, kTLS };

// A client that uses every kind of operation, over a transport with faults, and a server that
// answers.
class Conversation {
 public:
  Conversation(IOLoop& loop, FaultPlan plan, Layer layer) {
    plan.max_read = 50;
    plan.max_write = 40;
    MemoryPair ends = make_memory_pair(std::move(plan), {}, 256);
    std::unique_ptr<Transport> client = std::move(ends.a), server = std::move(ends.b);
    if (layer == Layer::kTLS) {
      client = std::make_unique<tls::TLSTransport>(std::move(client), tls::client_engine());
      server = std::make_unique<tls::TLSTransport>(std::move(server), tls::server_engine());
    }
    client_ = std::make_unique<IOStream>(std::move(client), &loop,
                                         IOStreamOptions{.read_chunk_size = 64});
    server_ = std::make_unique<IOStream>(std::move(server), &loop,
                                         IOStreamOptions{.allow_half_open = true});
    client_->set_close_callback([this](absl::Status) { ++closes_; });
    server_->read_until("end\n", [this](absl::StatusOr<Buffer> request) { answer(request.ok()); });
    begin();
  }

  bool ended() const { return completed_ == started_ && client_->closed() && closes_ == 1; }
  bool clean() const { return clean_ && all_.size() == 500; }
  int started() const { return started_; }
  int completed() const { return completed_; }

 private:
  ReadCallback read_done(std::function<void()> next) {
    ++started_;
    return [this, next = std::move(next)](absl::StatusOr<Buffer> result) {
      ++completed_;
      if (!result.ok()) return give_up();
      next();
    };
  }
  WriteCallback write_done() {
    ++started_;
    return [this](absl::Status status) {
      ++completed_;
      clean_ = clean_ && status.ok();
    };
  }
  void give_up() {
    clean_ = false;
    client_->close();
  }

  void begin() {
    client_->write(std::string(300, 'r'));
    client_->write("", nullptr);
    client_->write("end\n", write_done());
    client_->read_until("\n", read_done([this] { second(); }));
  }
  void second() {
    client_->read_until_regex("[0-9]+;", read_done([this] { third(); }));
  }
  void third() {
    client_->read_bytes(100, read_done([this] { fourth(); }), [](Buffer) {});
  }
  void fourth() {
    ++started_;
    client_->read_into(room_, [this](absl::Status status, size_t) {
      ++completed_;
      if (!status.ok()) return give_up();
      client_->shutdown_write();
      client_->read_until_close(read_done([this] { client_->close(); }),
                                [this](Buffer piece) { all_ += piece.to_string(); });
    });
  }
  void answer(bool ok) {
    if (!ok) return server_->close();
    server_->write("line\n42;" + std::string(100, 's') + std::string(30, 'i') +
                   std::string(500, 'a'));
    server_->close_after_flush(std::chrono::seconds(10));
  }

  std::unique_ptr<IOStream> client_, server_;
  std::array<char, 30> room_;
  std::string all_;
  int started_ = 0, completed_ = 0, closes_ = 0;
  bool clean_ = true;
};

class StreamFaultTest : public testing::TestWithParam<Layer> {
 protected:
  // Runs the conversation with `fault` at step 1, 2, ... until a run has fewer steps than that.
  void at_every_step(std::function<Fault(size_t)> fault, bool must_stay_clean) {
    for (size_t at = 1;; ++at) {
      SCOPED_TRACE(testing::Message() << "fault at step " << at);
      size_t steps = 0;
      FaultPlan plan{.faults = {fault(at)}, .step_count = &steps};
      Conversation conversation(loop, plan, GetParam());
      ASSERT_TRUE(run_loop_until(loop, [&] { return conversation.ended(); }))
          << conversation.completed() << " of " << conversation.started() << " completed";
      expect_quiet();
      const bool struck = steps >= at;
      if (must_stay_clean || !struck) {
        ASSERT_TRUE(conversation.clean());
      }
      if (!struck) {
        EXPECT_GT(at, 20u) << "a conversation of that many calls";
        return;
      }
    }
  }

  void expect_quiet() {
    run_loop_idle(loop, 3);
    const SpinGuard guard(loop);
    run_loop_idle(loop, 10);
    EXPECT_EQ(guard.wakeups(), 0u);
    EXPECT_EQ(guard.completions(), 0u);
    EXPECT_EQ(loop.armed_timers(), 0u);
  }

  FakeClock clock;
  IOLoop loop{IOLoopOptions{.clock = &clock}};
};

INSTANTIATE_TEST_SUITE_P(Below, StreamFaultTest, testing::Values(Layer::kPlain, Layer::kTLS),
                         [](const testing::TestParamInfo<Layer>& info) {
                           return info.param == Layer::kTLS ? "TLS" : "Plain";
                         });

// 11.3 ResetAtEveryPhase.
TEST_P(StreamFaultTest, a_reset_at_every_step_ends_every_operation_once) {
  at_every_step([](size_t at) { return reset_step(at); }, false);
}

// One call fails and the connection looks whole: the stream must not try again for ever.
TEST_P(StreamFaultTest, an_error_at_every_step_ends_every_operation_once) {
  for (int error : {EIO, ENOBUFS, ECONNRESET, EPIPE, ETIMEDOUT, EBADF}) {
    SCOPED_TRACE(error);
    at_every_step([&](size_t at) { return fail_step(at, error); }, false);
  }
}

// E32.
TEST_P(StreamFaultTest, an_interrupt_at_every_step_changes_nothing) {
  at_every_step([](size_t at) { return interrupt_at(Step::kAny, at); }, true);
}

TEST_P(StreamFaultTest, a_call_that_would_block_at_every_step_changes_nothing) {
  at_every_step([](size_t at) { return would_block_at(Step::kAny, at); }, true);
}

// TLS-1 in the small: each read and each write may want the other direction.
TEST_P(StreamFaultTest, a_call_that_wants_the_other_direction_at_every_step_changes_nothing) {
  for (size_t at = 1; at < 40; ++at) {
    for (Fault fault : {would_block_at(Step::kRead, at, kWritable),
                        would_block_at(Step::kWrite, at, kReadable | kWritable)}) {
      SCOPED_TRACE(testing::Message() << "call " << at);
      FaultPlan plan;
      plan.faults.push_back(fault);
      Conversation conversation(loop, plan, GetParam());
      ASSERT_TRUE(run_loop_until(loop, [&] { return conversation.ended(); }));
      EXPECT_TRUE(conversation.clean());
    }
  }
}

// The stream destroyed at every step: nothing is called afterwards, nothing stays behind.
TEST_P(StreamFaultTest, destroying_both_streams_at_every_iteration_leaves_nothing_behind) {
  for (int iterations = 0; iterations < 60; ++iterations) {
    SCOPED_TRACE(iterations);
    auto conversation = std::make_unique<Conversation>(loop, FaultPlan{}, GetParam());
    run_loop_idle(loop, iterations);
    conversation.reset();
    expect_quiet();
  }
}

}  // namespace
}  // namespace turbo
