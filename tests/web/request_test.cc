#include "framework/web/request.h"

#include <string>

#include "framework/crypto/random.h"
#include "framework/web/application.h"
#include "framework/web/json.h"
#include "tests/server/server_fixture.h"
#include "tests/web/web_fixture.h"

namespace turbo::web {
namespace {

using RequestTest = WebFixture;

TEST_F(RequestTest, gives_arguments_of_query_form_and_path) {
  app_.post("/users/:id/*rest", [](Request& request, Response& response) {
    const Arguments& path = request.path_arguments();
    response.write(std::to_string(path.get<int>("id")) + " " + path.get<std::string>("rest") + " " +
                   std::to_string(request.query().get<int>("page", 1)) + " " +
                   request.form().get<std::string>("name"));
  });
  serve(app_);
  EXPECT_EQ(body_of(post_form("/users/7/a%20b/c?page=3", "name=x+y")), "7 a b/c 3 x y");
  EXPECT_EQ(body_of(post_form("/users/7/", "name=z")), "7  1 z");
  std::string answer = post_form("/users/x/", "name=z");
  EXPECT_EQ(status_of(answer), 400);
  EXPECT_TRUE(contains(answer, "path argument &#39;id&#39;: malformed")) << answer;
  EXPECT_EQ(status_of(post_form("/users/7/", "other=z")), 400);
  EXPECT_EQ(status_of(post_form("/users/7/?page=%zz", "name=z")), 400);
  EXPECT_EQ(status_of(post_form("/users/7/%zz", "name=z")), 400);
  EXPECT_EQ(status_of(post_form("/users/7/", "name=%C0")), 400);
}

TEST_F(RequestTest, reads_forms_of_their_own_type_only) {
  app_.post("/", [](Request& request, Response& response) {
    response.write(std::to_string(request.form().size()));
  });
  serve(app_);
  EXPECT_EQ(body_of(post("/", "application/x-www-form-urlencoded; charset=utf-8", "a=1&b=2")), "2");
  EXPECT_EQ(body_of(post("/", "Application/X-WWW-Form-Urlencoded", "a=1")), "1");
  EXPECT_EQ(body_of(post("/", "text/plain", "")), "0");
  EXPECT_EQ(status_of(post("/", "text/plain", "a=1")), 415);
  EXPECT_EQ(status_of(answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=1")),
            415);
}

TEST_F(RequestTest, bounds_the_number_of_arguments) {
  ApplicationOptions options;
  options.max_arguments = 3;
  Application app(std::move(options));
  app.post("/", [](Request& request, Response& response) {
    response.write(std::to_string(request.query().size() + request.form().size()));
  });
  serve(app);
  EXPECT_EQ(body_of(post_form("/?a&b&c", "a&b&c")), "6");
  EXPECT_EQ(status_of(post_form("/?a&b&c&d", "")), 400);
  EXPECT_EQ(status_of(post_form("/", "a&b&c&d")), 413);
}

TEST_F(RequestTest, reads_json_within_limits) {
  ApplicationOptions options;
  options.max_json_bytes = 100;
  options.max_json_depth = 4;
  Application app(std::move(options));
  app.post("/", [](Request& request, Response& response) { response.write_json(request.json()); });
  serve(app);
  std::string answer = post("/", "application/json", R"({"b": [1, "]]]]"], "a": null})");
  EXPECT_TRUE(contains(answer, "\r\nContent-Type: application/json\r\n"));
  EXPECT_EQ(body_of(answer), R"({"a":null,"b":[1,"]]]]"]})");
  EXPECT_EQ(body_of(post("/", "application/problem+json; charset=utf-8", "[[[[]]]]")), "[[[[]]]]");
  EXPECT_EQ(body_of(post("/", "application/json", R"(["\"[[[["])")), R"(["\"[[[["])");
  struct {
    const char* type;
    std::string body;
    int status;
  } refused[] = {
      {"application/json", "", 400},
      {"application/json", "{\"a\":", 400},
      {"application/json", "{} x", 400},
      {"application/json", "[[[[[]]]]]", 400},
      {"application/json", "\"\xC0\xAE\"", 400},
      {"application/json", "[1e999]", 400},
      {"application/json", "NaN", 400},
      {"application/json", std::string(101, ' '), 413},
      {"text/plain", "{}", 415},
      {"application/x-json", "{}", 415},
      {"+json", "{}", 415},
  };
  for (const auto& each : refused) {
    EXPECT_EQ(status_of(post("/", each.type, each.body)), each.status) << each.type << each.body;
  }
}

// Deeper than any stack: the depth is counted before anything recurses.
TEST_F(RequestTest, survives_json_nested_without_end) {
  app_.post("/", [](Request& request, Response& response) { response.write_json(request.json()); });
  serve(app_);
  EXPECT_EQ(status_of(post("/", "application/json", std::string(1 << 20, '['))), 400);
}

class SignedCookieTest : public WebFixture {
 protected:
  void serve_with(std::map<uint32_t, std::string> secrets) {
    ApplicationOptions options;
    options.cookie_signer = ValueSigner::create(std::move(secrets)).value();
    signing_ = std::make_unique<Application>(std::move(options));
    signing_->get("/set", [](Request&, Response& response) {
      response.set_signed_cookie({.name = "user", .value = "b;ob", .http_only = true});
    });
    signing_->get("/get", [](Request& request, Response& response) {
      response.write(request.signed_cookie("user").value_or("nobody"));
    });
    signing_->get("/old", [](Request& request, Response& response) {
      const auto max_age = std::chrono::seconds(-1);
      response.write(request.signed_cookie("user", max_age).value_or("nobody"));
    });
    serve(*signing_);
  }
  std::string cookie() {
    std::string field = field_of(get("/set"), "Set-Cookie");
    EXPECT_TRUE(contains(field, "; HttpOnly")) << field;
    return field.substr(0, field.find(';'));
  }
  std::string ask(std::string_view path, std::string_view cookie) {
    return body_of(get(path, "Cookie: " + std::string(cookie) + "\r\n"));
  }
  std::unique_ptr<Application> signing_;
};

TEST_F(SignedCookieTest, are_believed_until_changed_or_old) {
  const std::string old_secret = random_bytes(32);
  const std::string new_secret = random_bytes(32);
  serve_with({{1, old_secret}});
  std::string sent = cookie();
  EXPECT_EQ(ask("/get", sent), "b;ob");
  EXPECT_EQ(ask("/old", sent), "nobody");
  sent.back() = sent.back() == '0' ? '1' : '0';
  EXPECT_EQ(ask("/get", sent), "nobody");
  EXPECT_EQ(ask("/get", "user=bob"), "nobody");
  EXPECT_EQ(ask("/get", "other=bob"), "nobody");
  const std::string signed_by_old = cookie();
  server_.reset();
  serve_with({{1, old_secret}, {2, new_secret}});
  EXPECT_EQ(ask("/get", signed_by_old), "b;ob");
  EXPECT_TRUE(begins_with(cookie(), "user=2|1:2|")) << "the newest key signs";
}

TEST_F(SignedCookieTest, without_secrets_are_a_mistake) {
  QuietLog quiet;
  app_.get("/", [](Request& request, Response&) { (void)request.signed_cookie("user"); });
  serve(app_);
  EXPECT_EQ(status_of(get("/")), 500);
}

class XSRFTest : public WebFixture {
 protected:
  XSRFTest() {
    ApplicationOptions options;
    options.check_xsrf = true;
    checked_ = std::make_unique<Application>(std::move(options));
    checked_->get("/form", [](Request&, Response& response) {
      response.write(response.xsrf_token() + " " + response.xsrf_token());
    });
    auto done = [](Request&, Response& response) { response.write("done"); };
    checked_->post("/form", done);
    checked_->post("/hook", done, {.check_xsrf = false});
    checked_->post("/stream",
                   [](Request& request, Response& response) {
                     request.check_xsrf("");
                     response.write("done");
                   },
                   {.check_xsrf = false});
    checked_->add_handler<Checked>("/class");
    serve(*checked_);
  }
  class Checked : public RequestHandler {
   public:
    void post() override { write("done"); }
    void write_error(const Failure& failure) override {
      write("own page: " + std::string(failure.message));
    }
  };
  std::string post_with(std::string_view path, std::string_view fields, std::string_view body) {
    return post(path, "application/x-www-form-urlencoded", body, fields);
  }
  std::unique_ptr<Application> checked_;
};

TEST_F(XSRFTest, trusts_no_cookie_another_host_can_set_behind_a_proxy_with_tls) {
  constexpr std::string_view kProxied = "X-Forwarded-Proto: https\r\n";
  EXPECT_TRUE(begins_with(field_of(get("/form", kProxied), "Set-Cookie"), "_xsrf="))
      << "anybody can say so";
  ApplicationOptions trusting;
  trusting.trusted_proxies.networks = {*Network::parse("127.0.0.0/8")};
  Application trusts(std::move(trusting));
  trusts.get("/", [](Request&, Response& response) { response.write(response.xsrf_token()); });
  serve(trusts);
  EXPECT_TRUE(begins_with(field_of(get("/", kProxied), "Set-Cookie"), "__Host-_xsrf="));

  ApplicationOptions options;
  options.check_xsrf = true;
  options.behind_tls = true;
  Application behind(std::move(options));
  behind.get("/", [](Request&, Response& response) { response.write(response.xsrf_token()); });
  behind.post("/", [](Request&, Response& response) { response.write("done"); });
  serve(behind);
  const std::string page = get("/");
  const std::string set = field_of(page, "Set-Cookie");
  EXPECT_TRUE(begins_with(set, "__Host-_xsrf=")) << set;
  EXPECT_TRUE(contains(set, "; Secure")) << set;
  const std::string cookie = set.substr(0, set.find(';'));
  const std::string token = "_xsrf=" + body_of(page);
  EXPECT_EQ(body_of(post_with("/", "Cookie: " + cookie + "\r\n", token)), "done");
  const std::string planted = "_xsrf=" + cookie.substr(cookie.find('=') + 1);
  EXPECT_EQ(status_of(post_with("/", "Cookie: " + planted + "\r\n", token)), 403);
}

TEST_F(XSRFTest, is_asked_for_in_mounted_applications_and_hosts_that_say_nothing_else) {
  const auto app_with = [](std::optional<bool> check) {
    ApplicationOptions options;
    options.check_xsrf = check;
    auto app = std::make_unique<Application>(std::move(options));
    const auto done = [](Request&, Response& response) { response.write("done"); };
    app->post("/", done).post("/hook", done, {.check_xsrf = false}).default_handler(done);
    app->add_handler<Checked>("/class");
    return app;
  };
  const std::unique_ptr<Application> inner = app_with(std::nullopt);
  inner->mount("/deep", std::move(*app_with(std::nullopt)));
  inner->mount("/open", std::move(*app_with(false)));
  const std::unique_ptr<Application> owned = app_with(true);
  Application& outer = *owned;
  outer.mount("/in", std::move(*inner));
  outer.host("b").post("/form", [](Request&, Response& response) { response.write("done"); });
  outer.host("b").mount("/in", std::move(*app_with(std::nullopt)));
  serve(outer);
  const auto status = [this](std::string_view path) { return status_of(post_with(path, "", "")); };
  for (const std::string prefix : {"", "/in", "/in/deep", "http://b/in"}) {
    for (const char* path : {"/", "/class", "/none"})
      EXPECT_EQ(status(prefix + path), 403) << prefix;
    EXPECT_EQ(status(prefix + "/hook"), 200) << prefix;
  }
  EXPECT_EQ(status("http://b/form"), 403);
  for (const char* path : {"/", "/class", "/hook", "/none"}) {
    EXPECT_NE(status(std::string("/in/open") + path), 403) << path;
  }
  EXPECT_EQ(status_of(send("PUT", "/in/", "", "")), 405) << "and not of what is not there";
}

TEST_F(XSRFTest, lets_our_own_pages_through_and_nobody_else) {
  std::string page = get("/form");
  EXPECT_EQ(count_of(page, "Set-Cookie: "), 1u);
  std::string cookie = field_of(page, "Set-Cookie");
  EXPECT_TRUE(begins_with(cookie, "_xsrf=")) << cookie;
  EXPECT_TRUE(contains(cookie, "; SameSite=Lax")) << cookie;
  cookie = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  std::string tokens = body_of(page);
  std::string token = tokens.substr(0, tokens.find(' '));
  EXPECT_NE(token, tokens.substr(tokens.find(' ') + 1)) << "each is masked anew";

  for (std::string_view path : {"/form", "/class"}) {
    EXPECT_EQ(body_of(post_with(path, cookie, "_xsrf=" + token)), "done");
    EXPECT_EQ(body_of(post_with(path, cookie + "X-XSRF-Token: " + token + "\r\n", "")), "done");
    EXPECT_EQ(status_of(post_with(path, cookie, "")), 403);
    EXPECT_EQ(status_of(post_with(path, cookie, "_xsrf=x")), 403);
    EXPECT_EQ(status_of(post_with(path, "", "_xsrf=" + token)), 403);
    EXPECT_EQ(status_of(post_with(path, cookie + "X-XSRF-Token: x\r\n", "_xsrf=" + token)), 403);
    EXPECT_EQ(status_of(post(path, "text/plain", "_xsrf=" + token, cookie)), 403);
  }
  EXPECT_TRUE(contains(post_with("/class", "", ""), "own page: the XSRF cookie is missing"));
  EXPECT_EQ(body_of(post_with("/hook", "", "")), "done");
  EXPECT_EQ(status_of(post_with("/stream", cookie, "")), 403);
  EXPECT_FALSE(contains(get("/form", cookie), "Set-Cookie")) << "the client has one";
  EXPECT_TRUE(contains(get("/form", "Cookie: _xsrf=chosen\r\n"), "Set-Cookie"));
}

}  // namespace
}  // namespace turbo::web
