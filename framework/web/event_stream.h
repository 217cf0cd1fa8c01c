// EventStream: Server-Sent Events (WHATWG HTML, 9.2), the answer an EventSource of a browser reads.
//
//   app.get("/ticks", [](web::Request& request, web::Response& response) -> Task<> {
//     web::EventStream events(request, response);
//     for (int i = 0; events.open(); ++i) {
//       auto sent = events.send({.data = std::to_string(i), .id = std::to_string(i)});
//       co_await sent;                              // waits for a client that is slow
//       auto nap = sleep_for(request.loop(), std::chrono::seconds(1));
//       co_await nap;
//     }
//   });
//
// A handler class may keep one as a member and send from callbacks, after finish_later(); its
// destructor is where it takes itself off the list of those that are told. The stream listens for
// the client's end itself: neither on_connection_close() nor Request::on_client_gone() is called. A
// client that connects again says in last_event_id() which event it saw last.
//
// The stream has a heartbeat, a comment when nothing was sent for a while: proxies keep a
// connection that is in use, and a client that went away without a word is noticed. One that ended
// its side is sent one each second, so that the handler of one that has gone is soon destroyed.
//
// Owner:   the handler; must not outlive it.
// Threads: its loop's.
// Errors:  send() throws std::invalid_argument for an event or id with a line end or NUL.
// Limits:  EventStreamOptions::max_behind_bytes for senders that do not wait.
// Cost:    one timer a stream, one string an event.
#ifndef TURBO_WEB_EVENT_STREAM_H_
#define TURBO_WEB_EVENT_STREAM_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "framework/base/clock.h"
#include "framework/loop/io_loop.h"
#include "framework/web/request.h"
#include "framework/web/response.h"

namespace turbo::web {

struct EventStreamOptions {
  // Common proxies end a connection that was silent for 30 to 60 seconds. 0: none.
  Duration heartbeat = std::chrono::seconds(15);
  // What may be sent while the client is behind (more than output_high_bytes wait already); then it
  // is cut off, to connect again and go on from its last event. Who awaits each send() never comes
  // near.
  size_t max_behind_bytes = 1 << 20;
};

struct ServerSentEvent {
  std::string_view data;   // any text; lines end by LF, CR or both, and arrive as LF
  std::string_view event;  // its type; empty: "message"
  std::string_view id;     // empty: none
  // How long the client waits before it connects again.
  std::optional<std::chrono::milliseconds> retry;
};

class EventStream {
 public:
  // Sends the head.
  EventStream(Request& request, Response& response, EventStreamOptions options = {});
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  ~EventStream();

  // Awaited it goes on when the client keeps up; see Response::flush().
  auto send(const ServerSentEvent& event) {
    put(event);
    return response_.flush();
  }
  auto send(std::string_view data) { return send(ServerSentEvent{.data = data}); }

  // What the client saw last; empty for a first connection. A stranger's text.
  std::string_view last_event_id() const;
  // False: it was finished, or cut off; nothing more is sent.
  bool open() const { return !response_.finished(); }

 private:
  void put(const ServerSentEvent& event);
  void put(std::string_view text);
  void beat_every(Duration interval);
  void beat();
  void doubt_client();

  Request& request_;
  Response& response_;
  const EventStreamOptions options_;
  TimerHandle heartbeat_;
  bool silent_ = false;  // nothing was sent since the last beat
  size_t behind_bytes_ = 0;
};

}  // namespace turbo::web

#endif  // TURBO_WEB_EVENT_STREAM_H_
