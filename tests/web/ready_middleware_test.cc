// The ready-made middleware: request ids, CORS, authentication.

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>

#include "framework/crypto/constant_time.h"
#include "framework/crypto/text_codec.h"
#include "framework/loop/sleep.h"
#include "framework/web/application.h"
#include "framework/web/authentication.h"
#include "framework/web/cors.h"
#include "framework/web/request_id.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

class ReadyMiddlewareTest : public ServerFixture {
 protected:
  std::string ask(std::string_view request, std::string_view fields = {}) {
    return answer_to(std::string(request)
                         .append(" HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n")
                         .append(fields)
                         .append("\r\n"));
  }
  // The value of the field, or "none"; values of several are joined.
  static std::string field(std::string_view answer, std::string_view name) {
    std::string values;
    const std::string line = "\r\n" + std::string(name) + ": ";
    for (size_t at = answer.find(line); at != std::string_view::npos;
         at = answer.find(line, at + 1)) {
      const size_t begin = at + line.size();
      if (!values.empty()) values += "; ";
      values += answer.substr(begin, answer.find("\r\n", begin) - begin);
    }
    return values.empty() ? "none" : values;
  }

  Application app_;
};

// ---- request ids ----

TEST_F(ReadyMiddlewareTest, a_request_without_an_id_gets_one_of_its_own) {
  app_.use(request_id());
  app_.get("/",
           [](Request& request, Response& response) { response.write(request_id_of(request)); });
  serve(app_);
  std::set<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    const std::string answer = ask("GET /");
    const std::string id = field(answer, "X-Request-ID");
    EXPECT_EQ(id.size(), 32u) << answer;
    EXPECT_TRUE(ends_with(answer, "\r\n\r\n" + id));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 10u);
  EXPECT_EQ(field(ask("GET /none"), "X-Request-ID").size(), 32u) << "errors have one too";
}

TEST_F(ReadyMiddlewareTest, an_id_is_taken_over_if_any_log_can_hold_it) {
  app_.use(request_id());
  serve(app_);
  const std::string longest(128, 'x');
  for (const std::string& id : {std::string("a"), std::string("aZ09-_.:+/=@"), longest}) {
    EXPECT_EQ(field(ask("GET /", "x-request-id: " + id + "\r\n"), "X-Request-ID"), id);
  }
  for (const std::string& id : {std::string(""), std::string("a b"), std::string("a\"b"),
                                std::string("a,b"), std::string("\xc3\xa4"), longest + "x"}) {
    EXPECT_EQ(field(ask("GET /", "X-Request-ID: " + id + "\r\n"), "X-Request-ID").size(), 32u);
  }
}

TEST_F(ReadyMiddlewareTest, the_field_of_an_id_and_trust_in_it_can_be_chosen) {
  app_.use(request_id({.header = "X-Trace", .from_client = false}));
  serve(app_);
  const std::string answer = ask("GET /", "X-Trace: a\r\n");
  EXPECT_EQ(field(answer, "X-Trace").size(), 32u);
  EXPECT_EQ(field(answer, "X-Request-ID"), "none");
  EXPECT_THROW(request_id({.header = "X: "}), std::invalid_argument);
  EXPECT_THROW(request_id({.header = "Content-Length"}), std::invalid_argument);
}

// ---- CORS ----

constexpr std::string_view kPreflight =
    "Origin: https://a.test\r\nAccess-Control-Request-Method: PUT\r\n"
    "Access-Control-Request-Headers: x-own\r\n";

TEST_F(ReadyMiddlewareTest, pages_of_listed_origins_may_read_answers) {
  app_.use(cors({.origins = {"https://a.test", "http://b.test:8080"},
                 .exposed_headers = {"X-Total"},
                 .credentials = true}));
  app_.get("/", [](Request&, Response& response) { response.add_header("Vary", "Accept"); });
  serve(app_);
  for (const char* request : {"GET /", "GET /none", "PUT /"}) {
    const std::string answer = ask(request, "Origin: http://b.test:8080\r\n");
    EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), "http://b.test:8080") << answer;
    EXPECT_EQ(field(answer, "Access-Control-Allow-Credentials"), "true");
    EXPECT_EQ(field(answer, "Access-Control-Expose-Headers"), "X-Total");
    EXPECT_TRUE(ends_with(field(answer, "Vary"), "Origin"));
  }
  EXPECT_EQ(field(ask("GET /"), "Vary"), "Accept; Origin") << "caches must know without one, too";
  for (const char* origin : {"https://evil.test", "https://a.test.evil.test", "https://a.test:444",
                             "http://a.test", "null", "*", "https://A.test", ""}) {
    const std::string answer = ask("GET /", "Origin: " + std::string(origin) + "\r\n");
    EXPECT_TRUE(begins_with(answer, "HTTP/1.1 200 "));
    EXPECT_FALSE(contains(answer, "Access-Control")) << origin;
    EXPECT_EQ(field(answer, "Vary"), "Accept; Origin");
  }
}

TEST_F(ReadyMiddlewareTest, preflights_are_answered_before_anything_runs) {
  app_.use(cors({.origins = {"https://a.test"},
                 .methods = {"GET", "PUT"},
                 .headers = {"X-Own", "Content-Type"},
                 .exposed_headers = {"X-Total"},
                 .max_age = std::chrono::seconds(60)}));
  app_.use({.before = [](Request&, Response& response) { response.send_error(500); }});
  serve(app_);
  for (const char* request : {"OPTIONS /none", "OPTIONS *"}) {
    const std::string answer = ask(request, kPreflight);
    EXPECT_TRUE(begins_with(answer, "HTTP/1.1 204 ")) << answer;
    EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), "https://a.test");
    EXPECT_EQ(field(answer, "Access-Control-Allow-Methods"), "GET, PUT");
    EXPECT_EQ(field(answer, "Access-Control-Allow-Headers"), "X-Own, Content-Type");
    EXPECT_EQ(field(answer, "Access-Control-Max-Age"), "60");
    EXPECT_EQ(field(answer, "Access-Control-Allow-Credentials"), "none");
    EXPECT_EQ(field(answer, "Access-Control-Expose-Headers"), "none");
    EXPECT_EQ(field(answer, "Vary"),
              "Access-Control-Request-Method, Access-Control-Request-Headers; Origin");
  }
  const std::string answer =
      ask("OPTIONS /", "Origin: https://evil.test\r\nAccess-Control-Request-Method: PUT\r\n");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 204 "));
  EXPECT_FALSE(contains(answer, "\r\nAccess-Control-"));
  EXPECT_TRUE(begins_with(ask("OPTIONS /", "Origin: https://a.test\r\n"), "HTTP/1.1 500 "))
      << "no preflight";
}

TEST_F(ReadyMiddlewareTest, a_star_lets_every_page_read_but_never_with_credentials) {
  app_.use(cors({.origins = {"*"}}));
  serve(app_);
  for (const char* fields : {"Origin: https://x.test\r\n", ""}) {
    const std::string answer = ask("GET /", fields);
    EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), "*") << "the same for all,";
    EXPECT_EQ(field(answer, "Vary"), "none") << "so that caches need not know";
  }
  EXPECT_EQ(field(ask("OPTIONS /", kPreflight), "Access-Control-Allow-Methods"), "GET, HEAD, POST");
  EXPECT_THROW(cors({.origins = {"*"}, .credentials = true}), std::invalid_argument);
  EXPECT_THROW(cors({.origins = {"https://a.test", "*"}}), std::invalid_argument);
}

TEST_F(ReadyMiddlewareTest, refuses_what_is_no_origin_and_no_header) {
  for (const char* origin : {"", "null", "a.test", "https://", "https://a.test/", "https://A.test",
                             "https://a.test/x", "https://a b", "https://a\r\n"}) {
    EXPECT_THROW(cors({.origins = {origin}}), std::invalid_argument) << origin;
  }
  EXPECT_THROW(cors({}), std::invalid_argument);
  EXPECT_THROW(cors({.origins = {"*"}, .methods = {"GET, PUT"}}), std::invalid_argument);
  EXPECT_THROW(cors({.origins = {"*"}, .headers = {""}}), std::invalid_argument);
  EXPECT_THROW(cors({.origins = {"*"}, .exposed_headers = {"a\r\nb"}}), std::invalid_argument);
}

// ---- authentication ----

std::string basic(std::string_view credentials) {
  return "Authorization: Basic " + base64_encode(credentials) + "\r\n";
}

void greet(Request& request, Response& response) {
  response.write("hello " + std::string(authenticated_user(request)));
}

bool is_ada(Request&, const BasicCredentials& who) {
  return who.user == "ada" && equal_in_constant_time(who.password, "se:cret");
}

Task<bool> is_ada_later(Request& request, const BasicCredentials& who) {
  auto nap = sleep_for(request.loop(), std::chrono::milliseconds(0));
  co_await nap;
  co_return is_ada(request, who);
}

class BasicTest : public ReadyMiddlewareTest, public ::testing::WithParamInterface<bool> {
 protected:
  BasicTest() {
    app_.get("/", greet);
    app_.use(GetParam() ? basic_authentication("staff", is_ada_later)
                        : basic_authentication("staff", is_ada));
    serve(app_);
  }
};

TEST_P(BasicTest, lets_in_whom_the_verifier_knows) {
  EXPECT_TRUE(ends_with(ask("GET /", basic("ada:se:cret")), "\r\n\r\nhello ada"));
  EXPECT_TRUE(
      begins_with(ask("GET /", "authorization: bASIC  " + base64_encode("ada:se:cret") + "\r\n"),
                  "HTTP/1.1 200 "));
}

TEST_P(BasicTest, answers_everybody_else_with_a_challenge) {
  const std::vector<std::string> cases = {
      "",
      basic("ada:wrong"),
      basic("bob:se:cret"),
      basic("ada"),
      basic(""),
      basic(std::string("ada:se:cret\0", 12)),
      basic("ada\n:se:cret"),
      basic("ada:se:cret") + basic("ada:se:cret"),
      "Authorization: Basic\r\n",
      "Authorization: Basic \r\n",
      "Authorization: Basic !!!!\r\n",
      "Authorization: Basic " + base64_encode("ada:se:cret") + "x\r\n",
      "Authorization: Basicx " + base64_encode("ada:se:cret") + "\r\n",
      "Authorization: Bearer " + base64_encode("ada:se:cret") + "\r\n",
      "Authorization: \r\n"};
  for (const std::string& fields : cases) {
    const std::string answer = ask("GET /", fields);
    EXPECT_TRUE(begins_with(answer, "HTTP/1.1 401 Unauthorized\r\n")) << fields << answer;
    EXPECT_EQ(field(answer, "WWW-Authenticate"), "Basic realm=\"staff\", charset=\"UTF-8\"");
    EXPECT_FALSE(contains(answer, "hello"));
  }
  EXPECT_TRUE(begins_with(ask("GET /none"), "HTTP/1.1 401 ")) << "what exists is nobody's business";
}

INSTANTIATE_TEST_SUITE_P(AtOnceAndLater, BasicTest, ::testing::Bool());

TEST_F(ReadyMiddlewareTest, bearer_tokens_are_the_verifiers_to_judge) {
  app_.get("/", greet);
  app_.use(bearer_authentication("api", [](Request&, std::string_view token) {
    if (token == "throw") throw std::runtime_error("away");
    return token == "a1-._~+/==";
  }));
  serve(app_);
  EXPECT_TRUE(begins_with(ask("GET /", "Authorization: Bearer a1-._~+/==\r\n"), "HTTP/1.1 200 "));
  EXPECT_EQ(field(ask("GET /"), "WWW-Authenticate"), "Bearer realm=\"api\"");
  for (const char* token : {"=", "a=b", "a b", "a,b", "a\"b"}) {
    const std::string answer = ask("GET /", "Authorization: Bearer " + std::string(token) + "\r\n");
    EXPECT_EQ(field(answer, "WWW-Authenticate"), "Bearer realm=\"api\"") << token;
  }
  const std::string answer = ask("GET /", "Authorization: bearer wrong\r\n");
  EXPECT_TRUE(begins_with(answer, "HTTP/1.1 401 "));
  EXPECT_EQ(field(answer, "WWW-Authenticate"), "Bearer realm=\"api\", error=\"invalid_token\"");
}

TEST_F(ReadyMiddlewareTest, the_programs_page_tells_of_every_refusal) {
  ApplicationOptions options;
  options.error_page = [](Request&, Response& response, const Failure& failure) {
    response.write("our page: " + std::to_string(failure.status));
  };
  Application app(std::move(options));
  app.post("/post", [](Request&, Response&) {});
  app.host("closed.test").use(basic_authentication("staff", is_ada));
  app.host("later.test")
      .use(basic_authentication(
          "staff", [](Request&, const BasicCredentials&) -> Task<bool> { co_return false; }));
  serve(app);
  EXPECT_TRUE(ends_with(ask("GET /none"), "our page: 404"));
  const std::string answer = ask("GET /post");
  EXPECT_TRUE(ends_with(answer, "our page: 405"));
  EXPECT_EQ(field(answer, "Allow"), "POST, OPTIONS");
  for (const char* host : {"closed.test", "later.test"}) {
    const std::string refusal = ask("GET http://" + std::string(host) + "/");
    EXPECT_TRUE(ends_with(refusal, "our page: 401")) << refusal;
    EXPECT_EQ(field(refusal, "WWW-Authenticate"), "Basic realm=\"staff\", charset=\"UTF-8\"");
  }
}

TEST_F(ReadyMiddlewareTest, a_realm_must_be_quotable) {
  EXPECT_THROW(basic_authentication("a\"b", is_ada), std::invalid_argument);
  EXPECT_THROW(basic_authentication("a\r\nb", is_ada), std::invalid_argument);
}

}  // namespace
}  // namespace turbo::web
