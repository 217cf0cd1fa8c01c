// What an application does for all its handlers when its options ask for it.
#include "framework/web/application_options.h"

#include <memory>
#include <string>

#include "framework/compress/compressor.h"
#include "tests/web/web_fixture.h"

namespace turbo::web {
namespace {

class ApplicationOptionsTest : public WebFixture {
 protected:
  // `/text`: so much text; `/echo`: the body; `/client`: who asks.
  void serve_with(ApplicationOptions options) {
    app_ = std::make_unique<Application>(std::move(options));
    app_->get("/text", [](Request&, Response& response) {
      response.set_header("Content-Type", "text/plain");
      response.write(std::string(5000, 'x'));
    });
    app_->post("/echo", [](Request& request, Response& response) {
      response.write(std::move(request.body()));
    });
    app_->get("/client", [](Request& request, Response& response) {
      response.write(request.client_address().host() + " " + std::string(request.scheme()));
    });
    serve(*app_);
  }

  std::unique_ptr<Application> app_;
};

std::string gzip(std::string_view text) {
  Buffer out;
  std::unique_ptr<Compressor> compressor = Compressor::make(CompressionFormat::kGzip);
  compressor->add(text, out);
  compressor->finish(out);
  return out.to_string();
}

TEST_F(ApplicationOptionsTest, compresses_answers_when_asked_to) {
  ApplicationOptions options;
  options.compression.enabled = true;
  serve_with(std::move(options));
  std::string answer = get("/text", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(field_of(answer, "Content-Encoding"), "gzip");
  EXPECT_EQ(field_of(answer, "Vary"), "Accept-Encoding");
  EXPECT_LT(body_of(answer).size(), 500u);
  EXPECT_EQ(body_of(get("/text")).size(), 5000u);
}

TEST_F(ApplicationOptionsTest, compresses_nothing_by_itself) {
  serve_with({});
  EXPECT_EQ(body_of(get("/text", "Accept-Encoding: gzip\r\n")).size(), 5000u);
}

TEST_F(ApplicationOptionsTest, decompresses_bodies_when_asked_to) {
  ApplicationOptions options;
  options.decompress_bodies = true;
  serve_with(std::move(options));
  EXPECT_EQ(body_of(post("/echo", "text/plain", gzip("plain"), "Content-Encoding: gzip\r\n")),
            "plain");
  EXPECT_EQ(status_of(post("/echo", "text/plain", "x", "Content-Encoding: zstd\r\n")), 415);
}

TEST_F(ApplicationOptionsTest, leaves_bodies_as_they_were_sent_by_itself) {
  serve_with({});
  const std::string coded = gzip("plain");
  EXPECT_EQ(body_of(post("/echo", "text/plain", coded, "Content-Encoding: gzip\r\n")), coded);
}

TEST_F(ApplicationOptionsTest, believes_the_proxies_that_are_named) {
  constexpr std::string_view kFields =
      "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
  serve_with({});
  EXPECT_EQ(body_of(get("/client", kFields)), "127.0.0.1 http");
  server_.reset();
  ApplicationOptions options;
  options.trusted_proxies.networks = {*Network::parse("127.0.0.0/8")};
  serve_with(std::move(options));
  EXPECT_EQ(body_of(get("/client", kFields)), "203.0.113.9 https");
}

}  // namespace
}  // namespace turbo::web
