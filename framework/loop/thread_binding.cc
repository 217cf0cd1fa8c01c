#include "framework/loop/thread_binding.h"

namespace turbo {

thread_local constinit ThreadBinding::Slot* ThreadBinding::this_thread_ = nullptr;

struct ThreadBinding::Holder {
  Holder() : slot(std::make_shared<Slot>()) { this_thread_ = slot.get(); }
  ~Holder() { this_thread_ = nullptr; }

  static const std::shared_ptr<Slot>& local() {
    static thread_local Holder holder;
    return holder.slot;
  }

  const std::shared_ptr<Slot> slot;
};

void ThreadBinding::offer() {
  if (current() != nullptr) return;
  kept_ = Holder::local();
  kept_->loop.store(&loop_, std::memory_order_relaxed);
}

IOLoop* ThreadBinding::bind() {
  if (!here()) {
    leave();
    kept_ = Holder::local();
    slot_.store(kept_.get(), std::memory_order_relaxed);
  }
  return kept_->loop.exchange(&loop_, std::memory_order_relaxed);
}

void ThreadBinding::restore(IOLoop& loop) {
  this_thread_->loop.store(&loop, std::memory_order_relaxed);
}

IOLoop* ThreadBinding::current() {
  return this_thread_ == nullptr ? nullptr : this_thread_->loop.load(std::memory_order_relaxed);
}

void ThreadBinding::leave() {
  if (kept_ == nullptr) return;
  IOLoop* mine = &loop_;
  kept_->loop.compare_exchange_strong(mine, nullptr, std::memory_order_relaxed);
}

}  // namespace turbo
