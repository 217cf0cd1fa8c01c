#include "framework/web/static_file_handler.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "framework/web/application.h"
#include "tests/server/response_reader.h"
#include "tests/server/server_fixture.h"
#include "tests/web/temporary_directory.h"

namespace turbo::web {
namespace {

using namespace std::chrono_literals;

constexpr char kDate[] = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr char kHelloTag[] = "\"ae1b981bc490a00-5\"";
constexpr uint64_t kTenGiB = uint64_t{10} << 30;

// Bytes that tell where they are from.
std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + (i * 31 + i / 1000) % 26);
  return bytes;
}

class StaticFileHandlerTest : public ServerFixture {
 protected:
  StaticFileHandlerTest() {
    outside_.write("secret", "do not tell");
    outside_.make_directory("root/dir");
    outside_.make_directory("root/bare");
    write("hello.txt", "hello");
    write("empty", "");
    write("large.bin", large_);
    write("dir/index.html", "<p>index");
    outside_.link("../secret", "root/out.txt");
  }

  void write(const std::string& name, std::string_view bytes) {
    outside_.write("root/" + name, bytes);
  }

  void start(StaticFileOptions options = {}, const std::string& pattern = "/s/*path") {
    absl::StatusOr<std::shared_ptr<StaticFiles>> files =
        StaticFiles::open(outside_.path("root"), std::move(options));
    ASSERT_TRUE(files.ok()) << files.status().ToString();
    files_ = *files;
    app_.add_handler<StaticFileHandler>(pattern, files_);
    serve(app_);
  }

  // The pool answers when it likes: waits by the real clock.
  template <class Done>
  bool wait_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      loop_.run_once();
      std::this_thread::yield();
    }
    return done();
  }

  // The raw answer to a request whose connection ends with it.
  std::string ask(const std::string& method, const std::string& path,
                  const std::string& fields = {}) {
    std::unique_ptr<RawClient> client = connect();
    client->send(method + " " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields +
                 "\r\n");
    EXPECT_TRUE(wait_until([&] { return client->ended(); })) << method << path;
    return client->received();
  }

  SeenResponse get(const std::string& path, const std::string& fields = {}) {
    return read(ask("GET", path, fields));
  }
  SeenResponse head(const std::string& path, const std::string& fields = {}) {
    return read(ask("HEAD", path, fields), "content-length");
  }

  static SeenResponse read(const std::string& bytes, std::string_view head_mark = {}) {
    SeenResponse response;
    ResponseReader reader(bytes, head_mark);
    EXPECT_TRUE(reader.next(response)) << reader.problem();
    EXPECT_EQ(reader.rest(), "");
    return response;
  }

  static std::string field(const SeenResponse& response, std::string_view name) {
    return std::string(response.find(name).value_or("-"));
  }

  TemporaryDirectory outside_;
  const std::string large_ = pattern(300'000);
  std::shared_ptr<StaticFiles> files_;
  Application app_;
};

TEST_F(StaticFileHandlerTest, sends_files_with_what_describes_them) {
  start({.cache_control = "max-age=60"});
  for (int round = 0; round < 2; ++round) {  // cold, and from memory
    const SeenResponse response = get("/s/hello.txt");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "hello");
    EXPECT_EQ(field(response, "content-length"), "5");
    EXPECT_EQ(field(response, "content-type"), "text/plain; charset=utf-8");
    EXPECT_EQ(field(response, "etag"), kHelloTag);
    EXPECT_EQ(field(response, "last-modified"), kDate);
    EXPECT_EQ(field(response, "accept-ranges"), "bytes");
    EXPECT_EQ(field(response, "cache-control"), "max-age=60");
    EXPECT_EQ(field(response, "vary"), "-");
  }
  EXPECT_EQ(files_->cache(loop_).counters().loads, 1u);
  EXPECT_EQ(get("/s/hello%2etxt").body, "hello");
  EXPECT_EQ(get("/s/empty").status, 200);
  EXPECT_EQ(field(get("/s/empty"), "content-length"), "0");
  EXPECT_EQ(get("/s/large.bin").body, large_);
  EXPECT_EQ(get("/s/large.bin").body, large_);
}

TEST_F(StaticFileHandlerTest, tells_head_what_get_would_send) {
  start();
  for (const auto& [path, size] : {std::pair<std::string, std::string>{"/s/hello.txt", "5"},
                                   {"/s/empty", "0"},
                                   {"/s/large.bin", "300000"}}) {
    const SeenResponse response = head(path);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(field(response, "content-length"), size);
    EXPECT_EQ(response.body, "");
    EXPECT_NE(field(response, "etag"), "-");
  }
}

TEST_F(StaticFileHandlerTest, answers_on_a_connection_that_stays) {
  start();
  std::unique_ptr<RawClient> client = connect();
  for (const char* path : {"large.bin", "hello.txt", "none", "empty", "large.bin"}) {
    client->send("GET /s/" + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  client->send("GET /s/hello.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(wait_until([&] { return client->ended(); }));
  ResponseReader reader(client->received());
  SeenResponse response;
  for (const int status : {200, 200, 404, 200, 200, 200}) {
    ASSERT_TRUE(reader.next(response)) << reader.problem();
    EXPECT_EQ(response.status, status);
  }
  EXPECT_EQ(response.body, "hello");
}

TEST_F(StaticFileHandlerTest, obeys_conditions) {
  start({.cache_control = "no-cache"});
  const struct {
    std::string fields;
    int status;
  } cases[] = {
      {"If-None-Match: " + std::string(kHelloTag), 304},
      {"If-None-Match: \"other\"", 200},
      {"If-Modified-Since: " + std::string(kDate), 304},
      {"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT", 200},
      {"If-Match: \"other\"", 412},
      {"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT", 412},
  };
  for (const auto& each : cases) {
    const SeenResponse response = get("/s/hello.txt", each.fields + "\r\n");
    EXPECT_EQ(response.status, each.status) << each.fields;
    if (each.status != 304) continue;
    EXPECT_EQ(field(response, "etag"), kHelloTag);  // RFC 9110 15.4.5
    EXPECT_EQ(field(response, "cache-control"), "no-cache");
    EXPECT_EQ(field(response, "content-type"), "-");
  }
}

TEST_F(StaticFileHandlerTest, sends_single_ranges) {
  start();
  const struct {
    std::string path;
    std::string range;
    int status;
    std::string content_range;
    std::string body;
  } cases[] = {
      {"/s/hello.txt", "bytes=1-3", 206, "bytes 1-3/5", "ell"},
      {"/s/hello.txt", "bytes=-2", 206, "bytes 3-4/5", "lo"},
      {"/s/hello.txt", "bytes=0-", 206, "bytes 0-4/5", "hello"},
      {"/s/hello.txt", "bytes=5-", 416, "bytes */5", ""},
      {"/s/hello.txt", "bytes=3-1", 200, "-", "hello"},
      {"/s/empty", "bytes=0-", 200, "-", ""},
      {"/s/large.bin", "bytes=100000-199999", 206, "bytes 100000-199999/300000",
       large_.substr(100000, 100000)},
      {"/s/large.bin", "bytes=-1", 206, "bytes 299999-299999/300000", large_.substr(299999)},
      {"/s/large.bin", "bytes=300000-", 416, "bytes */300000", ""},
  };
  for (const auto& each : cases) {
    const SeenResponse response = get(each.path, "Range: " + each.range + "\r\n");
    EXPECT_EQ(response.status, each.status) << each.path << each.range;
    EXPECT_EQ(field(response, "content-range"), each.content_range) << each.path << each.range;
    EXPECT_TRUE(response.body == each.body) << each.path << each.range;
  }
}

TEST_F(StaticFileHandlerTest, sends_several_ranges_as_parts) {
  start();
  for (const auto& [path, content] :
       {std::pair<std::string, std::string>{"hello.txt", "hello"}, {"large.bin", large_}}) {
    const SeenResponse response = get("/s/" + path, "Range: bytes=0-1, -2\r\n");
    EXPECT_EQ(response.status, 206);
    const std::string type = field(response, "content-type");
    ASSERT_TRUE(type.starts_with("multipart/byteranges; boundary=")) << type;
    const std::string boundary = "--" + type.substr(type.find('=') + 1);
    EXPECT_EQ(count_of(response.body, boundary), 3u);
    EXPECT_TRUE(contains(response.body, "\r\n\r\n" + content.substr(0, 2) + "\r\n" + boundary));
    EXPECT_TRUE(contains(response.body, content.substr(content.size() - 2) + "\r\n" + boundary));
    EXPECT_EQ(field(response, "content-range"), "-");
    EXPECT_EQ(field(response, "etag"), field(get("/s/" + path), "etag"));
  }
}

TEST_F(StaticFileHandlerTest, sends_the_whole_for_more_ranges_than_it_may) {
  StaticFileOptions options;
  options.max_ranges = 2;
  start(std::move(options));
  EXPECT_EQ(get("/s/hello.txt", "Range: bytes=0-0,2-2\r\n").status, 206);
  EXPECT_EQ(get("/s/hello.txt", "Range: bytes=0-0,2-2,4-4\r\n").status, 200);
}

TEST_F(StaticFileHandlerTest, lists_no_more_than_it_may_and_says_so) {
  for (const char* name : {"bare/a", "bare/b", "bare/c"}) write(name, "");
  StaticFileOptions options;
  options.listing = true;
  options.max_listing_entries = 2;
  start(std::move(options));
  const std::string page = get("/s/bare/").body;
  EXPECT_EQ(count_of(page, "<td><a href=\"./"), 2u) << page;
  EXPECT_TRUE(contains(page, "Only 2 of the entries are shown."));
}

TEST_F(StaticFileHandlerTest, counts_in_64_bits) {
  outside_.write_sparse("root/huge", kTenGiB);
  start();
  EXPECT_EQ(field(head("/s/huge"), "content-length"), "10737418240");
  const SeenResponse tail = get("/s/huge", "Range: bytes=10737418235-\r\n");
  EXPECT_EQ(field(tail, "content-range"), "bytes 10737418235-10737418239/10737418240");
  EXPECT_EQ(tail.body, std::string(5, '\0'));
  EXPECT_EQ(get("/s/huge", "Range: bytes=5000000000-5000000001,-1\r\n").status, 206);
}

TEST_F(StaticFileHandlerTest, never_leaves_the_root) {
  start({}, "/*path");
  for (const char* path : {
           "/../secret",
           "/dir/../../secret",
           "/%2e%2e%2fsecret",
           "/%2e%2e/secret",
           "/..%2fsecret",
           "/..%5csecret",
           "/%252e%252e%252fsecret",
           "/%c0%ae%c0%ae/secret",
           "/hello.txt%00",
           "/%00",
           "//etc/passwd",
           "/%2fetc/passwd",
           "/out.txt",
           "/dir/..",
           "/.",
           "/./hello.txt",
           "/hello.txt/",
           "/hello.txt/x",
           "/a%zz",
           "//evil.com/..",
           "//evil.com/%2e%2e",
           "/%5cevil.com",
       }) {
    for (int round = 0; round < 2; ++round) {
      const std::string answer = ask("GET", path);
      EXPECT_TRUE(begins_with(answer, "HTTP/1.1 404 ")) << path << answer.substr(0, 30);
      EXPECT_FALSE(contains(answer, "do not tell")) << path;
      EXPECT_FALSE(contains(answer, "Location")) << path;
    }
  }
}

TEST_F(StaticFileHandlerTest, redirects_a_directory_to_its_slash_and_shows_its_index) {
  outside_.make_directory("root/a:b \\c?#");
  start();
  const SeenResponse redirect = get("/s/dir?x=1");
  EXPECT_EQ(redirect.status, 301);
  EXPECT_EQ(field(redirect, "location"), "./dir/?x=1");
  EXPECT_EQ(field(get("/s/a:b%20%5cc%3f%23"), "location"), "./a:b%20%5Cc%3F%23/");
  for (int round = 0; round < 2; ++round) {
    const SeenResponse index = get("/s/dir/");
    EXPECT_EQ(index.status, 200);
    EXPECT_EQ(index.body, "<p>index");
    EXPECT_EQ(field(index, "content-type"), "text/html; charset=utf-8");
  }
  EXPECT_EQ(get("/s/bare/").status, 403);
  EXPECT_EQ(get("/s/").status, 403);
}

TEST_F(StaticFileHandlerTest, lists_a_directory_when_asked_to) {
  start({.listing = true});
  const SeenResponse page = get("/s/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(field(page, "content-type"), "text/html; charset=utf-8");
  EXPECT_TRUE(contains(page.body, "<h1>/s/</h1>"));
  EXPECT_TRUE(contains(page.body, "href=\"./hello.txt\""));
  EXPECT_FALSE(contains(page.body, "out.txt"));
  EXPECT_EQ(head("/s/").body, "");
  EXPECT_EQ(get("/s/dir/").body, "<p>index");
}

TEST_F(StaticFileHandlerTest, shows_a_page_of_its_own_for_what_is_missing) {
  write("404.html", "<p>lost");
  start({.not_found = "404.html"});
  for (const char* path : {"/s/none", "/s/../x", "/s/out.txt"}) {
    const SeenResponse page = get(path, "Range: bytes=0-1\r\nIf-None-Match: *\r\n");
    EXPECT_EQ(page.status, 404);
    EXPECT_EQ(page.body, "<p>lost");
    EXPECT_EQ(field(page, "content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(field(page, "etag"), "-");
  }
  outside_.remove("root/404.html");
  pass(2s);
  EXPECT_EQ(get("/s/none").status, 404);
}

TEST_F(StaticFileHandlerTest, sends_the_compressed_neighbour_to_who_takes_it) {
  write("app.js", "plain script");
  write("app.js.br", "brotli!");
  write("app.js.gz", "gzip");
  start({.cache = {.file = {.precompressed = true}}});
  const struct {
    std::string accept;
    std::string coding;
    std::string body;
  } cases[] = {
      {"", "-", "plain script"},
      {"Accept-Encoding: gzip, deflate, br\r\n", "br", "brotli!"},
      {"Accept-Encoding: gzip\r\n", "gzip", "gzip"},
      {"Accept-Encoding: br;q=0.5, gzip;q=0.9\r\n", "gzip", "gzip"},
      {"Accept-Encoding: br;q=0, gzip;q=0\r\n", "-", "plain script"},
      {"Accept-Encoding: identity\r\n", "-", "plain script"},
  };
  for (const auto& each : cases) {
    const SeenResponse response = get("/s/app.js", each.accept);
    EXPECT_EQ(field(response, "content-encoding"), each.coding) << each.accept;
    EXPECT_EQ(response.body, each.body) << each.accept;
    EXPECT_EQ(field(response, "vary"), "Accept-Encoding");
    EXPECT_EQ(field(response, "content-type"), "text/javascript; charset=utf-8");
  }
  const std::string tag = field(get("/s/app.js", "Accept-Encoding: br\r\n"), "etag");
  EXPECT_NE(tag, field(get("/s/app.js"), "etag"));
  EXPECT_EQ(get("/s/app.js", "If-None-Match: " + tag + "\r\n").status, 200);
  const SeenResponse same =
      get("/s/app.js", "Accept-Encoding: br\r\nIf-None-Match: " + tag + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(field(same, "vary"), "Accept-Encoding");
  EXPECT_EQ(get("/s/app.js", "Accept-Encoding: br\r\nRange: bytes=-1\r\n").body, "!");
  EXPECT_EQ(field(get("/s/hello.txt", "Accept-Encoding: br\r\n"), "vary"), "-");
}

TEST_F(StaticFileHandlerTest, takes_media_types_from_options_first) {
  write("x.WASM2", "x");
  start({.media_types = {{"wasm2", "application/wasm"}}});
  EXPECT_EQ(field(get("/s/x.WASM2"), "content-type"), "application/wasm");
  EXPECT_EQ(field(get("/s/empty"), "content-type"), "application/octet-stream");
}

TEST_F(StaticFileHandlerTest, shows_a_change_after_the_validity) {
  start();
  EXPECT_EQ(get("/s/hello.txt").body, "hello");
  write("hello.txt", "changed");
  EXPECT_EQ(get("/s/hello.txt").body, "hello");
  pass(1s);
  EXPECT_EQ(get("/s/hello.txt").body, "changed");
  outside_.remove("root/hello.txt");
  pass(1s);
  EXPECT_EQ(get("/s/hello.txt").status, 404);
}

TEST_F(StaticFileHandlerTest, cuts_the_connection_when_a_file_shrinks_while_it_is_sent) {
  outside_.write_sparse("root/shrinking", 64 << 20);
  start();
  RawClient client(loop_, address_);  // reads nothing yet
  client.send("GET /s/shrinking HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(wait_until([&] { return files_->cache(loop_).entries() == 1; }));
  settle();
  ASSERT_EQ(::truncate(outside_.path("root/shrinking").c_str(), 1000), 0);
  client.receive();
  ASSERT_TRUE(wait_until([&] { return client.ended(); }));
  EXPECT_TRUE(contains(client.received(), "Content-Length: 67108864\r\n"));
  EXPECT_LT(client.received().size(), size_t{64} << 20);
}

TEST_F(StaticFileHandlerTest, lets_a_client_go_while_its_file_is_read) {
  start();
  {
    std::unique_ptr<RawClient> client = connect();
    client->send("GET /s/hello.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(run_until([&] { return server_->counters().requests == 1; }));
  }
  EXPECT_EQ(get("/s/hello.txt").body, "hello");
}

class CompressedFilesTest : public StaticFileHandlerTest {
 protected:
  CompressedFilesTest() {
    ApplicationOptions options;
    options.compression.enabled = true;
    compressing_app_ = std::make_unique<Application>(std::move(options));
  }
  ~CompressedFilesTest() override { server_.reset(); }

  std::unique_ptr<Application> compressing_app_;
};

TEST_F(CompressedFilesTest, says_of_304_what_200_would_say) {
  write("text.txt", std::string(5000, 'x'));
  write("large.txt", large_);
  write("none.txt", "");
  write("picture.png", std::string(5000, 'x'));
  write("neighbour.txt", std::string(5000, 'x'));
  write("neighbour.txt.gz", "zip");
  auto files =
      StaticFiles::open(outside_.path("root"), {.cache = {.file = {.precompressed = true}}});
  ASSERT_TRUE(files.ok());
  compressing_app_->add_handler<StaticFileHandler>("/*path", *files);
  serve(*compressing_app_);
  for (const char* path :
       {"/text.txt", "/large.txt", "/hello.txt", "/none.txt", "/picture.png", "/neighbour.txt"}) {
    for (const char* accepted : {"", "Accept-Encoding: gzip\r\n"}) {
      const SeenResponse whole = get(path, accepted);
      ASSERT_EQ(whole.status, 200) << path;
      const SeenResponse same =
          get(path, accepted + ("If-None-Match: " + field(whole, "etag")) + "\r\n");
      EXPECT_EQ(same.status, 304) << path;
      for (const char* name : {"vary", "etag", "accept-ranges"}) {
        EXPECT_EQ(field(same, name), field(whole, name)) << path << accepted << name;
      }
      for (const char* name : {"content-type", "content-encoding", "content-length"}) {
        EXPECT_EQ(field(same, name), "-") << path << accepted << name;
      }
    }
  }
  EXPECT_EQ(field(get("/text.txt", "Accept-Encoding: gzip\r\n"), "etag").substr(0, 2), "W/");
}

TEST_F(StaticFileHandlerTest, refuses_other_methods) {
  start();
  const SeenResponse response = read(ask("POST", "/s/hello.txt", "Content-Length: 0\r\n"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(field(response, "allow"), "GET, HEAD, OPTIONS");
}

size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

// Sets the soft limit for as long as it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit now{std::min(limit, before_.rlim_max), before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// Many more loops than cores, each of which is asked for more files than it may keep.
TEST(StaticFilesTest, leaves_descriptors_for_clients_however_many_loops_serve) {
  constexpr size_t kLoops = 12;
  constexpr size_t kFiles = 40;
  constexpr size_t kLimit = 256;
  TemporaryDirectory directory;
  for (size_t i = 0; i < kFiles; ++i) {
    directory.write(std::to_string(i), "x");
    directory.write(std::to_string(i) + ".gz", "y");
  }
  const DescriptorLimit limit(kLimit);
  const auto files =
      *StaticFiles::open(directory.path(), {.cache = {.file = {.precompressed = true}}});
  std::vector<std::unique_ptr<IOLoop>> loops;
  for (size_t i = 0; i < kLoops; ++i) loops.push_back(std::make_unique<IOLoop>());
  const size_t before = open_descriptors();
  for (int round = 0; round < 2; ++round) {
    for (const auto& loop : loops) {
      size_t loaded = 0;
      loop->run_once();  // it is the thread's current one from here
      for (size_t i = 0; i < kFiles; ++i) {
        files->cache(*loop).load(std::to_string(i), [&](const auto& file) {
          EXPECT_TRUE((*file)->status.ok()) << (*file)->status.ToString();
          ++loaded;
        });
      }
      loop->run_until([&] { return loaded == kFiles; }, 20s);
      ASSERT_EQ(loaded, kFiles);
      EXPECT_LE(files->descriptors(), kLimit / 4);
      EXPECT_LE(open_descriptors(), before + kLimit / 4);
    }
  }
  for (const auto& loop : loops) EXPECT_GT(files->cache(*loop).entries(), 0u);  // nobody starves
}

TEST(StaticFilesTest, refuses_options_that_no_answer_could_obey) {
  TemporaryDirectory directory;
  const auto status = [&](StaticFileOptions options) {
    return StaticFiles::open(directory.path(), std::move(options)).status();
  };
  const StaticFileOptions bad[] = {
      {.index = ".hidden.html"},
      {.index = "dir/index.html"},
      {.index = ".."},
      {.cache_control = "no-cache\r\nX: y"},
      {.not_found = ".lost.html"},
      {.not_found = "dir/.lost.html"},
      {.not_found = "../lost.html"},
      {.not_found = "/lost.html"},
      {.media_types = {{"x", "text/x\r\nX: y"}}},
      {.media_types = {{"x", ""}}},
      {.media_types = {{"x", "no type"}}},
  };
  for (const StaticFileOptions& each : bad) {
    EXPECT_TRUE(absl::IsInvalidArgument(status(each)))
        << each.index << ' ' << each.not_found << ' ' << each.cache_control;
  }
  const StaticFileOptions good[] = {
      {.index = ""},
      {.index = ".hidden.html", .dot_files = DotFiles::kServe},
      {.dot_files = DotFiles::kServe, .not_found = ".lost.html"},
      {.not_found = ".well-known/not found%.html"},
      {.cache_control = "max-age=60, public"},
      {.media_types = {{"x", "text/x; charset=utf-8"}}},
  };
  for (const StaticFileOptions& each : good)
    EXPECT_TRUE(status(each).ok()) << status(each).ToString();
}

TEST(StaticFilesTest, says_why_a_directory_cannot_be_served) {
  EXPECT_FALSE(StaticFiles::open("/no/such/directory").ok());
}

}  // namespace
}  // namespace turbo::web
