// SignalSet: signals as events of a loop, by signalfd: one descriptor for each signal handled.
//
// For IOLoop alone; everybody else uses IOLoop::add_signal_handler(). No code runs in signal
// context: a signal is blocked in the loop's thread, and its handler runs in the events phase like
// any other.
//
// Owner:   its IOLoop, which drops the handlers it replaces or removes at the end of the iteration.
// Threads: the loop's; the mask changed is this thread's.
// Errors:  kInvalidArgument for a signal that cannot be handled this way, kResourceExhausted out of
//          descriptors.
// Limits:  signals of one number that come while one waits are one, as in the kernel.
// Cost:    one descriptor a signal; nothing while none comes.
#ifndef TURBO_LOOP_SIGNALS_H_
#define TURBO_LOOP_SIGNALS_H_

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "framework/loop/deletable.h"
#include "framework/loop/poller.h"

namespace turbo {

using SignalCallback = absl::AnyInvocable<void(int signo)>;

class SignalSet {
 public:
  explicit SignalSet(Poller& poller);
  SignalSet(const SignalSet&) = delete;
  SignalSet& operator=(const SignalSet&) = delete;
  ~SignalSet();

  // Handles `signo` by `callback` from now on. A handler that was there before is moved into
  // `replaced`: it may be the one that runs, so the caller destroys it when nothing of it runs.
  [[nodiscard]] absl::Status add(int signo, SignalCallback callback,
                                 std::unique_ptr<Deletable>& replaced);
  // Restores the mask of the thread and closes the descriptor. Signals of this number that wait are
  // dropped: they came for the handler. Returns the handler, nullptr if there was none.
  std::unique_ptr<Deletable> remove(int signo);

 private:
  class Watch;
  std::unique_ptr<Watch> detach(int signo);

  Poller& poller_;
  std::vector<std::unique_ptr<Watch>> watches_;
};

}  // namespace turbo

#endif  // TURBO_LOOP_SIGNALS_H_
