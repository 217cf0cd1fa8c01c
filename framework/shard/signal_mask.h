// SignalMask: keeps signals away from the framework's threads, so that they reach the one loop that
// handles them.
//
// A signal sent to the process is taken by any thread that does not block it. Loops take theirs by
// signalfd, which needs the signal blocked everywhere. The framework blocks all but the faults in
// every thread it starts; a program that handles signals on a shard instead of its main thread
// calls block_signals() first thing in main().
//
// Owner:   the calling thread's mask.
// Threads: acts on the calling thread; threads started later inherit.
// Errors:  none.
// Limits:  faults (SEGV, BUS, FPE, ILL, TRAP, ABRT, SYS) and SIGPROF stay deliverable.
// Cost:    one system call each.
#ifndef TURBO_SHARD_SIGNAL_MASK_H_
#define TURBO_SHARD_SIGNAL_MASK_H_

#include <csignal>

namespace turbo {

// Blocks every signal but those named above, for good.
void block_signals();

// Blocks them while it lives; stands around the start of a thread.
class SignalMask {
 public:
  SignalMask();
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;
  ~SignalMask();

 private:
  sigset_t before_;
};

}  // namespace turbo

#endif  // TURBO_SHARD_SIGNAL_MASK_H_
