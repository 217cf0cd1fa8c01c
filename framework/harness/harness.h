// Harness: requests to a program's own handlers, in its tests, without a socket or a port.
//
//   web::Application app = make_app();
//   Harness harness(app);
//   HarnessResponse response = harness.get("/hello/bob");
//   EXPECT_EQ(response.status, 200) << response;
//   EXPECT_EQ(response.body, "Hello, bob!");
//
// Between test and handler is all of the real server: parser, limits, deadlines, framing; only the
// connection is in memory. Each request has a connection of its own.
//
//   HarnessCall call = harness.start({.target = "/events"});      // does not wait for the answer
//   EXPECT_EQ(call.read(), "data: 1\n\n");                        // a piece, as it leaves
//   call.go_away();                                               // the client is gone
//
//   Harness harness(app, {.fake_clock = true});                   // time passes when told
//   HarnessCall call = harness.start({.target = "/nap"});
//   harness.advance(std::chrono::seconds(1));
//   EXPECT_EQ(call.response().body, "slept");
//
// Owner:   the test; outlives its calls.
// Threads: one. Handlers run on it, inside the calls below; work they give to other threads is
//          waited for.
// Errors:  HarnessResponse::problem says why there is no answer, or not all of it. What handlers
//          throw is a 500, as ever, and is logged.
// Limits:  five seconds of real time for an answer.
// Cost:    some system calls a request, for the loop.
#ifndef TURBO_HARNESS_HARNESS_H_
#define TURBO_HARNESS_HARNESS_H_

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/base/clock.h"
#include "framework/harness/answer_parser.h"
#include "framework/harness/cookie_jar.h"
#include "framework/loop/io_loop.h"
#include "framework/server/dispatcher.h"
#include "framework/server/http_server.h"
#include "framework/shard/round_trip.h"
#include "framework/testing/fake_clock.h"
#include "framework/testing/memory_transport.h"

namespace turbo {

struct HarnessRequest {
  std::string method = "GET";
  std::string target = "/";
  // Sent as they are. Host and Content-Length are added where they are missing.
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string body = {};
};

struct HarnessResponse {
  int status = 0;  // 0: there was no answer
  std::string reason;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::vector<std::pair<std::string, std::string>> trailers;
  std::string problem;  // empty: the answer is whole

  // The first field of that name, whatever its case.
  std::optional<std::string_view> header(std::string_view name) const;
  std::optional<std::string_view> trailer(std::string_view name) const;
  // All of it, for messages of tests.
  std::string to_string() const;
  friend std::ostream& operator<<(std::ostream& out, const HarnessResponse& response) {
    return out << response.to_string();
  }
};

struct HarnessOptions {
  HTTPServerOptions server;
  // Time stands still but for advance().
  bool fake_clock = false;
  // Cookies that answers set go with later requests.
  bool keep_cookies = false;
};

class Harness;

// A request in hand. Destroyed before its answer has ended it goes away.
class HarnessCall {
 public:
  HarnessCall(HarnessCall&&) = default;
  HarnessCall& operator=(HarnessCall&&) = delete;
  ~HarnessCall() { disconnect(); }

  // Waits for the head; 0 if none comes.
  int status();
  std::optional<std::string_view> header(std::string_view name);
  // Waits for the next piece of the body, of any size. Empty: its end, or a problem().
  std::string read();
  // Waits for the rest. The body is what was not read().
  HarnessResponse response();
  // Whether the answer has ended, without waiting.
  bool done();
  const std::string& problem() const { return answer_.problem(); }

  // Breaks the connection, as a client that is gone does; the handler's task is destroyed if it
  // waits.
  void go_away();

 private:
  friend class Harness;
  HarnessCall(Harness& harness, std::unique_ptr<MemoryTransport> connection, bool answers_head)
      : harness_(&harness), connection_(std::move(connection)), answer_(answers_head) {}

  template <class Condition>
  void wait_until(Condition condition);
  void receive();
  void note_head();
  void disconnect();

  Harness* harness_;
  std::unique_ptr<MemoryTransport> connection_;
  AnswerParser answer_;
  bool head_noted_ = false;
};

class Harness {
 public:
  // `service` outlives the harness.
  explicit Harness(Service& service, HarnessOptions options = {});
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;
  ~Harness();

  HarnessResponse get(std::string target) { return request({.target = std::move(target)}); }
  HarnessResponse post(std::string target, std::string body,
                       std::string type = "application/x-www-form-urlencoded");
  // Sends the request and waits for its answer.
  HarnessResponse request(HarnessRequest request);
  // Sends the request, which is handled in later calls.
  HarnessCall start(HarnessRequest request);
  // The same for bytes as they are.
  HarnessCall start_raw(std::string_view bytes);

  // Lets the time pass, timers and deadlines with it. Requires: a fake clock.
  void advance(Duration time);
  // Lets happen what needs no time.
  void settle();

  CookieJar& cookies() { return cookies_; }
  IOLoop& loop() { return loop_; }
  HTTPServer& server() { return server_; }

 private:
  friend class HarnessCall;
  HarnessCall connect(std::string_view bytes, bool answers_head);

  // Calls to a BlockingPool that have to come home before the loop may go.
  class Trips final : public TripCounter {
   public:
    Trips() : outer_(std::exchange(local(), this)) {}
    ~Trips() override { local() = outer_; }

   private:
    void on_trip_home() override {}
    TripCounter* const outer_;
  };

  const bool fake_clock_;
  const bool keep_cookies_;
  FakeClock clock_;
  IOLoop loop_;
  Trips trips_;
  HTTPServer server_;
  CookieJar cookies_;
};

}  // namespace turbo

#endif  // TURBO_HARNESS_HARNESS_H_
