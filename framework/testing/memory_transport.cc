#include "framework/testing/memory_transport.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/status.h"

namespace turbo {

// What the two ends share. Index 0 is end a, 1 is end b; direction i is what end i sends.
struct MemoryTransport::Wire {
  struct Direction {
    Queue bytes;
    bool fin = false;  // nothing comes after `bytes`
  };
  Direction directions[2];
  MemoryTransport* ends[2] = {nullptr, nullptr};
  bool closed[2] = {false, false};
  bool reset = false;
  size_t capacity = 0;
};

void MemoryTransport::Queue::drop(size_t count) {
  taken_ += count;
  if (taken_ < bytes_.size() / 2) return;
  bytes_.erase(0, taken_);
  taken_ = 0;
}

MemoryPair make_memory_pair(FaultPlan plan_a, FaultPlan plan_b, size_t capacity) {
  auto wire = std::make_shared<MemoryTransport::Wire>();
  wire->capacity = capacity;
  MemoryPair pair;
  pair.a.reset(new MemoryTransport(wire, 0, std::move(plan_a)));
  pair.b.reset(new MemoryTransport(wire, 1, std::move(plan_b)));
  return pair;
}

MemoryTransport::MemoryTransport(std::shared_ptr<Wire> wire, int side, FaultPlan plan)
    : wire_(std::move(wire)), side_(side), plan_(std::move(plan)) {
  wire_->ends[side_] = this;
}

MemoryTransport::~MemoryTransport() {
  close();
  wire_->ends[side_] = nullptr;
}

void MemoryTransport::attach(IOLoop& loop, EventHandler& handler) {
  loop_ = &loop;
  handler_ = &handler;
  event_.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  TURBO_CHECK(event_.valid(), "no descriptor left for an eventfd");
}

void MemoryTransport::watch(uint32_t events) {
  if (closed_ || events == watched_) return;
  if (watched_ == kNoEvents) {
    EventHandler& self = *this;
    TURBO_CHECK(loop_->add_handler(event_.get(), kReadable, self).ok(), "epoll refused an eventfd");
  } else if (events == kNoEvents) {
    loop_->remove_handler(event_.get());
  }
  watched_ = events;
  update();
}

void MemoryTransport::on_events(uint32_t) {
  const uint32_t events = readiness() & (watched_ | kError | kHangUp);
  if (events != kNoEvents) handler_->on_events(events);
}

uint32_t MemoryTransport::readiness() const {
  if (wire_->reset) return kReadable | kWritable | kPeerShut | kError | kHangUp;
  if (connect_ == Connect::kInProgress) return kNoEvents;
  uint32_t events = connect_error_ != 0 ? kError | kHangUp : kNoEvents;
  const Wire::Direction& in = wire_->directions[1 - side_];
  const Wire::Direction& out = wire_->directions[side_];
  if (!in.bytes.empty() || in.fin) events |= kReadable;
  if (in.fin) events |= kPeerShut;
  if (in.fin && out.fin) events |= kHangUp;
  if (out.bytes.size() < wire_->capacity) events |= kWritable;
  return events;
}

void MemoryTransport::update() {
  if (closed_ || !event_.valid()) return;
  const bool ready = watched_ != kNoEvents && (readiness() & (watched_ | kError | kHangUp)) != 0;
  if (ready == signalled_) return;
  signalled_ = ready;
  uint64_t value = 1;
  const ssize_t moved = ready ? ::write(event_.get(), &value, sizeof(value))
                              : ::read(event_.get(), &value, sizeof(value));
  TURBO_CHECK(moved == sizeof(value), "an eventfd lost count");
}

void MemoryTransport::update_both() {
  update();
  if (MemoryTransport* other = peer()) other->update();
}

MemoryTransport* MemoryTransport::peer() const { return wire_->ends[1 - side_]; }

MemoryTransport::Queue& MemoryTransport::incoming() { return wire_->directions[1 - side_].bytes; }

MemoryTransport::Queue& MemoryTransport::outgoing() { return wire_->directions[side_].bytes; }

std::optional<IOResult> MemoryTransport::next_step(Step step, uint32_t needs) {
  TURBO_CHECK(!closed_, "a transport is not used after close()");
  ++steps_[static_cast<size_t>(Step::kAny)];
  if (plan_.step_count != nullptr) ++*plan_.step_count;
  ++steps_[static_cast<size_t>(step)];
  for (const Fault& fault : plan_.faults) {
    const bool counted_here = fault.step == Step::kAny || fault.step == step;
    if (!counted_here || steps_[static_cast<size_t>(fault.step)] != fault.at) continue;
    switch (fault.kind) {
      case Fault::Kind::kInterrupt:
        return next_step(step, needs);
      case Fault::Kind::kWouldBlock:
        return IOResult::would_block(fault.wants != kNoEvents ? fault.wants : needs);
      case Fault::Kind::kReset:
        reset();
        return IOResult::failed(ECONNRESET);
      case Fault::Kind::kError:
        return IOResult::failed(fault.error);
    }
  }
  return std::nullopt;
}

size_t MemoryTransport::next_size(std::vector<size_t>& sizes, size_t fallback) {
  if (sizes.empty()) return fallback;
  const size_t size = sizes.front();
  sizes.erase(sizes.begin());
  return size;
}

IOResult MemoryTransport::read(std::span<char> room) {
  TURBO_CHECK(!room.empty(), "a read without room");
  if (auto fault = next_step(Step::kRead, kReadable)) return *fault;
  const size_t size = std::min(room.size(), next_size(plan_.read_sizes, plan_.max_read));
  Queue& in = plan_.record_size > 0 ? record_ : incoming();
  if (in.empty() && plan_.record_size > 0) {
    record_.append(incoming().view().substr(0, plan_.record_size));
    incoming().drop(record_.size());
    update_both();
  }
  if (in.empty()) {
    if (wire_->reset) return IOResult::failed(ECONNRESET);
    if (wire_->directions[1 - side_].fin) return IOResult::end();
    return IOResult::would_block(kReadable);
  }
  if (size == 0) return IOResult::would_block(kReadable);
  const size_t moved = std::min(size, in.size());
  std::memcpy(room.data(), in.view().data(), moved);
  in.drop(moved);
  update_both();
  return IOResult::moved(moved);
}

bool MemoryTransport::has_buffered_input() const { return !record_.empty(); }

IOResult MemoryTransport::write(std::span<const iovec> pieces) {
  TURBO_CHECK(!pieces.empty(), "a write without pieces");
  if (auto fault = next_step(Step::kWrite, kWritable)) return *fault;
  const size_t size = std::min(next_size(plan_.write_sizes, plan_.max_write), free_space());
  std::string bytes;
  for (const iovec& piece : pieces) {
    TURBO_CHECK(piece.iov_len > 0, "an empty piece");
    bytes.append(static_cast<const char*>(piece.iov_base),
                 std::min(piece.iov_len, size - bytes.size()));
  }
  return deliver(bytes);
}

IOResult MemoryTransport::send_file(int file, off_t offset, size_t count) {
  TURBO_CHECK(count > 0, "an empty file range");
  if (auto fault = next_step(Step::kSendFile, kWritable)) return *fault;
  const size_t size =
      std::min({count, next_size(plan_.write_sizes, plan_.max_write), size_t{65536}});
  std::string bytes(size, '\0');
  const ssize_t got = ::pread(file, bytes.data(), size, offset);
  if (got < 0) return IOResult::failed(errno);
  if (got == 0 && size > 0) return IOResult::end();
  bytes.resize(static_cast<size_t>(got));
  return deliver(bytes);
}

size_t MemoryTransport::free_space() const {
  return wire_->capacity - std::min(wire_->capacity, wire_->directions[side_].bytes.size());
}

IOResult MemoryTransport::deliver(std::string_view bytes) {
  if (wire_->reset) return IOResult::failed(EPIPE);
  if (wire_->directions[side_].fin) return IOResult::failed(EPIPE);
  const size_t moved = std::min(free_space(), bytes.size());
  if (moved == 0) return IOResult::would_block(kWritable);
  if (wire_->closed[1 - side_]) {
    // The bytes leave; what comes back is a reset.
    reset();
    return IOResult::moved(moved);
  }
  outgoing().append(bytes.substr(0, moved));
  update_both();
  return IOResult::moved(moved);
}

absl::Status MemoryTransport::connect(const Address&, const Address*) {
  if (auto fault = next_step(Step::kConnect, kWritable)) {
    if (fault->kind == IOResult::Kind::kError) return errno_status(fault->error, "connect");
  }
  connect_ = plan_.hold_connect ? Connect::kInProgress : Connect::kDone;
  update();
  return absl::OkStatus();
}

void MemoryTransport::finish_connect(int error) {
  connect_ = Connect::kDone;
  connect_error_ = error;
  update();
}

absl::Status MemoryTransport::connect_result() {
  return connect_error_ == 0 ? absl::OkStatus() : errno_status(connect_error_, "connect");
}

absl::Status MemoryTransport::shutdown_write() {
  if (auto fault = next_step(Step::kShutdown, kWritable)) {
    if (fault->kind == IOResult::Kind::kError) return errno_status(fault->error, "shutdown");
  }
  wire_->directions[side_].fin = true;
  update_both();
  return absl::OkStatus();
}

void MemoryTransport::close() {
  if (closed_) return;
  if (watched_ != kNoEvents) loop_->remove_handler(event_.get());
  closed_ = true;
  watched_ = kNoEvents;
  event_.reset();
  wire_->closed[side_] = true;
  wire_->directions[side_].fin = true;
  if (!incoming().empty()) wire_->reset = true;
  incoming().clear();
  if (MemoryTransport* other = peer()) other->update();
}

bool MemoryTransport::send(std::string_view bytes) {
  if (closed_ || wire_->reset || wire_->directions[side_].fin) return false;
  if (wire_->closed[1 - side_]) {
    reset();
    return false;
  }
  outgoing().append(bytes);
  update_both();
  return true;
}

std::string MemoryTransport::receive() {
  std::string bytes(record_.view());
  bytes.append(incoming().view());
  record_.clear();
  incoming().clear();
  update_both();
  return bytes;
}

bool MemoryTransport::at_end() const {
  const Wire::Direction& in = wire_->directions[1 - side_];
  return in.fin && in.bytes.empty() && record_.empty();
}

bool MemoryTransport::was_reset() const { return wire_->reset; }

void MemoryTransport::reset() {
  wire_->reset = true;
  update_both();
}

size_t MemoryTransport::steps(Step step) const { return steps_[static_cast<size_t>(step)]; }

}  // namespace turbo
