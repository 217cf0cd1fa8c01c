#include "framework/net/io_stream.h"

#include <algorithm>
#include <utility>

#include "framework/base/status.h"
#include "framework/net/io_stream_parts.h"
#include "framework/net/socket.h"
#include "framework/net/socket_transport.h"

namespace turbo {

// An idle HTTP connection may cost 512 bytes in all, of which the HTTP connection object takes 100,
// the transport 32, the poller's table 16 and the allocator's rounding the rest. What would not fit
// goes into Parts.
static_assert(sizeof(IOStream) <= 256);

namespace {

IOLoop& loop_or_instance(IOLoop* loop) { return loop != nullptr ? *loop : IOLoop::instance(); }

std::unique_ptr<Transport> transport_for(UniqueFd fd, FdKind kind) {
  if (kind == FdKind::kConnectedSocket || kind == FdKind::kUnconnectedSocket) {
    return std::make_unique<SocketTransport>(std::move(fd));
  }
  return std::make_unique<PipeTransport>(std::move(fd), kind);
}

constexpr uint32_t kTrouble = kError | kHangUp | kPeerShut;

}  // namespace

// ---- making ----

IOStream::IOStream(int fd, IOLoop* loop, IOStreamOptions options)
    : IOStream(std::unique_ptr<Transport>(), loop, options) {
  if (fd >= 0) take_descriptor(fd);
}

IOStream::IOStream(int fd, TransportWrapper wrap, IOLoop* loop, IOStreamOptions options)
    : IOStream(std::unique_ptr<Transport>(), loop, options) {
  parts().wrap = std::move(wrap);
  if (fd >= 0) take_descriptor(fd);
}

void IOStream::take_descriptor(int fd) {
  UniqueFd owned(fd);
  const FdKind kind = kind_of(fd);
  const absl::Status non_blocking = make_non_blocking(fd);
  adopt(transport_for(std::move(owned), kind));
  write_only_ = kind == FdKind::kWriteEnd;
  if (!non_blocking.ok()) {
    end(EndedBy::kError, non_blocking);
  } else if (kind != FdKind::kUnconnectedSocket) {
    open();
  }
}

IOStream::IOStream(std::unique_ptr<Transport> transport, IOLoop* loop, IOStreamOptions options)
    : loop_(loop_or_instance(loop)),
      max_input_(std::clamp<size_t>(options.max_buffer_size, 1, SIZE_MAX / 2)),
      max_output_(options.max_write_buffer_size != 0 ? options.max_write_buffer_size
                                                     : options.max_buffer_size),
      chunk_(static_cast<uint32_t>(
          std::clamp<size_t>(options.read_chunk_size, 1, std::min(max_input_, size_t{1} << 30)))),
      on_limit_(options.on_limit),
      half_open_(options.allow_half_open) {
  if (transport == nullptr) return;
  adopt(std::move(transport));
  open();
  connectable_ = phase_ == Phase::kOpen;
}

IOStream::~IOStream() {
  phase_ = Phase::kClosed;  // callbacks destroyed below find nothing to operate on
  if (transport_ != nullptr) transport_->close();
  if (parts_ == nullptr) return;
  if (Deadlines* timers = parts_->deadlines.get()) {
    for (TimerHandle timer : {timers->read, timers->match_retry, timers->stall, timers->close}) {
      loop_.cancel(timer);
    }
  }
  if (parts_->connect != nullptr) loop_.cancel(parts_->connect->deadline);
  if (parts_->write != nullptr) parts_->ready.splice_back(parts_->write->waiting);
  while (!parts_->ready.empty()) parts_->ready.pop_front().abandon();
}

void IOStream::adopt(std::unique_ptr<Transport> transport) {
  transport_ = std::move(transport);
  transport_->attach(loop_, *this);
}

IOStream::Parts& IOStream::parts() {
  if (parts_ == nullptr) parts_ = std::make_unique<Parts>();
  return *parts_;
}

IOStream::Deadlines& IOStream::deadlines() {
  auto& timers = parts().deadlines;
  if (timers == nullptr) timers = std::make_unique<Deadlines>();
  return *timers;
}

// ---- interest ----

uint32_t IOStream::interest() const {
  uint32_t events = kNoEvents;
  // While the name is being resolved there is nothing to watch: an unconnected socket hangs up at
  // once.
  if (phase_ == Phase::kConnecting) return parts_->connect->next > 0 ? kWritable : kNoEvents;
  // What it waits for the transport knows; afterwards this will be wanted.
  if (phase_ == Phase::kHandshaking) return kSteadyInterest;
  if (phase_ != Phase::kOpen) return kNoEvents;
  if (wants_input()) {
    events = read_wants_ | kPeerShut;
  } else if (!input_ended_ && !hang_up_seen_) {
    events = kPeerShut;
  }
  return output_waits_ ? events | write_wants_ : events;
}

void IOStream::raise_interest_slow() {
  if ((interest() & ~uint32_t{watched_}) != 0) set_interest();
}

void IOStream::set_interest() {
  if (transport_ == nullptr || phase_ == Phase::kClosed) return;
  const uint32_t events = interest();
  if (events == watched_) return;
  watched_ = static_cast<uint16_t>(events);
  transport_->watch(events);
}

void IOStream::on_events(uint32_t events) {
  if (phase_ != Phase::kOpen) [[unlikely]] {
    if (phase_ == Phase::kConnecting) on_connect_event();
    if (phase_ == Phase::kHandshaking) on_handshake_event();
    return;
  }
  // TLS may have to write in order to read, and to read in order to write.
  if ((events & (read_wants_ | kTrouble)) != 0 && wants_input()) [[likely]] {
    const size_t received = receive();
    if ((events & kError) != 0 && received == 0) [[unlikely]]
      handle_trouble(events);
  } else if ((events & (kReadable | kTrouble)) != 0) {
    handle_trouble(events);
  }
  if (output_waits_ && (events & (write_wants_ | kError | kHangUp)) != 0 &&
      phase_ == Phase::kOpen) {
    on_writable();
  }
}

[[gnu::noinline]] void IOStream::on_writable() {
  LifeWatch watch(life_);
  output_waits_ = false;
  flush();
  if (!watch.dead()) set_interest();
}

// Nobody waits for input now, or there was none although the poller reported an error. A hang-up
// behind unread input is remembered, not acted on: interest() then leaves the poller, where it
// could not be masked. A reset ends at once.
[[gnu::noinline]] void IOStream::handle_trouble(uint32_t events) {
  if (phase_ != Phase::kOpen) return;
  if ((events & kError) != 0) {
    absl::Status cause = transport_->connect_result();
    if (cause.ok()) cause = transport_->explain(ECONNRESET, "stream");
    return end(EndedBy::kError, std::move(cause));
  }
  if ((events & (kPeerShut | kHangUp)) != 0) hang_up_seen_ = true;
  set_interest();
}

// ---- completions ----

void IOStream::complete() {
  if (read_.ready) [[likely]]
    return read_.handler != nullptr ? deliver_to_handler() : deliver_read();
  if (receive_again_) {
    receive_again_ = false;
    if (wants_input()) receive();
  }
  // A read that is ready now has its turn first.
  if (phase_ == Phase::kClosed && !read_.ready) deliver_close();
}

void DeferredCall::complete() {
  IOStream& stream = *stream_;
  Call call = std::move(call_);
  delete this;
  const bool alive = stream.call_out([&] {
    if (auto* read = std::get_if<Read>(&call)) {
      read->callback(std::move(read->result));
    } else if (auto* into = std::get_if<ReadInto>(&call)) {
      into->callback(std::move(into->status), into->bytes);
    } else if (auto* done = std::get_if<Done>(&call)) {
      done->callback(std::move(done->status));
    } else {
      std::get<Callback>(call)();
    }
  });
  if (alive) stream.after_completion();
}

// In the handler of the exception. `alive` is null if the callback destroyed the stream first.
[[gnu::noinline]] void IOStream::callback_threw(IOStream* alive, IOLoop& loop) {
  if (alive != nullptr) {
    alive->end(EndedBy::kError, absl::InternalError("a callback of the stream threw"));
  }
  loop.report_exception(std::current_exception());
}

void IOStream::defer(DeferredCall& call) {
  parts().ready.push_back(call);
  loop_.schedule(call);
}

void IOStream::defer(WriteCallback callback, absl::Status status) {
  if (!callback) return;
  defer(DeferredCall::make(*this, DeferredCall::Done{std::move(callback), std::move(status)}));
}

void IOStream::defer_read(ReadCallback callback, absl::StatusOr<Buffer> result) {
  if (!callback) return;
  defer(DeferredCall::make(*this, DeferredCall::Read{std::move(callback), std::move(result)}));
}

void IOStream::defer_read_into(ReadIntoCallback callback, absl::Status status, size_t bytes) {
  if (!callback) return;
  defer(DeferredCall::make(*this,
                           DeferredCall::ReadInto{std::move(callback), std::move(status), bytes}));
}

// ---- ending ----

void IOStream::close() {
  loop_.check_here();
  end(EndedBy::kUs, absl::OkStatus());
}

void IOStream::end(EndedBy by, absl::Status cause) {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  ended_by_ = by;
  error_ = std::move(cause);
  ListNode<FlushQueueTag>::unlink();
  if (transport_ != nullptr) transport_->close();
  watched_ = kNoEvents;
  if (parts_ != nullptr && parts_->deadlines != nullptr) {
    const Deadlines& timers = *parts_->deadlines;
    for (TimerHandle timer : {timers.match_retry, timers.stall, timers.close}) loop_.cancel(timer);
  }
  if (parts_ != nullptr && parts_->connect != nullptr) finish_connect(ended_status());
  if (parts_ != nullptr) finish_handshake(ended_status());
  if (by == EndedBy::kUs && !input_ended_) cancel_until_close();
  end_read();
  fail_writes();
  schedule_close_callback();
}

absl::Status IOStream::ended_status() const {
  if (!error_.ok()) return error_;
  if (ended_by_ == EndedBy::kUs) {
    return make_status(absl::StatusCode::kCancelled, "the stream was closed");
  }
  return make_status(absl::StatusCode::kOutOfRange, "the peer ended the stream");
}

void IOStream::set_close_callback(CloseCallback callback) {
  loop_.check_here();
  if (!callback && parts_ == nullptr) return;
  // The old one may own the stream: it dies with the argument, after everything here.
  std::swap(parts().on_close, callback);
  if (phase_ == Phase::kClosed) schedule_close_callback();
}

void IOStream::schedule_close_callback() {
  if (parts_ != nullptr && parts_->on_close) loop_.schedule(static_cast<Completion&>(*this));
}

void IOStream::deliver_close() {
  if (parts_ == nullptr || !parts_->on_close) return;
  // Last of all: what is still to be delivered is queued on the loop already, so one more turn is
  // enough.
  if (!parts_->ready.empty()) return schedule_close_callback();
  CloseCallback callback = std::exchange(parts_->on_close, nullptr);
  if (call_out([&] { callback(error_); })) after_completion();
}

// ---- facts ----

Address IOStream::peer_address() const {
  return transport_ != nullptr && !closed() ? transport_->peer_address() : Address();
}

Address IOStream::local_address() const {
  return transport_ != nullptr && !closed() ? transport_->local_address() : Address();
}

void IOStream::set_nodelay(bool on) {
  if (transport_ != nullptr && !closed()) set_tcp_nodelay(transport_->fd(), on);
}

void IOStream::set_keepalive(std::optional<KeepAlive> keepalive) {
  if (transport_ == nullptr || closed()) return;
  const KeepAlive values = keepalive.value_or(KeepAlive{});
  set_tcp_keepalive(transport_->fd(), keepalive.has_value(), values.idle, values.interval,
                    values.probes);
}

}  // namespace turbo
