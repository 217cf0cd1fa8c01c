// The parts of an IOStream that most streams never need, made when first asked for and kept from
// then on. Private to io_stream*.cc.
//
// Owner:   the stream.
// Threads: its loop's.
// Errors:  none.
// Limits:  none.
// Cost:    64 bytes for the first, then each its own size.
#ifndef TURBO_NET_IO_STREAM_PARTS_H_
#define TURBO_NET_IO_STREAM_PARTS_H_

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "framework/buffer/block_pool.h"
#include "framework/dns/resolver.h"
#include "framework/loop/deletable.h"
#include "framework/net/connector.h"
#include "framework/net/host_connector.h"
#include "framework/net/io_stream.h"
#include "framework/net/read_matcher.h"

namespace turbo {

// A callback whose result is known: refused and failed operations, the write slot, connect,
// read_into.
class DeferredCall final : public StreamCompletion {
 public:
  struct Read {
    ReadCallback callback;
    absl::StatusOr<Buffer> result;
  };
  struct ReadInto {
    ReadIntoCallback callback;
    absl::Status status;
    size_t bytes;
  };
  struct Done {  // WriteCallback and ConnectCallback are one type
    WriteCallback callback;
    absl::Status status;
  };
  using Call = std::variant<Read, ReadInto, Done, Callback>;

  // Owned by itself from here on: complete() and abandon() delete it.
  static DeferredCall& make(IOStream& stream, Call call) {
    return *new DeferredCall(stream, std::move(call));
  }

  void complete() override;
  void abandon() override { delete this; }

  void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  void operator delete(void* memory, size_t bytes) { BlockPool::local().deallocate(memory, bytes); }

 private:
  DeferredCall(IOStream& stream, Call call) : StreamCompletion(stream), call_(std::move(call)) {}

  Call call_;
};

// Something of the user's that a stream is done with, and that may own the stream: it dies in the
// loop's deletes phase, when no code of the stream is running.
template <class Value>
class Discarded final : public Deletable {
 public:
  explicit Discarded(Value value) : value_(std::move(value)) {}

 private:
  Value value_;
};

template <class Value>
void discard_later(IOLoop& loop, Value value) {
  loop.delete_later(std::make_unique<Discarded<Value>>(std::move(value)));
}

struct IOStream::ReadParts {
  StreamingCallback streaming;
  ReadIntoCallback into;
  std::span<char> room;  // read_into's memory
  size_t filled = 0;     // of it
  ReadMatcher matcher;
};

struct IOStream::WriteParts {
  WriteCallback slot;  // the seed's: runs when all output has been written
  StreamCompletionList waiting;
  uint64_t last_awaited = 0;  // the largest end in `waiting`
  size_t low = 0;
  size_t high = SIZE_MAX;
  Callback on_high;
  Callback on_low;
  uint32_t times_set = 0;  // the watermarks
  bool above = false;      // unsent output rose above `high` and has not fallen to `low` since
  bool reported = false;   // what the callbacks were told of `above`
};

struct IOStream::Deadlines {
  static constexpr uint64_t kNothingWaits = UINT64_MAX;

  TimerHandle read;
  TimerHandle match_retry;
  TimerHandle stall;
  TimerHandle close;
  Duration read_timeout{};            // for the next read, when none is pending
  Duration stall_timeout{};           // 0: off
  TimePoint last_moved;               // when output last left, or began to wait
  uint64_t waits_at = kNothingWaits;  // WriteQueue position at last_moved
  bool match_retry_armed = false;
  bool stall_armed = false;
};

// Deletable, because its end may be decided inside a callback of its resolver.
class IOStream::ConnectAttempt final : public Deletable {
 public:
  ConnectAttempt(ConnectOptions asked, ConnectCallback on_done)
      : options(std::move(asked)), callback(std::move(on_done)) {}

  ConnectOptions options;
  ConnectCallback callback;
  TimerHandle deadline;
  // With a descriptor: the addresses in turn, those of a name once it is resolved.
  std::unique_ptr<Resolver> resolver;
  Resolution resolution;
  std::vector<Address> addresses;
  size_t next = 0;
  std::string peer;  // as the caller named it
  // Without one: a race.
  std::unique_ptr<Connector> connector;
  std::unique_ptr<HostConnector> host_connector;
};

struct IOStream::Parts {
  CloseCallback on_close;
  StreamCompletionList ready;  // scheduled on the loop
  std::unique_ptr<ReadParts> read;
  std::unique_ptr<WriteParts> write;
  std::unique_ptr<Deadlines> deadlines;
  std::unique_ptr<ConnectAttempt> connect;
  TransportWrapper wrap;  // for the connection to come
  std::vector<ConnectCallback> on_handshake;
};

template <class Call>
bool IOStream::call_out(Call&& call) {
  IOLoop& loop = loop_;
  LifeWatch watch(life_);
  try {
    call();
  } catch (...) {
    callback_threw(watch.dead() ? nullptr : this, loop);
  }
  return !watch.dead();
}

}  // namespace turbo

#endif  // TURBO_NET_IO_STREAM_PARTS_H_
