// IOStream: an asynchronous byte stream over a socket, a pipe, TLS or memory, with the seed's vocabulary.
//
//   IOStream stream(-1);
//   stream.connect("example.org", 80, [&](absl::Status connected) {
//     if (!connected.ok()) return;
//     stream.write("GET / HTTP/1.0\r\n\r\n");
//     stream.read_until_close([](absl::StatusOr<Buffer> page) { ... });
//   });
//
// Every operation has two faces: with a callback, and without one as an awaitable for coroutines. Both follow the
// same rules (IOS-3, IOS-4):
//   - a completion runs on the loop, in its completions phase, never inside the call that started the operation and
//     never from a destructor;
//   - every accepted operation completes exactly once, refused ones too, later; only the write slot can be
//     overwritten (set by a later write with a callback), by the seed's rule;
//   - a callback may start operations, close the stream and destroy it.
//
// Owner:   its maker, on one loop; close() or the destructor releases the descriptor. Destroying it destroys pending
//          callbacks uncalled and resumes waiting coroutines, later, with kCancelled.
// Threads: its loop's, checked in debug builds.
// Errors:  absl::Status; error() keeps the first cause. kOutOfRange: the peer ended the stream before the read was
//          satisfied. kCancelled: closed or cancelled here. kDeadlineExceeded. kResourceExhausted: a buffer or
//          max_bytes limit. kFailedPrecondition: a read is pending already. kInvalidArgument. kUnavailable: refused,
//          unreachable, reset, not resolved. kInternal: a callback threw; the stream is closed.
// Limits:  unread input and unsent output max_buffer_size each (100 MiB unless set); one read at a time; at most
//          1 MiB is read and 1 MiB written in one event, then other streams have their turn.
// Cost:    about 250 bytes idle and no buffer; no allocation for a read or a write in steady state; one recv an
//          event and one gather write an iteration in the common case.
#ifndef TURBO_NET_IO_STREAM_H_
#define TURBO_NET_IO_STREAM_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "framework/base/address.h"
#include "framework/base/life_watch.h"
#include "framework/buffer/buffer.h"
#include "framework/loop/async_operation.h"
#include "framework/loop/io_loop.h"
#include "framework/net/transport.h"

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

struct ConnectOptions {
  int family = AF_UNSPEC;
  std::optional<Address> source;
  Duration deadline = std::chrono::seconds(30);  // resolution included
};

class IOStream final : private EventHandler, private Completion, private Flushable {
 public:
  // Takes the descriptor over and makes it non-blocking: a connected or unconnected socket, a pipe end, or -1 to have
  // connect() make one. With no loop of its own the stream belongs to IOLoop::instance().
  explicit IOStream(int fd, IOLoop* loop = IOLoop::current(), IOStreamOptions options = {});
  // Over any transport. `connected`: reads and writes may begin at once.
  explicit IOStream(std::unique_ptr<Transport> transport, IOLoop* loop = IOLoop::current(),
                    IOStreamOptions options = {});
  IOStream(const IOStream&) = delete;
  IOStream& operator=(const IOStream&) = delete;
  ~IOStream();

  // ---- connecting ----
  // Resolves without blocking, tries families as RFC 8305 says when the stream has no socket yet, and the addresses
  // in turn when it has. Reads and writes may be started before it completes: they wait. Failure closes the stream.
  void connect(std::string_view host, uint16_t port, ConnectCallback callback);
  void connect(std::string_view host, uint16_t port, ConnectOptions options, ConnectCallback callback);
  void connect(const Address& address, ConnectOptions options, ConnectCallback callback);
  auto connect(std::string_view host, uint16_t port, ConnectOptions options = {});
  auto connect(const Address& address, ConnectOptions options = {});

  // ---- reading ----
  // One read at a time: a second one completes with kFailedPrecondition and leaves the first alone (E1).

  // Up to and including `delimiter` (1 to 4,096 bytes). `max_bytes`, delimiter included, decides whatever the
  // packets (IOS-14).
  void read_until(std::string_view delimiter, ReadCallback callback, size_t max_bytes = kNoLimit);
  // Up to the end of the first match of `pattern` (RE2 syntax). Where a match could go on it may depend on the
  // packets (E26).
  void read_until_regex(std::string_view pattern, ReadCallback callback, size_t max_bytes = kRegexLimit);
  // Exactly `count` bytes. More than max_buffer_size: kResourceExhausted at once, nothing consumed.
  void read_bytes(size_t count, ReadCallback callback);
  // `streaming` gets the bytes as they come, in non-empty pieces; the callback then gets an empty buffer. Not
  // bounded by max_buffer_size.
  void read_bytes(size_t count, ReadCallback callback, StreamingCallback streaming);
  // At least one and at most `count` bytes.
  void read_bytes_partial(size_t count, ReadCallback callback);
  // Whatever has arrived, at least one byte.
  void read_some(ReadCallback callback);
  // Everything until the peer ends or resets the stream; a reset shows in error(). The callback may be null.
  void read_until_close(ReadCallback callback, StreamingCallback streaming = nullptr);
  // Fills the caller's memory, which stays valid until completion or cancel_read(). On failure `bytes_read` says how
  // many bytes are in it already (IOS-17).
  void read_into(std::span<char> room, ReadIntoCallback callback);
  void read_into_partial(std::span<char> room, ReadIntoCallback callback);

  // The same without a callback return awaitables of absl::StatusOr<Buffer> (read_into: of ReadIntoResult).

  // Fails the pending read with kCancelled, loses no bytes, and frees the slot at once (E41).
  void cancel_read();
  // The pending read, or the next one started, fails with kDeadlineExceeded when not complete after `timeout`; bytes
  // stay buffered, the stream open (IOS-20).
  void set_read_deadline(Duration timeout);
  // Unread input. The view is valid until the next operation (IOS-19).
  const Buffer& peek() const { return input_; }
  // Drops unread input and frees its memory.
  void discard_input();

  // ---- writing ----
  // Output leaves in the flush phase, one gather write a loop iteration (IOS-33). write() never blocks and never
  // sends inline. It returns the write's own completion, which may be awaited and may be ignored: it resumes when the
  // last byte of this write has gone to the kernel.
  class WriteOperation;
  WriteOperation write(Buffer data);
  WriteOperation write(std::string data);
  WriteOperation write(std::string_view data);  // copies
  WriteOperation write(const char* text) { return write(std::string_view(text)); }
  // The seed's form: `callback` runs when all output buffered so far has been written; a later write with a callback
  // overwrites it. A refused write calls it back by itself and leaves the slot alone.
  void write(Buffer data, WriteCallback callback);
  void write(std::string data, WriteCallback callback);
  void write(std::string_view data, WriteCallback callback);
  // Sends `count` bytes of a file from `offset`, by sendfile where the transport can. The descriptor is duplicated.
  WriteOperation write_file(int file, off_t offset, size_t count);

  // Unsent output.
  size_t write_buffer_size() const;
  // `on_high` runs when unsent output rises above `high` bytes, `on_low` when it has fallen to `low` again.
  void set_watermarks(size_t low, size_t high, Callback on_high, Callback on_low);
  // While output waits and none of it leaves for `timeout`, the stream closes with kDeadlineExceeded. 0: off.
  void set_write_stall_timeout(Duration timeout);

  // ---- ending ----
  // Runs once, after every other completion of the stream; set on a closed stream it still runs (E35). Null clears.
  void set_close_callback(CloseCallback callback);
  // Closes the descriptor before it returns. Pending operations complete with kCancelled, unsent output is dropped,
  // unread input stays readable.
  void close();
  // Closes when all output has been written, at the latest after `timeout`.
  void close_after_flush(Duration timeout);
  // Sends FIN after the output buffered now.
  void shutdown_write();

  // ---- facts ----
  bool reading() const;
  bool writing() const;
  bool closed() const;
  bool connecting() const;
  // The first cause of the end; OK while open and after a clean end. Never changes once closed.
  const absl::Status& error() const { return error_; }
  IOLoop& loop() const { return loop_; }
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
};

}  // namespace turbo

#endif  // TURBO_NET_IO_STREAM_H_
