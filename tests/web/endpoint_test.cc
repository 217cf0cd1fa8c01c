#include "framework/web/endpoint.h"

#include <stdexcept>
#include <string>

#include "framework/base/log.h"
#include "framework/loop/sleep.h"
#include "framework/web/application.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

// Throws where its path says, and records how far it came.
class Thrower : public RequestHandler {
 public:
  explicit Thrower(std::string* log) : log_(log) {}
  ~Thrower() override { *log_ += "~"; }

  void prepare() override {
    *log_ += "p";
    throw_at("prepare");
  }
  void get() override {
    *log_ += "g";
    throw_at("method");
    if (path_parameter("where") == "behind_run") {
      run(later());
      throw std::runtime_error("secret");
    }
    if (path_parameter("where") == "task") return run(later());
    if (path_parameter("where") == "streaming") {
      write("half");
      response().flush();
      throw std::runtime_error("secret");
    }
    write("whole");
  }
  void on_finish() override {
    *log_ += "f";
    throw_at("on_finish");
  }

 private:
  Task<> later() {
    *log_ += "t";
    auto nap = sleep_for(request().loop(), std::chrono::milliseconds(0));
    co_await nap;
    throw_at("task");
  }
  void throw_at(std::string_view where) {
    if (path_parameter("where") == where) throw std::runtime_error("secret");
  }
  std::string* log_;
};

class Unborn : public RequestHandler {
 public:
  Unborn() { throw std::runtime_error("secret"); }
  void get() override {}
};

class EndpointTest : public ServerFixture {
 protected:
  EndpointTest() {
    old_ = set_log_sink([](LogLevel, std::string_view) {});
    app_.add_handler<Thrower>("/:where", &log_);
    app_.add_handler<Unborn>("/unborn");
  }
  ~EndpointTest() override { set_log_sink(std::move(old_)); }

  std::string get(std::string_view path) {
    log_.clear();
    return answer_to("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }

  void expect_500(std::string_view path, std::string_view life) {
    std::string answer = get(path);
    EXPECT_TRUE(begins_with(answer, "HTTP/1.1 500 Internal Server Error\r\n")) << answer;
    EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1u);
    EXPECT_FALSE(contains(answer, "secret"));
    EXPECT_FALSE(contains(answer, "Connection: close")) << "the connection is none the worse";
    EXPECT_EQ(log_, life) << path;
  }

  Application app_;
  std::string log_;

 private:
  LogSink old_;
};

// on_finish() is where a common base class counts and logs: it sees failures too, once.
TEST_F(EndpointTest, answers_an_exception_from_any_point_of_a_handlers_life_once) {
  serve(app_);
  expect_500("/prepare", "pf~");
  expect_500("/method", "pgf~");
  expect_500("/behind_run", "pgf~");
  expect_500("/task", "pgtf~");
  expect_500("/unborn", "");
}

TEST_F(EndpointTest, answers_500_for_a_coroutine_handler_that_returns_no_task) {
  app_.get("/no/task", [](Request&, Response&) { return Task<>(); });
  serve(app_);
  expect_500("/no/task", "");
}

TEST_F(EndpointTest, keeps_the_answer_when_on_finish_throws) {
  serve(app_);
  std::string answer = get("/on_finish");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(ends_with(answer, "\r\n\r\nwhole"));
  EXPECT_EQ(log_, "pgf~");
}

TEST_F(EndpointTest, cuts_the_connection_when_a_streamed_answer_fails) {
  serve(app_);
  auto client = connect();
  client->send("GET /streaming HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return client->ended(); }));
  EXPECT_FALSE(contains(client->received(), "0\r\n\r\n")) << "half must not look whole";
  EXPECT_FALSE(contains(client->received(), " 500 "));
  EXPECT_EQ(log_, "pgf~");
}

}  // namespace
}  // namespace turbo::web
