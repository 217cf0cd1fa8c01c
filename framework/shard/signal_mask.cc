#include "framework/shard/signal_mask.h"

#include <initializer_list>

namespace turbo {

namespace {

sigset_t deferrable_signals() {
  sigset_t signals;
  sigfillset(&signals);
  // A blocked fault would end the process without its handler; profilers need theirs in every
  // thread.
  for (int signo : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF}) {
    sigdelset(&signals, signo);
  }
  return signals;
}

}  // namespace

void block_signals() {
  const sigset_t signals = deferrable_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

SignalMask::SignalMask() {
  const sigset_t signals = deferrable_signals();
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

SignalMask::~SignalMask() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace turbo
