#include "framework/tls/handshake_pacer.h"

#include "framework/base/check.h"

namespace turbo::tls {

HandshakePacer::HandshakePacer(IOLoop& loop, HandshakePacerOptions options)
    : loop_(loop), options_(options) {
  TURBO_CHECK(options.steps_per_turn > 0 && options.max_unfinished > 0,
              "a HandshakePacer that lets no handshake go on would keep its loop spinning");
}

void HandshakePacer::begin(Handshake& handshake) {
  if (unfinished_count_ >= options_.max_unfinished && !unfinished_.empty()) {
    ++gave_way_;
    unfinished_.front().give_way();  // which comes back to end()
  }
  unfinished_.push_back(handshake);
  ++unfinished_count_;
}

void HandshakePacer::want_step(Handshake& handshake) {
  if (handshake.ListNode<StepQueueTag>::linked()) return;
  waiting_.push_back(handshake);
  const bool turn_is_used_up = ListNode<FlushQueueTag>::linked();
  if (!turn_is_used_up) loop_.schedule(static_cast<Completion&>(*this));
}

void HandshakePacer::end(Handshake& handshake) {
  handshake.ListNode<StepQueueTag>::unlink();
  if (!handshake.ListNode<UnfinishedTag>::linked()) return;
  handshake.ListNode<UnfinishedTag>::unlink();
  --unfinished_count_;
}

// In the completions phase, so that a request that came with the end of a handshake is answered in
// the same turn.
void HandshakePacer::complete() {
  loop_.schedule(static_cast<Flushable&>(*this));  // what is wanted from here on waits for it
  for (size_t left = options_.steps_per_turn; left > 0 && !waiting_.empty(); --left) {
    waiting_.pop_front().step();
  }
}

// What is scheduled from here waits for the next turn, behind its events.
void HandshakePacer::flush() {
  if (!waiting_.empty()) loop_.schedule(static_cast<Completion&>(*this));
}

}  // namespace turbo::tls
