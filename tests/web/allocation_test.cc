// No malloc and no new for a request in steady state, for each kind of handler. The counter stands
// in place of the global operators, so this test is a program of its own.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "framework/web/application.h"
#include "tests/server/server_fixture.h"

namespace {

std::atomic<uint64_t> allocations{0};

void* counted(size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* piece = std::malloc(bytes);
  if (piece == nullptr) throw std::bad_alloc();
  return piece;
}

}  // namespace

void* operator new(size_t bytes) { return counted(bytes); }
void* operator new[](size_t bytes) { return counted(bytes); }
void operator delete(void* piece) noexcept { std::free(piece); }
void operator delete[](void* piece) noexcept { std::free(piece); }
void operator delete(void* piece, size_t) noexcept { std::free(piece); }
void operator delete[](void* piece, size_t) noexcept { std::free(piece); }

namespace turbo::web {
namespace {

class Plain : public RequestHandler {
 public:
  void get() override {
    set_header("Content-Type", "text/plain");
    write("Hello, World!");
  }
};

class AllocationTest : public ServerFixture {
 protected:
  // Sends `count` requests one after the other over a blocking socket and swallows the answers.
  void request(int socket, std::string_view path, int count) {
    std::string text =
        "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
    char answer[1024];
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(::send(socket, text.data(), text.size(), 0), ssize_t(text.size()));
      ssize_t received = -1;
      for (int turn = 0; turn < 1000 && received <= 0; ++turn) {
        loop_.run_once();
        received = ::recv(socket, answer, sizeof answer, MSG_DONTWAIT);
      }
      ASSERT_GT(received, 0);
      ASSERT_TRUE(ends_with({answer, size_t(received)}, "Hello, World!"));
    }
  }
};

TEST_F(AllocationTest, none_for_a_request_of_any_kind_of_handler) {
  Application app;
  app.get("/function", [](Request&, Response& response) {
    response.set_header("Content-Type", "text/plain");
    response.write("Hello, World!");
  });
  app.get("/coroutine", [](Request&, Response& response) -> Task<> {
    response.set_header("Content-Type", "text/plain");
    response.write("Hello, World!");
    co_return;
  });
  app.add_handler<Plain>("/class/:name");
  serve(app);
  UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::connect(client.get(), address_.data(), address_.size()), 0);
  for (const char* path : {"/function", "/coroutine", "/class/x"}) {
    request(client.get(), path, 100);  // warms the pools up
    uint64_t before = allocations.load();
    request(client.get(), path, 10000);
    // One for the text of the request above.
    EXPECT_LE(allocations.load() - before, 1u) << path;
  }
}

}  // namespace
}  // namespace turbo::web
