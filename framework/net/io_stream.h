// IOStream: an asynchronous byte stream over a socket, a pipe, TLS or memory, with the seed's
// vocabulary.
//
//   IOStream stream(-1);
//   stream.connect("example.org", 80, [&](absl::Status connected) {
//     if (!connected.ok()) return;
//     stream.write("GET / HTTP/1.0\r\n\r\n");
//     stream.read_until_close([](absl::StatusOr<Buffer> page) { ... });
//   });
//
// Every operation has two faces: with a callback, and without one as an awaitable for coroutines.
// Both follow the same rules (IOS-3, IOS-4):
//   - a completion runs on the loop, in its completions phase, never inside the call that started
//     the operation and never from a destructor;
//   - every accepted operation completes exactly once, refused ones too, later; only the write slot
//     can be overwritten (set by a later write with a callback), by the seed's rule;
//   - a callback may start operations, close the stream and destroy it.
//
// Owner:   its maker, on one loop; close() or the destructor releases the descriptor. Destroying it
//          destroys pending callbacks uncalled and resumes waiting coroutines, later, with
//          kCancelled.
// Threads: its loop's, checked in debug builds.
// Errors:  absl::Status; error() keeps the first cause. kOutOfRange: the peer ended the stream
//          before the read was satisfied. kCancelled: closed or cancelled here. kDeadlineExceeded.
//          kResourceExhausted: a buffer or max_bytes limit. kFailedPrecondition: a read is pending
//          already. kInvalidArgument. kUnavailable: refused, unreachable, reset, not resolved.
//          kInternal: a callback threw; the stream is closed. kUnauthenticated: TLS does not trust
//          the peer.
// Limits:  unread input and unsent output max_buffer_size each (100 MiB unless set); one read at a
//          time; at most 1 MiB is read in 64 receives, and 1 MiB written, in one event, then others
//          have their turn.
// Cost:    about 250 bytes idle and no buffer; no allocation for a read or a write in steady state;
//          one recv an event and one gather write an iteration in the common case.
//
// How it works inside: README.md of this room.
#ifndef TURBO_NET_IO_STREAM_H_
#define TURBO_NET_IO_STREAM_H_

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/base/life_watch.h"
#include "framework/buffer/buffer.h"
#include "framework/loop/async_operation.h"
#include "framework/loop/io_loop.h"
#include "framework/net/stream_completion.h"
#include "framework/net/transport.h"
#include "framework/net/write_queue.h"

namespace turbo {

using ReadCallback = absl::AnyInvocable<void(absl::StatusOr<Buffer>)>;
using StreamingCallback = absl::AnyInvocable<void(Buffer)>;
using ReadIntoCallback = absl::AnyInvocable<void(absl::Status, size_t bytes_read)>;
using WriteCallback = absl::AnyInvocable<void(absl::Status)>;
using ConnectCallback = absl::AnyInvocable<void(absl::Status)>;
// OK: a clean end.
using CloseCallback = absl::AnyInvocable<void(absl::Status first_cause)>;

// What a delimited read does when its limit is reached (E36).
enum class OnLimit : uint8_t {
  kClose,  // the read fails with kResourceExhausted and the stream closes
  kKeep,   // the read fails, the stream stays open, the bytes stay readable
};

struct IOStreamOptions {
  size_t max_buffer_size = 104857600;  // unread input, and unsent output unless the next is set
  size_t max_write_buffer_size = 0;    // unsent output; 0: max_buffer_size
  size_t read_chunk_size = 4096;       // one recv; servers choose larger
  OnLimit on_limit = OnLimit::kClose;
  // The peer's FIN ends reading only; the write side stays open (E38).
  bool allow_half_open = false;
};

// What an awaited read_into yields. `bytes_read` counts on failure too.
struct ReadIntoResult {
  absl::Status status;
  size_t bytes_read = 0;

  // For a stream that is destroyed while the coroutine waits.
  static ReadIntoResult cancelled() {
    return {absl::CancelledError("the stream was destroyed"), 0};
  }
};

struct ConnectOptions {
  int family = AF_UNSPEC;
  std::optional<Address> source;
  Duration deadline = std::chrono::seconds(30);  // resolution included
};

// Puts a transport over another, which TLS does (tls::client(), tls::server()). `input`: bytes that
// came before and belong to the new one. `peer`: the host or address the stream was told to connect
// to, or empty.
using TransportWrapper = absl::AnyInvocable<std::unique_ptr<Transport>(
    std::unique_ptr<Transport> inner, Buffer input, std::string_view peer)>;

// Who reads again and again, as a server's connection does: the same as a ReadCallback, but nothing
// is made, moved and destroyed for each read.
class InputHandler {
 public:
  virtual void on_input(Buffer data) = 0;
  // The read failed; what a ReadCallback would get.
  virtual void on_input_end(absl::Status why) = 0;

 protected:
  ~InputHandler() = default;
};

class DeferredCall;  // io_stream_parts.h

class IOStream : private EventHandler, private Completion, private Flushable {
 public:
  // Takes the descriptor over and makes it non-blocking: a connected or unconnected socket, a pipe
  // end, or -1 to have connect() make one. With no loop of its own the stream belongs to
  // IOLoop::instance().
  explicit IOStream(int fd, IOLoop* loop = IOLoop::current(), IOStreamOptions options = {});
  // The same with a layer over the transport: once it is connected, or at once if it is.
  IOStream(int fd, TransportWrapper wrap, IOLoop* loop = IOLoop::current(),
           IOStreamOptions options = {});
  // Over any transport, taken as connected: reads and writes may begin at once. (One that is not is
  // given to connect() before anything else.) For a socket known to be connected and non-blocking
  // this form saves the system calls that find that out:
  // IOStream(std::make_unique<SocketTransport>(std::move(socket))).
  explicit IOStream(std::unique_ptr<Transport> transport, IOLoop* loop = IOLoop::current(),
                    IOStreamOptions options = {});
  IOStream(const IOStream&) = delete;
  IOStream& operator=(const IOStream&) = delete;
  virtual ~IOStream();

  // ---- connecting ----
  // Resolves without blocking, tries families as RFC 8305 says when the stream has no socket yet,
  // and the addresses in turn when it has. Reads and writes may be started before it completes:
  // they wait. Failure closes the stream.
  void connect(std::string_view host, uint16_t port, ConnectCallback callback);
  void connect(std::string_view host, uint16_t port, ConnectOptions options,
               ConnectCallback callback);
  void connect(const Address& address, ConnectOptions options, ConnectCallback callback);
  auto connect(std::string_view host, uint16_t port, ConnectOptions options = {});
  auto connect(const Address& address, ConnectOptions options = {});

  // Puts TLS over an idle stream in place: open, nothing being read or waiting to be written; else
  // kFailedPrecondition and the stream stays as it is. Reads and writes may be started before it
  // completes: they wait. Input that came behind what was read so far is given to the handshake,
  // which refuses what is no TLS (TLS-8). Failure closes the stream. A client's wrapper has to know
  // the name to verify: the one given to connect() is not remembered.
  void start_tls(TransportWrapper wrap, ConnectCallback callback);
  auto start_tls(TransportWrapper wrap);
  // Completes when the handshake has ended; at once, but later, for a stream without one.
  void wait_for_handshake(ConnectCallback callback);
  auto wait_for_handshake();
  // For a stream of another kind that goes on with the connection: takes the transport out of an
  // idle stream (as for start_tls()), which is closed then, while unread input stays with it. Null,
  // and nothing happens, if it is not idle.
  std::unique_ptr<Transport> release_transport();

  // ---- reading ----
  // One read at a time: a second one completes with kFailedPrecondition and leaves the first alone
  // (E1).

  // Up to and including `delimiter` (1 to 4,096 bytes). `max_bytes`, delimiter included, decides
  // whatever the packets (IOS-14).
  void read_until(std::string_view delimiter, ReadCallback callback, size_t max_bytes = kNoLimit);
  // Up to the end of the first match of `pattern` (RE2 syntax). Where a match could go on it may
  // depend on the packets (E26).
  void read_until_regex(std::string_view pattern, ReadCallback callback,
                        size_t max_bytes = kRegexLimit);
  // Exactly `count` bytes. More than max_buffer_size: kResourceExhausted at once, nothing consumed.
  void read_bytes(size_t count, ReadCallback callback);
  // `streaming` gets the bytes as they come, in non-empty pieces; the callback then gets an empty
  // buffer. Not bounded by max_buffer_size.
  void read_bytes(size_t count, ReadCallback callback, StreamingCallback streaming);
  // At least one and at most `count` bytes.
  void read_bytes_partial(size_t count, ReadCallback callback);
  // Whatever has arrived, at least one byte.
  void read_some(ReadCallback callback);
  // The same for a handler, which outlives the read or the stream.
  void read_some(InputHandler& handler);
  // Everything until the peer ends or resets the stream; a reset shows in error(). Our own close()
  // fails it with kCancelled, and what had come stays readable. The callback may be null.
  void read_until_close(ReadCallback callback, StreamingCallback streaming = nullptr);
  // Fills the caller's memory, which stays valid until completion or cancel_read(). On failure
  // `bytes_read` says how many bytes are in it already (IOS-17).
  void read_into(std::span<char> room, ReadIntoCallback callback);
  void read_into_partial(std::span<char> room, ReadIntoCallback callback);

  // The same without a callback: awaitables of absl::StatusOr<Buffer>, read_into's of
  // ReadIntoResult.
  auto read_until(std::string_view delimiter, size_t max_bytes = kNoLimit);
  auto read_until_regex(std::string_view pattern, size_t max_bytes = kRegexLimit);
  auto read_bytes(size_t count);
  auto read_bytes_partial(size_t count);
  auto read_some();
  auto read_until_close();
  auto read_into(std::span<char> room);
  auto read_into_partial(std::span<char> room);

  // Fails the pending read with kCancelled, loses no bytes, and frees the slot at once (E41).
  void cancel_read();
  // The pending read, or the next one started, fails with kDeadlineExceeded when not complete after
  // `timeout`; bytes stay buffered, the stream open (IOS-20).
  void set_read_deadline(Duration timeout);
  // Unread input. The view is valid until the next operation (IOS-19).
  const Buffer& peek() const { return input_; }
  // Drops unread input and frees its memory.
  void discard_input();
  // Puts bytes back before the unread input, for who has looked what protocol they are. Requires:
  // no read is pending.
  void unread(Buffer data);

  // ---- writing ----
  // Output leaves in the flush phase, one gather write a loop iteration (IOS-33). write() never
  // blocks and never sends inline. It returns the write's own completion, which may be awaited and
  // may be ignored: it resumes when the last byte of this write has gone to the kernel.
  class WriteOperation;
  WriteOperation write(Buffer&& data);
  WriteOperation write(std::string data);
  WriteOperation write(std::string_view data);  // copies
  WriteOperation write(const char* text);
  // The seed's form: `callback` runs when all output buffered so far has been written; a later
  // write with a callback overwrites it. A refused write calls it back by itself and leaves the
  // slot alone.
  void write(Buffer data, WriteCallback callback);
  void write(std::string data, WriteCallback callback);
  void write(std::string_view data, WriteCallback callback);
  void write(const char* text, WriteCallback callback) {
    write(std::string_view(text), std::move(callback));
  }
  // For protocols that serialise in place: what is appended to the end of output(), up to the call
  // of appended(), is written as by write(), but no limit is applied. Requires: neither
  // shutdown_write() nor close_after_flush() was called. A closed stream drops it.
  Buffer& output() { return output_.bytes(); }
  void appended();
  // Sends `count` bytes of a file from `offset`, by sendfile where the transport can. The
  // descriptor is duplicated. A range that no file can have: kInvalidArgument.
  WriteOperation write_file(int file, off_t offset, size_t count);
  // It is the kernel that copies them.
  bool sends_files() const { return transport_->sends_files(); }

  // Unsent output.
  size_t write_buffer_size() const { return output_.size(); }
  // Files of write_file() among it, each with a descriptor.
  size_t unsent_files() const { return output_.files(); }
  // Output that the kernel has taken, since the beginning.
  uint64_t bytes_sent() const { return output_.sent(); }
  // `on_high` runs when unsent output rises above `high` bytes, `on_low` when it has fallen to
  // `low` again.
  void set_watermarks(size_t low, size_t high, Callback on_high, Callback on_low);
  // While output waits and none of it leaves for `timeout`, the stream closes with
  // kDeadlineExceeded. 0: off.
  void set_write_stall_timeout(Duration timeout);

  // ---- ending ----
  // Runs once, after every other completion of the stream; set on a closed stream it still runs
  // (E35). Null clears.
  void set_close_callback(CloseCallback callback);
  // Closes the descriptor before it returns. Pending operations complete with kCancelled, unsent
  // output is dropped, unread input stays readable.
  void close();
  // Closes when all output has been written, at the latest after `timeout`.
  void close_after_flush(Duration timeout);
  // Sends FIN after the output buffered now.
  void shutdown_write();

  // ---- facts ----
  bool reading() const { return read_.kind != ReadKind::kNone; }
  bool writing() const { return !output_.empty(); }
  bool closed() const { return phase_ == Phase::kClosed; }
  // Until the handshake, if there is one, has ended.
  bool connecting() const { return phase_ == Phase::kConnecting || phase_ == Phase::kHandshaking; }
  // The first cause of the end; OK while open and after a clean end. Never changes once closed.
  const absl::Status& error() const { return error_; }
  IOLoop& loop() const { return loop_; }
  // What the stream is made of, or null; for those who know its kind (tls::session_of()).
  const Transport* transport() const { return transport_.get(); }
  Address peer_address() const;
  Address local_address() const;

  // ---- socket options ---- (nothing happens on what is not TCP)
  void set_nodelay(bool on);
  struct KeepAlive {
    std::chrono::seconds idle{60};
    std::chrono::seconds interval{10};
    int probes = 3;
  };
  void set_keepalive(std::optional<KeepAlive> keepalive);

  static constexpr size_t kNoLimit = SIZE_MAX;
  static constexpr size_t kRegexLimit = 65536;

 private:
  friend class DeferredCall;
  template <class Result, class Start>
  friend class ReadOperation;
  class WriteAwaiter;
  struct ReadParts;
  struct WriteParts;
  struct Deadlines;
  class ConnectAttempt;
  struct Parts;

  enum class Phase : uint8_t { kFresh, kConnecting, kHandshaking, kOpen, kClosed };
  // Who ended a closed stream: with error() it decides what later operations are told.
  enum class EndedBy : uint8_t { kNobody, kUs, kPeer, kError };
  enum class ReadKind : uint8_t {
    kNone,
    kUntil,
    kRegex,
    kBytes,
    kPartial,
    kUntilClose,
    kStreamBytes,  // from here on delivered apart
    kStreamUntilClose,
    kInto,
    kIntoPartial,
  };
  enum class WriteRefusal : uint8_t { kNone, kClosed, kFull, kShut, kBadRange, kNoDescriptor };

  // What a stream is watched for most of its life.
  static constexpr uint16_t kSteadyInterest = kReadable | kPeerShut;

  // What was asked for, and what became of it.
  struct PendingRead {
    ReadCallback callback;
    InputHandler* handler = nullptr;  // instead of a callback
    size_t count = 0;                 // bytes wanted, or the limit of a delimited read
    size_t ready_bytes = 0;           // the result, when `ready`
    uint32_t serial = 0;              // counts accepted reads
    ReadKind kind = ReadKind::kNone;
    bool ready = false;  // a result waits for its turn
  };

  // ---- from the loop ----
  void on_events(uint32_t events) final;
  void on_writable();
  void complete() final;
  void flush() final;

  // ---- completions (io_stream.cc) ----
  // Runs `call`, which may destroy the stream: false if it did.
  template <class Call>
  bool call_out(Call&& call);
  static void callback_threw(IOStream* alive, IOLoop& loop);
  void after_completion() {
    if (phase_ == Phase::kClosed) [[unlikely]]
      return schedule_close_callback();
    raise_interest();
  }
  void defer(DeferredCall& call);
  void defer(WriteCallback callback, absl::Status status);
  void defer_read(ReadCallback callback, absl::StatusOr<Buffer> result);
  void defer_read_into(ReadIntoCallback callback, absl::Status status, size_t bytes);

  // ---- ending (io_stream.cc) ----
  void end(EndedBy by, absl::Status cause);
  // What an operation is told that the end of the stream prevents.
  absl::Status ended_status() const;
  void schedule_close_callback();
  void deliver_close();
  void handle_trouble(uint32_t events);

  // ---- interest (io_stream.cc) ----
  uint32_t interest() const;
  // Interest that is no longer needed stays until an event shows that it disturbs: a connection
  // that answers request after request never calls epoll_ctl.
  void raise_interest() {
    const bool steady = watched_ == kSteadyInterest && read_wants_ == kReadable && !output_waits_;
    if (!steady) [[unlikely]]
      raise_interest_slow();
  }
  void raise_interest_slow();
  void set_interest();

  // ---- reading (io_stream_read.cc) ----
  void start_read(ReadKind kind, size_t count, ReadCallback&& callback);
  void accept_read(ReadKind kind, size_t count);
  void start_streaming(ReadKind kind, size_t count, ReadCallback callback,
                       StreamingCallback streaming);
  void start_into(ReadKind kind, std::span<char> room, ReadIntoCallback callback);
  bool refuse_second_read(ReadCallback& callback);
  void begin_read();
  void advance_read();
  // A pending read wants input until it is satisfied; an idle stream reads one chunk ahead (row
  // 13).
  bool wants_input() const {
    if (phase_ != Phase::kOpen || input_ended_) return false;
    return reading() ? !read_.ready : input_.empty();
  }
  size_t receive();
  void received_nothing(IOResult result);
  void receive_last();
  IOResult receive_once(size_t& offered);
  IOResult receive_into(size_t& offered);
  bool settle_read();
  bool settle_other_read();
  bool settle_match(std::optional<size_t> end);
  bool settle_into();
  bool read_is_ready(size_t bytes);
  void read_over_limit();
  void input_ended();
  void end_read();
  void cancel_until_close();
  void fail_read(absl::Status status);
  void forget_read() {
    const bool streams =
        read_.kind == ReadKind::kStreamBytes || read_.kind == ReadKind::kStreamUntilClose;
    read_.kind = ReadKind::kNone;
    read_.ready = false;
    if (streams || read_deadline_set_) [[unlikely]]
      forget_read_parts();
  }
  void forget_read_parts();
  void withdraw_read(uint32_t serial);
  void deliver_read();
  void deliver_to_handler();
  void deliver_apart();
  void deliver_piece();
  void deliver_into();
  Buffer take_input(size_t bytes);
  void arm_read_deadline();
  void read_timed_out();
  void retry_match_later();
  ReadParts& read_parts();

  // ---- writing (io_stream_write.cc) ----
  WriteOperation begin_write(size_t bytes);
  absl::Status refusal_status(WriteRefusal refusal) const;
  void enqueued();
  void finish_write(const WriteOperation& operation, WriteCallback callback);
  void output_blocked(uint32_t wants);
  void output_moved();
  void note_progress();
  void output_drained();
  void output_failed(int error);
  void await_write(WriteAwaiter& awaiter);
  void insert_waiting(WriteAwaiter& awaiter);
  void make_ready(WriteAwaiter& awaiter, absl::Status status);
  void fail_writes();
  void check_watermarks();
  void report_watermark();
  void arm_write_stall(Duration after);
  void check_write_stall();
  void send_fin();
  WriteParts& write_parts();

  // ---- connecting (io_stream_connect.cc) ----
  bool begin_connect(ConnectOptions options, ConnectCallback& callback);
  void connect_to(std::vector<Address> addresses);
  void connect_next(absl::Status failure);
  void on_connect_event();
  void on_raced(absl::StatusOr<UniqueFd> socket);
  void finish_connect(absl::Status result);
  void open();
  void opened();
  void wrap_transport(TransportWrapper wrap, std::string_view peer);
  void on_handshake_event();
  void finish_handshake(const absl::Status& result);
  bool is_idle() const;
  void withdraw_connect();

  void take_descriptor(int fd);
  void adopt(std::unique_ptr<Transport> transport);
  Parts& parts();
  Deadlines& deadlines();

  // In this order nothing is lost to alignment: a callback wants 16 bytes.
  IOLoop& loop_;
  PendingRead read_;
  std::unique_ptr<Transport> transport_;
  Life life_;
  Buffer input_;
  WriteQueue output_;
  size_t max_input_;
  size_t max_output_;
  uint32_t chunk_;                // one receive; at most max_input_
  uint16_t watched_ = kNoEvents;  // what transport_ was told
  uint8_t read_wants_ =
      kReadable;  // what reading waits for; TLS may need to write in order to read
  uint8_t write_wants_ = kWritable;  // what writing waits for, when output_waits_
  Phase phase_ = Phase::kFresh;
  EndedBy ended_by_ = EndedBy::kNobody;
  OnLimit on_limit_;
  bool more_input_likely_ = false;  // the last receive filled its room
  bool output_waits_ = false;       // for write_wants_
  // Tested together before each write.
  bool fin_wanted_ : 1 = false;
  bool close_when_drained_ : 1 = false;
  bool fin_sent_ : 1 = false;
  bool half_open_ : 1;
  bool connectable_ : 1 = false;        // over a transport that may still be given to connect()
  bool input_ended_ : 1 = false;        // the peer's FIN was read
  bool hang_up_seen_ : 1 = false;       // announced, with input unread before it
  bool receive_again_ : 1 = false;      // the budget ran out on bytes no readiness will announce
  bool read_deadline_set_ : 1 = false;  // armed, or waiting for the next read
  bool write_only_ : 1 = false;         // a pipe's write end
  absl::Status error_;
  std::unique_ptr<Parts> parts_;  // what most streams never need (io_stream_parts.h)
};

// The completion of one write. Ignoring it costs nothing. Awaited, before the stream is destroyed,
// it resumes when the write's last byte has gone to the kernel, in the order of the writes, with
// the status of the write.
class IOStream::WriteOperation {
 public:
  WriteAwaiter operator co_await() const;
  // False: nothing of it will be written; who awaits it is told why.
  bool accepted() const { return refusal_ == WriteRefusal::kNone; }

 private:
  friend class IOStream;
  WriteOperation(IOStream& stream, uint64_t end, WriteRefusal refusal)
      : stream_(&stream), end_(end), refusal_(refusal) {}

  IOStream* stream_;
  uint64_t end_;  // WriteQueue position just past the write
  WriteRefusal refusal_;
};

class IOStream::WriteAwaiter final : private StreamCompletion {
 public:
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting);
  absl::Status await_resume() { return std::move(status_); }

 private:
  friend class IOStream;
  WriteAwaiter(IOStream& stream, uint64_t end, WriteRefusal refusal)
      : StreamCompletion(stream), loop_(stream.loop_), end_(end), refusal_(refusal) {}

  void complete() override;
  void abandon() override;

  IOLoop& loop_;
  const uint64_t end_;
  const WriteRefusal refusal_;
  absl::Status status_;
  std::coroutine_handle<> waiting_;
};

inline IOStream::WriteOperation IOStream::write(const char* text) {
  return write(std::string_view(text));
}

inline IOStream::WriteAwaiter IOStream::WriteOperation::operator co_await() const {
  return WriteAwaiter(*stream_, end_, refusal_);
}

}  // namespace turbo

#include "framework/net/io_stream_await.h"

#endif  // TURBO_NET_IO_STREAM_H_
