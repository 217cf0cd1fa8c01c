// No malloc and no new for a request in steady state, for each kind of handler. The counter stands
// in place of the global operators, so this test is a program of its own.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdlib>
#include <initializer_list>
#include <new>
#include <string>

#include "framework/web/access_log.h"
#include "framework/web/application.h"
#include "framework/web/cors.h"
#include "framework/web/request_id.h"
#include "framework/web/static_file_handler.h"
#include "tests/server/server_fixture.h"
#include "tests/web/temporary_directory.h"

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
  // Sends `text` so often, one after the other over a blocking socket, and swallows the answers.
  void request(int socket, const std::string& text, int count) {
    char answer[1024];
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(::send(socket, text.data(), text.size(), 0), ssize_t(text.size()));
      ssize_t received = -1;
      for (int turn = 0; turn < 1000 && received <= 0; ++turn) {
        loop_.run_once();
        received = ::recv(socket, answer, sizeof answer, MSG_DONTWAIT);
      }
      ASSERT_GT(received, 0);
      ASSERT_TRUE(ends_with({answer, size_t(received)}, "Hello, World!"))
          << std::string_view(answer, size_t(received));
    }
  }

  void expect_none(Application& app, std::initializer_list<const char*> paths) {
    serve(app);
    UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(::connect(client.get(), address_.data(), address_.size()), 0);
    for (const char* path : paths) {
      const std::string text =
          "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n";
      request(client.get(), text, 100);  // warms the pools up
      uint64_t before = allocations.load();
      request(client.get(), text, 3000);
      EXPECT_EQ(allocations.load() - before, 0u) << path;
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
  app.get("/number/:id([0-9]+)",
          [](Request&, Response& response) { response.write("Hello, World!"); });
  expect_none(app, {"/function", "/coroutine", "/class/x", "/number/12345", "/number/%31"});
}

TEST_F(AllocationTest, none_for_middleware_hosts_and_mounted_applications) {
  Application inner;
  inner.get("/function", [](Request&, Response& response) { response.write("Hello, World!"); });
  inner.get("/coroutine", [](Request&, Response& response) -> Task<> {
    response.write("Hello, World!");
    co_return;
  });
  inner.add_handler<Plain>("/class/:name");
  inner.use({.before = [](Request& request, Response&) { request.attributes().emplace<int>(1); },
             .after = [](Request&, Response& response) { response.set_header("X-Y", "z"); },
             .around = [](Request&, Response&, Next next) -> Task<> {
               auto inside = next();
               co_await inside;
             }});
  Application app;
  app.host("*.example.com");
  app.host("localhost").mount("/in", std::move(inner));
  app.use(request_id()).use(cors({.origins = {"https://a.test"}}));
  expect_none(app, {"/in/function", "/in/coroutine", "/in/class/x"});
}

TEST_F(AllocationTest, none_for_a_file_in_memory) {
  TemporaryDirectory directory;
  directory.write("hello", "Hello, World!");
  const std::shared_ptr<StaticFiles> files = *StaticFiles::open(directory.path());
  Application app;
  app.add_handler<StaticFileHandler>("/f/*path", files);
  bool loaded = false;
  files->cache(loop_).load("hello", [&](auto) { loaded = true; });
  while (!loaded) loop_.run_once();
  expect_none(app, {"/f/hello"});
}

// The log's batches are made while the thread that writes them is behind, at most a few; what is
// shown is that no request makes one.
TEST_F(AllocationTest, none_for_a_request_that_is_logged) {
  Application app;
  app.get("/", [](Request&, Response& response) { response.write("Hello, World!"); });
  auto log = AccessLog::open({.path = "/dev/null", .format = AccessLogFormat::kJSON});
  ASSERT_TRUE(log.ok());
  LoggedService logged(app, **log);
  serve(logged);
  UniqueFd client(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::connect(client.get(), address_.data(), address_.size()), 0);
  const std::string text = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  request(client.get(), text, 2000);
  uint64_t before = allocations.load();
  request(client.get(), text, 10000);
  EXPECT_LE(allocations.load() - before, 40u);
  server_.reset();
  loop_.run_once();
}

}  // namespace
}  // namespace turbo::web
