#include "framework/web/event_stream.h"

#include <string>
#include <vector>

#include "framework/loop/sleep.h"
#include "framework/web/application.h"
#include "tests/web/web_fixture.h"

namespace turbo::web {
namespace {

class EventStreamTest : public WebFixture {
 protected:
  struct Witness {
    bool* gone;
    ~Witness() { *gone = true; }
  };

  // The body behind the head, its chunks put together.
  static std::string events_of(std::string_view answer) {
    std::string body = body_of(answer), events;
    for (size_t at = 0; at < body.size();) {
      size_t line = body.find("\r\n", at);
      size_t bytes = std::stoul(body.substr(at, line - at), nullptr, 16);
      events += body.substr(line + 2, bytes);
      at = line + 2 + bytes + 2;
    }
    return events;
  }
};

TEST_F(EventStreamTest, writes_events_as_browsers_read_them) {
  app_.get("/", [](Request& request, Response& response) -> Task<> {
    EventStream events(request, response);
    auto first = events.send(events.last_event_id());
    co_await first;
    events.send({.data = "a\nb\r\nc\rd", .event = "note", .id = "7"});
    events.send({.data = "", .retry = std::chrono::seconds(2)});
    events.send("end\n");
  });
  serve(app_);
  std::string answer = get("/", "Last-Event-ID: 6\r\n");
  EXPECT_EQ(field_of(answer, "Content-Type"), "text/event-stream");
  EXPECT_EQ(field_of(answer, "Cache-Control"), "no-cache");
  EXPECT_EQ(events_of(answer),
            "data: 6\n\n"
            "event: note\nid: 7\ndata: a\ndata: b\ndata: c\ndata: d\n\n"
            "retry: 2000\ndata: \n\n"
            "data: end\ndata: \n\n");
}

TEST_F(EventStreamTest, refuses_types_and_ids_of_several_lines) {
  int refused = 0;
  app_.get("/", [&refused](Request& request, Response& response) {
    EventStream events(request, response);
    for (std::string_view text : {"a\nb", "a\rb", "\n"}) {
      for (ServerSentEvent event : {ServerSentEvent{.event = text}, ServerSentEvent{.id = text}}) {
        try {
          events.send(event);
        } catch (const std::invalid_argument&) {
          ++refused;
        }
      }
    }
  });
  serve(app_);
  EXPECT_EQ(events_of(get("/")), "");
  EXPECT_EQ(refused, 6);
}

TEST_F(EventStreamTest, sends_a_heartbeat_when_it_was_silent) {
  app_.get("/", [](Request& request, Response& response) -> Task<> {
    EventStream events(request, response, {.heartbeat = std::chrono::seconds(10)});
    events.send("a");
    auto nap = sleep_for(request.loop(), std::chrono::seconds(34));
    co_await nap;
  });
  serve(app_);
  auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  pass(std::chrono::seconds(35));
  EXPECT_EQ(events_of(client->received()), "data: a\n\n:\n\n:\n\n");
}

TEST_F(EventStreamTest, ends_at_once_for_head) {
  app_.get("/", [](Request& request, Response& response) -> Task<> {
    EventStream events(request, response);
    while (events.open()) {
      auto nap = sleep_for(request.loop(), std::chrono::hours(1));
      co_await nap;
    }
  });
  serve(app_);
  EXPECT_TRUE(ends_with(send("HEAD", "/", {}, {}), "\r\n\r\n"));
}

TEST_F(EventStreamTest, ends_when_the_client_goes) {
  static bool gone;  // outlives the server, also if it is never set
  gone = false;
  app_.get("/", [](Request& request, Response& response) -> Task<> {
    Witness witness{&gone};
    EventStream events(request, response);
    auto nap = sleep_for(request.loop(), std::chrono::hours(1));
    co_await nap;
  });
  serve(app_);
  auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return !client->received().empty(); }));
  client->stream().close();
  settle();
  pass(std::chrono::seconds(3));
  EXPECT_TRUE(run_until([&] { return gone; }));
}

// A handler that others tell what to send.
class Listener : public RequestHandler {
 public:
  explicit Listener(std::vector<Listener*>* all) : all_(all) {}
  ~Listener() override { std::erase(*all_, this); }
  void get() override {
    finish_later();
    events_.emplace(request(), response(), EventStreamOptions{.max_behind_bytes = 100000});
    all_->push_back(this);
  }
  void tell(std::string_view data) { events_->send(data); }
  using RequestHandler::finish;

 private:
  std::vector<Listener*>* all_;
  std::optional<EventStream> events_;
};

TEST_F(EventStreamTest, serves_a_handler_that_callbacks_tell_what_to_send) {
  std::vector<Listener*> listeners;
  app_.add_handler<Listener>("/", &listeners);
  serve(app_);
  auto one = connect(), other = connect();
  for (auto* client : {&one, &other}) (*client)->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return listeners.size() == 2; }));
  for (Listener* each : listeners) each->tell("x");
  settle();
  EXPECT_EQ(events_of(one->received()), "data: x\n\n");
  EXPECT_EQ(events_of(other->received()), "data: x\n\n");
  one->stream().close();
  settle();
  pass(std::chrono::seconds(3));
  ASSERT_TRUE(run_until([&] { return listeners.size() == 1; }));
  listeners[0]->tell("y");
  listeners[0]->finish();
  ASSERT_TRUE(run_until([&] { return listeners.empty(); }));
  settle();
  EXPECT_TRUE(ends_with(other->received(), "data: y\n\n\r\n0\r\n\r\n"));
}

TEST_F(EventStreamTest, cuts_a_client_off_that_falls_too_far_behind) {
  std::vector<Listener*> listeners;
  app_.add_handler<Listener>("/", &listeners);
  serve(app_);
  RawClient slow(loop_, address_);  // receives nothing
  slow.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(run_until([&] { return listeners.size() == 1; }));
  const std::string data(10000, 'x');
  size_t sent = 0;
  for (; !listeners.empty() && sent < (64 << 20); sent += data.size()) {
    listeners[0]->tell(data);
    loop_.run_once();
  }
  EXPECT_TRUE(listeners.empty()) << "after " << sent << " bytes";
}

}  // namespace
}  // namespace turbo::web
