#include "framework/web/form.h"

#include <string>

#include "framework/web/application.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

class FormTest : public ServerFixture {
 protected:
  // The answer of a handler that reads the form and tells what was in it.
  std::string answer(std::string_view fields, std::string_view body) {
    std::string request = "POST /form HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
    request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    request.append(fields).append("\r\n").append(body);
    std::unique_ptr<RawClient> client = connect();
    client->send(request);
    EXPECT_TRUE(run_until([&] { return client->ended(); }));
    return client->received();
  }

  void SetUp() override {
    app_.post("/form", [](Request& request, Response& response) -> Task<> {
      FormOptions options;
      options.max_fields = 3;
      Task<absl::StatusOr<Form>> reading = read_form(request, options);
      const absl::StatusOr<Form> form = co_await reading;
      if (!form.ok()) {
        response.send_error(form_error_status(form.status()));
        co_return;
      }
      for (const http::Parameter& field : form->fields) {
        response.write(std::string(field.name) + "=" + std::string(field.value) + ";");
      }
      for (const FormFile& file : form->files) {
        response.write(file.filename + ":" + file.content.to_string());
      }
    });
    serve(app_);
  }

  Application app_;
};

TEST_F(FormTest, reads_the_body_of_a_request) {
  EXPECT_TRUE(
      ends_with(answer("Content-Type: application/x-www-form-urlencoded\r\n", "a=1&b=two+words"),
                "\r\n\r\na=1;b=two words;"));
  EXPECT_TRUE(ends_with(
      answer("Content-Type: multipart/form-data; boundary=b\r\n",
             "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
             "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\ndata\r\n--b--\r\n"),
      "\r\n\r\na=1;x:data"));
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

}  // namespace
}  // namespace turbo::web
