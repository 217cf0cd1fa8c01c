// Mailbox: calls for a loop, from its own thread and from all others.
//
// For IOLoop alone; everybody else uses IOLoop::add_callback(). Two ways in: the loop's own thread
// appends to a vector; other threads push onto a lock-free list whose head also tells whether the
// loop sleeps, so that the push that finds it asleep, and only that one, has to wake it.
//
//   other threads:  if (mailbox.post_remote(...)) poller.wake();
//   the loop:       take(), next()... to run the batch; sleep() before it blocks, awake() after
//
// Owner:   its IOLoop.
// Threads: post_remote() and pending() any; the rest the loop's.
// Errors:  none.
// Limits:  none: it never refuses. pending() is for a metric.
// Cost:    post_local() no atomic read-modify-write and no allocation once grown; post_remote() one
//          allocation and one compare-and-swap; taking a batch one exchange, however long it is.
#ifndef TURBO_LOOP_MAILBOX_H_
#define TURBO_LOOP_MAILBOX_H_

#include <atomic>
#include <cstddef>
#include <vector>

#include "framework/loop/callback.h"

namespace turbo {

class Mailbox {
 public:
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox() { clear(); }

  void post_local(Callback callback);
  // True if the loop slept: the caller has to wake it.
  [[nodiscard]] bool post_remote(Callback callback);

  // Nothing is posted that take() would take.
  bool empty() const;

  // Takes what is posted now; what is posted from here on waits for the next take().
  // Requires: what was taken before has been run.
  void take();
  // Moves the next one taken into `callback`; false at the end of the batch.
  bool next(Callback& callback);

  // Called before blocking: from now on the next push has to wake. False if there is something to
  // take.
  bool sleep();
  // Called after blocking: pushes need not wake any more.
  void awake();

  // Posted and not yet run. Any thread.
  size_t pending() const;

  // Destroys what is posted, uncalled.
  void clear();

 private:
  struct Node {
    Node* next;
    Callback callback;
  };

  static Node* asleep();
  static Node* reversed(Node* newest);

  // nullptr: empty; asleep(): empty, and the loop blocks; else the newest node.
  std::atomic<Node*> newest_{nullptr};
  std::atomic<size_t> remote_waiting_{0};
  // Written by the loop's thread only, so a plain load and store do.
  alignas(64) std::atomic<size_t> local_waiting_{0};
  std::vector<Callback> local_;
  std::vector<Callback> taken_local_;
  size_t taken_next_ = 0;
  Node* taken_remote_ = nullptr;
};

}  // namespace turbo

#endif  // TURBO_LOOP_MAILBOX_H_
