// MemoryTransport: one end of a connection that exists only in memory, with faults on request.
//
//   MemoryPair pair = make_memory_pair({.max_read = 1});
//   MemoryTransport& peer = *pair.b;            // driven by hand, or under a stream of its own
//   IOStream stream(std::move(pair.a), &loop);
//   peer.send("hello\n");
//
// It behaves like a TCP socket: level-triggered readiness that comes through the loop's poller, FIN
// after the bytes, hang-up when both directions have ended, a reset when the peer closes with bytes
// unread or is written to after it closed, EAGAIN when `capacity` bytes wait unread.
//
// Owner:   the IOStream (or the test) by unique_ptr. A plain pointer to it is good for as long as
//          that lives.
// Threads: both ends on one loop's thread.
// Errors:  those of its FaultPlan, and a socket's.
// Limits:  `capacity` bytes in flight each way.
// Cost:    an eventfd an attached end; bytes are copied twice.
#ifndef TURBO_TESTING_MEMORY_TRANSPORT_H_
#define TURBO_TESTING_MEMORY_TRANSPORT_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "framework/base/address.h"
#include "framework/base/fd.h"
#include "framework/net/transport.h"
#include "framework/testing/fault_plan.h"

namespace turbo {

class MemoryTransport;

struct MemoryPair {
  std::unique_ptr<MemoryTransport> a;
  std::unique_ptr<MemoryTransport> b;
};

MemoryPair make_memory_pair(FaultPlan plan_a = {}, FaultPlan plan_b = {}, size_t capacity = 65536);

class MemoryTransport final : public Transport, private EventHandler {
 public:
  ~MemoryTransport() override;

  // ---- Transport ----
  void attach(IOLoop& loop, EventHandler& handler) override;
  void watch(uint32_t events) override;
  IOResult read(std::span<char> room) override;
  IOResult write(std::span<const iovec> pieces) override;
  IOResult send_file(int file, off_t offset, size_t count) override;
  bool has_buffered_input() const override;
  absl::Status connect(const Address& peer, const Address* source) override;
  absl::Status connect_result() override;
  absl::Status shutdown_write() override;
  void close() override;
  int fd() const override { return -1; }
  Address local_address() const override { return {}; }
  Address peer_address() const override { return {}; }

  // ---- for tests ----
  // Writes past plan and capacity. False if the connection takes no more.
  bool send(std::string_view bytes);
  // Takes all bytes that have arrived, past the plan.
  std::string receive();
  // True when the other end's FIN has arrived and everything before it was taken.
  bool at_end() const;
  // True when the connection was reset.
  bool was_reset() const;
  // The connection breaks for both ends: bytes in flight stay readable, then ECONNRESET.
  void reset();
  // Ends a connect held by the plan: 0 connects, an errno value fails.
  void finish_connect(int error);

  // Calls made so far, of one kind or of all; the numbers faults are counted in.
  size_t steps(Step step = Step::kAny) const;
  bool is_closed() const { return closed_; }
  uint32_t watched() const { return watched_; }

 private:
  friend MemoryPair make_memory_pair(FaultPlan, FaultPlan, size_t);
  struct Wire;
  // Bytes under way. Taking some costs no more than they are, however many are left.
  class Queue {
   public:
    bool empty() const { return size() == 0; }
    size_t size() const { return bytes_.size() - taken_; }
    std::string_view view() const { return std::string_view(bytes_).substr(taken_); }
    void append(std::string_view bytes) { bytes_.append(bytes); }
    void drop(size_t count);
    void clear() { drop(size()); }

   private:
    std::string bytes_;
    size_t taken_ = 0;  // of them, at the front
  };

  MemoryTransport(std::shared_ptr<Wire> wire, int side, FaultPlan plan);

  void on_events(uint32_t events) override;
  // Counts a call; a result if the plan has a fault for it.
  std::optional<IOResult> next_step(Step step, uint32_t needs);
  size_t next_size(std::vector<size_t>& sizes, size_t fallback);
  uint32_t readiness() const;
  // Brings the eventfd in line with readiness and interest.
  void update();
  void update_both();
  MemoryTransport* peer() const;
  Queue& incoming();
  Queue& outgoing();
  // What the connection still takes before it would block.
  size_t free_space() const;
  IOResult deliver(std::string_view bytes);

  std::shared_ptr<Wire> wire_;
  const int side_;
  FaultPlan plan_;
  IOLoop* loop_ = nullptr;
  EventHandler* handler_ = nullptr;
  UniqueFd event_;  // readable while something watched for is so
  bool signalled_ = false;
  uint32_t watched_ = kNoEvents;
  Queue record_;  // the rest of a record that was read in part
  size_t steps_[6] = {};
  enum class Connect : uint8_t { kConnected, kInProgress, kDone } connect_ = Connect::kConnected;
  int connect_error_ = 0;
  bool closed_ = false;
};

}  // namespace turbo

#endif  // TURBO_TESTING_MEMORY_TRANSPORT_H_
