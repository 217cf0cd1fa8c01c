// Exchange: one request and its response, whatever HTTP version carries them.
//
// A dispatcher reads the request, fills response() and the body, and ends with finish(). It may do
// so later: hold() keeps the exchange until release(), and the connection waits.
//
//   exchange.response().set_status(200);
//   exchange.write("Hello, World!");
//   exchange.finish();
//
// Owner:   its connection, from a per-loop stock; recycled after the answer. When the peer goes
//          away, or when the server has to answer in the handler's place (a body that is malformed,
//          too large or too slow, a handler that takes too long), it is recycled early: the
//          attachment, and with it a running task, is destroyed.
// Threads: its loop's.
// Errors:  what is written after finish() or after the peer has gone is dropped.
// Limits:  the server's; see HTTPServerOptions.
// Cost:    no allocation once the stock is warm; bodies are moved, never copied.
#ifndef TURBO_SERVER_EXCHANGE_H_
#define TURBO_SERVER_EXCHANGE_H_

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "framework/base/address.h"
#include "framework/buffer/buffer.h"
#include "framework/compress/decompressor.h"
#include "framework/http/request_head.h"
#include "framework/http/response_head.h"
#include "framework/loop/callback.h"
#include "framework/loop/io_loop.h"
#include "framework/server/output_filter.h"
#include "framework/tls/session.h"

namespace turbo {

// What a dispatcher keeps with an exchange: a matched route, a handler, a task.
class ExchangeAttachment {
 public:
  virtual ~ExchangeAttachment() = default;
};

// A piece of a request's body; empty: its end. Always OK: it is a StatusOr for the awaitables made
// of it, which may be cancelled.
using BodyCallback = absl::AnyInvocable<void(absl::StatusOr<Buffer>)>;

class Exchange {
 public:
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  // ---- request ----
  // Views are valid until the exchange is recycled.
  virtual const http::RequestHead& head() const = 0;
  // The whole body, unless it is streamed; empty in on_head(). May be moved from.
  Buffer& body() { return body_; }
  // Fields behind a chunked body, once it has ended; never merged with the head's.
  virtual std::span<const http::Field> trailers() const = 0;
  virtual Address peer_address() const = 0;
  // What was agreed on with the client, whose certificate may be in it; null over plain HTTP.
  virtual const tls::Session* tls() const = 0;
  virtual IOLoop& loop() const = 0;

  // ---- a body that is not collected ----
  // For on_head(). A limit for this request in place of the server's max_body_bytes.
  virtual void set_max_body_bytes(uint64_t bytes) = 0;
  virtual uint64_t max_body_bytes() const = 0;
  // Takes the Content-Encoding off the body (gzip, deflate or br, only one of them), which is
  // bounded by max_body_bytes() on both sides of it. Any other coding is answered with 415, what is
  // damaged with 400. The head stays as sent. For on_head(), after the limit was set.
  void decompress_body();
  bool body_is_decompressed() const { return rare_ != nullptr && rare_->decompressor != nullptr; }
  // on_request() is called at once, and the body is had by read_body(), in pieces of any size.
  void stream_body() { body_streamed_ = true; }
  // Calls back, later, with the next piece, one at a time: the callback of a second call while one
  // waits is destroyed uncalled. While none waits the client is not read from. A body that was
  // collected is one piece. Called no more when the exchange is recycled early. Pieces may be
  // small, and keep the block they came in.
  void read_body(BodyCallback callback);
  // Forgets the callback; nothing of the body is lost.
  void cancel_read_body();

  // ---- response ----
  http::ResponseHead& response() { return response_; }
  // Adds to the body. Nothing leaves before flush() or finish().
  void write(std::string_view bytes);
  void write(Buffer bytes);
  // Declares how long the body will be: it is streamed without chunks then, and write_file() can be
  // used. Before the head is sent. More bytes, or fewer at finish(), are never sent as if they were
  // right: the connection is cut and the mistake logged.
  void set_content_length(uint64_t bytes);
  std::optional<uint64_t> content_length() const;
  // Adds a part of a file, by sendfile where the connection can, behind what was written so far,
  // which is flushed. The descriptor is duplicated. Requires: set_content_length(). A file that is
  // shorter cuts the connection.
  void write_file(int file, off_t offset, uint64_t bytes);
  // write_file() copies nothing: the client is given the file's own pages. Otherwise, over TLS and
  // HTTP/2, bytes that are in memory cost less.
  virtual bool sends_files() const = 0;
  // Shows the answer to `filter` before it leaves. Before the head is sent.
  void add_output_filter(std::unique_ptr<OutputFilter> filter);
  // Adds a field that follows the body, any time before finish(), from a filter too. Refused is
  // what response() refuses and what may not stand there (http::may_be_trailer()):
  // kInvalidArgument. Over HTTP/1.1 the body is chunked then. Dropped where nothing can carry it:
  // in answers without a body, those whose length was declared, and for HTTP/1.0. Many clients
  // ignore trailers.
  [[nodiscard]] absl::Status add_trailer(std::string_view name, std::string_view value);
  // Back to an empty 200: drops status, fields, body, trailers and declared length. Before the head
  // is sent.
  void clear_response();
  // Drops the body written so far and not yet flushed.
  void clear_body() {
    small_size_ = 0;
    output_.clear();
  }
  // Sends an interim response before the answer, such as 103 with the Link fields a browser may
  // follow meanwhile (RFC 8297). kInvalidArgument for a status outside of 102 to 199 and for fields
  // that response() refuses. Dropped once the head is sent, and for HTTP/1.0, which knows none.
  [[nodiscard]] absl::Status send_informational(int status, std::span<const http::Field> fields);
  // Sends the head, if it has not left, and what was written since. From now on the length is
  // unknown, unless it was declared: the body is chunked, or ended by the connection for HTTP/1.0.
  void flush();
  // Sends the rest. Further calls do nothing.
  void finish();
  // Drops fields and body set so far, answers with a short page about `status` and finishes.
  // `detail` is escaped and shown; `fields` are the ones the status calls for (405: Allow). When
  // the head has left already the connection is cut instead, so that nobody takes half for the
  // whole.
  void send_error(int status, std::string_view detail = {},
                  std::span<const http::Field> fields = {});

  bool head_sent() const { return phase_ != Phase::kOpen; }
  bool finished() const { return phase_ == Phase::kFinished; }

  // ---- back-pressure ----
  // More than output_high_bytes wait for the client: a handler that streams should wait now.
  virtual bool output_is_high() const = 0;
  // Calls back, later, when all that was flushed has left. One at a time; a second takes the place
  // of the first. Called no more when the exchange is recycled early.
  void when_output_left(Callback callback);

  // ---- the client ----
  // Calls back once, when the client has shut its sending side, which one that went away does too,
  // or when the connection has ended before the answer. In the latter case the exchange is recycled
  // after the call. To be noticed while the handler waits, what the client pipelines is read, once.
  void on_peer_shut(Callback callback);
  // Forgets the callback.
  void ignore_peer_shut();

  // ---- time ----
  // No time limit of the server's for the body, the handler or a client that pauses counts from now
  // on until the answer is finished: whoever answers has limits of its own (an RPC's deadline). How
  // fast an HTTP/1 body comes is limited all the same. That the client has vanished is noticed over
  // HTTP/2 (keepalive_interval), else when something is written. For on_head().
  void keep_own_time() { keeps_own_time_ = true; }
  bool keeps_own_time() const { return keeps_own_time_ && !finished(); }

  // ---- later ----
  // Keeps the exchange after on_request() returned, and after finish(), until release().
  void hold() { ++holds_; }
  void release();

  // Destroyed when the exchange is recycled; replaces an earlier one.
  void attach(std::unique_ptr<ExchangeAttachment> attachment) {
    attachment_ = std::move(attachment);
  }
  ExchangeAttachment* attachment() const { return attachment_.get(); }

  // Files of one exchange or connection that may wait, a descriptor each.
  static constexpr size_t kMaxUnsentFiles = 16;

 protected:
  enum class Last : bool { kNo, kYes };
  // What few exchanges need; made when the first of it is asked for.
  struct Rare {
    std::unique_ptr<OutputFilter> filter;
    std::optional<uint64_t> content_length;
    uint64_t content_left = 0;  // of content_length
    std::unique_ptr<Decompressor> decompressor;
    BodyCallback body_callback;
    Callback output_left;
    Callback peer_shut;

    static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
    static void operator delete(void* piece, size_t bytes) {
      BlockPool::local().deallocate(piece, bytes);
    }
  };

  // The protocol's part: frames the bytes of `small`, then those of `large`, behind the head (sent
  // first, if it has not been) and sends.
  virtual void transmit(std::string_view small, Buffer&& large, Last last) = 0;
  // Sends an interim response, which is no part of the answer, if the client can take it.
  virtual void transmit_informational(const http::ResponseHead& interim) = 0;
  // As transmit(), for a part of a file. False: it could not be sent.
  virtual bool transmit_file(int file, off_t offset, uint64_t bytes) = 0;
  // A piece of the body is waited for, or the peer's end: read on, later.
  virtual void on_input_wanted() = 0;
  // Call output_left() when nothing waits to be sent.
  virtual void on_output_wait() = 0;
  // HEAD, 1xx, 204 and 304 (RFC 9110 6.4.1).
  bool has_no_body() const;
  // Call it when the head is about to leave.
  void drop_content_fields_of_304();
  // Cuts the connection (HTTP/1) or the stream (HTTP/2).
  virtual void abort() = 0;
  // Finished and not held any more: the next exchange may begin.
  virtual void on_done() = 0;

  Exchange() = default;
  // What add_trailer() took, complete when the last bytes are sent; null: nothing.
  const http::ResponseHead* trailers_to_send() const {
    return rare_ == nullptr || trailers_.field_count() == 0 ? nullptr : &trailers_;
  }
  // How long the body is: as declared, or the `bytes` that are there.
  uint64_t length_of_body(uint64_t bytes) const {
    return rare_ == nullptr ? bytes : content_length().value_or(bytes);
  }
  bool done() const { return finished() && holds_ == 0; }

  // ---- the body's way in ----
  bool body_streamed() const { return body_streamed_; }
  // A handler that streams it may read it to its end although the answer is finished.
  bool wants_body() const { return body_streamed_ ? !done() : !finished(); }
  // The body comes faster than its handler reads it.
  bool body_paused() const { return body_streamed_ && !done() && body_unwanted(); }
  // Nobody waits for a piece of the streamed body.
  bool body_unwanted() const { return rare_ == nullptr || rare_->body_callback == nullptr; }
  // An error of the decompressor: kResourceExhausted if it would be too large.
  absl::Status add_body(Buffer piece, size_t small_bytes);
  // There is more of it without another piece: add_body() goes on with an empty one. So no piece,
  // whatever it stands for, holds the loop for long.
  bool body_has_more() const { return body_is_decompressed() && rare_->decompressor->has_more(); }
  // Is it whole? Asked before end_body().
  absl::Status check_body_end() const;
  void end_body() { body_ended_ = true; }
  bool body_ended() const { return body_ended_; }
  // Gives what there is to who waits for it.
  void deliver_body();

  // Runs what a handler gave; what it throws goes to the loop's hook.
  template <class Call, class... Arguments>
  bool call_out(Call& call, Arguments&&... arguments);
  bool waits_for_output() const { return rare_ != nullptr && rare_->output_left != nullptr; }
  void tell_output_left();
  bool watches_peer() const { return rare_ != nullptr && rare_->peer_shut != nullptr; }
  void tell_peer_shut();

  // Back to the state of a new exchange; keeps memory.
  void restart();
  // Destroys what the dispatcher attached.
  void cancel();
  // The handler has no more to say: it is destroyed, holds nothing and is not called back. What was
  // written stays.
  void dismiss();

 private:
  // kFiltering: the filters are at it, and what they write or end is refused.
  enum class Phase : uint8_t { kOpen, kStreaming, kFiltering, kFinished };

  Rare& rare();
  void drop_rare();
  // False: the answer had to be cut, and the exchange is finished.
  bool send(Last last) {
    if (rare_ != nullptr) [[unlikely]]
      return send_rare(last);
    transmit({small_.data(), std::exchange(small_size_, 0)}, std::move(output_), last);
    return true;
  }

  bool may_answer() const {
    return phase_ < Phase::kFiltering || (phase_ == Phase::kFiltering && refuse_filter());
  }
  bool refuse_filter() const;
  std::string_view content_coding() const;
  bool send_rare(Last last);
  void filter_output(Last last);
  bool take_from_content_length(uint64_t bytes, Last last);
  void end_without_answer();
  bool cut(std::string_view why);

  // The first bytes of an answer wait here: small answers are copied behind their head, and need no
  // block of their own.
  static constexpr size_t kSmallBytes = 512;

  Buffer body_;
  Buffer output_;  // follows what is in small_
  http::ResponseHead response_;
  std::unique_ptr<ExchangeAttachment> attachment_;
  std::unique_ptr<Rare> rare_;
  uint32_t holds_ = 0;
  Phase phase_ = Phase::kOpen;
  bool body_streamed_ = false;
  bool body_ended_ = false;
  bool keeps_own_time_ = false;
  size_t small_size_ = 0;
  std::array<char, kSmallBytes> small_;
  http::ResponseHead trailers_;  // empty without rare_; here, as it keeps its memory
};

}  // namespace turbo

#endif  // TURBO_SERVER_EXCHANGE_H_
