// HandshakePacer: lets a loop full of handshakes go on serving.
//
// A handshake costs as much as a hundred requests. A loop takes only so many steps of handshakes in
// one turn, and holds only so many unfinished ones: when one more comes, the oldest gives way,
// which is the one most likely to be a client that never finishes.
//
// Owner:   who accepts connections on a loop (ServerShard); outlives its handshakes.
// Threads: its loop's.
// Errors:  none.
// Limits:  its options.
// Cost:    four pointers in a transport; no allocation, no timer.
#ifndef TURBO_TLS_HANDSHAKE_PACER_H_
#define TURBO_TLS_HANDSHAKE_PACER_H_

#include <cstddef>
#include <cstdint>

#include "framework/base/intrusive_list.h"
#include "framework/loop/io_loop.h"

namespace turbo::tls {

struct UnfinishedTag;
struct StepQueueTag;

// A handshake under way.
class Handshake : public ListNode<UnfinishedTag>, public ListNode<StepQueueTag> {
 public:
  // Does what can be done now.
  virtual void step() = 0;
  // Ends it: too many came after it.
  virtual void give_way() = 0;

 protected:
  ~Handshake() = default;
};

struct HandshakePacerOptions {
  // Steps a turn of the loop: a full handshake takes two, 100 to 300 us in all with ECDSA.
  size_t steps_per_turn = 8;
  // Unfinished ones, some 30 KiB each.
  size_t max_unfinished = 1024;
};

class HandshakePacer final : private Completion, private Flushable {
 public:
  // Requires: both options above 0.
  explicit HandshakePacer(IOLoop& loop, HandshakePacerOptions options = {});

  // Counts it until end() or its destruction.
  void begin(Handshake& handshake);
  // Has its step() called soon. Nothing happens if it waits already.
  void want_step(Handshake& handshake);
  void end(Handshake& handshake);

  size_t unfinished() const { return unfinished_count_; }
  // Handshakes that had to give way.
  uint64_t gave_way() const { return gave_way_; }

 private:
  void complete() override;
  void flush() override;

  IOLoop& loop_;
  const HandshakePacerOptions options_;
  IntrusiveList<Handshake, UnfinishedTag> unfinished_;  // the oldest first
  IntrusiveList<Handshake, StepQueueTag> waiting_;
  size_t unfinished_count_ = 0;
  uint64_t gave_way_ = 0;
};

}  // namespace turbo::tls

#endif  // TURBO_TLS_HANDSHAKE_PACER_H_
