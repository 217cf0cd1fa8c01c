#include "framework/web/application.h"

#include <stdexcept>
#include <string>

#include "framework/base/log.h"
#include "framework/loop/sleep.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

class ApplicationTest : public ServerFixture {
 protected:
  std::string get(std::string_view path) {
    return answer_to("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  Application app_;
};

TEST_F(ApplicationTest, answers_with_a_function) {
  app_.get("/", [](Request&, Response& response) {
    response.set_status(201);
    response.set_header("X-Kind", "function");
    response.write("made");
  });
  serve(app_);
  std::string answer = get("/");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 201 Created\r\n"));
  EXPECT_TRUE(contains(answer, "\r\nX-Kind: function\r\n"));
  EXPECT_TRUE(ends_with(answer, "\r\n\r\nmade"));
}

TEST_F(ApplicationTest, answers_with_a_coroutine_that_waits) {
  app_.get("/", [](Request& request, Response& response) -> Task<> {
    std::string path(request.path());
    auto nap = sleep_for(request.loop(), std::chrono::seconds(1));
    co_await nap;
    response.write("slept at " + path);
  });
  serve(app_);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  settle();
  EXPECT_EQ(client->received(), "");
  pass(std::chrono::seconds(1));
  EXPECT_TRUE(ends_with(client->received(), "\r\n\r\nslept at /"));
}

TEST_F(ApplicationTest, cancels_a_coroutine_whose_server_stops_waiting) {
  struct Witness {
    bool* gone;
    ~Witness() { *gone = true; }
  };
  bool gone = false;
  app_.get("/", [&gone](Request& request, Response&) -> Task<> {
    Witness witness{&gone};
    auto nap = sleep_for(request.loop(), std::chrono::hours(1));
    co_await nap;
  });
  serve(app_);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  bool stopped = false;
  server_->stop(std::chrono::seconds(1), [&] { stopped = true; });
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(stopped);
  EXPECT_TRUE(gone);
}

class Recorder : public RequestHandler {
 public:
  explicit Recorder(std::string* log) : log_(log) {}
  ~Recorder() override { *log_ += "~"; }
  void prepare() override {
    *log_ += "p";
    if (path_parameter("name") == "stop") {
      set_status(403);
      finish();
    }
  }
  void get() override {
    *log_ += "g";
    write("got " + path_parameter("name"));
  }
  void del() override { run(later()); }
  void on_finish() override { *log_ += "f"; }

 private:
  Task<> later() {
    auto nap = sleep_for(request().loop(), std::chrono::seconds(1));
    co_await nap;
    *log_ += "d";
    set_status(202);
  }
  std::string* log_;
};

TEST_F(ApplicationTest, gives_a_handler_its_life_for_each_request) {
  std::string log;
  app_.add_handler<Recorder>("/:name", &log);
  serve(app_);
  EXPECT_TRUE(ends_with(get("/a%20b"), "\r\n\r\ngot a b"));
  EXPECT_EQ(log, "pgf~");
}

TEST_F(ApplicationTest, skips_the_method_when_prepare_has_finished) {
  std::string log;
  app_.add_handler<Recorder>("/:name", &log);
  serve(app_);
  EXPECT_TRUE(begins_with(get("/stop"), "HTTP/1.1 403 "));
  EXPECT_EQ(log, "pf~");
}

TEST_F(ApplicationTest, lets_a_handler_answer_later) {
  std::string log;
  app_.add_handler<Recorder>("/:name", &log);
  serve(app_);
  std::unique_ptr<RawClient> client = connect();
  client->send("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n");
  pass(std::chrono::seconds(2));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 202 "));
  EXPECT_EQ(log, "pdf~");
}

TEST_F(ApplicationTest, answers_head_with_the_get_handler) {
  std::string log;
  app_.add_handler<Recorder>("/:name", &log);
  app_.get("/f/:x", [](Request&, Response& response) { response.write("body"); });
  serve(app_);
  EXPECT_TRUE(ends_with(answer_to("HEAD /ab HTTP/1.1\r\nHost: a\r\n\r\n"), "\r\n\r\n"));
  EXPECT_TRUE(
      contains(answer_to("HEAD /f/1 HTTP/1.1\r\nHost: a\r\n\r\n"), "Content-Length: 4\r\n"));
}

TEST_F(ApplicationTest, answers_unknown_paths_with_404) {
  app_.get("/a", [](Request&, Response&) {});
  serve(app_);
  std::string answer = get("/b");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 404 Not Found\r\n"));
  EXPECT_FALSE(contains(answer, "Connection: close")) << "a 404 does not end the connection";
}

TEST_F(ApplicationTest, answers_other_methods_with_405_and_names_those_allowed) {
  std::string log;
  app_.add_handler<Recorder>("/:name", &log);
  app_.put("/:name/x", [](Request&, Response&) {});
  serve(app_);
  std::string answer = answer_to("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 405 "));
  EXPECT_TRUE(contains(answer, "\r\nAllow: GET, HEAD, DELETE, OPTIONS\r\n")) << answer;
  answer = answer_to("GET /a/x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(contains(answer, "\r\nAllow: PUT, OPTIONS\r\n"));
}

class UnexpectedLog {
 public:
  UnexpectedLog() {
    old_ = set_log_sink([this](LogLevel, std::string_view message) { text_ += message; });
  }
  ~UnexpectedLog() { set_log_sink(std::move(old_)); }
  const std::string& text() const { return text_; }

 private:
  LogSink old_;
  std::string text_;
};

TEST_F(ApplicationTest, answers_exceptions_with_500_and_hides_their_text) {  // HTTP-8
  UnexpectedLog log;
  app_.get("/function", [](Request&, Response& response) {
    response.set_header("X-Half", "done");
    response.write("half");
    throw std::runtime_error("secret");
  });
  app_.get("/coroutine", [](Request& request, Response&) -> Task<> {
    auto nap = sleep_for(request.loop(), std::chrono::milliseconds(0));
    co_await nap;
    throw std::runtime_error("secret");
  });
  app_.get("/odd", [](Request&, Response&) { throw 1; });
  serve(app_);
  for (const char* path : {"/function", "/coroutine", "/odd"}) {
    std::string answer = get(path);
    EXPECT_TRUE(begins_with(answer, "HTTP/1.1 500 Internal Server Error\r\n")) << answer;
    EXPECT_FALSE(contains(answer, "secret"));
    EXPECT_FALSE(contains(answer, "half"));
    EXPECT_FALSE(contains(answer, "X-Half"));
  }
  EXPECT_TRUE(contains(log.text(), "secret"));
}

TEST_F(ApplicationTest, refuses_headers_that_would_split_the_response) {  // HTTP-9
  UnexpectedLog log;
  app_.get("/",
           [](Request&, Response& response) { response.set_header("X", "a\r\nSet-Cookie: evil"); });
  app_.get("/length",
           [](Request&, Response& response) { response.set_header("Content-Length", "1"); });
  serve(app_);
  std::string answer = get("/");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 500 "));
  EXPECT_FALSE(contains(answer, "evil"));
  EXPECT_TRUE(begins_with(get("/length"), "HTTP/1.1 500 "));
}

TEST_F(ApplicationTest, gives_handlers_headers_cookies_and_the_body) {
  app_.post("/", [](Request& request, Response& response) {
    response.write(std::string(request.header("x-name").value_or("none")) + "," +
                   std::string(request.cookie("b").value_or("none")) + "," +
                   std::string(request.query_string()) + ",");
    response.write(std::move(request.body()));
  });
  serve(app_);
  std::string answer = answer_to(
      "POST /?q=1 HTTP/1.1\r\nHost: a\r\nX-Name: n\r\nCookie: a=1; b=2\r\nContent-Length: "
      "4\r\n\r\nbody");
  EXPECT_TRUE(ends_with(answer, "\r\n\r\nn,2,q=1,body")) << answer;
}

TEST_F(ApplicationTest, refuses_patterns_that_conflict_or_are_malformed) {
  auto nothing = [](Request&, Response&) {};
  app_.get("/a", nothing).post("/a", nothing);
  EXPECT_THROW(app_.get("/a", nothing), std::invalid_argument);
  EXPECT_THROW(app_.get("no-slash", nothing), std::invalid_argument);
  EXPECT_THROW(app_.get("/:", nothing), std::invalid_argument);
}

}  // namespace
}  // namespace turbo::web
