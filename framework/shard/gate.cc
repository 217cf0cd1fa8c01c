#include "framework/shard/gate.h"

#include <exception>

#include "framework/base/check.h"
#include "framework/buffer/block_pool.h"

namespace turbo {

struct Gate::HeldTask : ListNode<TaskTag> {
  HeldTask(Gate& holder, Task<> work) : gate(holder), task(std::move(work)) {}

  static void* operator new(size_t bytes) { return BlockPool::local().allocate(bytes); }
  static void operator delete(void* piece, size_t bytes) {
    BlockPool::local().deallocate(piece, bytes);
  }

  Gate& gate;
  Task<> task;
};

Gate::Gate(IOLoop& loop) : loop_(loop) {}

Gate::~Gate() {
  closed_ = true;
  cancel_tasks();
  TURBO_CHECK(count_ == 0, "a Gate was destroyed while a Pass was out; close() it and wait");
  while (!awaiting_.empty()) {
    CloseAwaiter& awaiter = awaiting_.pop_front();
    awaiter.status_ = absl::CancelledError("the gate was destroyed");
    loop_.schedule(awaiter);
  }
}

Gate::Pass Gate::enter() {
  loop_.check_here();
  if (closed_) return Pass();
  ++count_;
  return Pass(this);
}

absl::Status Gate::spawn(Task<> task) {
  loop_.check_here();
  if (closed_) return absl::UnavailableError("the gate is closed");
  auto* held = new HeldTask(*this, std::move(task));
  tasks_.push_back(*held);
  ++count_;
  held->task.start([held] { held->gate.task_ended(*held); });
  return absl::OkStatus();
}

void Gate::task_ended(HeldTask& held) {
  try {
    held.task.result();
  } catch (...) {
    loop_.report_exception(std::current_exception());
  }
  delete &held;
  left();
}

void Gate::left() {
  TURBO_DCHECK(count_ > 0, "more left the gate than entered");
  --count_;
  if (closed_ && count_ == 0) loop_.schedule(*this);
}

void Gate::begin_close() {
  loop_.check_here();
  closed_ = true;
  if (count_ == 0) loop_.schedule(*this);
}

void Gate::close(Callback empty) {
  TURBO_CHECK(empty != nullptr, "Gate::close() needs a callback");
  closers_.push_back(std::move(empty));
  begin_close();
}

Gate::CloseAwaiter Gate::close() { return CloseAwaiter(*this); }

void Gate::CloseAwaiter::await_suspend(std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  gate_.awaiting_.push_back(*this);
  gate_.begin_close();
}

void Gate::complete() {
  // All who wait are taken first: any of the callbacks may destroy the gate.
  IOLoop& loop = loop_;
  while (!awaiting_.empty()) loop.schedule(awaiting_.pop_front());
  std::vector<Callback> closers = std::move(closers_);
  closers_.clear();
  for (Callback& closer : closers) {
    try {
      closer();
    } catch (...) {
      loop.report_exception(std::current_exception());
    }
  }
}

void Gate::cancel_tasks() {
  // Aside: a task that dies may let another be spawned, which is not meant.
  IntrusiveList<HeldTask, TaskTag> held;
  held.splice_back(tasks_);
  while (!held.empty()) {
    delete &held.pop_front();
    left();
  }
}

}  // namespace turbo
