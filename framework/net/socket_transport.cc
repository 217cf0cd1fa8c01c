#include "framework/net/socket_transport.h"

#include <cerrno>

#include "framework/base/status.h"

namespace turbo {

// An idle HTTP connection may cost 512 bytes in all (HTTPServer); this is a part of it.
static_assert(sizeof(SocketTransport) <= 32);

FdTransport::~FdTransport() { FdTransport::close(); }

void FdTransport::attach(IOLoop& loop, EventHandler& handler) {
  loop_ = &loop;
  handler_ = &handler;
}

void FdTransport::watch(uint32_t events) {
  if (!fd_.valid()) return;
  if (events == kNoEvents) {
    if (registered_) loop_->remove_handler(fd_.get());
    registered_ = false;
  } else if (registered_) {
    loop_->update_handler(fd_.get(), events);
  } else if (!register_with_poller(events)) {
    handler_->on_events(kError);
  }
}

bool FdTransport::register_with_poller(uint32_t events) {
  registered_ = loop_->add_handler(fd_.get(), events, *handler_).ok();
  return registered_;
}

absl::Status FdTransport::poller_refusal() const {
  if (registered_) return absl::OkStatus();
  return make_status(absl::StatusCode::kResourceExhausted, "the descriptor cannot be watched");
}

void FdTransport::close() {
  if (registered_) loop_->remove_handler(fd_.get());
  registered_ = false;
  fd_.reset();
}

// ---- SocketTransport ----

IOResult SocketTransport::read(std::span<char> room) { return receive(fd_.get(), room); }

IOResult SocketTransport::write(std::span<const iovec> pieces) { return send(fd_.get(), pieces); }

IOResult SocketTransport::send_file(int file, off_t offset, size_t count) {
  return turbo::send_file(fd_.get(), file, offset, count);
}

absl::Status SocketTransport::connect(const Address& peer, const Address* source) {
  if (source != nullptr && !bound_) {
    // Once for all the addresses that are tried: a second bind() is an error.
    if (absl::Status bound = bind_source(fd_.get(), *source); !bound.ok()) return bound;
    bound_ = true;
  }
  return connect_socket(fd_.get(), peer);
}

absl::Status SocketTransport::connect_result() {
  if (absl::Status refused = poller_refusal(); !refused.ok()) return refused;
  return take_socket_error(fd_.get());
}

absl::Status SocketTransport::shutdown_write() { return shutdown_writing(fd_.get()); }

Address SocketTransport::local_address() const { return socket_name(fd_.get()); }

Address SocketTransport::peer_address() const { return peer_name(fd_.get()); }

// ---- PipeTransport ----

IOResult PipeTransport::read(std::span<char> room) {
  // A write end is watched for its reader's going away, which is an error event; there is nothing
  // to read.
  if (kind_ == FdKind::kWriteEnd) return IOResult::would_block(kReadable);
  return read_pipe(fd_.get(), room);
}

IOResult PipeTransport::write(std::span<const iovec> pieces) {
  return write_pipe(fd_.get(), pieces);
}

IOResult PipeTransport::send_file(int file, off_t offset, size_t count) {
  return turbo::send_file(fd_.get(), file, offset, count);
}

absl::Status PipeTransport::connect(const Address&, const Address*) {
  return make_status(absl::StatusCode::kInvalidArgument, "a pipe cannot be connected");
}

absl::Status PipeTransport::connect_result() { return errno_status(EPIPE, "pipe"); }

absl::Status PipeTransport::shutdown_write() {
  if (kind_ == FdKind::kBothEnds) {
    return make_status(absl::StatusCode::kInvalidArgument, "only one direction cannot be shut");
  }
  // Of a read end there is nothing to shut, and its reads go on.
  if (kind_ != FdKind::kReadEnd) FdTransport::close();
  return absl::OkStatus();
}

}  // namespace turbo
