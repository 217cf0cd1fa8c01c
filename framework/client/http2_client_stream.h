// HTTP2ClientStream: one request and its answer on an HTTP2ClientConnection. Derive from it.
//
//   connection.open(stream) ─► fill_request() ─► on_head(), on_data(), on_end() ... ─►
//   on_finished()
//                           └────────────── or, of one that never left ──────────────┘
//
// Owner:   whoever derives; it outlives its connection or its on_finished(), whichever comes first,
//          and may then be opened again, on any connection.
// Threads: the connection's loop's.
// Errors:  StreamEnd.
// Limits:  those of the session and of the connection.
// Cost:    no allocation but from the BlockPool; reused, none.
#ifndef TURBO_CLIENT_HTTP2_CLIENT_STREAM_H_
#define TURBO_CLIENT_HTTP2_CLIENT_STREAM_H_

#include <cstddef>

#include "absl/status/status.h"
#include "framework/base/intrusive_list.h"
#include "framework/http2/session.h"

namespace turbo {

class HTTP2ClientConnection;
struct HTTP2ClientStreamTag;

// How a stream came to its end.
struct StreamEnd {
  // kNoError: both sides have ended it, or the server, which needed no more of the request.
  http2::ErrorCode code = http2::ErrorCode::kNoError;
  bool by_server = false;
  // The server has done nothing for it and never will: it may be opened on another connection,
  // whatever it asks for. Unless `by_server` it has not even left.
  bool refused = false;
  // Not OK: the connection ended under it; `code` says nothing then.
  absl::Status lost;
};

class HTTP2ClientStream : public http2::Stream, public ListNode<HTTP2ClientStreamTag> {
 public:
  // ---- to be implemented, besides Stream's; called from inside the connection, which is not to be
  // ---- destroyed there
  // It is sent now. What the fields refer to is used before anything else is called.
  virtual http2::Body fill_request(http2::RequestFields& fields) = 0;
  // The last call.
  virtual void on_finished(const StreamEnd& end) = 0;

  // nullptr: it is not open.
  HTTP2ClientConnection* connection() const { return connection_; }

  // ---- nothing happens when it is not open ----
  // So many bytes of what came are not needed any more: the server may send as many.
  void consume(size_t bytes);
  // There is more of the body, or its end.
  void resume();
  // on_finished() follows, later.
  void reset(http2::ErrorCode why);

 private:
  friend class HTTP2ClientConnection;

  void on_closed(http2::ErrorCode why, bool by_peer) final;
  bool in_session() const;
  void begin();

  HTTP2ClientConnection* connection_ = nullptr;
  http2::ErrorCode withdrawn_for_ = http2::ErrorCode::kNoError;  // before it left
};

}  // namespace turbo

#endif  // TURBO_CLIENT_HTTP2_CLIENT_STREAM_H_
