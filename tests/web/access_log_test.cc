#include "framework/web/access_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "framework/base/fd.h"
#include "framework/base/log.h"
#include "framework/loop/sleep.h"
#include "framework/web/access_log_sink.h"
#include "framework/web/application.h"
#include "framework/web/authentication.h"
#include "tests/server/lambda_service.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string fresh_path(const std::string& name) {
  const std::string path = ::testing::TempDir() + "/" + name;
  ::unlink(path.c_str());
  return path;
}

AccessLogBatch batch_of(std::string_view lines) {
  AccessLogBatch batch = AccessLogBatch::make();
  batch.size = lines.copy(batch.bytes.get(), AccessLogBatch::kBytes);
  return batch;
}

// ---- the thread that writes ----

TEST(AccessLogSinkTest, writes_all_before_it_ends_and_appends) {
  const std::string path = fresh_path("all");
  for (int i = 0; i < 2; ++i) {
    auto sink = AccessLogSink::open({.path = path});
    ASSERT_TRUE(sink.ok()) << sink.status();
    AccessLogBatch batch = batch_of("one\ntwo\n");
    ASSERT_TRUE((*sink)->swap(batch));
    EXPECT_TRUE(batch.empty());
    ASSERT_NE(batch.bytes, nullptr);
    (*sink)->add_last(batch_of("three\n"));
    EXPECT_EQ((*sink)->lost(), 0u);
  }
  EXPECT_EQ(read_file(path), "one\ntwo\nthree\none\ntwo\nthree\n");
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0137, 0u);  // not for others
}

TEST(AccessLogSinkTest, tells_of_lines_that_found_no_room) {
  const std::string path = fresh_path("lost");
  {
    auto sink = AccessLogSink::open({.path = path});
    ASSERT_TRUE(sink.ok());
    AccessLogBatch batch = batch_of("two\n");
    batch.lost = 3;
    (*sink)->add_last(std::move(batch));
    (*sink)->add_last({.lost = 4});
  }
  EXPECT_EQ(read_file(path), "# 3 lines lost\ntwo\n# 4 lines lost\n");
}

TEST(AccessLogSinkTest, reopens_after_a_rename) {
  const std::string path = fresh_path("rotated");
  const std::string old_path = fresh_path("rotated.1");
  {
    auto sink = AccessLogSink::open({.path = path});
    ASSERT_TRUE(sink.ok());
    ASSERT_EQ(::rename(path.c_str(), old_path.c_str()), 0);
    ASSERT_TRUE((*sink)->reopen().ok());
    (*sink)->add_last(batch_of("new\n"));
  }
  EXPECT_EQ(read_file(path), "new\n");
  EXPECT_EQ(read_file(old_path), "");
}

TEST(AccessLogSinkTest, keeps_the_old_file_when_it_cannot_reopen) {
  const std::string folder = ::testing::TempDir() + "/folder";
  ASSERT_TRUE(::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST);
  const std::string path = folder + "/log";
  const std::string moved = ::testing::TempDir() + "/moved";
  {
    auto sink = AccessLogSink::open({.path = path});
    ASSERT_TRUE(sink.ok());
    ASSERT_EQ(::rename(path.c_str(), moved.c_str()), 0);
    ASSERT_EQ(::rmdir(folder.c_str()), 0);
    EXPECT_FALSE((*sink)->reopen().ok());
    (*sink)->add_last(batch_of("kept\n"));
  }
  EXPECT_EQ(read_file(moved), "kept\n");
  EXPECT_FALSE(AccessLogSink::open({.path = path}).ok());
}

TEST(AccessLogSinkTest, a_full_disk_loses_lines_and_says_so) {
  std::vector<std::string> logged;
  LogSink earlier =
      set_log_sink([&](LogLevel, std::string_view line) { logged.emplace_back(line); });
  const std::string path = fresh_path("after_full");
  {
    auto sink = AccessLogSink::open({.path = "/dev/full"});
    ASSERT_TRUE(sink.ok());
    for (int i = 0; i < 3; ++i) (*sink)->add_last(batch_of("one\ntwo\n"));
    while ((*sink)->lost() < 6) std::this_thread::yield();
  }
  set_log_sink(std::move(earlier));
  ASSERT_EQ(logged.size(), 1u);  // once a minute
  EXPECT_NE(logged[0].find("/dev/full"), std::string::npos) << logged[0];
}

// Half a line that a full disk left is ended, and the loss told, before the log goes on. Nothing
// else may be written to a file while the limit stands.
TEST(AccessLogSinkTest, goes_on_when_the_disk_has_room_again) {
  const LogSink earlier = set_log_sink([](LogLevel, std::string_view) {});
  const std::string path = fresh_path("torn");
  {
    auto sink = AccessLogSink::open({.path = path});
    ASSERT_TRUE(sink.ok());
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
    const rlimit small{5, limit.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    (*sink)->add_last(batch_of("one\ntwo\nthree\n"));
    while ((*sink)->lost() < 2) std::this_thread::yield();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
    (*sink)->add_last(batch_of("four\n"));
  }
  set_log_sink(earlier);
  EXPECT_EQ(read_file(path), "one\nt\n# 2 lines lost\nfour\n");
}

TEST(AccessLogSinkTest, a_reader_that_is_gone_ends_nothing) {
  const LogSink earlier = set_log_sink([](LogLevel, std::string_view) {});
  const std::string path = fresh_path("gone");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader.valid());
  {
    auto sink = AccessLogSink::open({.path = path});
    ASSERT_TRUE(sink.ok());
    reader.reset();
    (*sink)->add_last(batch_of("one\ntwo\n"));
    while ((*sink)->lost() < 2) std::this_thread::yield();  // EPIPE, and no signal
    ASSERT_EQ(::unlink(path.c_str()), 0);
    ASSERT_TRUE((*sink)->reopen().ok());
    (*sink)->add_last(batch_of("three\n"));
  }
  set_log_sink(earlier);
  EXPECT_EQ(read_file(path), "# 2 lines lost\nthree\n");
}

TEST(AccessLogSinkTest, a_reader_that_stands_still_holds_nobody_up) {
  const std::string path = fresh_path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_TRUE(reader.valid());
  const std::string lines = repeat(std::string(99, 'x') + "\n", 600);
  auto sink = AccessLogSink::open(
      {.path = path, .max_batches = 3, .close_timeout = std::chrono::milliseconds(1)});
  ASSERT_TRUE(sink.ok());
  int taken = 0;
  AccessLogBatch batch = batch_of(lines);
  while ((*sink)->swap(batch)) {
    batch = batch_of(lines);
    ASSERT_LT(++taken, 10);  // the pipe takes one, three wait
  }
  EXPECT_EQ(batch.size, lines.size());  // as it was
  pollfd something{reader.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&something, 1, -1), 1);
  sink->reset();  // ends all the same
  // What was written is whole pieces.
  std::string got(1 << 20, '\0');
  const ssize_t size = ::read(reader.get(), got.data(), got.size());
  ASSERT_GT(size, 0);
  got.resize(static_cast<size_t>(size));
  EXPECT_EQ(got, repeat(lines, 2).substr(0, got.size()));
}

// ---- requests ----

class AccessLogTest : public ServerFixture {
 protected:
  // Serves with a log; lines() ends it.
  void serve_logged(Service& service, HTTPServerOptions server = {},
                    AccessLogOptions options = {}) {
    path_ = fresh_path(::testing::UnitTest::GetInstance()->current_test_info()->name());
    options.path = path_;
    options.format = AccessLogFormat::kJSON;
    absl::StatusOr<std::unique_ptr<AccessLog>> log = AccessLog::open(std::move(options));
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
    logged_ = std::make_unique<LoggedService>(service, *log_);
    serve(*logged_, std::move(server));
  }

  // All that was logged.
  std::string lines() {
    server_.reset();
    loop_.run_once();
    log_.reset();
    return read_file(path_);
  }

  std::string get(std::string_view target, std::string_view fields = "") {
    return answer_to("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" +
                     std::string(fields) + "\r\n");
  }

  std::string path_;
  std::unique_ptr<AccessLog> log_;
  std::unique_ptr<LoggedService> logged_;
};

TEST_F(AccessLogTest, a_line_for_each_request_whoever_answers) {
  LogSink earlier = set_log_sink([](LogLevel, std::string_view) {});
  Application app;
  app.get("/ok", [](Request&, Response& response) {
    response.set_header("X-Request-ID", "id-1");
    response.write("Hello");
  });
  app.get("/throws", [](Request&, Response&) { throw std::runtime_error("broken"); });
  app.get("/none", [](Request&, Response& response) { response.set_status(204); });
  HTTPServerOptions server;
  server.limits.max_body_bytes = 10;
  serve_logged(app, server);
  get("/ok?q=\"x", "User-Agent: test\r\nReferer: http://r/\r\n");
  answer_to("HEAD /ok HTTP/1.1\r\nHost: h\r\n\r\n");
  get("/missing");
  answer_to("DELETE /ok HTTP/1.0\r\n\r\n");
  get("/throws");
  get("/none");
  // Too large is known only when it is read.
  answer_to("GET /ok HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" +
            std::string(32, 'x') + "\r\n0\r\n\r\n");
  const std::string all = lines();
  set_log_sink(std::move(earlier));
  EXPECT_EQ(count_of(all, "\n"), 7u) << all;
  EXPECT_TRUE(contains(
      all, R"("client":"127.0.0.1","method":"GET","target":"/ok?q=\"x","protocol":"HTTP/1.1",)"
           R"("status":200,"bytes":5,"duration_us":0,"host":"h","referer":"http://r/",)"
           R"("user_agent":"test","request_id":"id-1"})"))
      << all;
  EXPECT_TRUE(
      contains(all, R"("HEAD","target":"/ok","protocol":"HTTP/1.1","status":200,"bytes":0,)"));
  EXPECT_TRUE(contains(all, R"("/missing","protocol":"HTTP/1.1","status":404,)"));
  EXPECT_TRUE(contains(all, R"("DELETE","target":"/ok","protocol":"HTTP/1.0","status":405,)"));
  EXPECT_TRUE(contains(all, R"("/throws","protocol":"HTTP/1.1","status":500,)"));
  EXPECT_TRUE(contains(all, R"("status":204,"bytes":0,)"));
  EXPECT_TRUE(contains(all, R"("status":413,)"));
  EXPECT_FALSE(contains(all, "aborted"));
}

TEST_F(AccessLogTest, a_line_for_what_never_became_a_request) {
  LambdaService service([](Exchange& exchange) { exchange.finish(); });
  serve_logged(service);
  // The request before must not show through.
  answer_to("GET /before HTTP/1.1\r\nHost: h\r\n\r\nGET /bad HTTP/1.1\r\nNo Field\r\n\r\n");
  answer_to("BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n");
  auto slow = connect();
  slow->send("GET /slow HT");
  pass(std::chrono::seconds(12));
  const std::string all = lines();
  EXPECT_EQ(count_of(all, "\n"), 4u) << all;
  EXPECT_EQ(count_of(all, "/before"), 1u) << all;
  EXPECT_TRUE(contains(all, R"("protocol":"HTTP/1.1","status":400,)")) << all;
  EXPECT_TRUE(contains(all, R"("BREW","target":"/pot","protocol":"HTTP/1.1","status":501,)"));
  EXPECT_TRUE(contains(all, R"("status":408,)"));
}

TEST_F(AccessLogTest, duration_and_bytes_of_streams_and_files) {
  const std::string file = fresh_path("content");
  std::ofstream(file) << "0123456789";
  Application app;
  app.get("/stream", [](Request& request, Response& response) -> Task<> {
    response.write("one");
    response.flush();
    auto pause = sleep_for(request.loop(), std::chrono::milliseconds(1500));
    co_await pause;
    response.write("four");
  });
  LambdaService service([&file](Exchange& exchange) {
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    exchange.set_content_length(12);
    exchange.write("<");
    exchange.write_file(fd.get(), 0, 10);
    exchange.write(">");
    exchange.finish();
  });
  serve_logged(app);
  std::unique_ptr<RawClient> client = connect();
  client->send("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return contains(client->received(), "one"); }));
  clock_.advance(std::chrono::milliseconds(1500));
  ASSERT_TRUE(run_until([&] { return contains(client->received(), "four"); }));
  EXPECT_TRUE(contains(lines(), R"("status":200,"bytes":7,"duration_us":1500000,)"));

  serve_logged(service);
  EXPECT_TRUE(ends_with(get("/file"), "<0123456789>"));
  EXPECT_TRUE(contains(lines(), R"("status":200,"bytes":12,)"));
}

TEST_F(AccessLogTest, clients_that_go_away) {
  Application app;
  app.get("/slow", [](Request& request, Response& response) -> Task<> {
    auto pause = sleep_for(request.loop(), std::chrono::seconds(1));
    co_await pause;
    response.write("late");
  });
  app.get("/half", [](Request& request, Response& response) -> Task<> {
    response.write("half");
    response.flush();
    auto pause = sleep_for(request.loop(), std::chrono::seconds(1));
    co_await pause;
  });
  serve_logged(app);
  for (const std::string path : {"/slow", "/half"}) {
    std::unique_ptr<RawClient> client = connect();
    client->send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    settle();
  }
  // Both connections are cut with the server.
  const std::string all = lines();
  EXPECT_EQ(count_of(all, "\n"), 2u) << all;
  EXPECT_TRUE(contains(all, R"("target":"/slow","protocol":"HTTP/1.1","status":499,"bytes":0,)"))
      << all;
  EXPECT_TRUE(contains(all, R"("target":"/half","protocol":"HTTP/1.1","status":200,"bytes":4,)"))
      << all;
  EXPECT_EQ(count_of(all, R"("client":"127.0.0.1")"), 2u);
  EXPECT_EQ(count_of(all, R"("aborted":true})"), 2u);
}

TEST_F(AccessLogTest, lines_wait_no_longer_than_the_interval) {
  Application app;
  serve_logged(app);
  get("/");
  settle();
  EXPECT_EQ(read_file(path_), "");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(run_until([&] { return !read_file(path_).empty(); }));
  EXPECT_EQ(count_of(lines(), "\n"), 1u);
}

TEST_F(AccessLogTest, the_user_whom_the_application_has_verified) {
  Application app;
  app.use(basic_authentication(
      "r", [](Request&, const BasicCredentials& who) { return who.password == "open sesame"; }));
  app.get("/", [](Request&, Response&) {});
  AccessLogOptions options;
  options.user_of = &authenticated_user_of;
  serve_logged(app, {}, options);
  get("/", "Authorization: Basic YWRhOm9wZW4gc2VzYW1l\r\n");
  get("/", "Authorization: Basic ZXZlOm9wZW4\r\n");
  const std::string all = lines();
  EXPECT_TRUE(contains(all, R"("user":"ada","method":"GET","target":"/",)")) << all;
  EXPECT_TRUE(contains(all, R"("status":401)"));
  EXPECT_EQ(count_of(all, R"("user":)"), 1u);
}

TEST_F(AccessLogTest, no_user_of_what_no_application_answers) {
  struct Attachment : ExchangeAttachment {};
  LambdaService service([](Exchange& exchange) {
    exchange.attach(std::make_unique<Attachment>());
    exchange.finish();
  });
  AccessLogOptions options;
  options.user_of = &authenticated_user_of;
  serve_logged(service, {}, options);
  get("/");
  const std::string all = lines();
  EXPECT_TRUE(contains(all, R"("target":"/",)")) << all;
  EXPECT_FALSE(contains(all, R"("user":)")) << all;
}

// More lines than a batch holds, and more than may wait.
TEST_F(AccessLogTest, all_lines_arrive_or_are_counted) {
  Application app;
  AccessLogOptions options;
  options.max_waiting_bytes = 1;  // one batch
  serve_logged(app, {}, options);
  const std::string request =
      "GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: " + std::string(1000, 'x') + "\r\n\r\n";
  std::unique_ptr<RawClient> client = connect();
  for (int i = 0; i < 50; ++i) {
    client->send(repeat(request, 10));
    ASSERT_TRUE(run_until([&] {
      return count_of(client->received(), "HTTP/1.1 404") == static_cast<size_t>(10 * (i + 1));
    }));
  }
  client.reset();
  settle();
  server_.reset();
  loop_.run_once();
  const std::string all = (log_.reset(), read_file(path_));
  size_t counted = count_of(all, "\"status\":404");
  for (size_t at = all.find("\"lost\":"); at != all.npos; at = all.find("\"lost\":", at + 1)) {
    counted += std::stoul(all.substr(at + 7));
  }
  EXPECT_EQ(counted, 500u);
}

}  // namespace
}  // namespace turbo::web
