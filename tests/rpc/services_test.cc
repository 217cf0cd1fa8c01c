// Who answers what comes to a port with RPC services.
#include "framework/rpc/services.h"

#include <stdexcept>

#include "tests/rpc/call_fixture.h"
#include "tests/server/lambda_service.h"

namespace turbo::rpc {
namespace {

class ServicesTest : public CallFixture {
 protected:
  ServicesTest() {
    service_.unary_task = [this](ServerContext&, const StringValue& request,
                                 StringValue& reply) -> Task<absl::Status> {
      ++calls_;
      reply.set_value(request.value());
      co_return absl::OkStatus();
    };
  }
  std::string status_with(std::vector<http::Field> more) {
    ScriptedStream& seen = client().ask("POST", TestService::kUnary.path, frame("x"), more);
    EXPECT_TRUE(answered(seen));
    return seen.head.substr(0, 4) + status_of(seen);
  }

  int calls_ = 0;
};

TEST_F(ServicesTest, calls_are_told_from_http_by_method_and_content_type) {
  struct {
    std::string_view type, answer;
  } const cases[] = {
      {"application/grpc", " 2000"},     {"application/grpc+proto", " 2000"},
      {"Application/GRPC", " 2000"},     {"application/grpc;charset=x", " 2000"},
      {"application/grpc+json", " 415"}, {"application/grpcx", " 404"},
      {"application/json", " 404"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(status_with({{"content-type", each.type}}), each.answer) << each.type;
  }
  ScriptedStream& get = client().get(TestService::kUnary.path);
  ASSERT_TRUE(answered(get));
  EXPECT_EQ(get.head.substr(0, 4), " 404");
}

TEST_F(ServicesTest, what_is_no_call_goes_to_http) {
  LambdaService http([](Exchange& exchange) {
    exchange.write("page " + std::string(exchange.head().path));
    exchange.finish();
  });
  services_.set_http(http);
  ScriptedStream& page = client().get("/index");
  ASSERT_TRUE(answered(page));
  EXPECT_EQ(page.body, "page /index");
  ScriptedStream& call_seen = call(TestService::kUnary, "x");
  ASSERT_TRUE(answered(call_seen));
  EXPECT_EQ(texts(call_seen), "[x]");
  EXPECT_NE(answer_to("GET /old HTTP/1.1\r\nHost: a\r\n\r\n").find("page /old"), std::string::npos);
}

// Its exchange is recycled for the page.
TEST_F(ServicesTest, a_page_is_answered_behind_a_call_that_ended_at_once) {
  LambdaService http([](Exchange& exchange) {
    exchange.write("page");
    exchange.finish();
  });
  services_.set_http(http);
  for (int i = 0; i < 3; ++i) {
    ScriptedStream& refused = call(TestService::kUnary, "x", {{"grpc-timeout", "0n"}});
    ASSERT_TRUE(answered(refused));
    ScriptedStream& page = client().get("/index");
    ASSERT_TRUE(answered(page));
    EXPECT_EQ(page.body, "page");
  }
}

TEST_F(ServicesTest, grpc_by_http_1_is_refused_with_a_reason) {
  client();
  const std::string answer = answer_to(
      "POST /turbo.test.Test/Unary HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\n"
      "Content-Length: 5\r\n\r\n\0\0\0\0\0");
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 505") << answer;
}

TEST_F(ServicesTest, an_unknown_method_is_unimplemented) {
  for (std::string_view path : {"/turbo.test.Test/Nothing", "/turbo.test.None/Unary", "/"}) {
    ScriptedStream& seen = client().ask(
        "POST", path, frame("x"), std::vector<http::Field>{{"content-type", "application/grpc"}});
    ASSERT_TRUE(answered(seen));
    EXPECT_EQ(status_of(seen), "12 unknown method") << path;
  }
}

TEST_F(ServicesTest, an_unknown_encoding_is_unimplemented_and_the_known_ones_are_told) {
  EXPECT_EQ(status_with({{"content-type", "application/grpc"}, {"grpc-encoding", "zstd"}}),
            " 20012 an unknown grpc-encoding");
  ScriptedStream& seen = call(TestService::kUnary, "x", {{"grpc-encoding", "zstd"}});
  ASSERT_TRUE(answered(seen));
  EXPECT_NE(seen.head.find("grpc-accept-encoding=identity,gzip,deflate"), std::string::npos);
}

TEST_F(ServicesTest, too_much_metadata_is_a_status_for_calls_and_a_page_for_others) {
  const std::string text(40000, 'x');
  EXPECT_EQ(status_with({{"content-type", "application/grpc"}, {"x-long", text}}),
            " 2008 too much metadata");
  EXPECT_EQ(status_with({{"x-long", text}, {"content-type", "application/grpc"}}),
            " 2008 too much metadata");
  const std::vector<http::Field> fields = {{"x-long", text}};
  ScriptedStream& page = client().ask("POST", "/page", "", fields);
  ASSERT_TRUE(answered(page));
  EXPECT_EQ(page.head.substr(0, 4), " 431");
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(status_with({{"content-type", "application/grpc"}}), " 2000");
}

TEST_F(ServicesTest, calls_above_a_methods_limit_are_refused_until_one_ends) {
  std::vector<UnaryCall<StringValue, StringValue>> held;
  service_.unary = [&held](auto call) { held.push_back(std::move(call)); };
  services_.set_options(TestService::kUnary.path, {.max_concurrent_calls = 2});
  ScriptedStream& first = call(TestService::kUnary, "1");
  call(TestService::kUnary, "2");
  ScriptedStream& third = call(TestService::kUnary, "3");
  ASSERT_TRUE(answered(third));
  EXPECT_EQ(status_of(third), "8 too many calls of the method");
  held[0].finish(absl::OkStatus());
  ASSERT_TRUE(answered(first));
  call(TestService::kUnary, "4");
  EXPECT_TRUE(run_until([&] { return held.size() == 3; }));
}

TEST_F(ServicesTest, a_call_without_a_deadline_gets_the_methods_own) {
  std::optional<UnaryCall<StringValue, StringValue>> held;
  service_.unary = [&held](auto call) { held.emplace(std::move(call)); };
  services_.set_options(TestService::kUnary.path, {.default_timeout = std::chrono::seconds(5)});
  ScriptedStream& seen = call(TestService::kUnary, "1");
  settle();
  clock_.advance(std::chrono::seconds(6));
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "4 the deadline has passed");
  EXPECT_FALSE(held->active());
  held->finish(absl::OkStatus());  // of no effect
}

TEST_F(ServicesTest, a_clients_deadline_is_no_longer_than_the_methods_longest) {
  std::optional<UnaryCall<StringValue, StringValue>> held;
  service_.unary = [&held](auto call) { held.emplace(std::move(call)); };
  services_.set_options(TestService::kUnary.path, {.max_timeout = std::chrono::seconds(5)});
  ScriptedStream& seen = call(TestService::kUnary, "1", {{"grpc-timeout", "99999999H"}});
  settle();
  clock_.advance(std::chrono::seconds(6));
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(status_of(seen), "4 the deadline has passed");
}

TEST_F(ServicesTest, interceptors_stand_around_the_method_in_order) {
  std::string order;
  for (std::string name : {"a", "b"}) {
    services_.use({.before =
                       [&order, name](ServerContext&) {
                         order += "before-" + name + " ";
                         return absl::OkStatus();
                       },
                   .around = [&order, name](ServerContext&, NextMethod next) -> Task<absl::Status> {
                     // By the lambda, which lives as long as the services.
                     auto inner = next();
                     absl::Status status = co_await inner;
                     co_return status;
                   },
                   .after =
                       [&order, name](ServerContext& context, const absl::Status& status) {
                         order += "after-" + name + " ";
                         EXPECT_TRUE(status.ok());
                         context.trailing_metadata().add("after", name).IgnoreError();
                       }});
  }
  ScriptedStream& seen = call(TestService::kUnary, "x");
  ASSERT_TRUE(answered(seen));
  EXPECT_EQ(order, "before-a before-b after-b after-a ");
  EXPECT_EQ(seen.end, "end grpc-status=0 after=b after=a");
}

TEST_F(ServicesTest, a_before_that_refuses_is_the_answer) {
  services_.use({.before = [](ServerContext& context) {
    return context.metadata().find("token") ? absl::OkStatus()
                                            : absl::UnauthenticatedError("who are you?");
  }});
  ScriptedStream& refused = call(TestService::kUnary, "x");
  ASSERT_TRUE(answered(refused));
  EXPECT_EQ(status_of(refused), "16 who are you?");
  EXPECT_EQ(calls_, 0);
  ScriptedStream& admitted = call(TestService::kUnary, "x", {{"token", "t"}});
  ASSERT_TRUE(answered(admitted));
  EXPECT_EQ(status_of(admitted), "0");
}

TEST_F(ServicesTest, an_around_may_change_the_status_or_leave_the_method_out) {
  bool skips = false;
  services_.use({.around = [&skips](ServerContext&, NextMethod next) -> Task<absl::Status> {
    if (skips)
      return [](NextMethod) -> Task<absl::Status> {
        co_return absl::PermissionDeniedError("not today");
      }(next);
    return [](NextMethod next) -> Task<absl::Status> {
      auto inner = next();
      absl::Status status = co_await inner;
      co_return absl::DataLossError("it was " +
                                    std::string(absl::StatusCodeToString(status.code())));
    }(next);
  }});
  ScriptedStream& changed = call(TestService::kUnary, "x");
  ASSERT_TRUE(answered(changed));
  EXPECT_EQ(status_of(changed), "15 it was OK");
  service_.unary = [](auto) { throw std::runtime_error("x"); };
  ScriptedStream& threw = call(TestService::kUnary, "x");
  ASSERT_TRUE(answered(threw));
  EXPECT_EQ(status_of(threw), "15 it was UNKNOWN");
  skips = true;
  ScriptedStream& skipped = call(TestService::kUnary, "x");
  ASSERT_TRUE(answered(skipped));
  EXPECT_EQ(status_of(skipped), "7 not today");
}

TEST_F(ServicesTest, after_hears_of_clients_that_went_away) {
  std::vector<absl::StatusCode> seen_codes;
  std::optional<UnaryCall<StringValue, StringValue>> held;
  service_.unary = [&held](auto call) { held.emplace(std::move(call)); };
  services_.use({.after = [&seen_codes](ServerContext&, const absl::Status& status) {
    seen_codes.push_back(status.code());
  }});
  ScriptedStream& seen = call(TestService::kUnary, "x");
  ASSERT_TRUE(run_until([&] { return held.has_value(); }));
  client().reset(seen);
  ASSERT_TRUE(run_until([&] { return !seen_codes.empty(); }));
  EXPECT_EQ(seen_codes[0], absl::StatusCode::kCancelled);
  EXPECT_FALSE(held->active());
}

}  // namespace
}  // namespace turbo::rpc
