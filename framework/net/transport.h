// Transport: what an IOStream reads from and writes to. A socket, a pipe, TLS, or memory under
// test.
//
// A transport moves bytes and reports readiness; it knows nothing of delimiters, limits, callbacks
// or deadlines. An IOStream uses it, or a transport over it, in this call sequence:
//
//   attach() (connect() connect_result()*)? (watch() read() write() send_file())*
//   shutdown_write()? close()
//
// Owner:   the IOStream, by unique_ptr. start_tls wraps the one it has.
// Threads: the loop's.
// Errors:  an IOResult with an errno value, or a status where a library explains itself better.
// Limits:  one call moves at most what it is offered.
// Cost:    one virtual call and at most one system call each.
#ifndef TURBO_NET_TRANSPORT_H_
#define TURBO_NET_TRANSPORT_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "framework/base/address.h"
#include "framework/base/status.h"
#include "framework/loop/io_loop.h"

namespace turbo {

struct IOResult {
  enum class Kind : uint8_t {
    kBytes,       // `bytes` > 0 were moved
    kWouldBlock,  // nothing now; watch for `wants`
    kEnd,         // reading: the peer's FIN, or close_notify
    kError,       // `error` is an errno value
  };
  Kind kind;
  // kWouldBlock: the readiness to wait for (TLS may want to write in order to read).
  uint16_t wants = kNoEvents;
  int error = 0;
  size_t bytes = 0;

  static IOResult moved(size_t bytes) { return {Kind::kBytes, kNoEvents, 0, bytes}; }
  static IOResult would_block(uint32_t wants) {
    return {Kind::kWouldBlock, static_cast<uint16_t>(wants), 0, 0};
  }
  static IOResult end() { return {Kind::kEnd, kNoEvents, 0, 0}; }
  static IOResult failed(int error) { return {Kind::kError, kNoEvents, error, 0}; }
};
// Small enough to be returned in registers.
static_assert(sizeof(IOResult) <= 16);

class Transport {
 public:
  virtual ~Transport() = default;

  // Readiness goes to `handler` from now on. Called before anything else, and again, with nothing
  // watched, when a transport that wraps this one takes its place.
  virtual void attach(IOLoop& loop, EventHandler& handler) = 0;

  // Sets what readiness is wanted: kReadable, kWritable, kPeerShut. kNoEvents takes the descriptor
  // out of the poller, since hang-ups cannot be masked. Cheap when nothing changes. If the poller
  // refuses the descriptor the handler gets kError, inside this call.
  virtual void watch(uint32_t events) = 0;

  // Reads at most room.size() bytes (> 0). EINTR is retried inside.
  virtual IOResult read(std::span<char> room) = 0;

  // Writes from the pieces, in order, at least one and none empty. May write a part. Never raises
  // SIGPIPE.
  virtual IOResult write(std::span<const iovec> pieces) = 0;

  // send_file() copies nothing here: the kernel does it.
  virtual bool sends_files() const { return false; }
  // Writes `count` bytes of `file` from `offset`; kEnd if the file is shorter than asked.
  virtual IOResult send_file(int file, off_t offset, size_t count) = 0;

  // True if bytes wait inside the transport that no readiness will announce (decrypted TLS
  // records).
  virtual bool has_buffered_input() const { return false; }

  // False during a handshake that has to end before bytes can move (TLS). It goes on by itself once
  // something is watched. Its end is told as kWritable, its failure as kError, and connect_result()
  // says why.
  virtual bool established() const { return true; }

  // What an IOResult's `error` means. `operation` begins the message.
  virtual absl::Status explain(int error, std::string_view operation) const {
    return errno_status(error, operation);
  }

  // Begins a connection. OK: established or on its way; kWritable then tells, and connect_result()
  // the outcome.
  virtual absl::Status connect(const Address& peer, const Address* source) = 0;
  // OK once established; the cause if the attempt failed. After kError on an established
  // connection: the error that waits on it, or OK if there is none.
  virtual absl::Status connect_result() = 0;

  // Sends FIN (or close_notify and FIN).
  virtual absl::Status shutdown_write() = 0;

  // Releases the descriptor and its registration. Idempotent; nothing else is called afterwards.
  virtual void close() = 0;

  // The descriptor, or -1: for socket options and tests, never for reading and writing.
  virtual int fd() const = 0;
  virtual Address local_address() const = 0;
  virtual Address peer_address() const = 0;
};

}  // namespace turbo

#endif  // TURBO_NET_TRANSPORT_H_
