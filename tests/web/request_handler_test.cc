#include "framework/web/request_handler.h"

#include <string>

#include "framework/loop/sleep.h"
#include "framework/web/application.h"
#include "tests/web/web_fixture.h"

namespace turbo::web {
namespace {

using RequestHandlerTest = WebFixture;

Task<> pause(Request& request) {
  auto nap = sleep_for(request.loop(), std::chrono::milliseconds(0));
  co_await nap;
}

class HTTPErrorTest : public WebFixture {
 protected:
  static void throw_as_asked(Request& request, Response& response) {
    response.set_header("X-Half", "done");
    response.write("half");
    const Arguments& query = request.query();
    const int status = query.get<int>("status", 0);
    if (query.has("challenge")) {
      throw HTTPError(status, "who are you?").with_header("WWW-Authenticate", "Basic");
    }
    if (query.has("split")) throw HTTPError(status).with_header("X", "a\r\nSet-Cookie: b=1");
    if (query.has("finish")) throw Finish();
    if (query.has("bug")) throw std::runtime_error("secret");
    throw HTTPError(status, "<no> such user", query.has("log") ? "told the log" : "");
  }
};

TEST_F(HTTPErrorTest, answers_with_its_status_and_message) {
  app_.get("/", throw_as_asked);
  QuietLog log;
  serve(app_);
  for (int status : {400, 404, 418, 422, 451, 499, 503, 599}) {
    std::string answer = get("/?status=" + std::to_string(status));
    EXPECT_EQ(status_of(answer), status);
    EXPECT_TRUE(contains(answer, "&lt;no&gt; such user")) << answer;
    EXPECT_FALSE(contains(answer, "half"));
    EXPECT_FALSE(contains(answer, "X-Half"));
    EXPECT_FALSE(contains(answer, "Connection: close"));
  }
  EXPECT_EQ(field_of(get("/?status=401&challenge"), "WWW-Authenticate"), "Basic");
  for (const char* mistake : {"/?status=399", "/?status=200", "/?status=600", "/?status=404&split"})
    EXPECT_EQ(status_of(get(mistake)), 500) << mistake;
}

TEST_F(HTTPErrorTest, tells_the_log_what_the_client_need_not_know) {
  app_.get("/", throw_as_asked);
  QuietLog log;
  serve(app_);
  (void)get("/?status=404");
  EXPECT_EQ(log.text(), "");
  EXPECT_FALSE(contains(get("/?status=404&log"), "told the log"));
  EXPECT_TRUE(contains(log.text(), "told the log"));
}

TEST_F(HTTPErrorTest, finish_ends_a_handler_early_with_what_it_said) {
  app_.get("/", throw_as_asked);
  serve(app_);
  std::string answer = get("/?finish");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(body_of(answer), "half");
}

TEST_F(HTTPErrorTest, pages_are_the_applications_for_unknown_paths_too) {
  ApplicationOptions options;
  options.error_page = [](Request& request, Response& response, const Failure& failure) {
    if (request.query().has("page_fails")) throw std::runtime_error("page");
    if (request.query().has("page_errs")) return response.send_error(500);
    response.set_header("Content-Type", "text/plain");
    response.write("own " + std::to_string(failure.status) + " " + std::string(failure.message));
  };
  Application app(std::move(options));
  app.get("/", throw_as_asked);
  app.get("/send", [](Request&, Response& response) { response.send_error(409, "taken"); });
  QuietLog log;
  serve(app);
  EXPECT_EQ(body_of(get("/?status=404")), "own 404 <no> such user");
  EXPECT_EQ(body_of(get("/?bug")), "own 500 ");
  EXPECT_EQ(body_of(get("/send")), "own 409 taken");
  EXPECT_EQ(body_of(get("/unknown")), "own 404 ");
  std::string answer = send("POST", "/send", "Content-Length: 0\r\n", {});
  EXPECT_EQ(body_of(answer), "own 405 ");
  EXPECT_NE(field_of(answer, "Allow"), "");
  EXPECT_TRUE(contains(get("/?status=404&page_fails"), "<h1>404 Not Found</h1>"));
  EXPECT_TRUE(contains(get("/?status=404&page_errs"), "<h1>500 Internal Server Error</h1>"));
  EXPECT_TRUE(ends_with(send("HEAD", "/?status=404", {}, {}), "\r\n\r\n"));
}

TEST_F(HTTPErrorTest, shows_what_was_thrown_in_debug_mode_only) {  // HTTP-8
  ApplicationOptions options;
  options.debug = true;
  Application debug(std::move(options));
  debug.get("/", throw_as_asked);
  app_.get("/", throw_as_asked);
  QuietLog log;
  serve(app_);
  EXPECT_FALSE(contains(get("/?bug"), "secret"));
  serve(debug);
  EXPECT_TRUE(contains(get("/?bug"), "secret"));
}

// Writes its steps down, and waits in those its path names.
class Steps : public RequestHandler {
 public:
  explicit Steps(std::string* log) : log_(log) {}
  ~Steps() override { *log_ += "~"; }
  void set_default_headers() override { set_header("X-Default", "yes"); }
  void prepare() override { step("prepare", 'p'); }
  void data_received(Buffer piece) override {
    received_ += piece.to_string();
    step("data", 'd');
  }
  void post() override {
    write(received_);
    step("post", 'm');
  }
  void on_finish() override { *log_ += "f"; }
  void write_error(const Failure& failure) override {
    write("error " + std::to_string(failure.status));
  }

 private:
  void step(std::string_view name, char mark) {
    *log_ += mark;
    if (query().has("throw_in_" + std::string(name))) throw HTTPError(409);
    if (query().has("finish_in_" + std::string(name))) return finish();
    if (query().has("wait_in_" + std::string(name))) run(later());
  }
  Task<> later() {
    auto paused = pause(request());
    co_await paused;
    *log_ += "w";
    if (query().has("throw_later")) throw HTTPError(409);
  }
  std::string* log_;
  std::string received_;
};

TEST_F(RequestHandlerTest, a_handler_takes_its_steps_each_when_the_one_before_has_ended) {
  std::string log;
  app_.add_handler<Steps>("/", &log);
  serve(app_);
  struct {
    const char* query;
    int status;
    const char* log;
  } rows[] = {
      {"", 200, "pdmf~"},
      {"wait_in_prepare", 200, "pwdmf~"},
      {"wait_in_data", 200, "pdwmf~"},
      {"wait_in_post", 200, "pdmwf~"},
      {"wait_in_prepare&wait_in_data&wait_in_post", 200, "pwdwmwf~"},
      {"finish_in_prepare", 200, "pf~"},
      {"finish_in_data", 200, "pdf~"},
      {"throw_in_prepare", 409, "pf~"},
      {"throw_in_data", 409, "pdf~"},
      {"throw_in_post", 409, "pdmf~"},
      {"wait_in_prepare&throw_later", 409, "pwf~"},
      {"wait_in_data&throw_later", 409, "pdwf~"},
  };
  for (const auto& row : rows) {
    log.clear();
    std::string answer = post("/?" + std::string(row.query), "text/plain", "body");
    EXPECT_EQ(status_of(answer), row.status) << row.query;
    EXPECT_EQ(field_of(answer, "X-Default"), "yes") << row.query;
    EXPECT_EQ(log, row.log) << row.query;
    if (row.status == 409) {
      EXPECT_EQ(body_of(answer), "error 409");
    }
  }
}

class Sum : public RequestHandler {
 public:
  static constexpr uint64_t kMaxBodyBytes = 3 << 20;
  void data_received(Buffer piece) override {
    bytes_ += piece.size();
    run(pause(request()));
  }
  void post() override { write(std::to_string(bytes_)); }

 private:
  size_t bytes_ = 0;
};

TEST_F(RequestHandlerTest, a_handler_gets_a_large_body_in_pieces_at_its_own_pace) {
  app_.add_handler<Sum>("/");
  HTTPServerOptions options;
  options.limits.max_body_bytes = 1000;
  serve(app_, options);
  EXPECT_EQ(body_of(post("/", "text/plain", std::string(2 << 20, 'x'))), std::to_string(2 << 20));
  EXPECT_EQ(status_of(post("/", "text/plain", std::string((3 << 20) + 1, 'x'))), 413);
  std::string chunked =
      send("POST", "/", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(body_of(chunked), "3");
}

TEST_F(RequestHandlerTest, a_function_reads_a_body_its_route_streams) {
  app_.post("/",
            [](Request& request, Response& response) -> Task<> {
              size_t pieces = 0;
              for (bool more = true; more; ++pieces) {
                auto read = request.read_body();
                absl::StatusOr<Buffer> piece = co_await read;
                more = piece.ok() && !piece->empty();
                if (more) response.write(*std::move(piece));
              }
              response.set_header("X-Pieces", std::to_string(pieces));
            },
            {.stream_body = true, .max_body_bytes = 10});
  serve(app_);
  EXPECT_EQ(body_of(post("/", "text/plain", "0123456789")), "0123456789");
  EXPECT_EQ(status_of(post("/", "text/plain", "0123456789a")), 413);
}

// Answers from a timer, as one that is told by somebody else would.
class Later : public RequestHandler {
 public:
  explicit Later(std::string* log) : log_(log) {}
  ~Later() override {
    request().loop().cancel(timer_);
    *log_ += "~";
  }
  void get() override {
    if (query().has("at_once")) {
      finish_later();
      return finish();
    }
    finish_later();
    if (query().has("throw")) throw HTTPError(409);
    timer_ = request().loop().call_later(std::chrono::seconds(1), [this] {
      write("later");
      finish();
    });
  }
  void on_finish() override { *log_ += "f"; }
  void on_connection_close() override { *log_ += "c"; }

 private:
  std::string* log_;
  TimerHandle timer_;
};

TEST_F(RequestHandlerTest, a_handler_may_be_finished_by_a_callback) {
  std::string log;
  app_.add_handler<Later>("/", &log);
  serve(app_);
  auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  settle();
  EXPECT_EQ(client->received(), "");
  pass(std::chrono::seconds(2));
  EXPECT_EQ(body_of(client->received()), "later");
  EXPECT_EQ(log, "f~");
  client->forget_received();
  client->send("GET /?at_once HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
  settle();
  EXPECT_EQ(log, "f~f~") << "the connection goes on";
  EXPECT_EQ(status_of(get("/?throw")), 409);
  EXPECT_EQ(log, "f~f~f~");
}

TEST_F(RequestHandlerTest, a_handler_learns_that_its_client_has_gone) {
  std::string log;
  app_.add_handler<Later>("/", &log);
  serve(app_);
  auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  settle();
  EXPECT_EQ(log, "");
  client->stream().close();
  ASSERT_TRUE(run_until([&] { return !log.empty(); }));
  settle();
  pass(std::chrono::seconds(2));
  EXPECT_EQ(log.substr(0, 1), "c");
  EXPECT_EQ(log.back(), '~');
}

}  // namespace
}  // namespace turbo::web
