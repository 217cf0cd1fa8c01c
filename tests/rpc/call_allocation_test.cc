// No malloc and no new on the client's thread for a unary call in steady state, its deadline
// included; the message here allocates nothing either. The counter stands in place of the global
// operators, so this test is a program of its own.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "framework/loop/task.h"
#include "tests/rpc/channel_fixture.h"

namespace {
thread_local uint64_t allocations = 0;
}  // namespace

void* operator new(size_t bytes) {
  ++allocations;
  void* const piece = std::malloc(bytes);
  if (piece == nullptr) std::abort();
  return piece;
}
void operator delete(void* piece) noexcept { std::free(piece); }
void operator delete(void* piece, size_t) noexcept { std::free(piece); }

namespace turbo::rpc {
namespace {

using google::protobuf::Int32Value;

// On a thread of its own, whose allocations are no matter.
class ServerThread {
 public:
  ServerThread() : thread_([this] { run(); }) {
    while (!ready_) std::this_thread::yield();
  }
  ~ServerThread() {
    loop_->stop();
    thread_.join();
  }
  const std::string& target() const { return target_; }

 private:
  void run() {
    IOLoop loop;
    ScriptedServer server(loop);
    target_ = server.target();
    loop_ = &loop;
    ready_ = true;
    loop.start();
  }

  std::string target_;
  IOLoop* loop_ = nullptr;
  std::atomic<bool> ready_{false};
  std::thread thread_;
};

Task<int> make_calls(Channel& channel, const Int32Value& request, int count) {
  int good = 0;
  for (int i = 0; i < count; ++i) {
    ClientContext context;
    context.set_timeout(std::chrono::seconds(60));
    auto call = call_unary<Int32Value>(channel, kUnaryMethod, context, request);
    const absl::StatusOr<Int32Value> reply = co_await call;
    good += reply.ok();
  }
  co_return good;
}

class CallAllocationTest : public ChannelFixture {
 protected:
  int calls(int count) {
    const Int32Value request;
    Task<int> task = make_calls(*channel_, request, count);
    bool done = false;
    task.start([&done] { done = true; });
    while (!done) loop_.run_once(std::chrono::seconds(1));
    return task.result();
  }
};

TEST_F(CallAllocationTest, a_call_takes_nothing_but_from_the_pool) {
  const ServerThread server;
  open(server.target());
  ASSERT_EQ(calls(1000), 1000);
  const uint64_t before = allocations;
  ASSERT_EQ(calls(1000), 1000);
  EXPECT_EQ(allocations - before, 0u);
}

}  // namespace
}  // namespace turbo::rpc
