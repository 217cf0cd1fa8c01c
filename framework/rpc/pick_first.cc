#include "framework/rpc/pick_first.h"

#include <algorithm>

#include "framework/rpc/channel_part.h"

namespace turbo::rpc {

PickFirst::~PickFirst() { part_.loop().cancel(stagger_); }

HTTP2ClientConnection* PickFirst::pick() {
  return selected_ == nullptr ? nullptr : selected_->ready();
}

void PickFirst::connect() {
  if (pick() != nullptr || connecting()) return;
  selected_ = nullptr;
  try_next();
}

// The calls that one was tried for may have ended meanwhile.
void PickFirst::try_next_if_awaited() {
  if (part_.has_waiting_calls()) try_next();
}

// The first that may be tried and is not, if any.
void PickFirst::try_next() {
  part_.loop().cancel(stagger_);
  const auto next = std::find_if(subchannels_.begin(), subchannels_.end(),
                                 [](const auto& one) { return one->may_connect(); });
  if (next == subchannels_.end()) return;
  (*next)->connect();
  stagger_ = part_.loop().call_later(part_.options().stagger, [this] { try_next_if_awaited(); });
}

void PickFirst::on_change(Subchannel& subchannel) {
  if (subchannel.ready() != nullptr) {
    selected_ = &subchannel;
    stop_others();
  } else if (&subchannel == selected_) {
    selected_ = nullptr;
  } else if (selected_ == nullptr) {
    try_next_if_awaited();
  }
  report(subchannel);
}

void PickFirst::stop_others() {
  part_.loop().cancel(stagger_);
  for (const auto& one : subchannels_) one->stop_connecting();
}

void PickFirst::on_addresses() {
  const bool kept = std::any_of(subchannels_.begin(), subchannels_.end(),
                                [this](const auto& one) { return one.get() == selected_; });
  if (!kept) selected_ = nullptr;
}

}  // namespace turbo::rpc
