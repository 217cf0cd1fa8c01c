// What health checks and watchers are told.
#include "framework/rpc/health/health_service.h"

#include <optional>
#include <string>
#include <thread>

#include "tests/rpc/call_fixture.h"

namespace turbo::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using Methods = grpc::health::v1::Health;

class HealthTest : public CallFixture {
 protected:
  void serve_health(HealthOptions options = {}) { services_.add<HealthService>(&health_, options); }

  static HealthCheckRequest of(std::string_view service) {
    HealthCheckRequest request;
    request.set_service(std::string(service));
    return request;
  }
  // What Check comes to: "SERVING 0", "5 unknown service".
  std::string check(std::string_view service) {
    const ScriptedStream& seen = call(Methods::kCheck, of(service));
    EXPECT_TRUE(answered(seen));
    return states(seen) + status_of(seen);
  }
  ScriptedStream& watch(std::string_view service) { return call(Methods::kWatch, of(service)); }

  static std::string states(const ScriptedStream& call) {
    std::string text;
    for (const HealthCheckResponse& response : messages<HealthCheckResponse>(call)) {
      text += HealthCheckResponse::ServingStatus_Name(response.status()) + " ";
    }
    return text;
  }
  testing::AssertionResult was_told(const ScriptedStream& watcher, std::string_view expected) {
    settle();
    if (states(watcher) == expected) return testing::AssertionSuccess();
    return testing::AssertionFailure() << states(watcher);
  }

  Health health_;
};

TEST_F(HealthTest, the_server_as_a_whole_serves_from_the_beginning) {
  serve_health();
  EXPECT_EQ(check(""), "SERVING 0");
}

TEST_F(HealthTest, check_tells_what_was_set_last) {
  serve_health();
  EXPECT_EQ(check("a.B"), "5 unknown service");
  health_.set("a.B", HealthStatus::kServing);
  EXPECT_EQ(check("a.B"), "SERVING 0");
  health_.set("a.B", HealthStatus::kNotServing);
  EXPECT_EQ(check("a.B"), "NOT_SERVING 0");
  health_.set("a.B", HealthStatus::kUnknown);
  EXPECT_EQ(check("a.B"), "UNKNOWN 0");
  EXPECT_EQ(check(""), "SERVING 0") << "the others are others";
}

TEST_F(HealthTest, set_all_is_of_all_that_were_set) {
  serve_health();
  health_.set("a.B", HealthStatus::kServing);
  health_.set_all(HealthStatus::kNotServing);
  EXPECT_EQ(check("a.B"), "NOT_SERVING 0");
  EXPECT_EQ(check(""), "NOT_SERVING 0");
  EXPECT_EQ(check("a.C"), "5 unknown service");
}

TEST_F(HealthTest, a_watcher_is_told_at_once_and_at_every_change) {
  serve_health();
  health_.set("a.B", HealthStatus::kServing);
  const ScriptedStream& watcher = watch("a.B");
  EXPECT_TRUE(was_told(watcher, "SERVING "));
  health_.set("a.B", HealthStatus::kServing);
  health_.set("a.C", HealthStatus::kNotServing);
  EXPECT_TRUE(was_told(watcher, "SERVING ")) << "nothing has changed";
  health_.set("a.B", HealthStatus::kNotServing);
  EXPECT_TRUE(was_told(watcher, "SERVING NOT_SERVING "));
  EXPECT_EQ(watcher.end, "");
}

TEST_F(HealthTest, a_watcher_of_an_unknown_service_waits_for_it) {
  serve_health();
  const ScriptedStream& watcher = watch("a.B");
  EXPECT_TRUE(was_told(watcher, "SERVICE_UNKNOWN "));
  health_.set("a.B", HealthStatus::kServing);
  EXPECT_TRUE(was_told(watcher, "SERVICE_UNKNOWN SERVING "));
}

TEST_F(HealthTest, a_change_that_is_taken_back_at_once_is_none) {
  serve_health();
  const ScriptedStream& watcher = watch("");
  EXPECT_TRUE(was_told(watcher, "SERVING "));
  health_.set("", HealthStatus::kNotServing);
  health_.set("", HealthStatus::kServing);
  EXPECT_TRUE(was_told(watcher, "SERVING "));
}

TEST_F(HealthTest, a_slow_watcher_gets_the_last_state_alone) {
  serve_health();
  http2::SessionOptions narrow;
  narrow.stream_window_bytes = 7;  // one answer
  serve(services_);
  client_ = ask_http2(narrow);
  client().hold_windows();
  ScriptedStream& watcher = watch("");
  EXPECT_TRUE(was_told(watcher, "SERVING "));
  health_.set("", HealthStatus::kNotServing);
  settle();  // it waits for the window
  for (HealthStatus status :
       {HealthStatus::kServing, HealthStatus::kNotServing, HealthStatus::kServing}) {
    health_.set("", status);
    EXPECT_TRUE(was_told(watcher, "SERVING "));
  }
  client().take(watcher);
  settle();
  client().take(watcher);
  EXPECT_TRUE(was_told(watcher, "SERVING NOT_SERVING SERVING "));
}

TEST_F(HealthTest, watchers_that_went_away_make_room_for_others) {
  serve_health({.max_watchers = 2});
  ScriptedStream& first = watch("a");
  EXPECT_TRUE(was_told(watch("b"), "SERVICE_UNKNOWN "));
  ScriptedStream& third = watch("c");
  ASSERT_TRUE(answered(third));
  EXPECT_EQ(status_of(third), "8 too many watchers");
  client().reset(first);
  settle();
  health_.set("a", HealthStatus::kServing);
  EXPECT_TRUE(was_told(watch("c"), "SERVICE_UNKNOWN "));
}

TEST_F(HealthTest, a_watcher_whose_deadline_passes_makes_room) {
  serve_health({.max_watchers = 1});
  services_.set_options(Methods::kWatch.path, {.default_timeout = std::chrono::seconds(5)});
  ScriptedStream& first = watch("");
  settle();
  clock_.advance(std::chrono::seconds(6));
  ASSERT_TRUE(answered(first));
  EXPECT_EQ(status_of(first), "4 the deadline has passed");
  EXPECT_TRUE(was_told(watch(""), "SERVING "));
}

TEST_F(HealthTest, a_name_beyond_the_limit_is_refused) {
  serve_health({.max_name_bytes = 3});
  EXPECT_EQ(check("abc"), "5 unknown service");
  EXPECT_EQ(check("abcd"), "3 the service's name is too long");
  const ScriptedStream& watcher = watch("abcd");
  ASSERT_TRUE(answered(watcher));
  EXPECT_EQ(status_of(watcher), "3 the service's name is too long");
}

TEST_F(HealthTest, when_the_server_drains_watchers_are_told_and_ended) {
  serve_health();
  health_.set("a.B", HealthStatus::kServing);
  const ScriptedStream& known = watch("a.B");
  const ScriptedStream& unknown = watch("a.C");
  EXPECT_TRUE(was_told(known, "SERVING "));
  bool stopped = false;
  server_->stop(std::chrono::hours(1), [&stopped] { stopped = true; });
  ASSERT_TRUE(answered(known) && answered(unknown));
  EXPECT_EQ(states(known) + status_of(known), "SERVING NOT_SERVING 14 the server is stopping");
  EXPECT_EQ(states(unknown) + status_of(unknown), "SERVICE_UNKNOWN 14 the server is stopping");
  EXPECT_TRUE(run_until([&] { return stopped; })) << "they do not hold up the end";
}

TEST_F(HealthTest, while_the_server_drains_nothing_serves) {
  serve_health();
  std::optional<UnaryCall<StringValue, StringValue>> held;
  service_.unary = [&held](auto call) { held.emplace(std::move(call)); };
  call(TestService::kUnary, "keeps the connection");
  ASSERT_TRUE(run_until([&] { return held.has_value(); }));
  bool stopped = false;
  server_->stop(std::chrono::hours(1), [&stopped] { stopped = true; });
  loop_.run_once();
  // On their way when the client learned of it.
  const ScriptedStream& checked = call(Methods::kCheck, of(""));
  const ScriptedStream& watcher = watch("");
  ASSERT_TRUE(answered(checked) && answered(watcher));
  EXPECT_EQ(states(checked) + status_of(checked), "NOT_SERVING 0");
  EXPECT_EQ(states(watcher) + status_of(watcher), "NOT_SERVING 14 the server is stopping");
  held->finish(absl::OkStatus());
  EXPECT_TRUE(run_until([&] { return stopped; }));
}

TEST_F(HealthTest, any_thread_may_set) {
  serve_health();
  const ScriptedStream& watcher = watch("a.B");
  EXPECT_TRUE(was_told(watcher, "SERVICE_UNKNOWN "));
  std::thread other([this] {
    for (int i = 0; i < 1000; ++i) {
      health_.set("a.B", i % 2 == 0 ? HealthStatus::kNotServing : HealthStatus::kServing);
    }
  });
  EXPECT_TRUE(run_until([&] { return ends_with(states(watcher), " SERVING "); }));
  other.join();
  settle();
  EXPECT_TRUE(ends_with(states(watcher), " SERVING ")) << "the last is told last";
}

TEST_F(HealthTest, a_change_that_is_on_its_way_when_the_server_ends_is_dropped) {
  serve_health();
  const ScriptedStream& watcher = watch("");
  EXPECT_TRUE(was_told(watcher, "SERVING "));
  health_.set("", HealthStatus::kNotServing);
  client_.reset();
  server_.reset();
  settle();
  EXPECT_EQ(health_.status_of(""), HealthStatus::kNotServing);
}

}  // namespace
}  // namespace turbo::rpc
