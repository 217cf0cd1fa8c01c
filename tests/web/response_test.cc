#include "framework/web/response.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "framework/base/fd.h"
#include "framework/web/application.h"
#include "framework/web/json.h"
#include "tests/web/web_fixture.h"

namespace turbo::web {
namespace {

using ResponseTest = WebFixture;

TEST_F(ResponseTest, sets_and_clears_cookies_with_their_attributes) {
  app_.get("/", [](Request&, Response& response) {
    response.set_cookie({.name = "a", .value = "1", .path = "/", .secure = true});
    response.set_cookie({.name = "b", .value = "2", .max_age = std::chrono::hours(1)});
    response.clear_cookie("c");
    response.clear_cookie("__Host-d");
  });
  app_.get("/bad", [](Request&, Response& response) {
    response.set_cookie({.name = "a", .value = "1; Path=/"});
  });
  QuietLog quiet;
  serve(app_);
  std::string answer = get("/");
  EXPECT_EQ(count_of(answer, "\r\nSet-Cookie: "), 4u);
  EXPECT_TRUE(contains(answer, "Set-Cookie: a=1; Path=/; Secure\r\n")) << answer;
  EXPECT_TRUE(contains(answer, "Set-Cookie: b=2; Max-Age=3600\r\n")) << answer;
  EXPECT_TRUE(contains(answer, "Set-Cookie: c=; ")) << answer;
  EXPECT_EQ(count_of(answer, "Max-Age=0"), 2u) << answer;
  EXPECT_EQ(status_of(get("/bad")), 500);
}

TEST_F(ResponseTest, redirects_to_what_is_a_url) {
  struct {
    std::string url;
    int status;
    bool good;
  } rows[] = {
      {"/next?x=1", 302, true},
      {"https://example.com/", 301, true},
      {"/a", 303, true},
      {"/a", 307, true},
      {"/a", 308, true},
      {"/a", 200, false},
      {"/a", 304, false},
      {"", 302, false},
      {"/a b", 302, false},
      {"/\\evil.example", 302, false},
      {"/a\r\nSet-Cookie: x=1", 302, false},
      {std::string("/\0", 2), 302, false},
      {"/\xC3\xA9", 302, false},
  };
  for (size_t i = 0; i < std::size(rows); ++i) {
    app_.get("/" + std::to_string(i), [row = rows[i]](Request&, Response& response) {
      response.write("dropped");
      response.redirect(row.url, row.status);
    });
  }
  QuietLog quiet;
  serve(app_);
  for (size_t i = 0; i < std::size(rows); ++i) {
    std::string answer = get("/" + std::to_string(i));
    EXPECT_EQ(status_of(answer), rows[i].good ? rows[i].status : 500) << i;
    EXPECT_EQ(field_of(answer, "Location"), rows[i].good ? rows[i].url : "") << i;
    EXPECT_FALSE(contains(answer, "dropped"));
    EXPECT_FALSE(contains(answer, "Set-Cookie"));
  }
}

TEST_F(ResponseTest, adds_trailers) {
  struct Summed : RequestHandler {
    void get() override {
      write("abc");
      add_trailer("X-Sum", "3");
    }
  };
  app_.add_handler<Summed>("/");
  app_.get("/bad", [](Request&, Response& response) {
    response.add_trailer("X-Sum", "3");
    response.add_trailer("Content-Type", "text/plain");
  });
  QuietLog quiet;
  serve(app_);
  std::string answer = get("/");
  EXPECT_TRUE(answer.ends_with("\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 3\r\n\r\n")) << answer;
  std::string bad = get("/bad");
  EXPECT_EQ(status_of(bad), 500);
  EXPECT_FALSE(contains(bad, "X-Sum")) << bad;
}

TEST_F(ResponseTest, sends_early_hints) {
  app_.get("/", [](Request&, Response& response) {
    const http::Field hint{"Link", "</site.css>; rel=preload; as=style"};
    response.send_informational(103, {&hint, 1});
    response.write("page");
  });
  app_.get("/bad", [](Request&, Response& response) { response.send_informational(200, {}); });
  QuietLog quiet;
  serve(app_);
  std::string answer = get("/");
  EXPECT_TRUE(
      answer.starts_with("HTTP/1.1 103 Early Hints\r\nLink: </site.css>; rel=preload; "
                         "as=style\r\n\r\nHTTP/1.1 200 OK\r\n"))
      << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\npage")) << answer;
  EXPECT_EQ(status_of(get("/bad")), 500);
}

TEST_F(ResponseTest, writes_json) {
  app_.get("/", [](Request&, Response& response) {
    response.write_json({{"text", "\"\u00e9\n"}, {"list", {1, 2.5, true, nullptr}}});
  });
  app_.get("/bad", [](Request&, Response& response) { response.write_json("\xFF"); });
  QuietLog quiet;
  serve(app_);
  EXPECT_EQ(body_of(get("/")), R"({"list":[1,2.5,true,null],"text":"\")"
                               "\u00e9"
                               R"(\n"})");
  EXPECT_EQ(status_of(get("/bad")), 500);
}

class ETagTest : public WebFixture {
 protected:
  ETagTest() {
    app_.get("/page", [](Request& request, Response& response) {
      response.enable_etag();
      response.set_header("Content-Type", "text/plain");
      response.write(request.query_string());
    });
    app_.put("/page", [](Request&, Response& response) { response.write("put"); }, {.etag = true});
    app_.get("/own",
             [](Request&, Response& response) {
               response.set_header("ETag", "\"own\"");
               response.write("x");
             },
             {.etag = true});
    app_.get("/flushed",
             [](Request&, Response& response) {
               response.write("a");
               response.flush();
               response.write("b");
             },
             {.etag = true});
    app_.get("/made",
             [](Request&, Response& response) {
               response.set_status(201);
               response.write("x");
             },
             {.etag = true});
    app_.get("/large",
             [](Request&, Response& response) { response.write(std::string(100000, 'x')); },
             {.etag = true});
    app_.get("/plain", [](Request&, Response& response) { response.write("x"); });
    app_.get("/throws", [](Request&, Response&) { throw HTTPError(404); }, {.etag = true});
  }
};

TEST_F(ETagTest, saves_who_has_the_page_from_receiving_it_again) {
  serve(app_);
  std::string answer = get("/page?one");
  const std::string etag = field_of(answer, "ETag");
  EXPECT_EQ(etag.size(), 24u) << etag;
  EXPECT_EQ(body_of(answer), "one");
  EXPECT_NE(field_of(get("/page?two"), "ETag"), etag);
  for (std::string condition : {etag, "W/" + etag, "\"x\", " + etag, std::string("*")}) {
    answer = get("/page?one", "If-None-Match: " + condition + "\r\n");
    EXPECT_EQ(status_of(answer), 304) << condition;
    EXPECT_EQ(field_of(answer, "ETag"), etag);
    EXPECT_EQ(field_of(answer, "Content-Type"), "");
    EXPECT_EQ(field_of(answer, "Content-Length"), "");
    EXPECT_EQ(body_of(answer), "");
  }
  EXPECT_EQ(status_of(get("/page?two", "If-None-Match: " + etag + "\r\n")), 200);
  EXPECT_EQ(status_of(get("/page?one", "If-Match: " + etag + "\r\n")), 200);
  answer = get("/page?one", "If-Match: \"x\"\r\n");
  EXPECT_EQ(status_of(answer), 412);
  EXPECT_EQ(body_of(answer), "");
  EXPECT_EQ(field_of(send("HEAD", "/page?one", {}, {}), "ETag"), etag);
  EXPECT_EQ(status_of(send("HEAD", "/page?one", "If-None-Match: " + etag + "\r\n", {})), 304);
  answer = get("/large");
  EXPECT_EQ(body_of(answer).size(), 100000u);
  EXPECT_EQ(status_of(get("/large", "If-None-Match: " + field_of(answer, "ETag") + "\r\n")), 304);
}

TEST_F(ETagTest, leaves_alone_what_is_not_a_whole_answer_to_get) {
  serve(app_);
  EXPECT_EQ(field_of(send("PUT", "/page", "Content-Length: 0\r\n", {}), "ETag"), "");
  EXPECT_EQ(field_of(get("/flushed"), "ETag"), "");
  EXPECT_EQ(field_of(get("/made"), "ETag"), "");
  EXPECT_EQ(field_of(get("/plain"), "ETag"), "");
  EXPECT_EQ(status_of(get("/plain", "If-None-Match: *\r\n")), 200);
  EXPECT_EQ(status_of(get("/throws", "If-None-Match: *\r\n")), 404);
  EXPECT_EQ(field_of(get("/own"), "ETag"), "\"own\"");
  EXPECT_EQ(status_of(get("/own", "If-None-Match: \"own\"\r\n")), 304);
}

TEST_F(ETagTest, says_of_304_what_200_would_say_when_answers_are_compressed) {
  ApplicationOptions options;
  options.etags = true;
  options.compression.enabled = true;
  Application app(std::move(options));
  const auto page = [](std::string type, size_t size) {
    return [=](Request&, Response& response) {
      response.set_header("Content-Type", type);
      response.write(std::string(size, 'x'));
    };
  };
  app.get("/text", page("text/plain", 5000));
  app.get("/short", page("text/plain", 10));
  app.get("/picture", page("image/png", 5000));
  serve(app);
  for (const char* path : {"/text", "/short", "/picture"}) {
    for (const std::string accepted : {"", "Accept-Encoding: gzip\r\n"}) {
      const std::string whole = get(path, accepted);
      const std::string same =
          get(path, accepted + "If-None-Match: " + field_of(whole, "ETag") + "\r\n");
      EXPECT_EQ(status_of(same), 304) << path;
      EXPECT_EQ(field_of(same, "ETag"), field_of(whole, "ETag")) << path << accepted;
      EXPECT_EQ(field_of(same, "Vary"), field_of(whole, "Vary")) << path << accepted;
      EXPECT_EQ(field_of(same, "Content-Type"), "");
      EXPECT_EQ(body_of(same), "");
    }
  }
  EXPECT_EQ(field_of(get("/text", "Accept-Encoding: gzip\r\n"), "ETag").substr(0, 2), "W/");
}

TEST_F(ETagTest, makes_no_tag_of_a_head_without_a_body) {
  class Page : public RequestHandler {
   public:
    void get() override {
      response().enable_etag();
      response().write("page");
    }
    void head() override { response().enable_etag(); }
  };
  app_.add_handler<Page>("/head");
  serve(app_);
  EXPECT_NE(field_of(get("/head"), "ETag"), "");
  const std::string answer = send("HEAD", "/head", "If-None-Match: *\r\n", {});
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(field_of(answer, "ETag"), "");
}

TEST_F(ETagTest, is_for_all_routes_of_an_application_that_asks) {
  ApplicationOptions options;
  options.etags = true;
  Application app(std::move(options));
  app.get("/", [](Request&, Response& response) { response.write("x"); });
  app.get("/not", [](Request&, Response& response) { response.write("x"); }, {.etag = false});
  Application inner;
  inner.get("/", [](Request&, Response& response) { response.write("x"); });
  app.mount("/in", std::move(inner));
  ApplicationOptions others;
  others.etags = false;
  Application without(std::move(others));
  without.get("/", [](Request&, Response& response) { response.write("x"); });
  app.mount("/without", std::move(without));
  serve(app);
  EXPECT_NE(field_of(get("/in/"), "ETag"), "");
  EXPECT_EQ(field_of(get("/without/"), "ETag"), "");
  EXPECT_NE(field_of(get("/"), "ETag"), "");
  EXPECT_EQ(field_of(get("/not"), "ETag"), "");
}

TEST_F(ResponseTest, streams_a_file_of_a_declared_length) {
  std::string name = ::testing::TempDir() + "/response_test_XXXXXX";
  UniqueFd file(::mkstemp(name.data()));
  ::unlink(name.c_str());
  ASSERT_EQ(::write(file.get(), "0123456789", 10), 10);
  app_.get("/", [&file](Request&, Response& response) {
    response.set_content_length(7);
    response.write("<");
    response.write_file(file.get(), 2, 5);
    response.write(">");
  });
  serve(app_);
  std::string answer = get("/");
  EXPECT_EQ(body_of(answer), "<23456>");
  EXPECT_EQ(field_of(answer, "Content-Length"), "7");
}

}  // namespace
}  // namespace turbo::web
