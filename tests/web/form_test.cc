#include "framework/web/form.h"

#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>

#include "framework/compress/compressor.h"
#include "framework/web/application.h"
#include "framework/web/endpoint.h"
#include "tests/server/lambda_service.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

Task<> tell_form(Request& request, Response& response, FormOptions options) {
  Task<absl::StatusOr<Form>> reading = read_form(request, std::move(options));
  const absl::StatusOr<Form> form = co_await reading;
  if (!form.ok()) {
    response.send_error(form_error_status(form.status()));
    co_return;
  }
  for (const http::Parameter& field : form->fields) {
    response.write(std::string(field.name) + "=" + std::string(field.value) + ";");
  }
  for (const FormFile& file : form->files) {
    response.write(file.filename + ":" + std::to_string(file.size) +
                   (file.in_memory() ? " in memory;" : " on disk;"));
  }
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST /form HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

constexpr std::string_view kMultipart = "Content-Type: multipart/form-data; boundary=b\r\n";

std::string form_with_file(size_t bytes) {
  return "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
         "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n" +
         std::string(bytes, 'x') + "\r\n--b--\r\n";
}

size_t open_descriptors() {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

// ---- a collected body ----

class FormTest : public ServerFixture {
 protected:
  std::string answer(std::string_view fields, std::string_view body) {
    return answer_to(post(fields, body));
  }

  void SetUp() override {
    app_.post("/form", [](Request& request, Response& response) -> Task<> {
      FormOptions options;
      options.max_fields = 3;
      return tell_form(request, response, options);
    });
    serve(app_);
  }

  Application app_;
};

TEST_F(FormTest, reads_the_body_of_a_request) {
  const std::string_view urlencoded = "Content-Type: application/x-www-form-urlencoded\r\n";
  EXPECT_TRUE(ends_with(answer(urlencoded, "a=1&b=two+words"), "\r\n\r\na=1;b=two words;"));
  EXPECT_TRUE(ends_with(answer(urlencoded, ""), "Content-Length: 0\r\n\r\n"));
  EXPECT_TRUE(ends_with(answer(kMultipart, form_with_file(4)), "\r\n\r\na=1;x:4 in memory;"));
}

TEST_F(FormTest, answers_errors_with_their_status) {
  const std::string urlencoded = "Content-Type: application/x-www-form-urlencoded\r\n";
  EXPECT_TRUE(begins_with(answer(urlencoded, "a=%"), "HTTP/1.1 400 "));
  EXPECT_TRUE(begins_with(answer(urlencoded, "a&b&c&d"), "HTTP/1.1 413 "));
  EXPECT_TRUE(begins_with(answer("", "a=1"), "HTTP/1.1 415 "));
  EXPECT_TRUE(begins_with(answer("Content-Type: text/plain\r\n", "a=1"), "HTTP/1.1 415 "));
  EXPECT_TRUE(
      begins_with(answer(urlencoded + "Content-Encoding: gzip\r\n", "a=1"), "HTTP/1.1 415 "));
  EXPECT_TRUE(
      begins_with(answer(urlencoded + "Content-Encoding: Identity\r\n", "a=1"), "HTTP/1.1 200 "));
}

TEST_F(FormTest, has_a_status_for_every_error) {
  EXPECT_EQ(form_error_status(absl::InvalidArgumentError("")), 400);
  EXPECT_EQ(form_error_status(absl::OutOfRangeError("")), 413);
  EXPECT_EQ(form_error_status(absl::UnimplementedError("")), 415);
  EXPECT_EQ(form_error_status(absl::InternalError("")), 500);
  EXPECT_EQ(form_error_status(absl::UnavailableError("")), 503);
  EXPECT_EQ(form_error_status(absl::ResourceExhaustedError("")), 507);
}

// ---- a streamed body ----

class StreamedFormTest : public ServerFixture {
 protected:
  void SetUp() override { serve(service_); }

  // The disk is as slow as it likes, and the fixture's clock stands still.
  template <class Done>
  bool wait_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      loop_.run_once();
      std::this_thread::yield();
    }
    return done();
  }

  BlockingPool pool_;
  std::unique_ptr<Endpoint> endpoint_ =
      make_endpoint(CoroutineHandler([this](Request& request, Response& response) {
        FormOptions options;
        options.pool = &pool_;
        options.max_file_bytes = 8 << 20;
        return tell_form(request, response, options);
      }));
  const ApplicationOptions application_options_{};
  LambdaService service_{[this](Exchange& exchange) {
                           auto invocation =
                               std::make_unique<Invocation>(exchange, application_options_);
                           Invocation& running = *invocation;
                           running.set_endpoint(*endpoint_);
                           exchange.attach(std::move(invocation));
                           running.start();
                         },
                         [](Exchange& exchange) {
                           if (exchange.head().find("X-Decompress")) exchange.decompress_body();
                           exchange.stream_body();
                         }};
};

TEST_F(StreamedFormTest, reads_pieces_as_they_come) {
  const std::string request = post(kMultipart, form_with_file(100));
  auto client = connect();
  for (size_t at = 0; at < request.size(); at += 7) {
    client->send(std::string_view(request).substr(at, 7));
    for (int i = 0; i < 3; ++i) loop_.run_once();
  }
  ASSERT_TRUE(wait_until([&] { return !client->received().empty(); }));
  EXPECT_TRUE(ends_with(client->received(), "\r\n\r\na=1;x:100 in memory;"));
}

TEST_F(StreamedFormTest, reads_an_encoded_body_only_if_the_server_takes_the_coding_off) {
  Buffer coded;
  const std::unique_ptr<Compressor> compressor = Compressor::make(CompressionFormat::kGzip);
  compressor->add(form_with_file(100), coded);
  compressor->finish(coded);
  const std::string fields = std::string(kMultipart) + "Content-Encoding: gzip\r\n";
  EXPECT_TRUE(begins_with(answer_to(post(fields, coded.to_string())), "HTTP/1.1 415 "));
  EXPECT_TRUE(ends_with(answer_to(post(fields + "X-Decompress: 1\r\n", coded.to_string())),
                        "\r\n\r\na=1;x:100 in memory;"));
}

TEST_F(StreamedFormTest, puts_a_large_file_on_the_disk) {
  auto client = connect();
  client->send(post(kMultipart, form_with_file(5 << 20)));
  ASSERT_TRUE(wait_until([&] { return !client->received().empty(); }));
  EXPECT_TRUE(ends_with(client->received(), "\r\n\r\na=1;x:5242880 on disk;"));
}

TEST_F(StreamedFormTest, answers_507_for_a_full_disk_and_the_next_request_as_ever) {
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small = {1 << 20, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto client = connect();
  client->send(post(kMultipart, form_with_file(5 << 20)));
  EXPECT_TRUE(wait_until([&] { return !client->received().empty(); }));
  EXPECT_TRUE(begins_with(client->received(), "HTTP/1.1 507 ")) << client->received();
  auto next = connect();
  next->send(post(kMultipart, form_with_file(10)));
  EXPECT_TRUE(wait_until([&] { return !next->received().empty(); }));
  EXPECT_TRUE(begins_with(next->received(), "HTTP/1.1 200 ")) << next->received();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST_F(StreamedFormTest, leaves_nothing_behind_when_the_client_goes_away) {
  const std::string request = post(kMultipart, form_with_file(4 << 20));
  // What the server opens once is open then.
  auto client = connect();
  ASSERT_TRUE(wait_until([&] { return client->connected().ok(); }));
  settle();
  const size_t before = open_descriptors();
  client->send(std::string_view(request).substr(0, 3 << 20));
  ASSERT_TRUE(wait_until([&] { return open_descriptors() == before + 1; })) << "no file";
  client.reset();
  // Less the two ends of the connection.
  EXPECT_TRUE(wait_until([&] { return open_descriptors() == before - 2; }));
}

}  // namespace
}  // namespace turbo::web
