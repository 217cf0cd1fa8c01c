#include "framework/loop/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <utility>

#include "framework/base/check.h"
#include "framework/base/fd.h"
#include "framework/base/status.h"

namespace turbo {
namespace {

// The kernel lets nobody handle the first two; the others are raised by the thread's own fault,
// where a blocked signal ends the program.
bool can_be_handled(int signo) {
  switch (signo) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
      return false;
    default:
      return signo >= 1 && signo <= SIGRTMAX;
  }
}

sigset_t set_of(int signo) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signo);
  return set;
}

}  // namespace

class SignalSet::Watch final : public EventHandler, public Deletable {
 public:
  Watch(int signo, SignalCallback callback)
      : signo_(signo), callback_(std::move(callback)), set_(set_of(signo)) {
    sigset_t before;
    pthread_sigmask(SIG_BLOCK, &set_, &before);
    was_blocked_ = sigismember(&before, signo) == 1;
    fd_.reset(signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~Watch() override { close(); }

  int signo() const { return signo_; }
  int fd() const { return fd_.get(); }

  // The mask as it was, and no descriptor. Nothing happens the second time.
  void close() {
    if (!open_) return;
    open_ = false;
    while (fd_.valid() && drain_one()) {
    }
    fd_.reset();
    if (!was_blocked_) pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

  // Another watch of the same signal takes over: the mask stays.
  void hand_over(Watch& next) {
    next.was_blocked_ = was_blocked_;
    was_blocked_ = true;
    open_ = false;
    fd_.reset();
  }

  void on_events(uint32_t) override {
    while (open_ && drain_one()) callback_(signo_);
  }

 private:
  bool drain_one() {
    signalfd_siginfo info;
    return ::read(fd_.get(), &info, sizeof(info)) == sizeof(info);
  }

  const int signo_;
  SignalCallback callback_;
  sigset_t set_;
  UniqueFd fd_;
  bool was_blocked_ = false;
  bool open_ = true;
};

SignalSet::SignalSet(Poller& poller) : poller_(poller) {}

SignalSet::~SignalSet() {
  while (!watches_.empty()) remove(watches_.back()->signo());
}

absl::Status SignalSet::add(int signo, SignalCallback callback,
                            std::unique_ptr<Deletable>& replaced) {
  TURBO_CHECK(callback != nullptr, "a signal handler needs a callback");
  if (!can_be_handled(signo)) {
    return make_status(absl::StatusCode::kInvalidArgument, "this signal cannot be handled");
  }
  auto watch = std::make_unique<Watch>(signo, std::move(callback));
  if (watch->fd() < 0 || poller_.add(watch->fd(), kReadable, *watch) != 0) {
    return make_status(absl::StatusCode::kResourceExhausted, "no descriptor for a signal handler");
  }
  if (auto before = detach(signo)) {
    before->hand_over(*watch);
    replaced = std::move(before);
  }
  watches_.push_back(std::move(watch));
  return absl::OkStatus();
}

std::unique_ptr<Deletable> SignalSet::remove(int signo) {
  auto watch = detach(signo);
  if (watch != nullptr) watch->close();
  return watch;
}

std::unique_ptr<SignalSet::Watch> SignalSet::detach(int signo) {
  const auto found = std::find_if(watches_.begin(), watches_.end(),
                                  [signo](const auto& watch) { return watch->signo() == signo; });
  if (found == watches_.end()) return nullptr;
  std::unique_ptr<Watch> watch = std::move(*found);
  watches_.erase(found);
  poller_.remove(watch->fd());
  return watch;
}

}  // namespace turbo
