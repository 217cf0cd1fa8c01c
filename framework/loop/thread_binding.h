// ThreadBinding: which thread a loop belongs to, and which loop a thread has.
//
// For IOLoop alone. The answers are two loads, so that every post can ask. A thread's slot outlives
// the thread as long as a loop refers to it, so a slot is never mistaken for that of a later
// thread.
//
// Owner:   its IOLoop.
// Threads: here() any; bind() the thread that takes the loop.
// Errors:  none.
// Limits:  a thread has one loop at a time.
// Cost:    two loads; binding allocates once a thread.
#ifndef TURBO_LOOP_THREAD_BINDING_H_
#define TURBO_LOOP_THREAD_BINDING_H_

#include <atomic>
#include <memory>

namespace turbo {

class IOLoop;

class ThreadBinding {
 public:
  explicit ThreadBinding(IOLoop& loop) : loop_(loop) {}
  ThreadBinding(const ThreadBinding&) = delete;
  ThreadBinding& operator=(const ThreadBinding&) = delete;
  ~ThreadBinding() { leave(); }

  // True on the thread the loop is bound to. Not before bind(): until then a thread that merely
  // made the loop might race with the one that is about to run it.
  bool here() const {
    const Slot* slot = slot_.load(std::memory_order_relaxed);
    return slot != nullptr && slot == this_thread_;
  }

  // Makes the loop this thread's, if it has none, without binding it.
  void offer();
  // Binds the loop to this thread and makes it the thread's loop. Returns the loop this thread had
  // before.
  IOLoop* bind();
  // Makes `loop`, which is bound to this thread, the thread's loop again.
  static void restore(IOLoop& loop);

  // The loop of this thread, nullptr if it has none.
  static IOLoop* current();

 private:
  struct Slot {
    std::atomic<IOLoop*> loop{nullptr};
  };
  struct Holder;

  void leave();

  static thread_local constinit Slot* this_thread_;

  IOLoop& loop_;
  std::atomic<Slot*> slot_{nullptr};
  std::shared_ptr<Slot> kept_;
};

}  // namespace turbo

#endif  // TURBO_LOOP_THREAD_BINDING_H_
