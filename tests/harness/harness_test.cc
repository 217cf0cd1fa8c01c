#include "framework/harness/harness.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "framework/base/log.h"
#include "framework/loop/sleep.h"
#include "framework/shard/blocking_pool.h"
#include "framework/web/application.h"

namespace turbo {
namespace {

using web::Request;
using web::Response;

TEST(HarnessTest, a_request_in_and_its_response_out) {
  web::Application app;
  app.get("/hello/:name", [](Request& request, Response& response) {
    response.set_header("X-Host", request.host());
    response.write("Hello, " + request.path_parameter("name") + "!");
  });
  app.post("/echo", [](Request& request, Response& response) {
    response.set_header("Content-Type", request.header("Content-Type").value_or("none"));
    response.write(std::move(request.body()));
  });
  Harness harness(app);

  const HarnessResponse hello = harness.get("/hello/bob");
  EXPECT_EQ(hello.status, 200) << hello;
  EXPECT_EQ(hello.reason, "OK");
  EXPECT_EQ(hello.header("x-host"), "localhost");
  EXPECT_EQ(hello.header("Connection"), std::nullopt);
  EXPECT_EQ(hello.body, "Hello, bob!");
  EXPECT_EQ(hello.problem, "");

  const HarnessResponse echo = harness.post("/echo", "a=b");
  EXPECT_EQ(echo.body, "a=b") << echo;
  EXPECT_EQ(echo.header("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(harness.post("/echo", "").status, 200);

  const HarnessResponse head = harness.request({.method = "HEAD", .target = "/hello/bob"});
  EXPECT_EQ(head.header("Content-Length"), "11") << head;
  EXPECT_EQ(head.body, "");

  EXPECT_EQ(harness.get("/nothing").status, 404);
  EXPECT_EQ(harness.request({.method = "PUT", .target = "/echo", .body = "x"}).header("Allow"),
            "POST, OPTIONS");
  const HarnessResponse other =
      harness.request({.target = "/hello/x", .fields = {{"Host", "example.org"}}});
  EXPECT_EQ(other.header("X-Host"), "example.org") << other;
  EXPECT_EQ(harness.server().counters().requests, 7u);
}

TEST(HarnessTest, what_the_server_refuses_is_an_answer_too) {
  web::Application app;
  app.post("/", [](Request&, Response&) {});
  HarnessOptions options;
  options.server.limits.max_body_bytes = 10;
  Harness harness(app, std::move(options));
  EXPECT_EQ(harness.post("/", std::string(11, 'x')).status, 413);
  HarnessCall raw = harness.start_raw("GET / HTTP/1.1\r\nHost : x\r\n\r\n");
  EXPECT_EQ(raw.response().status, 400);
}

TEST(HarnessTest, bodies_larger_than_what_fits_the_connection) {
  web::Application app;
  app.post("/",
           [](Request& request, Response& response) { response.write(std::move(request.body())); });
  Harness harness(app);
  const std::string body(1 << 20, 'x');
  EXPECT_EQ(harness.post("/", body).body, body);
}

Task<> nap(Request& request, Response& response) {
  auto pause = sleep_for(request.loop(), std::chrono::hours(1));
  co_await pause;
  response.write("slept");
}

TEST(HarnessTest, time_passes_when_told) {
  web::Application app;
  app.get("/nap", nap);
  HarnessOptions options{.fake_clock = true};
  options.server.handler_timeout = Duration::zero();
  Harness harness(app, std::move(options));
  HarnessCall call = harness.start({.target = "/nap"});
  harness.advance(std::chrono::minutes(59));
  EXPECT_FALSE(call.done());
  harness.advance(std::chrono::minutes(1));
  EXPECT_TRUE(call.done());
  EXPECT_EQ(call.response().body, "slept");
}

TEST(HarnessTest, the_servers_deadlines_count) {
  web::Application app;
  app.get("/nap", nap);
  Harness harness(app, {.fake_clock = true});
  HarnessCall call = harness.start({.target = "/nap"});
  harness.advance(std::chrono::minutes(6));
  EXPECT_EQ(call.response().status, 503);
}

TEST(HarnessTest, reads_an_answer_in_pieces_as_they_leave) {
  web::Application app;
  app.get("/events", [](Request& request, Response& response) -> Task<> {
    for (int i = 0; i < 3; ++i) {
      response.write("data: " + std::to_string(i) + "\n\n");
      response.flush();
      auto pause = sleep_for(request.loop(), std::chrono::seconds(1));
      co_await pause;
    }
  });
  Harness harness(app, {.fake_clock = true});
  HarnessCall call = harness.start({.target = "/events"});
  EXPECT_EQ(call.status(), 200);
  EXPECT_EQ(call.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(call.read(), "data: 0\n\n");
  harness.advance(std::chrono::seconds(1));
  EXPECT_EQ(call.read(), "data: 1\n\n");
  EXPECT_FALSE(call.done());
  harness.advance(std::chrono::seconds(2));
  EXPECT_EQ(call.read(), "data: 2\n\n");
  EXPECT_EQ(call.read(), "");
  EXPECT_TRUE(call.done());
  EXPECT_EQ(call.problem(), "");
}

TEST(HarnessTest, shows_trailers) {
  web::Application app;
  app.get("/", [](Request&, Response& response) {
    response.write("abc");
    response.add_trailer("X-Sum", "3");
  });
  Harness harness(app);
  const HarnessResponse response = harness.get("/");
  EXPECT_EQ(response.body, "abc") << response;
  EXPECT_EQ(response.trailer("x-sum"), "3");
  EXPECT_EQ(response.trailer("X"), std::nullopt);
  EXPECT_EQ(response.header("X-Sum"), std::nullopt);
  EXPECT_TRUE(response.to_string().ends_with("\n\nabc\nX-Sum: 3")) << response;
}

TEST(HarnessTest, a_client_that_goes_away_ends_the_task) {
  struct Flag {
    ~Flag() { ++*ended; }
    int* ended;
  };
  int ended = 0;
  web::Application app;
  app.get("/", [&ended](Request& request, Response&) -> Task<> {
    Flag flag{&ended};
    auto pause = sleep_for(request.loop(), std::chrono::hours(1));
    co_await pause;
  });
  Harness harness(app, {.fake_clock = true});
  HarnessCall call = harness.start({});
  harness.settle();
  EXPECT_EQ(ended, 0);
  call.go_away();
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(call.response().problem, "the client went away");
  {
    HarnessCall dropped = harness.start({});
    harness.settle();
  }
  harness.settle();
  EXPECT_EQ(ended, 2);
  HarnessCall open = harness.start({});  // whose task the harness ends
  harness.settle();
}

TEST(HarnessTest, keeps_cookies_on_demand) {
  web::Application app;
  app.get("/login", [](Request&, Response& response) {
    response.add_header("Set-Cookie", "user=bob; Path=/; HttpOnly");
  });
  app.get("/logout", [](Request&, Response& response) {
    response.add_header("Set-Cookie", "user=; Max-Age=0");
  });
  app.get("/who", [](Request& request, Response& response) {
    response.write(std::string(request.cookie("user").value_or("nobody")));
  });
  Harness harness(app, {.keep_cookies = true});
  EXPECT_EQ(harness.get("/who").body, "nobody");
  harness.get("/login");
  EXPECT_EQ(harness.get("/who").body, "bob");
  EXPECT_EQ(harness.request({.target = "/who", .fields = {{"Cookie", "user=eve"}}}).body, "eve");
  harness.get("/logout");
  EXPECT_EQ(harness.get("/who").body, "nobody");

  Harness forgetful(app);
  forgetful.get("/login");
  EXPECT_EQ(forgetful.get("/who").body, "nobody");
}

TEST(HarnessTest, says_what_is_wrong_with_an_answer) {
  const LogSink earlier = set_log_sink([](LogLevel, std::string_view) {});
  web::Application app;
  app.get("/cut", [](Request& request, Response& response) -> Task<> {
    response.write("half");
    response.flush();
    auto pause = sleep_for(request.loop(), std::chrono::milliseconds(1));
    co_await pause;
    throw std::runtime_error("broken");
  });
  app.get("/broken", [](Request&, Response&) { throw std::runtime_error("broken"); });
  Harness harness(app);
  const HarnessResponse cut = harness.get("/cut");
  EXPECT_EQ(cut.status, 200);
  EXPECT_EQ(cut.body, "half");
  EXPECT_EQ(cut.problem, "the connection ended within the body");
  EXPECT_NE(cut.to_string().find("[the connection ended within the body]"), std::string::npos);
  EXPECT_EQ(harness.get("/broken").status, 500);
  set_log_sink(earlier);
}

TEST(HarnessTest, waits_for_what_a_pool_still_does_for_a_handler_that_was_given_up) {
  BlockingPool pool;
  std::promise<void> go_on;
  std::atomic<bool> done = false;
  web::Application app;
  app.get("/slow", [&](web::Request&, web::Response& response) -> Task<> {
    auto work = pool.run([&] {
      go_on.get_future().wait();
      done = true;
      return 1;
    });
    const absl::StatusOr<int> answer = co_await work;
    response.write(std::to_string(answer.value()));
  });
  {
    Harness harness(app);
    HarnessCall call = harness.start({.target = "/slow"});
    call.go_away();
    go_on.set_value();
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace turbo
