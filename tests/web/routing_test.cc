// Hosts, mounted applications, automatic answers, names: what an Application makes of a Router.

#include <stdexcept>
#include <string>

#include "framework/web/application.h"
#include "framework/web/error_handler.h"
#include "framework/web/redirect_handler.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

// Answers with `text` and the parameter "x".
auto say(std::string text) {
  return [text](Request& request, Response& response) {
    response.write(text + request.path_parameter("x"));
  };
}

class RoutingTest : public ServerFixture {
 protected:
  std::string ask(std::string_view method, std::string_view target,
                  std::string_view host = "a.test") {
    return answer_to(std::string(method).append(" ").append(target).append(
        " HTTP/1.1\r\nContent-Length: 0\r\nHost: " + std::string(host) + "\r\n\r\n"));
  }
  // The status and the body, or the Location.
  std::string brief(std::string_view method, std::string_view target,
                    std::string_view host = "a.test") {
    const std::string answer = ask(method, target, host);
    const std::string status = answer.substr(9, 3);
    if (const size_t at = answer.find("Location: "); at != std::string::npos) {
      return status + " " + answer.substr(at + 10, answer.find("\r\n", at) - at - 10);
    }
    if (status >= "400") return status;
    return status + " " + answer.substr(answer.find("\r\n\r\n") + 4);
  }
  std::string get(std::string_view target, std::string_view host = "a.test") {
    return brief("GET", target, host);
  }

  Application app_;
};

TEST_F(RoutingTest, tries_expressions_before_plain_parameters) {
  app_.get("/:x", say("any "));
  app_.get("/:x([0-9]+)", say("number "));
  serve(app_);
  EXPECT_EQ(get("/12"), "200 number 12");
  EXPECT_EQ(get("/%31"), "200 number 1");
  EXPECT_EQ(get("/1a"), "200 any 1a");
}

TEST_F(RoutingTest, answers_options_with_the_methods_there_are) {
  app_.get("/a", say("a")).put("/a", say("a"));
  app_.route(http::Method::kOptions, "/own", say("own"));
  serve(app_);
  std::string answer = ask("OPTIONS", "/a");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 204 ")) << answer;
  EXPECT_TRUE(contains(answer, "\r\nAllow: GET, HEAD, PUT, OPTIONS\r\n")) << answer;
  EXPECT_EQ(brief("OPTIONS", "/own"), "200 own");
  EXPECT_EQ(brief("OPTIONS", "/b"), "404");
  answer = ask("OPTIONS", "*");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 204 ")) << answer;
  EXPECT_TRUE(contains(answer, "\r\nAllow: GET, "));
  EXPECT_TRUE(contains(ask("GET", "/own"), "\r\nAllow: OPTIONS\r\n"));
}

// Hands requests on as if their method had no name; the connection lets none in that has not.
class UnknownMethods final : public Service {
 public:
  explicit UnknownMethods(Application& app) : app_(app) {}
  std::unique_ptr<Dispatcher> make_dispatcher(IOLoop& loop) override {
    return std::make_unique<Forgetful>(app_.make_dispatcher(loop));
  }

 private:
  class Forgetful final : public Dispatcher {
   public:
    explicit Forgetful(std::unique_ptr<Dispatcher> inner) : inner_(std::move(inner)) {}
    void on_head(Exchange& exchange) override {
      const_cast<http::RequestHead&>(exchange.head()).method = http::Method::kUnknown;
      inner_->on_head(exchange);
    }
    void on_request(Exchange& exchange) override { inner_->on_request(exchange); }

   private:
    std::unique_ptr<Dispatcher> inner_;
  };

  Application& app_;
};

TEST_F(RoutingTest, a_method_without_a_name_is_one_more_that_no_route_has) {
  EXPECT_THROW(app_.route(http::Method::kUnknown, "/x", say("")), std::invalid_argument);
  app_.get("/a", say("a")).redirect_slashes();
  UnknownMethods unknown(app_);
  serve(unknown);
  EXPECT_EQ(get("/a"), "405");
  EXPECT_EQ(get("/a/"), "404");
  EXPECT_EQ(get("/none"), "404");
}

TEST_F(RoutingTest, head_and_options_may_have_handlers_of_their_own_in_any_order) {
  app_.route(http::Method::kHead, "/a",
             [](Request&, Response& response) { response.set_header("X-Own", "head"); });
  app_.get("/a", say("get")).get("/b", say("get"));
  app_.route(http::Method::kHead, "/b",
             [](Request&, Response& response) { response.set_header("X-Own", "head"); });
  EXPECT_THROW(app_.route(http::Method::kHead, "/b", say("")), std::invalid_argument);
  app_.route(http::Method::kOptions, "/b", say("options"));
  EXPECT_THROW(app_.route(http::Method::kOptions, "/b", say("")), std::invalid_argument);
  serve(app_);
  EXPECT_TRUE(contains(ask("HEAD", "/a"), "X-Own: head"));
  EXPECT_TRUE(contains(ask("HEAD", "/b"), "X-Own: head"));
  EXPECT_EQ(get("/a"), "200 get");
}

TEST_F(RoutingTest, a_default_handler_answers_unknown_paths_by_any_method) {
  app_.get("/a", say("a"));
  app_.default_handler([](Request& request, Response& response) {
    response.write("no " + std::string(request.path()));
    if (request.path() == "/teapot") response.set_status(418);
  });
  serve(app_);
  std::string answer = ask("GET", "/b");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 404 ")) << answer;
  EXPECT_TRUE(ends_with(answer, "\r\n\r\nno /b"));
  EXPECT_TRUE(begins_with(ask("POST", "/teapot"), "HTTP/1.1 418 "));
  EXPECT_TRUE(begins_with(ask("POST", "/a"), "HTTP/1.1 405 ")) << "a known path";
}

TEST_F(RoutingTest, hosts_have_tables_of_their_own) {
  app_.get("/", say("default")).get("/only", say("only"));
  app_.host("api.test").get("/", say("api"));
  app_.host("*.api.test").get("/", say("below"));
  app_.host("API.test").get("/more", say("more"));
  app_.default_handler([](Request&, Response& response) {
    response.set_status(299);
    response.write("lost");
  });
  serve(app_);
  EXPECT_EQ(get("/"), "200 default");
  EXPECT_EQ(get("/", "API.test:8080"), "200 api");
  EXPECT_EQ(get("/", "x.y.api.test"), "200 below");
  EXPECT_EQ(get("/more", "api.test."), "200 more");
  EXPECT_EQ(get("/only", "api.test"), "299 lost") << "with the default handler of all";
  EXPECT_EQ(get("http://api.test/more"), "200 more") << "the target's authority counts";
  EXPECT_THROW(app_.host("a:80"), std::invalid_argument);
  EXPECT_THROW(app_.host("b.test").host("c.test"), std::invalid_argument);
}

TEST_F(RoutingTest, mounts_applications_below_a_prefix) {
  Application inner;
  inner.get("/", say("inner root")).get({"/deep/:x", "deep"}, say("deep "));
  inner.default_handler([](Request&, Response& response) {
    response.set_status(299);
    response.write("inner lost");
  });
  Application api;
  api.get({"/users/:x([0-9]+)", "user"}, say("user "));
  api.mount("/inner", std::move(inner));
  app_.get("/api", say("beside"));
  app_.mount("/:tenant/v1", std::move(api));
  serve(app_);
  EXPECT_EQ(get("/acme/v1/users/7"), "200 user 7");
  EXPECT_EQ(get("/acme/v1/users/x"), "404");
  EXPECT_EQ(get("/acme/v1/inner/"), "200 inner root");
  EXPECT_EQ(get("/acme/v1/inner/deep/z"), "200 deep z");
  EXPECT_EQ(get("/acme/v1/inner/none"), "299 inner lost");
  EXPECT_EQ(get("/acme/v1/inner"), "299 inner lost");
  EXPECT_EQ(get("/acme/v1/none"), "404");
  EXPECT_EQ(app_.url_for("user", {{"tenant", "a b"}, {"x", "5"}}), "/a%20b/v1/users/5");
  EXPECT_EQ(app_.url_for("deep", {{"tenant", "t"}, {"x", "y"}}), "/t/v1/inner/deep/y");
}

TEST_F(RoutingTest, refuses_mounts_that_conflict) {
  const auto mount = [this](std::string_view prefix, NamedPattern pattern) {
    Application inner;
    inner.post(pattern, say(""));
    app_.mount(prefix, std::move(inner));
  };
  app_.get({"/a/b", "ab"}, say(""));
  EXPECT_THROW(mount("/a", "/b"), std::invalid_argument) << "a path has one application";
  EXPECT_THROW(mount("/c", {"/b", "ab"}), std::invalid_argument) << "of one name";
  EXPECT_NO_THROW(mount("/d", "/b"));
  EXPECT_THROW(mount("/d", "/c"), std::invalid_argument) << "one prefix";
  EXPECT_THROW(app_.put("/d/b", say("")), std::invalid_argument) << "added behind";
  for (const char* prefix : {"", "/", "a", "/a/", "/*x", "/:", "/a b"}) {
    EXPECT_THROW(mount(prefix, "/z"), std::invalid_argument) << prefix;
  }
  EXPECT_THROW(app_.mount("/self", std::move(app_)), std::invalid_argument);
  Application with_hosts;
  with_hosts.host("a.test");
  EXPECT_THROW(app_.mount("/hosts", std::move(with_hosts)), std::invalid_argument);
}

// They concern the whole site; what would be lost is refused.
TEST_F(RoutingTest, other_options_are_those_of_the_outermost_application) {
  ApplicationOptions options;
  options.debug = true;
  options.error_page = [](Request& request, Response& response, const Failure& failure) {
    response.set_status(299);
    response.write("outer page: " + std::string(failure.message) +
                   (request.options().cookie_signer.has_value() ? ", signs" : ""));
  };
  options.cookie_signer = ValueSigner::create({{1, std::string(32, 's')}}).value();
  Application outer(std::move(options));
  const auto fail = [](Request&, Response&) { throw std::runtime_error("broken"); };
  Application inner;
  inner.get("/", fail);
  outer.mount("/in", std::move(inner));
  outer.host("b.test").get("/", fail);
  serve(outer);
  EXPECT_EQ(get("/in/"), "299 outer page: broken, signs");
  EXPECT_EQ(get("/", "b.test"), "299 outer page: broken, signs");

  ApplicationOptions page;
  page.error_page = [](Request&, Response&, const Failure&) {};
  EXPECT_THROW(app_.mount("/a", Application(std::move(page))), std::invalid_argument);
  ApplicationOptions signer;
  signer.cookie_signer = ValueSigner::create({{1, std::string(32, 's')}}).value();
  EXPECT_THROW(app_.mount("/a", Application(std::move(signer))), std::invalid_argument);
}

TEST_F(RoutingTest, names_lead_back_to_paths) {
  app_.get({"/u/:x", "user"}, say("user ")).put({"/u/:x", "user"}, say(""));
  app_.add_handler<ErrorHandler>({"/gone", "gone"}, 410);
  EXPECT_EQ(app_.url_for("user", {{"x", "a/b"}}), "/u/a%2Fb");
  EXPECT_EQ(app_.url_for("gone"), "/gone");
  EXPECT_THROW(app_.url_for("none"), std::invalid_argument);
  EXPECT_THROW(app_.url_for("user"), std::invalid_argument);
  EXPECT_THROW(app_.url_for("user", {{"x", "1"}, {"y", "2"}}), std::invalid_argument);
  EXPECT_THROW(app_.get({"/other", "user"}, say("")), std::invalid_argument);
  serve(app_);
  EXPECT_EQ(get(app_.url_for("user", {{"x", "a/b"}})), "200 user a/b");
}

TEST_F(RoutingTest, slashes_at_the_end_count) {
  app_.get("/a", say("a")).get("/b/", say("b"));
  serve(app_);
  EXPECT_EQ(get("/a/"), "404");
  EXPECT_EQ(get("/b"), "404");
}

TEST_F(RoutingTest, redirects_to_the_path_with_or_without_a_slash_where_asked_to) {
  app_.redirect_slashes();
  app_.get("/a", say("a")).get("/b/", say("b")).post("/c", say("c")).get("/:x/y", say("y"));
  app_.get("/:any", say("any"));
  serve(app_);
  EXPECT_EQ(get("/a/?q=1&r"), "301 /a?q=1&r");
  EXPECT_EQ(brief("HEAD", "/a/"), "301 /a");
  EXPECT_EQ(brief("POST", "/c/"), "308 /c");
  EXPECT_EQ(get("/z/y/"), "301 /z/y");
  EXPECT_EQ(brief("POST", "/a/"), "404") << "nothing there takes it";
  EXPECT_EQ(get("/b"), "200 any") << "a route is none the worse for it";
  EXPECT_EQ(get("/a//"), "404");
  EXPECT_EQ(get("/"), "404");
}

TEST_F(RoutingTest, redirects_nobody_to_another_host) {
  app_.redirect_slashes();
  app_.post("/*x(.*/)", say("all "));
  serve(app_);
  for (const char* path : {"//evil.test", "/\\evil.test", "//evil.test/x", "/\\/evil.test"}) {
    EXPECT_EQ(brief("POST", path), "404") << path;
    EXPECT_TRUE(begins_with(brief("POST", path + std::string("/")), "200 ")) << path;
  }
  EXPECT_EQ(brief("POST", "/good"), "308 /good/");
}

TEST_F(RoutingTest, a_redirect_handler_passes_parameters_and_query_on) {
  app_.add_handler<RedirectHandler>("/old/:id", RedirectTarget("/new/:id"));
  app_.add_handler<RedirectHandler>("/files/*p", RedirectTarget("https://f.test:8080/x/*p", 308));
  app_.add_handler<RedirectHandler>("/all/*p", RedirectTarget("/*p"));
  app_.add_handler<RedirectHandler>("/q/:x", RedirectTarget("/s?k=:x#top", 302));
  serve(app_);
  EXPECT_EQ(get("/old/a%20b%2f%0d%0aX?q=1"), "301 /new/a%20b%2F%0D%0AX?q=1");
  EXPECT_EQ(brief("POST", "/old/1"), "301 /new/1");
  EXPECT_EQ(brief("DELETE", "/files/a/b"), "308 https://f.test:8080/x/a/b");
  EXPECT_EQ(get("/all/a"), "301 /a");
  EXPECT_EQ(get("/all//evil.test"), "404");
  EXPECT_EQ(get("/all/%2fevil.test"), "404");
  EXPECT_EQ(get("/all/%5cevil.test"), "301 /%5Cevil.test");
  EXPECT_EQ(get("/q/1?z"), "302 /s?k=:x&z#top");
  EXPECT_EQ(get("/all/"), "301 /") << "empty is not malformed";
  EXPECT_EQ(get("/all/..a/.b/c."), "301 /..a/.b/c.");
  for (const char* path :
       {"/old/%zz", "/all/%zz", "/all/a/%", "/old/%2e%2e", "/old/.%2E", "/old/%2e",
        "/all/%2e%2e/admin", "/all/a/%2e%2e", "/all/a%2f..%2fb", "/files/./a", "/files/%2e%2e"}) {
    EXPECT_EQ(get(path), "404") << path;
  }
}

TEST_F(RoutingTest, a_redirect_target_is_a_place_that_can_be_sent) {
  for (const char* url : {"", "a", "//evil.test/", "/a b", "/a\r\nX: y", "/\\evil", "javascript:x",
                          "https://a.test"}) {
    EXPECT_THROW(RedirectTarget target(url), std::invalid_argument) << url;
  }
  EXPECT_THROW(RedirectTarget("/a", 200), std::invalid_argument);
  EXPECT_THROW(RedirectTarget("/a", 304), std::invalid_argument);
}

TEST_F(RoutingTest, an_error_handler_answers_every_method_with_its_error) {
  app_.add_handler<ErrorHandler>("/gone/*p", 410, "long <ago>");
  serve(app_);
  EXPECT_TRUE(contains(ask("GET", "/gone/x"), "long &lt;ago&gt;"));
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    EXPECT_EQ(brief(method, "/gone/x"), "410") << method;
  }
}

}  // namespace
}  // namespace turbo::web
