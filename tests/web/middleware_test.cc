#include "framework/web/middleware.h"

#include <stdexcept>
#include <string>

#include "framework/base/log.h"
#include "framework/loop/sleep.h"
#include "framework/web/application.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

class MiddlewareTest : public ServerFixture {
 protected:
  MiddlewareTest() {
    old_ = set_log_sink([](LogLevel, std::string_view) {});
    app_.get("/", [this](Request&, Response& response) {
      trace_ += "h";
      response.write("body");
    });
  }
  ~MiddlewareTest() override { set_log_sink(std::move(old_)); }

  std::string ask(std::string_view head, std::string_view body = {}) {
    trace_.clear();
    return answer_to(std::string(head)
                         .append(" HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                                 std::to_string(body.size()) + "\r\n\r\n")
                         .append(body));
  }

  Middleware before(char name) {
    return {.before = [this, name](Request&, Response&) { trace_ += name; }};
  }
  Middleware after(char name) {
    return {.after = [this, name](Request&, Response&) { trace_ += name; }};
  }
  Middleware around(char name) {
    return {.around = [this, name](Request&, Response&, Next next) -> Task<> {
      trace_ += name;
      auto inner = next();
      co_await inner;
      trace_ += static_cast<char>(name - 'a' + 'A');
    }};
  }

  Application app_;
  std::string trace_;

 private:
  LogSink old_;
};

TEST_F(MiddlewareTest, runs_in_the_order_used_and_backward_on_the_way_out) {
  app_.use(around('c'))
      .use(before('a'))
      .use(after('x'))
      .use(before('b'))
      .use(around('d'))
      .use(after('y'));
  serve(app_);
  EXPECT_TRUE(ends_with(ask("GET /"), "\r\n\r\nbody"));
  EXPECT_EQ(trace_, "abcdhDCyx");
}

TEST_F(MiddlewareTest, goes_around_every_kind_of_handler) {
  struct Recorder : RequestHandler {
    explicit Recorder(std::string* trace) : trace_(trace) {}
    void prepare() override { *trace_ += "p"; }
    void get() override { run(later()); }
    void put() override { write("put"); }
    void on_finish() override { *trace_ += "f"; }
    Task<> later() {
      auto nap = sleep_for(request().loop(), std::chrono::milliseconds(0));
      co_await nap;
      *trace_ += "l";
      write("later");
    }
    std::string* trace_;
  };
  app_.add_handler<Recorder>("/class", &trace_);
  app_.get("/coroutine", [](Request& request, Response& response) -> Task<> {
    auto nap = sleep_for(request.loop(), std::chrono::milliseconds(0));
    co_await nap;
    response.write("waited");
  });
  app_.use(around('a')).use({.around = [](Request&, Response& response, Next next) -> Task<> {
    auto inner = next();
    co_await inner;
    response.set_header("X-Around", "set");
  }});
  serve(app_);
  std::string answer = ask("GET /class");
  EXPECT_TRUE(ends_with(answer, "\r\n\r\nlater")) << answer;
  EXPECT_TRUE(contains(answer, "X-Around: set"));
  EXPECT_EQ(trace_, "aplAf");
  EXPECT_TRUE(ends_with(ask("PUT /class"), "\r\n\r\nput"));
  EXPECT_EQ(trace_, "apAf");
  answer = ask("GET /coroutine");
  EXPECT_TRUE(ends_with(answer, "\r\n\r\nwaited")) << answer;
  EXPECT_TRUE(contains(answer, "X-Around: set"));
  EXPECT_EQ(trace_, "aA");
}

TEST_F(MiddlewareTest, a_before_that_answers_ends_it) {
  app_.use(before('a')).use(after('x')).use(around('c'));
  app_.use({.before = [](Request& request, Response& response) {
    if (request.query_string() != "no") return;
    response.set_status(403);
    response.write("forbidden");
    response.finish();
  }});
  app_.use(before('b'));
  serve(app_);
  std::string answer = ask("GET /?no");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 403 ")) << answer;
  EXPECT_TRUE(ends_with(answer, "forbidden"));
  EXPECT_EQ(trace_, "ax");
  ask("GET /");
  EXPECT_EQ(trace_, "abchCx");
}

TEST_F(MiddlewareTest, a_before_refuses_before_the_body_is_there) {
  app_.post("/up", [this](Request&, Response&) { trace_ += "h"; });
  app_.use({.before = [](Request&, Response& response) { response.send_error(401); }});
  serve(app_);
  auto client = connect();
  client->send("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 401 "));
  EXPECT_EQ(trace_, "");
}

TEST_F(MiddlewareTest, an_around_may_answer_itself) {
  app_.use({.around = [](Request& request, Response& response, Next) -> Task<> {
    auto nap = sleep_for(request.loop(), std::chrono::milliseconds(0));
    co_await nap;
    response.set_status(202);
    response.write("instead");
  }});
  app_.use(around('d'));
  serve(app_);
  EXPECT_TRUE(ends_with(ask("GET /"), "\r\n\r\ninstead"));
  EXPECT_EQ(trace_, "");
}

TEST_F(MiddlewareTest, an_around_may_catch_what_a_handler_throws) {
  app_.get("/throw", [](Request&, Response&) { throw std::runtime_error("secret"); });
  app_.get("/coroutine", [](Request& request, Response&) -> Task<> {
    auto nap = sleep_for(request.loop(), std::chrono::milliseconds(0));
    co_await nap;
    throw std::runtime_error("secret");
  });
  app_.use(around('a'))
      .use({.around = [](Request& request, Response& response, Next next) -> Task<> {
        bool failed = false;
        try {
          auto inner = next();
          co_await inner;
        } catch (const std::runtime_error&) {
          if (request.query_string() == "pass") throw;
          failed = true;
        }
        if (failed) response.write("caught");
      }});
  serve(app_);
  for (const char* path : {"GET /throw", "GET /coroutine"}) {
    EXPECT_TRUE(ends_with(ask(path), "\r\n\r\ncaught"));
    EXPECT_EQ(trace_, "aA");
    const std::string answer = ask(path + std::string("?pass"));
    EXPECT_TRUE(begins_with(answer, "HTTP/1.1 500 ")) << answer;
    EXPECT_FALSE(contains(answer, "secret"));
    EXPECT_EQ(trace_, "a");
  }
}

TEST_F(MiddlewareTest, answers_what_middleware_throws_with_500) {
  const auto at = [](std::string_view where, Request& request) {
    if (request.query_string() == where) throw std::runtime_error("secret");
  };
  app_.use(after('x'));
  app_.use({.before = [at](Request& request, Response&) { at("before", request); },
            .around = [at](Request& request, Response&, Next next) -> Task<> {
              at("around", request);
              auto inner = next();
              co_await inner;
              at("behind", request);
            }});
  app_.use({.around = [](Request& request, Response&, Next next) -> Task<> {
    auto inner = next();
    co_await inner;
    if (request.query_string() != "twice") co_return;
    auto again = next();
    co_await again;
  }});
  serve(app_);
  for (const char* where : {"before", "around", "behind", "twice"}) {
    const std::string answer = ask("GET /?" + std::string(where));
    EXPECT_TRUE(begins_with(answer, "HTTP/1.1 500 ")) << where << answer;
    EXPECT_EQ(count_of(answer, "HTTP/1.1 "), 1u);
    EXPECT_FALSE(contains(answer, "secret"));
    EXPECT_EQ(trace_.back(), 'x') << where;
  }
}

TEST_F(MiddlewareTest, an_after_that_throws_changes_nothing) {
  app_.use(after('x')).use({.after = [](Request&, Response& response) {
    response.set_header("X-Before", "throw");
    response.set_header("X\r\n", "bad");
  }});
  serve(app_);
  const std::string answer = ask("GET /");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(contains(answer, "X-Before: throw"));
  EXPECT_EQ(trace_, "hx");
}

// Fields set before are lost when an error takes the answer's place; those of after are not.
TEST_F(MiddlewareTest, an_after_sees_every_answer) {
  app_.use({.after = [](Request&, Response& response) {
    response.set_header("X-Seen", std::to_string(response.status()));
  }});
  app_.get("/throw", [](Request&, Response&) { throw std::runtime_error("secret"); });
  app_.get("/stream", [](Request&, Response& response) {
    response.set_status(206);
    response.write("a");
    response.flush();
    response.write("b");
  });
  serve(app_);
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"GET /", "200"},     {"HEAD /", "200"},    {"GET /none", "404"},  {"PUT /", "405"},
      {"OPTIONS /", "204"}, {"OPTIONS *", "204"}, {"GET /throw", "500"}, {"GET /stream", "206"}};
  for (const auto& [request, status] : cases) {
    const std::string answer = ask(request);
    EXPECT_EQ(answer.substr(9, 3), status) << request;
    EXPECT_EQ(count_of(answer, "\r\nX-Seen: " + std::string(status) + "\r\n"), 1u) << answer;
  }
  const std::string malformed =
      answer_to("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(malformed.substr(9, 3), "405") << "answered before the body";
}

TEST_F(MiddlewareTest, an_after_sees_what_the_server_says_about_a_body) {
  app_.post("/up", [](Request&, Response&) {});
  app_.use({.after = [](Request&, Response& response) {
    response.set_header("X-Seen", std::to_string(response.status()));
  }});
  serve(app_);
  const std::string answer =
      answer_to("POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_TRUE(contains(answer, "X-Seen: 400")) << answer;
}

TEST_F(MiddlewareTest, runs_around_unknown_paths_and_methods_and_the_default_handler) {
  app_.use(before('a')).use(around('c')).use(after('x'));
  serve(app_);
  for (const char* request : {"GET /none", "PUT /"}) {
    ask(request);
    EXPECT_EQ(trace_, "acxC") << request << ": an error page is finished at once";
  }
  for (const char* request : {"OPTIONS /", "OPTIONS *"}) {
    ask(request);
    EXPECT_EQ(trace_, "acCx") << request;
  }
}

TEST_F(MiddlewareTest, the_middleware_of_an_application_is_inside_of_that_around_it) {
  Application inner;
  inner.get("/", [this](Request&, Response&) { trace_ += "h"; });
  inner.use(before('b')).use(around('d')).use(after('y'));
  Application innermost;
  innermost.get("/", [this](Request&, Response&) { trace_ += "i"; }).use(before('1'));
  inner.mount("/deep", std::move(innermost));
  app_.mount("/in", std::move(inner));
  app_.host("b.test").use(before('B')).get("/", [this](Request&, Response&) { trace_ += "h"; });
  app_.use(before('a')).use(around('c')).use(after('x'));
  serve(app_);
  ask("GET /in/");
  EXPECT_EQ(trace_, "abcdhDCyx");
  ask("GET /in/none");
  EXPECT_EQ(trace_, "abcdyxDC");
  ask("GET /in/deep/");
  EXPECT_EQ(trace_, "ab1cdiDCyx");
  ask("GET /");
  EXPECT_EQ(trace_, "achCx");
  ask("GET /in");
  EXPECT_EQ(trace_, "abcdyxDC");
  ask("GET /inner");
  EXPECT_EQ(trace_, "acxC");
  ask("GET http://b.test/");
  EXPECT_EQ(trace_, "aBchCx");
}

TEST_F(MiddlewareTest, only_the_applications_that_use_it_pay) {
  Application inner;
  inner.get("/", [](Request&, Response& response) { response.write("in"); }).use(before('b'));
  app_.mount("/in", std::move(inner));
  serve(app_);
  ask("GET /");
  EXPECT_EQ(trace_, "h");
  ask("GET /in/");
  EXPECT_EQ(trace_, "b");
}

TEST_F(MiddlewareTest, leaves_attributes_for_handlers) {
  struct User {
    std::string name;
    std::string* trace;
    ~User() { *trace += "~"; }
  };
  struct Other {
    int value;
  };
  app_.use({.before = [this](Request& request, Response&) {
    request.attributes().emplace<Other>(7);
    request.attributes().emplace<User>("ada", &trace_);
    request.attributes().emplace<Other>(8);
  }});
  app_.get("/who", [](Request& request, Response& response) {
    response.write(request.attributes().find<User>()->name);
    response.write(std::to_string(request.attributes().find<Other>()->value));
    if (request.attributes().find<int>() != nullptr) response.write("?");
  });
  serve(app_);
  EXPECT_TRUE(ends_with(ask("GET /who"), "\r\n\r\nada8"));
  EXPECT_EQ(trace_, "~");
}

TEST_F(MiddlewareTest, a_client_that_goes_away_destroys_an_around_where_it_waits) {
  struct Witness {
    bool* gone;
    ~Witness() { *gone = true; }
  };
  bool gone = false;
  app_.get("/slow", [](Request& request, Response&) -> Task<> {
    auto nap = sleep_for(request.loop(), std::chrono::hours(1));
    co_await nap;
  });
  app_.use(after('x')).use({.around = [&gone](Request&, Response&, Next next) -> Task<> {
    Witness witness{&gone};
    auto inner = next();
    co_await inner;
  }});
  serve(app_);
  {
    auto client = connect();
    client->send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  }
  bool stopped = false;
  server_->stop(std::chrono::seconds(1), [&] { stopped = true; });
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(stopped && gone);
}

}  // namespace
}  // namespace turbo::web
