#include "framework/net/listener.h"

#include <fcntl.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "framework/base/check.h"
#include "framework/base/log.h"

namespace turbo {
namespace {

UniqueFd open_spare() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

Listener::Listener(IOLoop& loop, UniqueFd socket, AcceptCallback callback)
    : loop_(loop),
      socket_(std::move(socket)),
      spare_(open_spare()),
      callback_(std::move(callback)) {
  watch();
}

Listener::~Listener() {
  loop_.cancel(back_off_timer_);
  loop_.remove_handler(socket_.get());
}

void Listener::watch() {
  EventHandler& self = *this;
  const absl::Status added = loop_.add_handler(socket_.get(), kReadable, self);
  TURBO_CHECK(!absl::IsAlreadyExists(added), "the socket is on this loop already");
  // The kernel is out of memory for it: later.
  if (!added.ok()) back_off_timer_ = loop_.call_later(kBackOff, [this] { watch(); });
}

void Listener::on_events(uint32_t) {
  for (int i = 0; i < kAcceptBudget; ++i) {
    if (!accept_one()) return;
  }
}

bool Listener::accept_one() {
  AcceptResult next = accept_from(socket_.get());
  switch (next.kind) {
    case AcceptResult::Kind::kConnection:
      ++counters_.accepted;
      return call_back(std::move(next.socket), next.peer);
    case AcceptResult::Kind::kNothing:
      return false;
    case AcceptResult::Kind::kGone:
      return true;
    case AcceptResult::Kind::kNoDescriptors:
    case AcceptResult::Kind::kFailed:
      break;
  }
  back_off(next);
  return false;
}

bool Listener::call_back(UniqueFd socket, const Address& peer) {
  LifeWatch watch(life_);
  // On the stack, since the callback may destroy its Listener and is not to destroy itself.
  AcceptCallback callback = std::move(callback_);
  try {
    callback(std::move(socket), peer);
  } catch (...) {
    // The next connection needs it as well; the exception is the loop's to report.
    if (!watch.dead()) callback_ = std::move(callback);
    throw;
  }
  if (watch.dead()) return false;
  callback_ = std::move(callback);
  return true;
}

void Listener::back_off(const AcceptResult& result) {
  static LogLimiter limiter(std::chrono::minutes(1));
  if (auto held = limiter.admit()) {
    log_limited(LogLevel::kWarning,
                absl::StrCat("accept failed, trying again soon: ", result.failure.message()),
                *held);
  }
  ++counters_.back_offs;
  if (result.kind == AcceptResult::Kind::kNoDescriptors) shed_through_spare();
  // The queue keeps the socket readable: only leaving the poller stops it from waking the loop.
  loop_.remove_handler(socket_.get());
  back_off_timer_ = loop_.call_later(kBackOff, [this] { watch(); });
}

void Listener::shed_through_spare() {
  for (int i = 0; i < kAcceptBudget && spare_.valid(); ++i) {
    spare_.reset();
    const bool shed = accept_from(socket_.get()).kind == AcceptResult::Kind::kConnection;
    spare_ = open_spare();
    if (!shed) return;
    ++counters_.shed;
  }
  if (!spare_.valid()) spare_ = open_spare();
}

}  // namespace turbo
