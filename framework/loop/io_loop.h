// IOLoop: one thread's event loop: descriptors, timers, posted calls, signals, and the phases in
// which they run.
//
// One iteration, in this order (LOOP-6):
//
//   1 posts        callbacks posted before the iteration began, FIFO; those they post run next time
//   2 timers       due ones, by deadline, then FIFO
//   3 poll         epoll_wait; timeout 0 while posts, completions, flushes or deletes wait
//   4 events       handlers of ready descriptors; those of one removed or re-registered in this
//                  batch are dropped
//   5 completions  results of stream operations, FIFO, at most completion_budget
//   6 flushes      one gather write per stream with output
//   7 deletes      objects handed to delete_later(), FIFO
//
// Owner:   the program or a ShardSet. It is current() of the thread that constructs it if that one
//          has no loop, and belongs for good to the thread that first runs it; an object made for a
//          loop dies on that thread or after the loop has stopped, and before the loop is
//          destroyed.
// Threads: add_callback() and stop() from any thread; everything else on the loop's thread, checked
//          in debug builds. The first run blocks SIGPIPE in its thread's mask, since sendfile() and
//          writes to pipes raise it; programs that a handler starts inherit the mask.
// Errors:  statuses where the caller can be at fault at run time (add_handler); checks where he
//          cannot. An exception that leaves a callback goes to the exception hook (default: logged)
//          and ends nothing else (LOOP-5).
// Limits:  events a poll 512; completions an iteration 1,024 (option); posts are not bounded, their
//          depth is a counter: the bounded form between shards is ShardSet::run_on. Timers are met
//          to the millisecond, never early. fork() before the first loop is made (LOOP-10).
// Cost:    an idle loop sleeps in epoll_wait; an iteration costs one epoll_wait and two clock
//          reads, and a third if posts or timers ran; a timer is O(log n) to arm and cancel, no
//          system call; a post from another thread one allocation, and one eventfd write a batch
//          that finds the loop asleep; a post from the loop's own thread neither.
#ifndef TURBO_LOOP_IO_LOOP_H_
#define TURBO_LOOP_IO_LOOP_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "framework/base/check.h"
#include "framework/base/clock.h"
#include "framework/base/intrusive_list.h"
#include "framework/base/log.h"
#include "framework/loop/callback.h"
#include "framework/loop/deletable.h"
#include "framework/loop/mailbox.h"
#include "framework/loop/poller.h"
#include "framework/loop/signals.h"
#include "framework/loop/thread_binding.h"
#include "framework/loop/timer_queue.h"

namespace turbo {

// Something with a result to deliver in phase 5. Queued at most once at a time; destroying it
// leaves the queue.
struct CompletionQueueTag;
class Completion : public ListNode<CompletionQueueTag> {
 public:
  // Runs unlinked; may queue itself again, which runs it after all that is queued now; may destroy
  // itself.
  virtual void complete() = 0;

 protected:
  ~Completion() = default;
};

// Something with output to write in phase 6. Queued at most once at a time; destroying it leaves
// the queue.
struct FlushQueueTag;
class Flushable : public ListNode<FlushQueueTag> {
 public:
  virtual void flush() = 0;

 protected:
  ~Flushable() = default;
};

// Plain numbers, read on the loop's thread.
struct IOLoopCounters {
  uint64_t iterations = 0;
  uint64_t wakeups = 0;  // polls that returned with at least one event
  uint64_t events = 0;
  uint64_t stale_events = 0;  // dropped: removed or re-registered in the same batch
  uint64_t completions = 0;
  uint64_t flushes = 0;
  uint64_t posts = 0;
  uint64_t timers_fired = 0;
  uint64_t stalls = 0;  // iterations above stall_threshold
  uint64_t exceptions = 0;
};

struct IOLoopOptions {
  const Clock* clock = &Clock::steady();
  // Completions run in one iteration; the rest waits for the next, after I/O, so that endless
  // chains starve nobody.
  uint32_t completion_budget = 1024;
  // An iteration (without its wait) above this is counted and logged, at most once a second. 0:
  // off.
  Duration stall_threshold = std::chrono::milliseconds(100);
};

class IOLoop {
 public:
  explicit IOLoop(IOLoopOptions options = {});
  IOLoop(const IOLoop&) = delete;
  IOLoop& operator=(const IOLoop&) = delete;
  // Requires: not running. Posted callbacks and timers that have not run are destroyed uncalled.
  ~IOLoop();

  // The loop that runs here, else the one that ran last or was made here; nullptr if there is none.
  static IOLoop* current() { return ThreadBinding::current(); }
  // current(), else the process-wide loop, which belongs to the thread that first runs it.
  static IOLoop& instance();

  // ---- running ----

  // Runs iterations until stop(). A stop() that came before makes the next start() return at once.
  // Restartable.
  void start();
  // Any thread, and signal handlers. The iteration in progress is finished. The loop must not be
  // destroyed before stop() has returned, nor before add_callback() has.
  void stop();
  // True inside start(), run_once() and run_until().
  bool running() const { return running_.load(std::memory_order_relaxed); }
  // One iteration; waits for events at most `max_wait`, and not at all if posts or timers ran, so
  // that the caller sees what they did. Leaves a stop() that came before to the next start().
  void run_once(Duration max_wait = Duration::zero());
  // Iterates until `done` answers true (asked after each iteration), `timeout` passes or stop() is
  // called; returns done's last answer.
  bool run_until(absl::AnyInvocable<bool()> done, Duration timeout);

  // ---- descriptors (level-triggered) ----

  // kAlreadyExists if the descriptor is registered, kInvalidArgument if epoll refuses it,
  // kResourceExhausted if the kernel can watch no more. The descriptor stays the caller's; it must
  // be removed before it is closed. `handler` must outlive the registration.
  [[nodiscard]] absl::Status add_handler(int fd, uint32_t events, EventHandler& handler);
  // The same for a callback, which the loop owns, and drops at the end of the iteration that
  // removes it.
  [[nodiscard]] absl::Status add_handler(
      int fd, uint32_t events, absl::AnyInvocable<void(int fd, uint32_t events)> callback);
  // Requires: registered.
  void update_handler(int fd, uint32_t events);
  // Nothing happens if the descriptor is not registered.
  void remove_handler(int fd);

  // ---- calls ----

  // Any thread. Runs `callback` in phase 1 of the next iteration, FIFO for each posting thread;
  // wakes the loop.
  void add_callback(Callback callback);
  // Posted callbacks that wait now. Any thread.
  size_t pending_callbacks() const { return mailbox_.pending(); }

  // A deadline that has passed is met in the next phase 2, never in the one that runs.
  TimerHandle call_later(Duration delay, Callback callback);
  TimerHandle call_at(TimePoint deadline, Callback callback);
  // `jitter` (0 to 1) delays each tick by up to that share of the interval, at random. Runs until
  // cancelled.
  TimerHandle call_every(Duration interval, Callback callback, Repeat repeat = Repeat::kFixedRate,
                         double jitter = 0);
  // True if the timer was armed. A callback may cancel its own timer.
  bool cancel(TimerHandle timer);
  size_t armed_timers() const { return timers_.size(); }

  // The loop's idea of now: inside an iteration as read after the poll, or before it in the phases
  // before; outside of one, the clock's.
  TimePoint time() const { return running() ? now_ : clock().now(); }
  const Clock& clock() const { return *options_.clock; }

  // ---- signals (signalfd) ----

  // Blocks `signo` in this thread and calls back on the loop. Block it before other threads start,
  // or they may take it (ShardSet does). Replaces an earlier handler. kInvalidArgument for signals
  // that cannot be caught, kResourceExhausted out of descriptors.
  [[nodiscard]] absl::Status add_signal_handler(int signo, SignalCallback callback);
  // Restores the thread's mask and closes the descriptor. Nothing happens if there is no handler.
  void remove_signal_handler(int signo);

  // ---- for the rooms above ----

  // Queues for phase 5. Nothing happens if it is queued already.
  void schedule(Completion& completion) {
    if (!completion.ListNode<CompletionQueueTag>::linked()) completions_.push_back(completion);
  }
  // Queues for phase 6. Nothing happens if it is queued already.
  void schedule(Flushable& flushable) {
    if (!flushable.ListNode<FlushQueueTag>::linked()) flushes_.push_back(flushable);
  }
  // Destroys `object` in phase 7 of this iteration, or of the next one when called outside of an
  // iteration.
  void delete_later(std::unique_ptr<Deletable> object);

  // Aborts with a readable message when called on another thread than the one that runs the loop.
  // Debug builds only.
  void check_here() const {
    TURBO_DCHECK(binding_.here() || !running(),
                 "this belongs to an IOLoop that runs on another thread; hand the call over to it "
                 "with add_callback() or ShardSet::run_on()");
  }

  // Where exceptions that left a callback go. Default: logged. Returns the earlier hook.
  using ExceptionHook = absl::AnyInvocable<void(std::exception_ptr)>;
  ExceptionHook set_exception_hook(ExceptionHook hook);
  void report_exception(std::exception_ptr exception);

  const IOLoopCounters& counters() const { return counters_; }

 private:
  class CallbackHandler;
  class Run;

  enum class Wait : uint8_t { kAlways, kIfNothingRan };
  void iterate(Duration max_wait, Wait when);
  bool run_posts();
  bool run_timers();
  Duration poll_wait(Duration max_wait) const;
  void dispatch(int count);
  void run_completions();
  void run_flushes();
  void run_deletes();
  void check_stall(Duration busy);
  template <class Call>
  void guarded(Call&& call);

  const IOLoopOptions options_;
  ThreadBinding binding_;
  std::atomic<bool> running_{false};
  std::atomic<bool> stop_{false};
  bool has_run_ = false;
  TimePoint now_;
  IntrusiveList<Completion, CompletionQueueTag> completions_;
  IntrusiveList<Flushable, FlushQueueTag> flushes_;
  std::vector<std::unique_ptr<Deletable>> deletes_;
  IOLoopCounters counters_;
  Poller poller_;
  TimerQueue timers_;
  Mailbox mailbox_;
  std::vector<std::unique_ptr<CallbackHandler>> callback_handlers_;  // by descriptor
  std::unique_ptr<SignalSet> signals_;
  ExceptionHook exception_hook_;
  bool hook_replaced_ = false;
  LogLimiter stall_log_;
};

}  // namespace turbo

#endif  // TURBO_LOOP_IO_LOOP_H_
