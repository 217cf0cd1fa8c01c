#include "framework/web/sessions.h"

#include <stdexcept>
#include <vector>

#include "framework/loop/sleep.h"
#include "framework/web/application.h"
#include "framework/web/memory_session_store.h"
#include "tests/server/server_fixture.h"

namespace turbo::web {
namespace {

// A store at the other end of a network: answers a second later, or with an error.
class RemoteStore final : public SessionStore {
 public:
  explicit RemoteStore(const Clock& clock) : memory_({.clock = &clock}) {}

  void load(IOLoop& loop, std::string key, LoadCallback callback) override {
    keys_.push_back(key);
    later(loop, [this, &loop, key = std::move(key), callback = std::move(callback)]() mutable {
      if (!error_.ok()) return callback(error_);
      memory_.load(loop, std::move(key), std::move(callback));
    });
  }
  void create(IOLoop& loop, std::string key, std::string data, DoneCallback callback) override {
    keys_.push_back(key);
    later(loop, [this, &loop, key = std::move(key), data = std::move(data),
                 callback = std::move(callback)]() mutable {
      if (!error_.ok()) return callback(error_);
      memory_.create(loop, std::move(key), std::move(data), std::move(callback));
    });
  }
  void replace(IOLoop& loop, std::string key, std::string data, DoneCallback callback) override {
    later(loop, [this, &loop, key = std::move(key), data = std::move(data),
                 callback = std::move(callback)]() mutable {
      memory_.replace(loop, std::move(key), std::move(data), std::move(callback));
    });
  }
  void destroy(IOLoop& loop, std::string key, DoneCallback callback) override {
    later(loop, [this, &loop, key = std::move(key), callback = std::move(callback)]() mutable {
      memory_.destroy(loop, std::move(key), std::move(callback));
    });
  }

  MemorySessionStore memory_;
  absl::Status error_;
  std::vector<std::string> keys_;

 private:
  static void later(IOLoop& loop, Callback callback) {
    loop.call_later(std::chrono::seconds(1), std::move(callback));
  }
};

// What one request does to its session: "user=bob", "-user", "new", "end", "wait", "save".
Task<> run(const Sessions& sessions, Request& request, Response& response) {
  auto load = sessions.load(request);
  absl::StatusOr<Session> session = co_await load;
  if (!session.ok()) co_return response.send_error(503);
  std::string rest = request.path_parameter("steps");
  while (!rest.empty()) {
    const std::string step = rest.substr(0, rest.find(','));
    rest.erase(0, step.size() + 1);
    if (step == "new") session->regenerate();
    if (step == "end") session->invalidate();
    if (step[0] == '-') session->erase(step.substr(1));
    const size_t equals = step.find('=');
    if (equals != std::string::npos) session->set(step.substr(0, equals), step.substr(equals + 1));
    if (step == "wait") {
      auto nap = sleep_for(request.loop(), std::chrono::seconds(10));
      co_await nap;
    }
    if (step != "save") continue;
    auto save = sessions.save(*session, request, response);
    const absl::Status saved = co_await save;
    if (!saved.ok()) response.write(absl::IsNotFound(saved) ? "gone " : "failed ");
  }
  response.write(encode_session(session->values()));
}

class SessionsTest : public ServerFixture {
 protected:
  void serve_sessions(const Sessions& sessions) {
    app_->get("/", [](Request&, Response& response) { response.write("no session"); });
    app_->get("/*steps", [&sessions](Request& request, Response& response) {
      return run(sessions, request, response);
    });
    serve(*app_);
  }

  static std::string request_of(std::string_view steps, std::string_view cookie) {
    std::string request = "GET /" + std::string(steps) + " HTTP/1.1\r\nHost: a\r\n";
    if (!cookie.empty()) request.append("Cookie: ").append(cookie).append("\r\n");
    return request + "\r\n";
  }
  std::string answer(std::string_view steps, std::string_view cookie = {}) {
    return answer_to(request_of(steps, cookie));
  }
  std::string body(std::string_view steps, std::string_view cookie = {}) {
    return body_of(answer(steps, cookie));
  }
  static std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }
  // "session=...", or empty.
  static std::string cookie_of(const std::string& answer) {
    const size_t begin = answer.find("Set-Cookie: ");
    if (begin == std::string::npos) return {};
    return answer.substr(begin + 12, answer.find_first_of(";\r", begin) - begin - 12);
  }

  MemorySessionStore store_{{.clock = &clock_}};
  std::unique_ptr<Application> app_ = std::make_unique<Application>();
};

TEST_F(SessionsTest, remembers_a_client) {
  const Sessions sessions(store_);
  serve_sessions(sessions);
  const std::string first = answer("user=bob,save");
  const std::string cookie = cookie_of(first);
  EXPECT_EQ(cookie.size(), std::string_view("session=").size() + 32);
  EXPECT_TRUE(contains(first, "Set-Cookie: " + cookie + "; Path=/; HttpOnly; SameSite=Lax\r\n"));
  EXPECT_EQ(body("read", cookie), "14:user3:bob");
  EXPECT_EQ(body("read"), "1");
  const std::string second = answer("n=1,save,n=2,save", cookie);
  EXPECT_EQ(cookie_of(second), "") << "the id stays";
  EXPECT_EQ(body("read", "a=b; " + cookie + "; c=d"), "11:n1:24:user3:bob");
  EXPECT_EQ(body("-user,-n,save", cookie), "1");
  EXPECT_EQ(body("n=3,save", cookie), "11:n1:3") << "an empty session is one";
  EXPECT_EQ(store_.counters().created, 1U);
}

TEST_F(SessionsTest, stores_nothing_for_clients_of_whom_nothing_is_remembered) {
  const Sessions sessions(store_);
  serve_sessions(sessions);
  for (const std::string_view steps : {"save", "read", "new,save", "end,save", "a=b,-a,save"})
    EXPECT_EQ(cookie_of(answer(steps)), "") << steps;
  EXPECT_EQ(body("a=b"), "11:a1:b") << "not saved";
  EXPECT_EQ(store_.counters().created, 0U);
}

TEST_F(SessionsTest, never_takes_an_id_from_a_client) {
  const Sessions sessions(store_);
  serve_sessions(sessions);
  const std::string chosen = "session=" + std::string(32, 'A');
  for (const std::string& cookie :
       {chosen, std::string("session="), std::string("session=x"), chosen + "A",
        "session=" + std::string(31, 'A') + "=", "session=" + std::string(32, '.')}) {
    EXPECT_EQ(body("read", cookie), "1");
    const std::string given = cookie_of(answer("user=eve,save", cookie));
    EXPECT_TRUE(begins_with(given, "session="));
    EXPECT_NE(given, cookie);
    EXPECT_EQ(body("read", chosen), "1");
  }
}

TEST_F(SessionsTest, gives_a_new_id_at_login) {
  const Sessions sessions(store_);
  serve_sessions(sessions);
  const std::string before = cookie_of(answer("cart=1,save"));
  const std::string after = cookie_of(answer("user=bob,new,save", before));
  EXPECT_NE(after, "");
  EXPECT_NE(after, before);
  EXPECT_EQ(body("read", before), "1") << "who planted the old id has nothing";
  EXPECT_EQ(body("read", after), "14:cart1:14:user3:bob");
  EXPECT_EQ(store_.counters().sessions, 1U);
}

TEST_F(SessionsTest, ends_a_session_and_takes_the_cookie_away) {
  const Sessions sessions(store_);
  serve_sessions(sessions);
  const std::string cookie = cookie_of(answer("user=bob,save"));
  const std::string last = answer("end,save", cookie);
  EXPECT_TRUE(
      contains(last, "Set-Cookie: session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\r\n"));
  EXPECT_EQ(body("read", cookie), "1");
  EXPECT_EQ(store_.counters().sessions, 0U);
}

TEST_F(SessionsTest, begins_another_after_the_end) {
  const Sessions sessions(store_);
  serve_sessions(sessions);
  const std::string before = cookie_of(answer("user=bob,save"));
  const std::string after = cookie_of(answer("end,note=bye,save", before));
  EXPECT_NE(after, before);
  EXPECT_EQ(body("read", before), "1");
  EXPECT_EQ(body("read", after), "14:note3:bye");
}

TEST_F(SessionsTest, a_request_under_way_does_not_undo_a_logout) {
  const Sessions sessions(store_);
  serve_sessions(sessions);
  for (const std::string steps : {"wait,n=1,save", "wait,n=1,new,save"}) {
    const std::string cookie = cookie_of(answer("user=bob,save"));
    std::unique_ptr<RawClient> slow = connect();
    slow->send(request_of(steps, cookie));
    settle();
    answer("end,save", cookie);
    pass(std::chrono::seconds(10));
    EXPECT_EQ(body_of(slow->received()), "gone 11:n1:14:user3:bob");
    EXPECT_EQ(cookie_of(slow->received()), "");
    EXPECT_EQ(body("read", cookie), "1");
    EXPECT_EQ(store_.counters().sessions, 0U);
  }
}

TEST_F(SessionsTest, two_logouts_at_once_are_no_error) {
  const Sessions sessions(store_);
  serve_sessions(sessions);
  const std::string cookie = cookie_of(answer("user=bob,save"));
  std::unique_ptr<RawClient> slow = connect();
  slow->send(request_of("wait,end,save", cookie));
  settle();
  answer("end,save", cookie);
  pass(std::chrono::seconds(10));
  EXPECT_EQ(body_of(slow->received()), "1");
}

TEST_F(SessionsTest, says_what_cannot_be_saved) {
  MemorySessionStore small({.max_session_bytes = 10, .clock = &clock_});
  const Sessions sessions(small);
  serve_sessions(sessions);
  EXPECT_TRUE(begins_with(body("user=somebody,save"), "failed "));
}

TEST_F(SessionsTest, what_could_not_be_saved_leaves_the_client_what_it_has) {
  MemorySessionStore small({.max_session_bytes = 10, .clock = &clock_});
  const Sessions sessions(small);
  serve_sessions(sessions);
  EXPECT_EQ(cookie_of(answer("user=somebody,save")), "") << "an id that is not there";
  const std::string cookie = cookie_of(answer("n=1,save"));
  EXPECT_NE(cookie, "");
  for (const std::string_view steps : {"user=somebody,save", "user=somebody,new,save"}) {
    const std::string failed = answer(steps, cookie);
    EXPECT_TRUE(begins_with(body_of(failed), "failed ")) << steps;
    EXPECT_EQ(cookie_of(failed), "") << steps;
    EXPECT_EQ(body("read", cookie), "11:n1:1") << "the old session is not destroyed";
  }
  EXPECT_EQ(small.counters().sessions, 1U);
  const std::string twice = answer("new,save,user=somebody,new,save", cookie);
  EXPECT_EQ(count_of(twice, "Set-Cookie"), 1U);
  EXPECT_EQ(body("read", cookie_of(twice)), "11:n1:1") << "no dead id behind the good one";
}

TEST_F(SessionsTest, waits_for_a_store_elsewhere) {
  RemoteStore remote(clock_);
  const Sessions sessions(remote);
  serve_sessions(sessions);
  const auto ask = [this](std::string_view steps, std::string_view cookie) {
    std::unique_ptr<RawClient> client = connect();
    client->send(request_of(steps, cookie));
    pass(std::chrono::seconds(4));
    return client->received();
  };
  const std::string cookie = cookie_of(ask("user=bob,save", ""));
  EXPECT_EQ(body_of(ask("read", cookie)), "14:user3:bob");
  const std::string after = cookie_of(ask("n=1,new,save", cookie));
  EXPECT_EQ(body_of(ask("read", cookie)), "1");
  EXPECT_EQ(body_of(ask("read", after)), "11:n1:14:user3:bob");
  for (const std::string& key : remote.keys_) {
    EXPECT_EQ(key.size(), 43U);
    EXPECT_FALSE(contains(cookie + after, key)) << "a store does not see ids";
  }
  remote.error_ = absl::UnavailableError("down");
  EXPECT_TRUE(begins_with(ask("read", after), "HTTP/1.1 503 "));
}

// A server that stops waiting destroys the coroutine, as a client's end does.
TEST_F(SessionsTest, bears_a_request_that_ends_while_the_store_works) {
  RemoteStore remote(clock_);
  const Sessions sessions(remote);
  for (const int half_seconds : {1, 3, 5}) {
    app_ = std::make_unique<Application>();
    serve_sessions(sessions);
    std::unique_ptr<RawClient> client = connect();
    client->send(request_of("user=bob,save,new,save", ""));
    settle();
    pass(std::chrono::milliseconds(500) * half_seconds);
    bool stopped = false;
    server_->stop(Duration::zero(), [&stopped] { stopped = true; });
    settle();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(client->received(), "");
    pass(std::chrono::seconds(5));
    server_.reset();
  }
  EXPECT_EQ(remote.memory_.counters().created, 5U) << "what was begun is done, and no more";
}

TEST_F(SessionsTest, writes_the_cookie_as_the_options_say) {
  const Sessions sessions(store_, {.cookie_name = "__Host-id",
                                   .same_site = http::SameSite::kStrict,
                                   .always_secure = true,
                                   .cookie_max_age = std::chrono::hours(12)});
  serve_sessions(sessions);
  const std::string first = answer("user=bob,save");
  EXPECT_TRUE(contains(first, "; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Strict\r\n"));
  EXPECT_EQ(body("read", cookie_of(first)), "14:user3:bob");
}

TEST_F(SessionsTest, refuses_options_no_browser_would_obey) {
  const auto make = [this](SessionOptions options) { Sessions(store_, std::move(options)); };
  EXPECT_THROW(make({.cookie_name = "a b"}), std::invalid_argument);
  EXPECT_THROW(make({.cookie_name = "__Host-id"}), std::invalid_argument);
  EXPECT_THROW(make({.same_site = http::SameSite::kNone}), std::invalid_argument);
  EXPECT_THROW(make({.cookie_path = "x"}), std::invalid_argument);
  EXPECT_NO_THROW(make({.same_site = http::SameSite::kNone, .always_secure = true}));
}

TEST_F(SessionsTest, calls_back_where_nobody_awaits) {
  const Sessions sessions(store_);
  app_->get("/", [&sessions](Request& request, Response& response) {
    sessions.load(request, [&](absl::StatusOr<Session> session) {
      session->set("n", "1");
      sessions.save(*session, request, [&](absl::StatusOr<std::string> cookie) {
        ASSERT_TRUE(cookie.ok());
        response.add_header("Set-Cookie", *cookie);
        response.write("saved");
      });
    });
  });
  serve(*app_);
  const std::string first = answer("");
  EXPECT_EQ(body_of(first), "saved");
  EXPECT_NE(cookie_of(first), "");
}

}  // namespace
}  // namespace turbo::web
