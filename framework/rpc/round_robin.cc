#include "framework/rpc/round_robin.h"

namespace turbo::rpc {

// Passes over those that are not ready, and has them connect meanwhile; and over those on which
// calls wait for their turn already, unless all are like that.
HTTP2ClientConnection* RoundRobin::pick() {
  HTTP2ClientConnection* full = nullptr;
  size_t full_at = 0;
  for (size_t i = 0; i < subchannels_.size(); ++i) {
    next_ = (next_ + 1) % subchannels_.size();
    Subchannel& one = *subchannels_[next_];
    HTTP2ClientConnection* const connection = one.ready();
    if (connection == nullptr) {
      if (one.may_connect()) one.connect();
      continue;
    }
    if (connection->queued_streams() == 0) return connection;
    if (full != nullptr) continue;
    full = connection;
    full_at = next_;
  }
  if (full != nullptr) next_ = full_at;
  return full;
}

void RoundRobin::connect() {
  for (const auto& one : subchannels_) {
    if (one->may_connect()) one->connect();
  }
}

void RoundRobin::on_change(Subchannel& subchannel) { report(subchannel); }

}  // namespace turbo::rpc
