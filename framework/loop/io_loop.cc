#include "framework/loop/io_loop.h"

#include <errno.h>
#include <signal.h>

#include <algorithm>
#include <string>
#include <utility>

#include "framework/base/status.h"

namespace turbo {

// A handler that is a callback.
class IOLoop::CallbackHandler final : public EventHandler, public Deletable {
 public:
  CallbackHandler(int fd, absl::AnyInvocable<void(int, uint32_t)> callback)
      : fd_(fd), callback_(std::move(callback)) {}
  void on_events(uint32_t events) override { callback_(fd_, events); }

 private:
  const int fd_;
  absl::AnyInvocable<void(int, uint32_t)> callback_;
};

namespace {

// write() to a pipe and sendfile() have no MSG_NOSIGNAL. Only this thread's mask is changed.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

// The loop runs on this thread for as long as this lives.
class IOLoop::Run {
 public:
  explicit Run(IOLoop& loop) : loop_(loop) {
    TURBO_CHECK(!loop.running(), "an IOLoop runs already and cannot be run from inside or twice");
    TURBO_CHECK(!loop.has_run_ || loop.binding_.here(),
                "an IOLoop stays with the thread that first ran it");
    if (!loop.has_run_) block_sigpipe();
    outer_ = loop.binding_.bind();
    // A loop that merely waits may be gone before this run ends; one that runs cannot.
    if (outer_ != nullptr && !outer_->running()) outer_ = nullptr;
    loop.has_run_ = true;
    loop.now_ = loop.clock().now();
    loop.running_.store(true, std::memory_order_relaxed);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    loop_.running_.store(false, std::memory_order_relaxed);
    if (outer_ != nullptr) ThreadBinding::restore(*outer_);
  }

 private:
  IOLoop& loop_;
  IOLoop* outer_;
};

IOLoop::IOLoop(IOLoopOptions options)
    : options_(options),
      binding_(*this),
      now_(options.clock->now()),
      stall_log_(std::chrono::seconds(1), *options.clock) {
  TURBO_CHECK(options.completion_budget > 0, "a loop without completions delivers nothing");
  binding_.offer();
}

IOLoop::~IOLoop() {
  TURBO_CHECK(!running(), "an IOLoop is destroyed while it runs");
  // What callbacks captured may come back to the loop when it is destroyed, so all of it goes while
  // every part of the loop still stands.
  signals_.reset();
  for (size_t fd = 0; fd < callback_handlers_.size(); ++fd) remove_handler(static_cast<int>(fd));
  do {
    mailbox_.clear();
    timers_.clear();
    run_deletes();
  } while (!mailbox_.empty() || timers_.size() > 0 || !deletes_.empty());
}

IOLoop& IOLoop::instance() {
  if (IOLoop* loop = current()) return *loop;
  static IOLoop* const process_wide = new IOLoop;  // never destroyed: others may use it at exit
  return *process_wide;
}

// ---- running ----

void IOLoop::start() {
  Run run(*this);
  while (!stop_.load(std::memory_order_acquire)) iterate(Duration::max(), Wait::kAlways);
  stop_.store(false, std::memory_order_relaxed);
}

void IOLoop::stop() {
  stop_.store(true, std::memory_order_release);
  poller_.wake();
}

void IOLoop::run_once(Duration max_wait) {
  Run run(*this);
  iterate(max_wait, Wait::kIfNothingRan);
}

bool IOLoop::run_until(absl::AnyInvocable<bool()> done, Duration timeout) {
  Run run(*this);
  const TimePoint deadline = saturating_add(now_, timeout);
  for (;;) {
    iterate(deadline == TimePoint::max() ? Duration::max() : deadline - now_, Wait::kIfNothingRan);
    if (done()) return true;
    if (stop_.exchange(false, std::memory_order_acquire)) return false;
    if (now_ >= deadline) return false;
  }
}

void IOLoop::iterate(Duration max_wait, Wait when) {
  ++counters_.iterations;
  const TimePoint begin = now_;
  const bool posts_ran = run_posts();
  const bool timers_ran = run_timers();
  if (posts_ran || timers_ran) {
    now_ = clock().now();
    if (when == Wait::kIfNothingRan) max_wait = Duration::zero();
  }
  Duration busy = now_ - begin;

  const Duration wait = poll_wait(max_wait);
  const bool sleeps = wait > Duration::zero() && mailbox_.sleep();
  const int count = poller_.wait(sleeps ? wait : Duration::zero());
  if (sleeps) mailbox_.awake();
  now_ = clock().now();

  const TimePoint woken = now_;
  if (count > 0) dispatch(count);
  run_completions();
  run_flushes();
  run_deletes();
  now_ = clock().now();
  busy += now_ - woken;
  if (busy > options_.stall_threshold) check_stall(busy);
}

Duration IOLoop::poll_wait(Duration max_wait) const {
  if (!completions_.empty() || !flushes_.empty() || !deletes_.empty() || !mailbox_.empty() ||
      stop_.load(std::memory_order_relaxed)) {
    return Duration::zero();
  }
  const TimePoint deadline = timers_.next_deadline();
  const Duration wait =
      deadline == TimePoint::max() ? max_wait : std::min(max_wait, deadline - now_);
  if (wait <= Duration::zero() || wait == Duration::max()) return wait;
  return clock().poll_wait(wait);
}

template <class Call>
void IOLoop::guarded(Call&& call) {
  try {
    call();
  } catch (...) {
    report_exception(std::current_exception());
  }
}

bool IOLoop::run_posts() {
  if (mailbox_.empty()) return false;
  mailbox_.take();
  Callback callback;
  while (mailbox_.next(callback)) {
    ++counters_.posts;
    guarded(callback);
    callback = nullptr;
  }
  return true;
}

bool IOLoop::run_timers() {
  if (timers_.next_deadline() > now_) return false;
  timers_.collect_due(now_);
  while (auto firing = timers_.next_due()) {
    ++counters_.timers_fired;
    guarded(firing->callback);
    timers_.finish(*firing, clock());
  }
  return true;
}

void IOLoop::dispatch(int count) {
  ++counters_.wakeups;
  for (int i = 0; i < count; ++i) {
    const ReadyHandler ready = poller_.ready(i);
    if (ready.handler == nullptr) {
      ++counters_.stale_events;
      continue;
    }
    if (ready.events == kNoEvents) continue;
    ++counters_.events;
    guarded([&ready] { ready.handler->on_events(ready.events); });
  }
}

void IOLoop::run_completions() {
  for (uint32_t left = options_.completion_budget; left > 0 && !completions_.empty(); --left) {
    Completion& completion = completions_.pop_front();
    ++counters_.completions;
    guarded([&completion] { completion.complete(); });
  }
}

void IOLoop::run_flushes() {
  if (flushes_.empty()) return;
  // Aside: what flushes schedule waits for the next iteration.
  IntrusiveList<Flushable, FlushQueueTag> flushing;
  flushing.splice_back(flushes_);
  while (!flushing.empty()) {
    Flushable& flushable = flushing.pop_front();
    ++counters_.flushes;
    guarded([&flushable] { flushable.flush(); });
  }
}

void IOLoop::run_deletes() {
  // By index: a destructor may hand over what it owned, and that dies in the same pass.
  for (size_t i = 0; i < deletes_.size(); ++i) {
    const std::unique_ptr<Deletable> object = std::move(deletes_[i]);
  }
  deletes_.clear();
}

void IOLoop::check_stall(Duration busy) {
  if (options_.stall_threshold == Duration::zero()) return;
  ++counters_.stalls;
  const auto held = stall_log_.admit();
  if (!held) return;
  const auto milliseconds = [](Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
  };
  log_limited(LogLevel::kWarning,
              "a loop iteration took " + milliseconds(busy) + " ms; above " +
                  milliseconds(options_.stall_threshold) + " ms all connections of the loop wait",
              *held);
}

// ---- descriptors ----

absl::Status IOLoop::add_handler(int fd, uint32_t events, EventHandler& handler) {
  check_here();
  switch (poller_.add(fd, events, handler)) {
    case 0:
      return absl::OkStatus();
    case EEXIST:
      return make_status(absl::StatusCode::kAlreadyExists, "the descriptor has a handler");
    case ENOSPC:
    case ENOMEM:
      return make_status(absl::StatusCode::kResourceExhausted, "epoll can watch no more");
    default:
      return make_status(absl::StatusCode::kInvalidArgument, "epoll cannot watch this descriptor");
  }
}

absl::Status IOLoop::add_handler(int fd, uint32_t events,
                                 absl::AnyInvocable<void(int fd, uint32_t events)> callback) {
  TURBO_CHECK(callback != nullptr, "a handler needs a callback");
  auto handler = std::make_unique<CallbackHandler>(fd, std::move(callback));
  if (absl::Status added = add_handler(fd, events, *handler); !added.ok()) return added;
  if (static_cast<size_t>(fd) >= callback_handlers_.size()) callback_handlers_.resize(fd + 1);
  callback_handlers_[fd] = std::move(handler);
  return absl::OkStatus();
}

void IOLoop::update_handler(int fd, uint32_t events) {
  check_here();
  poller_.update(fd, events);
}

void IOLoop::remove_handler(int fd) {
  check_here();
  if (!poller_.remove(fd)) return;
  if (static_cast<size_t>(fd) < callback_handlers_.size() && callback_handlers_[fd] != nullptr) {
    delete_later(std::move(callback_handlers_[fd]));  // it may be the one that runs
  }
}

// ---- calls ----

void IOLoop::add_callback(Callback callback) {
  TURBO_CHECK(callback != nullptr, "add_callback() needs a callback");
  if (binding_.here()) {
    mailbox_.post_local(std::move(callback));
  } else if (mailbox_.post_remote(std::move(callback))) {
    poller_.wake();
  }
}

TimerHandle IOLoop::call_later(Duration delay, Callback callback) {
  return call_at(saturating_add(time(), delay), std::move(callback));
}

TimerHandle IOLoop::call_at(TimePoint deadline, Callback callback) {
  check_here();
  return timers_.arm(deadline, std::move(callback));
}

TimerHandle IOLoop::call_every(Duration interval, Callback callback, Repeat repeat, double jitter) {
  check_here();
  return timers_.arm_interval(time(), interval, std::move(callback), repeat, jitter);
}

bool IOLoop::cancel(TimerHandle timer) {
  check_here();
  return timers_.cancel(timer);
}

// ---- signals ----

absl::Status IOLoop::add_signal_handler(int signo, SignalCallback callback) {
  check_here();
  if (signals_ == nullptr) signals_ = std::make_unique<SignalSet>(poller_);
  std::unique_ptr<Deletable> replaced;
  absl::Status added = signals_->add(signo, std::move(callback), replaced);
  if (replaced != nullptr) delete_later(std::move(replaced));
  return added;
}

void IOLoop::remove_signal_handler(int signo) {
  check_here();
  if (signals_ == nullptr) return;
  if (auto removed = signals_->remove(signo)) delete_later(std::move(removed));
}

// ---- for the rooms above ----

void IOLoop::delete_later(std::unique_ptr<Deletable> object) {
  check_here();
  deletes_.push_back(std::move(object));
}

IOLoop::ExceptionHook IOLoop::set_exception_hook(ExceptionHook hook) {
  hook_replaced_ = true;
  return std::exchange(exception_hook_, std::move(hook));
}

void IOLoop::report_exception(std::exception_ptr exception) {
  ++counters_.exceptions;
  // On the stack, since the hook may replace itself.
  ExceptionHook hook = std::move(exception_hook_);
  exception_hook_ = nullptr;
  hook_replaced_ = false;
  try {
    if (hook == nullptr) std::rethrow_exception(exception);
    hook(exception);
  } catch (const std::exception& error) {
    log(LogLevel::kError, std::string("an exception left a callback: ") + error.what());
  } catch (...) {
    log(LogLevel::kError, "an exception of unknown type left a callback");
  }
  if (!hook_replaced_) exception_hook_ = std::move(hook);
}

}  // namespace turbo
