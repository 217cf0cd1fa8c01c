// No malloc and no new for a request in steady state, nghttp2's included: all comes from the
// BlockPool, and from its free lists. The counter stands in place of the global operators, so this
// test is a program of its own.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <new>
#include <string>

#include "framework/buffer/block_pool.h"
#include "framework/http2/session.h"

namespace {
uint64_t allocations = 0;
}

void* operator new(size_t bytes) {
  ++allocations;
  void* const piece = std::malloc(bytes);
  if (piece == nullptr) std::abort();
  return piece;
}
void operator delete(void* piece) noexcept { std::free(piece); }
void operator delete(void* piece, size_t) noexcept { std::free(piece); }

namespace turbo::http2 {
namespace {

// The same stream again and again, for the peer's requests or for our own.
class Side final : public Stream, public SessionHandler {
 public:
  explicit Side(size_t body_bytes) : body_bytes_(body_bytes) {}

  void begin() {
    restart();
    left_ = body_bytes_;
    closed = false;
  }
  Body body() const { return body_bytes_ > 0 ? Body::kFollows : Body::kNone; }

  Stream* on_stream() override {
    begin();
    return this;
  }
  void on_head(bool) override {}
  void on_data(Buffer piece) override { session->consume(*this, piece.size()); }
  void on_end(std::span<const http::Field>) override {
    if (!answers) return;
    const http::Field fields[] = {{"content-type", "text/plain"}, {"server", "turbo"}};
    session->respond(*this, 200, fields, body());
  }
  void on_closed(ErrorCode, bool) override { closed = true; }
  Ready body_ready() override { return {left_, true}; }
  bool take_body(size_t bytes, Buffer& out) override {
    static const std::string kBytes(1 << 16, 'b');
    out.append_static(std::string_view(kBytes).substr(0, bytes));
    left_ -= bytes;
    return true;
  }

  Session* session = nullptr;
  bool answers = false;
  bool closed = false;

 private:
  size_t body_bytes_;
  size_t left_ = 0;
};

class AllocationTest : public ::testing::TestWithParam<size_t> {
 protected:
  AllocationTest() {
    server_side_.session = server_.get();
    server_side_.answers = true;
    client_side_.session = client_.get();
  }

  void request() {
    client_side_.begin();
    const http::Field fields[] = {{"accept", "*/*"}, {"cookie", "a=1"}, {"cookie", "b=2"}};
    ASSERT_TRUE(client_
                    ->request(client_side_,
                              {.method = "POST",
                               .scheme = "https",
                               .authority = "a.example",
                               .path = "/",
                               .fields = fields},
                              client_side_.body())
                    .ok());
    for (int i = 0; i < 100 && !(client_side_.closed && server_side_.closed); ++i) {
      pass(*client_, *server_);
      pass(*server_, *client_);
    }
    ASSERT_TRUE(client_side_.closed && server_side_.closed);
  }

  void pass(Session& from, Session& to) {
    Buffer bytes;
    from.send(bytes, 1 << 20);
    to.receive(std::move(bytes), now_);
    now_ += std::chrono::milliseconds(10);
  }

  static uint64_t misses() { return BlockPool::local().counters().misses; }

  SessionOptions options_;
  Side server_side_{GetParam()};
  Side client_side_{GetParam()};
  std::unique_ptr<Session> server_ = make_server_session(server_side_, options_);
  std::unique_ptr<Session> client_ = make_client_session(client_side_, options_);
  TimePoint now_{std::chrono::hours(1)};
};

TEST_P(AllocationTest, a_request_takes_none) {
  for (int i = 0; i < 200; ++i) request();
  const uint64_t allocations_before = allocations;
  const uint64_t misses_before = misses();
  for (int i = 0; i < 1000; ++i) request();
  EXPECT_EQ(allocations - allocations_before, 0u);
  EXPECT_EQ(misses() - misses_before, 0u);
}

INSTANTIATE_TEST_SUITE_P(Bodies, AllocationTest, ::testing::Values(0, 10, 50000));

TEST(AllocationCounterTest, counts) {
  const uint64_t before = allocations;
  delete new std::string(100, 'a');
  EXPECT_EQ(allocations - before, 2u);
}

}  // namespace
}  // namespace turbo::http2
