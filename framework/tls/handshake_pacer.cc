#include "framework/tls/handshake_pacer.h"

namespace turbo::tls {

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
  loop_.schedule(static_cast<Flushable&>(*this));
}

void HandshakePacer::end(Handshake& handshake) {
  handshake.ListNode<StepQueueTag>::unlink();
  if (!handshake.ListNode<UnfinishedTag>::linked()) return;
  handshake.ListNode<UnfinishedTag>::unlink();
  --unfinished_count_;
}

// In the flush phase, behind what the turn had to answer; the rest waits for the next turn's.
void HandshakePacer::flush() {
  for (size_t left = options_.steps_per_turn; left > 0 && !waiting_.empty(); --left) {
    waiting_.pop_front().step();
  }
  if (!waiting_.empty()) loop_.schedule(static_cast<Flushable&>(*this));
}

}  // namespace turbo::tls
