// gRPC-Web as a browser sees it: over HTTP/2 and HTTP/1.1, binary and text.
#include "framework/rpc/web_format.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "framework/crypto/text_codec.h"
#include "framework/loop/sleep.h"
#include "tests/rpc/call_fixture.h"
#include "tests/server/lambda_service.h"
#include "tests/server/response_reader.h"

namespace turbo::rpc {
namespace {

constexpr std::string_view kWeb = "application/grpc-web+proto";
constexpr std::string_view kText = "application/grpc-web-text+proto";

// The body of an answer: messages in brackets, then the trailers' lines in braces.
std::string shown(std::string_view body) {
  std::string text;
  while (body.size() >= 5) {
    size_t bytes = 0;
    for (size_t i = 1; i < 5; ++i) bytes = bytes << 8 | static_cast<uint8_t>(body[i]);
    const std::string_view content = body.substr(5, bytes);
    if (static_cast<uint8_t>(body[0]) == 0x80) {
      text += "{" + std::string(content) + "}";
    } else {
      StringValue value;
      EXPECT_TRUE(value.ParseFromString(std::string(content)));
      text += "[" + value.value() + "]";
    }
    body.remove_prefix(std::min(5 + bytes, body.size()));
  }
  return text + std::string(body);
}

// Of base64 texts, each padded by itself.
std::string decoded(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const size_t padding = std::min(text.find('='), text.size() - 1);
    const size_t end = (padding / 4 + 1) * 4;
    const auto part = base64_decode(text.substr(0, end));
    EXPECT_TRUE(part.has_value()) << text;
    if (!part.has_value()) break;
    bytes += *part;
    text.remove_prefix(std::min(end, text.size()));
  }
  return bytes;
}

constexpr std::string_view kOKTrailers = "{grpc-status: 0\r\n}";

class WebFormatTest : public CallFixture {
 protected:
  WebFormatTest() {
    service_.unary_task = [](ServerContext& context, const StringValue& request,
                             StringValue& reply) -> Task<absl::Status> {
      context.initial_metadata().add("first", "1").IgnoreError();
      context.trailing_metadata().add("last", "2").IgnoreError();
      context.trailing_metadata().add("last-bin", "\x01\x02").IgnoreError();
      reply.set_value("Hello, " + request.value());
      co_return absl::OkStatus();
    };
    service_.list = [](ServerContext&, const StringValue& request,
                       ServerWriter<StringValue>& writer) -> Task<absl::Status> {
      StringValue message;
      for (int i = 0; i < 3; ++i) {
        message.set_value(request.value() + std::to_string(i));
        auto write = writer.write(message);
        co_await write;
      }
      co_return absl::AbortedError("enough");
    };
  }

  ScriptedStream& web_call(const Method& method, std::string body,
                           std::vector<http::Field> fields = {{"content-type", kWeb}}) {
    ScriptedStream& seen = client().ask("POST", method.path, std::move(body), fields);
    EXPECT_TRUE(answered(seen));
    return seen;
  }

  // The answer to a request by HTTP/1.1.
  SeenResponse http1(std::string_view method, std::string_view path, std::string_view body,
                     std::string_view fields) {
    client();
    const std::string length = std::to_string(body.size());
    received_ = answer_to(std::string(method) + " " + std::string(path) +
                          " HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n" +
                          std::string(fields) + "\r\n" + std::string(body));
    ResponseReader reader(received_);
    SeenResponse response;
    EXPECT_TRUE(reader.next(response)) << reader.problem() << received_;
    EXPECT_EQ(reader.rest(), "");
    return response;
  }

  std::string received_;
};

constexpr std::string_view kGreeted =
    "[Hello, Bob]{grpc-status: 0\r\nlast: 2\r\nlast-bin: AQI\r\n}";

TEST_F(WebFormatTest, the_status_is_a_frame_behind_the_messages) {
  ScriptedStream& seen = web_call(TestService::kUnary, frame("Bob"));
  EXPECT_EQ(shown(seen.body), kGreeted);
  EXPECT_EQ(seen.end, "end");
  EXPECT_EQ(seen.head.substr(0, 4), " 200");
  EXPECT_NE(seen.head.find(" content-type=application/grpc-web+proto"), std::string::npos);
  EXPECT_NE(seen.head.find(" first=1"), std::string::npos);
}

TEST_F(WebFormatTest, the_coding_of_the_answer_is_what_is_accepted_or_that_of_the_request) {
  const struct {
    std::string_view type, accept, answer;
  } cases[] = {
      {"application/grpc-web", "", kWeb},
      {"application/grpc-web+proto", "*/*", kWeb},
      {"Application/GRPC-Web+Proto; charset=x", "", kWeb},
      {"application/grpc-web+proto", "application/grpc-web-text", kText},
      {"application/grpc-web", "text/html, application/grpc-web-text+proto;q=1", kText},
      {"application/grpc-web", "application/grpc-web, application/grpc-web-text", kWeb},
      {"application/grpc-web-text", "", kText},
      {"application/grpc-web-text+proto", "application/grpc-web-text", kText},
      {"application/grpc-web-text-base64", "*/*", kText},
      {"application/grpc-web-text", "application/grpc-web+proto", kWeb},
      {"application/grpc-web-text", "application/grpc", kText},
  };
  for (const auto& each : cases) {
    const bool text = each.type.find("text") != std::string_view::npos;
    const std::string body = text ? base64_encode(frame("Bob")) : frame("Bob");
    std::vector<http::Field> fields = {{"content-type", each.type}};
    if (!each.accept.empty()) fields.push_back({"accept", each.accept});
    ScriptedStream& seen = web_call(TestService::kUnary, body, fields);
    EXPECT_NE((seen.head + " ").find(" content-type=" + std::string(each.answer) + " "),
              std::string::npos)
        << each.type << "|" << each.accept << "|" << seen.head;
    EXPECT_EQ(shown(each.answer == kText ? decoded(seen.body) : seen.body), kGreeted);
  }
}

TEST_F(WebFormatTest, other_codecs_are_refused_and_other_types_are_no_calls) {
  const struct {
    std::string_view type, answer;
  } cases[] = {
      {"application/grpc-web+json", " 415"},   {"application/grpc-web-text+thrift", " 415"},
      {"application/grpc-webx", " 404"},       {"application/grpc-web-texts", " 404"},
      {"application/grpc-web-base64", " 404"}, {"application/grpc-we", " 404"},
  };
  for (const auto& each : cases) {
    ScriptedStream& seen =
        web_call(TestService::kUnary, frame("Bob"), {{"content-type", each.type}});
    EXPECT_EQ(seen.head.substr(0, 4), each.answer) << each.type;
  }
}

TEST_F(WebFormatTest, base64_may_be_cut_and_padded_anywhere) {
  const std::string bytes = frame("Bob");
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    const std::string text = base64_encode(bytes.substr(0, cut)) + base64_encode(bytes.substr(cut));
    ScriptedStream& seen = web_call(TestService::kUnary, text, {{"content-type", kText}});
    EXPECT_EQ(shown(decoded(seen.body)), kGreeted) << text;
  }
  const std::string text = base64_encode(bytes);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const http::Field type{"content-type", kText};
    ScriptedStream& seen = client().open(TestService::kUnary.path, {&type, 1});
    client().add(seen, text.substr(0, cut));
    settle();
    client().add(seen, text.substr(cut));
    client().end(seen);
    ASSERT_TRUE(answered(seen));
    EXPECT_EQ(shown(decoded(seen.body)), kGreeted) << cut;
  }
}

TEST_F(WebFormatTest, what_is_no_base64_is_an_error) {
  const std::string text = base64_encode(frame("Bob"));
  const std::vector<http::Field> type = {{"content-type", kText}};
  EXPECT_EQ(
      status_of(web_call(TestService::kUnary, text.substr(0, 4) + "*" + text.substr(5), type)),
      "13 a body that is no base64");
  EXPECT_EQ(status_of(web_call(TestService::kUnary, text + "\r\n\r\n", type)),
            "13 a body that is no base64");
  EXPECT_EQ(status_of(web_call(TestService::kUnary, text + "AA", type)),
            "13 the end inside of base64");
  EXPECT_EQ(status_of(web_call(TestService::kUnary, text.substr(0, 8), type)),
            "13 the end inside of a message");
}

TEST_F(WebFormatTest, a_status_alone_is_in_the_head) {
  service_.unary_task = [](ServerContext& context, const StringValue&,
                           StringValue&) -> Task<absl::Status> {
    context.trailing_metadata().add("last", "2").IgnoreError();
    co_return absl::NotFoundError("no such thing: ä");
  };
  for (const std::string_view type : {kWeb, kText}) {
    const std::string body = type == kText ? base64_encode(frame("Bob")) : frame("Bob");
    ScriptedStream& seen = web_call(TestService::kUnary, body, {{"content-type", type}});
    EXPECT_EQ(seen.body, "");
    EXPECT_EQ(seen.head.substr(0, 4), " 200");
    EXPECT_NE(seen.head.find(" grpc-status=5 grpc-message=no such thing: %C3%A4 last=2"),
              std::string::npos)
        << seen.head;
  }
}

TEST_F(WebFormatTest, many_messages_each_a_text_of_its_own) {
  EXPECT_EQ(shown(web_call(TestService::kList, frame("x")).body),
            "[x0][x1][x2]{grpc-status: 10\r\ngrpc-message: enough\r\n}");
  ScriptedStream& text =
      web_call(TestService::kList, base64_encode(frame("x")), {{"content-type", kText}});
  EXPECT_TRUE(text.body.starts_with(base64_encode(frame("x0")) + base64_encode(frame("x1"))));
  EXPECT_EQ(shown(decoded(text.body)), "[x0][x1][x2]{grpc-status: 10\r\ngrpc-message: enough\r\n}");
}

TEST_F(WebFormatTest, large_messages_are_one_text) {
  for (const size_t digits : {size_t{4914}, size_t{4915}, size_t{4916}, size_t{20'000}}) {
    const std::string name = repeat("0123456789", digits);
    ScriptedStream& seen =
        web_call(TestService::kUnary, base64_encode(frame(name)), {{"content-type", kText}});
    EXPECT_GT(seen.body.find('='), name.size() * 4 / 3) << "padding in the middle of a message";
    EXPECT_EQ(shown(decoded(seen.body)).substr(0, name.size() + 9), "[Hello, " + name + "]");
  }
}

TEST_F(WebFormatTest, browsers_may_call_the_other_kinds_of_methods_too) {
  service_.collect = [](ServerContext&, ServerReader<StringValue>& reader,
                        StringValue& reply) -> Task<absl::Status> {
    StringValue message;
    for (;;) {
      auto read = reader.read(message);
      if (!co_await read) break;
      reply.mutable_value()->append(message.value()).append(";");
    }
    co_return absl::OkStatus();
  };
  const std::string both = base64_encode(frame("a")) + base64_encode(frame("b"));
  ScriptedStream& seen = web_call(TestService::kCollect, both, {{"content-type", kText}});
  EXPECT_EQ(shown(decoded(seen.body)), "[a;b;]" + std::string(kOKTrailers));
}

TEST_F(WebFormatTest, what_holds_for_calls_holds_for_these) {
  service_.unary = [](auto) {};
  EXPECT_EQ(status_of(web_call(TestService::kUnary, frame("x"))),
            "13 the handler dropped the call");
  service_.unary = nullptr;
  services_.set_options(TestService::kUnary.path, {.max_request_bytes = 10});
  EXPECT_EQ(status_of(web_call({"/turbo.test.Test/No", MethodKind::kUnary}, frame("x"))),
            "12 unknown method");
  EXPECT_EQ(status_of(web_call(TestService::kUnary, frame("x"),
                               {{"content-type", kWeb}, {"grpc-timeout", "soon"}})),
            "13 a malformed grpc-timeout");
}

TEST_F(WebFormatTest, a_request_above_the_limit_is_refused) {
  services_.set_options(TestService::kUnary.path, {.max_request_bytes = 10});
  const std::string body = base64_encode(frame("more than ten bytes"));
  EXPECT_EQ(status_of(web_call(TestService::kUnary, body, {{"content-type", kText}})),
            "8 a message of 21 bytes, where 10 are allowed");
}

TEST_F(WebFormatTest, messages_are_compressed_for_who_asks_for_it) {
  service_.unary_task = [](ServerContext& context, const StringValue&,
                           StringValue& reply) -> Task<absl::Status> {
    context.set_compression(Compression::kGzip);
    reply.set_value(repeat("a", 1000));
    co_return absl::OkStatus();
  };
  EXPECT_GT(web_call(TestService::kUnary, frame("x")).body.size(), 1000U);
  ScriptedStream& packed = web_call(
      TestService::kUnary, frame("x"),
      {{"content-type", kWeb}, {"grpc-accept-encoding", "gzip"}, {"grpc-encoding", "identity"}});
  EXPECT_LT(packed.body.size(), 200U);
  EXPECT_NE(packed.head.find(" grpc-encoding=gzip"), std::string::npos);
}

TEST_F(WebFormatTest, a_body_may_be_compressed_as_a_whole) {
  const std::string packed =
      compress(Buffer::copy_of(frame("Bob")), Compression::kGzip).to_string();
  ScriptedStream& seen =
      web_call(TestService::kUnary, packed, {{"content-type", kWeb}, {"content-encoding", "gzip"}});
  EXPECT_EQ(shown(seen.body), kGreeted);
  ScriptedStream& unknown =
      web_call(TestService::kUnary, packed, {{"content-type", kWeb}, {"content-encoding", "zstd"}});
  EXPECT_EQ(unknown.head.substr(0, 4), " 415");
}

// ---- HTTP/1.1 ----

TEST_F(WebFormatTest, it_works_over_http_1) {
  const SeenResponse binary = http1("POST", TestService::kUnary.path, frame("Bob"),
                                    "Content-Type: application/grpc-web\r\n");
  EXPECT_EQ(binary.status, 200);
  EXPECT_EQ(shown(binary.body), kGreeted);
  const SeenResponse text = http1("POST", TestService::kUnary.path, base64_encode(frame("Bob")),
                                  "Content-Type: application/grpc-web-text\r\n");
  EXPECT_EQ(shown(decoded(text.body)), kGreeted);
  const SeenResponse unknown =
      http1("POST", "/turbo.test.Test/No", frame("Bob"), "Content-Type: application/grpc-web\r\n");
  EXPECT_EQ(unknown.find("grpc-status"), "12");
}

TEST_F(WebFormatTest, messages_leave_as_they_are_written_over_http_1) {
  service_.list = [](ServerContext& context, const StringValue&,
                     ServerWriter<StringValue>& writer) -> Task<absl::Status> {
    StringValue message;
    for (int i = 0; i < 2; ++i) {
      message.set_value(std::to_string(i));
      auto write = writer.write(message);
      co_await write;
      auto pause = sleep_for(context.loop(), std::chrono::seconds(1));
      co_await pause;
    }
    co_return absl::OkStatus();
  };
  client();
  auto raw = connect();
  raw->send(
      "POST /turbo.test.Test/List HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n"
      "Content-Type: application/grpc-web\r\n\r\n" +
      frame("x"));
  ASSERT_TRUE(run_until([&] { return contains(raw->received(), frame("0")); }));
  EXPECT_FALSE(contains(raw->received(), frame("1")));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(run_until([&] { return contains(raw->received(), frame("1")); }));
  EXPECT_FALSE(contains(raw->received(), "grpc-status"));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(run_until([&] { return ends_with(raw->received(), "\r\n0\r\n\r\n"); }));
  EXPECT_TRUE(contains(raw->received(), "grpc-status: 0\r\n"));
}

TEST_F(WebFormatTest, a_client_that_goes_away_cancels_its_call_over_http_1) {
  bool cancelled = false;
  std::optional<UnaryCall<StringValue, StringValue>> held;
  service_.unary = [&](UnaryCall<StringValue, StringValue> call) {
    call.context().on_cancelled([&cancelled] { cancelled = true; });
    held.emplace(std::move(call));
  };
  client();
  auto raw = connect();
  raw->send(
      "POST /turbo.test.Test/Unary HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n"
      "Content-Type: application/grpc-web\r\n\r\n" +
      frame("x"));
  ASSERT_TRUE(run_until([&] { return held.has_value(); }));
  raw.reset();
  ASSERT_TRUE(run_until([&] { return cancelled; }));
  EXPECT_FALSE(held->active());
}

// ---- pages of other origins ----

constexpr std::string_view kOrigin = "https://app.example.com";

TEST_F(WebFormatTest, without_an_option_nothing_is_said_of_origins) {
  ScriptedStream& seen =
      web_call(TestService::kUnary, frame("Bob"), {{"content-type", kWeb}, {"origin", kOrigin}});
  EXPECT_EQ(shown(seen.body), kGreeted);
  EXPECT_EQ(seen.head.find("access-control"), std::string::npos);
}

TEST_F(WebFormatTest, pages_of_listed_origins_see_answer_and_status) {
  services_.set_cors({.origins = {"https://other.example", std::string(kOrigin)},
                      .exposed_metadata = {"first", "last"},
                      .credentials = true});
  const std::string_view shown_fields =
      " vary=Origin access-control-allow-origin=https://app.example.com"
      " access-control-allow-credentials=true access-control-expose-headers="
      "grpc-status, grpc-message, grpc-status-details-bin, first, last";
  for (const Method& method : {TestService::kUnary, Method{"/turbo.test.Test/No", {}}}) {
    ScriptedStream& seen =
        web_call(method, frame("Bob"), {{"content-type", kWeb}, {"origin", kOrigin}});
    EXPECT_NE(seen.head.find(shown_fields), std::string::npos) << seen.head;
  }
  for (const std::string_view origin : {"https://app.example.com:8443", "http://app.example.com",
                                        "https://APP.example.com", "null", ""}) {
    ScriptedStream& seen =
        web_call(TestService::kUnary, frame("Bob"), {{"content-type", kWeb}, {"origin", origin}});
    EXPECT_EQ(seen.head.find("access-control"), std::string::npos) << origin;
    EXPECT_NE(seen.head.find(" vary=Origin"), std::string::npos) << origin;
  }
}

TEST_F(WebFormatTest, all_origins_are_one_answer_for_all) {
  services_.set_cors({.origins = {"*"}});
  ScriptedStream& seen = web_call(TestService::kUnary, frame("Bob"));
  EXPECT_NE(seen.head.find(" access-control-allow-origin=* "), std::string::npos) << seen.head;
  EXPECT_EQ(seen.head.find("vary"), std::string::npos);
  EXPECT_EQ(seen.head.find("credentials"), std::string::npos);
}

class PreflightTest : public WebFormatTest {
 protected:
  std::string preflight(std::string_view path, std::vector<http::Field> fields) {
    ScriptedStream& seen = client().ask("OPTIONS", path, "", fields);
    EXPECT_TRUE(answered(seen));
    return seen.head;
  }
  LambdaService http_{[](Exchange& exchange) {
    exchange.response().set_status(418);
    exchange.finish();
  }};
  const std::vector<http::Field> fields_ = {
      {"origin", kOrigin},
      {"access-control-request-method", "POST"},
      {"access-control-request-headers", "content-type,x-grpc-web,token"}};
};

TEST_F(PreflightTest, a_preflight_allows_what_it_asks_for) {
  services_.set_cors({.origins = {std::string(kOrigin)}, .max_age = std::chrono::hours(1)});
  const std::string head = preflight(TestService::kUnary.path, fields_);
  EXPECT_EQ(head.substr(0, 4), " 204");
  for (const std::string_view field :
       {" access-control-allow-origin=https://app.example.com",
        " access-control-allow-methods=POST",
        " access-control-allow-headers=content-type,x-grpc-web,token",
        " access-control-max-age=3600", " vary=Origin",
        " vary=Access-Control-Request-Method, Access-Control-Request-Headers"}) {
    EXPECT_NE(head.find(field), std::string::npos) << head;
  }
  std::vector<http::Field> foreign = fields_;
  foreign[0].value = "https://evil.example";
  const std::string refused = preflight(TestService::kUnary.path, foreign);
  EXPECT_EQ(refused.substr(0, 4), " 204");
  EXPECT_EQ(refused.find("access-control"), std::string::npos) << refused;
}

TEST_F(PreflightTest, other_options_are_https_business) {
  services_.set_cors({.origins = {std::string(kOrigin)}}).set_http(http_);
  EXPECT_EQ(preflight("/index", fields_).substr(0, 4), " 418");
  EXPECT_EQ(preflight(TestService::kUnary.path, {{"origin", kOrigin}}).substr(0, 4), " 418");
  std::vector<http::Field> get = fields_;
  get[1].value = "GET";
  EXPECT_EQ(preflight(TestService::kUnary.path, get).substr(0, 4), " 418");
}

TEST_F(PreflightTest, without_an_option_it_is_https_business) {
  services_.set_http(http_);
  EXPECT_EQ(preflight(TestService::kUnary.path, fields_).substr(0, 4), " 418");
}

TEST_F(WebFormatTest, origins_that_cannot_be_are_the_programs_mistake) {
  for (const std::string origin :
       {"", "null", "app.example.com", "https://app.example.com/", "https://App.example.com"}) {
    EXPECT_DEATH(services_.set_cors({.origins = {origin}}), "origins") << origin;
  }
  EXPECT_DEATH(services_.set_cors({}), "origins");
  EXPECT_DEATH(services_.set_cors({.origins = {"*", std::string(kOrigin)}}), "origins");
  EXPECT_DEATH(services_.set_cors({.origins = {"*"}, .credentials = true}), "credentials");
  EXPECT_DEATH(services_.set_cors({.origins = {std::string(kOrigin)}, .exposed_metadata = {"a b"}}),
               "key");
}

}  // namespace
}  // namespace turbo::rpc
