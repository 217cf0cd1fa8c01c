// The awaitable face of IOStream. Included by io_stream.h, which is what users include.
//
//   absl::StatusOr<Buffer> line = co_await stream.read_until("\n");
//
// Each awaitable starts its operation when it is awaited, not before, and hands it an
// AsyncOperation's callback. A coroutine that is destroyed while it waits withdraws its read;
// withdrawing a connect or a start_tls closes the stream.
//
// Owner:   the awaiting coroutine's frame.
// Threads: the loop's.
// Errors:  those of the operation; kCancelled when the stream is destroyed.
// Limits:  awaited once, and before the stream is destroyed.
// Cost:    no allocation, but for delimiters beyond 15 bytes.
#ifndef TURBO_NET_IO_STREAM_AWAIT_H_
#define TURBO_NET_IO_STREAM_AWAIT_H_

#include <string>
#include <utility>

#include "framework/loop/async_operation.h"
#include "framework/net/io_stream.h"

namespace turbo {

// One awaited read. `Start` gets the stream and a callback.
template <class Result, class Start>
class [[nodiscard]] ReadOperation {
 public:
  ReadOperation(IOStream& stream, Start start)
      : stream_(stream), start_(std::move(start)), operation_(stream.loop(), {*this}, {*this}) {}
  ReadOperation(const ReadOperation&) = delete;
  ReadOperation& operator=(const ReadOperation&) = delete;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) { return operation_.await_suspend(waiting); }
  Result await_resume() { return operation_.await_resume(); }

 private:
  struct Begin {
    template <class Callback>
    void operator()(Callback callback) const {
      const uint32_t before = self.stream_.read_.serial;
      self.start_(self.stream_, std::move(callback));
      const uint32_t after = self.stream_.read_.serial;
      self.serial_ = after == before ? 0 : after;
    }
    ReadOperation& self;
  };
  struct Withdraw {
    void operator()() const { self.stream_.withdraw_read(self.serial_); }
    ReadOperation& self;
  };

  IOStream& stream_;
  Start start_;
  uint32_t serial_ = 0;  // which read of the stream this is; 0: it was refused
  AsyncOperation<Result, Begin, Withdraw> operation_;
};

template <class Result, class Start>
ReadOperation<Result, Start> make_read_operation(IOStream& stream, Start start) {
  return ReadOperation<Result, Start>(stream, std::move(start));
}

inline auto IOStream::read_until(std::string_view delimiter, size_t max_bytes) {
  return make_read_operation<absl::StatusOr<Buffer>>(
      *this, [delimiter = std::string(delimiter), max_bytes](IOStream& stream, auto callback) {
        stream.read_until(delimiter, std::move(callback), max_bytes);
      });
}

inline auto IOStream::read_until_regex(std::string_view pattern, size_t max_bytes) {
  return make_read_operation<absl::StatusOr<Buffer>>(
      *this, [pattern = std::string(pattern), max_bytes](IOStream& stream, auto callback) {
        stream.read_until_regex(pattern, std::move(callback), max_bytes);
      });
}

inline auto IOStream::read_bytes(size_t count) {
  return make_read_operation<absl::StatusOr<Buffer>>(
      *this, [count](IOStream& stream, auto callback) {
        stream.read_bytes(count, ReadCallback(std::move(callback)));
      });
}

inline auto IOStream::read_bytes_partial(size_t count) {
  return make_read_operation<absl::StatusOr<Buffer>>(
      *this, [count](IOStream& stream, auto callback) {
        stream.read_bytes_partial(count, std::move(callback));
      });
}

inline auto IOStream::read_some() {
  return make_read_operation<absl::StatusOr<Buffer>>(
      *this, [](IOStream& stream, auto callback) { stream.read_some(std::move(callback)); });
}

inline auto IOStream::read_until_close() {
  return make_read_operation<absl::StatusOr<Buffer>>(
      *this, [](IOStream& stream, auto callback) { stream.read_until_close(std::move(callback)); });
}

inline auto IOStream::read_into(std::span<char> room) {
  return make_read_operation<ReadIntoResult>(*this, [room](IOStream& stream, auto callback) {
    stream.read_into(room, std::move(callback));
  });
}

inline auto IOStream::read_into_partial(std::span<char> room) {
  return make_read_operation<ReadIntoResult>(*this, [room](IOStream& stream, auto callback) {
    stream.read_into_partial(room, std::move(callback));
  });
}

inline auto IOStream::connect(std::string_view host, uint16_t port, ConnectOptions options) {
  return make_async_operation<absl::Status>(
      loop_,
      [this, host = std::string(host), port, options = std::move(options)](auto callback) {
        connect(host, port, options, std::move(callback));
      },
      [this] { withdraw_connect(); });
}

inline auto IOStream::connect(const Address& address, ConnectOptions options) {
  return make_async_operation<absl::Status>(
      loop_,
      [this, address, options = std::move(options)](auto callback) {
        connect(address, options, std::move(callback));
      },
      [this] { withdraw_connect(); });
}

inline auto IOStream::start_tls(TransportWrapper wrap) {
  return make_async_operation<absl::Status>(
      loop_,
      [this, wrap = std::move(wrap)](auto callback) mutable {
        start_tls(std::move(wrap), std::move(callback));
      },
      [this] { withdraw_connect(); });
}

inline auto IOStream::wait_for_handshake() {
  return make_async_operation<absl::Status>(
      loop_, [this](auto callback) { wait_for_handshake(std::move(callback)); }, [] {});
}

}  // namespace turbo

#endif  // TURBO_NET_IO_STREAM_AWAIT_H_
